"""Where the learning rates end: each seed, the mean, its interval, and the luck of the images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import dots, framing, stats, style, svg, text, ticks
from analysis.figures import BAND_FROM
from analysis.page import Figure, Panel
from analysis.receipts import receipt


def final_accuracy(frame: pd.DataFrame, name: str = "final") -> Figure:
    """Accuracy after the last epoch by LR: seeds as dots, mean, interval, the images' noise band.

    The band surrounds the highest mean: what lies inside it could be the luck of 10,000 images.
    Where seeds end far below the others, that is written beside them.
    """
    rates = stats.levels(stats.present(frame), "base_lr", descending=False)
    marks = [_mark(stats.select(frame, base_lr=rate), rate) for rate in rates]
    best = max(mark.interval.mean for mark in marks)
    band = stats.noise_band(best)
    place = framing.accuracy_position
    low = min(min(mark.values) for mark in marks)
    high = max(best + band, *(max(mark.values) for mark in marks))

    def draw(axes: Axes) -> None:
        axes.set_title("Validation accuracy after the last epoch")
        framing.accuracy_axis(axes, low, high)
        top = axes.get_ylim()[1]
        grey = float(place(best - band)), float(place(best + band))
        axes.axhspan(*grey, color=style.INK, alpha=0.1, linewidth=0)
        for at, mark in enumerate(marks):
            interval, colour = mark.interval, mark.colour
            y = place(np.array(mark.values))
            axes.plot([at] * len(y), y, "o", color=colour, markersize=4, alpha=0.7)
            if interval.n >= BAND_FROM:
                # Only from three seeds on: with two, t is 12.7 and the bar hides the picture.
                ends = place(np.array([interval.low, interval.high]))
                axes.plot([at, at], np.minimum(ends, top), color=colour)
                if ends[1] > top:
                    axes.plot([at], [top], "^", color=colour, markersize=6, clip_on=False)
            mean = [float(place(interval.mean))] * 2
            axes.plot([at - 0.22, at + 0.22], mean, color=colour, linewidth=2.2)
            if far_below(mark.values):
                axes.annotate(
                    _lagging(mark),
                    (at, float(place(min(mark.values)))),
                    (-8, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    fontsize=10.5,
                )
        axes.set_xlim(-0.5, len(rates) - 0.5)
        labels = [f"{mark.label}\n{text.percent(mark.interval.mean)}" for mark in marks]
        ticks.set_x(axes, range(len(rates)), labels)
        axes.set_xlabel("Learning rate, and its mean")
        ticks.grid(axes)

    told = [
        f"{mark.label}: {text.with_interval(mark.interval, '%', 2)}"
        + (f" ({_lagging(mark)} far below)" if far_below(mark.values) else "")
        for mark in marks
    ]
    alt = (
        f"Validation accuracy after the last epoch. {'; '.join(told)}. "
        f"{dots.luck(band, 'the highest mean')}"
    )
    size = (max(360, 56 * len(rates) + 60), 280)
    drawing = svg.panel(draw, name=name, alt=alt, size=size, margins=(50, 8, 58, 34))
    header = ("Setting", "Mean", "95\u00a0% interval", "Seeds", "By seed")
    rows = tuple((mark.label, *dots.cells(mark, "%")) for mark in marks)
    return Figure(name, (Panel(drawing, alt),), header, rows, receipt(frame))


def _mark(runs: pd.DataFrame, rate: float) -> dots.Dot:
    final = stats.final(runs, "val_accuracy")
    colour, _ = style.look("base_lr", rate)
    return dots.Dot(text.lr(rate), tuple(final), stats.mean_interval(final), colour)


def far_below(final: Sequence[float]) -> int:
    """Count the seeds that end far below the others.

    Far is Tukey's "far out": below the middle half by three times its width.
    """
    low, high = np.quantile(final, (0.25, 0.75))
    return int(np.sum(np.asarray(final) < low - 3 * (high - low)))


def _lagging(mark: dots.Dot) -> str:
    return f"{far_below(mark.values)} of {text.count(len(mark.values), 'seed')}"
