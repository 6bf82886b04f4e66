"""A video whose parts are looked at by the workers of a cluster, put together in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from core.frame.looking import Sighting
from core.frame.pipeline import FramePipeline
from core.frame.segments import Segment
from core.frame.sources import open_source
from core.settings import Settings

if TYPE_CHECKING:
    from distributed import Client


class Stitched:
    """Gives ``analyze_video`` what each frame of a video shows.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    path : str
        Of the video; every worker sees it there.
    segments : sequence of Segment
        All of it, see ``cut``.
    settings : Settings
        As the pipeline's.
    options : dict
        Those of ``analyze_video``.
    """

    def __init__(
        self,
        client: Client,
        path: str,
        segments: Sequence[Segment],
        settings: Settings,
        options: dict[str, Any],
    ) -> None:
        self._client, self._path, self._segments = client, path, segments
        self._settings, self._options = settings, options

    def __call__(self, _: FramePipeline) -> Iterator[Sighting]:
        """What each chosen frame shows, in order."""
        # A part waits here as planes: two a worker keep all busy and no more are held.
        most = 2 * max(1, len(self._client.scheduler_info()["workers"]))
        waiting: deque[Any] = deque()
        try:
            for segment in self._segments:
                waiting.append(
                    self._client.submit(
                        look_at,
                        self._path,
                        segment,
                        self._settings,
                        self._options,
                        pure=False,
                    )
                )
                if len(waiting) >= most:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            self._client.cancel(list(waiting))  # type: ignore[no-untyped-call]


def look_at(
    path: str, segment: Segment, settings: Settings, options: dict[str, Any]
) -> list[Sighting]:
    """Look at a part of a video, on a worker.

    Raises
    ------
    SourceError
        Where the part cannot be decoded wholly.
    """
    pipeline = FramePipeline(
        settings,
        faces=options.get("faces", True),
        emotion=options.get("emotion", True),
        quality=options.get("quality", True),
    )
    every = options.get("every", 1)
    with open_source(path, settings, trusted=True) as source:
        return [
            pipeline.look(frame) for frame in source.frames_of(segment) if frame.index % every == 0
        ]
