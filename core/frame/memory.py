"""Freed memory kept for the next frame: asking the system for it anew costs more than a copy.

Every frame needs the same few blocks, of some hundred kilobytes each. The C library
hands blocks of that size back to the system when they are freed and asks for them
again for the next frame, which then pays for each page of them on first touch: a
plane of 720 lines takes several times as long to copy into fresh pages as into old.
"""

from __future__ import annotations

import ctypes
import logging
import sys
from functools import cache
from typing import Final

log = logging.getLogger(__name__)

KEPT_BYTES: Final = 16 << 20
"""So much freed memory stays with each of the C library's arenas."""
LARGEST_BYTES: Final = 8 << 20
"""Larger blocks, such as a picture of 4K, go back to the system at once."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


@cache
def keep_freed_memory() -> bool:
    """Have the C library keep what is freed, for the whole process; done once.

    Returns
    -------
    bool
        Whether it can be told: the GNU C library can, others are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return False
    adjust = getattr(ctypes.CDLL(None), "mallopt", None)
    if adjust is None:
        return False
    kept = bool(adjust(_M_MMAP_THRESHOLD, LARGEST_BYTES)) and bool(
        adjust(_M_TRIM_THRESHOLD, KEPT_BYTES)
    )
    log.debug("freed memory is %s", "kept" if kept else "handed back")
    return kept
