"""Frames of a file decoded and looked at ahead of the one that is concluded, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final

from core.frame.looking import Sighting
from core.frame.pictures import DecodedFrame
from core.frame.pipeline import FramePipeline

DECODED_AT_ONCE: Final = 2


def looked_ahead(
    frames: Iterable[DecodedFrame], pipeline: FramePipeline, workers: int, *, apart: bool
) -> Iterator[tuple[DecodedFrame | None, Sighting]]:
    """Look at frames beside each other and hand them out in order.

    No more frames are held than keep all busy, however long the video is. Where there
    is one worker, everything is done in this thread, and where a look is short
    (``apart`` is False) everything but the decoding is.
    """
    if workers == 1 or not apart:
        for frame in frames if workers == 1 else _fetched_ahead(frames):
            yield frame, pipeline.look(frame)
        return
    decoded = _fetched_ahead(frames)
    ahead: deque[tuple[DecodedFrame, Future[Sighting]]] = deque()
    # One more than can be busy: a look may wait for what the frames before it show.
    pool = ThreadPoolExecutor(workers + 1, thread_name_prefix="look")
    try:
        for frame in decoded:
            turn = pipeline.take_turn(frame)
            ahead.append((frame, pool.submit(pipeline.look, frame, turn)))
            if len(ahead) > 2 * workers:
                first, future = ahead.popleft()
                yield first, future.result()
        while ahead:
            first, future = ahead.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        decoded.close()


def _fetched_ahead(frames: Iterable[DecodedFrame]) -> Generator[DecodedFrame]:
    """Decode in a thread of its own while the frames before are looked at."""
    source = iter(frames)
    pool = ThreadPoolExecutor(1, thread_name_prefix="decode")

    def fetch() -> Future[list[DecodedFrame]]:
        # A few at once: threads that hand over each frame spend a tenth of their time on it.
        return pool.submit(lambda: list(islice(source, DECODED_AT_ONCE)))

    try:
        waiting = deque([fetch(), fetch()])
        while some := waiting.popleft().result():
            waiting.append(fetch())
            yield from some
    finally:
        # The file is closed next, so nobody may be reading it any more.
        pool.shutdown(wait=True, cancel_futures=True)
