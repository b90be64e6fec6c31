"""Kill real sweeps at random moments and start them again: python -m tests.kill_sweeps DIR N.

Forks a sweep of synthetic runs, SIGKILLs it, checks the store, forks the next, until N were
killed; a store that is complete is compared with an undisturbed one and the next directory
begins. Prints the number of kills, and how many of them fell into an unfinished sweep.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from experiments import data, plan, results, sweep, witness
from experiments.groups import Data, on_device
from experiments.settings import Run, run_id

STUDY = "fixed-lr"
RUNS = [
    Run(dataset="synthetic", epochs=2, base_lr=lr, seed=seed, record_from=3, record_to=8)
    for lr in (0.1, 0.01, 0.001)
    for seed in (0, 1)
]


def train_missing(directory: Path, images: Data, witnesses: dict[str, list[float]]) -> None:
    """Train what is not stored, two runs at a time, with a checkpoint after every epoch."""
    place = plan.Place(directory, checkpoint_seconds=0)
    there = results.read(STUDY, directory).run_ids
    missing = [run for run in RUNS if run_id(run) not in there]
    jobs = plan.jobs_for(STUDY, missing, witnesses)
    for pair in (jobs[i : i + 2] for i in range(0, len(jobs), 2)):
        sweep.train_and_save(pair, images, place, lambda event: None)


def numbers(directory: Path) -> dict[str, tuple[float, ...]]:
    """What was measured, by run: the digest covers every metric of every epoch and step."""
    return dict(results.load(STUDY, directory)[["run_id", "digest"]].drop_duplicates().values)


def main(directory: Path, kills: int) -> None:
    """Kill until `kills` have been dealt; an assertion fails where something was lost."""
    torch.set_num_threads(1)
    chance = random.Random(0)
    images = on_device(data.load("synthetic"), torch.device("cpu"))
    witnesses = witness.witness(RUNS)
    train_missing(directory / "undisturbed", images, witnesses)  # also warms everything up
    began = time.monotonic()
    train_missing(directory / "timed", images, witnesses)
    usual = time.monotonic() - began
    expected = numbers(directory / "undisturbed")
    dealt = unfinished = attempt = 0
    finished: frozenset[str] = frozenset()
    while dealt < kills:
        place = directory / str(attempt)
        child = os.fork()
        if child == 0:
            train_missing(place, images, witnesses)
            os._exit(0)
        time.sleep(chance.uniform(0, usual / 2))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        dealt += os.WIFSIGNALED(status)
        stored = results.read(STUDY, place)
        assert not stored.problems, stored.problems
        assert finished <= stored.run_ids, "a finished run was lost"
        finished = stored.run_ids
        unfinished += len(finished) < len(RUNS)
        if len(finished) == len(RUNS):
            assert numbers(place) == expected, "an interrupted sweep ended with other numbers"
            attempt, finished = attempt + 1, frozenset()
    print(dealt, unfinished, attempt)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
