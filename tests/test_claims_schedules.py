"""Claims A7, A9, C10 and what they rest on: the own best peak, ties, leaders, the bound."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from analysis import bound, leaders, stats, summary_schedules, tables_schedules
from analysis import schedules as module
from analysis.claims import check
from experiments.studies import STUDIES
from tests.analysis_made_up import run, study
from tests.schedules_made_up import schedules

ABOVE = dict.fromkeys(module.ORDER, 0.99) | {"constant": 0.982, "ReduceLROnPlateau": 0.985}
DECAYS = tuple(name for name in module.ORDER if name != "constant")


def fixed(early: float, late: float, seeds: int = 3) -> pd.DataFrame:
    """Two fixed LRs: the larger one ends epoch 1 ahead by `early` and epoch 20 by `late`."""
    return study(
        *(
            run(
                base_lr=rate,
                seed=seed,
                accuracy=lambda e, s, sign=sign: (
                    0.98 + 0.0003 * s + sign * (early + (late - early) * (e - 1) / 19 + 1e-5 * s)
                ),
            )
            for rate, sign in ((0.1, 0.5), (0.01, -0.5))
            for seed in range(seeds)
        )
    )


def plain(
    seeds: int = 3, tops: Mapping[str, float] | None = None, quick: tuple[str, ...] = ()
) -> pd.DataFrame:
    """The schedules without momentum, as in article A."""
    return schedules(seeds, tops, quick, momenta=(0.0,))


def test_the_peak_of_a_cycle_is_its_upper_end() -> None:
    runs = module.with_peaks(schedules(seeds=1))
    assert set(runs["peak"]) == {0.003, 0.01, 0.03}
    cyclic = runs[runs["schedule"] == "CyclicLR"]
    assert np.allclose(cyclic["peak"], 10 * cyclic["base_lr"])


def test_each_schedule_has_its_own_best_peak_chosen_on_validation() -> None:
    runs = module.with_peaks(schedules(best_peak={"StepLR": 2, "LinearLR": 0}))
    # The test images would choose another peak, and are not asked.
    wrong = (runs["schedule"] == "constant") & (runs["peak"] == 0.003)
    runs.loc[wrong, "test_accuracy"] = 0.999
    choices = module.own_best(runs, 0.9)
    assert [choices[name].peak for name in ("constant", "StepLR", "LinearLR")] == [
        0.01,
        0.03,
        0.003,
    ]
    assert [choices[n].edge for n in ("constant", "StepLR", "LinearLR")] == ["", "upper", "lower"]
    assert choices["StepLR"].peak_text == "0.03 ↑"
    alone = module.own_best(runs[runs["peak"] == 0.01], 0.9)
    assert alone["constant"].edge == "only"


def test_a_peak_that_one_schedule_alone_has_is_no_part_of_the_grid() -> None:
    runs = module.with_peaks(schedules(best_peak={"StepLR": 2}))
    assert summary_schedules.further(runs) == "nothing"
    best = runs[(runs["schedule"] == "StepLR") & (runs["peak"] == 0.03)]
    wider = pd.concat([runs, best.assign(base_lr=0.1, peak=0.1, val_accuracy=0.97)])
    assert module.shared_peaks(wider) == [0.03, 0.01, 0.003]
    assert set(module.at_middle_peak(wider)["peak"]) == {0.01}
    assert summary_schedules.further(wider) == "StepLR at 0.1 with momentum 0.9"
    assert module.shared_peaks(best) == [0.03]
    assert module.own_best(wider, 0.9)["StepLR"].peak_text == "0.03"


def test_a_peak_is_chosen_over_the_seeds_that_all_have() -> None:
    runs = module.with_peaks(schedules(seeds=2))
    lucky = (runs["peak"] == 0.03) & (runs["seed"] == 1)
    runs.loc[lucky, "val_accuracy"] = 0.999
    runs = runs[(runs["peak"] == 0.03) | (runs["seed"] == 0)]
    assert module.own_best(runs, 0.9)["StepLR"].peak == 0.01


def test_what_is_not_resolved_from_the_best_is_a_tie() -> None:
    runs = module.with_peaks(schedules(tops=ABOVE))
    order = module.standings(module.own_best(runs, 0.9))
    assert {one.choice.schedule for one in order if not one.tied} == {
        "constant",
        "ReduceLROnPlateau",
    }
    assert order[-1].choice.schedule == "constant"
    alone = module.standings(module.own_best(module.with_peaks(schedules(1, ABOVE)), 0.9))
    assert all(one.tied for one in alone)


def test_the_decision_table_has_a_row_for_every_schedule() -> None:
    assert sorted(name for _, row in tables_schedules.KNOWN for name in row) == sorted(module.ORDER)


def test_the_decision_table_follows_the_results() -> None:
    choices = module.own_best(module.with_peaks(schedules(tops=ABOVE)), 0.9)
    rows = {row[0]: row for row in tables_schedules.decision(choices).rows}
    assert rows["nothing"][3].startswith("lower by 0.8")
    assert next(reversed(rows)) == "nothing"
    better = ABOVE | {"CosineAnnealingLR": 0.995}
    choices = module.own_best(module.with_peaks(schedules(tops=better)), 0.9)
    rows = {row[0]: row for row in tables_schedules.decision(choices).rows}
    row = rows["how long training lasts"]
    assert row[1] == "cosine"
    assert "linear" in row[2]
    assert row[3] == "the best mean of all"
    one_seed = module.own_best(module.with_peaks(schedules(1, better)), 0.9)
    rows = {row[0]: row for row in tables_schedules.decision(one_seed).rows}
    assert rows["nothing"][3] == "not resolved (1 paired seed)"
    assert all(row[2] == "–" for row in rows.values())


def test_a7_flips() -> None:
    poor, good = plain(tops={"constant": 0.99}), plain(tops=ABOVE)
    crossing, one_leads = fixed(0.02, -0.02), fixed(0.02, 0.02)
    assert check("A7", crossing, good).verdict == "supported"
    assert check("A7", crossing, good).n == 3
    assert check("A7", one_leads, good).verdict == "refuted"
    assert check("A7", crossing, poor).verdict == "refuted"


def test_a7_tells_a_rate_that_never_falls_behind() -> None:
    told = "LR 0.1 is resolved below the leader after none of 20 epochs."
    assert told in check("A7", fixed(0.02, 0.02), plain()).notes
    assert not check("A7", fixed(0.02, -0.02), plain()).notes


def test_a9_flips() -> None:
    assert check("A9", plain(tops=ABOVE, quick=DECAYS)).verdict == "supported"
    assert check("A9", plain(tops=ABOVE, quick=("constant",))).verdict == "refuted"
    late = plain(tops={"constant": 0.99}, quick=DECAYS)
    assert check("A9", late).verdict == "refuted"
    assert "12 sooner at 98\u00a0%" in check("A9", plain(tops=ABOVE, quick=DECAYS)).sentence


def test_the_claims_on_plain_sgd_are_decided_without_momentum() -> None:
    other = schedules(3, {"constant": 0.99}, ("constant",), momenta=(0.9,))
    both = pd.concat([plain(tops=ABOVE, quick=DECAYS), other])
    verdict = check("A9", both)
    assert verdict.verdict == "supported"
    assert any("With momentum 0.9" in note for note in verdict.notes)
    assert check("A7", fixed(0.02, -0.02), both).verdict == "supported"
    assert "without momentum" in check("A9", other).sentence


def test_c10_flips() -> None:
    assert check("C10", schedules(tops={"ReduceLROnPlateau": 0.99})).verdict == "supported"
    assert check("C10", schedules(tops={"ReduceLROnPlateau": 0.98})).verdict == "refuted"
    # Better than four of nine is not often; better than five is.
    four = dict.fromkeys(module.PLANNED[:5], 0.99) | dict.fromkeys(module.PLANNED[5:], 0.98)
    assert check("C10", schedules(tops=four)).verdict == "refuted"
    five = dict.fromkeys(module.PLANNED[:4], 0.99) | dict.fromkeys(module.PLANNED[4:], 0.98)
    assert check("C10", schedules(tops=five)).verdict == "supported"


@pytest.mark.parametrize("tops", [ABOVE, {"constant": 0.99}, {"ReduceLROnPlateau": 0.99}])
def test_one_seed_never_decides(tops: dict) -> None:
    runs = schedules(1, tops, quick=DECAYS, momenta=(0.0,))
    for verdict in (
        check("A7", fixed(0.02, -0.02, seeds=1), runs),
        check("A9", runs),
        check("C10", runs),
    ):
        assert verdict.verdict == "not resolved"
        assert verdict.n == 1


def test_a_momentum_with_one_seed_waits_and_one_with_more_decides() -> None:
    both = pd.concat([schedules(3, ABOVE, DECAYS), schedules(1, {}, momenta=(0.0,))])
    assert module.judged(module.with_peaks(both)) == [0.9]
    assert len(check("C10", both).parts) == 1
    two = pd.concat([schedules(3, ABOVE), schedules(3, {"constant": 0.99}, momenta=(0.0,))])
    assert len(check("C10", two).parts) == 2


def test_missing_runs_are_named() -> None:
    runs = schedules()
    assert "ReduceLROnPlateau" in check("C10", runs[runs["schedule"] == "StepLR"]).sentence
    some = runs[runs["schedule"] != "LinearLR"]
    assert "No runs yet for LinearLR" in check("C10", some).sentence
    assert "constant LR" in check("A9", runs[runs["schedule"] != "constant"]).sentence
    assert "fixed LRs" in check("A7", fixed(0, 0)[:0], runs).sentence


def test_leaders_are_told_from_those_that_tie() -> None:
    found = leaders.leaders(fixed(0.02, -0.02))
    assert [found[0].rate, found[-1].rate] == [0.1, 0.01]
    assert found[0].level == [] == found[-1].level
    assert leaders.leaders(fixed(0.02, -0.02, seeds=1))[0].level == [0.01]
    few = pd.concat([fixed(0.02, 0.02), run(base_lr=1.0)])
    assert 1.0 not in set(leaders.fixed_rates(few)["base_lr"])


def test_drops_are_the_first_epochs_at_a_lower_rate() -> None:
    one = run(epochs=5, schedule="ReduceLROnPlateau", seed=4)
    one["lr"] = [0.1, 0.1, 0.01, 0.01, 0.001]
    assert module.reactions(one) == {4: (3, 5)}
    assert summary_schedules.reactions(one) == "before epochs 3 and 5 with seed 4"
    same = pd.concat([one, one.assign(seed=7), one.assign(seed=2, lr=0.1)])
    told = "before epochs 3 and 5 with seeds 4 and 7 and never with seed 2"
    assert summary_schedules.reactions(same) == told


def test_a_trajectory_has_the_corners_of_the_cycle() -> None:
    runs = module.with_peaks(schedules(seeds=1))
    cycle = runs[(runs["schedule"] == "CyclicLR") & (runs["peak"] == 0.03)]
    at, rates = module.trajectory(cycle)
    assert rates[list(at).index(2.5)] == pytest.approx(0.03)
    assert rates[list(at).index(5.0)] == pytest.approx(0.003)
    assert (at[0], at[-1]) == (0.0, 10.0)


def test_lost_runs_are_told_by_whether_the_schedule_climbs() -> None:
    runs = module.with_peaks(schedules(seeds=2))
    runs.loc[runs["schedule"] == "CyclicLR", "lr"] = runs["peak"] / 10
    assert summary_schedules.lost(runs) == "to none"
    at = (runs["peak"] == 0.03) & (runs["seed"] == 1)
    runs.loc[at & (runs["schedule"] == "constant"), "train_accuracy"] = 0.11
    runs.loc[at & (runs["schedule"] == "StepLR"), "train_accuracy"] = math.nan
    assert summary_schedules.lost(runs) == (
        "to 2 of 26 runs at LR 0.03 (2 of 24 under schedules that begin there and none of 2 under "
        "schedules that climb there)"
    )


def test_a_schedule_survives_where_one_of_its_runs_does() -> None:
    runs = module.with_peaks(schedules(seeds=2))
    at = runs["peak"] == 0.03
    runs.loc[at, "train_accuracy"] = 0.11
    assert summary_schedules.survivors(runs, 0.03) == "none"
    runs.loc[at & (runs["schedule"] == "LinearLR") & (runs["seed"] == 1), "train_accuracy"] = 0.98
    assert summary_schedules.survivors(runs, 0.03) == "linear"


def test_jitter_is_how_far_an_epoch_moves_the_accuracy() -> None:
    runs = module.at_middle_peak(module.with_peaks(schedules(seeds=2)))
    even = runs["epoch"] % 2 == 0
    runs = runs.assign(val_accuracy=np.where(even, 0.984, 0.98) + 0.001 * runs["seed"])
    runs.loc[runs["epoch"] < 5, "val_accuracy"] = 0.5
    assert summary_schedules.jitter(runs, "constant", 6) == "0.40 points"


def test_the_order_of_the_bounds_is_held_against_that_of_the_means() -> None:
    tops = {"constant": 0.97, "StepLR": 0.98, "LinearLR": 0.99}
    own = module.own_best(module.with_peaks(schedules(tops=tops)), 0.9)
    bounds = {"constant": 3.0, "StepLR": 2.0, "LinearLR": 1.0, "not trained": 0.5}
    assert summary_schedules.order_by_theory(bounds, own) == "1.00 over 3 schedules"


def test_the_last_epoch_is_told_as_a_share_of_the_peak() -> None:
    runs = module.with_peaks(schedules(seeds=1))
    runs.loc[runs["epoch"] == 10, "lr"] = runs["peak"] / 10
    assert summary_schedules.last_share(runs, "LinearLR") == "0.10"


def test_completeness_counts_settings_and_seeds() -> None:
    runs = module.with_peaks(schedules(seeds=2))
    told = module.completeness(runs[~((runs["peak"] == 0.03) & (runs["seed"] == 1))])
    declared = len(STUDIES["schedules"].runs())
    start = f"65 of {declared} declared runs are trained (momentum 0.9: 39 of 40 settings"
    assert told.startswith(start)
    assert "1 to 2 seeds each" in told
    assert "momentum 0: none yet" in told


def slow_bound(rates: np.ndarray) -> float:
    """The bound at its best factor, by loops and a search over the factor."""
    total = len(rates)
    rates = rates / rates.mean()

    def at(factor: float) -> float:
        eta = factor * rates
        value = (1 + (eta**2).sum()) / (2 * eta.sum())
        for k in range(total - 1):
            tail = (eta[k:] ** 2).sum() / eta[k:].sum()
            value += eta[k] / eta[k + 1 :].sum() * tail / 2
        return value

    return min(at(factor) for factor in np.geomspace(1e-2, 2, 300)) * math.sqrt(total)


def test_the_bound_is_the_formula_at_its_best_factor() -> None:
    for rates in (np.ones(30), np.arange(30, 0, -1.0), np.r_[np.ones(10), np.full(20, 0.1)]):
        assert bound.at_best_factor(rates) == pytest.approx(slow_bound(rates), rel=1e-3)
    constant, linear = np.ones(500), np.arange(500, 0, -1.0)
    harmonic = (1 / np.arange(1, 500)).sum()
    assert bound.at_best_factor(constant) == pytest.approx(math.sqrt(1 + harmonic))
    assert bound.at_best_factor(7 * linear) == pytest.approx(bound.at_best_factor(linear))
    assert bound.at_best_factor(linear) < bound.at_best_factor(1 + np.cos(np.arange(500) / 160))


def test_speed_counts_never_as_one_epoch_too_many() -> None:
    from analysis.claims.schedules import speed

    slow = module.own_best(module.with_peaks(schedules(tops={"StepLR": 0.975})), 0.9)["StepLR"]
    assert speed(slow).tolist() == [11.0, 11.0, 11.0]
    assert stats.seeds(slow.runs) == [0, 1, 2]
