"""Fit the learned quality: ``python -m models.training.quality --photographs DIR --set DIR``.

Photographs get faults at rising levels (``picture_faults``); three published
full-reference metrics that follow human opinion closely (HaarPSI, MDSI, VSI)
see the clean picture beside and are the teacher; a small network learns to give
their verdict from the statistics of the damaged luma alone. No opinion score
of any data set is used. ``--to`` writes the ONNX file.
"""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from scipy.stats import rankdata, spearmanr

from core.frame.blur import blur_ratio
from core.frame.luma import reduce_luma
from core.frame.naturalness import FEATURES, picture_features
from core.frame.noise import noise_sigma
from models.training import picture_faults

log = logging.getLogger("framemood.quality")

WIDTH, HEIGHT = 512, 384
FAULTS_A_PHOTOGRAPH, LEVELS = 7, 3
ALWAYS = ("gaussian blur", "gaussian noise")
FOLDS = 5
HIDDEN = (32, 16)
CHAIN_MARGIN = 0.02


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures as the network sees them.

    Parameters
    ----------
    features : (N, K) float32 array
    target : (N,) float32 array
        The teacher's verdict, 0..1, 1 for a clean picture.
    photograph : (N,) int array
        Which photograph each is of.
    fault : (N,) str array
    pairs : (P, 2) int array
        Rows of which the first must not score below the second.
    """

    features: NDArray[np.float32]
    target: NDArray[np.float32]
    photograph: NDArray[np.int64]
    fault: NDArray[np.str_]
    pairs: NDArray[np.int64]


def make_set(photograph: Path, seed: int) -> dict[str, NDArray[np.generic]]:
    """Damage one photograph and let the teacher judge; clean first, then chains of levels."""
    random = np.random.default_rng(seed)
    clean = _crop(photograph, random)
    lumas, faults, levels, verdicts = [clean], ["clean"], [0.0], [_judge(clean, clean)]
    others = [name for name in picture_faults.FAULTS if name not in ALWAYS]
    for fault in (*ALWAYS, *random.choice(others, FAULTS_A_PHOTOGRAPH - len(ALWAYS), False)):
        grain = int(random.integers(2**31))
        rising = np.sort(random.uniform(0, 1, LEVELS)) * np.array([0.6, 1.0, 1.0])
        for level in rising:
            damaged = picture_faults.apply(str(fault), clean, float(level), grain)
            lumas.append(damaged)
            faults.append(str(fault))
            levels.append(float(level))
            verdicts.append(_judge(clean, damaged))
    gray = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in lumas]
    return {
        "luma": np.array(gray, np.uint8),
        "fault": np.array(faults),
        "level": np.array(levels),
        "scores": np.array(verdicts),
    }


def _crop(path: Path, random: np.random.Generator) -> picture_faults.Image:
    image = cv2.imread(str(path))
    if image is None:
        raise ValueError(f"{path.name} is no picture; remove it")
    image = image[: round(image.shape[1] * HEIGHT / WIDTH)]
    least = max(WIDTH / image.shape[1], HEIGHT / image.shape[0])
    scale = least if least > 1 else random.uniform(least, min(1.0, 1.6 * least))
    size = (max(WIDTH, round(image.shape[1] * scale)), max(HEIGHT, round(image.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = cv2.resize(image, size, interpolation=way)
    y = random.integers(image.shape[0] - HEIGHT + 1)
    x = random.integers(image.shape[1] - WIDTH + 1)
    crop = image[y : y + HEIGHT, x : x + WIDTH]
    return np.ascontiguousarray(crop[:, ::-1] if random.random() < 0.5 else crop)


def _judge(clean: picture_faults.Image, damaged: picture_faults.Image) -> tuple[float, ...]:
    """HaarPSI, MDSI and VSI, each higher for better."""
    import piq

    a, b = (
        torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255
        for image in (damaged, clean)
    )
    return float(piq.haarpsi(a, b)), float(piq.mdsi(a, b)), float(piq.vsi(a, b))


def describe(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Features of a luma plane, as the meter takes them."""
    planes = reduce_luma(luma)
    sigma = noise_sigma(planes.fine)
    coarse_sigma = sigma * planes.coarse_scale / planes.fine_scale
    blur = blur_ratio(planes.coarse, planes.coarse_scale, coarse_sigma, planes.gain)
    return picture_features(planes, blur, sigma * planes.gain / planes.fine_scale)


def load(folder: Path) -> Examples:
    """Read all sets of a folder and describe their pictures."""
    features, scores, photograph, faults, pairs = [], [], [], [], []
    for number, path in enumerate(sorted(folder.glob("*.npz"))):
        with np.load(path) as made:
            lumas, names, verdicts = made["luma"], made["fault"], made["scores"][:, :3]
        start = len(features)
        features += [describe(luma) for luma in lumas]
        scores += list(verdicts)
        photograph += [number] * len(lumas)
        faults += list(names)
        for row, name in enumerate(names[1:], 1):
            before = row - 1 if names[row - 1] == name else 0
            pairs.append((start + before, start + row))
    ranks = np.mean([rankdata(column) for column in np.array(scores).T], axis=0)
    low, high = ranks.min(), ranks.max()
    return Examples(
        np.array(features, np.float32),
        ((ranks - low) / (high - low)).astype(np.float32),
        np.array(photograph),
        np.array(faults),
        np.array(pairs),
    )


def fit(examples: Examples, rows: NDArray[np.bool_], epochs: int, seed: int) -> torch.nn.Sequential:
    """Fit a network to some of the examples."""
    torch.manual_seed(seed)
    sizes = (len(FEATURES), *HIDDEN)
    layers: list[torch.nn.Module] = []
    for before, after in zip(sizes, sizes[1:], strict=False):
        layers += [torch.nn.Linear(before, after), torch.nn.Tanh()]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], 1), torch.nn.Sigmoid())
    mean, spread = _scale(examples, rows)
    x = torch.from_numpy((examples.features - mean) / spread)
    y = torch.from_numpy(examples.target)
    pairs = torch.from_numpy(examples.pairs[rows[examples.pairs[:, 0]]])
    inside = torch.from_numpy(np.flatnonzero(rows))
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        optimiser.zero_grad()
        noisy = x + 0.03 * torch.randn_like(x)
        score = network(noisy)[:, 0]
        error = torch.square(score[inside] - y[inside]).mean()
        rise = torch.relu(score[pairs[:, 1]] - score[pairs[:, 0]] + CHAIN_MARGIN)
        (error + 0.5 * torch.square(rise).mean() + 0.05 * rise.mean()).backward()
        optimiser.step()
        schedule.step()
    return network


def _scale(
    examples: Examples, rows: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    inside = examples.features[rows]
    return inside.mean(axis=0), inside.std(axis=0) + 1e-3


def predict(
    network: torch.nn.Sequential, examples: Examples, rows: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Score all examples with a network that was fitted on ``rows``."""
    mean, spread = _scale(examples, rows)
    with torch.no_grad():
        x = torch.from_numpy((examples.features - mean) / spread)
        return np.asarray(network(x)[:, 0].numpy(), np.float32)


def cross_validate(examples: Examples, epochs: int) -> tuple[NDArray[np.float32], dict[str, float]]:
    """Score each photograph by a network that never saw it, and say how well."""
    held = np.zeros(len(examples.target), np.float32)
    for fold in range(FOLDS):
        out = examples.photograph % FOLDS == fold
        held[out] = predict(fit(examples, ~out, epochs, fold), examples, ~out)[out]
    clean = held[np.searchsorted(examples.photograph, examples.photograph)]
    rises = held[examples.pairs[:, 1]] - held[examples.pairs[:, 0]]
    measured = {
        "spearman with the teacher, photographs unseen": _rho(held, examples.target),
        "the same, relative to the clean picture": _rho(held - clean, examples.target),
        "pairs whose worse picture scores higher by 0.02": float((rises > 0.02).mean()),
    }
    return held, measured


def _rho(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return round(float(spearmanr(a, b)[0]), 4)


def export(network: torch.nn.Sequential, examples: Examples, path: Path) -> None:
    """Write the network with its scaling of features as ONNX."""
    mean, spread = _scale(examples, np.ones(len(examples.target), bool))
    stored = {"mean": mean[None], "spread": spread[None]}
    nodes = [
        helper.make_node("Sub", ["features", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "spread"], ["layer0"]),
    ]
    last, number = "layer0", 0
    for layer in network:
        number += 1
        name = "quality" if number == len(network) else f"layer{number}"
        if isinstance(layer, torch.nn.Linear):
            stored[f"weight{number}"] = layer.weight.detach().numpy()
            stored[f"bias{number}"] = layer.bias.detach().numpy()
            given = [last, f"weight{number}", f"bias{number}"]
            nodes.append(helper.make_node("Gemm", given, [name], transB=1))
        else:
            kind = "Tanh" if isinstance(layer, torch.nn.Tanh) else "Sigmoid"
            nodes.append(helper.make_node(kind, [last], [name]))
        last = name
    graph = helper.make_graph(
        nodes,
        "quality",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(FEATURES)])],
        [helper.make_tensor_value_info("quality", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(array, name) for name, array in stored.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m models.training.quality", description=__doc__)
    parser.add_argument("--photographs", type=Path, help="folder of clean photographs")
    parser.add_argument("--set", type=Path, required=True, help="where damaged pictures are kept")
    parser.add_argument("--to", type=Path, help="ONNX file to write")
    parser.add_argument("--epochs", type=int, default=600)
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    chosen.set.mkdir(parents=True, exist_ok=True)
    for seed, path in enumerate(sorted(chosen.photographs.iterdir()) if chosen.photographs else ()):
        made = chosen.set / f"{path.stem}.npz"
        if not made.exists():
            np.savez(made, **make_set(path, seed))  # type: ignore[arg-type]
    examples = load(chosen.set)
    held, measured = cross_validate(examples, chosen.epochs)
    for fault in np.unique(examples.fault):
        of = examples.fault == fault
        log.info("%-16s %.3f", fault, _rho(held[of], examples.target[of]) if fault != "clean" else 0)
    log.info("%s", json.dumps(measured, indent=1))
    if chosen.to:
        everything = np.ones(len(examples.target), bool)
        export(fit(examples, everything, chosen.epochs, 0), examples, chosen.to)


if __name__ == "__main__":
    main()
