"""Train many runs as one program.

Runs that share data, model, optimiser, batch size and length train together: their parameters
are the rows of one [M, D] tensor, learning rate and momentum are vectors of length M at every
step, and runs of one seed see the same batches from the same initial weights. A run that
diverges fills its own row with NaN and touches no other.

What was tried on one core of an AMD EPYC (Zen 3), CNN 8-16, batch 64, in core-seconds a
run-epoch: one run of stock modules took 17; M runs as one grouped convolution 13, in the
channels_last format 12, a third of either in max-pooling; the fused kernel of kernels.py takes 3
to 5, as the neighbours on that machine allow. Convolution as im2col and matrix products would
have to write patches nine times the size of the image, and a kernel that keeps each window in
registers writes none. Two other forms of its backward pass, the two gradients in separate loops
and the windows gathered first, were up to 2.6 and 1.6 times slower. `make bench` repeats the
comparison of the kernel with grouped convolution. A sweep uses a process a core with one thread
each, so that nothing waits (sweep.py). On a GPU the convolution is grouped and each step is one
CUDA graph (graphs.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from experiments import convolution, optimizers
from experiments.graphs import captured
from experiments.groups import Data, Group, Step, changing, epoch_order
from experiments.models import CNN, MODELS
from experiments.records import STEP_METRICS, TEST_METRICS
from experiments.settings import Run

# Steps between two validations inside a recorded window, which holds about a hundred at most.
VAL_EVERY, VALIDATIONS = 10, 100
EVAL_BATCH = 100


def logits(
    weights: Sequence[torch.Tensor],
    images: torch.Tensor,
    first_of: torch.Tensor,
    seed_of: torch.Tensor,
) -> torch.Tensor:
    """Run M networks: images [S, B, 30, 30] → logits [M, 10, B]; layouts as in convolution.py."""
    w3, b3, w4, b4 = weights[4:]
    x = convolution.features(images, first_of, seed_of, weights[:4]).transpose(1, 2)
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
def evaluate(
    group: Group, images: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean loss and accuracy over images [N, 30, 30] and their labels [N], each [M]."""
    model, count = MODELS[group.runs[0].model], len(group.runs)
    device = group.weights.device
    parts = layers(model, group.weights)
    everyone = torch.tensor([0, count], device=device)
    same = torch.zeros(count, dtype=torch.int64, device=device)
    loss = torch.zeros(count, dtype=group.weights.dtype, device=device)
    correct = torch.zeros_like(loss)
    for at in range(0, len(labels), EVAL_BATCH):
        truth = labels[at : at + EVAL_BATCH].expand(count, -1)
        out = logits(parts, images[None, at : at + EVAL_BATCH], everyone, same)
        loss += functional.cross_entropy(out, truth, reduction="none").sum(1)
        correct += (out.argmax(1) == truth).sum(1)
    return loss / len(labels), correct / len(labels)


def update_rule(group: Group, record: bool) -> optimizers.Update:
    """Return the cheapest update that is right for every run of the group.

    A recorded step needs the buffer even where nothing is kept in it.
    """
    if group.moments.second is not None:
        return optimizers.adam_step
    formulations = {run.formulation for run in group.runs}
    if "nesterov" in formulations:
        return optimizers.nesterov_step
    plain = formulations == {"lr-outside"} and not group.momentum.any()
    return optimizers.plain_step if plain and not record else optimizers.sgd_step


def make_step(group: Group, data: Data, record: bool) -> Step:
    """Return the training step: (image numbers [S, B], coefficients [K, M]) → in-place updates."""
    model = MODELS[group.runs[0].model]
    device = group.weights.device
    seed_of = torch.tensor([group.seeds.index(run.seed) for run in group.runs], device=device)
    bounds = [sum(run.seed < s for run in group.runs) for s in group.seeds] + [len(group.runs)]
    first_of = torch.tensor(bounds, device=device)
    parts = layers(model, group.weights)
    totals = group.totals
    update = update_rule(group, record)

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
    steps = data.steps(batch)
    first = group.epoch * steps
    table = torch.from_numpy(coefficients(group, first, first + steps)).to(like)
    order = torch.stack([epoch_order(s, group.epoch + 1, data.size) for s in group.seeds])
    order = order.to(like.device)
    for total in vars(group.totals).values():
        total.zero_()
    # The updates are compared with the one before, so recording begins a step early.
    window = range(group.runs[0].record_from - 1, group.runs[0].record_to + 1)
    for number in range(steps):
        now = first + number + 1
        record = group.runs[0].record_to > 0 and now in window
        chosen = order[:, number * batch : (number + 1) * batch]
        shape = (record, chosen.shape[1])
        if shape not in group.programs:
            step = make_step(group, data, record)
            group.programs[shape] = captured(step, (chosen, table[number]), changing(group))
        group.programs[shape](chosen, table[number])
        if record and now >= group.runs[0].record_from:
            _note_step(group, data, now, first + number)
    _note_epoch(group, data, first, steps)


def val_every(run: Run) -> int:
    """Return the steps from one validation inside the recorded window to the next."""
    return max(VAL_EVERY, run.steps // VALIDATIONS)


def _note_step(group: Group, data: Data, now: int, number: int) -> None:
    values = group.totals.last_step.cpu().numpy().astype(np.float64)
    if now == 1:
        values[5] = np.nan  # there is no update before the first
    row = dict(zip(STEP_METRICS[1:7], values, strict=True))
    row["lr"] = group.lr[number].copy()
    row["val_loss"] = np.full(len(group.runs), np.nan)
    if (now - group.runs[0].record_from) % val_every(group.runs[0]) == 0:
        val_loss, _ = evaluate(group, data.val_images, data.val_labels)
        row["val_loss"] = val_loss.cpu().numpy().astype(np.float64)
    group.steps.append(row)


def _note_epoch(group: Group, data: Data, first: int, steps: int) -> None:
    totals = group.totals
    val_loss, val_accuracy = evaluate(group, data.val_images, data.val_labels)
    row = {
        "train_loss": totals.loss / steps,
        "train_accuracy": totals.correct / data.size,
        "val_loss": val_loss,
        "val_accuracy": val_accuracy,
        "grad_norm": totals.grad_norm / steps,
    }
    if len(data.test_labels):
        test = evaluate(group, data.test_images, data.test_labels)
        row |= dict(zip(TEST_METRICS, test, strict=True))
    values = {name: value.cpu().numpy().astype(np.float64) for name, value in row.items()}
    values["lr"] = group.lr[first].copy()
    group.history.append(values)
    group.epoch += 1
    for number, scheduler in group.plateaus.items():
        metric = "val_accuracy" if scheduler.mode == "max" else "val_loss"
        scheduler.step(values[metric][number])
        group.lr[first + steps :, number] = scheduler.optimizer.param_groups[0]["lr"]
