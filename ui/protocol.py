"""What a client says in a live analysis, as values; docs/protocol.md writes it down for clients."""

from __future__ import annotations

import base64
import binascii
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_MESSAGE_BYTES: Final = 2 * 1024 * 1024
MOST_ADDRESS_CHARACTERS: Final = 2000
MODES: Final = ("live", "session")
OPTIONS: Final = ("faces", "emotion", "quality", "smoothing", "ocr")
DEFAULT_OPTIONS: Final = {name: name != "ocr" for name in OPTIONS}
"""Reading text takes a process and most of a core, so it waits to be asked for."""
SESSION_OPTIONS: Final = ("baseline_s", "stimulus_s", "pause_s", "seed", "timed")
STEPS: Final = ("second_phase", "pause", "resume", "retake", "progress")
PHASES: Final = ("baseline", "stimulus")
_ID_BYTES: Final = 4
_MAX_ID: Final = 2**32 - 1
_MAX_TIME_S: Final = 1e7
_TIME: Final = struct.Struct(">d")


class ProtocolError(Exception):
    """A message that cannot be served; ``code`` is for programs, the text for people."""

    def __init__(self, code: str, message: str, frame_id: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.frame_id = frame_id

    def reply(self) -> dict[str, Any]:
        """What the client is sent."""
        reply: dict[str, Any] = {"type": "error", "code": self.code, "message": str(self)}
        return reply if self.frame_id is None else {**reply, "id": self.frame_id}


@dataclass(frozen=True, slots=True)
class Start:
    """Begin, or begin again, with these options on or off.

    ``stream`` is the address of a camera that the server is to open, "" where frames are sent.
    """

    mode: str
    options: dict[str, Any]
    stream: str = ""


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One encoded frame.

    ``id`` is the client's own and comes back with the report; ``time_s`` is its media
    time, None where the time it came at is to be taken.
    """

    id: int
    data: bytes
    time_s: float | None = None

    def timed(self) -> EncodedFrame:
        """The same frame, with the time that a client who promised it wrote before the image.

        Raises
        ------
        ProtocolError
            "bad_message" where it is no time.
        """
        if self.time_s is not None:
            return self
        if len(self.data) <= _TIME.size:
            raise ProtocolError("bad_message", "a timed frame is an id, a time and the image")
        (time_s,) = _TIME.unpack_from(self.data)
        return EncodedFrame(self.id, self.data[_TIME.size :], _time(time_s, self.id))


@dataclass(frozen=True, slots=True)
class Next:
    """Ask for the newest frame of the camera that the server opened, and its report."""

    id: int


@dataclass(frozen=True, slots=True)
class Options:
    """Change what is analysed from the next frame on."""

    options: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Record:
    """Have the figures of this analysis kept from now on, or no longer.

    ``pictures`` says whether the picture in which an incident begins is kept with them.
    """

    on: bool
    pictures: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """End the analysis; the connection may start another."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a mood session: ``name`` is one of ``STEPS``.

    ``phase`` is what a retake takes again, ``reason`` why there is a pause: "held"
    or "camera_lost".
    """

    name: str
    phase: str = ""
    reason: str = "held"


ClientMessage = Start | EncodedFrame | Next | Options | Record | Stop | Step
Raw = bytes | str | Mapping[str, Any]


def read_message(raw: Raw) -> ClientMessage:
    """Turn what came over the wire into a value.

    Parameters
    ----------
    raw : bytes, str or mapping
        A binary frame (4-byte big-endian id, then JPEG or WebP), JSON text, or
        JSON already parsed.

    Raises
    ------
    ProtocolError
        "too_large", "bad_message", "unknown_type", "unknown_mode" or "bad_option".
    """
    if isinstance(raw, bytes | str) and len(raw) > MAX_MESSAGE_BYTES:
        raise ProtocolError("too_large", f"a message may hold {MAX_MESSAGE_BYTES} bytes at most")
    if isinstance(raw, bytes):
        if len(raw) <= _ID_BYTES:
            raise ProtocolError("bad_message", "a binary frame is a 4-byte id and then the image")
        return EncodedFrame(int.from_bytes(raw[:_ID_BYTES], "big"), raw[_ID_BYTES:])
    fields = _fields(raw)
    match fields.get("type"):
        case "start_analysis":
            mode = fields.get("mode", "live")
            if mode not in MODES:
                raise ProtocolError("unknown_mode", f"mode is one of {', '.join(MODES)}")
            asked = fields.get("options", {})
            if mode == "session":
                return Start(mode, _session_options(asked))
            return Start(mode, _options(asked), _address(fields.get("stream", "")))
        case "next":
            return Next(_id(fields))
        case "frame":
            return _frame(fields)
        case "options":
            return Options(_options(fields.get("options", {})))
        case "record":
            on, pictures = fields.get("on"), fields.get("pictures", False)
            if not isinstance(on, bool) or not isinstance(pictures, bool):
                raise ProtocolError("bad_message", "record: on and pictures are true or false")
            return Record(on, pictures)
        case "stop_analysis":
            return Stop()
        case "second_phase" | "resume" | "progress" as name:
            return Step(name)
        case "pause":
            reason = fields.get("reason", "held")
            if reason not in ("held", "camera_lost"):
                raise ProtocolError("bad_message", "the reason of a pause is held or camera_lost")
            return Step("pause", reason=reason)
        case "retake":
            phase = fields.get("phase")
            if phase not in PHASES:
                raise ProtocolError("bad_message", "a retake names its phase: baseline or stimulus")
            return Step("retake", phase)
    raise ProtocolError(
        "unknown_type",
        "type is start_analysis, frame, next, options, record, stop_analysis or, in a session, "
        + ", ".join(STEPS),
    )


def _fields(raw: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        # Deep nesting overflows the parser's stack instead of failing to parse.
        except (ValueError, RecursionError):
            raise ProtocolError("bad_message", "a text message is one JSON object") from None
    if not isinstance(raw, Mapping):
        raise ProtocolError("bad_message", "a text message is one JSON object")
    return raw


def _options(raw: object) -> dict[str, bool]:
    if not isinstance(raw, Mapping):
        raise ProtocolError("bad_option", "options is an object of names and true or false")
    for name, value in raw.items():
        if name not in OPTIONS or not isinstance(value, bool):
            allowed = ", ".join(OPTIONS)
            raise ProtocolError("bad_option", f"options are {allowed}, each true or false")
    return dict(raw)


def _session_options(raw: object) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise ProtocolError("bad_option", "options is an object of names and values")
    for name, value in raw.items():
        if name not in SESSION_OPTIONS:
            allowed = ", ".join(SESSION_OPTIONS)
            raise ProtocolError("bad_option", f"options of a session are {allowed}")
        if name == "timed":
            fits = isinstance(value, bool)
        elif name == "seed":
            fits = isinstance(value, int) and not isinstance(value, bool)
        else:
            fits = (value is None and name == "pause_s") or _is_number(value)
        if not fits:
            kind = {"timed": "true or false", "seed": "a whole number"}.get(name, "seconds")
            raise ProtocolError("bad_option", f"{name} is {kind}")
    return dict(raw)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _time(value: object, frame_id: int) -> float:
    if not _is_number(value) or not 0 <= value <= _MAX_TIME_S:  # type: ignore[operator]
        raise ProtocolError("bad_message", "a frame's time_s is in seconds, from 0", frame_id)
    return float(value)  # type: ignore[arg-type]


def _address(value: object) -> str:
    if not isinstance(value, str) or len(value) > MOST_ADDRESS_CHARACTERS:
        most = MOST_ADDRESS_CHARACTERS
        raise ProtocolError("bad_stream", f"a stream is an address of at most {most} characters")
    return value.strip()


def _id(fields: Mapping[str, Any]) -> int:
    frame_id = fields.get("id")
    if isinstance(frame_id, bool) or not isinstance(frame_id, int) or not 0 <= frame_id <= _MAX_ID:
        raise ProtocolError("bad_message", f"a frame's id is a whole number from 0 to {_MAX_ID}")
    return frame_id


def _frame(fields: Mapping[str, Any]) -> EncodedFrame:
    frame_id, image = _id(fields), fields.get("image")
    if not isinstance(image, str):
        raise ProtocolError("bad_message", "a frame's image is a base64 data URL", frame_id)
    if len(image) > MAX_MESSAGE_BYTES:
        raise ProtocolError(
            "too_large", f"a message may hold {MAX_MESSAGE_BYTES} bytes at most", frame_id
        )
    head, _, payload = image.partition(",")
    if not (head.startswith("data:image/") and head.endswith(";base64")):
        raise ProtocolError("bad_message", "a frame's image is a base64 data URL", frame_id)
    given = fields.get("time_s")
    time_s = None if given is None else _time(given, frame_id)
    try:
        return EncodedFrame(frame_id, base64.b64decode(payload, validate=True), time_s)
    except (binascii.Error, ValueError):
        raise ProtocolError("bad_message", "the image is not valid base64", frame_id) from None
