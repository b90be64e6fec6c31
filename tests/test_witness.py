"""The witness changes when the training would, and not when only its surroundings do."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from experiments import optimizers, witness
from experiments.settings import Run, run_id

RUN = Run(dataset="mnist", momentum=0.9, schedule="StepLR", schedule_args={"step_size": 5})


def of(run: Run) -> list[float]:
    return witness.witness([run])[run_id(run)]


@pytest.mark.parametrize(
    "change",
    [
        {"base_lr": 0.02},
        {"momentum": 0.8},
        {"formulation": "lr-inside"},
        {"optimizer": "adam"},
        {"model": "cnn-16-32"},
        {"schedule_args": {"step_size": 4}},
    ],
)
def test_other_settings_have_another_witness(change: dict[str, object]) -> None:
    assert witness.differs(of(RUN), of(dataclasses.replace(RUN, **change)))


def test_seed_and_recording_do_not_enter() -> None:
    other = dataclasses.replace(RUN, seed=3, record_from=1, record_to=5)
    assert not witness.differs(of(RUN), of(other))


def test_a_changed_update_rule_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = of(RUN)

    def sloppy(weights, gradient, moments, coefficients):  # type: ignore[no-untyped-def]
        keep, take, from_buffer, _ = coefficients.unsqueeze(-1)
        moments.first.mul_(keep).addcmul_(gradient, take)
        weights.addcmul_(moments.first, from_buffer, value=-1.00001)

    monkeypatch.setattr(optimizers, "sgd_step", sloppy)
    assert witness.differs(before, of(RUN))


def test_another_order_of_the_data_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = of(RUN)
    monkeypatch.setattr(witness, "epoch_order", lambda seed, epoch, size: torch.arange(size))
    assert witness.differs(before, of(RUN))


def test_a_diverging_run_has_a_witness_equal_to_itself() -> None:
    wild = dataclasses.replace(RUN, base_lr=1e8)
    assert not witness.differs(of(wild), of(wild))
