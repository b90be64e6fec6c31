"""A sweep trains what is missing, whatever interrupts it, and a run diverges alone."""

from __future__ import annotations

import dataclasses
import errno
import itertools
import signal
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from experiments import checkpoints, data, plan, records, results, store, sweep, train, witness
from experiments.errors import ExperimentsError
from experiments.groups import Data, group_key, on_device, start_group
from experiments.records import METRICS
from experiments.settings import Run, run_id

ROOT = Path(__file__).parents[1]
STUDY = "fixed-lr"
BASE = Run(dataset="synthetic", epochs=3, base_lr=0.05, record_from=6, record_to=12)


@pytest.fixture(scope="module")
def images() -> Data:
    return on_device(data.load("synthetic"), torch.device("cpu"))


def jobs(runs: list[Run]) -> list[plan.Job]:
    return plan.jobs_for(STUDY, runs, witness.witness(runs))


def quiet(event: sweep.Event) -> None:
    """Nobody listens."""


def test_a_sweep_on_every_core_fills_the_store(tmp_path: Path) -> None:
    runs = [dataclasses.replace(BASE, seed=seed) for seed in range(3)]
    events = list(sweep.sweep(jobs(runs), plan.Place(tmp_path)))
    assert sum(event.epochs for event in events) == 9
    assert {job.run for event in events for job in event.saved} == set(runs)
    assert set(results.load(STUDY, tmp_path)["run_id"]) == {run_id(run) for run in runs}


def test_workers_are_born_deaf_to_ctrl_c_and_the_sweep_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    born, start, before = [], BaseProcess.start, signal.getsignal(signal.SIGINT)

    def noted(process: BaseProcess) -> None:
        born.append(signal.getsignal(signal.SIGINT))
        start(process)

    monkeypatch.setattr(BaseProcess, "start", noted)
    for _ in sweep.sweep(jobs([BASE]), plan.Place(tmp_path)):
        assert signal.getsignal(signal.SIGINT) == before
    assert born == [signal.SIG_IGN]


def test_a_long_sweep_that_is_left_early_lets_its_process_end(tmp_path: Path) -> None:
    # More groups wait for a worker than the pipe to it can hold.
    code = f"""
from pathlib import Path
from experiments import plan, sweep
from experiments.settings import Run
runs = [Run(dataset="synthetic", epochs=e, seed=s) for e in range(1, 200) for s in range(9)]
jobs = [sweep.Job("fixed-lr", run, (0.0,)) for run in runs]
for _ in sweep.sweep(jobs, plan.Place(Path({str(tmp_path)!r}))):
    break
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=100)


@pytest.mark.slow
def test_fifty_kills_lose_nothing_and_change_no_number(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.kill_sweeps", str(tmp_path), "50"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    dealt, unfinished, _ = map(int, done.stdout.split())
    assert dealt >= 50
    assert unfinished >= 20  # most kills hit a sweep in its middle


@pytest.mark.parametrize(
    "schedule", [("constant", {}), ("ReduceLROnPlateau", {"patience": 0, "threshold": 0.5})]
)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_run_resumed_from_its_checkpoint_ends_with_the_same_numbers(
    optimizer: str, schedule: tuple[str, dict], images: Data, tmp_path: Path
) -> None:
    name, args = schedule
    runs = [
        dataclasses.replace(
            BASE, optimizer=optimizer, momentum=0.9, seed=s, schedule=name, schedule_args=args
        )
        for s in (0, 1)
    ]
    place = plan.Place(tmp_path, checkpoint_seconds=0)
    todo = jobs(runs)
    whole = sweep.train_group(todo, images, plan.Place(tmp_path / "whole"), quiet)
    group = start_group(runs, images)
    train.train_epoch(group, images)
    paths = {job.run: checkpoints.path(job.run, job.witness, tmp_path) for job in todo}
    checkpoints.write(group, [0.0], [paths[run] for run in group.runs])
    assert plan.epochs_left(todo, place) == 4
    epochs = []
    # The other order, and another company, than before the interruption.
    for job in reversed(todo):
        resumed = sweep.train_group([job], images, place, lambda e: epochs.append(e.epochs))
        twin = next(record for record in whole if record.run == job.run)
        for metric in METRICS:
            np.testing.assert_allclose(
                resumed[0].epochs[metric], twin.epochs[metric], rtol=1e-5, err_msg=metric
            )
        for metric, values in twin.steps.items():
            np.testing.assert_allclose(resumed[0].steps[metric], values, rtol=1e-3, atol=1e-6)
    assert epochs == [1, 1] * 2  # of three: what a checkpoint brings was not trained now


def test_a_damaged_checkpoint_is_as_good_as_none(images: Data, tmp_path: Path) -> None:
    (job,) = jobs([BASE])
    path = checkpoints.path(job.run, job.witness, tmp_path)
    path.parent.mkdir()
    path.write_bytes(b"PK\x03\x04 not really")
    assert checkpoints.epoch(path) == 0
    assert len(sweep.train_group([job], images, plan.Place(tmp_path), quiet)) == 1


def test_what_a_killed_writer_left_of_a_checkpoint_is_gone_when_its_run_is_finished(
    images: Data, tmp_path: Path
) -> None:
    todo = jobs([BASE])
    path = checkpoints.path(todo[0].run, todo[0].witness, tmp_path)
    path.parent.mkdir()
    (path.parent / f".{path.name}.abcd.tmp").write_bytes(b"half a file")
    sweep.train_and_save(todo, images, plan.Place(tmp_path, checkpoint_seconds=0), quiet)
    assert not list(path.parent.iterdir())


def test_a_diverging_run_disturbs_no_neighbour(images: Data, tmp_path: Path) -> None:
    calm = [dataclasses.replace(BASE, seed=seed) for seed in (0, 1)]
    wild = [dataclasses.replace(BASE, seed=seed, base_lr=1e6) for seed in (0, 1)]
    alone = sweep.train_group(jobs(calm), images, plan.Place(tmp_path), quiet)
    beside = sweep.train_group(jobs(calm + wild), images, plan.Place(tmp_path), quiet)
    store.save(STUDY, beside, tmp_path)
    frame = results.load(STUDY, tmp_path)
    assert frame.groupby("base_lr")["diverged"].any().to_dict() == {0.05: False, 1e6: True}
    for record in alone:
        twin = next(other for other in beside if other.run == record.run)
        for metric in METRICS:
            np.testing.assert_allclose(twin.epochs[metric], record.epochs[metric], rtol=1e-5)


def test_a_rerun_is_bit_identical(images: Data, tmp_path: Path) -> None:
    runs = [dataclasses.replace(BASE, seed=s, base_lr=lr) for s in (0, 1) for lr in (0.1, 0.01)]
    volatile = ["seconds", "trained_at", "commit"]
    tables = []
    for place in (tmp_path / "one", tmp_path / "two"):
        store.save(STUDY, sweep.train_group(jobs(runs), images, plan.Place(place), quiet), place)
        tables.append(results.load(STUDY, place).drop(columns=volatile))
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    one, two = (results.steps_path(STUDY, tmp_path / name) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_the_order_of_runs_in_a_group_does_not_matter(images: Data, tmp_path: Path) -> None:
    runs = [dataclasses.replace(BASE, seed=s, base_lr=lr) for s in (0, 1) for lr in (0.1, 0.01)]
    there, back = (
        sweep.train_group(jobs(order), images, plan.Place(tmp_path), quiet)
        for order in (runs, runs[::-1])
    )
    for record in there:
        twin = next(other for other in back if other.run == record.run)
        np.testing.assert_allclose(
            twin.epochs["val_loss"], record.epochs["val_loss"], rtol=1e-5, atol=0
        )


def test_runs_are_grouped_only_with_their_like(tmp_path: Path) -> None:
    runs = [
        dataclasses.replace(BASE, seed=seed, optimizer=optimizer, momentum=0.5, epochs=epochs)
        for seed in range(20)
        for optimizer in ("sgd", "adam")
        for epochs in (3, 4)
    ]
    groups = plan.plan(jobs(runs), plan.Place(tmp_path))
    assert sorted(job.run.seed for group in groups for job in group) == sorted(
        run.seed for run in runs
    )
    for group in groups:
        assert len({group_key(job.run) for job in group}) == 1
        assert len(group) <= plan.CPU_GROUP


def test_the_group_with_the_most_images_to_see_is_trained_first(tmp_path: Path) -> None:
    small, large = (
        Run(dataset="mnist-1000", epochs=90, base_lr=0.01),
        Run(dataset="mnist", epochs=2, base_lr=0.01),
    )
    todo = [plan.Job(STUDY, run, ()) for run in (small, large)]
    assert [group[0].run for group in plan.plan(todo, plan.Place(tmp_path))] == [large, small]


def test_the_time_an_epoch_took_is_stored_as_it_was_measured(
    images: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(0, 0.1)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    (record,) = sweep.train_group(jobs([BASE]), images, plan.Place(tmp_path), quiet)
    assert record.epochs["seconds"].dtype == np.float64
    np.testing.assert_allclose(record.epochs["seconds"], 0.1, rtol=1e-12)


def test_a_checkpoint_that_does_not_fit_on_the_disk_gets_one_sentence(
    images: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    place = plan.Place(tmp_path, checkpoint_seconds=0)
    with pytest.raises(ExperimentsError, match=r"a checkpoint could not be written .*: No space"):
        sweep.train_group(jobs([BASE]), images, place, quiet)


def test_a_group_that_does_not_fit_into_memory_is_halved(
    images: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, sizes = sweep.train_group, []

    def cramped(todo: list[plan.Job], *rest: object) -> list[records.Record]:
        sizes.append(len(todo))
        if len(todo) > 1:
            raise torch.OutOfMemoryError
        return real(todo, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(sweep, "train_group", cramped)
    runs = [dataclasses.replace(BASE, seed=seed) for seed in range(3)]
    sweep.train_and_save(jobs(runs), images, plan.Place(tmp_path), quiet)
    assert sizes == [3, 1, 2, 1, 1]
    assert len(results.read(STUDY, tmp_path).run_ids) == 3
