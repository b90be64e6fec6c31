"""What `verify --retrain` says of numbers that came out again, or did not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.settings import Run
from experiments.verify import difference, retrain

NAN, INF = np.nan, np.inf


def test_where_no_run_is_stored_one_sentence_says_so(tmp_path: Path) -> None:
    assert list(retrain([("fixed-lr", Run())], 3, tmp_path, "cpu")) == [
        "None of these runs is stored, so there is nothing to train again."
    ]


@pytest.mark.parametrize(
    "values", [[1.0, 2.0], [1.0, NAN], [INF, NAN], [-INF, 0.0]], ids=lambda values: str(values)
)
def test_the_same_numbers_differ_by_nothing_however_they_diverged(values: list[float]) -> None:
    assert difference(np.array([values]), np.array([values])) == "0"


def test_the_largest_difference_of_all_is_told() -> None:
    one, other = np.array([[1.0, 2.0], [3.0, NAN]]), np.array([[1.0, 2.5], [3.25, NAN]])
    assert difference(one, other) == "0.5"


@pytest.mark.parametrize(("one", "other"), [(NAN, 1.0), (1.0, NAN), (INF, 1.0), (INF, -INF)])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_number_that_is_finite_only_once_is_never_hidden(
    one: float, other: float, place: int
) -> None:
    left, right = np.zeros((3, 2)), np.full((3, 2), 0.5)
    left[place, 1], right[place, 1] = one, other
    for pair in ((left, right), (right, left)):
        assert difference(*pair) == "not finite, as one of the two is not"
