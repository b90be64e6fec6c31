"""The marks of a dot plot: seeds, mean and interval on one height, absolute or as differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from analysis import stats, style, text, ticks
from analysis.figures import BAND_FROM

# Differences beyond this share are not drawn; a mean is written at the edge, in points.
FAR = 0.02


@dataclass(frozen=True)
class Dot:
    """One mark of a dot plot: its label, the seeds' values, their mean and interval."""

    label: str
    values: tuple[float, ...]
    interval: stats.Interval
    colour: str


def draw(axes: Axes, dot: Dot, height: float, limit: float) -> None:
    """Draw one mark at a height: seeds as faint dots, mean as a bar, interval as a line.

    A mean beyond the limit is written at the frame, beside a triangle that points to it.
    """
    mean, colour = dot.interval.mean, dot.colour
    values = [value for value in dot.values if abs(value) <= limit]
    axes.plot(values, [height] * len(values), "o", color=colour, markersize=3, alpha=0.55)
    if abs(mean) > limit:
        side, mark = (1.0, ">") if mean > 0 else (0.0, "<")
        frame = axes.get_yaxis_transform()
        axes.plot([side], [height], mark, color=colour, transform=frame, clip_on=False)
        axes.annotate(
            text.number(100 * mean, 1),
            (side, height),
            (7, 0),
            xycoords=frame,
            textcoords="offset points",
            va="center",
            fontsize=10.5,
        )
        return
    if dot.interval.n >= BAND_FROM:
        ends = np.clip([dot.interval.low, dot.interval.high], -limit, limit)
        axes.plot(ends, [height, height], color=colour, linewidth=1.6)
    axes.plot([mean], [height], "|", color=colour, markersize=11, markeredgewidth=2.4)


def difference_axis(axes: Axes, span: tuple[float, float]) -> None:
    """Scale the horizontal axis to shares, label it in points, and draw a line at 0."""
    _scale(axes, span, 0.08, (0.05, 0.1, 0.2, 0.5, 1.0))
    axes.axvline(0, color=style.INK, linewidth=0.9)


def share_axis(axes: Axes, span: tuple[float, float]) -> None:
    """Scale the horizontal axis to shares, plainly, and label it in per cent."""
    _scale(axes, span, 0.04, (0.1, 0.2, 0.5, 1.0, 2.0))


def _scale(axes: Axes, span: tuple[float, float], margin: float, steps: Sequence[float]) -> None:
    """Set the limits, with a margin as a share of the span, and five ticks or so in hundredths."""
    low, high = span
    room = margin * max(high - low, 0.0005)
    axes.set_xlim(low - room, high + room)
    step = next((step for step in steps if 100 * (high - low) / step <= 5), steps[-1])
    # Every tick is a multiple of the step, so that zero is one.
    numbers = range(int(np.ceil(100 * low / step)), int(np.floor(100 * high / step)) + 1)
    places = [step * number for number in numbers]
    labels = [text.number(place, 2 if step < 0.1 else 1) if place else "0" for place in places]
    ticks.set_x(axes, [place / 100 for place in places], labels)


def span(dots: Sequence[Dot]) -> tuple[float, float]:
    """Return the lowest and highest share to draw, 0 among them; what is ``FAR`` sets no scale."""
    shown = [v for dot in dots for v in dot.values]
    for dot in dots:
        if abs(dot.interval.mean) <= FAR:
            shown += [dot.interval.mean]
            shown += [dot.interval.low, dot.interval.high] if dot.interval.n >= BAND_FROM else []
    near = [float(value) for value in shown if abs(value) <= FAR]
    return min([0.0, *near]), max([0.0, *near])


def head(axes: Axes, title: str) -> None:
    """Write the title from the left end of the picture on: the rows' labels leave it that room."""
    box = axes.get_position()
    axes.set_title(title, x=0.01 - box.x0 / box.width)


def label_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Give each row its label, the first on top, and a faint line."""
    ticks.set_y(axes, range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    ticks.grid(axes, alpha=0.12)


def luck(band: float, where: str) -> str:
    """Say in an alternative text what the grey band is."""
    return (
        f"The band of ± {text.points(band)} around {where} is the noise of a test set of 10,000 "
        f"images."
    )


def points(interval: stats.Interval) -> str:
    """Return a mean difference in points; "diverged" where no seed has one."""
    return text.points(interval.mean) if interval.n else "diverged"


def cells(dot: Dot, unit: str) -> tuple[str, ...]:
    """Return a dot as cells of a table: mean, interval, seeds, the value of each seed."""
    show = text.points if unit == "points" else text.percent
    seeds = ", ".join(show(value) for value in dot.values)
    return show(dot.interval.mean), text.span(dot.interval, unit), str(dot.interval.n), seeds
