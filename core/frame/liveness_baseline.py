"""What is usual for one camera, by day and by night, learnt from its own record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.types import QualityReading

Light = Literal["day", "night"]

NIGHT_BELOW: Final = 60.0
"""Mean luma, 0..255, under which it is night for a camera."""

KNOWN_AFTER_S: Final = 60.0
"""So much undisturbed record has to be there before a baseline counts."""

_MEMORY_S: Final = 1800.0
_FIELDS: Final = ("blur_score", "brightness", "noise_level", "change", "quality_score")


@dataclass(slots=True)
class Usual:
    """Middle and spread of the readings in one light.

    Parameters
    ----------
    seconds : float
        How long a record it rests on, s.
    middle, spread : dict of str to float
        Running mean and mean absolute deviation by reading.
    """

    seconds: float = 0.0
    middle: dict[str, float] = field(default_factory=dict)
    spread: dict[str, float] = field(default_factory=dict)

    def add(self, values: Mapping[str, float], step_s: float) -> None:
        """Take in one undisturbed moment that stands for ``step_s`` seconds."""
        self.seconds += step_s
        share = step_s / min(self.seconds, _MEMORY_S) if self.seconds > 0 else 1.0
        for name, value in values.items():
            middle = self.middle.get(name, value)
            self.middle[name] = middle + share * (value - middle)
            spread = self.spread.get(name, 0.0)
            self.spread[name] = spread + share * (abs(value - self.middle[name]) - spread)


class CameraBaseline:
    """What is usual for one camera by day and by night; small, and kept as JSON.

    Examples
    --------
    >>> baseline = CameraBaseline.from_dict(CameraBaseline().as_dict())
    >>> baseline.usual(120.0) is None
    True
    """

    FIELDS: ClassVar = _FIELDS
    """Readings that it rests on."""

    def __init__(self) -> None:
        self._usual: dict[Light, Usual] = {"day": Usual(), "night": Usual()}

    def add(self, reading: QualityReading, step_s: float) -> None:
        """Take in one undisturbed reading that stands for ``step_s`` seconds."""
        values = {name: float(getattr(reading, name)) for name in _FIELDS}
        self._usual[light_of(reading.brightness)].add(values, step_s)

    def usual(self, brightness: float) -> Usual | None:
        """What is usual in this light; None while too little of it was seen."""
        usual = self._usual[light_of(brightness)]
        return usual if usual.seconds >= KNOWN_AFTER_S else None

    @property
    def seconds(self) -> float:
        """How long a record it rests on, in both lights together, s."""
        return sum(usual.seconds for usual in self._usual.values())

    @classmethod
    def learn(cls, metrics: Mapping[str, ArrayLike]) -> Self:
        """Learn from the columns of a metrics.csv.

        Parameters
        ----------
        metrics : mapping of str to (N,) array
            ``time_s`` and the readings, NaN where none was made; what is far
            from the middle of its light is left out.
        """
        baseline = cls()
        columns = {name: np.asarray(metrics[name], float) for name in (*_FIELDS, "time_s")}
        steps = np.clip(np.diff(columns["time_s"], append=columns["time_s"][-1:]), 0.0, 1.0)
        known = np.all([np.isfinite(column) for column in columns.values()], axis=0)
        for light in ("day", "night"):
            night = columns["brightness"] < NIGHT_BELOW
            rows = known & (night if light == "night" else ~night)
            rows &= _undisturbed({name: columns[name] for name in _FIELDS}, rows)
            for row in np.flatnonzero(rows):
                values = {name: float(columns[name][row]) for name in _FIELDS}
                baseline._usual[light].add(values, float(steps[row]))
        return baseline

    def as_dict(self) -> dict[str, Any]:
        """For a JSON file."""
        return {
            light: {
                "seconds": usual.seconds,
                "middle": dict(usual.middle),
                "spread": dict(usual.spread),
            }
            for light, usual in self._usual.items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back what ``as_dict`` gave.

        Raises
        ------
        ValueError, TypeError, KeyError, AttributeError
            Where it is something else.
        """
        baseline = cls()
        for light in baseline._usual:
            entry = values[light]
            seconds = float(entry["seconds"])
            figures = [
                {name: float(entry[part][name]) for name in _FIELDS} if seconds else {}
                for part in ("middle", "spread")
            ]
            known = [seconds, *(value for part in figures for value in part.values())]
            if not all(0 <= value < np.inf for value in known):
                raise ValueError(f"a figure of its {light} is no number from 0 on")
            baseline._usual[light] = Usual(seconds, *figures)
        return baseline


def light_of(brightness: float) -> Light:
    """Whether it is day or night for a camera whose mean luma is ``brightness``, 0..255."""
    return "night" if brightness < NIGHT_BELOW else "day"


def _undisturbed(
    columns: Mapping[str, NDArray[np.float64]], rows: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Rows (N,) within six median deviations of the middle in every reading but change."""
    kept = rows.copy()
    if not rows.any():
        return kept
    for name, column in columns.items():
        if name == "change":
            continue
        middle = np.median(column[rows])
        spread = np.median(np.abs(column[rows] - middle))
        kept &= np.abs(column - middle) <= 6 * spread + 0.02 * abs(middle)
    return kept
