"""The vectorised program equals one run of plain PyTorch, for every rule and schedule."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from experiments import convolution, data, optimizers, reference, train
from experiments.groups import Data, epoch_order, histories, on_device, start_group
from experiments.models import MODELS, initial_weights
from experiments.records import STEP_METRICS, metrics
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
def images() -> Data:
    """The synthetic images in float64, where rounding cannot hide a difference."""
    return on_device(data.load("synthetic"), torch.device("cpu"), torch.float64)


def trained(runs: Sequence[Run], images: Data) -> dict[Run, tuple[dict, dict]]:
    """Train the runs as one group; each run's epoch and step metrics."""
    group = start_group(runs, images)
    for _ in range(runs[0].epochs):
        train.train_epoch(group, images)
    return dict(zip(group.runs, histories(group), strict=True))


def assert_equals_reference(
    run: Run, epochs: dict, steps: dict, images: Data, tolerance: float = 1e-9
) -> None:
    """Compare every metric of every step and epoch with the plain loop."""
    rows = list(reference.train(run, images))
    for kind, kept in (("epoch", epochs), ("step", steps)):
        plain = [row for row in rows if kind in row]
        for name in metrics(run) if kind == "epoch" else STEP_METRICS:
            expected = [row.get(name, np.nan) for row in plain]
            np.testing.assert_allclose(
                kept[name], expected, rtol=tolerance, atol=1e-12, err_msg=f"{kind} {name} of {run}"
            )


def test_every_update_rule_equals_plain_pytorch_step_by_step(images: Data) -> None:
    dropping = [
        dataclasses.replace(run, schedule="StepLR", schedule_args={"step_size": 2}) for run in RULES
    ]
    for optimizer in ("sgd", "adam", "adamw"):
        runs = [run for run in dropping if run.optimizer == optimizer]
        for run, (epochs, steps) in trained(runs, images).items():
            assert_equals_reference(run, epochs, steps, images)


# PyTorch warns of the misplaced call that one of the schedules is about.
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step")
@pytest.mark.parametrize("schedule", EXAMPLE_SCHEDULES)
def test_every_schedule_equals_plain_pytorch_step_by_step(schedule: str, images: Data) -> None:
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


def test_where_validation_is_held_out_the_test_images_are_measured_too() -> None:
    name = "synthetic-held-out"
    images = on_device(data.load(name), torch.device("cpu"), torch.float64)
    run = dataclasses.replace(BASE, dataset=name, record_to=12)
    ((_, (epochs, steps)),) = trained([run], images).items()
    assert {"test_loss", "test_accuracy"} <= set(epochs)
    assert_equals_reference(run, epochs, steps, images)


def test_the_unit_witness_of_the_two_formulations() -> None:
    # By hand: g = 1, μ = 0.9, one step at 0.1 and one at 0.01 from θ = 0.
    lr, momentum = np.array([0.1, 0.01]), np.array([0.9, 0.9])
    ends = {}
    for formulation in FORMULATIONS:
        table = torch.from_numpy(optimizers.sgd_coefficients(formulation, lr, momentum))
        theta, one = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
        moments = optimizers.Moments(torch.zeros_like(theta), None)
        for step in range(2):
            optimizers.nesterov_step(theta, one, moments, table[:, step : step + 1])
        ends[formulation] = theta.item()
    assert ends["lr-outside"] == pytest.approx(-0.119)
    assert ends["lr-inside"] == pytest.approx(-0.200)
    assert ends["corrected"] == pytest.approx(ends["lr-outside"])
    assert ends["wrongly-corrected"] == pytest.approx(-0.1 - 0.01 * 1.09)


@pytest.mark.parametrize("model", ["cnn-8-16", "cnn-16-32"])
def test_the_fused_kernel_equals_pytorchs_convolution_and_pooling(model: str) -> None:
    generator = torch.Generator().manual_seed(0)
    networks, seed_of = 5, torch.tensor([0, 0, 0, 1, 1])
    images = torch.zeros(2, 7, 30, 30, dtype=torch.float64)
    pixels = torch.rand(2, 7, 28, 28, generator=generator, dtype=torch.float64)
    images[:, :, 1:-1, 1:-1] = pixels * (pixels > 0.6)  # large ties, as in MNIST's background
    parameters = [
        (torch.rand(networks, *shape, generator=generator, dtype=torch.float64) - 0.5)
        .mul_(0.5)
        .requires_grad_()
        for shape in MODELS[model].shapes[:4]
    ]
    fused = convolution.features(images, torch.tensor([0, 3, 5]), seed_of, tuple(parameters))
    plain = convolution.grouped_features(images, seed_of, tuple(parameters))
    torch.testing.assert_close(fused, plain, rtol=1e-12, atol=1e-12)
    weight = torch.rand(fused.shape, generator=generator, dtype=torch.float64) - 0.5
    for one, other in zip(
        torch.autograd.grad((fused * weight).sum(), parameters),
        torch.autograd.grad((plain * weight).sum(), parameters),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


def test_the_cheap_update_without_momentum_equals_the_general_one_to_the_last_bit() -> None:
    generator = torch.Generator().manual_seed(0)
    weights, gradient = torch.rand(2, 3, 50, generator=generator)
    lr = np.array([0.1, 0.01, 0.3])
    table = torch.from_numpy(optimizers.sgd_coefficients("lr-outside", lr, np.zeros(3))).float()
    ends = []
    for update in (optimizers.sgd_step, optimizers.plain_step):
        theta = weights.clone()
        update(theta, gradient, optimizers.Moments(torch.zeros_like(theta), None), table)
        ends.append(theta)
    assert torch.equal(*ends)


def test_one_run_alone_equals_the_same_run_among_many(images: Data) -> None:
    runs = [dataclasses.replace(BASE, base_lr=lr, seed=s) for s in (0, 1) for lr in (0.1, 0.01)]
    many = trained(runs, images)
    for run in runs:
        alone = trained([run], images)[run]
        for kept, own in zip(many[run], alone, strict=True):
            for name in own:
                np.testing.assert_allclose(kept[name], own[name], rtol=1e-9, err_msg=name)


def test_in_float32_an_epoch_stays_close_to_plain_pytorch() -> None:
    single = on_device(data.load("synthetic"), torch.device("cpu"))
    run = dataclasses.replace(BASE, momentum=0.9)
    epochs, _ = trained([run], single)[run]
    # Rounding differs by the order of sums, and training amplifies it: a bound, not a match.
    plain = [row for row in reference.train(run, single) if "epoch" in row]
    expected = [row["train_loss"] for row in plain]
    np.testing.assert_allclose(epochs["train_loss"], expected, rtol=1e-4)


def test_runs_that_cannot_train_together_are_refused(images: Data) -> None:
    with pytest.raises(ValueError, match="share data, model, optimiser"):
        start_group([BASE, dataclasses.replace(BASE, epochs=9)], images)


def test_every_seed_has_its_own_start_and_order_and_keeps_them() -> None:
    assert torch.equal(initial_weights("cnn-8-16", 3), initial_weights("cnn-8-16", 3))
    assert not torch.equal(initial_weights("cnn-8-16", 3), initial_weights("cnn-8-16", 4))
    orders = [tuple(epoch_order(s, e, 50).tolist()) for s in range(4) for e in range(1, 5)]
    assert len(set(orders)) == len(orders)
    assert all(sorted(order) == list(range(50)) for order in orders)
