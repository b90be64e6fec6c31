"""Made-up results of the StepLR studies: the whole grid, any cell of which can be changed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import staircase
from analysis.staircase import CONSTANT, Combination
from tests.analysis_made_up import run, study

# Final training loss, final validation accuracy, share of the loss that the last ten epochs take.
End = tuple[float, float, float]


def usual(base: float, combination: Combination) -> End:
    """What article C expects: γ 0.1 best, then the farther the worse; early drops hurt."""
    gamma, size = combination
    away = abs(np.log10(gamma) + 1)
    if gamma >= 0.9:
        away = 1.0  # As good as constant.
    early = 0.02 * max(0.0, 10.0 - size)
    return (
        0.02 * (1 + away + early),
        0.99 - 0.01 * away - 0.002 * early,
        0.001 if away + early else 0.05,
    )


def made(
    base: float, schedule: str, combination: Combination, end: End, seed: int, **settings: object
) -> pd.DataFrame:
    """One run that ends as told, with a little luck of its seed."""
    loss, accuracy, fall = end
    steep = fall / (1 - fall)
    arguments = (
        {"gamma": combination[0], "step_size": int(combination[1])}
        if schedule != "constant"
        else {}
    )
    luck = 0.0002 * np.sin(1 + 7 * seed + 100 * combination[0])
    rows = run(
        study="steplr",
        seed=seed,
        epochs=30,
        base_lr=base,
        schedule=schedule,
        schedule_args=arguments,
        loss=lambda e, s: loss * (1 + luck) * (1 + steep * (30 - e) / 10),
        accuracy=lambda e, s: accuracy + luck - 0.01 * (30 - e) / 30,
        **settings,
    )
    if schedule == "StepLR-misplaced":
        gamma, size = combination
        rows["lr"] = base * gamma ** (rows["epoch"] // size)
    return rows


def grid(
    seeds: int = 3,
    changed: dict[tuple[float, float, float], End] | None = None,
    bases: tuple[float, ...] = (0.01, 0.1),
    **settings: object,
) -> pd.DataFrame:
    """The declared grid; ``changed`` maps (base LR, γ, step_size) to an end of its own."""
    runs = []
    for base, row in staircase.declared().items():
        for combination in row if base in bases else ():
            end = (changed or {}).get((base, *combination)) or usual(base, combination)
            schedule = "constant" if combination == CONSTANT else "StepLR"
            runs += [made(base, schedule, combination, end, s, **settings) for s in range(seeds)]
    tens = (0.1, 10.0)
    if 0.01 in bases:
        runs += [
            made(0.01, "StepLR-misplaced", tens, usual(0.01, tens), seed) for seed in range(seeds)
        ]
    return study(*runs)


def small(
    seeds: int = 3, changed: dict[tuple[float, float, float], End] | None = None
) -> pd.DataFrame:
    """The sweep of γ at step_size 10, as on 1,000 images."""
    runs = grid(seeds, changed)
    few = staircase.with_arguments(runs[runs["schedule"] != "StepLR-misplaced"])
    few = few[few["step_size"].isin([10.0, CONSTANT[1]])].drop(columns=["gamma", "step_size"])
    return few.assign(study="small-data", dataset="mnist-1000", run_id="small-" + few["run_id"])
