"""The networks that name an emotion, each with its own way to be fed.

Ours is the default. The VGG13 of the FER+ paper (Barsoum et al. 2016,
arXiv:1608.01041) can be fetched with ``python -m models fetch emotion-ferplus-8``
and chosen by ``EMOTION_MODEL``: eighteen times the size, kept for comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.frame.luma import halve
from core.networks import open_network
from core.settings import Settings
from core.types import FERPLUS_EMOTIONS
from models.registry import resolve

if TYPE_CHECKING:
    import onnxruntime

CROP_PX: Final = 48
"""Side of the crops our network was trained on, px."""

_VGG_PX: Final = 64


@dataclass(frozen=True, slots=True)
class NetworkReading:
    """What a network says of N crops.

    Parameters
    ----------
    logits : (N, 8) float32 array
        In ``FERPLUS_EMOTIONS`` order; their softmax is the probability.
    disturbance : (N,) float32 array or None
        How much of each reading is owed to how the face was seen, 0..1; None
        where the network does not tell.
    """

    logits: NDArray[np.float32]
    disturbance: NDArray[np.float32] | None


class EmotionNetwork(Protocol):
    """Reads face crops; usable from any thread."""

    def read(self, crops: Sequence[NDArray[np.uint8]]) -> NetworkReading:
        """Read one or more (H, W) gray or (H, W, 3) BGR uint8 crops of any size."""


def prepare(crop: NDArray[np.uint8], side_px: int = CROP_PX) -> NDArray[np.float32]:
    """A crop as a network takes it: (side_px, side_px) float32 gray in 0..255.

    Raises
    ------
    ValueError
        Where it is not a non-empty (H, W) or (H, W, 3) uint8 array.
    """
    if crop.dtype != np.uint8 or crop.ndim not in (2, 3) or crop.size == 0:
        raise ValueError(
            f"a face crop is a non-empty uint8 array, gray (H, W) or BGR (H, W, 3); "
            f"this one is {crop.dtype} {crop.shape}"
        )
    if crop.ndim == 3:
        crop = np.asarray(
            cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY) if crop.shape[2] == 3 else crop[:, :, 0],
            np.uint8,
        )
    while min(crop.shape) >= 2 * side_px:
        crop = halve(crop)  # three times as fast as going the whole way by fractions
    if crop.shape != (side_px, side_px):
        shrinks = min(crop.shape) > side_px
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        crop = np.asarray(cv2.resize(crop, (side_px, side_px), interpolation=how), np.uint8)
    return crop.astype(np.float32)


class FramemoodNet:
    """The network that ships: any number of 48 px crops in one batch."""

    def __init__(self, path: Path) -> None:
        self._session = open_network(path)
        _expect(self._session, path, "faces", CROP_PX)
        self._outputs = [output.name for output in self._session.get_outputs()]

    def read(self, crops: Sequence[NDArray[np.uint8]]) -> NetworkReading:
        """Read all crops in one batch."""
        batch = np.stack([prepare(crop) for crop in crops])[:, np.newaxis]
        found = dict(zip(self._outputs, self._session.run(None, {"faces": batch}), strict=True))
        return NetworkReading(found["logits"], found.get("disturbance"))


class FerplusVgg:
    """The VGG13 of FER+: one 64 px crop at a time, gray in 0..255, eight logits."""

    def __init__(self, path: Path) -> None:
        self._session = open_network(path)
        _expect(self._session, path, "Input3", _VGG_PX)

    def read(self, crops: Sequence[NDArray[np.uint8]]) -> NetworkReading:
        """Read the crops one by one: the file takes no batch."""
        rows = [
            self._session.run(
                ["Plus692_Output_0"], {"Input3": prepare(crop, _VGG_PX)[np.newaxis, np.newaxis]}
            )[0]
            for crop in crops
        ]
        logits = np.concatenate(rows).reshape(len(crops), len(FERPLUS_EMOTIONS))
        return NetworkReading(np.asarray(logits, np.float32), None)


def load_network(settings: Settings) -> EmotionNetwork:
    """The network that the settings choose, its weights checked and loaded once a process.

    Raises
    ------
    ModelError
        Where the weights are missing or damaged.
    """
    path = resolve(settings.emotion_model, settings)
    if settings.emotion_model == "emotion":
        return FramemoodNet(path)
    return FerplusVgg(path)


def _expect(session: onnxruntime.InferenceSession, path: Path, name: str, side_px: int) -> None:
    source = session.get_inputs()[0]
    if source.name != name or list(source.shape[-2:]) != [side_px, side_px]:
        raise ModelError(
            f"{path.name}: takes {source.name} of {source.shape}, not {name} of "
            f"{side_px}x{side_px}; run `python -m models verify`"
        )
