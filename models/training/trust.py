"""Fit trust: ``python -m models.training.trust --data DIR --to models/trust.json``.

Held-out faces are degraded in every way a camera can, read by the shipped
network, and a logistic that can only fall learns from the look of the crop alone how often the
reading agrees with the taggers. Faces are split in two halves: one is fitted,
the other is judged; what ships is fitted on both.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from core.frame.emotion import EmotionClassifier
from core.frame.trust import FAULTS, FEATURES, TrustModel, crop_features, faults
from models.training import data

log = logging.getLogger("framemood.trust")
Gray = NDArray[np.uint8]
KINDS = ("none", "blur", "motion", "dark", "bright", "noise", "small", "jpeg", "mixed")


def degrade(face: Gray, kind: str, level: float, random: np.random.Generator) -> Gray:
    """One face degraded; ``level`` 0 (hardly) .. 1 (almost lost)."""
    x = face.astype(np.float32)
    if kind == "mixed":
        for part in random.choice(KINDS[1:-1], size=2, replace=False):
            face = degrade(face, str(part), level * 0.7, random)
        return face
    if kind == "blur":
        x = cv2.GaussianBlur(x, (0, 0), 0.3 + 4.0 * level)
    elif kind == "motion":
        length = 1 + 2 * round(8 * level)
        x = cv2.blur(x, (length, 1) if random.random() < 0.5 else (1, length))
    elif kind == "dark":
        x = x * (1.0 - 0.97 * level) + random.normal(0, 1 + 3 * level, x.shape)
    elif kind == "bright":
        x = x + 220.0 * level
    elif kind == "noise":
        x = x + random.normal(0, 60.0 * level, x.shape)
    elif kind == "small":
        side = round(48 - 40 * level)
        return np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    elif kind == "jpeg":
        quality = round(60 - 57 * level)
        _, packed = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def _fit(
    features: NDArray[np.float64], agrees: NDArray[np.bool_], clean: NDArray[np.bool_]
) -> TrustModel:
    good, spread = np.median(features[clean], axis=0), features[clean].std(axis=0)
    spread[0] = 1.0  # clean faces are all of one size; the unit is an octave
    found = faults(features, good, spread)
    terms = np.concatenate([found, np.square(found)], axis=1)

    def cost(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = values[0] - terms @ values[1:]
        likelihood = np.logaddexp(0.0, np.where(agrees, -logit, logit)).mean()
        slope = (1.0 / (1.0 + np.exp(-logit)) - agrees) / len(agrees)
        return float(likelihood), np.concatenate([[slope.sum()], -slope @ terms])

    bounds = [(None, None)] + [(0.0, None)] * terms.shape[1]
    fitted = minimize(cost, np.full(13, 0.1), jac=True, method="L-BFGS-B", bounds=bounds).x
    return TrustModel(good, spread, float(fitted[0]), fitted[1:])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m models.training.trust", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of public.npz")
    parser.add_argument("--to", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--copies", type=int, default=8, help="degraded copies a face")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    held_out = data.load(arguments.data / "public.npz")
    label, keep = data.plurality(held_out.votes)
    images, label = held_out.images[keep], label[keep]
    random = np.random.default_rng(0)
    crops, truth, owner, cell = [], [], [], []
    for k, face in enumerate(images):
        for copy in range(arguments.copies):
            kind = int(random.integers(len(KINDS))) if copy else 0
            level = float(random.random())
            crops.append(degrade(face, KINDS[kind], level, random))
            truth.append(label[k])
            owner.append(k)
            cell.append(kind * 4 + int(level * 4) if kind else 0)
    classifier = EmotionClassifier()
    guess = np.concatenate(
        [
            classifier.classify_ferplus(crops[k : k + 256]).argmax(1)
            for k in range(0, len(crops), 256)
        ]
    )
    agrees = guess == np.asarray(truth)
    features = np.stack([crop_features(crop) for crop in crops])
    clean = np.asarray(cell) == 0
    first = np.asarray(owner) % 2 == 0

    model = _fit(features[first], agrees[first], clean[first])
    trust = model.probability(features[~first])
    hit, cells = agrees[~first], np.asarray(cell)[~first]
    most = trust >= np.median(trust)
    levels = [(trust[cells == c].mean(), hit[cells == c].mean()) for c in np.unique(cells)]
    figures = {
        "accuracy_all": round(float(hit.mean()), 4),
        "accuracy_most_trusted_half": round(float(hit[most].mean()), 4),
        "correlation_over_levels": round(float(np.corrcoef(np.array(levels).T)[0, 1]), 4),
    }
    log.info(json.dumps(figures))
    model = _fit(features, agrees, clean)
    fitted = {
        "about": "Coefficients of core/frame/trust.py, written by models/training/trust.py",
        "features": list(FEATURES),
        "judged_on_the_other_half": figures,
        "faults": [*FAULTS, *(f"{name} squared" for name in FAULTS)],
        "good": model.good.tolist(),
        "spread": model.spread.tolist(),
        "base": model.base,
        "weights": model.weights.tolist(),
    }
    arguments.to.write_text(json.dumps(fitted, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
