"""The video behind a page's address, asked of yt-dlp in a process of its own.

yt-dlp runs code for thousands of sites, follows redirects and fetches what pages
name. So it gets no configuration, no plugins, little memory and time, and cannot
start programs; for a visitor it can connect to the open internet only, which is
checked at the connection itself, whatever a name resolved to.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any, Final

from core.child import ask_child, limit_itself
from core.errors import SourceError
from core.frame.addresses import is_public

LONGEST_S: Final = 45.0
_MEMORY_BYTES: Final = 2 * 1024**3
_MOST_ANSWER_BYTES: Final = 1_000_000

# One file with pictures in it; sound is never needed, 720 lines are enough.
_ANY_FORMAT: Final = "bestvideo[height<=720]/best[height<=720]/best"
# A visitor's has to be one file: a playlist names further addresses.
_FILE_FORMAT: Final = "/".join(
    f"{kind}[height<=720][protocol={protocol}]"
    for protocol in ("https", "http")
    for kind in ("bestvideo", "best")
)


def ask_page(url: str, name: str, *, trusted: bool) -> dict[str, Any]:
    """Find the video that a page shows.

    Parameters
    ----------
    url : str
        http or https.
    name : str
        What messages call it.
    trusted : bool
        Whether machines of the local network may be asked.

    Returns
    -------
    dict
        ``address``, ``headers`` and ``is_live``.

    Raises
    ------
    SourceError
        Where there is none, or yt-dlp is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="framemood-page-") as home:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "LANG": "C.UTF-8",
            # Neither settings nor plugins of whoever runs the server.
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "YTDLP_NO_PLUGINS": "1",
        }
        try:
            question = json.dumps({"url": url, "trusted": trusted})
            done = ask_child("core.frame.page_video", question, LONGEST_S, environment)
        except subprocess.TimeoutExpired as error:
            raise SourceError(
                f"{name}: no video could be found there within {LONGEST_S:.0f} s; "
                "give the address of the video file"
            ) from error
    try:
        found = json.loads(done.stdout[:_MOST_ANSWER_BYTES])
    except ValueError as error:
        raise SourceError(
            f"{name}: no video could be found there; give the address of the video file"
        ) from error
    if "address" in found:
        return dict(found)
    if found["problem"] == "not installed":
        raise SourceError(
            f"{name}: a video page needs yt-dlp, which is not installed; `pip install yt-dlp`"
        )
    if found["problem"] == "several":
        raise SourceError(f"{name}: shows no single video; give the address of one video")
    raise SourceError(
        f"{name}: no video could be found there ({found['problem']}); open the address in a "
        "browser to check it, or give the address of the video file"
    )


def main() -> int:
    """Answer one question from stdin; the child's side of ``ask_page``."""
    asked = json.load(sys.stdin)
    limit_itself(_MEMORY_BYTES, int(LONGEST_S), writes=True)
    # They open connections in C, where nothing could look at them.
    for library in ("curl_cffi", "pycurl"):
        sys.modules[library] = None  # type: ignore[assignment]
    try:
        import yt_dlp  # noqa: PLC0415 (a second to load, and only here)
    except ImportError:
        answer: dict[str, Any] = {"problem": "not installed"}
    else:
        sys.addaudithook(_guard(trusted=asked["trusted"]))
        answer = _search(yt_dlp, asked["url"], trusted=asked["trusted"])
    json.dump(answer, sys.stdout)
    return 0


def _search(yt_dlp: Any, url: str, *, trusted: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "noplaylist": True,
        "skip_download": True,
        "cachedir": False,
        "proxy": "",
        "socket_timeout": 10,
        "retries": 1,
        "extractor_retries": 1,
        "logger": _Silent(),
        "format": _ANY_FORMAT if trusted else _FILE_FORMAT,
    }
    try:
        with yt_dlp.YoutubeDL(options) as page:
            found = page.extract_info(url, download=False)
    except (yt_dlp.utils.YoutubeDLError, OSError, MemoryError) as error:
        lines = str(error).removeprefix("ERROR: ").splitlines() or [type(error).__name__]
        return {"problem": lines[0][:160]}
    address = (found or {}).get("url")
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        return {"problem": "several"}
    headers = {str(key): str(value) for key, value in (found.get("http_headers") or {}).items()}
    return {"address": address, "headers": headers, "is_live": bool(found.get("is_live"))}


def _guard(*, trusted: bool) -> Any:
    """Audit hook that stops what finding a video does not need."""

    def hook(event: str, details: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and not trusted:
            to = details[1]
            # The resolver's own questions are asked in C and come by no hook.
            if not (isinstance(to, tuple) and is_public(str(to[0]))):
                raise PermissionError("an address of a private network is not opened")
        elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"):
            raise PermissionError("programs are not started")

    return hook


class _Silent:
    """What yt-dlp would print is in its exception already."""

    def debug(self, message: str) -> None:
        """Drop it."""

    warning = error = info = debug


if __name__ == "__main__":
    raise SystemExit(main())
