"""What is usual for a camera, kept from one watch of it to the next.

A small JSON file a camera, figures and no picture: among the records, or in the
directory that a watch was told to write to. Where there is none, or it is
damaged, what is usual is learnt from the newest recorded run of the camera.

``core watch`` and the recordings of the Live tab share it.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from core.errors import RecordError
from core.frame.liveness_baseline import KNOWN_AFTER_S, CameraBaseline
from core.frame.urls import is_url
from core.records.csv_log import cannot_write
from core.records.run import write_json
from core.records.store import RunInfo, list_runs, read_metrics

CAMERAS: Final = "cameras"
MEMORY_FILE: Final = "baseline.json"
VERSION: Final = 1
KEEP_EVERY_S: Final = 300.0
"""How often what is usual for a camera is kept while it is watched, s."""

_LONGEST_NAME: Final = 80


class CameraMemory:
    """The file of one camera.

    Parameters
    ----------
    source : str or Path
        The camera's address, or a file; two that differ in anything but the
        password are two cameras.
    name : str
        What the camera is called, in the file and among the records.
    records_dir : Path
        See ``Settings.records_dir``.
    run_dir : Path, optional
        Directory of the watch, where it was told one: then the file is in it.
    """

    def __init__(
        self, source: str | Path, name: str, records_dir: Path, run_dir: Path | None = None
    ) -> None:
        self.name = name
        self._records_dir = records_dir
        self._kept_s = time.monotonic()
        self.path = (
            run_dir / MEMORY_FILE
            if run_dir is not None
            else records_dir / CAMERAS / f"{_file_name(source, name)}.json"
        )

    def recall(self) -> tuple[CameraBaseline, str]:
        """What is usual for the camera as far as is known, and what is wrong with the file.

        Returns
        -------
        baseline : CameraBaseline
            One that knows nothing, where nothing is known.
        problem : str
            One line; empty where the file is whole or there is none.
        """
        problem = ""
        try:
            return self._read(), problem
        except FileNotFoundError:
            pass
        except OSError as error:
            problem = f"{self.path}: cannot be read ({error.strerror or error})"
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            problem = f"{self.path}: holds no baseline of a camera ({error})"
        learnt = self._learn()
        if problem:
            where = "from its records" if learnt else "anew"
            problem += f"; what is usual for {self.name} is learnt {where}"
        return learnt or CameraBaseline(), problem

    def keep(self, baseline: CameraBaseline) -> None:
        """Write the file, in one piece or not at all; without anything learnt, do nothing.

        Raises
        ------
        RecordError
            Where it cannot be written.
        """
        self._kept_s = time.monotonic()
        if not baseline.seconds:
            return
        value = {
            "version": VERSION,
            "camera": self.name,
            "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "usual": baseline.as_dict(),
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        write_json(self.path, value)

    def keep_now_and_then(self, baseline: CameraBaseline) -> None:
        """``keep``, where the last time is ``KEEP_EVERY_S`` ago."""
        if time.monotonic() - self._kept_s >= KEEP_EVERY_S:
            self.keep(baseline)

    def _read(self) -> CameraBaseline:
        found: Any = json.loads(self.path.read_bytes())
        if found["version"] != VERSION:
            raise ValueError(f"version {found['version']!r} is not known")
        return CameraBaseline.from_dict(found["usual"])

    def _learn(self) -> CameraBaseline | None:
        """Learn from the newest run of the camera that tells something."""
        for run in list_runs(self._records_dir):
            if not self._is_of_it(run):
                continue
            names = ("time_s", *CameraBaseline.FIELDS)
            try:
                rows = read_metrics(run.path, names)
            except RecordError:
                # Another run will do; this one is told of where it is looked at.
                continue
            baseline = CameraBaseline.learn({name: rows[name].to_numpy() for name in names})
            if baseline.seconds:
                return baseline
        return None

    def _is_of_it(self, run: RunInfo) -> bool:
        """Whether a run is of this camera, and long enough to tell what is usual."""
        # A visitor's own camera has no address, and a watch may be called as it is.
        kinds = {"watch", "live"} if is_url(self.name) else {"watch"}
        return run.kind in kinds and run.source == self.name and run.duration_s >= KNOWN_AFTER_S


def better_known(one: CameraBaseline, other: CameraBaseline) -> CameraBaseline:
    """Of each light, day and night, what rests on the longer record of the two."""
    figures = one.as_dict(), other.as_dict()
    return CameraBaseline.from_dict(
        {
            light: max((each[light] for each in figures), key=lambda usual: usual["seconds"])
            for light in figures[0]
        }
    )


def _file_name(source: str | Path, name: str) -> str:
    """Name a file after a camera: readable, safe, and its own."""
    if isinstance(source, str) and is_url(source):
        parts = urlsplit(source)
        # Without the password, which is never kept, not even like this.
        place = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    else:
        place = str(Path(source).resolve())
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._")[:_LONGEST_NAME]
    # Costly to compute, since some cameras take the password after the question mark.
    mark = hashlib.scrypt(place.encode(), salt=name.encode(), n=2**14, r=8, p=1, dklen=4).hex()
    return f"{plain or 'camera'}-{mark}"
