"""Fit the forest of failure prediction: ``python -m models.training.failure``.

Simulated series of measured readings (see ``failure_series``) are cut into sliding
windows; a random forest (Breiman 2001, 10.1023/A:1010933404324) learns three classes:
stays well for 30 s, fails within 30 s, fails now. Photographs are split: those it is
judged on were never trained on. ``--mlflow`` logs curves, calibration and importance.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.faulty_clips import DEVELOP, JUDGE
from core.records.failure import HISTORY_S, HORIZON_S
from core.records.failure_rules import rule_risk
from core.records.windows import FEATURES, as_readings, window_features
from core.settings import Settings
from models import registry
from models.training.failure_series import LENGTH_S, Grid, Series, measure_grid, simulate

log = logging.getLogger("framemood.failure")

EARLY = 30
HEALTHY = 0.06
"""A series that begins less than this above the threshold has failed already and is left out."""

TREES, LEAVES = 48, 56

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Windows of many series: features (N, 35), class (N,), series (N,), second (N,)."""

    features: NDArray[np.float32]
    label: NDArray[np.int64]
    series: NDArray[np.int64]
    second: NDArray[np.int64]
    quality: Floats

    @property
    def soon(self) -> NDArray[np.bool_]:
        """Whether it fails now or within 30 s."""
        return self.label > 0


def labels(failing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """2 where it fails, 1 where it does within the next 30 s, 0 elsewhere; (N,)."""
    label = np.zeros(len(failing), np.int64)
    for ahead in range(1, HORIZON_S + 1):
        label[:-ahead][failing[ahead:]] = 1
    label[failing] = 2
    return label


def is_failing(series: Series, threshold: float) -> NDArray[np.bool_]:
    """Frozen, or quality below the threshold for three seconds on end."""
    weak = series.columns["quality_score"] < threshold
    threes = weak[2:] & weak[1:-1] & weak[:-2]
    held = np.zeros(len(weak), bool)
    for shift in range(3):
        held[shift : len(weak) - 2 + shift] |= threes
    return held | series.frozen


def table(many: Sequence[Series], threshold: float) -> Table:
    """Cut series into windows; the first seconds, where windows are short, are left out."""
    parts = []
    for number, series in enumerate(many):
        if series.columns["quality_score"][:30].mean() < threshold + HEALTHY:
            continue
        readings = as_readings(series.columns, threshold)
        label = labels(is_failing(series, threshold))
        # What follows the last half minute is not known.
        kept = np.arange(HISTORY_S, LENGTH_S - HORIZON_S)
        parts.append(
            (
                window_features(readings)[kept],
                label[kept],
                np.full(len(kept), number),
                kept,
                series.columns["quality_score"][kept],
            )
        )
    return Table(*(np.concatenate(each) for each in zip(*parts, strict=True)))


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


def baselines(data: Table) -> dict[str, Floats]:
    """Scores (N,) of what needs no learning; higher is worse."""
    ewma = np.zeros(len(data.quality))
    level = 0.0
    for at, (quality, second) in enumerate(zip(data.quality, data.second, strict=True)):
        level = quality if second == HISTORY_S else level + 0.2 * (quality - level)
        ewma[at] = level
    return {
        "threshold": -data.quality,
        "ewma": -ewma,
        "rules": rule_risk(data.features)[:, 1].astype(float),
    }


def judge(data: Table, score: Floats) -> dict[str, float]:
    """ROC-AUC and PR-AUC of failing within 30 s, in all rows and in those still well."""
    well = data.label < 2
    return {
        "roc_auc": float(roc_auc_score(data.soon, score)),
        "pr_auc": float(average_precision_score(data.soon, score)),
        "roc_auc_while_well": float(roc_auc_score(data.soon[well], score[well])),
        "pr_auc_while_well": float(average_precision_score(data.soon[well], score[well])),
        **lead_time(data, score),
    }


def lead_time(data: Table, score: Floats, per_hour: float = 1.0) -> dict[str, float]:
    """Median lead (s) of the first alarm before a failure, at one false alarm an hour.

    An alarm is three seconds on end above the limit; it is false where no failure
    follows within 60 s. The limit is the lowest of 120 that keeps to ``per_hour`` on
    these rows; a failure without an alarm in the minute before has a lead of 0.
    """
    best = {"lead_s": 0.0, "warned": 0.0, "limit": float("nan")}
    rows_of = [np.flatnonzero(data.series == number) for number in np.unique(data.series)]
    hours = float((data.label < 2).sum()) / 3600
    for limit in np.quantile(score, np.linspace(0.4, 0.999, 120)):
        leads, false = [], 0
        for rows in rows_of:
            high, failing = score[rows] >= limit, data.label[rows] == 2
            alarm = np.zeros(len(rows), bool)
            alarm[2:] = high[2:] & high[1:-1] & high[:-2]
            begins = np.flatnonzero(alarm[1:] & ~alarm[:-1]) + 1
            # Failure beyond the last row shows in the label of the rows before it.
            false += sum(not (data.label[rows][at : at + EARLY + 1] > 0).any() for at in begins)
            fails = np.flatnonzero(failing[1:] & ~failing[:-1]) + 1
            if len(fails):
                first = fails[0]
                warned = np.flatnonzero(alarm[max(0, first - 2 * HORIZON_S) : first])
                leads.append(float(min(first, 2 * HORIZON_S) - warned[0]) if len(warned) else 0.0)
        if leads and false / max(hours, 1e-9) <= per_hour:
            return {
                "lead_s": float(np.median(leads)),
                "warned": float(np.mean(np.array(leads) > 0)),
                "limit": float(limit),
            }
    return best


def calibration_error(data: Table, score: Floats, bins: int = 10) -> float:
    """Mean distance of predicted from observed share over ten bins (Naeini et al. 2015)."""
    at = np.minimum((score * bins).astype(int), bins - 1)
    return float(
        sum(
            (at == each).mean() * abs(score[at == each].mean() - data.soon[at == each].mean())
            for each in np.unique(at)
        )
    )


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
