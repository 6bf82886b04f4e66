"""A picture of each incident, kept beside a run's figures where somebody asked for it.

A file is named after its incident, so that whoever has a row of incidents.json
finds it: ``evidence-black-12400.jpg`` is of the black that began at 12.4 s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.incidents import Incident
from core.records.csv_log import cannot_write

EVIDENCE_PX: Final = 480
"""Most that a picture is across, px: enough to see what is before the lens."""

MOST_PICTURES: Final = 500
"""Pictures that one run keeps: a camera that flickers for a night must not fill the disk."""

_JPEG_QUALITY: Final = 80
_NAME: Final = re.compile(r"evidence-[a-z_]{1,24}-\d{1,12}\.jpg")


def evidence_name(kind: str, onset_s: float) -> str:
    """Name the picture of an incident by its kind and its onset, s."""
    return f"evidence-{kind}-{round(1000 * max(0.0, onset_s))}.jpg"


def is_evidence(name: str) -> bool:
    """Whether a file name is that of such a picture, and of nothing else."""
    return _NAME.fullmatch(name) is not None


def evidence_of(incident: Mapping[str, Any], kept: frozenset[str]) -> str | None:
    """Name of the picture of a row of incidents.json; None where none is kept.

    Parameters
    ----------
    incident : mapping
        With ``kind`` and ``onset_s``.
    kept : frozenset of str
        See ``kept_evidence``.
    """
    try:
        name = evidence_name(str(incident["kind"]), float(incident["onset_s"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return name if name in kept else None


def kept_evidence(run_dir: Path) -> frozenset[str]:
    """Names of all pictures in the directory of a run."""
    return frozenset(path.name for path in run_dir.glob("evidence-*.jpg") if is_evidence(path.name))


class Evidence:
    """Keeps the pictures of one run.

    Parameters
    ----------
    run_dir : Path
        Directory of the run.
    most : int
        Pictures kept at most; the first ones are.
    """

    def __init__(self, run_dir: Path, most: int = MOST_PICTURES) -> None:
        self._run_dir, self._left = run_dir, most
        self._open: frozenset[str] = frozenset()

    def look(
        self, incidents: Iterable[Incident], thumbnail: Callable[[int], NDArray[np.uint8]]
    ) -> None:
        """Keep the picture of each incident that did not hold at the last look.

        Parameters
        ----------
        incidents : iterable of Incident
            Those that hold in the frame.
        thumbnail : callable
            Makes a (h, w, 3) uint8 BGR copy of the frame of at most so many px across.

        Raises
        ------
        RecordError
            Where one cannot be written.
        """
        before, now = self._open, {evidence_name(each.kind, each.onset_s) for each in incidents}
        self._open = frozenset(now)
        for name in sorted(now - before)[: self._left]:
            self._left -= 1
            self._write(self._run_dir / name, thumbnail(EVIDENCE_PX))

    def _write(self, path: Path, image: NDArray[np.uint8]) -> None:
        _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        try:
            # The first frame may come before the tables have made the directory.
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(jpeg.tobytes())
        except OSError as error:
            raise cannot_write(path, error) from error
