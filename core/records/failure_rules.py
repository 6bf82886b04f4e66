"""Rules of failure: the reasons for a risk, and the risk itself where history is short."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.records.windows import FEATURES

_AT: Final = {name: index for index, name in enumerate(FEATURES)}


def rule_risk(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Risk now and within 30 s, (S, 2), of ``window_features`` (S, 35), by rules.

    Quality is drawn on by its slope; the risk is how far that comes below the threshold.
    """
    last = features[:, _AT["margin last"]]
    short, long = (features[:, _AT[f"margin slope {window} s"]] for window in (10, 30))
    # A short slope is mostly noise: it counts as far as the long one agrees.
    slope = np.where(short * long > 0, np.sign(long) * np.minimum(abs(short), abs(long)), 0.0)
    ahead = last + np.minimum(slope, 0.0)
    return np.stack([_steep(-last / 0.03), _steep(-np.minimum(ahead, last) / 0.08)], axis=1)


def reasons_of(features: NDArray[np.float32]) -> tuple[str, ...]:
    """What speaks for a failure, the strongest first; see ``Risk.reasons``.

    Parameters
    ----------
    features : (35,) array
        One row of ``window_features``.
    """

    def ahead(name: str) -> float:
        return float(features[_AT[f"{name} last"]] + 0.7 * features[_AT[f"{name} slope 30 s"]])

    weights = {
        "blur": (ahead("blur") - 0.66) / 0.12,
        "dark": (55.0 / 255 - ahead("brightness")) / 0.12,
        "bright": (ahead("brightness") - 200.0 / 255) / 0.12,
        "noise": (ahead("noise") - 0.45) / 0.2,
        "still": (-3.6 - ahead("change")) / 0.4,
        "quality": (0.05 - ahead("margin")) / 0.15,
    }
    strong = [(weight, name) for name, weight in weights.items() if weight > 0]
    return tuple(name for _, name in sorted(strong, reverse=True))


def _steep(x: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -30, 30))), np.float32)
