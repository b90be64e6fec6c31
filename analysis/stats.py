"""Statistics of runs: intervals over seeds, paired differences, noise bands.

A *frame* is the table of ``experiments.results.load``: one row per run and epoch. Accuracies are
shares in [0, 1]; the functions here never change units. All intervals are 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.grouping import SEVERAL, pivot

LEVEL = 0.95
TEST_IMAGES = 10_000
# Two seeds agree now and then by chance, since images and epochs are counted: from so many on, an
# interval of no width is evidence.
ENOUGH_TO_AGREE = 3


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with its confidence interval.

    ``low`` and ``high`` are NaN where fewer than two finite values exist: one run says nothing
    about the spread between runs. ``lost`` counts the values that were not finite (diverged runs).
    """

    mean: float
    low: float
    high: float
    n: int
    lost: int = 0

    @property
    def half(self) -> float:
        """Half the interval's width, in the unit of the mean."""
        return (self.high - self.low) / 2

    @property
    def defined(self) -> bool:
        """Whether there were enough seeds for an interval."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def even(self) -> bool:
        """Whether the interval reaches as far below the mean as above it, but for rounding."""
        return math.isclose(self.high - self.mean, self.mean - self.low, rel_tol=1e-6)

    @property
    def agree(self) -> bool:
        """Whether every seed gave the same number, but for rounding."""
        return self.defined and math.isclose(self.low, self.high, rel_tol=1e-9)

    def side_of(self, value: float = 0.0) -> int:
        """Where the whole interval lies: 1 above ``value``, -1 below, 0 where that is not resolved.

        An interval of no width (every seed gave the same number) resolves nothing where it sits on
        the value, or where the seeds are fewer than ``ENOUGH_TO_AGREE``.
        """
        if not self.defined or (self.agree and self.n < ENOUGH_TO_AGREE):
            return 0
        return int(self.low > value) - int(self.high < value)

    def __neg__(self) -> Interval:
        """Return the interval of the opposite difference."""
        return Interval(-self.mean, -self.high, -self.low, self.n, self.lost)

    @property
    def is_nil(self) -> bool:
        """Whether every seed gave zero."""
        return self.low == self.high == 0

    @property
    def resolved(self) -> bool:
        """Whether the interval excludes zero."""
        return self.side_of(0.0) != 0


def mean_interval(values: Iterable[float]) -> Interval:
    """Mean and Student-t interval of independent values, one a seed.

    The half-width is t(0.975, n - 1) · s / sqrt(n), s the sample standard deviation.
    """
    everything = np.asarray(list(values), dtype=float)
    finite = everything[np.isfinite(everything)]
    n, lost = len(finite), len(everything) - len(finite)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0, lost)
    mean = float(finite.mean())
    if n == 1:
        return Interval(mean, math.nan, math.nan, 1, lost)
    half = float(special.stdtrit(n - 1, (1 + LEVEL) / 2) * finite.std(ddof=1) / math.sqrt(n))
    return Interval(mean, mean - half, mean + half, n, lost)


def mean_intervals(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, low and high of ``mean_interval`` for each row of values [points, seeds]."""
    known = np.isfinite(values)
    n = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=1) / n
        squares = np.where(known, values - mean[:, None], 0.0) ** 2
        error = np.sqrt(squares.sum(axis=1) / (n - 1) / n)
        half = special.stdtrit(n - 1, (1 + LEVEL) / 2) * error
    return mean, mean - half, mean + half


def rank_correlation(first: Iterable[float], second: Iterable[float]) -> float:
    """Return Spearman's correlation: 1 where both have the same order, -1 where the reverse."""
    # It is Pearson's of the ranks; `scipy.stats` takes seconds to import.
    one, other = (pd.Series(list(values), dtype=float).rank() for values in (first, second))
    return float(one.corr(other))


def prediction_interval(values: Iterable[float]) -> Interval:
    """Interval in which one further run is expected: wider than the mean's by sqrt(n + 1).

    This, not the interval of the mean, is what a single published run is compared with.
    """
    of_mean = mean_interval(values)
    half = of_mean.half * math.sqrt(of_mean.n + 1)
    mean = of_mean.mean
    return Interval(mean, mean - half, mean + half, of_mean.n, of_mean.lost)


def select(frame: pd.DataFrame, **settings: object) -> pd.DataFrame:
    """Rows whose columns equal the given settings; a list or tuple allows several values.

    Numbers match within a relative 1e-9, so that 0.1 is 0.1 however it was stored.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    keep = np.ones(len(frame), dtype=bool)
    for column, wanted in settings.items():
        if column not in frame:
            names = ", ".join(map(str, frame.columns))
            raise ValueError(f"there is no column {column!r}; the columns are: {names}")
        series = frame[column]
        values = series.array if series.dtype == "category" else series.to_numpy()
        allowed = wanted if isinstance(wanted, list | tuple) else [wanted]
        keep &= np.any([_equal(values, value) for value in allowed], axis=0)
    places = np.flatnonzero(keep)
    # Posts select by the thousand. Most often the rows lie together: a slice of them is a view.
    if len(places) and places[-1] - places[0] == len(places) - 1:
        return frame.iloc[places[0] : places[-1] + 1]
    return frame.iloc[places]


def _equal(values: Any, value: object) -> np.ndarray:
    # `np.isclose` and pandas' comparison take several times as long.
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = sorted((value * (1 - 1e-9), value * (1 + 1e-9)))
        return (values >= low) & (values <= high)
    return values == value


def present(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a selection as it is, if it holds runs.

    Raises
    ------
    ValueError
        If it holds none: one of its settings was never trained, or is misspelled.
    """
    if frame.empty:
        raise ValueError("no stored run has these settings, so there is nothing to show")
    return frame


def levels(frame: pd.DataFrame, column: str, descending: bool = True) -> list:
    """Return the distinct settings in a column, sorted; learning rates read from high to low."""
    return sorted(frame[column].unique().tolist(), reverse=descending)


def seeds(frame: pd.DataFrame) -> list[int]:
    """Return the distinct seeds of a frame, sorted."""
    return sorted(int(seed) for seed in frame["seed"].unique())


def curves(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """One metric as a table, epochs down, seeds across. The frame must hold a single setting."""
    epochs, numbers, table = pivot(present(frame), "epoch", "seed", column)
    return pd.DataFrame(
        table, index=pd.Index(epochs, name="epoch"), columns=pd.Index(numbers, name="seed")
    )


def final(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return the metric at the last epoch of each run, by seed: never the best epoch."""
    epoch = frame["epoch"].to_numpy()
    last = epoch == epoch.max(initial=0)
    numbers = frame["seed"].to_numpy()[last]
    order = np.argsort(numbers)
    numbers = numbers[order]
    if (numbers[1:] == numbers[:-1]).any():
        raise ValueError(f"several rows for one epoch and seed: {SEVERAL}")
    values = frame[column].to_numpy(dtype=float)[last]
    return pd.Series(values[order], index=pd.Index(numbers, name="seed"))


def differences(first: pd.Series, second: pd.Series) -> pd.Series:
    """Return first minus second, by seed, for the seeds that both have.

    The same seed means the same initial weights and the same order of the data, so that the
    difference of the two runs is free of what they share.
    """
    if not first.index.equals(second.index):
        shared = first.index.intersection(second.index)
        first, second = first.loc[shared], second.loc[shared]
    return first - second


def paired(first: pd.Series, second: pd.Series) -> Interval:
    """Interval of first minus second over the seeds that both have."""
    return mean_interval(differences(first, second))


def binomial_se(accuracy: float) -> float:
    """Return the standard error of an accuracy on the test images: sqrt(p (1 - p) / 10,000)."""
    return math.sqrt(accuracy * (1 - accuracy) / TEST_IMAGES)


def noise_band(accuracy: float) -> float:
    """Half-width of the band within which a finite test set moves an accuracy by chance."""
    return float(special.ndtri((1 + LEVEL) / 2)) * binomial_se(accuracy)
