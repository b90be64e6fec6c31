"""Dot plots of where the schedules end: seeds, mean and interval, absolute and in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mode

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import dots, schedules, stats, style, svg, text
from analysis.figures import BAND_FROM
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt
from analysis.schedules import Choice


def same_peak(runs: pd.DataFrame) -> Figure:
    """Each schedule minus the constant LR at the same peak, a panel a peak in the LR's colour."""
    momentum = schedules.main_momentum(runs)
    some = stats.select(runs, momentum=momentum)
    some = stats.select(some, peak=schedules.shared_peaks(some))
    panels, cells = [], []
    for peak in schedules.shared_peaks(some):
        at_peak = stats.select(some, peak=peak)
        finals = {
            schedule: stats.final(stats.select(at_peak, schedule=schedule), "test_accuracy")
            for schedule in schedules.present(at_peak)
        }
        colour, _ = style.look("base_lr", peak)
        rows = [
            _pair(name_of("schedule", schedule), accuracies, finals["constant"], colour)
            for schedule, accuracies in finals.items()
            if "constant" in finals and schedule != "constant"
        ]
        if not rows:
            continue
        lr = text.lr(peak)
        about = f"that of the constant learning rate with the same peak, {lr}, momentum "
        about += text.lr(momentum)
        name = f"same-{lr.replace('.', '-')}"
        panels.append(_difference_panel(rows, f"Gain over constant, peak LR {lr}", about, name))
        cells += [(row.label, lr, *dots.cells(row, "points")) for row in rows]
    header = ("Schedule", "Peak LR", "Mean difference", "95\u00a0% interval", "Seeds", "By seed")
    return Figure("same", tuple(panels), header, tuple(cells), receipt(some))


def _pair(label: str, one: pd.Series, other: pd.Series, colour: str) -> dots.Dot:
    """Return the difference of two series of accuracies by seed, as a mark."""
    values = tuple(stats.differences(one, other).dropna())
    return dots.Dot(label, values, stats.mean_interval(values), colour)


def own_best(choices: dict[str, Choice]) -> Figure:
    """Accuracy at each schedule's own best peak LR, best first, with the test set's noise band.

    The peak that most of them have is named once.
    """
    order = [standing.choice for standing in schedules.standings(choices)]
    usual = mode(choice.peak_text for choice in order)
    rows = [
        dots.Dot(
            choice.name if choice.peak_text == usual else f"{choice.name}, {choice.peak_text}",
            tuple(float(value) for value in choice.accuracies.dropna()),
            stats.mean_interval(choice.accuracies),
            style.look("schedule", choice.schedule)[0],
        )
        for choice in order
    ]
    best = rows[0].interval.mean
    band = stats.noise_band(best)
    low = min(value for row in rows for value in (row.interval.mean, *row.values))
    lows = [row.interval.low for row in rows if row.interval.n >= BAND_FROM]
    low = min([low, *(bound for bound in lows if bound > low - dots.FAR / 4)])
    high = max([best + band, *(value for row in rows for value in row.values)])

    def draw(axes: Axes) -> None:
        dots.head(axes, "Test accuracy, each at its own best peak")
        axes.set_xlabel(f"%, at a peak LR of {usual} unless named")
        axes.axvspan(best - band, best + band, color=style.INK, alpha=0.1, linewidth=0)
        dots.label_rows(axes, [row.label for row in rows])
        for at, row in enumerate(rows):
            dots.draw(axes, row, at, np.inf)
        dots.share_axis(axes, (max(low, best - 5 * dots.FAR), high))

    peaks = (choice.peak_text for choice in order)
    told = [
        f"{choice.name}, {peak}: {text.percent(row.interval.mean)}"
        for choice, peak, row in zip(order, peaks, rows, strict=True)
    ]
    alt = (
        f"Test accuracy after the last epoch by schedule, with the chosen peak learning rate, best "
        f"mean first. {'; '.join(told)}. {dots.luck(band, 'the best mean')}"
    )
    size = (360.0, 90.0 + 22 * len(rows))
    drawing = svg.panel(draw, name="own", alt=alt, size=size, margins=(142, 12, 42, 34))
    cells = tuple(
        (f"{choice.name}, {choice.peak_text}", *dots.cells(row, "%"))
        for choice, row in zip(order, rows, strict=True)
    )
    header = ("Schedule and peak LR", "Mean", "95\u00a0% interval", "Seeds", "By seed")
    used = pd.concat([choice.runs for choice in order])
    return Figure("own", (Panel(drawing, alt),), header, cells, receipt(used))


def differences(choices: dict[str, Choice]) -> Figure:
    """Each schedule minus a rival, constant or cosine, both at their own best peak LR."""
    order = [standing.choice.schedule for standing in schedules.standings(choices)]
    by_rival = {
        rival: [
            _pair(
                name_of("schedule", schedule),
                choices[schedule].accuracies,
                choices[rival].accuracies,
                style.look("schedule", schedule)[0],
            )
            for schedule in order
            if schedule != rival
        ]
        for rival in ("constant", "CosineAnnealingLR")
        if rival in choices
    }
    span = dots.span([row for rows in by_rival.values() for row in rows])
    panels, cells = [], []
    for rival, rows in by_rival.items():
        minus = name_of("schedule", rival)
        about = f"that of {minus}, each at its own best peak learning rate"
        title, name = f"Gain over {minus}, each at its own best peak", f"paired-{rival}"
        panels.append(_difference_panel(rows, title, about, name, span))
        cells += [(f"{row.label} minus {minus}", *dots.cells(row, "points")) for row in rows]
    header = ("Pair", "Mean difference", "95\u00a0% interval", "Seeds", "By seed")
    used = pd.concat([choice.runs for choice in choices.values()])
    return Figure("paired", tuple(panels), header, tuple(cells), receipt(used))


def _difference_panel(
    rows: Sequence[dots.Dot],
    title: str,
    about: str,
    name: str,
    span: tuple[float, float] | None = None,
) -> Panel:
    """Draw a row a schedule; without a span, these rows alone set the scale."""

    def draw(axes: Axes) -> None:
        dots.head(axes, title)
        axes.set_xlabel("Points of test accuracy")
        dots.label_rows(axes, [row.label for row in rows])
        for at, row in enumerate(rows):
            dots.draw(axes, row, at, dots.FAR)
        dots.difference_axis(axes, span or dots.span(rows))

    told = [f"{row.label}: {dots.points(row.interval)}" for row in rows]
    alt = f"Test accuracy minus {about}, in points. {'; '.join(told)}."
    size = (360.0, 90.0 + 22 * len(rows))
    return Panel(svg.panel(draw, name=name, alt=alt, size=size, margins=(142, 40, 42, 34)), alt)
