"""Short tracks: a face keeps its number from frame to frame.

Each track foretells where its face is now, the detections are assigned to the
tracks so that the total cost is least [1]_, and what fits no track begins one.
Faces are told apart by place and size alone, never by looks: nobody is
recognised, and a face that was away for longer than a moment is a new one.

References
----------
.. [1] H. W. Kuhn, "The Hungarian method for the assignment problem", Naval
   Research Logistics Quarterly 2, 1955, doi:10.1002/nav.3800020109
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from core.types import Box, Detection

# A face may be this many of its own sides away from where it was foretold, and
# more after a gap: heads turn round, they do not fly off.
_GATE_SIDES: Final = 0.7
_GATE_SIDES_PER_S: Final = 1.6
_LARGEST_GATE_SIDES: Final = 1.5
_SMALLEST_RATIO: Final = 0.55  # of the sides of a face in two sightings

_LEARN_S: Final = 0.15  # time constant with which the velocity follows
_COAST_S: Final = 0.5  # time constant with which a face that is out of sight slows down
_NO_MATCH: Final = 1.0  # cost of leaving a face without its track; a worse match is none


@dataclass(slots=True)
class _Track:
    track_id: int
    box: Box
    seen_s: float
    velocity: tuple[float, float] = (0.0, 0.0)  # of the centre, px/s

    def foretold(self, time_s: float) -> Box:
        coast = _COAST_S * -math.expm1(-(time_s - self.seen_s) / _COAST_S)
        x, y, width, height = self.box
        return Box(x + self.velocity[0] * coast, y + self.velocity[1] * coast, width, height)

    def see(self, box: Box, time_s: float) -> None:
        passed_s = time_s - self.seen_s
        if passed_s > 0:
            weight = -math.expm1(-passed_s / _LEARN_S)
            self.velocity = (
                self.velocity[0]
                + weight * ((box.center[0] - self.box.center[0]) / passed_s - self.velocity[0]),
                self.velocity[1]
                + weight * ((box.center[1] - self.box.center[1]) / passed_s - self.velocity[1]),
            )
        self.box, self.seen_s = box, time_s


class FaceTracker:
    """Gives each detection of one source's frames the number of its track.

    Parameters
    ----------
    max_missed_s : float
        A face that was not seen for longer, in media time, s, comes back as a new one.
    """

    def __init__(self, max_missed_s: float = 1.0) -> None:
        self._max_missed_s = max_missed_s
        self._next_id = 1
        self._time_s = -math.inf
        self._tracks: list[_Track] = []

    def reset(self) -> None:
        """Forget all faces, as at a scene cut; their numbers are not given again."""
        self._tracks = []
        self._time_s = -math.inf

    def update(self, detections: Sequence[Detection], time_s: float) -> list[tuple[int, Detection]]:
        """Number the faces of the next frame.

        Parameters
        ----------
        detections : sequence of Detection
            The faces of one frame; their order does not matter.
        time_s : float
            Media time of the frame, s. Where it jumps back all faces are new.

        Returns
        -------
        list of (int, Detection)
            The detections in the order given, each with its track's number:
            from 1, no number twice, never one of a track that ended.
        """
        if time_s < self._time_s:
            self.reset()
        self._time_s = time_s
        self._tracks = [
            track for track in self._tracks if time_s - track.seen_s <= self._max_missed_s
        ]
        # A fixed order, so that ties and new numbers do not hang on the detector's.
        order = sorted(range(len(detections)), key=lambda index: _rank(detections[index]))
        tracks = self._assign([detections[index].box for index in order], time_s)
        ids = {}
        for index, known in zip(order, tracks, strict=True):
            track = known or self._begin(detections[index].box, time_s)
            track.see(detections[index].box, time_s)
            ids[index] = track.track_id
        return [(ids[index], detection) for index, detection in enumerate(detections)]

    def _begin(self, box: Box, time_s: float) -> _Track:
        track = _Track(self._next_id, box, time_s)
        self._tracks.append(track)
        self._next_id += 1
        return track

    def _assign(self, boxes: Sequence[Box], time_s: float) -> list[_Track | None]:
        found: list[_Track | None] = [None] * len(boxes)
        if not boxes or not self._tracks:
            return found
        cost: NDArray[np.float64] = np.array(
            [[_cost(track, box, time_s) for track in self._tracks] for box in boxes]
        )
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if cost[row, column] < _NO_MATCH:
                found[row] = self._tracks[column]
        return found


def _rank(detection: Detection) -> tuple[float, Box, float]:
    return -detection.box.area, detection.box, -detection.score


def _cost(track: _Track, box: Box, time_s: float) -> float:
    """How badly a box fits a track, 0..1; ``_NO_MATCH`` where it cannot be the same face."""
    foretold = track.foretold(time_s)
    sides = math.sqrt(box.area), math.sqrt(foretold.area)
    if min(sides) <= 0 or min(sides) / max(sides) < _SMALLEST_RATIO:
        return _NO_MATCH
    away = math.dist(box.center, foretold.center) / ((sides[0] + sides[1]) / 2)
    gate = _GATE_SIDES + _GATE_SIDES_PER_S * (time_s - track.seen_s)
    gate = min(gate, _LARGEST_GATE_SIDES)
    if away >= gate:
        return _NO_MATCH
    return 0.5 * (1.0 - box.iou(foretold)) + 0.5 * away / gate
