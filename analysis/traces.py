"""Lines by optimiser step around a change of learning rate: what the shock's figures share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, grouping, shock, stats, style, svg, text, ticks
from analysis.figures import BAND_FROM
from analysis.page import Figure, Panel, nothing
from analysis.receipts import receipt

# Steps between two points over the change from which on no line joins them.
FAR = 5


@dataclass(frozen=True)
class Trace:
    """A quantity by k for one setting: the seeds' values [k, seeds]; label, colour, dash."""

    label: str
    k: np.ndarray
    values: np.ndarray
    colour: str
    dash: Any

    @property
    def mean(self) -> np.ndarray:
        """Mean over the seeds, not a number from where one of them diverged."""
        return self.values.mean(axis=1)

    def between(self, first: float, last: float) -> float:
        """Mean over some steps, both ends included."""
        chosen = self.mean[(self.k >= first) & (self.k <= last)]
        return float(chosen.mean()) if len(chosen) else math.nan

    def at(self, k: float) -> float:
        """Mean at a step, or at the last one known before it."""
        return float(self.mean[self.k <= k][-1]) if (self.k <= k).any() else math.nan

    def renamed(self, label: str) -> Trace:
        """Return the same under another label."""
        return replace(self, label=label)


def trace_of(
    part: pd.DataFrame, column: str, label: str, look: tuple[str, object], block: int = 1
) -> Trace:
    """Return a column by step and seed, averaged within blocks of steps.

    Only the steps at which some run has a value: validation is recorded at every tenth.
    """
    k, seed = part["k"].to_numpy(), part["seed"].to_numpy()
    values = part[column].to_numpy(dtype=float)
    recorded = k[~np.isnan(values)]
    known = np.isin(k, recorded) if len(recorded) else np.ones(len(k), dtype=bool)
    # Blocks are aligned on the change, so that none holds steps from before and after it.
    at = k if block == 1 else (k - 1) // block * block + (block + 1) / 2
    steps, _, means = grouping.means(values[known], at[known], seed[known])
    return Trace(label, steps.astype(float), means, *look)


def span_of(traces: Sequence[Trace], levels: Sequence[float] = ()) -> tuple[float, float]:
    """Return what a vertical axis has to show, with some room: the means, and some levels."""
    shown = np.concatenate([*(trace.mean for trace in traces), np.array(levels)])
    shown = shown[np.isfinite(shown)]
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
    room = max(0.12 * (high - low), 1e-6)
    return low - room, high + room


def draw_trace(axes: Axes, trace: Trace, alpha: float = 0.22) -> None:
    """Draw the mean over its interval, from three seeds on; with two, over both.

    An alpha of 0 leaves the mean alone.
    """
    seeds = trace.values.shape[1]
    for side in _sides(trace.k):
        k = trace.k[side]
        if seeds >= BAND_FROM and alpha:
            _, low, high = stats.mean_intervals(trace.values[side])
            if axes.get_yscale() == "log":
                low = np.maximum(low, axes.get_ylim()[0])
            axes.fill_between(k, low, high, color=trace.colour, alpha=alpha, linewidth=0)
        elif 1 < seeds < BAND_FROM:
            for values in trace.values[side].T:
                axes.plot(k, values, color=trace.colour, linewidth=0.6, alpha=0.7)
        axes.plot(k, trace.mean[side], color=trace.colour, linewidth=1.5, linestyle=trace.dash)


def _sides(k: np.ndarray) -> list[slice]:
    """Return where the steps before the change lie and those after it, or all as one.

    Between losses recorded every tenth step, a line over the change would seem to move before it.
    """
    after = int(np.searchsorted(k, 0.5))
    if 0 < after < len(k) and k[after] - k[after - 1] > FAR:
        return [slice(after), slice(after, None)]
    return [slice(None)]


def rows_of(traces: dict[str, Trace]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the header and the rows of the table under a figure: the means by step.

    A long table keeps every step near the change, and every fifth further away.
    """
    table = pd.DataFrame({name: pd.Series(t.mean, index=t.k) for name, t in traces.items()})
    table = table.sort_index()
    if len(table) > 100:
        k = table.index.to_numpy()
        table = table[(np.abs(k) <= 20) | (k % 5 == 0)]
    rows = tuple(
        (text.number(k, 0), *("" if np.isnan(v) else text.significant(v) for v in values))
        for k, values in zip(table.index, table.to_numpy(), strict=True)
    )
    return ("Step", *table.columns), rows


def figure_of(
    name: str,
    panels: Sequence[Panel],
    traces: dict[str, Trace],
    shown: pd.DataFrame,
    runs: pd.DataFrame,
) -> Figure:
    """Return the figure with the plotted means and the receipt of the runs that it shows."""
    used = runs[runs["run_id"].isin(shown["run_id"].unique())]
    if not panels:
        return nothing(name, "No runs of this part are stored yet.", receipt(runs))
    return Figure(name, tuple(panels), *rows_of(traces), receipt(used))


def forms_in(window: pd.DataFrame) -> list[str]:
    """Return the forms of momentum that have runs, in the order in which they are shown."""
    return [form for form in shock.FORMULATIONS if (window["formulation"] == form).any()]


def line_panel(
    title: str,
    traces: Sequence[Trace],
    name: str,
    alt: str,
    marks: Sequence[tuple[float, str]] = (),
    span: tuple[float, float] | None = None,
    bands: bool = True,
) -> Panel:
    """Draw lines around the change, each labelled at its end.

    Parameters
    ----------
    marks : levels with a name
    span : of the vertical axis, for panels that are to be compared; by default that of the lines
    bands : whether the lines have their intervals; where three lie on each other, none is seen
    """
    levels = [level for level, _ in marks]

    def draw(axes: Axes) -> None:
        axes.set_title(title)
        axes.set_xlabel("Steps after the change of LR")
        axes.set_ylim(span or span_of(traces, levels))
        axes.set_xlim(min(t.k[0] for t in traces), max(t.k[-1] for t in traces))
        for trace in reversed(traces):  # Where lines coincide, the first one is seen.
            draw_trace(axes, trace, (0.22 if len(traces) < 3 else 0.13) if bands else 0.0)
        axes.axvline(0.5, color=style.INK, linewidth=0.8, linestyle=(0, (2, 2)))
        for level in levels:
            axes.axhline(level, color=style.INK, linewidth=1.0, linestyle=(0, (1.2, 1.6)))
        ticks.grid(axes)
        ends = [framing.End(float(t.k[-1]), float(t.mean[-1]), t.label, t.colour) for t in traces]
        ends += [framing.End(axes.get_xlim()[1], level, name, style.INK) for level, name in marks]
        framing.label_ends(axes, ends)

    longest = max(len(label) for label in [t.label for t in traces] + [label for _, label in marks])
    margins = (58, 30 + 6.2 * longest, 42, 34)
    return Panel(svg.panel(draw, name=name, alt=alt, margins=margins), alt)
