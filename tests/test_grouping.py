"""Rows put together by their keys: the same as pandas, sooner."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import grouping, stats

ROWS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 3),
        st.floats(-1e6, 1e6) | st.just(float("nan")) | st.just(float("inf")),
    ),
    min_size=1,
    max_size=40,
)


@given(ROWS)
def test_means_are_those_of_pandas(rows: list[tuple[int, int, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["down", "across", "value"])
    down, across, table = grouping.means(
        *(frame[c].to_numpy() for c in ("value", "down", "across"))
    )
    expected = frame.groupby(["down", "across"])["value"].mean().unstack("across")
    assert down.tolist() == expected.index.tolist()
    assert across.tolist() == expected.columns.tolist()
    np.testing.assert_allclose(table, expected.to_numpy(), rtol=1e-6, atol=1e-6)


@given(ROWS)
def test_the_mean_by_seed_leaves_out_seeds_without_a_number(
    rows: list[tuple[int, int, float]],
) -> None:
    frame = pd.DataFrame(rows, columns=["seed", "_", "value"])
    found = grouping.mean_by_seed(frame["value"], frame["seed"])
    expected = frame.groupby("seed")["value"].mean().dropna()
    pd.testing.assert_series_equal(found, expected, check_names=False, rtol=1e-6, atol=1e-6)


@given(ROWS)
def test_a_pivot_is_that_of_pandas(rows: list[tuple[int, int, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["down", "across", "value"])
    if frame.duplicated(["down", "across"]).any():
        with pytest.raises(ValueError, match="several rows for one down and across"):
            grouping.pivot(frame, "down", "across", "value")
        frame = frame.drop_duplicates(["down", "across"])
    down, across, table = grouping.pivot(frame, "down", "across", "value")
    expected = frame.pivot(index="down", columns="across", values="value")
    assert (down.tolist(), across.tolist()) == (expected.index.tolist(), expected.columns.tolist())
    np.testing.assert_array_equal(table, expected.to_numpy())


def test_steps_get_what_is_known_of_their_run_and_come_in_order() -> None:
    steps = pd.DataFrame({"run_id": list("baxb"), "step": [2, 1, 1, 1]})
    about = pd.DataFrame({"run_id": ["b", "a"], "seed": [7, 5], "event": ["drop", "raise"]})
    found = grouping.with_runs(steps, about)
    assert found["run_id"].tolist() == ["a", "b", "b"]
    assert found["step"].tolist() == [1, 1, 2]
    assert found["seed"].tolist() == [5, 7, 7]
    assert stats.select(found, event="drop")["step"].tolist() == [1, 2]
    assert stats.select(found, event=["raise", "never"])["seed"].tolist() == [5]
