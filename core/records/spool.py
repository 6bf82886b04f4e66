"""What is to be sent to MLflow, kept on disk until it has arrived.

    records_dir/mlflow/spool/<run_id>/
        journal.jsonl      appended to by the run: begin, metrics, ..., artifacts, end
        delivered.json     how far MLflow has it
        writer.lock        held as long as the run may still append
        delivery.lock      held by the one program that sends it

A run only ever appends a line to a file, whether the server is there, slow or
away. ``delivery`` reads the lines in order and deletes the folder in the end.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.records.csv_log import append_whole, cannot_write
from core.records.locking import LockHeldError, locked
from core.records.store import read_object

log = logging.getLogger(__name__)

SPOOL: Final = Path("mlflow") / "spool"
JOURNAL: Final = "journal.jsonl"
STATE: Final = "delivered.json"
_WRITER_LOCK: Final = "writer.lock"
_DELIVERY_LOCK: Final = "delivery.lock"

MOST_WAITING: Final = 100_000
"""Lines kept in memory while the disk takes none; about a day at 1 Hz."""

Point = tuple[str, float, int, int]
"""Key, value, wall time in ms since 1970 at the run's start plus media time, media time in ms."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a journal, and the byte after it."""

    values: dict[str, Any]
    end: int


class Journal:
    """The writing end; used by one thread at a time.

    Parameters
    ----------
    records_dir : Path
        See ``Settings.records_dir``.
    run_id : str
        Of the run.

    Raises
    ------
    RecordError
        Where its folder cannot be made.
    """

    def __init__(self, records_dir: Path, run_id: str) -> None:
        self.directory = records_dir / SPOOL / run_id
        self._waiting: list[str] = []
        self._open = ExitStack()
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._open.enter_context(locked(self.directory / _WRITER_LOCK, 0.0))
        except OSError as error:
            raise cannot_write(self.directory, error) from error

    def begin(
        self,
        name: str,
        *,
        start_ms: int,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        places: Sequence[Path],
    ) -> None:
        """Open the run; ``places`` are told where it is to be seen."""
        self._append(
            {
                "op": "begin",
                "name": name,
                "start_ms": start_ms,
                "params": {key: str(value) for key, value in params.items()},
                "tags": dict(tags),
                "places": [str(place.resolve()) for place in places],
            }
        )

    def metrics(self, points: Sequence[Point]) -> None:
        """Add values, in the order of their time."""
        if points:
            self._append({"op": "metrics", "points": points})

    def artifacts(self, directory: Path, names: Sequence[str]) -> None:
        """Have files of a directory sent, and its charts drawn."""
        self._append({"op": "artifacts", "dir": str(directory.resolve()), "names": list(names)})

    def end(self, status: str, end_ms: int) -> None:
        """Close the run: status is "FINISHED", "FAILED" or "KILLED"."""
        self._append({"op": "end", "status": status, "end_ms": end_ms})

    def flush(self) -> None:
        """Write what the disk did not take before.

        Raises
        ------
        RecordError
            Where it still takes nothing.
        """
        if not self._waiting:
            return
        path = self.directory / JOURNAL
        try:
            append_whole(path, "".join(self._waiting).encode())
        except OSError as error:
            raise cannot_write(path, error) from error
        self._waiting.clear()

    def close(self) -> None:
        """Let the run be closed by whoever delivers it, where ``end`` was not written."""
        self._open.close()

    def _append(self, values: Mapping[str, Any]) -> None:
        self._waiting.append(json.dumps(values, ensure_ascii=False, allow_nan=False) + "\n")
        del self._waiting[:-MOST_WAITING]
        self.flush()


class Parcel:
    """The reading end of one journal."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = read_object(directory / STATE) or {}

    @property
    def run_id(self) -> str:
        """Of the run."""
        return self.directory.name

    def entries(self) -> list[Entry]:
        """Lines that MLflow does not have yet; half a line is left for later."""
        begin = int(self.state.get("offset", 0))
        try:
            with (self.directory / JOURNAL).open("rb") as file:
                file.seek(begin)
                data = file.read()
        except FileNotFoundError:
            return []
        found = []
        for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
            begin += len(line)
            try:
                found.append(Entry(json.loads(line), begin))
            except ValueError:
                log.error("%s: a damaged line is left out", self.directory / JOURNAL)
                found.append(Entry({"op": "damaged"}, begin))
        return found

    def acknowledge(self, end: int, **facts: Any) -> None:
        """Remember that everything before a byte has arrived, and what was learnt on the way."""
        self.state |= {"offset": end, **facts}
        draft = self.directory / f".{STATE}"
        draft.write_text(json.dumps(self.state), "utf-8")
        draft.replace(self.directory / STATE)

    def is_being_written(self) -> bool:
        """Whether the run still goes on; a program that died has let go of its lock."""
        try:
            with locked(self.directory / _WRITER_LOCK, 0.0):
                return False
        except LockHeldError:
            return True

    def hold(self) -> ExitStack:
        """Be the one that delivers it, until the stack is closed.

        Raises
        ------
        LockHeldError
            Where another program delivers it.
        """
        with ExitStack() as stack:
            stack.enter_context(locked(self.directory / _DELIVERY_LOCK, 0.0))
            return stack.pop_all()

    def discard(self) -> None:
        """Delete what has arrived."""
        shutil.rmtree(self.directory, ignore_errors=True)


def parcels(records_dir: Path) -> list[Parcel]:
    """Everything that waits, the oldest run first."""
    try:
        names = sorted(each for each in (records_dir / SPOOL).iterdir() if each.is_dir())
    except OSError:
        return []
    return [Parcel(each) for each in names]
