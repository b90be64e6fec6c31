"""What stands around the data in a panel: labels at line ends, scales."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis import text, ticks

# Points between the middles of two labels: a line of text.
GAP = 13.0


@dataclass(frozen=True)
class End:
    """The end of a line, to be labelled: data coordinates, label, colour."""

    x: float
    y: float
    label: str
    colour: str


def label_ends(axes: Axes, ends: Sequence[End], heading: str = "") -> None:
    """Write each line's name right of its end, pushed apart to at least ``GAP`` points.

    A heading names above them what the labels are.

    Text keeps the page's own colour, since no colour has reading contrast on white and on dark
    pages; a short leader in the line's colour ties the two together. It begins at the frame: within
    it, it would be read as data. Axis limits must be final.
    """
    shown = [end for end in ends if math.isfinite(end.x) and math.isfinite(end.y)]
    if not shown:
        return
    if heading:
        axes.annotate(
            heading,
            (1.05, 1.0),
            (0, 10),
            xycoords="axes fraction",
            textcoords="offset points",
        )
    order = sorted(shown, key=lambda end: end.y)
    height = axes.bbox.height
    wanted = [axes.transData.transform((end.x, end.y))[1] - axes.bbox.y0 for end in order]
    wanted = [min(max(position, 0.0), height) for position in wanted]
    placed = spread_apart(wanted, GAP * axes.figure.dpi / 72, height)
    within = axes.transData - axes.transAxes
    for end, at in zip(order, placed, strict=True):
        _, y = within.transform((end.x, end.y))
        leader = Line2D([1.0, 1.046], [y, at / height], color=end.colour, linewidth=1.1)
        leader.set(transform=axes.transAxes, clip_on=False)
        axes.add_artist(leader)
        axes.text(1.05, at / height, end.label, va="center", transform=axes.transAxes)


def spread_apart(wanted: Sequence[float], gap: float, height: float) -> list[float]:
    """Positions nearest to the wanted ones (ascending) that keep a gap, from 0 to the height.

    Neighbours closer than the gap merge into a block centred on the mean of their wishes. Where
    everything cannot fit, the gap gives way.
    """
    if len(wanted) > 1:
        gap = min(gap, height / (len(wanted) - 1))

    def places(block: list[float]) -> list[float]:
        extent = gap * (len(block) - 1)
        bottom = min(max(sum(block) / len(block) - extent / 2, 0.0), height - extent)
        return [bottom + gap * index for index in range(len(block))]

    blocks: list[list[float]] = []
    for position in wanted:
        blocks.append([position])
        while len(blocks) > 1 and places(blocks[-2])[-1] + gap > places(blocks[-1])[0]:
            last = blocks.pop()
            blocks[-1].extend(last)
    return [place for block in blocks for place in places(block)]


_ACCURACY_TICKS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)
# Where fewer than four of those fall into the picture, from coarse to fine.
_FINER_TICKS = tuple(step * 10.0**-place for place in range(1, 6) for step in (1, 0.5, 0.2))


def accuracy_position(accuracy: np.ndarray | float) -> np.ndarray:
    """Where an accuracy goes on the stretched axis: minus the logarithm of the error rate.

    Equal distances mean equal factors in the number of errors, so that 98 % and 99 % are as far
    apart as 50 % and 75 %. An error rate below 1 in 20,000 is drawn there.
    """
    error = np.maximum(1.0 - np.asarray(accuracy, dtype=float), 5e-5)
    return -np.log10(error)


def accuracy_axis(axes: Axes, lowest: float, highest: float, horizontal: bool = False) -> None:
    """Scale and label an axis, vertical by default, that shows ``accuracy_position``."""
    bottom, top = float(accuracy_position(lowest)), float(accuracy_position(highest))
    room = max(0.06 * (top - bottom), 0.02)
    bounds = (bottom - room, top + room)
    (axes.set_xlim if horizontal else axes.set_ylim)(*bounds)
    places = _within(_ACCURACY_TICKS, bounds)
    for step in _FINER_TICKS:
        if len(places) < 4:
            places = _multiples(step, bounds)
    if horizontal and len(places) > 5:  # labels side by side need room
        places = places[::-2][::-1]
    if not horizontal:
        places = _apart(places, (bounds[1] - bounds[0]) / 18)
    place = ticks.set_x if horizontal else ticks.set_y
    place(
        axes,
        [float(accuracy_position(tick)) for tick in places],
        [f"{100 * tick:.6g}\u00a0%" for tick in places],
    )


def _within(ticks: Sequence[float], bounds: tuple[float, float]) -> list[float]:
    return [tick for tick in ticks if bounds[0] <= float(accuracy_position(tick)) <= bounds[1]]


def _multiples(step: float, bounds: tuple[float, float]) -> list[float]:
    low, high = (1 - 10.0**-position for position in bounds)
    return [step * n for n in range(max(0, math.ceil(low / step)), math.floor(high / step) + 1)]


def _apart(ticks: Sequence[float], gap: float) -> list[float]:
    """Keep the ticks that are far enough below the next higher one that is kept."""
    kept: list[float] = []
    for tick in reversed(ticks):
        if not kept or float(accuracy_position(kept[-1]) - accuracy_position(tick)) >= gap:
            kept.append(tick)
    return kept[::-1]


def loss_axis(axes: Axes, lowest: float, highest: float) -> None:
    """Logarithmic axis with 1-2-5 ticks in plain decimals."""
    if not (math.isfinite(lowest) and math.isfinite(highest) and 0 < lowest <= highest):
        return
    axes.set_yscale("log")
    axes.set_ylim(lowest / 1.15, highest * 1.15)
    decades = range(math.floor(math.log10(lowest)) - 1, math.ceil(math.log10(highest)) + 1)
    ratio = highest / lowest
    steps = (1,) if ratio > 3000 else (1, 3) if ratio > 50 else (1, 2, 5)
    if ratio < 6:
        steps = (1, 1.5, 2, 3, 4, 5, 6, 8) if ratio > 2 else (1, 1.2, 1.5, *range(2, 10))
    places = [step * 10.0**decade for decade in decades for step in steps]
    places = [place for place in places if lowest / 1.15 <= place <= highest * 1.15]
    ticks.set_y(axes, places, [text.lr(float(f"{place:.6g}")) for place in places])
