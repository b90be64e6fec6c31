"""The vectorised program equals one run of plain PyTorch, for every rule and schedule."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from experiments import data, reference, train
from experiments.settings import FORMULATIONS, Run
from tests.examples import EXAMPLE_SCHEDULES

BASE = Run(dataset="synthetic", base_lr=0.05, epochs=4, batch_size=64, record_from=1, record_to=20)
RULES = [
    *(
        dataclasses.replace(BASE, formulation=formulation, momentum=momentum)
        for formulation in FORMULATIONS
        for momentum in (0.0, 0.9)
    ),
    dataclasses.replace(BASE, optimizer="adam", momentum=0.9, base_lr=0.001),
    dataclasses.replace(BASE, optimizer="adamw", momentum=0.9, base_lr=0.001),
]


@pytest.fixture(scope="module")
def images() -> train.Data:
    """The synthetic images in float64, where rounding cannot hide a difference."""
    return train.on_device(data.load("synthetic"), torch.device("cpu"), torch.float64)


def trained(runs: Sequence[Run], images: train.Data) -> dict[Run, tuple[dict, dict]]:
    """Train the runs as one group; each run's epoch and step metrics."""
    group = train.start(runs, images)
    for _ in range(runs[0].epochs):
        train.train_epoch(group, images)
    return dict(zip(group.runs, train.histories(group), strict=True))


def assert_equals_reference(
    run: Run, epochs: dict, steps: dict, images: train.Data, tolerance: float = 1e-9
) -> None:
    """Compare every metric of every step and epoch with the plain loop."""
    rows = list(reference.train(run, images))
    for kind, kept in (("epoch", epochs), ("step", steps)):
        plain = [row for row in rows if kind in row]
        for name in train.EPOCH_METRICS if kind == "epoch" else train.STEP_METRICS:
            expected = [row.get(name, np.nan) for row in plain]
            np.testing.assert_allclose(
                kept[name], expected, rtol=tolerance, atol=1e-12, err_msg=f"{kind} {name} of {run}"
            )


def test_every_update_rule_equals_plain_pytorch_step_by_step(images: train.Data) -> None:
    dropping = [
        dataclasses.replace(run, schedule="StepLR", schedule_args={"step_size": 2}) for run in RULES
    ]
    for optimizer in ("sgd", "adam", "adamw"):
        runs = [run for run in dropping if run.optimizer == optimizer]
        for run, (epochs, steps) in trained(runs, images).items():
            assert_equals_reference(run, epochs, steps, images)


@pytest.mark.parametrize("schedule", EXAMPLE_SCHEDULES)
def test_every_schedule_equals_plain_pytorch_step_by_step(
    schedule: str, images: train.Data
) -> None:
    runs = [
        dataclasses.replace(
            BASE,
            schedule=schedule,
            schedule_args=EXAMPLE_SCHEDULES[schedule],
            momentum=momentum,
            formulation=formulation,
        )
        for momentum, formulation in ((0.0, "lr-outside"), (0.9, "lr-outside"), (0.9, "lr-inside"))
    ]
    for run, (epochs, steps) in trained(runs, images).items():
        assert_equals_reference(run, epochs, steps, images)
