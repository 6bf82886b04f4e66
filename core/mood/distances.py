"""Distances from every poster colour to every emotion, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.mood.associations import COLOUR_SETS, MoodColour, colour_sets
from core.mood.colour import delta_e_2000_matrix, srgb_to_lab

_LOG: Final = logging.getLogger(__name__)
# Raised when the meaning of the arrays changes, so that kept files are made anew.
_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class EmotionDistances:
    """Nearest colour of each set to each poster colour.

    Parameters
    ----------
    distance : (len(COLOUR_SETS), N, K) float32 array
        CIEDE2000.
    nearest : (len(COLOUR_SETS), N, K) uint8 array
        Which colour of the set.
    """

    distance: NDArray[np.float32]
    nearest: NDArray[np.uint8]

    @classmethod
    def of(cls, rgb: NDArray[np.float32], store: Path | None = None) -> EmotionDistances:
        """Read the distances of a catalog, or compute them and keep them for the next time.

        Parameters
        ----------
        rgb : (N, K, 3) float32 array
            Poster colours.
        store : Path, optional
            An .npz file. It carries a hash of the poster colours, the mood
            colours and the formula's version, and is replaced where that differs.
        """
        key = _content_hash(rgb)
        if store is not None:
            kept = cls._read(store, key)
            if kept is not None:
                return kept
        sets = colour_sets()
        parts = [nearest_colours(rgb, sets[name]) for name in COLOUR_SETS]
        result = cls(np.stack([d for d, _ in parts]), np.stack([n for _, n in parts]))
        if store is not None:
            result._write(store, key)
        return result

    @classmethod
    def _read(cls, store: Path, key: str) -> EmotionDistances | None:
        try:
            with np.load(store, allow_pickle=False) as kept:
                if str(kept["key"]) == key:
                    return cls(kept["distance"], kept["nearest"])
            _LOG.info("%s belongs to other films or colours; it is made anew", store.name)
        except FileNotFoundError:
            _LOG.info("%s is not there yet; it is made", store.name)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            _LOG.warning("%s cannot be read (%s); it is made anew", store.name, error)
        return None

    def _write(self, store: Path, key: str) -> None:
        part = store.with_name(f".{store.name}.{os.getpid()}")
        try:
            with part.open("wb") as file:
                np.savez(file, key=np.array(key), distance=self.distance, nearest=self.nearest)
            part.replace(store)
        except OSError as error:
            # A read-only installation works too, it only computes this at each start.
            _LOG.warning("%s cannot be kept: %s", store.name, error)
            part.unlink(missing_ok=True)


def nearest_colours(
    rgb: NDArray[np.float32], colours: Sequence[MoodColour]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """CIEDE2000 from each poster colour to the nearest colour of a set, and which it is.

    Parameters
    ----------
    rgb : (N, K, 3) float32 array
    colours : sequence of MoodColour
        1 to 256 of them.

    Returns
    -------
    (N, K) float32 array, (N, K) uint8 array
    """
    lab = srgb_to_lab(rgb.reshape(-1, 3))
    distances = delta_e_2000_matrix(lab, srgb_to_lab([colour.rgb for colour in colours]))
    shape = rgb.shape[:2]
    nearest = distances.argmin(axis=1)
    distance = distances[np.arange(len(distances)), nearest]
    return distance.reshape(shape), nearest.astype(np.uint8).reshape(shape)


def _content_hash(rgb: NDArray[np.float32]) -> str:
    digest = hashlib.sha256(f"{_VERSION} {rgb.shape} {colour_sets()!r}".encode())
    digest.update(np.ascontiguousarray(rgb).tobytes())
    return digest.hexdigest()
