"""Files, addresses and camera streams, opened.

Whatever cannot be read ends as one ``SourceError`` line that names the source and
the mend.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from core.errors import SourceError
from core.frame.fetch import Limits, fetch
from core.frame.ffmpeg_errors import TIMEOUT_S, why_not_opened
from core.frame.probe import probe
from core.frame.urls import WEB_SCHEMES, ResolvedUrl, is_url, public_name, resolve_url
from core.frame.video_source import (
    LARGEST_AREA_PX,
    LARGEST_SIDE_PX,
    SMALLEST_SIDE_PX,
    VideoSource,
)
from core.settings import Settings

CAMERA_SILENCE_S: Final = 5.0
"""How long a camera may be, whose pictures should come many times a second."""

_FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,"
    "h264,hevc,m4v,ivf,obu,av1,mjpeg,mpjpeg,y4m,yuv4mpegpipe,nut,dv,gif,rm,wtv,"
    "image2,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe"
)
"""Containers that hold pictures. Playlists are left out: a file could name others to be opened."""
_FILE_OPTIONS: Final = {"protocol_whitelist": "file,crypto,data", "format_whitelist": _FORMATS}
_STREAM_OPTIONS: Final = {
    "protocol_whitelist": "http,https,tcp,udp,rtp,srtp,tls,crypto,httpproxy,data",
    "format_whitelist": _FORMATS + ",hls,applehttp,rtsp,sdp,rtp,rtp_mpegts",
}


def open_source(
    source: str | Path, settings: Settings | None = None, *, trusted: bool = False
) -> VideoSource:
    """Open a video or image file, an address or a camera stream.

    Parameters
    ----------
    source : str or Path
        A file, an http or https address of a video or of a page that shows one,
        or an rtsp address.
    settings : Settings, optional
        Says whether addresses may be opened.
    trusted : bool
        True where the person at this machine gave the address, see ``resolve_url``.

    Returns
    -------
    VideoSource
        Already known to hold at least one frame that can be decoded.

    Raises
    ------
    SourceError
        Where it cannot be read; the line says why and how to mend it.
    """
    if isinstance(source, str) and is_url(source):
        settings = settings or Settings()
        found = resolve_url(source, settings, trusted=trusted)
        if not trusted:
            return _open_fetched(found, settings)
        options = dict(_STREAM_OPTIONS)
        if found.address.startswith("rtsp"):
            options["rtsp_transport"] = "tcp"
        if found.headers:
            options["headers"] = "".join(
                f"{key}: {value}\r\n" for key, value in found.headers.items()
            )
        silence_s = CAMERA_SILENCE_S if found.is_live else TIMEOUT_S
        return _open(found.address, found.name, options, is_live=found.is_live, silence_s=silence_s)
    path = Path(source)
    name = str(source)
    _check_file(path, name)
    # An absolute path cannot be taken for a protocol or an option.
    return _open(f"file:{path.absolute()}", name, _FILE_OPTIONS, is_live=False)


def open_camera(source: str | Path) -> VideoSource:
    """Open what a person at this machine wants watched: a camera's address, or a file.

    Unlike ``open_source`` it takes a web address for the stream itself first, since a
    camera's seldom ends like a video's, and gives up sooner on one that falls silent.

    Raises
    ------
    SourceError
        As ``open_source`` does.
    """
    if isinstance(source, str) and is_url(source) and urlsplit(source).scheme in WEB_SCHEMES:
        name = public_name(source)
        try:
            return _open(source, name, _STREAM_OPTIONS, is_live=False, silence_s=CAMERA_SILENCE_S)
        except SourceError as error:
            if not isinstance(error.__cause__, av.error.InvalidDataError):
                raise
    return open_source(source, trusted=True)


def _open_fetched(found: ResolvedUrl, settings: Settings) -> VideoSource:
    """Open a copy of a visitor's video, so that FFmpeg connects to nothing."""
    limits = Limits(settings.max_upload_mb * 1_000_000)
    path = fetch(found.address, found.name, limits, headers=found.headers)
    try:
        probe(path, found.name)
        source = _open(f"file:{path}", found.name, _FILE_OPTIONS, is_live=False)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    source.when_closed(lambda: path.unlink(missing_ok=True))
    return source


def _check_file(path: Path, name: str) -> None:
    try:
        if not path.exists():
            raise SourceError(f"{name}: there is no such file; check the path")
        if path.is_dir():
            raise SourceError(f"{name}: is a directory; give the files in it")
        if not path.is_file():
            raise SourceError(f"{name}: is not a regular file; give a video file")
        if path.stat().st_size == 0:
            raise SourceError(f"{name}: is empty (0 bytes); copy or record it again")
    except (OSError, ValueError) as error:
        raise SourceError(f"{name[:200]}: cannot be looked at ({error}); check the path") from error
    if not os.access(path, os.R_OK):
        raise SourceError(f"{name}: may not be read by this user; `chmod +r` it")


def _open(
    address: str,
    name: str,
    options: dict[str, str],
    *,
    is_live: bool,
    silence_s: float = TIMEOUT_S,
) -> VideoSource:
    # max_pixels reaches the decoders, so that a huge frame is refused before it is allocated.
    options = options | {"max_pixels": str(LARGEST_AREA_PX)}
    try:
        container = av.open(
            address, options=options, timeout=(TIMEOUT_S, silence_s), metadata_errors="replace"
        )
    except (FFmpegError, OSError, ValueError) as error:
        raise SourceError(f"{name}: {why_not_opened(error, name)}") from error
    try:
        stream = _video_stream(container, name)
        _check_size(stream, name)
        stream.thread_type = "AUTO"
        return VideoSource(container, stream, name, is_live=is_live or _never_ends(container, name))
    except BaseException:
        container.close()
        raise


def _video_stream(container: InputContainer, name: str) -> VideoStream:
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)
    ]
    if not streams:
        what = "only sound" if container.streams.audio else "no pictures"
        raise SourceError(f"{name}: holds {what}; give a file with video")
    # Where there are several, the one marked as default is what a player shows.
    stream = next((s for s in streams if s.disposition & Disposition.default), streams[0])
    if getattr(stream, "codec_context", None) is None:
        raise SourceError(
            f"{name}: is packed in a way that cannot be decoded here; convert it to H.264"
        )
    return stream


def _check_size(stream: VideoStream, name: str) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if max(width, height) > LARGEST_SIDE_PX or width * height > LARGEST_AREA_PX:
        raise SourceError(
            f"{name}: its pictures are {width}x{height} px, more than "
            f"{LARGEST_AREA_PX // 1_000_000} megapixels or {LARGEST_SIDE_PX} px a side; "
            "scale it down"
        )
    if 0 < min(width, height) < SMALLEST_SIDE_PX:
        raise SourceError(
            f"{name}: its pictures are {width}x{height} px, too small to say anything about; "
            f"give at least {SMALLEST_SIDE_PX}x{SMALLEST_SIDE_PX} px"
        )


def _never_ends(container: InputContainer, name: str) -> bool:
    return is_url(name) and container.duration is None
