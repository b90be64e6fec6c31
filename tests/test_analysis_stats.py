"""Statistics against values by hand and against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from analysis import shape, shock, stats
from analysis.spread import spread_of
from tests.analysis_made_up import fixed_lr, run, study

numbers = st.floats(-1e3, 1e3, allow_nan=False)


@settings(deadline=None)
@given(st.lists(numbers, min_size=2, max_size=12))
def test_mean_interval_is_students_t(values: list[float]) -> None:
    found = stats.mean_interval(values)
    if np.std(values) < 1e-9:
        assert found.half == pytest.approx(0, abs=1e-6)
        return
    low, high = scipy_stats.t.interval(
        0.95, len(values) - 1, loc=np.mean(values), scale=scipy_stats.sem(values)
    )
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)
    assert found.n == len(values)


@given(st.lists(st.lists(st.floats(-1e3, 1e3) | st.just(math.nan), min_size=4, max_size=4)))
def test_intervals_of_many_points_are_those_of_each(rows: list[list[float]]) -> None:
    mean, low, high = stats.mean_intervals(np.array(rows).reshape(-1, 4))
    for at, row in enumerate(rows):
        one = stats.mean_interval(row)
        assert mean[at] == pytest.approx(one.mean, abs=1e-9, nan_ok=True)
        assert low[at] == pytest.approx(one.low, abs=1e-6, nan_ok=True)
        assert high[at] == pytest.approx(one.high, abs=1e-6, nan_ok=True)


def test_two_seeds_give_an_honest_and_wide_interval() -> None:
    found = stats.mean_interval([1.0, 3.0])
    assert found.mean == 2
    # t(0.975, 1) = 12.706; s / sqrt(2) = 1.
    assert found.half == pytest.approx(12.7062, abs=1e-3)
    assert not found.resolved


def test_two_seeds_that_agree_decide_nothing_and_three_do() -> None:
    two, three = (stats.mean_interval([0.0123] * n) for n in (2, 3))
    assert two.agree
    assert two.side_of() == 0
    assert three.side_of() == 1
    rounded = stats.paired(pd.Series([0.9572, 0.9550]), pd.Series([0.9518, 0.9496]))
    assert rounded.high > rounded.low
    assert not rounded.resolved


def test_one_seed_gives_no_interval() -> None:
    found = stats.mean_interval([0.5])
    assert found.mean == 0.5
    assert not found.defined
    assert not found.resolved
    assert found.side_of(0.0) == 0


def test_diverged_values_are_counted_and_left_out() -> None:
    found = stats.mean_interval([1.0, 2.0, math.nan, math.inf])
    assert (found.mean, found.n, found.lost) == (1.5, 2, 2)
    assert stats.mean_interval([math.nan]).n == 0


def test_prediction_interval_is_wider_by_the_root_of_n_plus_one() -> None:
    values = [1.0, 2.0, 4.0]
    assert stats.prediction_interval(values).half == pytest.approx(
        stats.mean_interval(values).half * 2
    )


def test_paired_uses_shared_seeds_only() -> None:
    first = pd.Series({0: 2.0, 1: 3.0, 2: 10.0})
    second = pd.Series({1: 1.0, 0: 1.0})
    found = stats.paired(first, second)
    assert found.mean == pytest.approx(1.5)
    assert found.n == 2


def test_a_pair_that_diverged_on_both_sides_is_lost() -> None:
    first, second = pd.Series({0: 2.0, 1: math.inf}), pd.Series({0: 1.0, 1: math.inf})
    found = stats.paired(first, second)
    assert (found.mean, found.n, found.lost) == (1.0, 1, 1)


@settings(deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=10))
def test_paired_changes_sign_with_its_arguments(pairs: list[tuple[float, float]]) -> None:
    first, second = (pd.Series(column, dtype=float) for column in zip(*pairs, strict=True))
    one, other = stats.paired(first, second), stats.paired(second, first)
    assert one.mean == pytest.approx(-other.mean)
    assert one.low == pytest.approx(-other.high)
    assert one.side_of() == -other.side_of()


def test_binomial_standard_errors_of_the_test_set() -> None:
    assert 100 * stats.binomial_se(0.98) == pytest.approx(0.14)
    assert 100 * stats.binomial_se(0.99) == pytest.approx(0.0995, abs=1e-4)
    assert stats.noise_band(0.98) == pytest.approx(1.96 * 0.0014, rel=1e-3)


def test_rises_counts_upward_changes_and_nan() -> None:
    assert shape.rises([3, 2, 2.5, 1]) == 1
    assert shape.rises([3, math.nan, 1]) == 2
    assert shape.rises([3, 2, 1]) == 0


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=2, max_size=30))
def test_rise_share_is_a_share_and_mirrors(curve: list[float]) -> None:
    share = shape.rise_share(curve)
    assert 0 <= share <= 1
    if len(set(curve)) > 1:
        assert shape.rise_share(curve[::-1]) == pytest.approx(1 - share)


def test_rise_share_by_hand() -> None:
    assert shape.rise_share([4, 2, 3, 1]) == pytest.approx(1 / 5)
    assert shape.rise_share([1, 1, 1]) == 0
    assert shape.rise_share([1, math.inf]) == 1


def test_epochs_to_counts_from_one() -> None:
    curves = pd.DataFrame({5: [0.9, 0.97, 0.98], 7: [0.98, 0.9, np.nan]}, index=[1, 2, 3])
    assert shape.epochs_to(curves, 0.97).to_dict() == {5: 2, 7: 1}
    assert shape.epochs_to(curves, 0.99).to_dict() == {5: math.inf, 7: math.inf}


def test_slope_and_range_of_the_last_epochs() -> None:
    curve = pd.Series([20.0, 1, 3, 5, 7, 9], index=range(1, 7))
    assert shape.last_slope(curve, 5) == pytest.approx(2)
    assert shape.last_slope(curve, 6) < 0
    assert shape.last_range(curve) == 8


def test_spread_separates_setting_from_seed() -> None:
    wide = spread_of({r: pd.Series([r, r + 0.01, r + 0.02]) for r in (0.0, 1.0, 2.0)})
    assert wide.between == pytest.approx(1.0, abs=0.01)
    assert wide.within == pytest.approx(0.01)
    assert wide.ratio_low > 1
    none = spread_of({r: pd.Series([0.0, 1.0, 2.0]) for r in "abc"})
    assert none.between == 0
    assert none.ratio_low == 0
    assert math.isnan(spread_of({"a": pd.Series([1.0]), "b": pd.Series([2.0])}).ratio_low)


@given(st.lists(st.tuples(numbers, numbers), min_size=3, max_size=20, unique_by=lambda p: p[0]))
def test_rank_correlation_is_spearmans(pairs: list[tuple[float, float]]) -> None:
    first, second = zip(*pairs, strict=True)
    if len(set(second)) > 1:
        expected = scipy_stats.spearmanr(first, second).statistic
        assert stats.rank_correlation(first, second) == pytest.approx(expected)


def test_spread_uses_the_f_ratio_of_scipy() -> None:
    groups = {"a": pd.Series([1.0, 1.4, 0.9]), "b": pd.Series([2.0, 2.2, 2.9])}
    f_ratio = scipy_stats.f_oneway(*groups.values()).statistic
    expected = math.sqrt((f_ratio / scipy_stats.f.ppf(0.975, 1, 4) - 1) / 3)
    assert spread_of(groups).ratio_low == pytest.approx(expected)


def test_select_matches_settings_and_lists_of_them() -> None:
    frame = fixed_lr(seeds=1)
    assert set(stats.select(frame, base_lr=0.1)["base_lr"]) == {0.1}
    assert len(stats.select(frame, base_lr=(0.1, 0.01), seed=0)) == 40
    assert stats.select(frame, base_lr=0.5).empty
    stored = frame.assign(base_lr=np.float32(0.1).astype(float))
    assert stats.select(stored, base_lr=0.1).empty, "0.1 in single precision is another number"


def test_a_column_that_is_none_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no column 'base_lrr'; the columns are: run_id, study"):
        stats.select(fixed_lr(seeds=1), base_lrr=0.1)


def test_final_is_the_last_epoch_not_the_best() -> None:
    falling = run(accuracy=lambda e, s: 1.0 - 0.01 * e)
    assert stats.final(falling, "val_accuracy")[0] == pytest.approx(0.8)


def test_curves_are_epochs_by_seeds() -> None:
    table = stats.curves(study(run(seed=3), run(seed=1)), "train_loss")
    assert list(table.columns) == [1, 3]
    assert list(table.index) == list(range(1, 21))


def test_closed_forms_at_the_values_of_the_literature() -> None:
    k = np.array([0, 1, 10, 43])
    inside = shock.step_length("lr-inside", 0.9, 0.1, k)
    assert inside == pytest.approx([1, 0.91, 0.4138, 0.1097], abs=1e-4)
    assert shock.step_length("lr-outside", 0.9, 0.1, k) == pytest.approx([1, 0.1, 0.1, 0.1])
    wrong = shock.step_length("wrongly-corrected", 0.9, 0.1, np.array([1, 1000]))
    assert wrong == pytest.approx([0.1 * (1 - 0.81), 0.1])
    assert shock.settling_steps(0.9, 0.1) == 43
    assert shock.extra_path(0.9, 0.1) == pytest.approx(81)
    with pytest.raises(ValueError, match="no closed form for 'nesterov'"):
        shock.step_length("nesterov", 0.9, 0.1, k)


def test_two_steps_tell_the_two_forms_apart() -> None:
    assert shock.position_after("lr-outside", 0.9, [0.1, 0.01]) == pytest.approx(-0.119)
    assert shock.position_after("lr-inside", 0.9, [0.1, 0.01]) == pytest.approx(-0.200)
    assert shock.position_after("lr-outside", 0.9, [0.1, 0.1]) == pytest.approx(
        shock.position_after("lr-inside", 0.9, [0.1, 0.1])
    )


@settings(deadline=None)
@given(
    st.sampled_from(["lr-outside", "lr-inside", "wrongly-corrected"]),
    st.floats(0, 0.99),
    st.floats(0.05, 10),
    st.integers(1, 60),
)
def test_closed_forms_equal_the_updates_they_describe(
    form: str, momentum: float, gamma: float, k: int
) -> None:
    steady = 1 / (1 - momentum)
    buffer, length = steady, steady
    if form == "wrongly-corrected":
        buffer *= gamma
    for _ in range(k):
        if form == "lr-inside":
            buffer = momentum * buffer + gamma
            length = buffer
        else:
            buffer = momentum * buffer + 1
            length = gamma * buffer
    expected = float(shock.step_length(form, momentum, gamma, np.array([k]))[0])
    assert length / steady == pytest.approx(expected)


def test_noise_form_equals_the_variance_recursion() -> None:
    momentum, gamma = 0.9, 0.1
    steady = 1 / (1 - momentum**2)
    square = steady
    for _ in range(7):
        square = momentum**2 * square + gamma**2
    found = shock.step_length_noise("lr-inside", momentum, gamma, np.array([7]))[0]
    assert math.sqrt(square / steady) == pytest.approx(found)


def test_the_final_value_is_the_last_epochs_by_seed_and_of_one_setting() -> None:
    frame = study(*(run(seed=seed, epochs=3) for seed in (2, 0, 1)))
    last = stats.final(frame.sample(frac=1, random_state=0), "val_accuracy")
    assert last.index.tolist() == [0, 1, 2]
    assert last.equals(stats.curves(frame, "val_accuracy").iloc[-1].rename(None))
    with pytest.raises(ValueError, match="several settings"):
        stats.final(pd.concat([frame, frame]), "val_accuracy")
