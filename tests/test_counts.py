"""Intervals of differences of counts: from the means of subsets, cautious where seeds tie."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import counts, stats

few_counts = st.lists(st.integers(-9, 9), min_size=2, max_size=10)


@given(few_counts)
def test_the_interval_holds_the_mean_and_mirrors(values: list[int]) -> None:
    one, other = (counts.subset_interval(s * np.array(values, dtype=float)) for s in (1, -1))
    assert one.mean == pytest.approx(np.mean(values))
    if one.defined:
        assert one.low <= one.mean + 1e-9
        assert one.mean <= one.high + 1e-9
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_it_is_the_interval_that_turning_signs_does_not_reject() -> None:
    # Five of eight seeds an epoch later and none sooner: turning signs, 2 of 32 are as far off.
    assert counts.subset_interval(np.array([0, 0, 1, 1, 1, 1, 0, 1.0])).side_of() == 0
    assert counts.subset_interval(np.array([1, 0, 1, 1, 1, 1, 0, 1.0])).side_of() == 1
    # Student's takes the ties of the first for agreement.
    assert stats.mean_interval([0, 0, 1, 1, 1, 1, 0, 1]).side_of() == 1


def test_bounds_are_means_of_subsets_by_rank() -> None:
    values = np.array([3.0, -1, 4, 1, 5, 9, 2])
    means = sorted(np.mean(s) for n in range(1, 8) for s in combinations(values, n))
    found = counts.subset_interval(values)
    # 2.5 % of 2⁷ gaps are three to either side.
    assert (found.low, found.high) == pytest.approx((means[2], means[-3]))


def test_five_seeds_are_too_few_unless_all_agree() -> None:
    assert not counts.subset_interval(np.array([1.0, 2, 1, 1, 2])).defined
    assert counts.subset_interval(np.full(5, 2.0)).side_of() == 1
    assert counts.subset_interval(np.full(2, 2.0)).side_of() == 0


def test_lost_seeds_are_counted_and_many_seeds_are_students() -> None:
    some = counts.subset_interval(np.array([1.0, np.inf, 2, 3, 4, 5, 6]))
    assert (some.n, some.lost) == (6, 1)
    many = np.arange(30) % 7
    assert counts.subset_interval(many.astype(float)) == stats.mean_interval(many)


def test_pairs_are_made_by_seed() -> None:
    late, soon = pd.Series([3.0, 4, 9], [0, 1, 7]), pd.Series([1.0, 3], [1, 0])
    found = counts.paired(late, soon)
    assert (found.mean, found.n) == (1.5, 2)
