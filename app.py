"""Open Framemood: settings, page, launch."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

# Read while gradio and numpy are imported, so they must stand before them. A pool
# of BLAS threads would spin through every live frame and cost a whole core.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# OpenCV's own limit is a picture of three gigabytes.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(40_000_000))

from core.errors import FramemoodError
from core.settings import Settings
from ui.accounts import Accounts
from ui.logs import set_up as set_up_log

log = logging.getLogger("framemood")


def main(arguments: list[str] | None = None) -> int:
    """Serve the page until interrupted; the exit status is 1 where a setting is bad."""
    options = _parser().parse_args(arguments)
    set_up_log("text")
    try:
        settings = Settings.from_environment(os.environ | _given(options))
        accounts = None
        if options.auth:
            accounts = Accounts.of_pair(options.auth)
        elif options.auth_file:
            accounts = Accounts.of_file(options.auth_file)
    except FramemoodError as error:
        log.error("%s", error)
        return 1
    set_up_log(settings.log_format)

    # Late: --help and a bad setting answer at once.
    from ui import mcp_server  # noqa: PLC0415
    from ui.page import build, serve  # noqa: PLC0415

    try:
        mcp_server.check(settings, has_login=accounts is not None)
    except FramemoodError as error:
        log.error("%s", error)
        return 1
    blocks, launch_options = build(settings)
    try:
        serve(
            blocks,
            server_name=settings.host,
            # None lets Gradio look for a free one.
            server_port=settings.port or None,
            share=options.share,
            inbrowser=options.open,
            auth=accounts.check if accounts else None,
            **launch_options,
        )
    except OSError as error:
        log.error("cannot listen on %s:%s (%s); try --port 0", settings.host, settings.port, error)
        return 1
    return 0


def _given(options: argparse.Namespace) -> dict[str, str]:
    """Settings of the command line, by the names they have in the environment."""
    given = {"HOST": options.host, "PORT": options.port}
    # A link that anyone may open is public unless the environment says otherwise.
    open_link = options.share and not (options.auth or options.auth_file)
    if options.public or (open_link and "PUBLIC" not in os.environ):
        given["PUBLIC"] = "true"
    if options.mcp:
        given["MCP"] = "true"
    return {name: str(value) for name, value in given.items() if value is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Open the Framemood page.")
    parser.add_argument("--host", help="address to listen on (default: HOST, or 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on, 0 for a free one")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument("--share", action="store_true", help="make a public link through Gradio")
    parser.add_argument(
        "--public",
        action="store_true",
        help="serve strangers: no addresses, no records, no API, tighter limits "
        "(also the default of --share without a login)",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="offer the functions for programs as tools of an MCP server, too; "
        "needs gradio[mcp], and in public ALLOW_API=true",
    )
    login = parser.add_mutually_exclusive_group()
    login.add_argument("--auth", metavar="NAME:PASSWORD", help="ask for this login")
    login.add_argument(
        "--auth-file",
        type=Path,
        metavar="FILE",
        help="ask for a login of this file; `python -m ui.accounts NAME` writes its lines",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
