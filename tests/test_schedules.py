"""A materialised schedule is what PyTorch's scheduler says, step by step."""

from __future__ import annotations

import dataclasses
import math

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


def stepped(run: Run, scheduler_of: object) -> np.ndarray:
    """The LR of every epoch from a scheduler stepped by hand, written out a step at a time."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=run.base_lr)
    scheduler = scheduler_of(optimizer)  # type: ignore[operator]
    lr = []
    for _ in range(run.epochs):
        lr += [optimizer.param_groups[0]["lr"]] * STEPS
        optimizer.step()
        scheduler.step()
    return np.array(lr)


def test_every_schedule_has_an_example() -> None:
    assert set(EXAMPLE_SCHEDULES) == set(schedules.SCHEDULES)


@given(lrs, factors, st.integers(1, 12), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_step_lr_is_pytorchs(lr: float, gamma: float, step_size: int, epochs: int) -> None:
    args = {"step_size": step_size, "gamma": gamma}
    run = Run(base_lr=lr, schedule="StepLR", schedule_args=args, epochs=epochs)
    expected = stepped(run, lambda o: torch.optim.lr_scheduler.StepLR(o, **args))
    np.testing.assert_array_equal(schedules.materialise(run, STEPS)[0], expected)


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


@given(lrs, st.floats(0.5, 1.0), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_exponential_and_cosine_are_pytorchs(lr: float, gamma: float, epochs: int) -> None:
    torch_schedulers = torch.optim.lr_scheduler
    for name, args in (
        ("ExponentialLR", {"gamma": gamma}),
        ("CosineAnnealingLR", {"T_max": epochs, "eta_min": lr / 100}),
    ):
        run = Run(base_lr=lr, schedule=name, schedule_args=args, epochs=epochs)
        kind = getattr(torch_schedulers, name)
        expected = stepped(run, lambda o, kind=kind, args=args: kind(o, **args))
        np.testing.assert_array_equal(schedules.materialise(run, STEPS)[0], expected)


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
