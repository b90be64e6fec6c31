"""A run is what can change a number; a wrong value gets one sentence."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    run = dataclasses.replace(run, schedule=schedule, schedule_args=EXAMPLE_SCHEDULES[schedule])
    assert from_columns(as_columns(run)) == run
    assert run_id(from_columns(as_columns(run))) == run_id(run)


@given(runs)
def test_every_setting_changes_the_id(run: Run) -> None:
    others = {
        "dataset": "synthetic" if run.dataset == "mnist" else "mnist",
        "model": "cnn-16-32" if run.model == "cnn-8-16" else "cnn-8-16",
        "formulation": "nesterov" if run.formulation != "nesterov" else "corrected",
        "base_lr": run.base_lr * 2,
        "momentum": run.momentum / 2 + 0.1,
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
    ],
)
def test_a_wrong_setting_gets_one_sentence(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Run(**wrong)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
