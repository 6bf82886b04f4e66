"""One phase as it was seen: the subject's readings and the picture they came from."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np

from core.mood.statistics import Array
from core.types import EMOTIONS, Face, FrameReport

MEASURES: Final = ("trust", "brightness", "blur_score", "face_width_px", "turn_degrees")
"""What is kept of a frame beside the seven emotions."""

# The tip of the nose stands before the plane of the eyes by about this part of
# the distance between them; a rough head is enough to tell a turned one.
_NOSE_DEPTH: Final = 0.6

_PLACES: Final = 6


@dataclass(frozen=True, slots=True)
class FaceSample:
    """What one face of one frame says."""

    track_id: int
    area: float
    probabilities: tuple[float, ...]
    trust: float
    width_px: float
    turn_degrees: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame of a phase, with every face in it."""

    time_s: float
    faces: tuple[FaceSample, ...] = ()
    brightness: float = math.nan
    blur_score: float = math.nan

    @classmethod
    def of(cls, report: FrameReport, time_s: float) -> Sample:
        """Keep what a session needs of a report; ``time_s`` is that of the phase."""
        faces = tuple(_sample(face) for face in report.faces if face.probabilities is not None)
        if report.quality is None:
            return cls(time_s, faces)
        quality = report.quality
        return cls(time_s, faces, float(quality.brightness), float(quality.blur_score))


@dataclass(frozen=True, slots=True)
class PhaseRecording:
    """The readings of one phase, a row a frame; NaN where a figure is not known.

    Parameters
    ----------
    time_s : (N,) float64 array
        Media time since the phase began, pauses and losses left out, rising.
    emotions : (N, 7) float64 array
        In ``EMOTIONS`` order; NaN rows where no face was read.
    measures : dict of str to (N,) float64 array
        By name of ``MEASURES``: trust 0..1, brightness 0..255, blur score 0..1,
        width of the face in px, turn of the head in degrees (0 facing the camera,
        positive to the right of the picture).
    several_faces : int
        Frames with more than one face.
    subject_changes : int
        Times another track was followed on.
    losses : int
        Times the camera was lost.
    """

    time_s: Array
    emotions: Array
    measures: dict[str, Array] = field(default_factory=dict)
    several_faces: int = 0
    subject_changes: int = 0
    losses: int = 0

    @classmethod
    def of(cls, samples: Sequence[Sample], losses: int = 0) -> PhaseRecording:
        """Choose the subject among the faces of a phase and keep its readings."""
        tracks = choose_subject([[(f.track_id, f.area) for f in s.faces] for s in samples])
        rows: list[tuple[float, ...]] = []
        followed: list[int] = []
        for sample in samples:
            face = next((f for f in sample.faces if f.track_id in tracks), None)
            picture = (sample.brightness, sample.blur_score)
            if face is None:
                rows.append((*[math.nan] * len(EMOTIONS), 0.0, *picture, math.nan, math.nan))
                continue
            followed.append(face.track_id)
            rows.append(
                (*face.probabilities, face.trust, *picture, face.width_px, face.turn_degrees)
            )
        # Rounded here and not in the file, so that a file holds what was analysed.
        table: Array = np.array(rows, dtype=np.float64).round(_PLACES)
        table = table.reshape(len(samples), len(EMOTIONS) + len(MEASURES))
        return cls(
            time_s=np.array([sample.time_s for sample in samples], dtype=np.float64).round(_PLACES),
            emotions=table[:, : len(EMOTIONS)],
            measures={name: table[:, len(EMOTIONS) + k] for k, name in enumerate(MEASURES)},
            several_faces=sum(len(sample.faces) > 1 for sample in samples),
            subject_changes=sum(a != b for a, b in pairwise(followed)),
            losses=losses,
        )

    @property
    def fps(self) -> float:
        """Frames a second, from the first to the last; 0 with fewer than two frames.

        A busy computer sends frames in bursts, whose own pace says nothing of the phase.
        """
        lasted = float(self.time_s[-1] - self.time_s[0]) if len(self.time_s) > 1 else 0.0
        return (len(self.time_s) - 1) / lasted if lasted > 0 else 0.0

    @property
    def trust(self) -> Array:
        """Trust in each reading, (N,); 1 where none was recorded."""
        return self.measures.get("trust", np.ones(len(self.time_s)))

    def at_rate(self, fps: float) -> PhaseRecording:
        """Put the readings on a regular grid: frames of one step are averaged, missing are NaN.

        Parameters
        ----------
        fps : float
            Steps a second, above 0.
        """
        if not len(self.time_s):
            return self
        step = np.floor((self.time_s - self.time_s[0]) * fps + 0.5).astype(int)
        measures = {name: _binned(values, step) for name, values in self.measures.items()}
        steps = np.arange(step[-1] + 1) / fps
        return replace(self, time_s=steps, emotions=_binned(self.emotions, step), measures=measures)


def choose_subject(faces: Sequence[Iterable[tuple[int, float]]]) -> frozenset[int]:
    """Find the tracks that are the person measured.

    The track that is largest over all frames is the subject. A track that is
    never seen beside it is taken to be the same person found again.

    Parameters
    ----------
    faces : sequence of iterables of (int, float)
        Track id and area of each face, by frame.
    """
    area: dict[int, float] = defaultdict(float)
    together: dict[int, set[int]] = defaultdict(set)
    for frame in faces:
        present = list(frame)
        identities = {track for track, _ in present}
        for track, size in present:
            area[track] += size
            together[track] |= identities
    chosen: set[int] = set()
    for track in sorted(area, key=lambda track: (-area[track], track)):
        if not chosen & together[track]:
            chosen.add(track)
    return frozenset(chosen)


def _sample(face: Face) -> FaceSample:
    assert face.probabilities is not None  # the caller leaves such faces out
    return FaceSample(
        face.track_id,
        face.box.area,
        tuple(float(p) for p in face.probabilities),
        float(face.trust),
        float(face.box.width),
        _turn(face),
    )


def _turn(face: Face) -> float:
    """Turn of the head in degrees from eyes and nose; NaN without landmarks."""
    if face.landmarks is None:
        return math.nan
    right, left, nose = np.asarray(face.landmarks[:3], dtype=np.float64)
    across = left - right
    between = float(np.hypot(*across))
    if between == 0:
        return math.nan
    offset = float((nose - (right + left) / 2) @ across) / between
    return math.degrees(math.atan(offset / (_NOSE_DEPTH * between)))


def _binned(values: Array, step: np.ndarray[tuple[int], np.dtype[np.int_]]) -> Array:
    """Mean of the known values (N, ...) of each step; NaN where there are none."""
    table = values.reshape(len(values), -1)
    known = np.isfinite(table).all(axis=1)
    length = int(step[-1]) + 1
    count = np.bincount(step[known], minlength=length)
    total = np.column_stack(
        [np.bincount(step[known], column[known], minlength=length) for column in table.T]
    )
    mean = np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], np.nan)
    return mean.reshape(length, *values.shape[1:])
