"""Train many runs as one program.

Runs that share data, model, optimiser, batch size and length train together: their parameters
are the rows of one [M, D] tensor, learning rate and momentum are vectors of length M at every
step, and runs of one seed see the same batches from the same initial weights. A run that
diverges fills its own row with NaN and touches no other.

Speed, as `python -m experiments.bench` measured it on two cores of an AMD EPYC (Zen 3), CNN
8-16, batch 64, in core-seconds a run-epoch: one run of plain modules 17; torch.func-style
grouped convolution 13, channels_last 12, in both a third of it max-pooling; convolution as
im2col and matrix products no better, since the patches are nine times the image; the fused
kernel of kernels.py 3. Two processes of one thread each beat one process of two threads, so the
sweep uses a process a core (sweep.py). On a GPU each step is one CUDA graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from experiments import kernels, optimizers, schedules
from experiments.data import Images
from experiments.graphs import captured
from experiments.models import CNN, MODELS, initial_weights
from experiments.settings import Run

EPOCH_METRICS = ("lr", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "grad_norm")
STEP_METRICS = (
    *("lr", "batch_loss", "grad_norm", "buffer_norm", "update_norm"),
    *("cos_grad_buffer", "cos_updates", "val_loss"),
)
VAL_EVERY = 10  # steps between two validations inside a recorded window
EVAL_BATCH = 100


@dataclass(frozen=True)
class Data:
    """A data set on the device: images with a border of zeros [N, 30, 30] in [0, 1], labels [N]."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    val_images: torch.Tensor
    val_labels: torch.Tensor

    @property
    def size(self) -> int:
        """Number of training images."""
        return len(self.train_labels)


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
    epoch: int = 0
    history: list[dict[str, np.ndarray]] = field(default_factory=list)
    steps: list[dict[str, np.ndarray]] = field(default_factory=list)


def on_device(images: Images, device: torch.device, dtype: torch.dtype = torch.float32) -> Data:
    """Scale the pixels to [0, 1], add the border of zeros that a 3×3 convolution reads."""

    def scaled(pixels: torch.Tensor) -> torch.Tensor:
        return functional.pad(pixels.to(device, dtype) / 255, (1, 1, 1, 1))

    return Data(
        scaled(images.train_images),
        images.train_labels.to(device),
        scaled(images.val_images),
        images.val_labels.to(device),
    )


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


def start(runs: Sequence[Run], data: Data) -> Group:
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
    steps = -(-data.size // runs[0].batch_size)
    arrays = start_schedules(runs, [steps] * len(runs))
    plateaus = {
        number: schedules.build(run, schedules.dummy_optimizer(run), steps)
        for number, run in enumerate(runs)
        if schedules.SCHEDULES[run.schedule].unit == "metric"
    }
    lr, momentum = (np.stack(array, axis=1) for array in zip(*arrays, strict=True))
    last_update = torch.zeros_like(weights) if runs[0].record_to else weights.new_empty(0)
    return Group(runs, weights, moments, last_update, lr, momentum, plateaus)


def start_schedules(
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


def logits(
    weights: Sequence[torch.Tensor],
    images: torch.Tensor,
    first_of: torch.Tensor,
    seed_of: torch.Tensor,
) -> torch.Tensor:
    """Run M networks: images [S, B, 30, 30] → logits [M, 10, B]; layouts as in kernels.py."""
    w3, b3, w4, b4 = weights[4:]
    x = kernels.features(images, first_of, seed_of, weights[:4]).transpose(1, 2)
    # Weights on the left: their gradient then comes out in their own layout, without a copy.
    x = functional.relu(torch.baddbmm(b3.unsqueeze(2), w3, x))
    return torch.baddbmm(b4.unsqueeze(2), w4, x)


def layers(model: CNN, weights: torch.Tensor) -> list[torch.Tensor]:
    """Return views of [M, D] parameters shaped like the layers, as leaves for autograd."""
    sizes = [int(np.prod(shape)) for shape in model.shapes]
    parts = weights.split(sizes, dim=1)
    return [
        part.unflatten(1, shape).detach().requires_grad_()
        for part, shape in zip(parts, model.shapes, strict=True)
    ]


@torch.no_grad()
def evaluate(group: Group, data: Data) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean loss and accuracy over the validation images, each [M]."""
    model, count = MODELS[group.runs[0].model], len(group.runs)
    device = group.weights.device
    parts = layers(model, group.weights)
    everyone = torch.tensor([0, count], device=device)
    same = torch.zeros(count, dtype=torch.int64, device=device)
    loss = torch.zeros(count, dtype=group.weights.dtype, device=device)
    correct = torch.zeros_like(loss)
    for at in range(0, len(data.val_labels), EVAL_BATCH):
        labels = data.val_labels[at : at + EVAL_BATCH].expand(count, -1)
        out = logits(parts, data.val_images[None, at : at + EVAL_BATCH], everyone, same)
        loss += functional.cross_entropy(out, labels, reduction="none").sum(1)
        correct += (out.argmax(1) == labels).sum(1)
    return loss / len(data.val_labels), correct / len(data.val_labels)


# (image numbers [S, B], coefficients [K, M]) → updates in place
Step = Callable[[torch.Tensor, torch.Tensor], None]


@dataclass(frozen=True)
class Totals:
    """Sums over an epoch's steps [M], and the metrics of the last recorded step [6, M]."""

    loss: torch.Tensor
    correct: torch.Tensor
    grad_norm: torch.Tensor
    last_step: torch.Tensor


def zero_totals(group: Group) -> Totals:
    """Return the sums at the start of an epoch."""
    like, count = group.weights, len(group.runs)
    loss, correct, grad_norm = (like.new_zeros(count) for _ in range(3))
    return Totals(loss, correct, grad_norm, like.new_zeros(6, count))


def make_step(group: Group, data: Data, totals: Totals, record: bool) -> Step:
    """Return the training step: (image numbers [S, B], coefficients [K, M]) → in-place updates."""
    model = MODELS[group.runs[0].model]
    device = group.weights.device
    seeds = sorted({run.seed for run in group.runs})
    seed_of = torch.tensor([seeds.index(run.seed) for run in group.runs], device=device)
    bounds = [sum(run.seed < seed for run in group.runs) for seed in seeds] + [len(group.runs)]
    first_of = torch.tensor(bounds, device=device)
    parts = layers(model, group.weights)
    update = optimizers.sgd_step if group.moments.second is None else optimizers.adam_step

    def step(chosen: torch.Tensor, coefficients: torch.Tensor) -> None:
        labels = data.train_labels[chosen][seed_of]
        out = logits(parts, data.train_images[chosen], first_of, seed_of)
        loss = functional.cross_entropy(out, labels, reduction="none").mean(1)
        gradients = torch.autograd.grad(loss.sum(), parts)
        with torch.no_grad():
            gradient = torch.cat([part.flatten(1) for part in gradients], dim=1)
            before = group.weights.clone() if record else None
            update(group.weights, gradient, group.moments, coefficients)
            grad_norm = gradient.norm(dim=1)
            totals.loss.add_(loss)
            totals.correct.add_((out.argmax(1) == labels).sum(1))
            totals.grad_norm.add_(grad_norm)
            if before is not None:
                buffer, change = group.moments.first, group.weights - before
                row = (
                    loss,
                    grad_norm,
                    buffer.norm(dim=1),
                    change.norm(dim=1),
                    functional.cosine_similarity(gradient, buffer, dim=1),
                    functional.cosine_similarity(change, group.last_update, dim=1),
                )
                totals.last_step.copy_(torch.stack(row))
                group.last_update.copy_(change)

    return step


def coefficients(group: Group, first: int, last: int) -> np.ndarray:
    """Return the update's coefficients for steps first … last − 1 (from 0): [steps, K, M]."""
    # One step earlier too: the corrected forms look at the LR of the step before.
    since = max(0, first - 1)
    columns = []
    for number, run in enumerate(group.runs):
        lr, momentum = group.lr[since:last, number], group.momentum[since:last, number]
        if run.optimizer == "sgd":
            rows = optimizers.sgd_coefficients(run.formulation, lr, momentum)
        else:
            decay = optimizers.ADAMW_WEIGHT_DECAY if run.optimizer == "adamw" else 0.0
            rows = optimizers.adam_coefficients(lr, momentum, since + 1, decay)
        columns.append(rows[:, first - since :])
    return np.stack(columns, axis=2).transpose(1, 0, 2)


def train_epoch(group: Group, data: Data) -> None:
    """Train one epoch and validate; appends to the group's history."""
    like = group.weights
    batch = group.runs[0].batch_size
    steps = -(-data.size // batch)
    first = group.epoch * steps
    table = torch.from_numpy(coefficients(group, first, first + steps)).to(like)
    seeds = sorted({run.seed for run in group.runs})
    order = torch.stack([epoch_order(seed, group.epoch + 1, data.size) for seed in seeds])
    order = order.to(like.device)
    totals = zero_totals(group)
    # The updates are compared with the one before, so recording begins a step early.
    window = range(group.runs[0].record_from - 1, group.runs[0].record_to + 1)
    known: dict[tuple[bool, int], Step] = {}
    for number in range(steps):
        now = first + number + 1
        record = group.runs[0].record_to > 0 and now in window
        chosen = order[:, number * batch : (number + 1) * batch]
        shape = (record, chosen.shape[1])
        if shape not in known:
            step = make_step(group, data, totals, record)
            state = [
                group.weights,
                group.last_update,
                *vars(group.moments).values(),
                *vars(totals).values(),
            ]
            known[shape] = captured(step, (chosen, table[number]), state)
        known[shape](chosen, table[number])
        if record and now >= group.runs[0].record_from:
            _note_step(group, data, totals, now, first + number)
    _note_epoch(group, data, totals, first, steps)


def _note_step(group: Group, data: Data, totals: Totals, now: int, number: int) -> None:
    values = totals.last_step.cpu().numpy().astype(np.float64)
    if now == 1:
        values[5] = np.nan  # there is no update before the first
    row = dict(zip(STEP_METRICS[1:7], values, strict=True))
    row["lr"] = group.lr[number].copy()
    row["val_loss"] = np.full(len(group.runs), np.nan)
    if (now - group.runs[0].record_from) % VAL_EVERY == 0:
        row["val_loss"] = evaluate(group, data)[0].cpu().numpy().astype(np.float64)
    group.steps.append(row)


def _note_epoch(group: Group, data: Data, totals: Totals, first: int, steps: int) -> None:
    val_loss, val_accuracy = evaluate(group, data)
    row = {
        "train_loss": totals.loss / steps,
        "train_accuracy": totals.correct / data.size,
        "val_loss": val_loss,
        "val_accuracy": val_accuracy,
        "grad_norm": totals.grad_norm / steps,
    }
    values = {name: value.cpu().numpy().astype(np.float64) for name, value in row.items()}
    values["lr"] = group.lr[first].copy()
    group.history.append(values)
    group.epoch += 1
    for number, scheduler in group.plateaus.items():
        metric = "val_accuracy" if scheduler.mode == "max" else "val_loss"
        scheduler.step(values[metric][number])
        group.lr[first + steps :, number] = scheduler.optimizer.param_groups[0]["lr"]


def histories(group: Group) -> list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Return each run's epoch metrics [epochs] and step metrics [recorded steps], in order."""
    first = group.runs[0].record_from
    per_epoch = -(-len(group.lr) // group.runs[0].epochs)
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
