"""A lock between programs, for the few microseconds that an append takes.

``filelock`` would serve everywhere, too, but costs most of a millisecond a turn.
The kernel frees the lock of a program that dies.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

POLL_S: Final = 0.002

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class LockHeldError(OSError):
    """Another program holds the lock for longer than one would wait."""


@contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold the lock that is named by a file, made where it is missing, for a block.

    Parameters
    ----------
    path : Path
        Stays empty; never delete it while it may be in use.
    timeout_s : float
        How long to wait for another, s; 0 tries once.

    Raises
    ------
    LockHeldError
        Where another holds it.
    OSError
        Where the file cannot be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        until_s = time.monotonic() + timeout_s
        while not _take(handle):
            if time.monotonic() >= until_s:
                raise LockHeldError(f"{path.name} is held by another program")
            time.sleep(POLL_S)
        yield
    finally:
        # Closing frees the lock.
        os.close(handle)
