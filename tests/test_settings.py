"""A run is what can change a number; a wrong value gets one sentence."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import schedules
from experiments.data import DATASETS
from experiments.models import MODELS
from experiments.settings import (
    FORMULATIONS,
    OPTIMIZERS,
    Run,
    SettingsError,
    as_columns,
    from_columns,
    run_id,
)
from tests.examples import EXAMPLE_SCHEDULES

runs = st.builds(
    Run,
    dataset=st.sampled_from(sorted(DATASETS)),
    model=st.sampled_from(sorted(MODELS)),
    formulation=st.sampled_from(FORMULATIONS),
    base_lr=st.floats(1e-8, 10),
    momentum=st.floats(0, 0.999),
    batch_size=st.integers(1, 512),
    epochs=st.integers(1, 100),
    seed=st.integers(0, 1000),
)


@given(runs, st.sampled_from(sorted(EXAMPLE_SCHEDULES)))
def test_a_run_survives_the_way_through_the_results(run: Run, schedule: str) -> None:
    args = EXAMPLE_SCHEDULES[schedule]
    run = dataclasses.replace(run, schedule=schedule, schedule_args=args, epochs=4, batch_size=32)
    assert from_columns(as_columns(run)) == run
    assert run_id(from_columns(as_columns(run))) == run_id(run)


@given(runs)
def test_every_setting_changes_the_id(run: Run) -> None:
    others = {
        "dataset": "synthetic" if run.dataset == "mnist" else "mnist",
        "model": "cnn-16-32" if run.model == "cnn-8-16" else "cnn-8-16",
        "formulation": "nesterov" if run.formulation != "nesterov" else "corrected",
        "base_lr": run.base_lr * 2,
        "momentum": 0.5 if run.momentum == 0.9 else 0.9,
        "batch_size": run.batch_size + 1,
        "epochs": run.epochs + 1,
        "seed": run.seed + 1,
        "schedule": "ExponentialLR",
    }
    for name, value in others.items():
        args = {"schedule_args": {"gamma": 0.9}} if name == "schedule" else {}
        assert run_id(dataclasses.replace(run, **{name: value}, **args)) != run_id(run)


def test_the_order_of_schedule_arguments_does_not_matter() -> None:
    one = Run(schedule="StepLR", schedule_args={"step_size": 2, "gamma": 0.5})
    other = Run(schedule="StepLR", schedule_args={"gamma": 0.5, "step_size": 2})
    assert one == other
    assert run_id(one) == run_id(other)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"dataset": "mnits"}, "dataset is 'mnits'; allowed: mnist, mnist-held-out"),
        ({"optimizer": "sdg"}, f"optimizer is 'sdg'; allowed: {', '.join(OPTIMIZERS)}"),
        ({"base_lr": 0}, "base_lr is 0; allowed: a finite number above 0"),
        ({"base_lr": math.nan}, "base_lr is nan"),
        ({"base_lr": "0.1"}, "base_lr is '0.1'"),
        ({"momentum": 1.0}, "momentum is 1.0; allowed: 0 up to, not including, 1"),
        ({"epochs": 0}, "epochs is 0; allowed: a whole number from 1 up"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"schedule": "StepLR"}, "schedule StepLR needs the argument 'step_size'"),
        (
            {"schedule": "StepLR", "schedule_args": {"step_size": 2, "gama": 0.1}},
            "an argument of schedule StepLR is 'gama'; allowed: step_size, gamma",
        ),
        ({"optimizer": "adam", "formulation": "lr-inside"}, "Adam keeps the LR outside"),
        ({"record_from": 9, "record_to": 3}, "two steps counted from 1"),
        ({"record_from": 1, "record_to": 18761}, "allowed: up to 18760, the last step"),
        ({"record_from": 1, "record_to": True}, "two steps counted from 1"),
    ],
)
def test_a_wrong_setting_gets_one_sentence(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Run(**wrong)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("schedule", "wrong", "says"),
    [
        ("StepLR", {"step_size": 0}, "step_size of schedule StepLR is 0; allowed: a whole number"),
        ("StepLR", {"step_size": "3"}, "step_size of schedule StepLR is '3'; allowed: a whole"),
        ("StepLR", {"gamma": True}, "gamma of schedule StepLR is True; allowed: a finite number"),
        ("ExponentialLR", {"gamma": math.nan}, "is nan; allowed: a finite number above 0."),
        ("MultiStepLR", {"milestones": [6, 3]}, "is (6, 3); allowed: whole numbers from 1 up, in"),
        ("MultiStepLR", {"milestones": 3}, "milestones of schedule MultiStepLR is 3; allowed"),
        ("LinearLR", {"start_factor": 0}, "is 0; allowed: a number above 0, up to 1."),
        ("CosineAnnealingLR", {"T_max": 2.5}, "T_max of schedule CosineAnnealingLR is 2.5"),
        ("CyclicLR", {"mode": "foo"}, "is 'foo'; allowed: triangular, triangular2, exp_range."),
        ("CyclicLR", {"mode": "min"}, "is 'min'; allowed: triangular, triangular2, exp_range."),
        ("CyclicLR", {"half_cycle": 0}, "half_cycle of schedule CyclicLR is 0; allowed: a finite"),
        ("CyclicLR", {"half_cycle": 0.1}, "0.1 epochs; allowed: at least one of the 3 steps"),
        ("CyclicLR", {"max_lr": -1}, "max_lr of schedule CyclicLR is -1; allowed: a finite number"),
        ("OneCycleLR", {"pct_start": 1}, "is 1; allowed: a number between 0 and 1."),
        ("OneCycleLR", {"max_momentum": 1}, "is 1; allowed: 0 up to, not including, 1."),
        (
            "OneCycleLR",
            {"three_phase": 1},
            "three_phase of schedule OneCycleLR is 1; allowed: true",
        ),
        ("range-test", {"max_lr": math.inf}, "max_lr of schedule range-test is inf"),
        ("ReduceLROnPlateau", {"mode": "triangular"}, "is 'triangular'; allowed: min, max."),
        ("ReduceLROnPlateau", {"patience": -1}, "is -1; allowed: a whole number from 0 up."),
        (
            "warmup-cosine",
            {"warmup": 0},
            "warmup of schedule warmup-cosine is 0; allowed: a finite",
        ),
        ("warmup-cosine", {"warmup": 0.01}, "0.01 epochs; allowed: at least one of the 3 steps"),
        ("warmup-cosine", {"warmup": 30}, "warmup 30 of schedule warmup-cosine is too long for 4"),
        ("warmup-cosine", {"warmup": 4}, "leaves a step at the peak."),
        ("warmup-stable-decay", {"warmup": 2, "decay": 3}, "warmup 2 + decay 3 of schedule"),
    ],
)
def test_an_argument_that_a_schedule_cannot_have_gets_one_sentence(
    schedule: str, wrong: dict[str, object], says: str
) -> None:
    args = {**EXAMPLE_SCHEDULES[schedule], **wrong}
    with pytest.raises(SettingsError) as raised:
        Run("synthetic", schedule=schedule, schedule_args=args, epochs=4, batch_size=128)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("schedule", "args"),
    [
        ("warmup-cosine", {"warmup": 3.5}),
        ("warmup-stable-decay", {"warmup": 1, "decay": 3}),
    ],
)
def test_a_ramp_may_take_all_of_a_run_but_the_peak(schedule: str, args: dict[str, float]) -> None:
    run = Run("synthetic", schedule=schedule, schedule_args=args, epochs=4, batch_size=128)
    lr, _ = schedules.materialise(run, 3)
    assert lr.max() == pytest.approx(run.base_lr)


@pytest.mark.parametrize("order", [(1, 1.0), (1.0, 1)])
def test_runs_that_are_equal_but_spelled_differently_keep_their_ids_whichever_is_asked_first(
    order: tuple[float, float],
) -> None:
    ids = {
        repr(gamma): run_id(Run(schedule="ExponentialLR", schedule_args={"gamma": gamma}))
        for gamma in order
    }
    assert ids == {"1": "7ed8a9c71e035a0b", "1.0": "e13752e10d0baa65"}


def test_a_momentum_of_minus_zero_is_zero() -> None:
    assert repr(Run(momentum=-0.0).momentum) == "0.0"


@pytest.mark.parametrize("text", ["null", "[1]", "3", "no json", '{"gamma": [[1]]}'])
def test_arguments_in_the_results_that_no_schedule_has_get_one_sentence(text: str) -> None:
    columns = {**as_columns(Run(schedule="ExponentialLR", schedule_args={"gamma": 0.5}))}
    with pytest.raises(SettingsError, match="allowed: "):
        from_columns({**columns, "schedule_args": text})
