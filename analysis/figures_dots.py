"""Dot plots of where the schedules end: seeds, mean and interval, absolute and in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import dots, framing, schedules, stats, style, svg, text
from analysis.figures import BAND_FROM
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt
from analysis.schedules import Choice


def same_peak(runs: pd.DataFrame) -> Figure:
    """Each schedule minus the constant LR at the same peak, one mark a peak in the LR's colour."""
    momentum = schedules.main_momentum(runs)
    some = stats.select(runs, momentum=momentum)
    peaks = schedules.shared_peaks(some)
    some = stats.select(some, peak=peaks)
    marks: dict[str, list[dots.Dot]] = {}
    for schedule in schedules.present(some):
        for peak in peaks if schedule != "constant" else ():
            pair = [stats.select(some, schedule=one, peak=peak) for one in (schedule, "constant")]
            if not all(map(len, pair)):
                continue
            ends = (stats.final(one, "test_accuracy") for one in pair)
            values = tuple(stats.differences(*ends).dropna())
            colour, _ = style.look("base_lr", peak)
            row = dots.Dot(text.lr(peak), values, stats.mean_interval(values), colour)
            marks.setdefault(name_of("schedule", schedule), []).append(row)

    def draw(axes: Axes) -> None:
        axes.set_title("Minus constant, same peak", pad=26)
        axes.set_xlabel("Points of test accuracy")
        dots.label_rows(axes, list(marks))
        for at, rows in enumerate(marks.values()):
            for row in rows:
                offset = (peaks.index(float(row.label)) - (len(peaks) - 1) / 2) * 0.26
                dots.draw(axes, row, at + offset, dots.FAR)
        dots.difference_axis(axes, dots.span([row for rows in marks.values() for row in rows]))
        for at, peak in enumerate(peaks):
            spot = (0.02 + 0.3 * at, 1.035)
            axes.plot(
                *[[value] for value in spot],
                marker="|",
                markersize=11,
                markeredgewidth=2.4,
                color=style.look("base_lr", peak)[0],
                transform=axes.transAxes,
                clip_on=False,
            )
            axes.annotate(
                f"LR {text.lr(peak)}",
                spot,
                (7, 0),
                xycoords="axes fraction",
                textcoords="offset points",
                va="center",
            )

    lines = [(label, row) for label, rows in marks.items() for row in rows]
    told = [f"{label} at {row.label}: {dots.points(row.interval)}" for label, row in lines]
    alt = (
        f"Test accuracy after the last epoch minus that of the constant learning rate with the "
        f"same peak, momentum {text.lr(momentum)}, in points. {'; '.join(told)}."
    )
    size = (400.0, 110.0 + 30 * len(marks))
    drawing = svg.panel(draw, name="same", alt=alt, size=size, margins=(142, 10, 40, 50))
    rows = tuple((label, row.label, *dots.cells(row, "points")) for label, row in lines)
    header = ("Schedule", "Peak LR", "Mean difference", "95\u00a0% interval", "Seeds", "By seed")
    return Figure("same", (Panel(drawing, alt),), header, rows, receipt(some))


def own_best(choices: dict[str, Choice]) -> Figure:
    """Accuracy at each schedule's own best peak LR, best first, with the test set's noise band."""
    order = [standing.choice for standing in schedules.standings(choices)]
    rows = [
        dots.Dot(
            f"{choice.name}, {choice.peak_text}",
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
        place = framing.accuracy_position
        axes.set_title("Test accuracy, own best peak")
        axes.axvspan(
            float(place(best - band)),
            float(place(best + band)),
            color=style.INK,
            alpha=0.1,
            linewidth=0,
        )
        dots.label_rows(axes, [row.label for row in rows])
        for at, row in enumerate(rows):
            placed = replace(
                row.interval,
                mean=float(place(row.interval.mean)),
                low=float(place(row.interval.low)),
                high=float(place(row.interval.high)),
            )
            seeds = tuple(float(place(value)) for value in row.values)
            dots.draw(axes, dots.Dot(row.label, seeds, placed, row.colour), at, np.inf)
        framing.accuracy_axis(axes, max(low, best - 5 * dots.FAR), high, horizontal=True)

    told = [f"{row.label}: {text.percent(row.interval.mean)}" for row in rows]
    alt = (
        f"Test accuracy after the last epoch by schedule, with the chosen peak learning rate, best "
        f"mean first. {'; '.join(told)}. The band of ± {text.points(band)} around the best mean "
        f"is the noise of a test set of 10,000 images."
    )
    size = (440.0, 90.0 + 24 * len(rows))
    drawing = svg.panel(draw, name="own", alt=alt, size=size, margins=(206, 12, 34, 34))
    cells = tuple((row.label, *dots.cells(row, "%")) for row in rows)
    header = ("Schedule and peak LR", "Mean", "95\u00a0% interval", "Seeds", "By seed")
    used = pd.concat([choice.runs for choice in order])
    return Figure("own", (Panel(drawing, alt),), header, cells, receipt(used))


def differences(choices: dict[str, Choice]) -> Figure:
    """Each schedule minus a rival, constant or cosine, both at their own best peak LR."""
    order = [standing.choice.schedule for standing in schedules.standings(choices)]
    panels, cells = [], []
    for rival in (one for one in ("constant", "CosineAnnealingLR") if one in choices):
        rows = []
        for schedule in order:
            if schedule != rival:
                pair = (choices[one].accuracies for one in (schedule, rival))
                values = tuple(stats.differences(*pair).dropna())
                colour, _ = style.look("schedule", schedule)
                label = name_of("schedule", schedule)
                rows.append(dots.Dot(label, values, stats.mean_interval(values), colour))
        panels.append(_difference_panel(rows, name_of("schedule", rival), f"paired-{rival}"))
        minus = name_of("schedule", rival)
        cells += [(f"{row.label} minus {minus}", *dots.cells(row, "points")) for row in rows]
    header = ("Pair", "Mean difference", "95\u00a0% interval", "Seeds", "By seed")
    used = pd.concat([choice.runs for choice in choices.values()])
    return Figure("paired", tuple(panels), header, tuple(cells), receipt(used))


def _difference_panel(rows: Sequence[dots.Dot], rival: str, name: str) -> Panel:
    def draw(axes: Axes) -> None:
        axes.set_title(f"Minus {rival}")
        axes.set_xlabel("Points of test accuracy")
        dots.label_rows(axes, [row.label for row in rows])
        for at, row in enumerate(rows):
            dots.draw(axes, row, at, dots.FAR)
        dots.difference_axis(axes, dots.span(rows))

    told = [f"{row.label}: {dots.points(row.interval)}" for row in rows]
    alt = (
        f"Test accuracy minus that of {rival}, each at its own best peak learning rate. "
        f"{'; '.join(told)}."
    )
    size = (360.0, 90.0 + 22 * len(rows))
    return Panel(svg.panel(draw, name=name, alt=alt, size=size, margins=(142, 12, 42, 34)), alt)
