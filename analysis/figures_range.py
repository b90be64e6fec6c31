"""Figures of the range test: loss against a rising learning rate, and how far each weight moves."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, range_test, stats, style, svg, text, ticks
from analysis.figures import BAND_FROM
from analysis.figures_rates import rate_axis
from analysis.page import Figure, Panel
from analysis.range_test import GUESSING, READINGS
from analysis.receipts import receipt

# A loss beyond this multiple of guessing leaves the picture.
ROOF = 3.0
# Of the steps, every so many stand in the table under the figure.
EVERY = 20


def _settings(sweeps: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the settings with their names, plain SGD first."""
    keys = sweeps[["optimizer", "momentum"]].drop_duplicates().to_numpy().tolist()
    order = sorted(keys, key=lambda key: (key[0] != "sgd", key[1]))
    return [
        (range_test.name_of_sweep(str(o), float(m)), stats.select(sweeps, optimizer=o, momentum=m))
        for o, m in order
    ]


def _rows(columns: dict[str, pd.Series]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    table = pd.DataFrame(columns)
    kept = table.iloc[::EVERY]
    rows = tuple(
        (text.significant(float(str(lr)), 3), *(text.significant(v) for v in values))
        for lr, values in zip(kept.index, kept.to_numpy(), strict=True)
    )
    return ("Learning rate", *table.columns), rows


def _by_lr(sweep: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a column as a table, learning rates down, seeds across."""
    return sweep.assign(rate=sweep["lr"].map(lambda lr: float(f"{lr:.9g}"))).pivot(
        index="rate", columns="seed", values=column
    )


def _line(axes: Axes, table: pd.DataFrame, colour: str) -> None:
    """Draw the seeds' mean with its interval; with fewer than three seeds, each seed."""
    rate = table.index.to_numpy(dtype=float)
    if table.shape[1] < BAND_FROM:
        for seed in table:
            axes.plot(rate, table[seed], color=colour, linewidth=1.4)
        return
    mean, low, high = stats.mean_intervals(table.to_numpy(dtype=float))
    # A logarithmic axis has no place for zero: there the band ends at the lowest seed.
    low = np.where(low > 0, low, table.min(axis="columns"))
    axes.fill_between(rate, low, high, color=colour, alpha=0.25, linewidth=0)
    axes.plot(rate, mean, color=colour, linewidth=1.7)


def losses(sweeps: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Batch loss against the rising rate, a panel a setting, smoothed over the raw.

    Parameters
    ----------
    sweeps : ``range_test.sweeps`` of the settings to be shown
    runs : the study's table, for the receipt
    """
    settings = _settings(sweeps)
    panels = tuple(
        _loss_panel(title, sweep, f"range-{at}") for at, (title, sweep) in enumerate(settings)
    )
    header, rows = _rows({title: _by_lr(sweep, "smooth").mean(axis=1) for title, sweep in settings})
    used = runs[runs["run_id"].isin(set(sweeps["run_id"]))]
    return Figure("range", panels, header, rows, receipt(used))


def _loss_panel(title: str, sweep: pd.DataFrame, name: str) -> Panel:
    smooth, raw = _by_lr(sweep, "smooth"), _by_lr(sweep, "batch_loss").iloc[:, 0]
    marks = {key: range_test.reading(sweep, key) for key in READINGS}
    size, margins = (360, 280), (46, 16, 42, 60)
    colour = style.SPARE[0]

    def draw(axes: Axes) -> None:
        axes.set_title(f"Batch loss, {title}", pad=30)
        axes.set_xlabel("Learning rate, rising step by step")
        axes.plot(raw.index, raw, color=style.INK, linewidth=0.5, alpha=0.4)
        _line(axes, smooth, colour)
        low = float(min(raw.min(), smooth.min().min()))
        framing.loss_axis(axes, max(low, 0.02), ROOF * GUESSING)
        width = size[0] - margins[0] - margins[1]
        rate_axis(axes, float(smooth.index.min()), float(smooth.index.max()), width)
        axes.axhline(GUESSING, color=style.INK, linewidth=0.8, linestyle=(0, (2, 2)))
        for key, short in (("fastest", "fastest fall"), ("lowest", "lowest")):
            mark = marks[key]
            if mark.defined:
                axes.axvspan(mark.low, mark.high, color=style.INK, alpha=0.12, linewidth=0)
            axes.axvline(mark.mean, color=style.INK, linewidth=1.2)
            axes.annotate(
                short,
                (mark.mean, 1),
                (0, 5),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="right" if key == "fastest" else "left",
                fontsize=10.5,
            )
        ticks.grid(axes)

    mean = smooth.mean(axis=1)
    told = "; ".join(f"{READINGS[key]}: {range_test.in_words(mark)}" for key, mark in marks.items())
    start, lowest, end = (
        text.number(float(v), 2) for v in (mean.iloc[0], mean.min(), mean.iloc[-1])
    )
    span = " to ".join(text.significant(float(lr), 1) for lr in (mean.index[0], mean.index[-1]))
    alt = (
        f"Batch loss in a range test, {title}, at rates from {span}: smoothed, it starts at "
        f"{start}, falls to {lowest} and ends at {end}. "
        f"Learning rates, 95\u00a0% intervals in brackets: {told}."
    )
    return Panel(svg.panel(draw, name=name, alt=alt, size=size, margins=margins), alt)


def step_sizes(sweeps: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Root mean square step of a weight against the rising rate, a line a setting, log by log.

    Steps are averaged as losses are. The dashed diagonal is a step as long as the rate itself.
    """
    settings = _settings(sweeps)
    tables = {}
    for title, sweep in settings:
        flat = sweep.groupby("run_id")["rms_step"].transform(range_test.smooth)
        tables[title] = _by_lr(sweep.assign(rms=flat), "rms")
    colours = dict(zip(tables, (style.SPARE[0], style.SPARE[3], style.SPARE[1]), strict=False))
    size, margins = (360, 280), (70, 100, 42, 34)

    def draw(axes: Axes) -> None:
        axes.set_title("How far a weight moves in one step")
        axes.set_xlabel("Learning rate, rising step by step")
        rates = np.concatenate([table.index.to_numpy(dtype=float) for table in tables.values()])
        axes.set_yscale("log")
        every = np.concatenate([table.to_numpy(dtype=float).ravel() for table in tables.values()])
        every = every[np.isfinite(every) & (every > 0)]
        diagonal = np.array([rates.min(), rates.max()])
        axes.plot(diagonal, diagonal, color=style.INK, linewidth=1.0, linestyle=(0, (4, 2)))
        ends = []
        for title, table in tables.items():
            _line(axes, table, colours[title])
            last = table.mean(axis=1).dropna()
            ends.append(
                framing.End(float(last.index[-1]), float(last.iloc[-1]), title, colours[title])
            )
        width = size[0] - margins[0] - margins[1]
        rate_axis(axes, float(rates.min()), float(rates.max()), width)
        bottom, top = float(every.min()) / 2, min(float(every.max()) * 2, 30.0)
        axes.set_ylim(bottom, top)
        decades = range(int(np.ceil(np.log10(bottom))), int(np.floor(np.log10(top))) + 1)
        ticks.set_y(axes, [10.0**d for d in decades], [text.lr(10.0**d) for d in decades])
        ticks.grid(axes)
        end = min(float(diagonal[1]), top)
        ends.append(framing.End(end, end, "the rate itself", style.INK))
        framing.label_ends(axes, ends)

    told = "; ".join(
        f"{title}: {_nearest(table.mean(axis=1), 1e-3)} at LR 0.001 and "
        f"{_nearest(table.mean(axis=1), 1e-1)} at LR 0.1"
        for title, table in tables.items()
    )
    alt = f"Root mean square step of a weight against the learning rate. {told}."
    panel = Panel(svg.panel(draw, name="weights", alt=alt, size=size, margins=margins), alt)
    header, rows = _rows({title: table.mean(axis=1) for title, table in tables.items()})
    used = runs[runs["run_id"].isin(set(sweeps["run_id"]))]
    return Figure("weights", (panel,), header, rows, receipt(used))


def _nearest(curve: pd.Series, lr: float) -> str:
    """Return the value of a curve by learning rate nearest to a rate, in words."""
    distance = np.abs(np.log(curve.index.to_numpy(dtype=float) / lr))
    return text.significant(float(curve.iloc[int(distance.argmin())]), 2)
