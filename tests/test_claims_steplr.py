"""StepLR: the staircase's arithmetic, verdicts that follow from results, figures of any grid."""

from __future__ import annotations

import math
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import figures_heat, figures_staircase, staircase, stats, tables_staircase
from analysis.claims import check
from analysis.staircase import CONSTANT, DEFAULT
from analysis.verdicts import Verdict
from experiments.results import load
from tests.steplr_made_up import Changes, grid, small

STEPLR = ("C4", "C5", "C9")
# What makes each of them fail.
AGAINST: dict[str, tuple[Changes, ...]] = {
    "C4": (
        {(0.01, 0.01, 10.0): (0.01, 0.98, 0.001)},  # A lower loss than γ 0.1.
        {(0.01, 0.01, 10.0): (0.04, 0.995, 0.001)},  # More accurate.
        {(0.01, 0.01, 10.0): (0.04, 0.98, 0.3)},  # Still learning.
        {(0.01, 0.9, 10.0): (0.04, 0.97, 0.05)},  # A full point below the constant LR.
    ),
    "C5": (
        {(b, 0.5, s): (0.02, 0.995, 0.05) for b in (0.01, 0.1) for s in (3.0, 5.0, 10.0, 15.0)},
    ),
    "C9": (
        {(0.01, 0.1, 3.0): (0.01, 0.98, 0.001)},
        {(0.01, 0.1, 3.0): (0.04, 0.995, 0.001)},
        {(0.01, 0.1, 3.0): (0.04, 0.98, 0.3)},
    ),
}


@cache
def usual_grid() -> pd.DataFrame:
    return grid()


def without(runs: pd.DataFrame, base: float, gamma: float, size: float) -> pd.DataFrame:
    """The runs but those of one combination."""
    known = staircase.with_arguments(runs)
    gone = stats.select(known, base_lr=base, gamma=gamma, step_size=size).index
    return runs.drop(index=gone)


@pytest.mark.parametrize("claim", STEPLR)
def test_claims_on_the_grid_flip(claim: str) -> None:
    assert check(claim, usual_grid()).verdict == "supported"
    for changed in AGAINST[claim]:
        assert check(claim, grid(changed=changed)).verdict == "refuted", changed


@pytest.mark.parametrize("claim", STEPLR)
def test_one_seed_never_decides(claim: str) -> None:
    for changed in (None, AGAINST[claim][0]):
        verdict = check(claim, grid(1, changed))
        assert verdict.verdict == "not resolved"
        assert verdict.n == 1


@pytest.mark.parametrize(
    ("claim", "combination", "named"),
    [
        ("C4", (0.01, 10.0), "γ\u00a00.01 every 10 epochs from LR 0.01"),
        ("C4", CONSTANT, "a constant LR from LR 0.01"),
        ("C5", (0.8, 15.0), "every γ at 7 of 8 pairs"),
        ("C9", (0.1, 3.0), "γ\u00a00.1 every 3 epochs from LR 0.01"),
    ],
)
def test_missing_runs_are_named_and_leave_it_open(
    claim: str, combination: tuple[float, float], named: str
) -> None:
    for changed in (None, AGAINST[claim][0]):
        verdict = check(claim, without(grid(changed=changed), 0.01, *combination))
        assert verdict.verdict == "not resolved"
        assert named in verdict.sentence


def test_c5_names_where_each_drop_factor_loses_most() -> None:
    notes = check("C5", grid(changed={(0.1, 0.5, 3.0): (0.05, 0.20, 0.05)})).notes
    assert re.search(r"base LR 0\.1 cut every 3 epochs, for γ [^;]*\b0\.5\b", notes[-1])


def test_c5_weighs_the_worst_case_not_the_average() -> None:
    # Better than γ 0.1 nearly everywhere, and far worse in one place.
    changed = AGAINST["C5"][0] | {(0.1, 0.5, 3.0): (0.05, 0.90, 0.05)}
    assert check("C5", grid(changed=changed)).verdict == "supported"


def test_regret_is_paired_with_the_best_drop_factor_of_the_same_seed() -> None:
    # A seed that lifts or lowers every γ alike is nobody's regret.
    runs = grid()
    lucky = runs.assign(val_accuracy=runs["val_accuracy"] + 0.01 * (runs["seed"] == 1))
    usual, moved = (check("C5", some).parts for some in (runs, lucky))
    assert [part.sentence for part in moved] == [part.sentence for part in usual]
    assert check("C5", lucky).notes == check("C5", runs).notes


def test_equality_needs_an_interval_within_the_bound() -> None:
    runs = grid()
    known = staircase.with_arguments(runs)
    rows = stats.select(known, base_lr=0.01, gamma=0.9, step_size=10).index
    runs.loc[rows, "val_accuracy"] += 0.004 * (runs.loc[rows, "seed"] - 1)
    verdict = check("C4", runs)
    assert verdict.verdict == "not resolved"
    assert "not resolved against ± 0.3 points" in verdict.sentence


def test_c11_reads_the_recorded_learning_rates() -> None:
    runs = usual_grid()
    verdict = check("C11", runs)
    assert verdict.verdict == "supported"
    assert "epochs 11 and 21" in verdict.sentence
    assert "epochs 10, 20 and 30" in verdict.sentence
    early = runs["schedule"] == "StepLR-misplaced"

    def with_lr(values: object) -> Verdict:
        other = runs.copy()
        other.loc[early, "lr"] = values
        return check("C11", other)

    epoch = runs.loc[early, "epoch"]
    assert with_lr(0.01 * 0.1 ** ((epoch - 1) // 10)).verdict == "refuted", "no shift"
    assert with_lr(0.01 * 0.1 ** ((epoch + 1) // 10)).verdict == "refuted", "two epochs"
    assert with_lr(0.01 * 0.1 ** (epoch // 7)).verdict == "refuted", "other drops"
    assert with_lr(0.01).verdict == "refuted", "none"
    mixed = np.where(runs.loc[early, "seed"] == 0, 0.01, runs.loc[early, "lr"])
    assert with_lr(mixed).verdict == "refuted", "runs that disagree"
    # The LR has no luck in it: one run of each is enough. That of the accuracy is not.
    alone = check("C11", runs[runs["seed"] == 0])
    assert alone.verdict == "supported"
    assert "too few" in alone.sentence
    missing = check("C11", runs[~early])
    assert missing.verdict == "not resolved"
    assert "misplaced" in missing.sentence


# γ 0.5 above 0.1 on little data, and both below the constant LR there.
SMALL: Changes = {
    (base, *c): end
    for base in (0.01, 0.1)
    for c, end in {
        (0.5, 10.0): (0.3, 0.90, 0.05),
        DEFAULT: (0.5, 0.80, 0.005),
        CONSTANT: (0.2, 0.91, 0.05),
    }.items()
}


def test_c13_flips() -> None:
    assert check("C13", usual_grid(), small(changed=SMALL)).verdict == "supported"
    worse = SMALL | {(0.1, 0.5, 10.0): (0.6, 0.70, 0.05)}
    assert check("C13", usual_grid(), small(changed=worse)).verdict == "refuted"
    stronger = SMALL | {(0.01, *CONSTANT): (0.6, 0.60, 0.05)}
    assert check("C13", usual_grid(), small(changed=stronger)).verdict == "refuted"
    assert check("C13", grid(1), small(1, SMALL)).verdict == "not resolved"


def test_c13_stays_open_without_a_base_rate() -> None:
    few = small(changed=SMALL)
    part = check("C13", usual_grid(), few[few["base_lr"] == 0.01])
    assert part.verdict == "not resolved"
    assert "No runs on 1,000 images for γ\u00a00.5 every 10 epochs from LR 0.1" in part.sentence
    runs = usual_grid()
    part = check("C13", runs[runs["base_lr"] == 0.01], few)
    assert part.verdict == "not resolved"
    assert "No runs on 60,000 images for" in part.sentence


def test_the_formula_gives_the_recorded_rates() -> None:
    runs = staircase.grid(load("steplr"))
    for row in runs.drop_duplicates(["base_lr", "gamma", "step_size", "epoch"]).itertuples():
        expected = staircase.rate(row.base_lr, (row.gamma, row.step_size), row.epoch)
        assert row.lr == pytest.approx(expected, rel=1e-9)


def test_the_grid_is_the_one_that_is_declared() -> None:
    declared = staircase.declared()
    assert list(declared) == [0.01, 0.1]
    for row in declared.values():
        assert len(row) == 25
        assert {CONSTANT, DEFAULT} <= set(row)
    assert len(staircase.declared("small-data")[0.1]) == 7


@settings(deadline=None)
@given(st.floats(1e-3, 1.0), st.floats(1e-6, 0.9), st.integers(1, 29))
def test_working_backward_arrives(base: float, share: float, step_size: int) -> None:
    count = staircase.drops(30, step_size)
    gamma = staircase.gamma_for(base, share * base, count)
    assert staircase.rate(base, (gamma, step_size), 30) == pytest.approx(share * base)


def test_worked_tables() -> None:
    table = tables_staircase.worked(0.01, 0.1, 5, 15)
    assert table.rows[1] == ("6 to 10", "5 to 9", "1", "0.001")
    assert tables_staircase.worked(0.01, 0.1, 10, 11).rows[1] == ("11", "10", "1", "0.001")
    backward = tables_staircase.backward(0.01)
    assert backward.rows[1] == ("0.0001", "0.010", "0.100", "0.398", "0.599")
    assert backward.header[1] == "step_size 15: 1 drop"


def test_tables_follow_a_row_or_a_column_of_the_grid() -> None:
    plain = staircase.grid(usual_grid())
    by_gamma, by_size = (tables_staircase.ends(plain, by) for by in ("gamma", "step_size"))
    assert len(by_gamma.rows) == 2 * 7
    assert [row[1] for row in by_size.rows[:2]] == ["constant", "every 15"]
    assert by_gamma.rows[0][:2] == ("0.01", "constant")


def test_cutting_is_held_against_keeping_wherever_both_were_trained() -> None:
    runs = usual_grid()
    heavy = runs.assign(momentum=0.9)
    heavy = heavy[(heavy["base_lr"] == 0.01) | (heavy["schedule"] == "constant")]
    table = tables_staircase.cut_minus_kept([staircase.grid(runs), staircase.grid(heavy, 0.9)])
    assert [row[0] for row in table.rows] == ["0.01", "0.1", "0.01"]
    kept, cut = (
        staircase.cell(staircase.grid(runs), 0.01, c) for c in (staircase.CONSTANT, DEFAULT)
    )
    gap = stats.paired(*(stats.final(one, "val_accuracy") for one in (cut, kept)))
    assert table.rows[0][4].startswith(f"{100 * gap.mean:.2f}")
    assert table.rows[0][-1] == "3"


def test_pictures_compare_the_same_seeds() -> None:
    runs = usual_grid()
    known = staircase.with_arguments(runs)
    gone = stats.select(known, base_lr=0.01, gamma=0.2, step_size=10, seed=2).index
    sweep = staircase.sweep(staircase.grid(runs.drop(index=gone)), "gamma")
    assert stats.seeds(sweep) == [0, 1]
    assert sweep["gamma"].nunique() == 7
    assert set(staircase.beside(staircase.grid(runs))["schedule"]) == {"constant", "StepLR"}


def test_coverage_and_differences_say_what_is_not_there() -> None:
    plain = staircase.grid(usual_grid())
    assert staircase.coverage(plain).startswith("25 of 25 combinations at base LR 0.01 (3 seeds)")
    one = plain[(plain["base_lr"] == 0.01) & (plain["gamma"] == 0.1)]
    one = one[(one["step_size"] == 10) | (one["seed"] == 0)]
    assert staircase.coverage(one) == (
        "4 of 25 combinations at base LR 0.01 (1 to 3 seeds) and 0 of 25 combinations at base LR "
        "0.1"
    )
    here, gone = (staircase.cell(one, base, DEFAULT) for base in (0.01, 0.1))
    assert staircase.difference(here, gone, "without") == "not measured yet (no runs)"
    assert staircase.spending_decides(one, 0.1) == "not measured yet (over 0 combinations)"
    assert staircase.spending_decides(plain, 0.1).endswith("over 25 combinations")


def test_a_heat_map_shows_what_is_missing_and_where_seeds_are_fewer() -> None:
    plain = staircase.grid(usual_grid())
    whole = figures_heat.heat_map(plain)
    assert len(whole.panels) == 2
    assert " seeds<" not in whole.panels[0].svg
    assert ">–<" not in whole.panels[0].svg
    assert "highest: 98.99\u00a0% with γ\u00a00.1 every 1" in whole.alt
    part = plain[(plain["base_lr"] == 0.01) & (plain["seed"] == 0) & (plain["gamma"] == 0.1)]
    fewer = figures_heat.heat_map(plain.drop(part.index))
    assert fewer.panels[0].svg.count(">2 seeds<") == 4
    some = figures_heat.heat_map(part)
    assert some.panels[0].svg.count(">–<") == 21
    assert some.panels[1].svg.count(">–<") == 25
    assert "4 of 25 combinations" in some.panels[0].alt
    assert "0 of 25 combinations" in some.panels[1].alt
    assert sum(row[3] == "no runs" for row in some.rows) == 46


def _ten(runs: pd.DataFrame) -> pd.DataFrame:
    """The same runs with what was lost at step_size 5 lost at 10."""
    known = staircase.with_arguments(runs)
    at = stats.select(known, base_lr=0.1, gamma=0.2, step_size=10, seed=1).index
    return staircase.grid(
        runs.assign(val_accuracy=runs["val_accuracy"].where(~runs.index.isin(at)))
    )


def test_a_diverged_combination_is_shown() -> None:
    runs = usual_grid().copy()
    known = staircase.with_arguments(runs)
    gone = stats.select(known, base_lr=0.1, gamma=0.2, step_size=5, seed=1).index
    runs.loc[gone, ["val_accuracy", "train_loss"]] = math.nan
    plain = staircase.grid(runs)
    assert ">diverged<" in figures_heat.heat_map(plain).panels[1].svg
    assert check("C4", runs).verdict == "supported"
    regret = check("C5", runs)
    assert "γ 0.2: 29." in regret.sentence, "a third of its runs only guess"
    assert regret.n == 3
    assert "1 of 3 not finite" in figures_staircase.gamma_differences(_ten(runs)).alt
    figures_staircase.lr_spent(plain)


def test_differences_are_drawn_for_what_there_is() -> None:
    plain = staircase.grid(usual_grid())
    whole = figures_staircase.gamma_differences(plain)
    assert len(whole.panels) == 4
    assert len(whole.rows) == 4 * 6
    assert re.search("γ\u00a00.01: −0.9[78]", whole.panels[1].alt)
    one = plain[(plain["base_lr"] == 0.1) & (plain["seed"] == 0) & (plain["gamma"] != 0.1)]
    some = figures_staircase.gamma_differences(one, name="one")
    assert len(some.panels) == 1, "without γ 0.1 there is nothing to hold against it"
    assert "one run, no interval" in some.alt
