"""The files of one run, the same in each directory that it is kept in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import RecordError
from core.records.run import write_json

log = logging.getLogger(__name__)


class RunFiles:
    """Writes them; a disk that fails is told of, and stops nothing.

    Parameters
    ----------
    places : sequence of Path
        Directories, made where they are missing; none keeps no file.
    note : callable
        Called with what went wrong, one line.

    Attributes
    ----------
    directory : Path or None
        The first of them.
    by_name : dict of str to str
        Where each file is, or is to be written.
    """

    def __init__(self, places: Sequence[Path], note: Callable[[str], None]) -> None:
        self.places = tuple(places)
        self.directory = self.places[0] if self.places else None
        self.by_name: dict[str, str] = {}
        self._note = note
        self._logged: set[str] = set()

    def path(self, name: str) -> Path:
        """Where a file is, or is to be written; it then counts as one of the run's.

        Raises
        ------
        RecordError
            Where the run has no directory.
        """
        if self.directory is None:
            raise RecordError(f"{name}: the run keeps no files; give it a directory")
        path = self.directory / name
        self.by_name[name] = str(path)
        return path

    def forget_missing(self, *awaited: str) -> None:
        """Count as the run's only files that are there, and those that are still to come."""
        self.by_name = {
            name: path
            for name, path in self.by_name.items()
            if name in awaited or Path(path).exists()
        }

    def write(self, name: str, value: object, places: Sequence[Path] | None = None) -> None:
        """Write a JSON file in every place, or in those that are given."""
        for place in self.places if places is None else places:
            try:
                make_directory(place)
                write_json(place / name, value)
            except RecordError as error:
                if str(error) not in self._logged:
                    log.warning("%s", error)
                self._logged.add(str(error))
                self._note(str(error))

    def write_report(self, language: str) -> None:
        """Write the report of what is there by now."""
        # Late: whoever only records a stream needs no pandas until its end.
        from core.records.report import write_report  # noqa: PLC0415

        for place in self.places:
            try:
                write_report(place, language)
            except RecordError as error:
                log.warning("%s", error)


def make_directory(directory: Path) -> None:
    """Make a directory of a run.

    Raises
    ------
    RecordError
        Where it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordError(
            f"{directory}: cannot be made ({error.strerror or error}); "
            "choose a directory that may be written"
        ) from error
