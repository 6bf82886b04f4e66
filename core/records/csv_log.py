"""A table on disk that grows by whole lines, whoever writes to it and whenever one dies.

Lines are appended in one piece under a lock that every program takes, so they
never mix. A program that is killed may leave half a line at the end; the next
one to append cuts it off, and ``store.read_metrics`` leaves it out.
"""

from __future__ import annotations

import errno
import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.errors import RecordError
from core.records.locking import LockHeldError, locked

LOCK_S: Final = 0.25
"""A table that others hold for longer is tried again later, s."""

KEPT: Final = 16
"""Old tables of all runs that are kept; each run has its own rows besides."""

# Spreadsheets take a cell for a formula by its first sign, Japanese ones also by the wide
# forms (CWE-1236).
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SPACES: Final = " \u00a0\u3000"
_LINE_BREAKS: Final = str.maketrans(dict.fromkeys("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029\0", " "))
_PLAIN: Final = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_ .:-]*").fullmatch
_QUOTED: Final = re.compile(r'[",;]').search
_TAIL_BYTES: Final = 1 << 16

Cell = str | float | None


class CsvLog:
    """A CSV file that lines are appended to.

    Parameters
    ----------
    path : Path
        Made with its directory at the first line.
    columns : sequence of str
        The header.
    shared : bool
        Whether other programs append to it, too. If so, what is there stays; else
        the file is begun anew.
    rotate_bytes : int, optional
        A shared file that would grow beyond is set aside under the time, and begun anew.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        *,
        shared: bool = False,
        rotate_bytes: int | None = None,
    ) -> None:
        self.path = path
        self.columns = tuple(columns)
        self._shared, self._rotate_bytes = shared, rotate_bytes
        self._header = line_of(columns).encode()
        self.is_begun = False

    def append(self, lines: str = "") -> None:
        """Append whole lines, or only make sure that the file is there.

        Raises
        ------
        RecordError
            Where they cannot be written; then none of them is there.
        """
        data = lines.encode()
        try:
            if not self.is_begun:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._turn():
                if not self.is_begun:
                    self._begin()
                if self._rotate_bytes and self._size() + len(data) > self._rotate_bytes:
                    self._set_aside()
                append_whole(self.path, data, self._header)
        except LockHeldError as error:
            raise RecordError(
                f"{self.path}: another program holds it; end the one that hangs"
            ) from error
        except OSError as error:
            raise cannot_write(self.path, error) from error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._shared:
            yield
            return
        # A file of its own, since the table itself is renamed.
        with locked(self.path.with_name(f".{self.path.name}.lock"), LOCK_S):
            yield

    def _begin(self) -> None:
        if not self._shared:
            self.path.write_bytes(b"")
        elif self._size():
            with self.path.open("rb") as file:
                # Columns of another version must not stand under this one's names.
                if file.readline(_TAIL_BYTES) != self._header:
                    self._set_aside()
        self.is_begun = True

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def _set_aside(self) -> None:
        if self._size() <= len(self._header):
            return
        when = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        self.path.replace(self.path.with_stem(f"{self.path.stem}-{when}"))
        old = sorted(self.path.parent.glob(f"{self.path.stem}-*{self.path.suffix}"))
        for each in old[:-KEPT]:
            each.unlink(missing_ok=True)


def append_whole(path: Path, data: bytes, header: bytes = b"") -> None:
    """Append to a file in one piece, or not at all; half a line at its end is cut off first.

    Parameters
    ----------
    path : Path
        Made where it is missing.
    data : bytes
        Whole lines.
    header : bytes
        Written before them into an empty file.

    Raises
    ------
    OSError
        Where the disk does not take all of it.
    """
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY, 0o666)
    try:
        size = _whole_lines(handle)
        if size == 0:
            data = header + data
        if not data:
            return
        written = os.write(handle, data)
        if written < len(data):
            os.ftruncate(handle, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(handle)


_BINARY: Final = getattr(os, "O_BINARY", 0)


def _whole_lines(handle: int) -> int:
    """Cut off half a line at the end; the size that is left, bytes."""
    at = size = os.lseek(handle, 0, os.SEEK_END)
    if size:
        os.lseek(handle, -1, os.SEEK_END)
        if os.read(handle, 1) == b"\n":
            return size
    while at > 0:
        begin = max(0, at - _TAIL_BYTES)
        os.lseek(handle, begin, os.SEEK_SET)
        found = os.read(handle, at - begin).rfind(b"\n")
        if found >= 0:
            whole = begin + found + 1
            if whole < size:
                os.ftruncate(handle, whole)
            return whole
        at = begin
    if size:
        os.ftruncate(handle, 0)
    return 0


def line_of(row: Sequence[Cell]) -> str:
    r"""Write a row as one line of CSV with its end; line breaks in text become spaces.

    Examples
    --------
    >>> line_of(["run", 1, 0.25, None, "a, b", "=1"])
    'run,1,0.25,,"a, b",\'=1\n'
    """
    return ",".join([_field(cell) for cell in row]) + "\n"


def _field(cell: Cell) -> str:
    # Most cells are numbers and plain words: a frame has 30 of them, and csv.writer with a
    # check of each costs four times as much.
    if cell is None:
        return ""
    if isinstance(cell, str):
        if _PLAIN(cell):
            return cell
        text = cell_text(cell.translate(_LINE_BREAKS))
        return '"' + text.replace('"', '""') + '"' if _QUOTED(text) else text
    if type(cell) is int:
        return str(cell)
    if type(cell) is float and -1e300 < cell < 1e300:
        return f"{cell:.10g}"
    return cell_text(cell)


def cell_text(cell: Cell) -> str:
    """Write a value as a cell: numbers plain, text so that no spreadsheet computes it.

    Examples
    --------
    >>> cell_text("=1+1"), cell_text(-0.25), cell_text(True), cell_text(float("nan"))
    ("'=1+1", '-0.25', '1', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.lstrip(_SPACES).startswith(_FORMULA_STARTS) else cell
    if isinstance(cell, (bool, int)):
        return str(int(cell))
    if not math.isfinite(cell):
        return ""
    short = f"{cell:.10g}"
    # Rounded up, the largest numbers would be read back as infinite.
    return short if math.isfinite(float(short)) else repr(float(cell))


def cannot_write(path: Path, error: OSError) -> RecordError:
    """Word an error of the disk in one line."""
    return RecordError(
        f"{path}: cannot be written ({error.strerror or error}); "
        "check the disk's space and the directory's permissions"
    )
