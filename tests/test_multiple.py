"""Comparisons judged together: p-values against SciPy, Holm's method against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from analysis import multiple, schedules, stats, summary_schedules
from tests.schedules_made_up import schedules as made_up

PROBABILITIES = st.lists(st.floats(0, 1), max_size=12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12))
@example([0.9871 - 0.9862, 0.9853 - 0.9844])  # The same but for rounding: two that say nothing.
def test_the_p_value_is_students_and_agrees_with_the_interval(values: list[float]) -> None:
    difference = stats.mean_interval(values)
    found = multiple.p_value(difference)
    assert (found <= 0.05) is difference.resolved
    if np.std(values) > 1e-3:
        assert found == pytest.approx(scipy_stats.ttest_1samp(values, 0.0).pvalue, rel=1e-6)


@pytest.mark.parametrize("values", [[], [0.3], [0.1, 0.1], [0.0, 0.0, 0.0]])
def test_what_says_nothing_is_no_difference(values: list[float]) -> None:
    assert multiple.p_value(stats.mean_interval(values)) == 1.0


def test_holm_by_hand() -> None:
    # 0.001 ≤ 0.05/4, 0.015 ≤ 0.05/3, 0.03 > 0.05/2: it stands, and so does all after it.
    assert multiple.holm([0.03, 0.001, 0.04, 0.015]) == [False, True, False, True]


@given(PROBABILITIES)
def test_holm_lies_between_bonferroni_and_one_by_one(p_values: list[float]) -> None:
    fallen = multiple.holm(p_values)
    for value, falls in zip(p_values, fallen, strict=True):
        assert falls or value > 0.05 / len(p_values)
        assert not falls or value <= 0.05 * (1 + 1e-12)
    assert fallen == [
        value <= max((p for p, f in zip(p_values, fallen, strict=True) if f), default=-1)
        for value in p_values
    ]


@pytest.mark.parametrize(("constant", "count"), [(0.984, "12"), (0.985, "none")])
def test_a_sentence_tells_both_ways_to_judge(constant: float, count: str) -> None:
    runs = schedules.with_peaks(made_up(seeds=5, tops={"constant": constant}))
    told = summary_schedules.together(schedules.own_best(runs, 0.9), "constant")
    assert told == f"{count} of 12 schedules are resolved one by one, and {count} together"
