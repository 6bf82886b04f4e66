"""Train the emotion network: ``python -m models.training.train --data DIR --out DIR``.

Each epoch is a checkpoint and draws its random numbers from (seed, epoch), so a
run that was cut goes on where it was and ends with the same weights.

With ``--after RUN`` the finished network of another run is where this one starts
and what it learns from beside the votes: ten votes are a coarse sample of what
people would say of a face, and the first network's reading smooths it (born-again
training, Furlanello et al. 2018, arXiv:1805.04770).
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.training import data
from models.training.augment import augment, mixup
from models.training.network import EmotionNet

log = logging.getLogger("framemood.training")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights besides the data."""

    seed: int = 0
    epochs: int = 30
    batch: int = 128
    rate: float = 0.1
    weight_decay: float = 5e-4
    ema: float = 0.999
    widths: tuple[int, ...] = (24, 32, 64, 128)
    depths: tuple[int, ...] = (2, 2, 3)
    small_size: int = 36  # px; the first epochs see small crops, which cost half
    small_share: float = 0.5  # of the epochs
    poor: float = 1.0  # strength of the changes to half of the crops
    calm: float = 0.35  # and to the others
    dropout: float = 0.2
    mixup_until: float = 0.8  # of the epochs; in every second batch
    teacher: float = 0.35  # weight of the run before beside the votes
    teacher_shift: int = 0  # px; it also reads the crop moved by as much to four sides
    repeat: tuple[int, ...] = (1, 1, 1, 1, 1, 3, 2, 3)  # times a face of this class, an epoch
    favour: tuple[float, ...] = (0, 0, 0, 0, 0, 0.6, 0, 0)  # added to the logits that ship


GENERATIONS: Final[dict[int, dict[str, Any]]] = {
    1: {},
    2: {},
    3: {
        "epochs": 22,
        "rate": 0.06,
        "poor": 0.6,
        "calm": 0.3,
        "dropout": 0.1,
        "mixup_until": 0.4,
        "small_share": 0.35,
        "teacher": 0.5,
    },
    4: {
        "epochs": 24,
        "rate": 0.05,
        "depths": (2, 3, 4),
        "poor": 0.5,
        "calm": 0.25,
        "dropout": 0.1,
        "mixup_until": 0.25,
        "small_share": 0.3,
        "teacher": 0.5,
    },
    5: {
        "epochs": 12,
        "rate": 0.04,
        "depths": (2, 3, 4),
        "poor": 0.5,
        "calm": 0.2,
        "dropout": 0.1,
        "mixup_until": 0.0,
        "small_share": 0.0,
        "teacher": 0.6,
        "teacher_shift": 2,
    },
}
"""What each generation changes. The second agreed with as few of the faces that it was
trained on as of the others (84.3 and 83.4 %), so it was held back, not overfitted: the
third sees milder changes, and the fourth milder ones still and is deeper. The fourth's own
reading gains 0.3 points where it is averaged over five positions of the crop, which costs
five times the time: the fifth learns that average. It was begun for 16 epochs and cut to 12
after the sixth, so its rate fell a little sooner than this recipe's."""


def size_at(recipe: Recipe, epoch: int) -> int:
    """Side of the training crops in an epoch, px."""
    return recipe.small_size if epoch < recipe.small_share * recipe.epochs else 48


def rate_at(recipe: Recipe, progress: float) -> float:
    """Learning rate at ``progress`` 0..1: a short warm-up, then a cosine."""
    warm = 0.02
    if progress < warm:
        return recipe.rate * (0.1 + 0.9 * progress / warm)
    return recipe.rate * 0.5 * (1 + math.cos(math.pi * (progress - warm) / (1 - warm)))


@torch.no_grad()
def predict(net: nn.Module, images: np.ndarray[Any, Any], batch: int = 256) -> Tensor:
    """(N, 8) logits, averaged over the crop and its mirror image."""
    net.eval()
    x = torch.from_numpy(images).unsqueeze(1).float()
    parts = [net(part) + net(part.flip(3)) for part in x.split(batch)]
    return torch.cat(parts) / 2


def teach(net: nn.Module, images: np.ndarray[Any, Any], shift: int) -> Tensor:
    """(N, 8) probabilities, those of crops moved by ``shift`` px to each side averaged in."""
    if shift == 0:
        return predict(net, images).softmax(1)
    side = images.shape[1]
    padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift)), mode="edge")
    corners = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))
    views = (
        padded[:, y * shift : y * shift + side, x * shift : x * shift + side] for y, x in corners
    )
    logits = sum((predict(net, view) for view in views), torch.zeros(()))
    return (logits / len(corners)).softmax(1)


def judge(logits: Tensor, label: np.ndarray[Any, Any]) -> dict[str, float]:
    """Top-1 and macro F1 over the eight classes."""
    guess = logits.argmax(1).numpy()
    scores = []
    for k in range(data.CLASSES):
        hit = float(((guess == k) & (label == k)).sum())
        scores.append(2 * hit / max(1.0, float((guess == k).sum() + (label == k).sum())))
    return {"top1": float((guess == label).mean()), "macro_f1": float(np.mean(scores))}


def load_run(run: Path, weights: str) -> EmotionNet:
    """The network of a run's last checkpoint: ``weights`` are "net" or "average"."""
    recipe = json.loads((run / "recipe.json").read_text("utf-8"))
    net = EmotionNet(tuple(recipe["widths"]), tuple(recipe["depths"]), recipe["dropout"])
    net.load_state_dict(torch.load(run / "checkpoint.pt", weights_only=True)[weights])
    return net


def train(recipe: Recipe, source: Path, out: Path, after: Path | None = None) -> None:
    """Run the recipe, resuming from ``out`` where a checkpoint lies there."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2) + "\n", "utf-8")
    faces = data.load(source / "train.npz")
    targets, usable = data.soft_targets(faces.votes)
    images = torch.from_numpy(faces.images[usable]).unsqueeze(1)
    labels = torch.from_numpy(targets[usable])
    held_out = data.load(source / "public.npz")
    sets = {
        "plurality": data.plurality(held_out.votes),
        "majority": data.strict_majority(held_out.votes),
    }

    torch.manual_seed(recipe.seed)
    net = EmotionNet(recipe.widths, recipe.depths, recipe.dropout).to(
        memory_format=torch.channels_last
    )
    if after is not None:
        before = load_run(after, "net")
        learnt = _kept(
            out / "learnt.pt", lambda: teach(before, images[:, 0].numpy(), recipe.teacher_shift)
        )
        labels = labels.lerp(learnt, recipe.teacher)
        net.grow_from(before)
    average = copy.deepcopy(net)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimizer = torch.optim.SGD(
        [
            {"params": decayed, "weight_decay": recipe.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ],
        lr=recipe.rate,
        momentum=0.9,
        nesterov=True,
    )
    checkpoint, first = out / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["epoch"] + 1
    drawn = torch.arange(len(images)).repeat_interleave(
        torch.tensor(recipe.repeat)[torch.from_numpy(targets[usable]).argmax(1)]
    )
    steps = len(drawn) // recipe.batch
    for epoch in range(first, recipe.epochs):
        began = time.monotonic()
        generator = torch.Generator().manual_seed(recipe.seed * 100_003 + epoch)
        torch.manual_seed(recipe.seed * 100_003 + epoch)  # dropout
        order = drawn[torch.randperm(len(drawn), generator=generator)]
        net.train()
        total = 0.0
        size, half = size_at(recipe, epoch), recipe.batch // 2
        mixed = epoch < recipe.mixup_until * recipe.epochs
        for step in range(steps):
            rate = rate_at(recipe, (epoch + step / steps) / recipe.epochs)
            for group in optimizer.param_groups:
                group["lr"] = rate
            chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
            x = images[chosen].float()
            # Half as a poor webcam gives them, half nearly as they are.
            x = torch.cat(
                (
                    augment(x[:half], size, generator, recipe.poor),
                    augment(x[half:], size, generator, recipe.calm),
                )
            )
            y = labels[chosen]
            if step % 2 and mixed:
                x, y = mixup(x, y, generator)
            loss = F.cross_entropy(net(x.contiguous(memory_format=torch.channels_last)), y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            total += float(loss.detach())
            done = epoch * steps + step
            _follow(average, net, min(recipe.ema, (1 + done) / (10 + done)))
        figures: dict[str, float] = {"loss": total / steps, "seconds": time.monotonic() - began}
        logits = predict(average, held_out.images)
        for name, (label, keep) in sets.items():
            figures |= {f"{name}_{k}": v for k, v in judge(logits[keep], label[keep]).items()}
        log.info("epoch %d %s", epoch, json.dumps({k: round(v, 4) for k, v in figures.items()}))
        state = {
            "net": net.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "epoch": epoch,
        }
        torch.save(state, checkpoint.with_suffix(".part"))
        checkpoint.with_suffix(".part").replace(checkpoint)
        with (out / "history.jsonl").open("a") as history:
            history.write(json.dumps({"epoch": epoch, **figures}) + "\n")


def _kept(path: Path, make: Callable[[], Tensor]) -> Tensor:
    """What was made before a cut, or is made now: reading all faces takes as long as an epoch."""
    if not path.exists():
        torch.save(make(), path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
    return torch.load(path, weights_only=True)  # type: ignore[no-any-return]


@torch.no_grad()
def _follow(average: nn.Module, net: nn.Module, decay: float) -> None:
    for slow, fast in zip(average.parameters(), net.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)
    # The averaged weights see other statistics than the fast ones: average these too.
    for slow, fast in zip(average.buffers(), net.buffers(), strict=True):
        if slow.is_floating_point():
            slow.lerp_(fast, 1 - decay)
        else:
            slow.copy_(fast)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m models.training.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of train.npz, public.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoints")
    parser.add_argument("--after", type=Path, help="a finished run to start and to learn from")
    parser.add_argument("--generation", type=int, choices=sorted(GENERATIONS), default=1)
    parser.add_argument("--epochs", type=int, help="instead of the generation's own")
    parser.add_argument("--rate", type=float, help="instead of the generation's own")
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    recipe = replace(Recipe(seed=arguments.seed), **GENERATIONS[arguments.generation])
    if arguments.epochs is not None:
        recipe = replace(recipe, epochs=arguments.epochs)
    if arguments.rate is not None:
        recipe = replace(recipe, rate=arguments.rate)
    log.info("recipe %s", json.dumps(asdict(recipe)))
    train(recipe, arguments.data, arguments.out, arguments.after)


if __name__ == "__main__":
    main()
