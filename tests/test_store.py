"""Whatever happens to a write or a file: nothing finished is lost, nothing false is loaded."""

from __future__ import annotations

import datetime
import errno
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import results, store
from experiments.results import ResultsError
from experiments.settings import Run, run_id
from tests.examples import record

STUDY = "fixed-lr"
RUNS = [Run(dataset="synthetic", epochs=2, base_lr=lr) for lr in np.linspace(0.01, 0.4, 24)]
IDS = {run_id(run) for run in RUNS}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    store.save(STUDY, [record(run) for run in RUNS], tmp_path)
    return tmp_path


def sound(directory: Path) -> frozenset[str]:
    """The ids of the runs that a reader gets, after checking that each is the true one."""
    stored = results.read(STUDY, directory)
    for run, rows in results.runs(stored.epochs):
        np.testing.assert_array_equal(rows["val_loss"], record(run).epochs["val_loss"])
    return stored.run_ids


def test_a_file_cut_at_any_tenth_byte_is_not_loaded(directory: Path) -> None:
    path = results.epochs_path(STUDY, directory)
    whole = path.read_bytes()
    for size in range(0, len(whole), 10):
        path.write_bytes(whole[:size])
        with pytest.raises(ResultsError, match=r"fixed-lr\.parquet is no readable Parquet file"):
            results.load(STUDY, directory)


def test_a_file_that_was_cut_is_set_aside_and_made_whole_again(directory: Path) -> None:
    path = results.epochs_path(STUDY, directory)
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        notes = store.repair(STUDY, directory)
        assert any("set aside" in note for note in notes)
        missing = [run for run in RUNS if run_id(run) not in sound(directory)]
        store.save(STUDY, [record(run) for run in missing], directory)
        assert sound(directory) == IDS
        assert path.read_bytes() == whole


def test_a_flipped_bit_is_noticed_or_changes_nothing(directory: Path) -> None:
    path = results.epochs_path(STUDY, directory)
    whole = path.read_bytes()
    before, noticed = results.load(STUDY, directory), 0
    random = np.random.default_rng(0)
    for place in random.integers(0, len(whole), 150):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(random.integers(8))
        path.write_bytes(broken)
        try:
            pd.testing.assert_frame_equal(results.load(STUDY, directory), before)
        except ResultsError:
            noticed += 1
        assert sound(directory) <= IDS
    assert noticed > 90


def test_damage_in_one_part_costs_only_the_runs_of_that_part(directory: Path) -> None:
    path = results.epochs_path(STUDY, directory)
    broken = bytearray(path.read_bytes())
    broken[40:60] = bytes(20)  # early in the file: the first row group
    path.write_bytes(broken)
    kept = sound(directory)
    assert len(kept) == len(RUNS) - store.RUNS_PER_ROW_GROUP
    notes = store.repair(STUDY, directory)
    assert "row group 1" in notes[0]
    assert results.load(STUDY, directory)["run_id"].nunique() == len(kept)


@pytest.mark.parametrize(
    ("place", "code", "says"),
    [
        ("experiments.files._sync", errno.ENOSPC, "No space left on device; make room"),
        ("experiments.parquet.write", errno.ENOSPC, "No space left on device"),
        ("tempfile.mkstemp", errno.EACCES, "Permission denied; make room or allow writing"),
        ("tempfile.mkstemp", errno.EROFS, "Read-only file system"),
    ],
)
def test_a_write_that_fails_leaves_the_old_file_and_says_so(
    place: str, code: int, says: str, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(place, fail)
    before = results.epochs_path(STUDY, directory).read_bytes()
    with pytest.raises(ResultsError, match=says):
        store.save(STUDY, [record(Run(dataset="synthetic", epochs=2, seed=5))], directory)
    assert results.epochs_path(STUDY, directory).read_bytes() == before
    assert not list(directory.glob(".*.tmp"))


def test_a_clock_that_stands_still_or_jumps_back_overwrites_nothing(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Clock:
            return cls(1970, 1, 1, tzinfo=tz)

    monkeypatch.setattr(datetime, "datetime", Clock)
    path = results.epochs_path(STUDY, directory)
    for content in (b"first damage", b"second damage"):
        path.write_bytes(content)
        store.repair(STUDY, directory)
    aside = sorted(file.read_bytes() for file in (directory / "damaged").iterdir())
    assert aside == [b"first damage", b"second damage"]


def test_a_directory_that_is_a_file_gets_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "results"
    place.write_text("not a directory")
    with pytest.raises(ResultsError, match="could not be written"):
        store.save(STUDY, [record(RUNS[0])], place)


@pytest.mark.parametrize("write", [store.repair, lambda study, at: store.save(study, [], at)])
def test_a_full_disk_gets_one_sentence_that_names_the_study(
    write: Callable[[str, Path], object], directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    results.epochs_path(STUDY, directory).write_bytes(b"damage")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ResultsError) as raised:
        write(STUDY, directory)
    assert str(raised.value).startswith("the results of fixed-lr could not be written to")
    assert "No space left on device; make room" in str(raised.value)


def test_a_study_that_cannot_be_locked_for_training_is_named_as_the_user_knows_it(
    tmp_path: Path,
) -> None:
    place = tmp_path / "results"
    place.write_text("not a directory")
    with (
        pytest.raises(ResultsError, match="the results of fixed-lr could not be written"),
        store.training([STUDY], place),
    ):
        pass


def _save_some(directory: Path, first: int, step: int) -> None:
    for run in RUNS[first::step]:
        store.save(STUDY, [record(run)], directory)


@pytest.mark.parametrize("writers", [2, 4])
def test_writers_at_the_same_time_lose_and_duplicate_nothing(writers: int, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_save_some, args=(tmp_path, number, writers))
        for number in range(writers)
    ]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        assert sound(tmp_path) <= IDS  # a reader beside the writers
        for process in processes:
            process.join(0.05)
    assert [process.exitcode for process in processes] == [0] * writers
    frame = results.load(STUDY, tmp_path)
    assert set(frame["run_id"]) == IDS
    assert len(frame) == 2 * len(RUNS)


def test_the_lock_of_a_dead_process_holds_nobody_up(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys; from experiments import store;"
        "store.lock(sys.argv[1], pathlib.Path(sys.argv[2])).acquire(); os._exit(9)"
    )
    dead = subprocess.run([sys.executable, "-c", code, STUDY, str(tmp_path)], check=False)
    assert dead.returncode == 9
    store.save(STUDY, [record(RUNS[0])], tmp_path)
    assert sound(tmp_path) == {run_id(RUNS[0])}


def test_leftovers_of_killed_writers_are_swept_up(directory: Path) -> None:
    leftover = directory / f".{STUDY}.parquet.abcd.tmp"
    leftover.write_bytes(b"half a file")
    store.save(STUDY, [record(Run(dataset="synthetic", epochs=2, seed=5))], directory)
    assert not leftover.exists()
