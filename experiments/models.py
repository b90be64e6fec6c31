"""The two CNNs of the articles: conv 3×3, ReLU, max-pool 2, twice; then two linear layers.

Importing this module does not import torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

CLASSES = 10
IMAGE_SIDE = 28


@dataclass(frozen=True)
class CNN:
    """Widths of one network; the images are 1×28×28 and each pooling halves their side."""

    channels: tuple[int, int]
    hidden: int = 128

    @property
    def features(self) -> int:
        """Inputs of the first linear layer, in PyTorch's flatten order (channel, y, x)."""
        return self.channels[1] * (IMAGE_SIDE // 4) ** 2

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the eight parameters, in the order of `plain(...).parameters()`."""
        first, second = self.channels
        return (
            (first, 1, 3, 3),
            (first,),
            (second, first, 3, 3),
            (second,),
            (self.hidden, self.features),
            (self.hidden,),
            (CLASSES, self.hidden),
            (CLASSES,),
        )

    @property
    def parameter_count(self) -> int:
        """Number of weights and biases."""
        return sum(math.prod(shape) for shape in self.shapes)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one forward pass of one image."""
        first, second = self.channels
        pixels = IMAGE_SIDE**2
        convolutions = pixels * 9 * first + pixels // 4 * 9 * first * second
        return convolutions + self.features * self.hidden + self.hidden * CLASSES


MODELS: dict[str, CNN] = {
    "cnn-8-16": CNN(channels=(8, 16)),
    "cnn-16-32": CNN(channels=(16, 32)),
}


def plain(model: str) -> torch.nn.Sequential:
    """Build the network as the articles do, with PyTorch's default initialisation."""
    from torch import nn

    cnn = MODELS[model]
    first, second = cnn.channels
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(cnn.features, cnn.hidden),
        nn.ReLU(),
        nn.Linear(cnn.hidden, CLASSES),
    )


def initial_weights(model: str, seed: int) -> torch.Tensor:
    """Return the parameters that a seed starts from, flattened and joined.

    The draw happens on the CPU and leaves the global generator as it was, so a seed means
    the same weights on every device and in every setting: comparisons are paired.

    Returns
    -------
    torch.Tensor
        float32, shape [parameter_count].
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = plain(model)
    return torch.cat([parameter.detach().reshape(-1) for parameter in network.parameters()])
