"""Differences of counts, such as epochs: an interval that asks for no bell curve.

Counts are few and whole, and several seeds often share one. Student's interval takes that for
agreement, and comes out too narrow.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.stats import LEVEL, Interval, differences, mean_interval

# 2ⁿ subsets of n seeds: beyond a million of them, Student's interval does as well.
MOST = 20


def paired(first: pd.Series, second: pd.Series) -> Interval:
    """Interval of first minus second over the seeds that both have; of counts, as of epochs."""
    return subset_interval(differences(first, second).to_numpy(dtype=float))


def subset_interval(values: np.ndarray) -> Interval:
    """Mean of a few values, with the interval that the means of their subsets give.

    Where values scatter evenly about a centre, it lies in each of the 2ⁿ gaps between the means of
    their 2ⁿ − 1 subsets with the same chance (Hartigan 1969). Ties make the interval cautious.
    Fewer than six values have too few subsets for 95 %; values that are not finite are counted
    as lost.
    """
    finite = values[np.isfinite(values)]
    n, lost = len(finite), len(values) - len(finite)
    student = mean_interval(values)
    if n < 2 or n > MOST or student.agree:
        return student
    outside = math.floor((1 - LEVEL) / 2 * 2**n)
    if not outside:
        return Interval(student.mean, math.nan, math.nan, n, lost)
    means = np.sort(_subset_means(finite))
    return Interval(student.mean, float(means[outside - 1]), float(means[-outside]), n, lost)


def _subset_means(values: np.ndarray) -> np.ndarray:
    """Return the mean of every subset but the empty one."""
    sums, sizes = np.zeros(1), np.zeros(1)
    for value in values:
        sums, sizes = np.r_[sums, sums + value], np.r_[sizes, sizes + 1]
    return sums[1:] / sizes[1:]
