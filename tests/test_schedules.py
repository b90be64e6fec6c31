"""A materialised schedule is what PyTorch's scheduler says, step by step."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import schedules
from experiments.settings import Run
from tests.examples import EXAMPLE_SCHEDULES

STEPS = 3  # an epoch

lrs = st.floats(1e-4, 1.0)
factors = st.floats(0.01, 1.0)
counts = st.integers(1, 12)


def stepped(run: Run, scheduler_of: Callable[[Any], Any], every: int = 1) -> np.ndarray:
    """The LR of every step, from a scheduler stepped by hand after each `every` steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=run.base_lr)
    scheduler = scheduler_of(optimizer)
    lr = []
    for step in range(1, run.epochs * STEPS + 1):
        lr.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step % every == 0 and step < run.epochs * STEPS:
            scheduler.step()
    return np.array(lr)


def test_every_schedule_has_an_example() -> None:
    assert set(EXAMPLE_SCHEDULES) == set(schedules.SCHEDULES)


EPOCHWISE = {
    "StepLR": {"step_size": counts, "gamma": factors},
    "MultiStepLR": {"milestones": st.lists(counts, unique=True).map(sorted), "gamma": factors},
    "ExponentialLR": {"gamma": factors},
    "LinearLR": {"start_factor": factors, "end_factor": factors, "total_iters": counts},
    "PolynomialLR": {"total_iters": counts, "power": st.floats(0.5, 3)},
    "CosineAnnealingLR": {"T_max": counts, "eta_min": st.floats(0, 1e-4)},
    "CosineAnnealingWarmRestarts": {"T_0": counts, "T_mult": st.integers(1, 3)},
}


@pytest.mark.parametrize("name", EPOCHWISE)
@given(choice=st.data(), lr=lrs, epochs=counts)
@settings(max_examples=25, deadline=None)
def test_a_schedule_by_epochs_is_pytorchs_for_any_arguments(
    name: str, choice: st.DataObject, lr: float, epochs: int
) -> None:
    args = choice.draw(st.fixed_dictionaries(EPOCHWISE[name]))
    run = Run(base_lr=lr, schedule=name, schedule_args=args, epochs=epochs)
    kind = getattr(torch.optim.lr_scheduler, name)
    expected = stepped(run, lambda optimizer: kind(optimizer, **args), every=STEPS)
    np.testing.assert_array_equal(schedules.materialise(run, STEPS)[0], expected)


@given(lrs, st.floats(1, 10), counts, st.sampled_from(["triangular", "triangular2", "exp_range"]))
@settings(max_examples=25, deadline=None)
def test_the_cyclic_schedule_is_pytorchs_with_its_half_cycle_in_epochs(
    lr: float, factor: float, half_cycle: int, mode: str
) -> None:
    args = {"max_lr": lr * factor, "half_cycle": half_cycle, "mode": mode, "gamma": 0.99}
    run = Run(base_lr=lr, schedule="CyclicLR", schedule_args=args, epochs=6)

    def cyclic(optimizer: torch.optim.Optimizer) -> object:
        return torch.optim.lr_scheduler.CyclicLR(
            optimizer, lr, lr * factor, half_cycle * STEPS, None, mode, 0.99, cycle_momentum=False
        )

    np.testing.assert_array_equal(schedules.materialise(run, STEPS)[0], stepped(run, cyclic))


@given(lrs, st.floats(0.1, 0.9), counts)
@settings(max_examples=25, deadline=None)
def test_one_cycle_is_pytorchs_over_the_whole_run(lr: float, rising: float, epochs: int) -> None:
    args = {"pct_start": rising}
    run = Run(base_lr=lr, schedule="OneCycleLR", schedule_args=args, epochs=epochs + 1)

    def one_cycle(optimizer: torch.optim.Optimizer) -> object:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, lr, run.epochs * STEPS, pct_start=rising, cycle_momentum=False
        )

    np.testing.assert_array_equal(schedules.materialise(run, STEPS)[0], stepped(run, one_cycle))


@given(lrs, factors, st.integers(1, 12), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_step_lr_is_the_articles_formula(
    lr: float, gamma: float, step_size: int, epochs: int
) -> None:
    args = {"step_size": step_size, "gamma": gamma}
    run = Run(base_lr=lr, schedule="StepLR", schedule_args=args, epochs=epochs)
    formula = [lr * gamma ** math.floor(t / step_size) for t in range(epochs)]
    np.testing.assert_allclose(
        schedules.materialise(run, STEPS)[0][::STEPS], formula, rtol=1e-12, atol=0
    )


def test_the_misplaced_call_shifts_every_drop_one_epoch_earlier() -> None:
    run = Run(schedule="StepLR", schedule_args={"step_size": 2}, epochs=6)
    right = schedules.materialise(run, STEPS)[0]
    wrong = schedules.materialise(dataclasses.replace(run, schedule="StepLR-misplaced"), STEPS)[0]
    np.testing.assert_array_equal(wrong[:-STEPS], right[STEPS:])


def test_one_cycle_peaks_at_the_base_lr_and_cycles_momentum_the_other_way() -> None:
    run = Run(base_lr=0.1, momentum=0.9, schedule="OneCycleLR", epochs=10)
    lr, momentum = schedules.materialise(run, STEPS)
    assert lr.max() == pytest.approx(0.1)
    assert lr[0] == pytest.approx(0.1 / 25)
    assert momentum[lr.argmax()] == momentum.min() == pytest.approx(0.85)


def test_one_cycle_leaves_a_run_without_momentum_without() -> None:
    run = Run(base_lr=0.1, momentum=0.0, schedule="OneCycleLR", epochs=10)
    assert (schedules.materialise(run, STEPS)[1] == 0).all()


def test_warm_up_then_cosine_rises_to_the_base_lr_and_falls_to_zero() -> None:
    run = Run(base_lr=0.1, schedule="warmup-cosine", schedule_args={"warmup": 2}, epochs=10)
    lr, _ = schedules.materialise(run, STEPS)
    assert lr.argmax() == 2 * STEPS
    assert lr.max() == pytest.approx(0.1)
    assert (np.diff(lr[: 2 * STEPS]) > 0).all()
    assert lr[-1] < 0.001


def test_the_range_test_goes_exponentially_from_the_base_lr_to_the_largest() -> None:
    run = Run(base_lr=1e-5, schedule="range-test", schedule_args={"max_lr": 1.0}, epochs=4)
    lr, _ = schedules.materialise(run, STEPS)
    assert lr[[0, -1]] == pytest.approx([1e-5, 1.0])
    np.testing.assert_allclose(np.diff(np.log(lr)), np.log(1e5) / (len(lr) - 1))
