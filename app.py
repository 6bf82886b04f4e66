"""Open Framemood: settings, page, launch."""

from __future__ import annotations

import argparse
import logging
import os
from dataclasses import replace

# Read while gradio and numpy are imported, so they must stand before them. A pool
# of BLAS threads would spin through every live frame and cost a whole core.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from core.errors import FramemoodError
from core.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve the page until interrupted; the exit status is 1 where a setting is bad."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    log = logging.getLogger("framemood")
    try:
        settings = Settings.from_environment()
        given = {name: getattr(options, name) for name in ("host", "port")}
        settings = replace(
            settings, **{name: value for name, value in given.items() if value is not None}
        )
    except FramemoodError as error:
        log.error("%s", error)
        return 1

    # Late: --help and a bad setting answer at once.
    from ui.page import build  # noqa: PLC0415

    blocks, launch_options = build(settings)
    try:
        blocks.launch(
            server_name=settings.host,
            # None lets Gradio look for a free one.
            server_port=settings.port or None,
            share=options.share,
            inbrowser=options.open,
            **launch_options,
        )
    except OSError as error:
        log.error("cannot listen on %s:%s (%s); try --port 0", settings.host, settings.port, error)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Open the Framemood page.")
    parser.add_argument("--host", help="address to listen on (default: HOST, or 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on, 0 for a free one")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument("--share", action="store_true", help="make a public link through Gradio")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
