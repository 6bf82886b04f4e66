"""The values that travel between the parts: what a frame is and what is said of it.

All are frozen: a reading is a fact about one moment and is never edited, only
replaced. Units are in the field names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.incidents import Incident, Risk

EMOTIONS: Final = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""The seven emotions, in the order of every probability vector in the program."""

FERPLUS_EMOTIONS: Final = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)
"""The eight classes of FER+ (Barsoum et al. 2016, arXiv:1608.01041), in its order."""

Status = Literal["ok", "no_face", "dropped", "unreadable"]
"""Whether a frame was analysed, held no face, was skipped to keep up, or could not be decoded."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a source at one moment of it.

    Parameters
    ----------
    index : int
        Position in the source, from 0; dropped frames keep theirs.
    time_s : float
        Media time in seconds, not wall time: what a player would show.
    image : (H, W, 3) uint8 array
        BGR pixels, upright (a rotated phone video is already turned).
    """

    index: int
    time_s: float
    image: NDArray[np.uint8]


class Box(NamedTuple):
    """A rectangle in pixels of the frame it was found in; x and y are its top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def center(self) -> tuple[float, float]:
        """Middle of the box (x, y), px."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return self.width * self.height

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, 0..1."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        shared = max(0.0, right - left) * max(0.0, bottom - top)
        total = self.area + other.area - shared
        return shared / total if total > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Detection:
    """A face as a detector finds it, before it is tracked or read.

    Parameters
    ----------
    box : Box
        Pixels of the full frame; may reach over its edge.
    score : float
        Detector confidence, 0..1.
    landmarks : (5, 2) float32 array or None
        Right eye, left eye (of the person), nose tip, right and left mouth
        corner, px; None where the detector gives none (Haar).
    """

    box: Box
    score: float
    landmarks: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """How far one emotion reading can be relied on.

    Parameters
    ----------
    value : float
        0..1, the estimated probability that the named emotion is the one most
        people would name, given only how the face was seen.
    reason : str
        What lowers it most: "" (nothing), "too_small", "too_dark",
        "too_bright", "blurred", "noisy", "turned_away", "covered".
    """

    value: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Face:
    """One face of one frame with its emotion.

    Parameters
    ----------
    track_id : int
        Stays with a face from frame to frame, from 1.
    box : Box
        Pixels of the full frame.
    score : float
        Detector confidence, 0..1.
    probabilities : (7,) float32 array or None
        In ``EMOTIONS`` order, sums to 1; None where emotion is switched off.
    emotion : str or None
        The most probable of ``EMOTIONS``; None where emotion is switched off.
    trust : float
        0..1, see ``Trust``; 0 where emotion is switched off.
    trust_reason : str
        See ``Trust.reason``.
    landmarks : (5, 2) float32 array or None
        See ``Detection``.
    """

    track_id: int
    box: Box
    score: float
    probabilities: NDArray[np.float32] | None
    emotion: str | None
    trust: float
    trust_reason: str = ""
    landmarks: NDArray[np.float32] | None = None

    @property
    def confidence(self) -> float:
        """Probability of the named emotion, 0..1; 0 where emotion is switched off."""
        return float(self.probabilities.max()) if self.probabilities is not None else 0.0


@dataclass(frozen=True, slots=True)
class QualityReading:
    """How good one picture is.

    Parameters
    ----------
    blur_score : float
        0..1, 1 most blurred.
    brightness : float
        Mean luma, 0..255.
    noise_level : float
        0..1, follows the standard deviation of the sensor noise.
    change : float
        Mean absolute luma difference to the frame before, 0..1; 0 for the first.
    is_frozen : bool
        True once the picture has stood still, codec noise aside, for a while.
    quality_score : float
        0..1, 1 best; the weights are in docs/methods.md.
    """

    blur_score: float
    brightness: float
    noise_level: float
    change: float
    is_frozen: bool
    quality_score: float


@dataclass(frozen=True, slots=True)
class SystemReading:
    """What the analysis costs this machine.

    Parameters
    ----------
    fps : float
        Analysed frames a second over the last 30, (n - 1) / (t_last - t_first).
    latency_ms : float
        From frame in hand to report in hand.
    stage_ms : dict of str to float
        The same by stage: "decode", "quality", "faces", "emotion".
    cpu_percent : float
        Of the whole machine, 0..100.
    memory_percent : float
        Of the whole machine, 0..100.
    rss_mb : float
        Resident memory of this process, MiB.
    """

    fps: float
    latency_ms: float
    stage_ms: dict[str, float]
    cpu_percent: float
    memory_percent: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class TextReading:
    """A line of text read in the picture: the text, its confidence (0..1) and where."""

    text: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class FrameReport:
    """All that is said of one frame; every frame has one, those without a face too.

    ``incidents`` are those that hold at this frame, the gravest first; ``risk``
    is None where quality is switched off.
    """

    index: int
    time_s: float
    status: Status
    faces: tuple[Face, ...] = ()
    quality: QualityReading | None = None
    system: SystemReading | None = None
    texts: tuple[TextReading, ...] = field(default=())
    incidents: tuple[Incident, ...] = ()
    risk: Risk | None = None
