"""Palettes of posters, in this process, over the cores, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from typing import Final

from core.errors import CatalogError

COLOURS: Final = 6
RESIZE_PX: Final = 256
"""Posters are shrunk to this many pixels squared before their colours are grouped."""

Palette = list[list[float]]
Measure = Callable[[Sequence[bytes]], list[Palette | str]]


def palette_of(image: bytes) -> Palette | str:
    """Measure the palette of one poster with Pylette's k-means, six colours.

    Parameters
    ----------
    image : bytes
        A JPEG, PNG or WebP file.

    Returns
    -------
    list of [r, g, b, dominance], or str
        Most dominant first; a text says why the image cannot be used.
    """
    # Heavy, and needed only where posters are measured.
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415
    from pylette import extract_colors  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    try:
        with Image.open(BytesIO(image)) as opened:
            picture = opened.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        return f"poster cannot be decoded: {error.__class__.__name__}"
    # One thread: the same sums in the same order each time, and one core a poster.
    with threadpool_limits(1):
        palette = extract_colors(picture, palette_size=COLOURS, resize=RESIZE_PX)
    colours = [
        [*(int(value) for value in colour.rgb), round(float(colour.frequency), 4)]
        for colour in palette.colors
    ]
    return sorted(colours, key=lambda colour: (-colour[3], colour[:3]))


@contextmanager
def palette_workers(processes: int, dask_address: str = "") -> Iterator[Measure]:
    """Open workers that measure a batch of posters in parallel.

    Parameters
    ----------
    processes : int
        1 measures in this process.
    dask_address : str
        Scheduler of a Dask cluster, taken instead of processes.

    Yields
    ------
    callable
        Takes posters, gives what ``palette_of`` gives for each, in their order.
    """
    if dask_address:
        with _dask(dask_address) as measure:
            yield measure
    elif processes <= 1:
        yield lambda images: [palette_of(image) for image in images]
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, context, initializer=_end_with_parent) as pool:
            yield lambda images: list(pool.map(palette_of, images))


@contextmanager
def _dask(address: str) -> Iterator[Measure]:
    try:
        from distributed import Client  # noqa: PLC0415
    except ImportError as error:
        raise CatalogError(
            f"Dask address {address} was given but dask is not installed; "
            "install dask[distributed] or leave the address out"
        ) from error
    try:
        client = Client(address)
    except OSError as error:
        raise CatalogError(f"no Dask scheduler answers at {address}; start one there") from error
    with client:
        yield lambda images: list(client.gather(client.map(palette_of, list(images), pure=False)))


def _end_with_parent() -> None:
    """Leave no worker behind where the builder is killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
