"""Numbers and comparisons in words: nothing rounded away, nothing that breaks out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import stats, text


@settings(deadline=None)
@given(st.floats(1e-7, 1000))
def test_learning_rates_are_written_without_exponent(value: float) -> None:
    assert "e" not in text.lr(value)
    assert float(text.lr(value)) == pytest.approx(value, rel=1e-4, abs=1e-12)


def test_words_for_comparisons() -> None:
    up = stats.mean_interval([0.010, 0.011, 0.012])
    assert text.comparison(up, "higher", "lower", "points").startswith("higher by 1.10 ±")
    down = stats.mean_interval([-0.010, -0.011, -0.012])
    told = text.comparison(down, "higher", "lower", "points")
    assert told == "lower by 1.10 ±\u00a00.25 points (3 paired seeds)"
    vague = stats.mean_interval([-0.01, 0.01])
    assert text.comparison(vague, "higher", "lower").startswith("not resolved (difference 0.00 ±")
    agreed = text.comparison(stats.mean_interval([1.5, 1.5]), "higher", "lower")
    assert agreed == (
        "not resolved (difference 1.50, the same in each of 2 paired seeds: too few to tell)"
    )
    single = text.comparison(stats.mean_interval([1.0]), "higher", "lower")
    assert "too few" in single
    same = text.comparison(stats.mean_interval([0.0, 0.0]), "higher", "lower")
    assert same == "the same in every seed (2 paired seeds)"


def test_sentences_of_comparison_name_what_is_compared() -> None:
    def told(*differences: float) -> str:
        found = text.compared(
            stats.mean_interval(differences), "higher", "lower", "at LR 1", "points"
        )
        return found.replace("\u00a0", " ")

    assert told(0.010, 0.011, 0.012) == ("1.10 ± 0.25 points higher than at LR 1 (3 paired seeds)")
    assert told(-0.010, -0.011, -0.012).startswith("1.10 ± 0.25 points lower than at LR 1")
    assert told(0.01, 0.01, 0.01) == (
        "1.00 points higher than at LR 1 (the same in each of 3 paired seeds)"
    )
    assert told(-0.01, 0.01).startswith(
        "not resolvably higher or lower than at LR 1 (difference 0.00 ± 12.71 points"
    )
    assert told(0.0, 0.0, 0.0) == (
        "neither higher nor lower than at LR 1 in any seed (3 paired seeds)"
    )


@given(st.lists(st.floats(-1e-3, 1e-3), min_size=3, max_size=6))
def test_a_bound_beside_zero_is_not_written_as_zero(values: list[float]) -> None:
    interval = stats.mean_interval(values)
    beside = min(abs(interval.low), abs(interval.high)) > 1e-6
    assert not (beside and re.search(r" 0\.0+ ", text.bounds(interval, "points")))


def test_an_interval_that_is_not_even_is_told_by_its_bounds() -> None:
    lopsided = stats.Interval(5.0, 4.5, 7.0, 10)
    assert text.comparison(lopsided, "later", "sooner", "epochs", 1).replace("\u00a0", " ") == (
        "later by 5.0 epochs (95 % interval 4.5 to 7.0 epochs, 10 paired seeds)"
    )


@given(st.floats(0.05, 1), st.floats(0.05, 1))
def test_the_larger_of_a_difference_and_its_half_width_is_the_larger_in_print(
    mean: float, half: float
) -> None:
    found = text.comparison(stats.Interval(mean, mean - half, mean + half, 9), "up", "down")
    told = [float(word) for word in re.findall(r"\d\.\d+", found)]
    assert abs(mean - half) < 0.002 or (told[0] > told[1]) == (mean > half)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_half_an_interval_is_not_written_as_zero_unless_it_is_nearly(values: list[float]) -> None:
    interval = stats.mean_interval(values)
    mean, half = text.mean_and_half(interval, 2).split(" ±\u00a0")
    assert len(mean.partition(".")[2]) == len(half.partition(".")[2]) in (2, 3, 4)
    assert float(half) == pytest.approx(interval.half, abs=0.0051)
    assert float(half) > 0 or interval.half < 0.0001


def test_sentences_cannot_break_out_and_have_the_apostrophes_of_print() -> None:
    assert text.prose("StepLR's loss < 1") == "StepLR\u2019s loss &lt; 1"


def test_bounds_of_shares_stay_possible() -> None:
    wide = stats.mean_interval([0.1, 0.9])
    assert text.bounds(wide, "%") == "95\u00a0% interval 0.00 to 100.00\u00a0%"
    assert text.bounds(wide, "points").endswith("−100.00 to 100.00 points")
    assert text.bounds(wide).endswith("interval −4.58 to 5.58")
