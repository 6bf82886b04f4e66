"""Eight-bit weights and activations for the convolutions: half the time and half the size.

The weights keep seven of the eight bits: processors without dot products of bytes add
two products of eight bits in sixteen, where full ones would overflow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor

from models.training import data
from models.training.augment import augment

_FACES: Final = 512
_BATCH: Final = 64
_POOR: Final = 0.5  # strength of the changes to half of the faces, see ``augment``


class _Faces(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, faces: Tensor) -> None:
        self._parts: Iterator[Tensor] = iter(faces.split(_BATCH))

    def get_next(self) -> dict[str, np.ndarray] | None:  # type: ignore[type-arg]
        part = next(self._parts, None)
        return None if part is None else {"faces": part.numpy()}


def calibration_faces(train: Path, seed: int = 0) -> Tensor:
    """Crops (N, 1, 48, 48) to measure activations on: half as they are, half as webcams give."""
    faces = data.load(train)
    chosen = np.random.default_rng(seed).permutation(len(faces))[:_FACES]
    crops = torch.from_numpy(faces.images[chosen]).unsqueeze(1).float()
    generator = torch.Generator().manual_seed(seed)
    half = _FACES // 2
    return torch.cat((crops[:half], augment(crops[half:], crops.shape[-1], generator, _POOR)))


def store_as_int8(path: Path, faces: Tensor) -> None:
    """Replace the float file at ``path`` by one whose convolutions are of eight bits."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(path),
            _Faces(faces),
            quant_format=QuantFormat.QOperator,
            op_types_to_quantize=["Conv", "Add", "Relu"],
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )
