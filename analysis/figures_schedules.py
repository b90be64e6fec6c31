"""Figures of schedules by epoch: their shapes, how one reacts, which fixed rate leads when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, leaders, schedules, stats, style, svg, text, ticks
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt

COLUMNS = 3


def shapes(runs: pd.DataFrame) -> Figure:
    """Small multiples: the LR over its peak by epochs trained, a picture a schedule.

    One peak LR and momentum are shown, the middle of those there are; the shape is the same for
    all but ReduceLROnPlateau, of which every seed is drawn.
    """
    some = stats.select(runs, momentum=schedules.main_momentum(runs))
    some = schedules.at_middle_peak(some)
    shown = schedules.present(some)
    epochs = int(some["epochs"].max())
    down = -(-len(shown) // COLUMNS)

    def draw(axes: Axes) -> None:
        axes.set_axis_off()
        for place, schedule in enumerate(shown):
            row, column = divmod(place, COLUMNS)
            box = (column / COLUMNS + 0.03, 1 - (row + 0.86) / down, 0.83 / COLUMNS, 0.6 / down)
            _shape(axes.inset_axes(box), some[some["schedule"] == schedule], epochs, row, column)

    table = {name_of("schedule", s): _rates(some[some["schedule"] == s]) for s in shown}
    parts = [f"{label}: {_course(rates)}" for label, rates in table.items()]
    alt = (
        f"The learning rate by epochs trained, over its peak, for {len(shown)} schedules. "
        f"{'; '.join(parts)}."
    )
    drawing = svg.panel(draw, name="shapes", alt=alt, size=(360, 112 * down), margins=(8, 0, 4, 4))
    frame = pd.DataFrame(table)
    rows = tuple(
        (str(epoch), *(text.significant(value, 3) for value in values))
        for epoch, values in zip(frame.index, frame.to_numpy(), strict=True)
    )
    header = ("Epoch", *frame.columns)
    return Figure("shapes", (Panel(drawing, alt),), header, rows, receipt(some))


def _shape(axes: Axes, runs: pd.DataFrame, epochs: int, row: int, column: int) -> None:
    schedule = str(runs["schedule"].iloc[0])
    colour, _ = style.look("schedule", schedule)
    peak = float(runs["peak"].iloc[0])
    trajectories = [schedules.trajectory(run) for _, run in runs.groupby("run_id")]
    # A planned schedule is the same in every seed, and drawn once.
    for at, rates in {rates.tobytes(): (at, rates) for at, rates in trajectories}.values():
        share = rates / peak
        axes.fill_between(at, 0, share, color=colour, alpha=0.1, linewidth=0)
        axes.plot(at, share, color=colour, linewidth=1.8)
    axes.set_title(name_of("schedule", schedule), fontsize=11, fontweight="normal", pad=4)
    axes.set_xlim(0, epochs)
    axes.set_ylim(0, 1.08)
    ticks.set_y(axes, [0, 1], ["0", "1"] if column == 0 else ["", ""])
    ticks.set_x(axes, [0, epochs / 2, epochs], ["0", f"{epochs / 2:g}", f"{epochs}"])


def _rates(runs: pd.DataFrame) -> pd.Series:
    return runs.groupby("epoch")["lr"].mean()


def _course(rates: pd.Series) -> str:
    share = rates / rates.max()
    first, last = (text.number(float(v), 2) for v in (share.iloc[0], share.iloc[-1]))
    if share.min() == 1:
        return "1 throughout"
    top = int(share.idxmax())
    rise = f", highest in epoch {top}" if top > share.index[0] else ""
    return f"from {first} to {last}{rise}"


def reaction(runs: pd.DataFrame) -> Figure:
    """Draw the LR of ReduceLROnPlateau by epoch, a line a seed, beside that of a planned cosine.

    Parameters
    ----------
    runs : runs of one momentum and peak LR
    """
    both = ("ReduceLROnPlateau", "CosineAnnealingLR")
    shown = [s for s in both if (runs["schedule"] == s).any()]
    tables = {s: stats.curves(runs[runs["schedule"] == s], "lr") for s in shown}

    def draw(axes: Axes) -> None:
        axes.set_title("Learning rate")
        axes.set_xlabel("Epoch")
        ends = []
        for schedule, table in tables.items():
            colour, dash = style.look("schedule", schedule)
            many = table.shape[1]
            for at, seed in enumerate(
                table if schedule == "ReduceLROnPlateau" else table.iloc[:, :1]
            ):
                # Seeds that drop together coincide: a little shift keeps each in sight.
                shift = 1 + 0.05 * (at - (many - 1) / 2) if schedule == "ReduceLROnPlateau" else 1
                rates = table[seed] * shift
                axes.plot(rates, color=colour, linestyle=dash, drawstyle="steps-mid", linewidth=1.6)
            last = float(table.iloc[-1].median())
            ends.append(framing.End(table.index[-1], last, name_of("schedule", schedule), colour))
        everything = np.concatenate([table.to_numpy().ravel() for table in tables.values()])
        framing.loss_axis(axes, float(everything.min()), float(everything.max()))
        axes.set_xlim(1, max(2, max(table.index.max() for table in tables.values())))
        ticks.grid(axes)
        framing.label_ends(axes, ends)

    found = schedules.reactions(runs)
    told = [f"seed {seed}: {_epochs(epochs)}" for seed, epochs in found.items()]
    alt = (
        f"The learning rate by epoch. ReduceLROnPlateau cuts it tenfold before these epochs: "
        f"{'; '.join(told)}. Beside it {text.listing([name_of('schedule', s) for s in shown[1:]])}."
    )
    drawing = svg.panel(draw, name="reaction", alt=alt, size=(360, 240), margins=(56, 132, 40, 34))
    columns = {
        f"{name_of('schedule', schedule)}, seed {seed}": table[seed]
        for schedule, table in tables.items()
        for seed in table
    }
    frame = pd.DataFrame(columns)
    rows = tuple(
        (str(epoch), *(text.significant(value) for value in values))
        for epoch, values in zip(frame.index, frame.to_numpy(), strict=True)
    )
    used = runs[runs["schedule"].isin(shown)]
    header = ("Epoch", *frame.columns)
    return Figure("reaction", (Panel(drawing, alt),), header, rows, receipt(used))


def _epochs(epochs: Sequence[int]) -> str:
    return text.listing([str(epoch) for epoch in epochs]) if epochs else "none"


def leading(runs: pd.DataFrame) -> Figure:
    """Which fixed LR leads after each epoch: full dots lead, rings are not resolved from it."""
    found = leaders.leaders(runs)
    near = {leader.rate for leader in found} | {rate for one in found for rate in one.level}
    rates = [rate for rate in stats.levels(runs, "base_lr") if rate in near]

    def draw(axes: Axes) -> None:
        axes.set_title("Leading learning rate by epoch")
        axes.set_xlabel("Epoch")
        ticks.set_y(axes, range(len(rates)), [text.lr(rate) for rate in rates])
        axes.set_ylim(len(rates) - 0.5, -0.5)
        for leader in found:
            for rate in [leader.rate, *leader.level]:
                leads = rate == leader.rate
                colour = style.look("base_lr", rate)[0]
                axes.plot(
                    [leader.epoch],
                    [rates.index(rate)],
                    "o",
                    markersize=8 if leads else 6,
                    markerfacecolor=colour if leads else "none",
                    markeredgecolor=colour,
                    markeredgewidth=1.2,
                )
        axes.set_xlim(0.3, len(found) + 0.7)
        ticks.set_x(axes, [1, *range(5, len(found) + 1, 5)])
        ticks.grid(axes)

    told = [
        f"epoch {one.epoch}: {text.lr(one.rate)}"
        + (f" (level: {text.listing([text.lr(rate) for rate in one.level])})" if one.level else "")
        for one in found
    ]
    alt = f"The fixed learning rate with the highest mean accuracy. {'; '.join(told)}."
    size = (360.0, 90.0 + 24 * len(rates))
    drawing = svg.panel(draw, name="leading", alt=alt, size=size, margins=(56, 12, 42, 34))
    header = ("Epoch", "Leader", "Not resolved from it")
    rows = tuple(
        (
            str(one.epoch),
            text.lr(one.rate),
            ", ".join(text.lr(rate) for rate in one.level) or "none",
        )
        for one in found
    )
    return Figure("leading", (Panel(drawing, alt),), header, rows, receipt(runs))
