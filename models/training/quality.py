"""Fit the learned quality: ``python -m models.training.quality --photographs DIR --set DIR``.

Photographs get faults at rising levels (``picture_faults``); two published
full-reference metrics that follow human opinion closely (HaarPSI and MDSI)
see the clean picture beside and are the teacher; a small network learns to give
their verdict from the statistics of the damaged luma alone. No opinion score
of any data set is used. ``--to`` writes the ONNX file.
"""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from scipy.stats import rankdata, spearmanr

from core.frame.naturalness import picture_features
from core.frame.quality import measure_picture
from models.training.picture_set import make_set

log = logging.getLogger("framemood.quality")

FOLDS = 5
HIDDEN = (24, 12)
RATE, DECAY, JITTER = 0.01, 0.01, 0.1
CHAIN_MARGIN, ORDER_WEIGHT = 0.02, 2.0


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


def describe(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Features of a luma plane, as the meter takes them."""
    measured = measure_picture(luma)
    return picture_features(measured.planes, measured.blur, measured.noise, measured.brightness)


def load(folder: Path) -> Examples:
    """Read all sets of a folder and describe their pictures."""
    features, scores, photograph, faults, pairs = [], [], [], [], []
    for number, path in enumerate(sorted(folder.glob("*.npz"))):
        with np.load(path) as made:
            lumas, names, verdicts = made["luma"], made["fault"], made["scores"]
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


@dataclass(frozen=True, slots=True)
class Network:
    """A perceptron: features, scaled, to a score in 0..1.

    Parameters
    ----------
    mean, spread : (K,) float32 array
        Of the features it was fitted on.
    weights, biases : list of (M, N) and (N,) float32 array
        Tanh between them, a logistic behind the last.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    weights: list[NDArray[np.float32]]
    biases: list[NDArray[np.float32]]

    def layers(self, features: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Scaled input, hidden layers and score (N, 1)."""
        values = [(features - self.mean) / self.spread]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values.append(np.tanh(values[-1] @ weight + bias))
        logit = values[-1] @ self.weights[-1] + self.biases[-1]
        return [*values, 1 / (1 + np.exp(-logit))]

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores (N,), 0..1."""
        return np.asarray(self.layers(features)[-1][:, 0], np.float32)


def fit(examples: Examples, rows: NDArray[np.bool_], epochs: int, seed: int) -> Network:
    """Fit a network to some of the examples, by Adam on all of them at once."""
    random = np.random.default_rng(seed)
    inside = np.flatnonzero(rows)
    place = np.cumsum(rows) - 1
    pairs = place[examples.pairs[rows[examples.pairs[:, 0]]]]
    features, target = examples.features[inside], examples.target[inside]
    sizes = (features.shape[1], *HIDDEN, 1)
    network = Network(
        features.mean(axis=0),
        features.std(axis=0) + np.float32(1e-3),
        [
            (random.standard_normal((m, n)) / np.sqrt(m)).astype(np.float32)
            for m, n in pairwise(sizes)
        ],
        [np.zeros(n, np.float32) for n in sizes[1:]],
    )
    parameters = network.weights + network.biases
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    for epoch in range(1, epochs + 1):
        jitter = random.standard_normal(features.shape, np.float32) * JITTER * network.spread
        slopes = _slopes(network, features + jitter, target, pairs)
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        for index, slope in enumerate(slopes):
            first[index] += 0.1 * (slope - first[index])
            second[index] += 0.01 * (slope * slope - second[index])
            usual = np.sqrt(second[index] / (1 - 0.99**epoch)) + 1e-8
            step = first[index] / (1 - 0.9**epoch) / usual
            parameters[index] -= rate * (step + DECAY * parameters[index])
    return network


def _slopes(
    network: Network,
    features: NDArray[np.float32],
    target: NDArray[np.float32],
    pairs: NDArray[np.int64],
) -> list[NDArray[np.float32]]:
    """Gradient of the squared error and of the pairs that are out of order."""
    values = network.layers(features)
    score = values[-1][:, 0]
    slope = 2 * (score - target) / len(score)
    rise = np.maximum(0, score[pairs[:, 1]] - score[pairs[:, 0]] + CHAIN_MARGIN)
    push = ORDER_WEIGHT * (2 * rise + 0.1 * (rise > 0)) / len(pairs)
    np.add.at(slope, pairs[:, 1], push)
    np.add.at(slope, pairs[:, 0], -push)
    delta = (slope * score * (1 - score))[:, None]
    weights: list[NDArray[np.float32]] = []
    biases: list[NDArray[np.float32]] = []
    for value, weight in zip(values[-2::-1], network.weights[::-1], strict=True):
        weights.insert(0, value.T @ delta)
        biases.insert(0, delta.sum(axis=0))
        delta = (delta @ weight.T) * (1 - value * value)
    return weights + biases


def cross_validate(examples: Examples, epochs: int) -> tuple[NDArray[np.float32], dict[str, float]]:
    """Score each photograph by a network that never saw it, and say how well."""
    held = np.zeros(len(examples.target), np.float32)
    for fold in range(FOLDS):
        out = examples.photograph % FOLDS == fold
        held[out] = fit(examples, ~out, epochs, fold).score(examples.features[out])
    clean = held[np.searchsorted(examples.photograph, examples.photograph)]
    rises = held[examples.pairs[:, 1]] - held[examples.pairs[:, 0]]
    measured = {
        "spearman with the teacher, photographs unseen": _rho(held, examples.target),
        "the same, relative to the clean picture": _rho(held - clean, examples.target),
        "share of pairs whose worse picture scores higher by 0.02": float((rises > 0.02).mean()),
    }
    return held, measured


def _rho(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return round(float(spearmanr(a, b)[0]), 4)


def export(network: Network, path: Path) -> None:
    """Write the network with its scaling of features as ONNX."""
    stored = {"mean": network.mean[None], "spread": network.spread[None]}
    nodes = [
        helper.make_node("Sub", ["features", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "spread"], ["value0"]),
    ]
    for number, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        stored |= {f"weight{number}": weight, f"bias{number}": bias}
        given = [f"value{number}", f"weight{number}", f"bias{number}"]
        is_last = number == len(network.weights) - 1
        nodes += [
            helper.make_node("Gemm", given, [f"sum{number}"]),
            helper.make_node(
                "Sigmoid" if is_last else "Tanh",
                [f"sum{number}"],
                ["quality" if is_last else f"value{number + 1}"],
            ),
        ]
    count = len(network.mean)
    graph = helper.make_graph(
        nodes,
        "quality",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", count])],
        [helper.make_tensor_value_info("quality", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(np.asarray(a, np.float32), n) for n, a in stored.items()],
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
    parser.add_argument("--epochs", type=int, default=250)
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    chosen.set.mkdir(parents=True, exist_ok=True)
    for seed, path in enumerate(sorted(chosen.photographs.iterdir()) if chosen.photographs else ()):
        made = chosen.set / f"{path.stem}.npz"
        if not made.exists():
            np.savez(made, **make_set(path, seed))  # type: ignore[arg-type]
    examples = load(chosen.set)
    held, measured = cross_validate(examples, chosen.epochs)
    for fault in np.unique(examples.fault):
        of = examples.fault == fault
        log.info(
            "%-16s %.3f", fault, _rho(held[of], examples.target[of]) if fault != "clean" else 0
        )
    log.info("%s", json.dumps(measured, indent=1))
    if chosen.to:
        everything = np.ones(len(examples.target), bool)
        export(fit(examples, everything, chosen.epochs, 0), chosen.to)


if __name__ == "__main__":
    main()
