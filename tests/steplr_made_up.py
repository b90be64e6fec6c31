"""Made-up results of the StepLR studies: the whole grid, any cell of which can be changed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from analysis import staircase
from analysis.staircase import CONSTANT, DEFAULT, Combination
from tests.analysis_made_up import run, study

# Final training loss, final validation accuracy, share of the loss that the last ten epochs take.
End = tuple[float, float, float]
Changes = dict[tuple[float, float, float], End]


def usual(combination: Combination) -> End:
    """What article C expects: γ 0.1 best, γ 0.9 as constant, early drops and γ 0.01 stall."""
    gamma, size = combination
    away = 1.0 if gamma >= 0.9 else abs(np.log10(gamma) + 1)
    early = max(0.0, 10.0 - size) / 10
    fall = 0.001 if gamma < 0.1 or size < 5 else 0.05
    return 0.02 * (1 + away + early), 0.99 - 0.01 * away - 0.005 * early, fall


@cache  # Copied by whoever puts runs together.
def made(schedule: str, base: float, combination: Combination, end: End, seed: int) -> pd.DataFrame:
    """One run that ends as told, give or take a little luck of its seed."""
    loss, accuracy, fall = end
    gamma, size = combination
    steep = fall / (1 - fall)
    luck = 0.0002 * np.sin(1 + 7 * seed + 100 * gamma)
    rows = run(
        study="steplr",
        seed=seed,
        epochs=30,
        base_lr=base,
        schedule=schedule,
        schedule_args={} if combination == CONSTANT else {"gamma": gamma, "step_size": int(size)},
        loss=lambda e, s: loss * (1 + luck) * (1 + steep * (30 - e) / 10),
        accuracy=lambda e, s: accuracy + luck - 0.01 * (30 - e) / 30,
    )
    if schedule == "StepLR-misplaced":
        rows["lr"] = base * gamma ** (rows["epoch"] // size)
    return rows


def grid(seeds: int = 3, changed: Changes | None = None) -> pd.DataFrame:
    """The declared grid; ``changed`` maps (base LR, γ, step_size) to an end of its own."""
    runs = [
        made("constant" if c == CONSTANT else "StepLR", base, c, end, seed)
        for base, row in staircase.declared().items()
        for c in row
        for end in [(changed or {}).get((base, *c)) or usual(c)]
        for seed in range(seeds)
    ]
    late = [made("StepLR-misplaced", 0.01, DEFAULT, usual(DEFAULT), s) for s in range(seeds)]
    return study(*runs, *late)


def small(seeds: int = 3, changed: Changes | None = None) -> pd.DataFrame:
    """The sweep of γ at the default step_size, as on 1,000 images."""
    runs = staircase.with_arguments(grid(seeds, changed))
    few = (runs["schedule"] != "StepLR-misplaced") & runs["step_size"].isin(
        [DEFAULT[1], CONSTANT[1]]
    )
    kept = runs[few].drop(columns=["gamma", "step_size"])
    return kept.assign(
        study="small-data", dataset="mnist-1000", run_id="small-" + kept["run_id"]
    ).reset_index(drop=True)
