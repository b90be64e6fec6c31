"""Runs that train together: their data on the device, their state, where they start and end.

Runs that share data, model, optimiser, batch size and length form a group: their parameters are
the rows of one [M, D] tensor, and runs of one seed start from the same weights and see the same
batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from experiments import optimizers, schedules
from experiments.data import Images
from experiments.models import initial_weights
from experiments.records import STEP_METRICS
from experiments.settings import Run


@dataclass(frozen=True)
class Data:
    """A data set on the device: images with a border of zeros [N, 30, 30] in [0, 1], labels [N]."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    val_images: torch.Tensor
    val_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor

    @property
    def size(self) -> int:
        """Number of training images."""
        return len(self.train_labels)

    def steps(self, batch_size: int) -> int:
        """Return the optimiser steps of one epoch; the last, smaller batch counts."""
        return -(-self.size // batch_size)


# (image numbers [S, B], coefficients [K, M]) → updates in place
Step = Callable[[torch.Tensor, torch.Tensor], None]


@dataclass(frozen=True)
class Totals:
    """Sums over an epoch's steps [M], and the metrics of the last recorded step [6, M]."""

    loss: torch.Tensor
    correct: torch.Tensor
    grad_norm: torch.Tensor
    last_step: torch.Tensor


@dataclass
class Group:
    """Runs in training: their settings, and everything that changes as they train.

    Runs are sorted by seed; ``history`` and ``steps`` hold one dict of [M] arrays an epoch and
    a recorded step.
    """

    runs: tuple[Run, ...]
    weights: torch.Tensor  # [M, D]
    moments: optimizers.Moments
    last_update: torch.Tensor  # [M, D] where steps are recorded, else empty
    lr: np.ndarray  # [epochs · steps per epoch, M]
    momentum: np.ndarray  # the same
    plateaus: dict[int, Any]  # run number -> the PyTorch scheduler that reacts to it
    totals: Totals
    programs: dict[tuple[bool, int], Step] = field(default_factory=dict)  # (record, batch) -> step
    epoch: int = 0
    history: list[dict[str, np.ndarray]] = field(default_factory=list)
    steps: list[dict[str, np.ndarray]] = field(default_factory=list)

    @property
    def seeds(self) -> list[int]:
        """The seeds of the runs, in order, each once."""
        return sorted({run.seed for run in self.runs})


def on_device(images: Images, device: torch.device, dtype: torch.dtype = torch.float32) -> Data:
    """Scale the pixels to [0, 1], add the border of zeros that a 3×3 convolution reads."""

    def scaled(pixels: torch.Tensor) -> torch.Tensor:
        return functional.pad(pixels.to(device, dtype) / 255, (1, 1, 1, 1))

    return Data(
        scaled(images.train_images),
        images.train_labels.to(device),
        scaled(images.val_images),
        images.val_labels.to(device),
        scaled(images.test_images),
        images.test_labels.to(device),
    )


def set_up_torch(threads: int) -> None:
    """Set what every training process shares: its threads, and float32 that is float32.

    On a GPU, PyTorch would otherwise round the inputs of convolutions to TF32's ten bits, and
    might choose algorithms whose sums come in another order each time.
    """
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def group_key(run: Run) -> tuple[object, ...]:
    """Return what runs must share to train together."""
    return (
        run.dataset,
        run.model,
        run.optimizer,
        run.batch_size,
        run.epochs,
        run.record_from,
        run.record_to,
    )


def start_group(runs: Sequence[Run], data: Data) -> Group:
    """Return the runs, sorted by seed, with their initial weights and LR of every step.

    Raises
    ------
    ValueError
        If the runs cannot train together.
    """
    if len({group_key(run) for run in runs}) != 1:
        raise ValueError("runs of one group share data, model, optimiser, batch size and length")
    runs = tuple(sorted(runs, key=lambda run: run.seed))
    like = data.train_images
    initial = {run.seed: initial_weights(run.model, run.seed) for run in runs}
    weights = torch.stack([initial[run.seed] for run in runs]).to(like.device, like.dtype)
    adaptive = runs[0].optimizer != "sgd"
    moments = optimizers.Moments(
        torch.zeros_like(weights), torch.zeros_like(weights) if adaptive else None
    )
    steps = data.steps(runs[0].batch_size)
    arrays = materialise_all(runs, [steps] * len(runs))
    plateaus = {
        number: schedules.build(run, schedules.dummy_optimizer(run), steps)
        for number, run in enumerate(runs)
        if schedules.SCHEDULES[run.schedule].unit == "metric"
    }
    lr, momentum = (np.stack(array, axis=1) for array in zip(*arrays, strict=True))
    last_update = torch.zeros_like(weights) if runs[0].record_to else weights.new_empty(0)
    loss, correct, grad_norm = (weights.new_zeros(len(runs)) for _ in range(3))
    totals = Totals(loss, correct, grad_norm, weights.new_zeros(6, len(runs)))
    return Group(runs, weights, moments, last_update, lr, momentum, plateaus, totals)


def materialise_all(
    runs: Sequence[Run], steps_per_epoch: Sequence[int]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return LR and momentum of every step of each run; seeds share them, so each is made once."""
    made: dict[tuple[Run, int], tuple[np.ndarray, np.ndarray]] = {}
    keys = [(replace(run, seed=0), steps) for run, steps in zip(runs, steps_per_epoch, strict=True)]
    for run, steps in set(keys):
        made[run, steps] = schedules.materialise(run, steps)
    return [made[key] for key in keys]


def epoch_order(seed: int, epoch: int, size: int) -> torch.Tensor:
    """Return the order of the training images in one epoch (from 1) of a seed, on the CPU."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return torch.randperm(size, generator=generator)


def changing(group: Group) -> list[torch.Tensor | None]:
    """Return every tensor that a training step changes."""
    moments, totals = vars(group.moments).values(), vars(group.totals).values()
    return [group.weights, group.last_update, *moments, *totals]


def histories(group: Group) -> list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Return each run's epoch metrics [epochs] and step metrics [recorded steps], in order."""
    first = group.runs[0].record_from
    per_epoch = len(group.lr) // group.runs[0].epochs
    number = np.arange(first, first + len(group.steps))
    return [
        (
            {name: np.array([row[name][m] for row in group.history]) for name in group.history[0]},
            {
                "step": number,
                "epoch": (number - 1) // per_epoch + 1,
                **{name: np.array([row[name][m] for row in group.steps]) for name in STEP_METRICS},
            }
            if group.steps
            else {},
        )
        for m in range(len(group.runs))
    ]
