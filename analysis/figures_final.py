"""Where the learning rates end: each seed, the mean, its interval, and the luck of the images."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, stats, style, svg, text, ticks
from analysis.figures import BAND_FROM
from analysis.page import Figure, Panel
from analysis.receipts import receipt


def final_accuracy(frame: pd.DataFrame, name: str = "final") -> Figure:
    """Accuracy after the last epoch by LR: seeds as dots, mean, interval, the images' noise band.

    The band surrounds the highest mean: what lies inside it could be the luck of 10,000 images.
    Where seeds end far below the others, that is written beside them.
    """
    rates = stats.levels(stats.present(frame), "base_lr", descending=False)
    finals = [stats.final(stats.select(frame, base_lr=rate), "val_accuracy") for rate in rates]
    intervals = [stats.mean_interval(final) for final in finals]
    labels = [text.lr(rate) for rate in rates]
    best = max(interval.mean for interval in intervals)
    band = stats.noise_band(best)
    place = framing.accuracy_position
    low = min(float(final.min()) for final in finals)
    high = max(best + band, max(float(final.max()) for final in finals))

    def draw(axes: Axes) -> None:
        axes.set_title("Validation accuracy after the last epoch")
        framing.accuracy_axis(axes, low, high)
        top = axes.get_ylim()[1]
        grey = float(place(best - band)), float(place(best + band))
        axes.axhspan(*grey, color=style.INK, alpha=0.1, linewidth=0)
        for at, (rate, final, interval) in enumerate(zip(rates, finals, intervals, strict=True)):
            colour, _ = style.look("base_lr", rate)
            y = place(final.to_numpy())
            axes.plot([at] * len(final), y, "o", color=colour, markersize=4, alpha=0.7)
            if interval.n >= BAND_FROM:
                # Only from three seeds on: with two, t is 12.7 and the bar hides the picture.
                ends = place(np.array([interval.low, interval.high]))
                axes.plot([at, at], np.minimum(ends, top), color=colour)
                if ends[1] > top:
                    axes.plot([at], [top], "^", color=colour, markersize=6, clip_on=False)
            mean = [float(place(interval.mean))] * 2
            axes.plot([at - 0.22, at + 0.22], mean, color=colour, linewidth=2.2)
            if far_below(final):
                axes.annotate(
                    _lagging(final),
                    (at, float(place(final.min()))),
                    (-8, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    fontsize=10.5,
                )
        axes.set_xlim(-0.5, len(rates) - 0.5)
        means = (text.percent(interval.mean) for interval in intervals)
        ticks.set_x(
            axes, range(len(rates)), [f"{a}\n{b}" for a, b in zip(labels, means, strict=True)]
        )
        axes.set_xlabel("Learning rate, and its mean")
        ticks.grid(axes)

    lagging = [f" ({_lagging(final)} far below)" if far_below(final) else "" for final in finals]
    parts = [
        f"{label}: {text.with_interval(interval, '%', 2)}{note}"
        for label, interval, note in zip(labels, intervals, lagging, strict=True)
    ]
    alt = (
        f"Validation accuracy after the last epoch. {'; '.join(parts)}. The band of "
        f"± {text.points(band)} around the highest is the noise of a test set of 10,000 images."
    )
    size = (max(360, 56 * len(rates) + 60), 280)
    drawing = svg.panel(draw, name=name, alt=alt, size=size, margins=(50, 8, 58, 34))
    header = ("Setting", "Mean", "95\u00a0% interval", "Seeds", "By seed")
    rows = tuple(
        (
            label,
            text.percent(interval.mean),
            text.span(interval, "%"),
            str(interval.n),
            ", ".join(text.percent(v) for v in final),
        )
        for label, interval, final in zip(labels, intervals, finals, strict=True)
    )
    return Figure(name, (Panel(drawing, alt),), header, rows, receipt(frame))


def far_below(final: pd.Series) -> int:
    """Count the seeds that end far below the others.

    Far is Tukey's "far out": below the middle half by three times its width.
    """
    low, high = final.quantile(0.25), final.quantile(0.75)
    return int((final < low - 3 * (high - low)).sum())


def _lagging(final: pd.Series) -> str:
    return f"{far_below(final)} of {text.count(len(final), 'seed')}"
