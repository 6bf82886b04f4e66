"""Analyze a folder of videos on all cores: ``python examples/batch.py FOLDER OUT``."""

import sys
from pathlib import Path

from core.cluster import analyze_many, connect

if __name__ == "__main__":  # workers import this file, too
    folder, out = map(Path, sys.argv[1:3])
    clips = sorted(str(path) for path in folder.glob("*.mp4"))
    with connect("local") as client:
        for result in analyze_many(client, clips, [out / Path(clip).stem for clip in clips]):
            quality = result.error or f"mean quality {result.summary.mean_quality:.2f}"
            print(f"{Path(result.source).name}: {quality}")
