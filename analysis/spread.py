"""How much of a metric's spread is the setting's, and how much the seed's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy import special

from analysis.stats import LEVEL


@dataclass(frozen=True)
class Spread:
    """Spread of a metric between settings beside its spread between seeds.

    ``ratio_low`` and ``ratio_high`` bound the ratio of the two standard deviations.
    """

    between: float
    within: float
    ratio_low: float
    ratio_high: float
    settings: int
    n: int


def spread_of(groups: Mapping[Any, pd.Series]) -> Spread:
    """Compare the standard deviation due to the setting with that due to the seed.

    One-way random-effects analysis over the seeds that every group has: with F the ratio of the
    mean squares and k seeds a group, (F / F_quantile - 1) / k bounds the ratio of the variances
    (the classical exact interval for a ratio of variance components). NaN below two seeds.
    """
    table = pd.DataFrame(dict(groups)).dropna()
    n, settings = table.shape
    if n < 2 or settings < 2:
        return Spread(math.nan, math.nan, math.nan, math.nan, settings, n)
    mean_square_between = n * float(table.mean().var(ddof=1))
    mean_square_within = float(table.var(ddof=1).mean())
    between = math.sqrt(max(0.0, (mean_square_between - mean_square_within) / n))
    within = math.sqrt(mean_square_within)
    if within == 0:
        bound = math.inf if between > 0 else 0.0
        return Spread(between, within, bound, bound, settings, n)
    f_ratio = mean_square_between / mean_square_within
    freedom = (settings - 1, settings * (n - 1))
    bounds = [
        math.sqrt(max(0.0, (f_ratio / float(special.fdtri(*freedom, quantile)) - 1) / n))
        for quantile in ((1 + LEVEL) / 2, (1 - LEVEL) / 2)
    ]
    return Spread(between, within, bounds[0], bounds[1], settings, n)
