"""What the theory of convex problems says about the shape of a schedule.

For SGD on a convex loss whose gradients are at most G long, started at a distance D from a minimum,
the expected loss after the last of T steps exceeds the minimum by at most

    D² / (2 Σ η) + G²/2 · [Σ η² / Σ η + Σ_{k<T} (η_k / Σ_{t>k} η_t) · Σ_{t≥k} η_t² / Σ_{t≥k} η_t]

(Defazio et al. 2023, Schaipp et al. 2025). Multiplying the schedule by a factor c divides the first
term and multiplies the others by c, so that the best factor leaves 2 sqrt(first · others): a number
that depends on the shape alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import schedules
from experiments.studies import SCHEDULES_EPOCHS

# The study's: 50,000 images in batches of 64. The bound depends on how many steps there are.
STEPS_AN_EPOCH = 782
STEPS = SCHEDULES_EPOCHS * STEPS_AN_EPOCH


def at_best_factor(rates: np.ndarray) -> float:
    """Return the bound of a shape at its best factor, in units of D·G/√T.

    Parameters
    ----------
    rates : LR by step, shape [T]; zeros at the end are steps not taken
    """
    rates = np.trim_zeros(np.asarray(rates, dtype=float), "b")
    squares = rates**2
    from_here = rates[::-1].cumsum()[::-1]
    squares_from_here = squares[::-1].cumsum()[::-1]
    after = from_here[1:]
    start = 1 / (2 * from_here[0])
    last = (rates[:-1] / after * squares_from_here[:-1] / from_here[:-1]).sum()
    noise = (squares_from_here[0] / from_here[0] + last) / 2
    return float(2 * np.sqrt(start * noise) * np.sqrt(len(rates)))


def by_schedule(runs: pd.DataFrame) -> dict[str, float]:
    """Return the bound of each schedule's shape, for the runs of one momentum and peak LR.

    The shape is read from the measured LR; where it differs by seed, the bounds are averaged.
    """
    found = {}
    for name in schedules.present(runs):
        some = runs[runs["schedule"] == name]
        shapes = [_by_step(run) for _, run in some.groupby("run_id")]
        found[name] = float(np.mean([at_best_factor(shape) for shape in shapes]))
    return found


def _by_step(run: pd.DataFrame) -> np.ndarray:
    at, rates = schedules.trajectory(run)
    count = round(float(at[-1])) * STEPS_AN_EPOCH
    middles = (np.arange(count) + 0.5) / STEPS_AN_EPOCH
    return np.interp(middles, at, rates)
