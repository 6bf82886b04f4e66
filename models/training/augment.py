"""What a webcam and a face detector do to a crop, drawn at random for a whole batch."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def _uniform(n: int, low: float, high: float, generator: Generator) -> Tensor:
    return torch.rand(n, generator=generator) * (high - low) + low


def geometry(x: Tensor, size: int, generator: Generator, strength: float) -> Tensor:
    """Flip, turn (17 degrees), scale (20 %) and shift (12 %) at random; render at ``size`` px."""
    n = len(x)
    angle = _uniform(n, -17.0, 17.0, generator) * (strength * math.pi / 180.0)
    scale = torch.exp(_uniform(n, -math.log(1.2), math.log(1.2), generator) * strength)
    flip = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    shift = _uniform(2 * n, -0.24, 0.24, generator).view(n, 2) * strength
    matrix = torch.zeros(n, 2, 3)
    matrix[:, 0, 0] = flip * torch.cos(angle) * scale
    matrix[:, 0, 1] = -torch.sin(angle) * scale
    matrix[:, 1, 0] = flip * torch.sin(angle) * scale
    matrix[:, 1, 1] = torch.cos(angle) * scale
    matrix[:, :, 2] = shift
    grid = F.affine_grid(matrix, [n, 1, size, size], align_corners=False)
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def light(x: Tensor, generator: Generator, strength: float) -> Tensor:
    """Change contrast, brightness and gamma at random."""
    n = len(x)
    contrast = torch.exp(_uniform(n, -0.45, 0.35, generator) * strength).view(n, 1, 1, 1)
    offset = _uniform(n, -35.0, 35.0, generator).view(n, 1, 1, 1) * strength
    gamma = torch.exp(_uniform(n, -0.4, 0.4, generator) * strength).view(n, 1, 1, 1)
    x = (x.clamp(0, 255) / 255.0).pow(gamma) * 255.0
    return (x - 128.0) * contrast + 128.0 + offset


def sensor(x: Tensor, generator: Generator, strength: float) -> Tensor:
    """Blur a seventh of the crops, shrink a seventh, add noise to a third."""
    n = len(x)
    chosen = torch.rand(n, generator=generator)
    sigma = float(_uniform(1, 0.5, 1.6, generator))
    radius = max(1, math.ceil(2 * sigma))
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma).square())
    kernel = (taps / taps.sum()).view(1, 1, -1)
    blurred = F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="reflect"), kernel.unsqueeze(2))
    blurred = F.conv2d(F.pad(blurred, (0, 0, radius, radius), mode="reflect"), kernel.unsqueeze(3))
    small = max(14, int(x.shape[-1] * float(_uniform(1, 0.3, 0.7, generator))))
    shrunk = F.interpolate(
        F.interpolate(x, size=(small, small), mode="area"),
        size=x.shape[-2:],
        mode="bilinear",
        align_corners=False,
    )
    pick = chosen.view(n, 1, 1, 1)
    x = torch.where(
        pick < 0.15 * strength, blurred, torch.where(pick > 1 - 0.15 * strength, shrunk, x)
    )
    strength = _uniform(n, 0.0, 18.0, generator) * (
        torch.rand(n, generator=generator) < 0.3 * strength
    )
    noise = torch.randn(x.shape, generator=generator)
    return (x + noise * strength.view(n, 1, 1, 1)).clamp(0, 255)


def erase(x: Tensor, generator: Generator, strength: float) -> Tensor:
    """Cover one random box of half of the crops (Zhong et al. 2020, 10.1609/aaai.v34i07.7000)."""
    n, _, height, width = x.shape
    side = _uniform(2 * n, 0.15, 0.4, generator).view(n, 2)
    corner = torch.rand(n, 2, generator=generator) * (1 - side)
    rows = (torch.arange(height) + 0.5).view(1, height) / height
    columns = (torch.arange(width) + 0.5).view(1, width) / width
    inside_y = (rows >= corner[:, :1]) & (rows < corner[:, :1] + side[:, :1])
    inside_x = (columns >= corner[:, 1:]) & (columns < corner[:, 1:] + side[:, 1:])
    chosen = (torch.rand(n, generator=generator) < 0.5 * strength).view(n, 1, 1)
    box = (inside_y.unsqueeze(2) & inside_x.unsqueeze(1) & chosen).unsqueeze(1)
    fill = _uniform(n, 0.0, 255.0, generator).view(n, 1, 1, 1)
    return torch.where(box, fill, x)


def augment(x: Tensor, size: int, generator: Generator, strength: float = 1.0) -> Tensor:
    """All of the above in the order in which a camera would do it.

    Parameters
    ----------
    x : (N, 1, H, W) float32 tensor in 0..255
    size : int
        Side of the crops returned, px.
    strength : float
        0..1, of every change but the flip.
    """
    x = geometry(x, size, generator, strength)
    x = light(x, generator, strength).clamp(0, 255)
    return sensor(erase(x, generator, strength), generator, strength)


def mixup(x: Tensor, y: Tensor, generator: Generator, beta: float = 0.2) -> tuple[Tensor, Tensor]:
    """Blend a batch with itself in another order (Zhang et al. 2018, arXiv:1710.09412)."""
    share = torch._sample_dirichlet(torch.tensor([[beta, beta]]), generator=generator)[0, 0]
    share = torch.maximum(share, 1 - share)
    order = torch.randperm(len(x), generator=generator)
    return x * share + x[order] * (1 - share), y * share + y[order] * (1 - share)
