"""Tables for the page, from runs: mean, interval and number of seeds in every row."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis import grouping, shape, shock, stats, text
from analysis.labels import METRICS, name_of
from analysis.page import Table
from analysis.receipts import receipt

# The metrics of a table of where trainings end, and what its columns are called.
FINAL = ("train_loss", "val_loss", "val_accuracy")
FINAL_TITLES = tuple(METRICS[c][0] + (" (%)" if METRICS[c][1] else "") for c in FINAL)
# The steps after a change that a table shows. At the 43rd, by the formula, LR inside with
# momentum 0.9 comes within a tenth of its new length.
STEPS = (1, 5, 10, 20, 43, 100)


def final_metrics(frame: pd.DataFrame) -> Table:
    """Metrics after the last epoch by LR, mean ± half the 95 % interval over the seeds.

    Beside them, the first epochs at which the seeds' validation reaches 97 %.
    """
    rows = []
    for lr in stats.levels(stats.present(frame), "base_lr"):
        one = stats.select(frame, base_lr=lr)
        rows.append((text.lr(lr), *finals(one), _epochs(one), str(len(stats.seeds(one)))))
    header = ("Learning rate", *FINAL_TITLES, f"Epochs to {text.percent(shape.REACH, 0)}", "Seeds")
    return Table(header, tuple(rows), "l" + "r" * (len(header) - 1), receipt(frame))


def finals(runs: pd.DataFrame) -> list[str]:
    """Return the cells under ``FINAL_TITLES`` for the runs of one setting."""
    return [
        plus_minus(stats.mean_interval(stats.final(runs, column)), METRICS[column][1])
        for column in FINAL
    ]


def plus_minus(interval: stats.Interval, unit: str) -> str:
    """Return mean ± half the interval; accuracies (unit "%") in per cent, without the sign."""
    scale, digits = (100.0, 2) if unit == "%" else (1.0, 4)
    if interval.n == 0:
        return "diverged"
    return text.mean_and_half(interval, digits, scale)


def _epochs(frame: pd.DataFrame) -> str:
    reached = shape.epochs_to(stats.curves(frame, "val_accuracy"), shape.REACH)
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


def step_lengths(window: pd.DataFrame, runs: pd.DataFrame) -> Table:
    """Measured step length over the old one, beside the closed form, k steps after the change.

    Parameters
    ----------
    window : ``shock.windows`` of one event and one momentum
    runs : the study's table, for the receipt
    """
    header = ["Form"] + [f"k = {k}" for k in STEPS]
    rows = []
    forms = window["formulation"].unique()
    for form in (form for form in shock.FORMULATIONS if form in forms):
        part = window[window["formulation"] == form]
        momentum, gamma = float(part["momentum"].iloc[0]), float(part["gamma"].iloc[0])
        closed = shock.step_length(form, momentum, gamma, np.array(STEPS))
        cells = [name_of("formulation", form)]
        for k, formula in zip(STEPS, closed, strict=True):
            there = part[part["k"] == k]
            by_seed = grouping.mean_by_seed(there["relative_update"], there["seed"])
            measured = text.number(float(by_seed.mean()), 2) if len(by_seed) else "–"
            cells.append(f"{measured} ({text.number(float(formula), 2)})")
        rows.append(tuple(cells))
    return Table(tuple(header), tuple(rows), "l" + "r" * len(STEPS), receipt(runs))
