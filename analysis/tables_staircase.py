"""Tables of StepLR: worked from the formula alone, and measured by drop factor or step size."""

from __future__ import annotations

import pandas as pd

from analysis import staircase, stats, text
from analysis.labels import METRICS, name_of
from analysis.page import Table
from analysis.receipts import receipt
from analysis.staircase import CONSTANT, DEFAULT
from analysis.tables import plus_minus


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


def backward(
    base_lr: float,
    ends: tuple[float, ...] = (0.001, 0.0001, 0.00001),
    step_sizes: tuple[int, ...] = (15, 10, 5, 3),
) -> Table:
    """Return the γ that leads from a base LR to a final one, by final LR and step_size.

    The number of drops is what fits into 30 epochs.
    """
    counts = [staircase.drops(staircase.EPOCHS, size) for size in step_sizes]
    header = (
        "Final learning rate",
        *(
            f"step_size {size}: {text.count(count, 'drop')}"
            for size, count in zip(step_sizes, counts, strict=True)
        ),
    )
    rows = tuple(
        (
            text.lr(end),
            *(f"{staircase.gamma_for(base_lr, end, count):.3f}" for count in counts),
        )
        for end in ends
    )
    return Table(header, rows, "r" * len(header))


def ends(
    grid: pd.DataFrame,
    by: str,
    columns: tuple[str, ...] = ("train_loss", "val_loss", "val_accuracy"),
) -> Table:
    """Return metrics after the last epoch along the default's row or column of the grid.

    Parameters
    ----------
    by : "gamma" at the default step_size, or "step_size" at the default γ
    """
    other, at = {"gamma": ("step_size", 1), "step_size": ("gamma", 0)}[by]
    part = stats.select(grid, **{other: [DEFAULT[at], CONSTANT[at]]})
    rows = []
    for base in stats.levels(part, "base_lr", descending=False):
        for value in stats.levels(stats.select(part, base_lr=base), by):
            one = stats.select(part, base_lr=base, **{by: value})
            finals = (
                plus_minus(stats.mean_interval(stats.final(one, column)), METRICS[column][1])
                for column in columns
            )
            rows.append((text.lr(base), name_of(by, value), *finals, str(len(stats.seeds(one)))))
    titles = (METRICS[column][0] + (" (%)" if METRICS[column][1] else "") for column in columns)
    header = ("Base LR", {"gamma": "Drop factor", "step_size": "Drops"}[by], *titles, "Seeds")
    return Table(header, tuple(rows), "rl" + "r" * (len(header) - 2), receipt(part))
