"""Tables of StepLR: worked from the formula alone, and measured by drop factor or step size."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis import staircase, stats, text
from analysis.labels import METRICS, name_of
from analysis.page import Table
from analysis.receipts import receipt
from analysis.tables import FINAL, FINAL_TITLES, finals


def worked(base_lr: float, gamma: float, step_size: int, epochs: int) -> Table:
    """Return the staircase row by row: epochs from 1 and from 0, drops so far, LR."""
    rows = []
    for first in range(1, epochs + 1, step_size):
        last = min(first + step_size - 1, epochs)
        count = staircase.drops(first, step_size)
        value = staircase.rate(base_lr, (gamma, step_size), first)
        rows.append((_span(first, last), _span(first - 1, last - 1), str(count), text.lr(value)))
    header = ("Epochs", "In PyTorch's count", "Drops so far", "Learning rate")
    return Table(header, tuple(rows), "rrrr")


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def backward(base_lr: float) -> Table:
    """Return the γ that leads from a base LR to a final one, by final LR and step_size.

    The number of drops is what fits into 30 epochs.
    """
    counts = {size: staircase.drops(staircase.EPOCHS, size) for size in (15, 10, 5, 3)}
    titles = (f"step_size {size}: {text.count(count, 'drop')}" for size, count in counts.items())
    header = ("Final learning rate", *titles)
    rows = tuple(
        (
            text.lr(end),
            *(f"{staircase.gamma_for(base_lr, end, count):.3f}" for count in counts.values()),
        )
        for end in (0.001, 0.0001, 0.00001)
    )
    return Table(header, rows, "r" * len(header))


def cut_minus_kept(grids: Iterable[pd.DataFrame]) -> Table:
    """Return how the default ends beside the constant LR: differences paired by seed.

    Parameters
    ----------
    grids : a grid a momentum, a row a base LR at which both were trained
    """
    rows, used = [], []
    for grid in grids:
        for base in stats.levels(grid, "base_lr", descending=False):
            both = [staircase.cell(grid, base, c) for c in (staircase.DEFAULT, staircase.CONSTANT)]
            if any(one.empty for one in both):
                continue
            gaps = [stats.paired(*(stats.final(one, column) for one in both)) for column in FINAL]
            momentum = name_of("momentum", both[0]["momentum"].iloc[0])
            rows.append((text.lr(base), momentum, *map(_gap, gaps, FINAL), str(gaps[0].n)))
            used += both
    titles = [METRICS[c][0] + (" (points)" if METRICS[c][1] else "") for c in FINAL]
    header = ("Base LR", "Momentum", *titles, "Pairs")
    return Table(header, tuple(rows), "rl" + "r" * (len(titles) + 1), receipt(pd.concat(used)))


def _gap(difference: stats.Interval, column: str) -> str:
    digits, scale = (2, 100.0) if METRICS[column][1] else (4, 1.0)
    return text.mean_and_half(difference, digits, scale)


def ends(grid: pd.DataFrame, by: str) -> Table:
    """Return metrics after the last epoch along the default's row or column of the grid.

    Parameters
    ----------
    by : "gamma" at the default step_size, or "step_size" at the default γ
    """
    part, rows = staircase.line(grid, by), []
    for base in stats.levels(part, "base_lr", descending=False):
        for value in stats.levels(stats.select(part, base_lr=base), by):
            one = stats.select(part, base_lr=base, **{by: value})
            cells = (text.lr(base), name_of(by, value), *finals(one))
            rows.append((*cells, str(len(stats.seeds(one)))))
    kind = {"gamma": "Drop factor", "step_size": "Drops"}[by]
    header = ("Base LR", kind, *FINAL_TITLES, "Seeds")
    return Table(header, tuple(rows), "rl" + "r" * (len(header) - 2), receipt(part))
