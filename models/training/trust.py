"""Fit trust: ``python -m models.training.trust --data DIR --to models/trust.json``.

Held-out faces are degraded in every way a camera can, read by the shipped
network, and a logistic learns from the look of the crop alone how often the
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
from sklearn.linear_model import LogisticRegression

from core.frame.emotion import EmotionClassifier
from core.frame.trust import FEATURES, TrustModel, crop_features, expand
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
    features: NDArray[np.float64], agrees: NDArray[np.bool_], good: NDArray[np.float64]
) -> TrustModel:
    start = TrustModel(features.mean(0), features.std(0), np.zeros(21), good)
    fitted = LogisticRegression(C=1.0, max_iter=2000, fit_intercept=False).fit(
        expand(start, features), agrees
    )
    return TrustModel(start.mean, start.scale, fitted.coef_[0].astype(np.float64), good)


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
    good = np.median(features[clean], axis=0)
    first = np.asarray(owner) % 2 == 0

    model = _fit(features[first], agrees[first], good)
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
    model = _fit(features, agrees, good)
    fitted = {
        "about": "Coefficients of core/frame/trust.py, written by models/training/trust.py",
        "features": list(FEATURES),
        "judged_on_the_other_half": figures,
        "mean": model.mean.tolist(),
        "scale": model.scale.tolist(),
        "weights": model.weights.tolist(),
        "good": model.good.tolist(),
    }
    arguments.to.write_text(json.dumps(fitted, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
