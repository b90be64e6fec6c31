"""One curve in a number: how often and how far it rises, when it gets there, how it ends."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

# The accuracy that "reached" means for speed.
REACH = 0.97
# "The last epochs" of a training, where it is not said how many.
LAST = 5


def rises(curve: ArrayLike) -> int:
    """How many epochs ended higher than the one before; a value that is not finite counts."""
    steps = np.diff(np.asarray(curve, dtype=float))
    return int(np.sum(~(steps <= 0)))


def later(curve: pd.Series) -> pd.Series:
    """Return what follows the first third of a training, in which a loss mostly falls."""
    return curve.iloc[len(curve) // 3 :]


def rise_share(curve: ArrayLike) -> float:
    """Share of a curve's path that goes up: sum of the rises over sum of all changes, in [0, 1].

    0 for a curve that only falls, 0.5 for one that ends where it began, 1 for one that only rises
    or stops being finite. A count of rises would weigh a rise of 1e-6 like a leap.
    """
    values = np.asarray(curve, dtype=float)
    if not np.all(np.isfinite(values)):
        return 1.0
    steps = np.diff(values)
    path = float(np.abs(steps).sum())
    return float(steps[steps > 0].sum()) / path if path > 0 else 0.0


def drops(curves: pd.DataFrame) -> dict[int, tuple[int, ...]]:
    """Return the epochs (the index) that begin with a lower value than the one before, by seed.

    What lies within rounding of the value before is no drop.
    """
    lower = curves < curves.shift(1) * (1 - 1e-9)
    return {seed: tuple(map(int, curves.index[lower[seed]])) for seed in map(int, curves.columns)}


def epochs_to(curves: pd.DataFrame, accuracy: float) -> pd.Series:
    """First epoch (the index) at or above an accuracy, by column; infinite where there is none."""
    reached = curves.to_numpy() >= accuracy
    first = curves.index.to_numpy(dtype=float)[reached.argmax(axis=0)]
    return pd.Series(np.where(reached.any(axis=0), first, math.inf), index=curves.columns)


def last_slope(curve: pd.Series, epochs: int) -> float:
    """Least-squares slope per epoch over the last epochs of a curve (unit of the curve / epoch)."""
    tail = curve.iloc[-epochs:]
    return float(np.polyfit(tail.index.to_numpy(dtype=float), tail.to_numpy(dtype=float), 1)[0])


def last_mean(curve: pd.Series) -> float:
    """Mean over the last epochs of a curve."""
    return float(curve.iloc[-LAST:].mean())


def last_range(curve: pd.Series) -> float:
    """Highest minus lowest value over the last epochs of a curve."""
    tail = curve.iloc[-LAST:]
    return float(tail.max() - tail.min())
