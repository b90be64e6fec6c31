"""Tables about the method itself: what pairing by seed gains, what a finite test set can see."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
from scipy.special import stdtrit

from analysis import stats, text
from analysis.labels import METRICS
from analysis.page import Table
from analysis.receipts import receipt


@dataclass(frozen=True)
class Pair:
    """Two settings to compare, in words and as runs."""

    words: str
    first: pd.DataFrame
    second: pd.DataFrame
    column: str = "train_loss"


def unpaired(first: pd.Series, second: pd.Series) -> stats.Interval:
    """Return the interval of a difference of means as if seeds had nothing in common.

    Welch (1947): half-width t(0.975, ν) · sqrt(s₁²/n₁ + s₂²/n₂), ν by Welch and Satterthwaite.
    Undefined below two seeds on either side.
    """
    mean = float(first.mean() - second.mean())
    n = min(len(first), len(second))
    if n < 2:
        return stats.Interval(mean, math.nan, math.nan, n)
    parts = [(float(values.var(ddof=1)) / len(values), len(values)) for values in (first, second)]
    variance = sum(part for part, _ in parts)
    freedom = variance**2 / sum(part**2 / (count - 1) for part, count in parts) if variance else 1.0
    half = float(stdtrit(freedom, (1 + stats.LEVEL) / 2)) * math.sqrt(variance)
    return stats.Interval(mean, mean - half, mean + half, n)


def pairing(pairs: list[Pair]) -> Table:
    """Return each difference after the last epoch with its interval, seeds paired and not."""
    rows = []
    for pair in pairs:
        first, second = (stats.final(side, pair.column) for side in (pair.first, pair.second))
        paired, apart = stats.paired(first, second), unpaired(first, second)
        title, unit = METRICS[pair.column]
        unit, digits = ("points", 2) if unit else ("", 4)
        gain = (
            f"{text.number(apart.half / paired.half, 1)} times"
            if paired.defined and apart.defined and paired.half
            else "–"
        )
        rows.append(
            (
                pair.words,
                title,
                text.with_interval(paired, unit, digits),
                text.with_interval(apart, unit, digits),
                gain,
            )
        )
    header = ("Difference", "Metric", "Paired by seed", "As if unrelated", "Unrelated over paired")
    everything = pd.concat([side for pair in pairs for side in (pair.first, pair.second)])
    return Table(header, tuple(rows), "llrrr", receipt(everything))


def noise() -> Table:
    """Return by how much a test set of 10,000 images moves an accuracy by chance.

    The standard error is sqrt(p (1 − p) / 10,000); the band is its 95 % range.
    """
    rows = tuple(
        (
            text.percent(accuracy, 1),
            text.points(stats.binomial_se(accuracy)),
            f"± {text.points(stats.noise_band(accuracy))}",
            f"± {text.number(stats.noise_band(accuracy) * stats.TEST_IMAGES, 0)} images",
        )
        for accuracy in (0.9, 0.97, 0.98, 0.99, 0.995)
    )
    return Table(("Accuracy", "Standard error", "95\u00a0% band", "In images"), rows, "rrrr")
