"""The heat map of StepLR: the accuracy after the last epoch by drop factor and step size."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from statistics import mode

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from analysis import framing, staircase, style, svg, text, ticks
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt
from analysis.staircase import CONSTANT, DEFAULT, Combination

# A heat map's cells are the page's own colour under a veil of this one, so that the page's text
# colour reads on them by light and by dark. The thickest veil still leaves a contrast of 4.5.
VEIL, THINNEST, THICKEST = "#3d63c6", 0.04, 0.55


def heat_map(grid: pd.DataFrame) -> Figure:
    """Return the accuracy after the last epoch by γ and step_size, one panel a base LR.

    Each cell holds the mean, and the number of seeds where it is not the usual one; a combination
    without runs holds a dash. The default is framed, the constant LR has a row of its own. One
    colour scale serves all panels.

    Parameters
    ----------
    grid : from ``staircase.grid``
    """
    bases = staircase.declared()
    finals = {(base, c): staircase.final(grid, base, c) for base, row in bases.items() for c in row}
    means = {key: float(values.mean(skipna=False)) for key, values in finals.items() if len(values)}
    known = [_position(mean) for mean in means.values() if math.isfinite(mean)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    usual = mode(len(values) for values in finals.values())

    def shade(mean: float) -> float:
        share = (_position(mean) - low) / (high - low) if high > low else 0.5
        return THINNEST + (THICKEST - THINNEST) * share if math.isfinite(share) else 0.0

    panels = []
    for base, row in bases.items():
        own = {c: finals[base, c] for c in row}
        alt = _heat_alt(base, own)
        drawing = svg.panel(
            partial(_draw_cells, finals=own, base=base, usual=usual, shade=shade),
            name=f"grid-{text.lr(base).replace('.', '-')}",
            alt=alt,
            size=(360, 330),
            margins=(66, 8, 56, 30),
        )
        panels.append(Panel(drawing, alt))
    rows = tuple(
        (
            text.lr(base),
            name_of("gamma", c[0]),
            "never" if c == CONSTANT else f"{c[1]:g}",
            text.percent(float(values.mean(skipna=False))) if len(values) else "no runs",
            str(len(values)),
            ", ".join(text.percent(v) for v in values),
        )
        for (base, c), values in finals.items()
    )
    header = ("Base LR", "Drop factor", "step_size", "Validation accuracy", "Seeds", "By seed")
    return Figure("grid", tuple(panels), header, rows, receipt(grid))


def _position(mean: float) -> float:
    """How good a mean is: equal factors in the number of errors are equal distances."""
    return float(framing.accuracy_position(mean))


def _draw_cells(
    axes: Axes,
    finals: dict[Combination, pd.Series],
    base: float,
    usual: int,
    shade: Callable[[float], float],
) -> None:
    sizes = sorted({c[1] for c in finals if c != CONSTANT})
    gammas = sorted({c[0] for c in finals})
    for combination, values in finals.items():
        y = gammas.index(combination[0])
        x, width = (0, len(sizes)) if combination == CONSTANT else (sizes.index(combination[1]), 1)
        box = (x + 0.03, y + 0.04), width - 0.06, 0.92
        mean = float(values.mean(skipna=False)) if len(values) else math.nan
        if len(values):
            axes.add_patch(Rectangle(*box, facecolor=VEIL, alpha=shade(mean), linewidth=0))
        else:
            axes.add_patch(
                Rectangle(*box, facecolor="none", edgecolor=style.INK, alpha=0.35, linestyle=":")
            )
        if combination == DEFAULT:
            axes.add_patch(Rectangle(*box, facecolor="none", edgecolor=style.INK, linewidth=2.0))
        unusual = len(values) not in (0, usual)
        middle = (x + width / 2, y + (0.62 if unusual else 0.5))
        axes.annotate(_cell_text(values), middle, ha="center", va="center", fontsize=11.5)
        if unusual:
            axes.annotate(
                text.count(len(values), "seed"),
                (middle[0], y + 0.25),
                ha="center",
                va="center",
                fontsize=10.5,
            )
    axes.set_xlim(0, len(sizes))
    axes.set_ylim(0, len(gammas))
    count = {size: staircase.drops(staircase.EPOCHS, size) for size in sizes}
    ticks.set_x(
        axes,
        [at + 0.5 for at in range(len(sizes))],
        [f"{size:g}\n{text.count(count[size], 'drop')}" for size in sizes],
    )
    ticks.set_y(
        axes, [at + 0.5 for at in range(len(gammas))], [name_of("gamma", g) for g in gammas]
    )
    axes.set_xlabel("step_size, in epochs")
    axes.set_title(f"Validation accuracy, %, base LR {text.lr(base)}")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _cell_text(values: pd.Series) -> str:
    """Return a cell's mean without unit; a dash for no runs, a word where a seed diverged."""
    if values.empty:
        return "–"
    mean = float(values.mean(skipna=False))
    return text.number(100 * mean, 2) if math.isfinite(mean) else "diverged"


def _heat_alt(base: float, finals: dict[Combination, pd.Series]) -> str:
    there = {c: float(v.mean()) for c, v in finals.items() if len(v)}
    opening = (
        f"Validation accuracy after epoch {staircase.EPOCHS} from base LR {text.lr(base)}: "
        f"{len(there)} of {len(finals)} combinations of drop factor and step size have runs."
    )
    if not there:
        return opening
    low, high = (pick(there, key=lambda c: there[c]) for pick in (min, max))
    return (
        f"{opening} Lowest: {text.percent(there[low])} with {staircase.name(low)}; highest: "
        f"{text.percent(there[high])} with {staircase.name(high)}."
    )
