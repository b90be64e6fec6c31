"""Figures of a whole training, step by step, in bins of a share of an epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, phases, stats, style, svg, text, ticks
from analysis.figures import BAND_FROM
from analysis.page import Figure, Panel
from analysis.receipts import receipt

# Column -> title, the summary of a bin that is drawn, and whether its axis is logarithmic.
TITLES: dict[str, tuple[str, str, bool]] = {
    "grad_norm": ("Gradient norm", "median", True),
    "val_loss": ("Validation loss", "median", True),
    "cos_updates": ("Cosine between successive updates", "mean", False),
}


def course(
    runs: pd.DataFrame,
    steps: pd.DataFrame,
    columns: Sequence[str],
    name: str = "course",
) -> Figure:
    """Quantities through a training, a panel each, a line a setting.

    Lines are the mean over the seeds of the bins' medians (for cosines: of their means). The band
    of a median is the middle half of the steps in a bin; that of a mean its 95 % interval over the
    seeds, where there are three or more.

    Parameters
    ----------
    runs : the study's table
    steps : its ``phases.steps_of``
    columns : keys of ``TITLES``
    """
    settings = phases.settings(runs)
    panels, plotted = [], {}
    for column in columns:
        binned = phases.binned(steps, column)
        kind = TITLES[column][1]
        panels.append(_panel(binned, column, settings, f"{name}-{column}"))
        for label, _, _ in settings:
            one = binned[binned["setting"] == label]
            plotted[f"{TITLES[column][0]}, {label}"] = one.groupby("place")[kind].mean()
    frame = pd.DataFrame(plotted).sort_index()
    rows = tuple(
        (text.number(place, 3), *(text.significant(value) for value in values))
        for place, values in zip(frame.index, frame.to_numpy(), strict=True)
    )
    header = ("Epochs trained", *frame.columns)
    return Figure(name, tuple(panels), header, rows, receipt(runs))


def _panel(
    binned: pd.DataFrame, column: str, settings: Sequence[tuple[str, str, float]], name: str
) -> Panel:
    title, kind, logarithmic = TITLES[column]
    lines = {}
    for label, schedule, rate in settings:
        by = ("base_lr", rate) if schedule == "constant" else ("schedule", schedule)
        lines[label] = (binned[binned["setting"] == label], style.look(*by)[0])

    def draw(axes: Axes) -> None:
        axes.set_title(title)
        axes.set_xlabel("Epochs trained")
        ends, reach = [], []
        for label, (bins, colour) in lines.items():
            centre = bins.groupby("place")[kind].mean()
            low, high = _band(bins, kind)
            axes.fill_between(centre.index, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(centre.index, centre, color=colour, linewidth=1.9)
            ends.append(framing.End(centre.index[-1], float(centre.iloc[-1]), label, colour))
            reach += [low, high, centre.to_numpy()]
        everything = np.concatenate(reach)
        everything = everything[np.isfinite(everything)]
        if logarithmic:
            framing.loss_axis(axes, float(everything.min()), float(everything.max()))
        else:
            axes.axhline(0, color=style.INK, linewidth=0.9)
        axes.set_xlim(0, np.ceil(max(end.x for end in ends)))
        ticks.grid(axes)
        framing.label_ends(axes, ends)

    told = []
    for label, (bins, _) in lines.items():
        centre = bins.groupby("place")[kind].mean()
        first, last = (text.significant(float(v), 2) for v in (centre.iloc[0], centre.iloc[-1]))
        told.append(f"{label}: from {first} to {last}")
    seeds = text.count(int(binned["seed"].nunique()), "seed")
    alt = (
        f"{title} through training, {kind} of the steps in each quarter of an epoch, mean of "
        f"{seeds}, one line per setting. {'; '.join(told)}."
    )
    return Panel(svg.panel(draw, name=name, alt=alt, margins=(52, 70, 40, 34)), alt)


def _band(bins: pd.DataFrame, kind: str) -> tuple[np.ndarray, np.ndarray]:
    by_place = bins.groupby("place")
    if kind == "median":
        return by_place["low"].mean().to_numpy(), by_place["high"].mean().to_numpy()
    found = [stats.mean_interval(values) for _, values in by_place["mean"]]
    enough = all(interval.n >= BAND_FROM for interval in found)
    low, high = ("low", "high") if enough else ("mean", "mean")
    return np.array([getattr(i, low) for i in found]), np.array([getattr(i, high) for i in found])
