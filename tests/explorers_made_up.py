"""Explorers on made-up results, for the tests of their data and of their pages."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import explorer_momentum, explorer_steplr, shock
from analysis.explorer import Explorer
from tests.analysis_made_up import Curve, momentum_shock, run, study

# What receipts link to.
FILES = {"results/steplr.parquet": "", "results/momentum-shock.parquet": ""}
TRAINED = ((0.1, 0.1, 10), (0.01, 0.1, 10), (0.01, 0.5, 5))


def staircases(
    seeds: int = 3,
    settings: tuple[tuple[float, float, int], ...] = TRAINED,
    loss: Curve | None = None,
) -> pd.DataFrame:
    """A constant LR of 0.1 and some staircases (base LR, γ, step_size), 30 epochs each."""
    runs = []
    for base, gamma, size in ((0.1, 1.0, 30), *settings):
        args = {"gamma": gamma, "step_size": size} if gamma < 1 else None
        name = "StepLR" if args else "constant"
        shared = {"base_lr": base, "schedule": name, "schedule_args": args, "loss": loss}
        runs += [run(study="steplr", epochs=30, seed=s, **shared) for s in range(seeds)]
    return study(*runs)


def steplr(seeds: int = 3, **made: object) -> Explorer:
    """The StepLR explorer of made-up staircases."""
    return explorer_steplr.explorer(staircases(seeds, **made))  # type: ignore[arg-type]


def momentum(seeds: int = 2) -> Explorer:
    """The momentum explorer of made-up drops by 0.1, with momentum 0 and 0.9, in two forms."""
    runs, steps = momentum_shock(seeds)
    return explorer_momentum.explorer(shock.windows(runs, steps), runs)


def breaking(epochs: np.ndarray, seed: int) -> np.ndarray:
    """A loss that is no number from epoch 4 on, with the second seed."""
    return np.where((epochs > 3) & (seed == 1), np.nan, 0.4 / epochs)
