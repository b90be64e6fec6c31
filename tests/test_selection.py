"""A part of a study is what has every setting that was asked for; nothing is never all."""

from __future__ import annotations

import pytest

from experiments.selection import Selection, selected
from experiments.settings import SettingsError
from experiments.studies import STUDIES


def test_a_selection_has_every_setting_and_only_its_seeds() -> None:
    selection = Selection(2, (("step_size", 3.0), ("gamma", 0.1)))
    runs = selection.runs("steplr")
    assert {(run.base_lr, run.seed) for run in runs} == {
        (lr, s) for lr in (0.01, 0.1) for s in (0, 1)
    }
    declared = STUDIES["steplr"].runs()
    assert [run for run in declared if selection.includes(run)] == runs


def test_settings_that_no_run_has_together_get_one_sentence() -> None:
    together = Selection(None, (("momentum", 0.9), ("base_lr", 1.0)))
    with pytest.raises(
        SettingsError, match=r"fixed-lr has momentum=0\.9 and base_lr=1\.0 together"
    ):
        selected(["fixed-lr"], together)


def test_a_study_without_any_run_that_was_asked_for_is_left_out() -> None:
    assert selected(["fixed-lr", "steplr"], Selection(None, (("step_size", 3.0),))) == ["steplr"]


@pytest.mark.parametrize(
    ("selection", "command"),
    [
        (Selection(), "make experiments STUDY=steplr"),
        (Selection(6), "make experiments STUDY=steplr SEEDS=6"),
        (Selection(None, (("gamma", 0.1),)), "make experiments STUDY=steplr ONLY=gamma=0.1"),
        (
            Selection(2, (("schedule", "StepLR"), ("gamma", 0.1))),
            "make experiments STUDY=steplr SEEDS=2 ONLY='schedule=StepLR gamma=0.1'",
        ),
    ],
)
def test_the_command_that_trains_a_selection_carries_all_of_it(
    selection: Selection, command: str
) -> None:
    assert selection.command("steplr") == command
