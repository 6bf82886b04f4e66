"""One thread for each call into OpenCV and BLAS: frames run beside each other instead.

The planes that are measured here are small. Shared among threads, each of them is
done a little sooner, and the other threads then spin in wait of the next one, which
takes the cores from the frames beside it and from the decoder.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
from threadpoolctl import ThreadpoolController


@cache
def keep_to_one_thread() -> None:
    """Have OpenCV, and the BLAS inside it, work in the thread that calls them.

    This holds for the whole process, and is done once: whoever sets another number
    afterwards has it. Other packages' BLAS is left as it is.
    """
    cv2.setNumThreads(1)
    folder = Path(cv2.__file__).parent
    # The wheels for Linux keep what OpenCV links to in a folder beside it.
    owned = {folder, *folder.parent.glob("opencv_python*.libs")}
    pools = ThreadpoolController()
    paths = [
        library["filepath"]
        for library in pools.info()
        if library["user_api"] == "blas" and owned & set(Path(library["filepath"]).parents)
    ]
    pools.select(filepath=paths).limit(limits=1)
