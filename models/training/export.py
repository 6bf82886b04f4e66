"""Turn a checkpoint into the ONNX file that ships, checked against torch.

``python -m models.training.export --run DIR --data DIR --to models/emotion.onnx``

The graph holds all that belongs to the weights: normalisation of the crop, what is
added for a class too rare to be named otherwise, and the temperature. What comes out
are eight calibrated logits in FER+ order and the disturbance
(``models.training.disturbance``, which has to be run before). Averaging over the
mirror image is left out: it doubles the time for less than half a percent.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from models.training import data
from models.training.disturbance import FILE
from models.training.network import Disturbance, EmotionNet, describe
from models.training.quantize import calibration_faces, store_as_int8
from models.training.train import Recipe, judge, load_run

log = logging.getLogger("framemood.export")


class Shipped(nn.Module):
    """The network with everything that follows it."""

    def __init__(
        self, net: EmotionNet, head: Disturbance, favour: Tensor, temperature: float
    ) -> None:
        super().__init__()
        self.net = net
        self.disturbance = head
        self.register_buffer("favour", favour)
        self.register_buffer("sharpness", torch.tensor(1.0 / temperature))

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.net.maps(faces)
        logits = (self.net.head(maps.mean(dim=(2, 3))) + self.favour) * self.sharpness
        return logits, self.disturbance(describe(maps))


def fit_temperature(logits: Tensor, label: Tensor) -> float:
    """The temperature with the least cross-entropy (Guo et al. 2017, arXiv:1706.04599)."""
    grid = torch.exp(torch.linspace(-1.2, 1.2, 241))
    losses = [nn.functional.cross_entropy(logits / t, label) for t in grid]
    return float(grid[int(torch.stack(losses).argmin())])


def calibration_error(probabilities: np.ndarray, label: np.ndarray, bins: int = 15) -> float:  # type: ignore[type-arg]
    """Expected calibration error over equal-width bins of confidence."""
    confidence, guess = probabilities.max(1), probabilities.argmax(1)
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for k in range(bins):
        inside = which == k
        if inside.any():
            gap = abs(float((guess == label)[inside].mean() - confidence[inside].mean()))
            error += gap * float(inside.mean())
    return error


@torch.no_grad()
def _by_torch(shipped: Shipped, images: Tensor) -> Tensor:
    return torch.cat([shipped(part)[0] for part in images.split(256)])


def _by_onnx(path: Path, images: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    parts = range(0, len(images), 256)
    return np.concatenate(
        [session.run(["logits"], {"faces": images[k : k + 256]})[0] for k in parts]
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m models.training.export", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder with checkpoint.pt")
    parser.add_argument("--data", type=Path, required=True, help="folder of train.npz, public.npz")
    parser.add_argument("--to", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument(
        "--weights",
        choices=("net", "average"),
        default="average",
        help="the last weights, or their moving average, which lags after a short schedule",
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    net = load_run(arguments.run, arguments.weights)
    head = Disturbance(net.head.in_features)
    head.load_state_dict(torch.load(arguments.run / FILE, weights_only=True))

    held_out = data.load(arguments.data / "public.npz")
    label, keep = data.plurality(held_out.votes)
    images = torch.from_numpy(held_out.images).unsqueeze(1).float()
    shipped = Shipped(net, head, torch.tensor(Recipe().favour), 1.0).eval()
    expected = _by_torch(shipped, images)
    temperature = fit_temperature(expected[keep], torch.from_numpy(label[keep]))
    shipped.sharpness.fill_(1.0 / temperature)
    expected = expected / temperature

    torch.onnx.export(
        shipped,
        (images[:8],),
        str(arguments.to),
        input_names=["faces"],
        output_names=["logits", "disturbance"],
        dynamic_axes={"faces": {0: "n"}, "logits": {0: "n"}, "disturbance": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    exact = _by_onnx(arguments.to, images.numpy())
    worst = float(np.abs(expected.numpy() - exact).max())
    if worst > 1e-4:
        raise SystemExit(f"the ONNX file differs from torch by {worst:.2e}; not to be shipped")
    store_as_int8(arguments.to, calibration_faces(arguments.data / "train.npz"))
    onnx.checker.check_model(str(arguments.to))
    out = _by_onnx(arguments.to, images.numpy())
    probabilities = torch.softmax(torch.from_numpy(out), 1).numpy()
    figures = {
        "temperature": round(temperature, 4),
        "largest_difference_to_torch": worst,
        "same_reading_in_eight_bits": round(float((out.argmax(1) == exact.argmax(1)).mean()), 4),
        "bytes": arguments.to.stat().st_size,
        "calibration_error": round(calibration_error(probabilities[keep], label[keep]), 4),
    }
    for name, rule in (("plurality", data.plurality), ("majority", data.strict_majority)):
        truth, kept = rule(held_out.votes)
        scores = judge(torch.from_numpy(out[kept]), truth[kept])
        figures |= {f"{name}_{k}": round(v, 4) for k, v in scores.items()}
        guess = out[kept].argmax(1)
        figures[f"{name}_recall"] = [
            round(float((guess[truth[kept] == k] == k).mean()), 3) for k in range(data.CLASSES)
        ]
    log.info(json.dumps(figures))


if __name__ == "__main__":
    main()
