"""Teach the network to tell when its own reading is owed to a bad picture.

``python -m models.training.disturbance --run RUN --data DIR``

Each training face is read as it is and spoiled in every way a camera can. The
distance between the two readings (total variation, 0..1) is what the picture did
to the reading, whatever the face shows: a face seen well has none by definition,
so an expression that is hard to name is not mistrusted for it. A small head on the
activations learns to tell that distance from the spoiled crop alone.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.frame.emotion_net import prepare
from models.training import data
from models.training.degrade import KINDS, degrade
from models.training.network import Disturbance, EmotionNet, describe
from models.training.train import load_run

log = logging.getLogger("framemood.disturbance")
FILE = "disturbance.pt"


@torch.no_grad()
def look(net: EmotionNet, crops: list[NDArray[np.uint8]]) -> tuple[Tensor, Tensor]:
    """(N, 2 C) descriptions and (N, 8) probabilities of crops of any size."""
    described, read = [], []
    for start in range(0, len(crops), 256):
        part = np.stack([prepare(crop) for crop in crops[start : start + 256]])
        maps = net.maps(torch.from_numpy(part).unsqueeze(1))
        described.append(describe(maps))
        read.append(net.head(maps.mean(dim=(2, 3))).softmax(1))
    return torch.cat(described), torch.cat(read)


def spoil(
    net: EmotionNet, faces: NDArray[np.uint8], copies: int, seed: int
) -> tuple[Tensor, Tensor]:
    """(M, 2 C) descriptions of faces and spoiled copies, and (M,) how far they read differently."""
    random = np.random.default_rng(seed)
    crops = list(faces)
    for face in faces:
        for _ in range(copies):
            kind = KINDS[int(random.integers(1, len(KINDS)))]
            crops.append(degrade(face, kind, float(random.random()), random))
    described, read = look(net, crops)
    clean = read[: len(faces)]
    reference = torch.cat((clean, clean.repeat_interleave(copies, dim=0)))
    return described, (read - reference).abs().sum(1) / 2


def fit(described: Tensor, distance: Tensor, seed: int = 0, epochs: int = 40) -> Disturbance:
    """The head with the least cross-entropy to the distances."""
    torch.manual_seed(seed)
    head = Disturbance(described.shape[1] // 2)
    head.centre.copy_(described.mean(0))
    head.spread.copy_(described.std(0) + 1e-3)
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for chosen in torch.randperm(len(described)).split(512):
            loss = nn.functional.binary_cross_entropy(head(described[chosen]), distance[chosen])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        schedule.step()
    return head.eval()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.training.disturbance", description=__doc__
    )
    parser.add_argument("--run", type=Path, required=True, help="folder with checkpoint.pt")
    parser.add_argument("--data", type=Path, required=True, help="folder of train.npz, public.npz")
    parser.add_argument("--weights", choices=("net", "average"), default="average")
    parser.add_argument("--faces", type=int, default=6000, help="training faces that are spoiled")
    parser.add_argument("--copies", type=int, default=5, help="spoiled copies a face")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    net = load_run(arguments.run, arguments.weights).eval()
    train = data.load(arguments.data / "train.npz")
    _, usable = data.soft_targets(train.votes)
    chosen = np.random.default_rng(0).permutation(int(usable.sum()))[: arguments.faces]
    head = fit(*spoil(net, train.images[usable][chosen], arguments.copies, seed=1))
    held_out = data.load(arguments.data / "public.npz").images[::3]
    described, distance = spoil(net, held_out, arguments.copies, seed=2)
    with torch.no_grad():
        told = head(described)
    torch.save(head.state_dict(), arguments.run / FILE)
    correlation = float(np.corrcoef(told.numpy(), distance.numpy())[0, 1])
    log.info(json.dumps({"correlation_on_public_faces": round(correlation, 3)}))


if __name__ == "__main__":
    main()
