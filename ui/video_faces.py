"""Each face of a video summed up over its whole length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.types import EMOTIONS
from ui.thinning import usual_step_s


@dataclass(frozen=True, slots=True)
class FaceSummary:
    """One face over the whole video.

    Parameters
    ----------
    track_id : int
        As written on the video and in emotions.csv.
    first_s, on_screen_s : float
        When it is first seen, and for how long in all, s of media time.
    emotion : str or None
        The strongest mean emotion; None where emotion was switched off.
    trust : float
        Mean trust, 0..1.
    shares : tuple of 7 float
        Mean probabilities in ``EMOTIONS`` order, weighted by trust so that a
        reading from a bad picture counts for little; they sum to 1, or are
        all 0 where emotion was switched off.
    """

    track_id: int
    first_s: float
    on_screen_s: float
    emotion: str | None
    trust: float
    shares: tuple[float, ...]


def face_summaries(metrics: pd.DataFrame, faces: pd.DataFrame) -> tuple[FaceSummary, ...]:
    """Sum up every face of a run, the longest on screen first.

    Parameters
    ----------
    metrics, faces : DataFrame
        As for ``ui.plots.charts``.

    Returns
    -------
    tuple of FaceSummary
    """
    times = metrics["time_s"].to_numpy()
    if not times.size or faces.empty:
        return ()
    lasts_s = np.diff(times, append=times[-1] + usual_step_s(times))
    lasts = pd.Series(lasts_s, index=metrics["index"]).groupby(level=0).first()
    rows = faces.dropna(subset=["face_id"])
    rows = rows.assign(lasts_s=rows["index"].map(lasts).fillna(0.0))
    summaries = [_summary(int(face), group) for face, group in rows.groupby("face_id")]
    return tuple(sorted(summaries, key=lambda face: (-face.on_screen_s, face.track_id)))


def _summary(track_id: int, rows: pd.DataFrame) -> FaceSummary:
    probabilities = rows[list(EMOTIONS)].to_numpy()
    trust = rows["trust"].fillna(0.0).to_numpy()
    read = np.isfinite(probabilities).all(axis=1)
    shares = np.zeros(len(EMOTIONS))
    if read.any():
        weights = trust[read] if trust[read].sum() > 0 else np.ones(int(read.sum()))
        shares = np.average(probabilities[read], axis=0, weights=weights)
    return FaceSummary(
        track_id=track_id,
        first_s=float(rows["time_s"].min()),
        on_screen_s=float(rows["lasts_s"].sum()),
        emotion=EMOTIONS[int(shares.argmax())] if read.any() else None,
        trust=float(trust.mean()),
        shares=tuple(float(share) for share in shares),
    )
