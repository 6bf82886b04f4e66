"""The emotion network: a plain residual net on a 48 x 48 gray crop."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut (He et al. 2016, 10.1109/CVPR.2016.90)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        # Averaging before the 1 x 1 keeps the pixels that a strided one would skip.
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True) if stride != 1 else nn.Identity(),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


class EmotionNet(nn.Module):
    """Eight FER+ logits from (N, 1, S, S) crops in 0..255.

    Parameters
    ----------
    widths : tuple of int
        Channels of the stem, then of each stage; each stage halves the picture.
    depths : tuple of int
        Blocks a stage.
    dropout : float
        Before the last layer, in training only.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (24, 32, 64, 128),
        depths: tuple[int, ...] = (2, 2, 3),
        dropout: float = 0.2,
        classes: int = 8,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 3, 1, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        blocks: list[nn.Module] = []
        inputs = widths[0]
        for outputs, depth in zip(widths[1:], depths, strict=True):
            for k in range(depth):
                blocks.append(Block(inputs, outputs, 2 if k == 0 else 1))
                inputs = outputs
        self.depths = depths
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.dropout(self.maps(x).mean(dim=(2, 3))))

    def grow_from(self, smaller: EmotionNet) -> None:
        """Take the weights of a network of the same widths with as many blocks or fewer.

        A block that the other lacks comes last in its stage and starts as an identity:
        the second normalisation of a residual branch begins at zero (Goyal et al. 2017,
        arXiv:1706.02677), so this network reads as the other did before it learns on.
        """
        self.stem.load_state_dict(smaller.stem.state_dict())
        self.head.load_state_dict(smaller.head.state_dict())
        mine, theirs = iter(self.blocks), iter(smaller.blocks)
        for depth, known in zip(self.depths, smaller.depths, strict=True):
            for k in range(depth):
                block = next(mine)
                if k < known:
                    block.load_state_dict(next(theirs).state_dict())
                else:
                    nn.init.zeros_(block.body[-1].weight)

    def maps(self, x: Tensor) -> Tensor:
        """(N, C, H, W) activations before they are averaged."""
        # Each crop is normalised by its own light, so that a dark room is no emotion.
        mean = x.mean(dim=(2, 3), keepdim=True)
        scale = (x - mean).square().mean(dim=(2, 3), keepdim=True).sqrt()
        return self.blocks(self.stem((x - mean) / (scale + 8.0)))


class Disturbance(nn.Module):
    """How much of a reading is owed to how the face was seen, 0..1.

    Told from the same activations as the emotion: their mean and spread over the
    crop. See ``models.training.disturbance``.
    """

    def __init__(self, channels: int, hidden: int = 32) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(2 * channels))
        self.register_buffer("spread", torch.ones(2 * channels))
        self.layers = nn.Sequential(
            nn.Linear(2 * channels, hidden), nn.ReLU(), nn.Linear(hidden, 1), nn.Sigmoid()
        )

    def forward(self, features: Tensor) -> Tensor:
        return self.layers((features - self.centre) / self.spread)[:, 0]


def describe(maps: Tensor) -> Tensor:
    """(N, 2 C) mean and standard deviation of each channel of (N, C, H, W) activations."""
    mean = maps.mean(dim=(2, 3), keepdim=True)
    deviation = (maps - mean).square().mean(dim=(2, 3)).add(1e-6).sqrt()
    return torch.cat((mean.flatten(1), deviation), dim=1)
