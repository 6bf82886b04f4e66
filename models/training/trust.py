"""Fit trust: ``python -m models.training.trust --data DIR --to models/trust.json``.

Held-out faces are degraded in every way a camera can, read by the shipped
network, and a logistic that can only fall learns how often the reading agrees with
the taggers: once from the look of the crop alone, once with the disturbance that
the network reports as well. Faces are split in two halves: one is fitted, the other
is judged; what ships is fitted on both.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from core.frame.emotion_net import load_network
from core.frame.trust import FAULTS, FEATURES, TrustModel, crop_features, faults
from core.settings import Settings
from models.training import data
from models.training.degrade import KINDS, degrade

log = logging.getLogger("framemood.trust")
UNSEEN = ("covered", "turned", "mixed")
"""What the look of a crop does not tell; only the network can."""

LEAST = 0.05
"""Logits that a unit of any fault costs at least: no fault is ever free."""
Floats = NDArray[np.float64]


def fit(
    features: Floats, told: NDArray[np.float32] | None, agrees: NDArray[np.bool_], clean: Any
) -> TrustModel:
    """The logistic of least cross-entropy whose every weight is at least 0."""
    good, spread = np.median(features[clean], axis=0), features[clean].std(axis=0)
    spread[0] = 1.0  # clean faces are all of one size; the unit is an octave
    found = faults(features, good, spread)
    reported = np.zeros(len(found)) if told is None else told.astype(np.float64)
    terms = np.column_stack([found, np.square(found), reported, np.square(reported)])

    def cost(values: Floats) -> tuple[float, Floats]:
        logit = values[0] - terms @ values[1:]
        likelihood = np.logaddexp(0.0, np.where(agrees, -logit, logit)).mean()
        slope = (1.0 / (1.0 + np.exp(-logit)) - agrees) / len(agrees)
        return float(likelihood), np.concatenate([[slope.sum()], -slope @ terms])

    bounds = [(None, None)] + [(LEAST, None)] * 6 + [(0.0, None)] * (terms.shape[1] - 6)
    start = np.full(terms.shape[1] + 1, 0.1)
    fitted = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights, last = fitted[1:13], fitted[13:] if told is not None else np.zeros(2)
    return TrustModel(good, spread, float(fitted[0]), weights, last)


def judge(trust: Floats, hit: NDArray[np.bool_], cells: NDArray[np.int_]) -> dict[str, float]:
    """Accuracy of all and of the most trusted half, and the correlation over fault levels."""
    most = trust >= np.median(trust)
    levels = [(trust[cells == c].mean(), hit[cells == c].mean()) for c in np.unique(cells)]
    return {
        "accuracy_all": round(float(hit.mean()), 4),
        "accuracy_most_trusted_half": round(float(hit[most].mean()), 4),
        "correlation_over_levels": round(float(np.corrcoef(np.array(levels).T)[0, 1]), 4),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m models.training.trust", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of public.npz")
    parser.add_argument("--to", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--copies", type=int, default=8, help="readings a face, one as it is")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    held_out = data.load(arguments.data / "public.npz")
    label, keep = data.plurality(held_out.votes)
    images, label = held_out.images[keep], label[keep]
    random = np.random.default_rng(0)
    crops, cell = [], []
    for face in images:
        for copy in range(arguments.copies):
            kind = int(random.integers(1, len(KINDS))) if copy else 0
            level = float(random.random())
            crops.append(degrade(face, KINDS[kind], level, random))
            cell.append(kind * 4 + int(level * 4) if kind else 0)
    owner = np.repeat(np.arange(len(images)), arguments.copies)
    network = load_network(Settings())
    readings = [network.read(crops[k : k + 256]) for k in range(0, len(crops), 256)]
    agrees = np.concatenate([r.logits.argmax(1) for r in readings]) == label[owner]
    told = np.concatenate([r.disturbance for r in readings if r.disturbance is not None])
    features = np.stack([crop_features(crop) for crop in crops])
    cells = np.asarray(cell)
    clean, first = cells == 0, owner % 2 == 0
    seen = ~np.isin(cells // 4, [KINDS.index(name) for name in UNSEEN])

    written: dict[str, Any] = {
        "about": "Coefficients of core/frame/trust.py, written by models/training/trust.py",
        "features": list(FEATURES),
        "faults": [*FAULTS, *(f"{name} squared" for name in FAULTS)],
    }
    for name, heard in (("by_the_crop", None), ("with_disturbance", told)):
        fitted = seen if heard is None else np.ones_like(seen)
        some = first & fitted
        half = fit(
            features[some], None if heard is None else heard[some], agrees[some], clean[some]
        )
        rest = None if heard is None else heard[~first]
        trust = half.probability(half.faults(features[~first]), rest)
        figures: dict[str, Any] = judge(trust, agrees[~first], cells[~first])
        well = trust[clean[~first]]
        figures["mean_trust_of_undegraded_faces_by_class"] = [
            round(float(well[label[owner][~first][clean[~first]] == k].mean()), 3)
            for k in range(data.CLASSES)
        ]
        log.info("%s %s", name, json.dumps(figures))
        told_of = None if heard is None else heard[fitted]
        model = fit(features[fitted], told_of, agrees[fitted], clean[fitted])
        written |= {"good": model.good.tolist(), "spread": model.spread.tolist()}
        written[name] = {
            "base": model.base,
            "weights": model.weights.tolist(),
            "disturbance": model.disturbance.tolist(),
            "judged_on_the_other_half": figures,
        }
    arguments.to.write_text(json.dumps(written, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
