"""Which runs train together, and where: jobs into groups, as many as there are workers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch

from experiments import checkpoints, data, train
from experiments.groups import group_key
from experiments.models import MODELS
from experiments.settings import Run, run_id

# On a CPU larger groups gain nothing, and a group is what an interruption can lose.
CPU_GROUP = 8
CHECKPOINT_SECONDS = 120.0


@dataclass(frozen=True)
class Job:
    """A run that a study wants."""

    study: str
    run: Run
    witness: tuple[float, ...]


@dataclass(frozen=True)
class Place:
    """Where to train and what to keep there."""

    directory: Path
    device: str = "cpu"
    commit: str = "unknown"
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    data_folder: Path = data.DATA


def jobs_for(study: str, runs: Sequence[Run], witnesses: dict[str, list[float]]) -> list[Job]:
    """Return a study's runs as jobs, each with its witness."""
    unique = {run_id(run): run for run in runs}
    return [Job(study, run, tuple(witnesses[key])) for key, run in unique.items()]


def workers(device: str) -> int:
    """Return how many processes train at once: one a core this process may use, or one GPU."""
    if device != "cpu":
        return 1
    # Not every system can say which cores are this process's own.
    own = getattr(os, "sched_getaffinity", None)
    return len(own(0)) if own else os.cpu_count() or 1


def group_limit(device: str, model: str, batch_size: int) -> int:
    """Return how many runs train together at most, by the memory at hand."""
    if device == "cpu":
        return CPU_GROUP
    free, _ = torch.cuda.mem_get_info(device)
    cnn = MODELS[model]
    # Per image: both convolutions before and after pooling, with their gradients.
    floats = 28 * 28 * cnn.channels[0] * 5 // 4 + 14 * 14 * cnn.channels[1] * 5 // 4
    images = max(batch_size, train.EVAL_BATCH)
    per_run = 4 * (2 * images * floats + 8 * cnn.parameter_count)
    return max(1, int(min(free * 0.5, 16e9) // (2 * per_run)))


def plan(jobs: Sequence[Job], place: Place) -> list[tuple[Job, ...]]:
    """Divide jobs into groups that can train together, the longest first.

    Runs with a checkpoint are grouped with those at the same epoch. There are at least as many
    groups as workers where there are runs enough.
    """
    alike: dict[tuple[object, ...], list[Job]] = {}
    for job in jobs:
        key = (job.study, *group_key(job.run), _epochs_done(job, place))
        alike.setdefault(key, []).append(job)
    groups: list[tuple[int, tuple[Job, ...]]] = []
    for members in alike.values():
        done = _epochs_done(members[0], place)
        run = members[0].run
        limit = group_limit(place.device, run.model, run.batch_size)
        count = max(-(-len(members) // limit), min(workers(place.device), len(members)))
        members.sort(key=lambda job: (job.run.seed, job.run.base_lr))
        bounds = [len(members) * i // count for i in range(count + 1)]
        images = data.DATASETS[run.dataset].train_size * (run.epochs - done)
        cost = MODELS[run.model].multiply_adds * images
        groups += [
            (cost * (last - first), tuple(members[first:last])) for first, last in pairwise(bounds)
        ]
    groups.sort(key=lambda item: -item[0])
    return [members for _, members in groups]


def epochs_left(jobs: Sequence[Job], place: Place) -> int:
    """Return the epochs that jobs have still to train, beyond their checkpoints."""
    return sum(job.run.epochs - _epochs_done(job, place) for job in jobs)


def _epochs_done(job: Job, place: Place) -> int:
    return checkpoints.epoch(checkpoints.path(job.run, job.witness, place.directory))
