"""Tables for the page, from runs: mean, interval and number of seeds in every row."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis import grouping, shape, shock, stats, text
from analysis.labels import METRICS, kind_of, name_of
from analysis.page import Table
from analysis.receipts import receipt


def final_metrics(
    frame: pd.DataFrame,
    columns: tuple[str, ...] = ("train_loss", "val_loss", "val_accuracy"),
    by: str = "base_lr",
    reach: float | None = 0.97,
) -> Table:
    """Metrics after the last epoch by setting, mean ± half the 95 % interval over the seeds.

    Parameters
    ----------
    reach : an accuracy; the first epoch at which each seed's validation reaches it is listed
    """
    header = [kind_of(by).capitalize()]
    header += [METRICS[c][0] + (" (%)" if METRICS[c][1] else "") for c in columns]
    header += [f"Epochs to {text.percent(reach, 0)}"] if reach else []
    rows = []
    for value in stats.levels(frame, by):
        one = stats.select(frame, **{by: value})
        cells = [name_of(by, value)]
        for column in columns:
            interval = stats.mean_interval(stats.final(one, column))
            cells.append(plus_minus(interval, METRICS[column][1]))
        if reach:
            cells.append(_epochs(one, reach))
        rows.append((*cells, str(len(stats.seeds(one)))))
    align = "l" + "r" * len(header)
    return Table((*header, "Seeds"), tuple(rows), align, receipt(frame))


def plus_minus(interval: stats.Interval, unit: str) -> str:
    """Return mean ± half the interval; accuracies (unit "%") in per cent, without the sign."""
    scale, digits = (100.0, 2) if unit == "%" else (1.0, 4)
    if interval.n == 0:
        return "diverged"
    mean = text.number(scale * interval.mean, digits)
    return f"{mean} ± {text.number(scale * interval.half, digits)}" if interval.defined else mean


def _epochs(frame: pd.DataFrame, reach: float) -> str:
    reached = shape.epochs_to(stats.curves(frame, "val_accuracy"), reach)
    words = sorted({f"{epoch:g}" if math.isfinite(epoch) else "never" for epoch in reached})
    return ", ".join(words)


def lr_by_epoch(frame: pd.DataFrame, epochs: tuple[int, ...]) -> Table:
    """Return the learning rate in force by epoch and schedule, counted from 1 and from 0."""
    schedules = sorted(frame["schedule"].unique(), key=lambda name: (name != "constant", name))
    one = frame[frame["seed"] == frame["seed"].min()].drop_duplicates(["schedule", "epoch"])
    rates = one.pivot(index="epoch", columns="schedule", values="lr")
    rows = tuple(
        (str(epoch), str(epoch - 1), *(text.lr(float(rates.loc[epoch, s])) for s in schedules))
        for epoch in epochs
    )
    header = ("Epoch", "In PyTorch's count", *(name_of("schedule", s) for s in schedules))
    return Table(header, rows, "rr" + "r" * len(schedules), receipt(frame))


def step_lengths(
    window: pd.DataFrame,
    runs: pd.DataFrame,
    at: tuple[int, ...] = (1, 5, 10, 20, 43, 100),
) -> Table:
    """Measured step length over the old one, beside the closed form, k steps after the change."""
    header = ["Form", "Momentum"] + [f"k = {k}" for k in at]
    rows = []
    for _, part in window.groupby(["formulation", "momentum"], sort=True, observed=True):
        form, momentum = str(part["formulation"].iloc[0]), float(part["momentum"].iloc[0])
        gamma = float(part["gamma"].iloc[0])
        closed = shock.step_length(form, momentum, gamma, np.array(at))
        cells = [name_of("formulation", form), text.lr(momentum)]
        for k, formula in zip(at, closed, strict=True):
            there = part[part["k"] == k]
            by_seed = grouping.mean_by_seed(there["relative_update"], there["seed"])
            measured = text.number(float(by_seed.mean()), 2) if len(by_seed) else "–"
            cells.append(f"{measured} ({text.number(float(formula), 2)})")
        rows.append(tuple(cells))
    return Table(tuple(header), tuple(rows), "lr" + "r" * len(at), receipt(runs))
