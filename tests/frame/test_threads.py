"""Frames run beside each other, so OpenCV and its BLAS take one thread each."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import cv2
from threadpoolctl import threadpool_info

from core.frame.pipeline import FramePipeline

FramePipeline(faces=False)
print(cv2.getNumThreads())
print([p["num_threads"] for p in threadpool_info() if "opencv" in p["filepath"]])
"""


def test_a_pipeline_leaves_opencv_and_its_blas_one_thread_each() -> None:
    # In a process of its own: here another test may have made a pipeline before.
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120
    )
    threads, blas = done.stdout.splitlines()
    assert threads == "1"
    assert set(blas) <= set("[1, ]")
