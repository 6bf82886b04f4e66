"""Fit the forest of failure prediction: ``python -m models.training.failure``.

Simulated series of measured readings (``failure_series``) are cut into sliding windows
(``failure_windows``); a random forest (Breiman 2001, 10.1023/A:1010933404324) learns three classes:
stays well for 30 s, fails within 30 s, fails now. Photographs are split: those it is
judged on were never trained on. ``--mlflow`` logs curves, calibration and importance.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier

from benchmarks.faulty_clips import DEVELOP, JUDGE
from core.records.failure import HORIZON_S
from core.records.windows import FEATURES
from core.settings import Settings
from models import registry
from models.training.failure_judging import baselines, calibration_error, judge
from models.training.failure_series import Grid, measure_grid, simulate
from models.training.failure_windows import Floats, Table, table

log = logging.getLogger("framemood.failure")

TREES, LEAVES = 48, 56


def fit(data: Table, seed: int = 0) -> Any:
    """The forest; series with and without a fault weigh the same."""
    forest = RandomForestClassifier(
        TREES,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=40,
        max_features=0.3,
        random_state=seed,
        n_jobs=1,
    )
    return forest.fit(data.features, data.label)


def export(forest: Any, path: Path) -> None:
    """Write the forest as ONNX: ``features`` (n, 35) float32 to ``probabilities`` (n, 3)."""
    model = convert_sklearn(
        forest,
        initial_types=[("features", FloatTensorType([None, len(FEATURES)]))],
        options={id(forest): {"zipmap": False}},
        target_opset=17,
    )
    path.write_bytes(model.SerializeToString())


def check_export(forest: Any, path: Path, features: NDArray[np.float32]) -> None:
    """Raise where the exported forest says anything else than the fitted one."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (told,) = session.run(["probabilities"], {"features": features})
    np.testing.assert_allclose(told, forest.predict_proba(features), atol=1e-4)


def log_to_mlflow(
    results: dict[str, dict[str, float]], data: Table, scores: dict[str, Floats], forest: Any
) -> None:
    """Log figures and the four plots to the MLflow that ``MLFLOW_TRACKING_URI`` names."""
    import matplotlib as mpl  # noqa: PLC0415 (these are slow, and for those who log only)

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415
    import mlflow  # noqa: PLC0415
    from sklearn.calibration import calibration_curve  # noqa: PLC0415
    from sklearn.metrics import precision_recall_curve, roc_curve  # noqa: PLC0415

    mlflow.set_experiment("framemood failure prediction")
    with mlflow.start_run():
        mlflow.log_params({"trees": TREES, "leaves": LEAVES, "horizon_s": HORIZON_S})
        for name, figures in results.items():
            mlflow.log_metrics(
                {f"{name}.{key}": value for key, value in figures.items() if np.isfinite(value)}
            )
        figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.5))
        for name, score in scores.items():
            left.plot(*roc_curve(data.soon, score)[:2], label=name)
            precision, recall, _ = precision_recall_curve(data.soon, score)
            middle.plot(recall, precision, label=name)
        right.plot(*calibration_curve(data.soon, scores["forest"], n_bins=10)[::-1], "o-")
        right.plot([0, 1], [0, 1], ":")
        for axes, words in (
            (left, "ROC"),
            (middle, "precision and recall"),
            (right, "calibration"),
        ):
            axes.set_title(words)
        left.legend()
        mlflow.log_figure(figure, "curves.png")
        order = np.argsort(forest.feature_importances_)[-20:]
        bars, axes = plt.subplots(figsize=(7, 6))
        axes.barh([FEATURES[at] for at in order], forest.feature_importances_[order])
        bars.tight_layout()
        mlflow.log_figure(bars, "importance.png")
        plt.close("all")


def _kept_grid(
    directory: Path | None, name: str, photos: Sequence[str], views: int, seed: int
) -> Grid:
    if directory is None:
        return measure_grid(photos, views, seed)
    path = directory / f"{name}-{views}.npz"
    if not path.is_file():
        grid = measure_grid(photos, views, seed)
        np.savez_compressed(
            path, **{f"{clip}|{light}|{fault}": rows for (clip, light, fault), rows in grid.items()}
        )
    with np.load(path) as kept:
        keys = [(each, each.split("|")) for each in kept.files]
        return {(clip, float(light), fault): kept[each] for each, (clip, light, fault) in keys}


def main(argv: Sequence[str] | None = None) -> None:
    """Fit, judge, export and seal."""
    parser = argparse.ArgumentParser(prog="python -m models.training.failure")
    parser.add_argument(
        "--to", type=Path, default=Path(registry.MANIFEST).with_name("failure.onnx")
    )
    parser.add_argument("--views", type=int, default=4, help="views of each photograph")
    parser.add_argument("--series", type=int, default=14, help="faulty series a view, as many calm")
    parser.add_argument("--grid", type=Path, help="keep what was measured here, and use it again")
    parser.add_argument("--mlflow", action="store_true", help="log curves and figures")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    threshold = Settings().quality_threshold
    cv2.setNumThreads(1)
    grids = [
        _kept_grid(arguments.grid, name, photos, arguments.views, seed)
        for name, photos, seed in (("develop", DEVELOP, 1), ("judge", JUDGE, 3))
    ]
    trained = table(simulate(grids[0], arguments.series, 2), threshold)
    judged = table(simulate(grids[1], arguments.series, 4), threshold)
    forest = fit(trained)
    risk = forest.predict_proba(judged.features)
    scores = {"forest": risk[:, 1] + risk[:, 2], **baselines(judged)}
    results = {name: judge(judged, score) for name, score in scores.items()}
    results["forest"]["calibration_error"] = calibration_error(judged, scores["forest"])
    export(forest, arguments.to)
    check_export(forest, arguments.to, judged.features[:2000])
    results["forest"]["size_kb"] = arguments.to.stat().st_size / 1000
    log.info("%d windows to train on, %d to judge by", len(trained.label), len(judged.label))
    log.info("classes judged: %s", np.bincount(judged.label).tolist())
    for name, figures in results.items():
        log.info("%-10s %s", name, json.dumps({k: round(v, 4) for k, v in figures.items()}))
    if arguments.to == registry.MANIFEST.with_name("failure.onnx"):
        figures = results["forest"]
        registry.Registry().seal(
            "failure",
            {
                "unseen photographs: ROC-AUC, fails within 30 s": round(figures["roc_auc"], 4),
                "unseen photographs: PR-AUC, fails within 30 s": round(figures["pr_auc"], 4),
                "unseen photographs: ROC-AUC while still well": round(
                    figures["roc_auc_while_well"], 4
                ),
                "unseen photographs: calibration error, 10 bins": round(
                    figures["calibration_error"], 4
                ),
                "unseen photographs: median lead at 1 false alarm an hour, s": figures["lead_s"],
            },
        )
    if arguments.mlflow:
        log_to_mlflow(results, judged, scores, forest)


if __name__ == "__main__":
    main()
