"""StepLR as a grid: the arithmetic of the staircase, and runs by drop factor γ and step_size.

A *combination* is a pair (γ, step_size). A constant learning rate never drops: γ 1, step_size ∞.
Epochs count from 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import pandas as pd

from analysis import arguments, stats, summary, text
from experiments.settings import as_columns
from experiments.studies import STUDIES

Combination = tuple[float, float]
# How long the runs of the grid train.
EPOCHS = 30
CONSTANT: Combination = (1.0, math.inf)
# What article C recommends: divide by ten, every ten epochs.
DEFAULT: Combination = (0.1, 10.0)

# Two settings are "even" where their accuracies differ by less: 0.3 points between two single runs
# is what a test set of 10,000 images does by chance (√2 noise bands at 98 to 99 %).
EVEN = 0.003
# Where article C's examples start, and the base LR of pictures that show one.
BASE = 0.01
# The scheduler's call after the epoch's training, and before it.
PLACEMENTS = ("StepLR", "StepLR-misplaced")


def drops(epoch: int, step_size: float) -> int:
    """Return how many drops lie before an epoch: ⌊(epoch − 1) / step_size⌋."""
    return int((epoch - 1) // step_size)


def rate(base_lr: float, combination: Combination, epoch: int) -> float:
    """Return the LR in force in an epoch."""
    gamma, step_size = combination
    return base_lr * gamma ** drops(epoch, step_size)


def gamma_for(first: float, last: float, count: int) -> float:
    """Return the drop factor that leads from the first LR to the last in so many drops."""
    return (last / first) ** (1 / count)


def with_arguments(runs: pd.DataFrame) -> pd.DataFrame:
    """Add the columns ``gamma`` and ``step_size`` to runs; see the module for a constant LR."""
    return runs.assign(
        gamma=arguments.column(runs, "gamma", CONSTANT[0]),
        step_size=arguments.column(runs, "step_size", CONSTANT[1]),
    )


def grid(runs: pd.DataFrame, momentum: float = 0.0) -> pd.DataFrame:
    """Select StepLR and the constant LR with one momentum, with ``gamma`` and ``step_size``."""
    one = stats.select(runs, momentum=momentum, schedule=["constant", "StepLR"])
    return with_arguments(one)


def cell(grid: pd.DataFrame, base_lr: float, combination: Combination) -> pd.DataFrame:
    """Select one combination's runs at a base LR; empty where there are none."""
    gamma, step_size = combination
    return stats.select(grid, base_lr=base_lr, gamma=gamma, step_size=step_size)


def final(
    grid: pd.DataFrame, base: float, combination: Combination, column: str = "val_accuracy"
) -> pd.Series:
    """Return a combination's metric after the last epoch, by seed; empty where it has no runs."""
    return stats.final(cell(grid, base, combination), column)


def line(grid: pd.DataFrame, by: str) -> pd.DataFrame:
    """Select the default's row or column of the grid, and the constant LR.

    Parameters
    ----------
    by : "gamma" at the default step_size, or "step_size" at the default γ
    """
    column, at = {"gamma": ("step_size", 1), "step_size": ("gamma", 0)}[by]
    return stats.select(grid, **{column: [DEFAULT[at], CONSTANT[at]]})


def sweep(grid: pd.DataFrame, by: str) -> pd.DataFrame:
    """Select a ``line`` from the default base LR, on the seeds that its settings share."""
    return shared_seeds(stats.select(line(grid, by), base_lr=BASE), by)


def beside(grid: pd.DataFrame) -> pd.DataFrame:
    """Select the default and the constant LR, on the seeds they share."""
    both = pd.concat([cell(grid, BASE, combination) for combination in (CONSTANT, DEFAULT)])
    return shared_seeds(both, "schedule")


def placements(runs: pd.DataFrame) -> pd.DataFrame:
    """Select the default with its call after the epoch's training, and before it."""
    both = stats.select(runs, base_lr=BASE, momentum=0.0, schedule=list(PLACEMENTS))
    both = with_arguments(both)
    return stats.select(both, gamma=DEFAULT[0], step_size=DEFAULT[1])


def shared_seeds(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Keep the seeds that every setting has, so that a picture compares like with like.

    Where no seed is shared by all (a study half trained), everything is kept.
    """
    sets = [set(rows["seed"]) for _, rows in frame.groupby(by)]
    common = set.intersection(*sets) if sets else set()
    return frame[frame["seed"].isin(common)] if common else frame


@cache
def declared(study: str = "steplr") -> Mapping[float, list[Combination]]:
    """Return the study's combinations without momentum by base LR, the constant LR included."""
    rows = pd.DataFrame([as_columns(run) for run in STUDIES[study].runs(1)])
    found = grid(rows)
    row: dict[float, list[Combination]] = {}
    for base in stats.levels(found, "base_lr", descending=False):
        part = stats.select(found, base_lr=base)
        row[base] = sorted(set(zip(part["gamma"], part["step_size"], strict=True)))
    return row


def coverage(grid: pd.DataFrame) -> str:
    """Say how much is trained: "11 of 25 combinations at base LR 0.01 (3 to 5 seeds) and …"."""
    parts = []
    for base, combinations in declared().items():
        counts = [len(stats.seeds(cell(grid, base, c))) for c in combinations]
        there = [count for count in counts if count]
        seeds = f" ({text.counts(there, 'seed')})" if there else ""
        parts.append(
            f"{len(there)} of {len(counts)} combinations at base LR {text.lr(base)}{seeds}"
        )
    return text.listing(parts)


def difference(
    first: pd.DataFrame, second: pd.DataFrame, than: str, column: str = "val_accuracy"
) -> str:
    """As ``summary.difference``; "not measured yet" where either has no runs."""
    if first.empty or second.empty:
        return "not measured yet (no runs)"
    return summary.difference(first, second, than, column)


def spent(rows: pd.DataFrame) -> float:
    """Return the sum of the LR over the epochs of one combination's runs."""
    return float(rows.groupby("seed")["lr"].sum().mean())


def spending_decides(grid: pd.DataFrame, base_lr: float) -> str:
    """Say how far the sum of the LR puts the combinations of a base LR in order (Spearman)."""
    means = [
        (spent(rows), float(stats.final(rows, "val_accuracy").mean()))
        for _, rows in stats.select(grid, base_lr=base_lr).groupby(["gamma", "step_size"])
    ]
    known = [pair for pair in means if all(map(math.isfinite, pair))]
    over = f"over {text.count(len(known), 'combination')}"
    if len(known) < 4:
        return f"not measured yet ({over})"
    return f"{text.number(stats.rank_correlation(*zip(*known, strict=True)), 2)} {over}"


def name(combination: Combination) -> str:
    """How a combination is called."""
    if combination == CONSTANT:
        return "a constant LR"
    return f"γ{text.SPACE}{text.lr(combination[0])} every {combination[1]:g} epochs"
