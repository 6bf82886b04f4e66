"""Write the model card: ``python -m models.training.card --data DIR``.

Everything measured in ``models/README.md`` and its picture comes from here, from
the weights that ship and the validation faces; the words around it are below.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.frame.emotion import EmotionClassifier
from core.types import FERPLUS_EMOTIONS
from models.training import data
from models.training.export import calibration_error

HERE = Path(__file__).parent
MODELS = HERE.parent


def human_agreement(votes: NDArray[np.uint8], keep: NDArray[np.bool_]) -> float:
    """How often one tagger says what most of the other nine say, over (N, 10) votes."""
    counts = votes[keep].astype(np.int64)
    agreed = 0
    for k in range(counts.shape[1]):
        others = counts.copy()
        others[:, k] -= counts[:, k] > 0
        agreed += int(counts[others.argmax(axis=1) == k, k].sum())
    return agreed / int(counts.sum())


def confusion(guess: NDArray[np.int64], truth: NDArray[np.int64]) -> NDArray[np.int64]:
    """(8, 8) counts, rows the taggers', columns the network's."""
    found = np.zeros((data.CLASSES, data.CLASSES), np.int64)
    np.add.at(found, (truth, guess), 1)
    return found


def picture(found: NDArray[np.int64]) -> str:
    """The confusion matrix as SVG: shares of each row, darker for more."""
    cell, left, top = 64, 110, 92
    side = cell * data.CLASSES
    shares = found / np.maximum(found.sum(axis=1, keepdims=True), 1)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {left + side + 70} {top + side + 16}"'
        ' font-family="system-ui, sans-serif" font-size="13" role="img">',
        "<title>Confusion matrix: rows what most taggers said, columns what the network said, "
        "percent of the row</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{left + side / 2}" y="20" text-anchor="middle" font-weight="600">'
        "network says</text>",
        f'<text x="{left + side + 8}" y="{top - 12}" fill="#555">faces</text>',
    ]
    for row, name in enumerate(FERPLUS_EMOTIONS):
        y = top + cell * row
        parts.append(
            f'<text x="{left - 8}" y="{y + cell / 2 + 5}" text-anchor="end">{name}</text>'
            f'<text x="{left + side + 8}" y="{y + cell / 2 + 5}" fill="#555">'
            f"{found[row].sum()}</text>"
            f'<text transform="translate({left + cell * row + cell / 2 + 4},{top - 8}) '
            f'rotate(-45)">{name}</text>'
        )
        for column in range(data.CLASSES):
            share = float(shares[row, column])
            shade = f"rgb({round(255 - 220 * share)},{round(255 - 160 * share)},255)"
            ink = "#fff" if share > 0.55 else "#123"
            parts.append(
                f'<rect x="{left + cell * column}" y="{y}" width="{cell - 1}" '
                f'height="{cell - 1}" fill="{shade}"/>'
                f'<text x="{left + cell * column + cell / 2}" y="{y + cell / 2 + 5}" '
                f'text-anchor="middle" fill="{ink}">{100 * share:.0f}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])


def table(found: NDArray[np.int64], probabilities: NDArray[np.float32], truth: Any) -> str:
    """Rows of the per-class table."""
    rows = []
    for k, name in enumerate(FERPLUS_EMOTIONS):
        hits, named, true = found[k, k], found[:, k].sum(), found[k].sum()
        precision, recall = hits / max(1, named), hits / max(1, true)
        f1 = 2 * hits / max(1, named + true)
        gap = float(probabilities[:, k].mean() - (truth == k).mean())
        rows.append(
            f"| {name} | {true} | {precision:.2f} | {recall:.2f} | {f1:.2f} | {100 * gap:+.1f} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m models.training.card", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of public.npz")
    arguments = parser.parse_args()

    held_out = data.load(arguments.data / "public.npz")
    classifier = EmotionClassifier()
    images = list(held_out.images)
    parts = [images[k : k + 256] for k in range(0, len(images), 256)]
    probabilities = np.concatenate([classifier.classify_ferplus(part) for part in parts])
    frames = np.concatenate([classifier.classify_ferplus(part, mirror=False) for part in parts])
    guess_frame = frames.argmax(axis=1)
    guess = probabilities.argmax(axis=1)
    truth, keep = data.plurality(held_out.votes)
    strict, agreed = data.strict_majority(held_out.votes)
    found = confusion(guess[keep], truth[keep])
    f1 = 2 * np.diag(found) / np.maximum(found.sum(axis=0) + found.sum(axis=1), 1)
    trust = json.loads((MODELS / "trust.json").read_text("utf-8"))["with_disturbance"]
    judged = trust["judged_on_the_other_half"]
    sealed = json.loads((MODELS / "manifest.json").read_text("utf-8"))["emotion"]
    text = Template((HERE / "card.md").read_text("utf-8")).substitute(
        faces=int(keep.sum()),
        strict_faces=int(agreed.sum()),
        top1=f"{100 * (guess == truth)[keep].mean():.1f}",
        strict_top1=f"{100 * (guess == strict)[agreed].mean():.1f}",
        top1_frame=f"{100 * (guess_frame == truth)[keep].mean():.1f}",
        strict_top1_frame=f"{100 * (guess_frame == strict)[agreed].mean():.1f}",
        human=f"{100 * human_agreement(held_out.votes, keep):.1f}",
        human_strict=f"{100 * human_agreement(held_out.votes, agreed):.1f}",
        f1_seven=f"{f1[:7].mean():.2f}",
        f1_eight=f"{f1.mean():.2f}",
        calibration=f"{calibration_error(probabilities[keep], truth[keep]):.3f}",
        classes=table(found, probabilities[keep], truth[keep]),
        trust_all=f"{100 * judged['accuracy_all']:.1f}",
        trust_half=f"{100 * judged['accuracy_most_trusted_half']:.1f}",
        trust_correlation=f"{judged['correlation_over_levels']:.2f}",
        megabytes=f"{sealed['size_bytes'] / 1e6:.1f}",
        sha256=sealed["sha256"],
    )
    (MODELS / "README.md").write_text(text, "utf-8")
    (MODELS / "confusion.svg").write_text(picture(found), "utf-8")


if __name__ == "__main__":
    main()
