"""The data sets: name → uint8 images and labels, verified. To add one: a loader and a row.

Importing this module does not import torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.mnist_files import MNIST_FILES, DataError, bring_mnist

if TYPE_CHECKING:
    import torch

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class Images:
    """A data set in memory: images uint8 [N, 28, 28], labels int64 [N]; "val" is validation.

    Where "val" was held out of the training set, "test" is a third part; else it is empty.
    """

    train_images: torch.Tensor
    train_labels: torch.Tensor
    val_images: torch.Tensor
    val_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor


@dataclass(frozen=True)
class Dataset:
    """One row: the digest that identifies the data, its sizes, and how to get it.

    ``load`` takes the folder that holds downloaded files.
    """

    sha256: str
    train_size: int
    val_size: int
    test_size: int
    load: Callable[[Path], Images]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def load_mnist(folder: Path) -> Images:
    """Return MNIST from `folder`, fetching it first where it is not there.

    Raises
    ------
    DataError
        If no source can be reached, or a file's SHA-256 is not the known one.
    """
    bring_mnist(folder)
    from torchvision.datasets import MNIST

    train, test = MNIST(folder, train=True), MNIST(folder, train=False)
    return Images(
        *(train.data, train.targets, test.data, test.targets), test.data[:0], test.targets[:0]
    )


HELD_OUT = 10_000


def load_mnist_held_out(folder: Path) -> Images:
    """Return MNIST with the last 10,000 training images held out for validation, the rest to test.

    Raises
    ------
    DataError
        As `load_mnist`.
    """
    whole = load_mnist(folder)
    images, labels = whole.train_images, whole.train_labels
    cut = len(labels) - HELD_OUT
    return Images(
        *(images[:cut], labels[:cut], images[cut:], labels[cut:]),
        whole.val_images,
        whole.val_labels,
    )


def load_mnist_1000(folder: Path) -> Images:
    """Return the first 1,000 training images of MNIST; validation is its whole test set.

    Raises
    ------
    DataError
        As `load_mnist`.
    """
    whole = load_mnist(folder)
    return replace(
        whole, train_images=whole.train_images[:1000], train_labels=whole.train_labels[:1000]
    )


SYNTHETIC_TRAIN, SYNTHETIC_VAL = 320, 128


def load_synthetic(folder: Path | None = None) -> Images:
    """Make a small, learnable stand-in for MNIST, the same bytes everywhere.

    Each class has a pattern of its own; an image is three parts pattern, one part noise. The
    bytes come from SHAKE-256, so no random generator's version can change them.
    """
    import torch

    def shake(text: str) -> torch.Tensor:
        stream = bytearray(hashlib.shake_256(text.encode()).digest(28 * 28))
        return torch.frombuffer(stream, dtype=torch.uint8).reshape(28, 28).int()

    patterns = [shake(f"pattern {label}") for label in range(10)]
    count = SYNTHETIC_TRAIN + SYNTHETIC_VAL
    labels = torch.arange(count) % 10
    images = torch.stack(
        [(3 * patterns[i % 10] + shake(f"image {i}")) // 4 for i in range(count)]
    ).to(torch.uint8)
    cut = SYNTHETIC_TRAIN
    return Images(images[:cut], labels[:cut], images[cut:], labels[cut:], images[:0], labels[:0])


def load_synthetic_held_out(folder: Path | None = None) -> Images:
    """Return the stand-in in three parts, as `load_mnist_held_out` gives MNIST."""
    whole = load_synthetic()
    images, labels = whole.train_images, whole.train_labels
    return Images(
        *(images[:192], labels[:192], images[192:], labels[192:]),
        whole.val_images,
        whole.val_labels,
    )


DATASETS: dict[str, Dataset] = {
    "mnist": Dataset(_digest(*MNIST_FILES.values()), 60_000, 10_000, 0, load_mnist),
    "mnist-held-out": Dataset(
        _digest(*MNIST_FILES.values(), "held out: the last 10000 of the training images"),
        *(60_000 - HELD_OUT, HELD_OUT, 10_000, load_mnist_held_out),
    ),
    "mnist-1000": Dataset(
        _digest(*MNIST_FILES.values(), "the first 1000 training images"),
        *(1_000, 10_000, 0, load_mnist_1000),
    ),
    "synthetic": Dataset(
        _digest("synthetic", "1"), SYNTHETIC_TRAIN, SYNTHETIC_VAL, 0, load_synthetic
    ),
    "synthetic-held-out": Dataset(
        _digest("synthetic", "1", "192 of the training images"),
        *(192, SYNTHETIC_TRAIN - 192, SYNTHETIC_VAL, load_synthetic_held_out),
    ),
}


def load(name: str, folder: Path = DATA) -> Images:
    """Return the data set `name`, verified against the sizes of its row.

    Raises
    ------
    DataError
        If it cannot be had, or is not what its row says.
    """
    row = DATASETS[name]
    images = row.load(folder)
    sizes = [len(part) for part in (images.train_labels, images.val_labels, images.test_labels)]
    expected = [row.train_size, row.val_size, row.test_size]
    if sizes != expected:
        received, wanted = (" + ".join(map(str, numbers)) for numbers in (sizes, expected))
        raise DataError(f"data set {name} has {received} images, expected {wanted}.")
    return images


def steps_per_epoch(name: str, batch_size: int) -> int:
    """Return the optimiser steps of one epoch; the last, smaller batch counts."""
    return -(-DATASETS[name].train_size // batch_size)
