"""The witness: what the present code computes, in a few numbers, for a run's settings.

A stored run is stale when the code now trains it to other weights. So each run keeps the outcome
of a miniature of itself: float64, on the CPU, twelve steps on synthetic images, at learning rates
taken evenly from its whole schedule. Recomputing it takes milliseconds. A rename leaves it as it
is; another network, update rule, initialisation, data order or planned schedule does not.

What it does not see: accuracies, means over an epoch, step metrics, the test part, and how
ReduceLROnPlateau reacts. Whoever changes one of these trains with ``--force``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
import torch

from experiments import data, train
from experiments.groups import Data, epoch_order, group_key, materialise_all, on_device, start_group
from experiments.settings import Run, run_id

STEPS = 12
BATCH = 32
# Other processors and library versions round differently in the last of 16 digits; a large LR
# amplifies that. A changed rule shows in the first few digits.
TOLERANCE = 1e-6


def witness(runs: Iterable[Run]) -> dict[str, list[float]]:
    """Return the witness of each run, by run id.

    Returns
    -------
    dict
        run id → 15 numbers: the loss of each step, the final validation loss, the norm of the
        final weights, their distance from the initial ones.
    """
    runs = list(runs)
    # Seeds, lengths and recorded windows do not enter: miniatures of one setting are one run.
    miniatures = {run_id(run): (_miniature(run), run) for run in runs}
    images = on_device(data.load("synthetic"), torch.device("cpu"), torch.float64)
    groups: dict[tuple[object, ...], dict[Run, Run]] = {}
    for small, run in miniatures.values():
        groups.setdefault(group_key(small), {}).setdefault(small, run)
    values: dict[Run, list[float]] = {}
    for members in groups.values():
        values |= _train(members, images)
    return {identity: values[small] for identity, (small, _) in miniatures.items()}


def differs(stored: Sequence[float], present: Sequence[float]) -> bool:
    """Return whether a stored witness is not what the present code computes."""
    return len(stored) != len(present) or not np.allclose(
        stored, present, rtol=TOLERANCE, atol=1e-12, equal_nan=True
    )


def _miniature(run: Run) -> Run:
    return dataclasses.replace(
        run, dataset="synthetic", batch_size=BATCH, seed=0, record_from=0, record_to=0
    )


def _train(members: dict[Run, Run], images: Data) -> dict[Run, list[float]]:
    # A stack of one run each would do; together they cost little more than the slowest.
    group = start_group(list(members), images)
    full = materialise_all(
        [members[small] for small in group.runs],
        [data.steps_per_epoch(members[s].dataset, members[s].batch_size) for s in group.runs],
    )
    picked = [np.linspace(0, len(lr) - 1, STEPS).round().astype(int) for lr, _ in full]
    lr = np.stack([lr[at] for (lr, _), at in zip(full, picked, strict=True)], axis=1)
    momentum = np.stack([mu[at] for (_, mu), at in zip(full, picked, strict=True)], axis=1)
    group = dataclasses.replace(group, lr=lr, momentum=momentum)
    initial = group.weights.clone()
    step = train.make_step(group, images, record=False)
    coefficients = torch.from_numpy(train.coefficients(group, 0, STEPS))
    order = torch.cat([epoch_order(0, epoch, images.size) for epoch in (1, 2)])
    losses = []
    for number in range(STEPS):
        before = group.totals.loss.clone()
        step(order[None, number * BATCH : (number + 1) * BATCH], coefficients[number])
        losses.append(group.totals.loss - before)
    moved = (group.weights - initial).norm(dim=1)
    val_loss, _ = train.evaluate(group, images.val_images, images.val_labels)
    rows = torch.stack([*losses, val_loss, group.weights.norm(dim=1), moved])
    return dict(zip(group.runs, rows.T.tolist(), strict=True))
