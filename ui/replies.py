"""What a client is told in a live analysis: values worded as JSON; docs/protocol.md lists them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from core.incidents import Incident, Risk
from core.types import EMOTIONS, Box, Face, FrameReport, QualityReading, SystemReading, TextReading
from ui.protocol import MAX_MESSAGE_BYTES

PROTOCOL_VERSION: Final = 1


def started_reply(mode: str, options: Mapping[str, Any], threshold: float) -> dict[str, Any]:
    """Say what is in force, so that a client need not assume it."""
    return {
        "type": "started",
        "protocol": PROTOCOL_VERSION,
        "mode": mode,
        "options": dict(options),
        "emotions": list(EMOTIONS),
        "quality_threshold": threshold,
        "max_message_bytes": MAX_MESSAGE_BYTES,
    }


def report_reply(
    report: FrameReport, frame_id: int, size_px: tuple[int, int], wait_ms: float, dropped: int
) -> dict[str, Any]:
    """Word a report for the client.

    Parameters
    ----------
    report : FrameReport
        Boxes in pixels of the picture as it was sent.
    frame_id : int
        The client's id of that picture.
    size_px : (int, int)
        Width and height of that picture.
    wait_ms : float
        How long it waited for a thread before work on it began.
    dropped : int
        Frames of this session passed over so far because a newer one came.
    """
    return {
        "type": "report",
        "id": frame_id,
        "index": report.index,
        "time_s": _number(report.time_s),
        "status": report.status,
        "width": size_px[0],
        "height": size_px[1],
        "faces": [_face(face) for face in report.faces],
        "quality": None if report.quality is None else _quality(report.quality),
        "texts": [_text(text) for text in report.texts],
        "incidents": [_incident(incident) for incident in report.incidents],
        "risk": None if report.risk is None else _risk(report.risk),
        "system": None if report.system is None else _system(report.system),
        "wait_ms": _number(wait_ms, 2),
        "dropped": dropped,
    }


def dropped_reply(frame_id: int, dropped: int) -> dict[str, Any]:
    """Word the report of a frame that was passed over for a newer one."""
    return {"type": "report", "id": frame_id, "status": "dropped", "dropped": dropped}


def _face(face: Face) -> dict[str, Any]:
    return {
        "track_id": face.track_id,
        "box": [_number(value, 1) for value in face.box],
        "score": _number(face.score),
        "emotion": face.emotion,
        "confidence": _number(face.confidence),
        # In the order ``started.emotions`` gives.
        "probabilities": None
        if face.probabilities is None
        else [_number(value) for value in face.probabilities],
        "trust": _number(face.trust),
        "trust_reason": face.trust_reason,
    }


def _quality(quality: QualityReading) -> dict[str, Any]:
    return {
        "quality_score": _number(quality.quality_score),
        "blur_score": _number(quality.blur_score),
        "brightness": _number(quality.brightness, 1),
        "noise_level": _number(quality.noise_level),
        "change": _number(quality.change),
        "is_frozen": bool(quality.is_frozen),
    }


def _text(text: TextReading) -> dict[str, Any]:
    return {
        "text": text.text,
        "confidence": _number(text.confidence),
        "box": [_number(value, 1) for value in text.box],
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "kind": incident.kind,
        "onset_s": _number(incident.onset_s, 2),
        "duration_s": _number(incident.duration_s, 1),
        "severity": _number(incident.severity, 2),
        "words": {"en": incident.words("en"), "ko": incident.words("ko")},
        "advice": {"en": incident.advice("en"), "ko": incident.advice("ko")},
    }


def _risk(risk: Risk) -> dict[str, Any]:
    return {
        "now": _number(risk.now, 3),
        "within_30_s": _number(risk.within_30_s, 3),
        "reasons": list(risk.reasons),
    }


def _system(system: SystemReading) -> dict[str, Any]:
    return {
        "fps": _number(system.fps, 1),
        "latency_ms": _number(system.latency_ms, 1),
        "stage_ms": {stage: _number(value, 2) for stage, value in system.stage_ms.items()},
        "cpu_percent": _number(system.cpu_percent, 1),
        "memory_percent": _number(system.memory_percent, 1),
        "rss_mb": _number(system.rss_mb, 1),
    }


def _number(value: float, digits: int = 4) -> float | None:
    # JSON has no NaN and browsers refuse a message that holds one.
    plain = float(value)
    return round(plain, digits) if math.isfinite(plain) else None


def scaled(report: FrameReport, factor: float) -> FrameReport:
    """Boxes of a report on a reduced picture, in pixels of the full one."""
    if factor == 1.0:
        return report
    faces = tuple(
        replace(face, box=Box(*(value * factor for value in face.box))) for face in report.faces
    )
    texts = tuple(
        replace(text, box=Box(*(value * factor for value in text.box))) for text in report.texts
    )
    return replace(report, faces=faces, texts=texts)
