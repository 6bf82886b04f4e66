"""Many clips on Dask distributed: each clip is a task, each worker holds its models once.

A task is the same ``analyze_video`` that one machine runs, so the rows are the same.
A long video is cut at keyframes: workers look at its parts, and what remembers the
frames before is done here, in order, while the parts come in (``core.frame.segments``).
What becomes of a worker is Dask's business: the clips of one that dies are done
again by another. Every worker must see the sources and the output directory under
the same paths, on a shared disk where there are several machines.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import FramemoodError, SettingsError, SourceError
from core.frame.segments import Segment, cut
from core.frame.stitched import Stitched
from core.frame.urls import is_url
from core.frame.video import analyze_video
from core.records.run import RunSummary
from core.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

log = logging.getLogger(__name__)

LOCAL: Final = "local"
_CONNECT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class ClipResult:
    """What became of one clip.

    Parameters
    ----------
    source : str
        As it was given.
    directory : Path
        Where its files are.
    summary : RunSummary or None
        None where it failed.
    error : str
        What is wrong and how to mend it; empty where it was done.
    """

    source: str
    directory: Path
    summary: RunSummary | None
    error: str = ""


@contextmanager
def connect(address: str, workers: int = 0) -> Iterator[Client]:
    """Open a cluster.

    Parameters
    ----------
    address : str
        ``"local"`` starts worker processes here, one a core; else the address of a
        scheduler, as ``tcp://host:8786``.
    workers : int
        Worker processes of a local cluster; 0 means one a core.

    Yields
    ------
    distributed.Client
        Its ``dashboard_link`` shows the work.

    Raises
    ------
    SettingsError
        Where Dask is not installed or no scheduler answers.
    """
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415  a second to import
    except ImportError as error:
        raise SettingsError(
            "a cluster was asked for but Dask is not installed; "
            "`pip install 'dask[distributed]'` or leave --cluster out"
        ) from error
    if address == LOCAL:
        # Its own default tells of every worker that closes, below the results.
        logging.getLogger("distributed").setLevel(logging.WARNING)
        with (
            LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=workers or os.cpu_count() or 1,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
            ) as cluster,
            Client(cluster) as client,  # type: ignore[no-untyped-call]
        ):
            yield client
        return
    try:
        client = Client(address, timeout=_CONNECT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{address}: no Dask scheduler answers; start one with `dask scheduler` "
            "and workers with `dask worker`, or use --cluster local"
        ) from error
    with client:
        yield client


def analyze_many(
    client: Client,
    sources: Sequence[str],
    directories: Sequence[Path],
    *,
    settings: Settings | None = None,
    on_done: Callable[[ClipResult], None] | None = None,
    **options: Any,
) -> list[ClipResult]:
    """Analyze clips on the workers of a cluster.

    Parameters
    ----------
    client : distributed.Client
        See ``connect``.
    sources, directories : sequences of str and of Path
        As many of the one as of the other.
    settings : Settings, optional
        The same for all; each worker reads one frame at a time, so that workers,
        not threads, share the cores.
    on_done : callable, optional
        Called with each result as it comes, in any order.
    **options
        Handed to ``analyze_video``.

    Returns
    -------
    list of ClipResult
        In the order of ``sources``. A clip that cannot be read fails alone.
    """
    from distributed import as_completed  # noqa: PLC0415

    alone = replace(settings or Settings(), workers=1)
    clips = list(zip(sources, directories, strict=True))
    results: dict[int, ClipResult] = {}
    tasks: dict[Any, int] = {}
    long: dict[int, list[Segment]] = {}

    def settle(place: int, done: RunSummary | str) -> None:
        summary, error = (done, "") if isinstance(done, RunSummary) else (None, done)
        results[place] = ClipResult(*clips[place], summary, error)
        if on_done is not None:
            on_done(results[place])

    def send(place: int) -> None:
        source, directory = clips[place]
        whole = str(directory.absolute())
        task = client.submit(_analyze, _address(source), whole, alone, options, pure=False)
        tasks[task] = place

    for place, (source, _) in enumerate(clips):
        # Text is read of whole frames, which stay with the workers.
        parts = [] if options.get("ocr") or is_url(source) else cut(source)
        if parts:
            long[place] = parts
        else:
            send(place)
    done: RunSummary | str
    for place, parts in long.items():
        source, directory = clips[place]
        look = Stitched(client, _address(source), parts, alone, options)
        try:
            done = analyze_video(
                source, directory, settings=alone, trusted=True, look=look, **options
            )
        except SourceError as error:
            log.warning("%s; it is analyzed in one piece", error)
            send(place)
            continue
        except FramemoodError as error:
            done = str(error)
        except Exception as error:  # noqa: BLE001 (as below: the other clips go on)
            done = _words(source, error)
        settle(place, done)
    for future in as_completed(tasks):  # type: ignore[no-untyped-call]
        place = tasks.pop(future)
        try:
            # Where the worker died with the answer, it is waited for anew.
            done = future.result()
        except Exception as error:  # noqa: BLE001 (whatever a worker raised is told of its clip)
            done = _words(clips[place][0], error)
        # Else it would be analyzed anew, over its files, whenever the worker that has it dies.
        future.release()
        settle(place, done)
    return [results[place] for place in range(len(clips))]


def _address(source: str) -> str:
    return source if is_url(source) else str(Path(source).absolute())


def _analyze(
    source: str, directory: str, settings: Settings, options: dict[str, Any]
) -> RunSummary | str:
    """Run on a worker; what is wrong with the input comes back as text and is not tried again."""
    try:
        return analyze_video(source, directory, settings=settings, trusted=True, **options)
    except FramemoodError as error:
        return str(error)


def _words(source: str, error: BaseException) -> str:
    from distributed.scheduler import KilledWorker  # noqa: PLC0415

    if isinstance(error, KilledWorker):
        return (
            f"{source}: {error.allowed_failures + 1} workers died while they analyzed it; it may "
            "need more memory than they have"
        )
    return f"{source}: could not be analyzed on the cluster ({error!r}); try it without --cluster"
