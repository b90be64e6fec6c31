"""Figures of StepLR by drop factor: paired differences, and the LR that a staircase spends."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, staircase, stats, style, svg, text, ticks
from analysis.figures import BAND_FROM
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt
from analysis.staircase import CONSTANT, DEFAULT, Combination


def gamma_differences(grid: pd.DataFrame, name: str = "gammas") -> Figure:
    """Return each γ's accuracy minus a reference's, paired by seed, at the default step_size.

    A dot is a seed, a bar the 95 % interval of the mean (from three seeds on), the grey band the
    bound ``staircase.EVEN``. A panel for each base LR that has runs, and reference: the constant LR
    and the default.
    """
    panels: list[Panel] = []
    rows: list[tuple[str, ...]] = []
    for base in stats.levels(grid, "base_lr", descending=False):
        for reference in (CONSTANT, DEFAULT):
            panel, told = _difference_panel(grid, base, reference, name)
            panels += panel
            rows += told
    header = ("Base LR", "Drop factor", "Against", "Difference, points", "Pairs", "By seed")
    return Figure(name, tuple(panels), header, tuple(rows), receipt(grid))


def _difference_panel(
    grid: pd.DataFrame, base: float, reference: Combination, name: str
) -> tuple[list[Panel], list[tuple[str, ...]]]:
    there = stats.select(grid, base_lr=base, step_size=[DEFAULT[1], CONSTANT[1]])
    against = staircase.final(grid, base, reference)
    gaps: dict[float, pd.Series] = {}
    for gamma in stats.levels(there, "gamma", descending=False):
        combination = CONSTANT if gamma == CONSTANT[0] else (gamma, DEFAULT[1])
        own = staircase.final(grid, base, combination)
        gap = stats.differences(own, against)
        if combination != reference and len(gap):
            gaps[gamma] = gap
    if not gaps:
        return [], []
    called = "the constant LR" if reference == CONSTANT else name_of("gamma", reference[0])

    def draw(axes: Axes) -> None:
        axes.set_title(f"Base LR {text.lr(base)}, against {called}")
        axes.axhline(0, color=style.INK, linewidth=1.0)
        chance = 100 * staircase.EVEN
        axes.axhspan(-chance, chance, color=style.INK, alpha=0.1, linewidth=0)
        for at, (gamma, gap) in enumerate(gaps.items()):
            colour, _ = style.look("gamma", gamma)
            interval = stats.mean_interval(gap)
            (dots,) = axes.plot([at] * len(gap), 100 * gap, "o", color=colour, alpha=0.75)
            dots.set(markersize=5.5, markeredgewidth=0)
            axes.plot([at - 0.22, at + 0.22], [100 * interval.mean] * 2, color=colour, linewidth=2)
            if interval.n >= BAND_FROM:
                axes.plot(
                    [at, at], [100 * interval.low, 100 * interval.high], color=colour, linewidth=1.4
                )
        axes.set_xlim(-0.5, len(gaps) - 0.5)
        ticks.set_x(
            axes,
            range(len(gaps)),
            [name_of("gamma", g).removeprefix(f"γ{text.SPACE}") for g in gaps],
        )
        axes.set_xlabel("Drop factor γ")
        axes.set_ylabel("Accuracy difference, points", fontsize=10.5)
        ticks.grid(axes)

    intervals = {gamma: stats.mean_interval(gap) for gamma, gap in gaps.items()}
    told = [
        f"{name_of('gamma', g)}: {text.with_interval(i, 'points', 2)}" for g, i in intervals.items()
    ]
    alt = (
        f"Final validation accuracy from base LR {text.lr(base)} minus that of {called}, paired by "
        f"seed. {'; '.join(told)}."
    )
    key = f"{name}-{text.lr(base)}-{reference[0]:g}".replace(".", "-")
    drawing = svg.panel(draw, name=key, alt=alt, margins=(58, 10, 42, 34))
    rows: list[tuple[str, ...]] = [
        (
            text.lr(base),
            name_of("gamma", g),
            called,
            text.with_interval(i, "points", 2),
            str(i.n),
            ", ".join(text.number(100 * v, 2) for v in gaps[g]),
        )
        for g, i in intervals.items()
    ]
    return [Panel(drawing, alt)], rows


def lr_spent(grid: pd.DataFrame) -> Figure:
    """Return the accuracy after the last epoch against the sum of the LR over the epochs.

    A dot is a combination of γ and step_size, the mean of its seeds, coloured by base LR; the ring
    is the default, the square the constant LR.
    """
    points = []
    for _, rows in grid.groupby(["base_lr", "gamma", "step_size"]):
        base, gamma, size = (float(rows[c].iloc[0]) for c in ("base_lr", "gamma", "step_size"))
        spent = staircase.spent(rows)
        interval = stats.mean_interval(stats.final(rows, "val_accuracy"))
        if math.isfinite(interval.mean):
            points.append((base, (gamma, size), spent, interval))
    means = [interval.mean for *_, interval in points]

    def draw(axes: Axes) -> None:
        axes.set_title("Validation accuracy after the last epoch")
        for base, combination, spent, interval in points:
            colour, _ = style.look("base_lr", base)
            marker = "s" if combination == CONSTANT else "o"
            at = float(framing.accuracy_position(interval.mean))
            axes.plot(spent, at, marker, color=colour, markersize=7, alpha=0.85)
            if combination == DEFAULT:
                axes.plot(
                    spent, at, "o", markersize=13, markerfacecolor="none", markeredgecolor=style.INK
                )
        for base in sorted({base for base, *_ in points}):
            # Beside the mark with the least LR: what grows with the LR leaves room to its right.
            spent, mean = min((spent, i.mean) for b, _, spent, i in points if b == base)
            axes.annotate(
                f"base LR {text.lr(base)}",
                (spent, float(framing.accuracy_position(mean))),
                (10, -4),
                textcoords="offset points",
            )
        framing.accuracy_axis(axes, min(means), max(means))
        axes.set_xscale("log")
        spans = [spent for _, _, spent, _ in points]
        axes.set_xlim(min(spans) / 1.3, max(spans) * 1.3)
        places = [m * 10.0**e for e in range(-3, 2) for m in (1, 2, 3, 5)]
        places = [place for place in places if min(spans) / 1.3 <= place <= max(spans) * 1.3]
        ticks.set_x(axes, places, [text.lr(place) for place in places])
        axes.set_xlabel("Sum of the LR over the epochs")
        ticks.grid(axes)

    ordered = sorted(points, key=lambda point: point[2])
    ends = (
        f"{staircase.name(c)} from LR {text.lr(base)} (sum {text.significant(spent)}): "
        f"{text.percent(interval.mean)}"
        for base, c, spent, interval in (ordered[0], ordered[-1])
    )
    alt = (
        f"Validation accuracy after the last epoch by the sum of the learning rate over the "
        f"epochs, {text.count(len(points), 'combination')} of base LR, drop factor and step size. "
        f"From {' to '.join(ends)}."
    )
    drawing = svg.panel(draw, name="spent", alt=alt, size=(360, 270), margins=(52, 12, 42, 34))
    rows_told = tuple(
        (
            text.lr(base),
            staircase.name(c),
            text.significant(spent),
            text.with_interval(interval, "%", 2),
            str(interval.n),
        )
        for base, c, spent, interval in ordered
    )
    header = ("Base LR", "Combination", "Sum of the LR", "Validation accuracy", "Seeds")
    return Figure("spent", (Panel(drawing, alt),), header, rows_told, receipt(grid))
