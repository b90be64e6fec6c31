"""Figures by epoch: a panel a metric, a line a setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, stats, style, svg, text, ticks
from analysis.labels import METRICS, kind_of, metric, name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt

# From this many seeds on, an interval is drawn; with fewer, each seed is.
BAND_FROM = 3
# The bands of more lines than this cover the lines.
BANDS = 5


@dataclass(frozen=True)
class _Series:
    """One setting's curve: x, the seeds' values [x, seeds] and their mean; colour, dash, label."""

    label: str
    x: np.ndarray
    values: np.ndarray
    colour: str
    dash: object

    @property
    def mean(self) -> np.ndarray:
        return self.values.mean(axis=1)


def _series(frame: pd.DataFrame, column: str, by: str) -> list[_Series]:
    out = []
    for position, value in enumerate(stats.levels(frame, by)):
        table = stats.curves(stats.select(frame, **{by: value}), column)
        colour, dash = style.look(by, value, position)
        x = table.index.to_numpy(dtype=float)
        out.append(_Series(name_of(by, value), x, table.to_numpy(dtype=float), colour, dash))
    return out


def _draw_lines(
    axes: Axes,
    lines: Sequence[_Series],
    place: Callable[[np.ndarray], np.ndarray] = lambda values: values,
) -> list[framing.End]:
    """Mean lines over thin seeds or an interval; returns the ends to be labelled.

    More lines than ``BANDS`` have neither, lest they be covered.
    """
    ends = []
    for line in lines:
        seeds = line.values.shape[1] if len(lines) <= BANDS else 1
        if seeds >= BAND_FROM:
            _, low, high = stats.mean_intervals(line.values)
            axes.fill_between(
                line.x, place(low), place(high), color=line.colour, alpha=0.25, linewidth=0
            )
        elif seeds > 1:
            for values in line.values.T:
                axes.plot(line.x, place(values), color=line.colour, linewidth=0.7, alpha=0.75)
        shown = place(line.mean)
        axes.plot(line.x, shown, color=line.colour, linewidth=1.9, linestyle=line.dash)
        known = np.flatnonzero(np.isfinite(shown))
        if len(known):
            at = known[-1]
            ends.append(framing.End(line.x[at], float(shown[at]), line.label, line.colour))
    return ends


def _finite_span(lines: Sequence[_Series]) -> tuple[float, float]:
    everything = np.concatenate([line.values.ravel() for line in lines])
    everything = everything[np.isfinite(everything)]
    return (float(everything.min()), float(everything.max())) if len(everything) else (0.0, 1.0)


def _curve_panel(frame: pd.DataFrame, column: str, by: str, name: str) -> Panel:
    title, unit = metric(column)
    lines = _series(frame, column, by)
    low, high = _finite_span(lines)

    def draw(axes: Axes) -> None:
        axes.set_title(title)
        axes.set_xlabel("Epoch")
        if unit == "%":
            ends = _draw_lines(axes, lines, framing.accuracy_position)
            framing.accuracy_axis(axes, low, high)
        else:
            ends = _draw_lines(axes, lines)
            framing.loss_axis(axes, low, high)
        for line in axes.lines if column == "lr" else ():
            line.set_drawstyle("steps-mid")
        epochs = max(line.x[-1] for line in lines)
        axes.set_xlim(1, max(epochs, 2))
        whole = [tick for tick in axes.get_xticks() if 1 < tick <= epochs and tick == int(tick)]
        ticks.set_x(axes, [1, *whole])
        ticks.grid(axes)
        framing.label_ends(axes, ends, heading="LR" if by == "base_lr" else "")

    alt = _curve_alt(title, unit, by, lines)
    longest = max(len(line.label) for line in lines)
    left = 62 if column == "lr" else 52  # Learning rates have many digits.
    margins = (left, 30 + 6.2 * longest, 40, 34)
    drawing = svg.panel(draw, name=f"{name}-{column}", alt=alt, margins=margins)
    return Panel(drawing, alt)


def _curve_alt(title: str, unit: str, by: str, lines: Sequence[_Series]) -> str:
    n = max(line.values.shape[1] for line in lines)
    parts = []
    for line in lines:
        first, last = line.mean[0], line.mean[-1]
        parts.append(
            f"{line.label}: from {text.measured(first, unit)} to {text.measured(last, unit)}"
        )
    epochs = int(max(line.x[-1] for line in lines))
    return (
        f"{title} by epoch, one line per {kind_of(by)}, mean of {text.count(n, 'seed')}, "
        f"epochs 1 to {epochs}. {'; '.join(parts)}."
    )


def curves(
    frame: pd.DataFrame,
    columns: Sequence[str],
    by: str = "base_lr",
    name: str = "curves",
) -> Figure:
    """Metrics by epoch, one panel a column, one line a setting.

    Parameters
    ----------
    frame : runs that differ in nothing but ``by`` and the seed
    columns : keys of ``METRICS``
    by : the column that tells the lines apart
    name : enters the ids within the figure
    """
    panels = tuple(_curve_panel(stats.present(frame), column, by, name) for column in columns)
    plotted = {
        (column, line.label): pd.Series(line.mean, index=line.x)
        for column in columns
        for line in _series(frame, column, by)
    }
    units = [METRICS[column][1] for column, _ in plotted]
    table = pd.DataFrame(list(plotted.values())).T
    rows = tuple(
        (f"{epoch:g}", *(text.measured(v, unit) for v, unit in zip(values, units, strict=True)))
        for epoch, values in zip(table.index, table.to_numpy(), strict=True)
    )
    titles = (f"{METRICS[column][0]}, {label}" for column, label in plotted)
    return Figure(name, panels, ("Epoch", *titles), rows, receipt(frame))
