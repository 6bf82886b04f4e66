"""Long videos in parts that can be looked at apart, on several machines at once.

A decoder can begin at any keyframe. Parts begin with a block of the face search
(``closer.BLOCK_S``), before which nothing is remembered, so what is seen of each frame
is the same whether the whole video was looked at or the part alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
from av.error import FFmpegError

from core.frame.turns import block_of

BLOCKS: Final = 1
"""Blocks a part: its planes are sent to whoever puts the parts together."""

LEAST_S: Final = 30.0
"""Shorter videos are not cut."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive frames of a video.

    Parameters
    ----------
    first_index, end_index : int
        Of its first frame, and one after its last, in the order they are shown.
    start_pts, last_pts : int
        Times of its first and its last frame in the stream's time base.
    """

    first_index: int
    end_index: int
    start_pts: int
    last_pts: int


def cut(path: str | Path) -> list[Segment]:
    """Part a video file by its index alone: nothing is decoded.

    Parameters
    ----------
    path : str or Path
        Of a file.

    Returns
    -------
    list of Segment
        In order, without a gap; empty where the video is short, or where its index
        leaves open when each frame is shown.
    """
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            base = stream.time_base
            # AVI has no times of its own, only places.
            if base is None or container.format.name == "avi" or len(container.streams.video) > 1:
                return []
            packets = [packet for packet in container.demux(stream) if packet.size]
            begins = container.start_time
    except (FFmpegError, OSError, IndexError, ValueError):
        return []
    times = sorted(packet.pts for packet in packets if packet.pts is not None)
    is_plain = len(times) == len(packets) == len(set(times)) and not any(
        packet.is_corrupt or packet.is_discard for packet in packets
    )
    if not times or not is_plain or float((times[-1] - times[0]) * base) < LEAST_S:
        return []
    start_s = float(times[0] * base) if begins is None else begins / av.time_base
    blocks = [block_of(max(0.0, float(pts * base) - start_s)) // BLOCKS for pts in times]
    starts = [
        place for place, block in enumerate(blocks) if place == 0 or block != blocks[place - 1]
    ]
    return [
        Segment(start, end, times[start], times[end - 1])
        for start, end in zip(starts, [*starts[1:], len(times)], strict=True)
    ]
