"""A part of a study is what has every setting that was asked for; nothing is never all."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from experiments import __main__
from experiments.results import RESULTS
from experiments.selection import Selection, selected, setting
from experiments.settings import SettingsError
from experiments.studies import STUDIES


def test_a_selection_has_every_setting_and_only_its_seeds() -> None:
    selection = Selection(2, (("step_size", "3"), ("gamma", "0.1")))
    runs = selection.runs("steplr")
    assert {(run.base_lr, run.seed) for run in runs} == {
        (lr, s) for lr in (0.01, 0.1) for s in (0, 1)
    }
    declared = STUDIES["steplr"].runs()
    assert [run for run in declared if selection.includes(run)] == runs


def test_settings_that_no_run_has_together_get_one_sentence() -> None:
    together = Selection(None, (("momentum", "0.9"), ("base_lr", "1")))
    with pytest.raises(SettingsError, match=r"fixed-lr has momentum=0\.9 and base_lr=1 together"):
        selected(["fixed-lr"], together)


def test_a_study_without_any_run_that_was_asked_for_is_left_out() -> None:
    assert selected(["fixed-lr", "steplr"], Selection(None, (("step_size", "3"),))) == ["steplr"]


@pytest.mark.parametrize(
    ("selection", "command"),
    [
        (Selection(), "make experiments STUDY=steplr"),
        (Selection(6), "make experiments STUDY=steplr SEEDS=6"),
        (Selection(None, (("gamma", "0.1"),)), "make experiments STUDY=steplr ONLY=gamma=0.1"),
        (
            Selection(2, (("schedule", "StepLR"), ("gamma", "0.1"))),
            "make experiments STUDY=steplr SEEDS=2 ONLY='schedule=StepLR gamma=0.1'",
        ),
    ],
)
def test_the_command_that_trains_a_selection_carries_all_of_it(
    selection: Selection, command: str
) -> None:
    assert selection.command("steplr") == command


def test_of_another_directory_the_command_trains_into_that_one() -> None:
    selection = Selection(2, (("schedule", "StepLR"), ("milestones", "3,6,9")))
    command = selection.command("steplr", Path("/some where"))
    program, *arguments = shlex.split(command)[2:]
    assert program == "experiments"
    options = __main__._parser().parse_args(arguments)
    assert (options.studies, options.results) == (["steplr"], Path("/some where"))
    assert Selection(options.seeds, tuple(options.only)) == selection


def test_the_usual_directory_may_be_named_in_any_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(RESULTS.parent)
    assert Selection().command("steplr", Path("results")) == "make experiments STUDY=steplr"


@pytest.mark.parametrize("text", ["3,6,9", "(3, 6, 9)", "3.0, 6, 9", "(3,6,9,)"])
def test_numbers_that_belong_together_are_read_however_they_are_written(text: str) -> None:
    (run, *_) = Selection(1, (setting(f"milestones={text}"),)).runs("schedules")
    assert dict(run.schedule_args)["milestones"] == (3, 6, 9)


@pytest.mark.parametrize("text", ["1e-3", "0.0010", ".001"])
def test_a_number_is_read_however_it_is_written(text: str) -> None:
    assert setting(f"base_lr={text}") == ("base_lr", "0.001")


@pytest.mark.parametrize("name", ["milestones", "momentum", "T_max", "mode", "schedule"])
def test_every_value_that_the_message_offers_is_accepted(name: str) -> None:
    with pytest.raises(SettingsError) as raised:
        selected(["schedules"], Selection(1, ((name, "nothing"),)))
    offered = str(raised.value).partition("the values are: ")[2].removesuffix(".")
    for value in offered.split(" or "):
        only = (setting(f"{name}={value}"),)
        assert selected(["schedules"], Selection(1, only)) == ["schedules"]
