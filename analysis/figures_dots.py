"""Dot plots of where the schedules end: seeds, mean and interval, absolute and in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import schedules, stats, style, svg, text
from analysis.figures import BAND_FROM
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt
from analysis.schedules import Choice

# Differences beyond this share are drawn at the edge, with their value in points beside them.
FAR = 0.02


@dataclass(frozen=True)
class _Row:
    """One mark of a dot plot: its label, the seeds' values, their mean and interval."""

    label: str
    values: tuple[float, ...]
    interval: stats.Interval
    colour: str
    note: str = ""


def _marks(axes: Axes, rows: Sequence[_Row], height: float, limit: float) -> None:
    """Draw one mark at a height: seeds as faint dots, mean as a bar, interval as a line."""
    for row in rows:
        mean = row.interval.mean
        if abs(mean) > limit:
            side = np.sign(mean)
            axes.plot([side * limit], [height], ">" if side > 0 else "<", color=row.colour)
            axes.annotate(
                text.number(100 * mean, 1),
                (side * limit, height),
                (-7 * side, 0),
                textcoords="offset points",
                ha="right" if side > 0 else "left",
                va="center",
                fontsize=10,
            )
            continue
        if row.interval.n >= BAND_FROM:
            ends = np.clip([row.interval.low, row.interval.high], -limit, limit)
            axes.plot(ends, [height, height], color=row.colour, linewidth=1.6)
        values = [value for value in row.values if abs(value) <= limit]
        axes.plot(values, [height] * len(values), "o", color=row.colour, markersize=3, alpha=0.55)
        axes.plot([mean], [height], "|", color=row.colour, markersize=11, markeredgewidth=2.4)


def _difference_axis(axes: Axes, span: tuple[float, float]) -> None:
    low, high = span
    room = 0.08 * max(high - low, 0.0005)
    axes.set_xlim(low - room, high + room)
    # In points; every tick is a multiple of the step, so that zero is one.
    step = next(s for s in (0.05, 0.1, 0.2, 0.5, 1.0) if 100 * (high - low) / s <= 5 or s == 1.0)
    numbers = range(int(np.ceil(100 * low / step)), int(np.floor(100 * high / step)) + 1)
    ticks = [step * number for number in numbers]
    labels = [text.number(tick, 2 if step < 0.1 else 1) if tick else "0" for tick in ticks]
    axes.set_xticks([tick / 100 for tick in ticks], labels)
    axes.axvline(0, color=style.INK, linewidth=0.9)


def _paired_values(first: pd.Series, second: pd.Series) -> tuple[float, ...]:
    shared = first.index.intersection(second.index)
    return tuple(float(value) for value in (first.loc[shared] - second.loc[shared]).dropna())


def _span(rows: Sequence[_Row]) -> tuple[float, float]:
    far = [row.interval.mean for row in rows] + [v for row in rows for v in row.values]
    for row in rows:
        far += [row.interval.low, row.interval.high] if row.interval.n >= BAND_FROM else []
    near = [float(np.clip(value, -FAR, FAR)) for value in far if np.isfinite(value)]
    return min([0.0, *near]), max([0.0, *near])


def _labels(axes: Axes, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(visible=True, axis="y", color=style.INK, alpha=0.12, linewidth=0.7)
    axes.set_axisbelow(True)


def same_peak(
    runs: pd.DataFrame, column: str = "test_accuracy", name: str = "same", root: str = "../.."
) -> Figure:
    """Each schedule minus the constant LR at the same peak, one mark a peak in the LR's colour."""
    momentum = schedules.main_momentum(runs)
    some = stats.select(runs, momentum=momentum)
    peaks = stats.levels(some, "peak")
    marks: dict[str, list[_Row]] = {}
    for schedule in schedules.present(some):
        for peak in peaks if schedule != "constant" else ():
            pair = [stats.select(some, schedule=one, peak=peak) for one in (schedule, "constant")]
            if not all(map(len, pair)):
                continue
            values = _paired_values(*(stats.final(one, column) for one in pair))
            colour, _ = style.look("base_lr", peak)
            row = _Row(text.lr(peak), values, stats.mean_interval(values), colour)
            marks.setdefault(name_of("schedule", schedule), []).append(row)

    def draw(axes: Axes) -> None:
        axes.set_title("Minus constant, same peak", pad=26)
        axes.set_xlabel("Points of test accuracy")
        _labels(axes, list(marks))
        for at, rows in enumerate(marks.values()):
            for row in rows:
                offset = (peaks.index(float(row.label)) - (len(peaks) - 1) / 2) * 0.26
                _marks(axes, [row], at + offset, FAR)
        _difference_axis(axes, _span([row for rows in marks.values() for row in rows]))
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
    told = [f"{label} at {row.label}: {_points(row.interval)}" for label, row in lines]
    alt = (
        f"Test accuracy after the last epoch minus that of the constant learning rate with the "
        f"same peak, momentum {text.lr(momentum)}, in points. {'; '.join(told)}."
    )
    drawing = svg.panel(
        draw, name=name, alt=alt, size=(400, 110 + 30 * len(marks)), margins=(142, 10, 40, 50)
    )
    rows = tuple((label, row.label, *_cells(row, "points")) for label, row in lines)
    header = ("Schedule", "Peak LR", "Mean difference", "95\u00a0% interval", "Seeds", "By seed")
    return Figure(name, (Panel(drawing, alt),), header, rows, receipt(some, root))


def _points(interval: stats.Interval) -> str:
    return text.points(interval.mean) if interval.n else "diverged"


def _cells(row: _Row, unit: str) -> tuple[str, ...]:
    show = text.points if unit == "points" else text.percent
    bounds = text.bounds(row.interval, unit).removeprefix("95\u00a0% interval ")
    seeds = ", ".join(show(value) for value in row.values)
    return show(row.interval.mean), bounds, str(row.interval.n), seeds


def own_best(
    choices: dict[str, Choice],
    column: str = "test_accuracy",
    name: str = "own",
    root: str = "../..",
) -> Figure:
    """Accuracy at each schedule's own best peak LR, best first, with the test set's noise band."""
    order = [standing.choice for standing in schedules.standings(choices, column)]
    rows = [
        _Row(
            f"{choice.name}, {choice.peak_text}",
            tuple(float(value) for value in choice.final(column).dropna()),
            stats.mean_interval(choice.final(column)),
            style.look("schedule", choice.schedule)[0],
        )
        for choice in order
    ]
    best = rows[0].interval.mean
    band = stats.noise_band(best)
    low = min(value for row in rows for value in (row.interval.mean, *row.values))
    lows = [row.interval.low for row in rows if row.interval.n >= BAND_FROM]
    low = min([low, *(bound for bound in lows if bound > low - FAR / 4)])
    high = max([best + band, *(value for row in rows for value in row.values)])

    def draw(axes: Axes) -> None:
        place = style.accuracy_position
        axes.set_title("Test accuracy, own best peak")
        axes.axvspan(
            float(place(best - band)),
            float(place(best + band)),
            color=style.INK,
            alpha=0.1,
            linewidth=0,
        )
        _labels(axes, [row.label for row in rows])
        for at, row in enumerate(rows):
            placed = replace(
                row.interval,
                mean=float(place(row.interval.mean)),
                low=float(place(row.interval.low)),
                high=float(place(row.interval.high)),
            )
            seeds = tuple(float(place(value)) for value in row.values)
            _marks(axes, [_Row(row.label, seeds, placed, row.colour)], at, np.inf)
        style.accuracy_axis(axes, max(low, best - 5 * FAR), high, horizontal=True)

    told = [f"{row.label}: {text.percent(row.interval.mean)}" for row in rows]
    alt = (
        f"Test accuracy after the last epoch by schedule, with the chosen peak learning rate, best "
        f"mean first. {'; '.join(told)}. The band of ± {text.points(band)} around the best mean "
        f"is the noise of a test set of 10,000 images."
    )
    drawing = svg.panel(
        draw, name=name, alt=alt, size=(440, 90 + 24 * len(rows)), margins=(206, 12, 34, 34)
    )
    cells = tuple((row.label, *_cells(row, "%")) for row in rows)
    header = ("Schedule and peak LR", "Mean", "95\u00a0% interval", "Seeds", "By seed")
    used = pd.concat([choice.runs for choice in order])
    return Figure(name, (Panel(drawing, alt),), header, cells, receipt(used, root))


def differences(
    choices: dict[str, Choice],
    rivals: Sequence[str] = ("constant", "CosineAnnealingLR"),
    column: str = "test_accuracy",
    name: str = "paired",
    root: str = "../..",
) -> Figure:
    """Each schedule minus a rival, both at their own best peak LR: a panel a rival."""
    order = [standing.choice.schedule for standing in schedules.standings(choices, column)]
    panels, cells = [], []
    for rival in (one for one in rivals if one in choices):
        rows = []
        for schedule in order:
            if schedule != rival:
                pair = (choices[one].final(column) for one in (schedule, rival))
                values = _paired_values(*pair)
                colour, _ = style.look("schedule", schedule)
                label = name_of("schedule", schedule)
                rows.append(_Row(label, values, stats.mean_interval(values), colour))
        panels.append(_difference_panel(rows, name_of("schedule", rival), f"{name}-{rival}"))
        minus = name_of("schedule", rival)
        cells += [(f"{row.label} minus {minus}", *_cells(row, "points")) for row in rows]
    header = ("Pair", "Mean difference", "95\u00a0% interval", "Seeds", "By seed")
    used = pd.concat([choice.runs for choice in choices.values()])
    return Figure(name, tuple(panels), header, tuple(cells), receipt(used, root))


def _difference_panel(rows: Sequence[_Row], rival: str, name: str) -> Panel:
    def draw(axes: Axes) -> None:
        axes.set_title(f"Minus {rival}")
        axes.set_xlabel("Points of test accuracy")
        _labels(axes, [row.label for row in rows])
        for at, row in enumerate(rows):
            _marks(axes, [row], at, FAR)
        _difference_axis(axes, _span(rows))

    told = [f"{row.label}: {_points(row.interval)}" for row in rows]
    alt = (
        f"Test accuracy minus that of {rival}, each at its own best peak learning rate. "
        f"{'; '.join(told)}."
    )
    size = (360.0, 90.0 + 22 * len(rows))
    return Panel(svg.panel(draw, name=name, alt=alt, size=size, margins=(142, 12, 42, 34)), alt)
