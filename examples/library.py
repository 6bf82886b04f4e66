"""Read a picture and a video with the library: ``python examples/library.py PICTURE VIDEO``."""

import sys

import cv2

from core import FramePipeline, analyze_video
from core.types import Frame

picture, video = sys.argv[1:3]
report = FramePipeline().analyze(Frame(0, 0.0, cv2.imread(picture)))
print(f"quality {report.quality.quality_score:.2f} (0 worst, 1 best)")
for face in report.faces:
    print(f"{face.emotion} {face.confidence:.0%}, trust {face.trust:.0%}")

summary = analyze_video(video, "out")
print(f"{summary.frames} frames, mean quality {summary.mean_quality:.2f}; files in out/")
