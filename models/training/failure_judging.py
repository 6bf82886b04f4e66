"""How good a prediction of failure is, beside what needs no learning."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from core.records.failure import HISTORY_S, HORIZON_S
from core.records.failure_rules import rule_risk
from models.training.failure_windows import Floats, Table

EARLY = 30
"""A false alarm is one that no failure follows within this and the horizon, s."""


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
