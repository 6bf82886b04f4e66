"""FER2013 faces with the FER+ votes of ten taggers, as training targets and measuring sets.

The arrays come from ``train.npz`` and ``public.npz``; neither is part of the
project. Votes: Barsoum et al. 2016 (arXiv:1608.01041); faces: Goodfellow et al.
2013 (10.1007/978-3-642-42051-1_16).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CLASSES = 8  # the first eight vote columns; then "unknown" and "not a face"


@dataclass(frozen=True, slots=True)
class Faces:
    """Crops with what ten people said of them.

    Parameters
    ----------
    images : (N, 48, 48) uint8 array
        Gray crops.
    votes : (N, 10) uint8 array
        Taggers who chose each of the eight FER+ emotions, "unknown", "not a face".
    fer2013 : (N,) uint8 array
        The data set's first label, 0..6: angry, disgust, fear, happy, neutral, sad, surprise.
    """

    images: NDArray[np.uint8]
    votes: NDArray[np.uint8]
    fer2013: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.images)

    def where(self, keep: NDArray[np.bool_]) -> Faces:
        """The faces for which ``keep`` (N,) holds."""
        return Faces(self.images[keep], self.votes[keep], self.fer2013[keep])


def load(path: Path) -> Faces:
    """Read one split, rows without votes left out."""
    with np.load(path) as arrays:
        matched = arrays["ferplus_matched"]
        faces = Faces(arrays["images"], arrays["ferplus_votes"], arrays["fer2013"])
    return faces.where(matched)


def soft_targets(votes: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Turn votes into target distributions over the eight emotions.

    An emotion that a single tagger chose is noise and is dropped; a face that
    most taggers called unknown or no face at all is not trained on.

    Returns
    -------
    targets : (N, 8) float32 array
        Rows sum to 1 where usable.
    usable : (N,) bool array
    """
    counted = np.where(votes > 1, votes, 0).astype(np.float32)
    emotions = counted[:, :CLASSES]
    total = emotions.sum(axis=1, keepdims=True)
    usable = (total[:, 0] > 0) & (counted.argmax(axis=1) < CLASSES)
    return emotions / np.maximum(total, 1.0), usable


def plurality(votes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The most frequent vote (N,), and where (N,) it is one of the eight emotions."""
    label = votes.argmax(axis=1)
    return label, label < CLASSES


def strict_majority(votes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The same, kept only where over half of the votes, single ones dropped, agree."""
    counted = np.where(votes > 1, votes, 0)
    label = counted.argmax(axis=1)
    return label, (label < CLASSES) & (counted.max(axis=1) > 0.5 * counted.sum(axis=1))
