"""Figures against the learning rate: the edge, the effective rate, spread by rate and seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, stats, style, svg, text, ticks
from analysis.edge import TRAINED, fates
from analysis.figures import BAND_FROM
from analysis.labels import METRICS, metric, name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt
from analysis.spread import spread_of

# Plain SGD in the text's colour, momentum in one that no decade of the learning rate has.
_COLOURS = (style.INK, style.SPARE[5])


def rate_axis(axes: Axes, lowest: float, highest: float, width: float) -> None:
    """Logarithmic horizontal axis of learning rates, in plain decimals.

    Parameters
    ----------
    width : of the axes, in pixels; where the names would collide, every second decade has one
    """
    axes.set_xscale("log")
    axes.set_xlim(lowest / 1.4, highest * 1.4)
    first, last = math.ceil(math.log10(lowest) - 0.1), math.floor(math.log10(highest) + 0.1)
    decades = list(range(first, last + 1))
    longest = max(len(text.lr(10.0**decade)) for decade in decades)
    every = 1 if width / max(1, math.log10(highest / lowest)) > 7.2 * longest else 2
    named = [text.lr(10.0**d) if (last - d) % every == 0 else "" for d in decades]
    ticks.set_x(axes, [10.0**decade for decade in decades], named)


def _place(column: str, values: np.ndarray) -> np.ndarray:
    return framing.accuracy_position(values) if METRICS[column][1] == "%" else np.asarray(values)


def _draw_setting(axes: Axes, frame: pd.DataFrame, column: str, at: int) -> framing.End:
    """Means joined by a line, intervals as bars, seeds as dots and broken ones as crosses."""
    colour = _COLOURS[at % len(_COLOURS)]
    finals = frame[frame["epoch"] == frame["epochs"]]
    means = finals.groupby("rate")[column].mean()
    axes.plot(means.index, _place(column, means.to_numpy()), color=colour, linewidth=1.6)
    for rate in stats.levels(finals, "rate"):
        interval = stats.mean_interval(stats.select(finals, rate=rate)[column])
        if interval.n >= BAND_FROM:
            # What lies beyond the axis is cut off there: a loss is above zero, a share within one.
            most = 1.0 if METRICS[column][1] == "%" else np.inf
            ends = np.clip([interval.low, interval.high], 1e-9, most)
            axes.plot([rate, rate], _place(column, ends), color=colour, linewidth=3.5, alpha=0.35)
    lost = finals["fate"] != TRAINED
    for part, marker, width in ((finals[~lost], "o", 3.4), (finals[lost], "x", 7.0)):
        y = _place(column, part[column].to_numpy(dtype=float))
        axes.plot(part["rate"], y, marker, color=colour, markersize=width)
    label = _setting_name(frame)
    shown = means[np.isfinite(means)]
    if shown.empty:
        return framing.End(math.nan, math.nan, label, colour)
    y = _place(column, shown.to_numpy(dtype=float)[-1:])
    return framing.End(float(shown.index[-1]), float(y[0]), label, colour)


def _setting_name(frame: pd.DataFrame) -> str:
    adam = (frame["optimizer"] == "adam").all()
    return "Adam" if adam else name_of("momentum", float(frame["momentum"].iloc[0]))


def final_by_rate(
    frame: pd.DataFrame,
    columns: Sequence[str] = ("val_accuracy", "train_loss"),
    effective: bool = False,
    name: str = "by-rate",
) -> Figure:
    """Metrics after the last epoch against the learning rate, a panel a metric, a line a momentum.

    Parameters
    ----------
    effective : against η / (1 − μ) instead of η
    """
    frame = stats.present(frame)
    rate = frame["base_lr"] / (1 - frame["momentum"]) if effective else frame["base_lr"]
    frame = frame.assign(
        rate=rate.map(lambda r: float(f"{r:.6g}")), fate=frame["run_id"].map(fates(frame))
    )
    panels = tuple(_rate_panel(frame, column, effective, name) for column in columns)
    about: tuple[str, ...] = ("Learning rate",)
    if _has_effective_rate(frame):
        about = ("Momentum", "Learning rate", "Effective rate")
    metrics = (f"{METRICS[column][0]}, 95\u00a0% interval" for column in columns)
    header = (*about, "Seeds", "Broken or diverged", *metrics)
    rows = tuple(
        _final_row(frame, momentum, lr, columns)
        for momentum in stats.levels(frame, "momentum", descending=False)
        for lr in stats.levels(stats.select(frame, momentum=momentum), "base_lr")
    )
    return Figure(name, panels, header, rows, receipt(frame))


def _final_row(
    frame: pd.DataFrame, momentum: float, lr: float, columns: Sequence[str]
) -> tuple[str, ...]:
    one = stats.select(frame, momentum=momentum, base_lr=lr)
    lost = one.drop_duplicates("run_id")["fate"].ne(TRAINED).sum()
    cells = []
    for column in columns:
        unit = METRICS[column][1]
        interval = stats.mean_interval(stats.final(one, column))
        cells.append(text.with_interval(interval, unit, 2 if unit else 4))
    about: tuple[str, ...] = (text.lr(lr),)
    if _has_effective_rate(frame):
        about = (text.lr(momentum), text.lr(lr), text.significant(lr / (1 - momentum), 1))
    return (*about, str(len(stats.seeds(one))), str(lost), *cells)


def _has_effective_rate(frame: pd.DataFrame) -> bool:
    """Say whether momentum lengthens steps; Adam's running mean is a mean, and does not."""
    return bool((frame["optimizer"] == "sgd").all())


def _rate_panel(frame: pd.DataFrame, column: str, effective: bool, name: str) -> Panel:
    title, unit = metric(column)
    momenta = stats.levels(frame, "momentum", descending=False)
    finals = frame.loc[frame["epoch"] == frame["epochs"], column]
    finite = finals[np.isfinite(finals)]
    size, margins = (360, 250), (52, 60, 42, 34)

    def draw(axes: Axes) -> None:
        axes.set_title(f"{title} after the last epoch")
        axes.set_xlabel("Effective learning rate η/(1 − μ)" if effective else "Learning rate")
        ends = [
            _draw_setting(axes, stats.select(frame, momentum=momentum), column, at)
            for at, momentum in enumerate(momenta)
        ]
        low, high = float(finite.min()), float(finite.max())
        if unit == "%":
            framing.accuracy_axis(axes, low, high)
        else:
            framing.loss_axis(axes, low, high)
        width = size[0] - margins[0] - margins[1]
        rate_axis(axes, float(frame["rate"].min()), float(frame["rate"].max()), width)
        ticks.grid(axes)
        framing.label_ends(axes, ends)

    told = []
    for momentum in momenta:
        one = stats.select(frame, momentum=momentum)
        parts = []
        for rate in stats.levels(one, "rate"):
            final = stats.final(stats.select(one, rate=rate), column)
            mean = text.percent(final.mean()) if unit else text.significant(final.mean())
            parts.append(f"{text.lr(rate)}: {mean}")
        told.append(f"{_setting_name(one)}: {', '.join(parts)}.")
    kind = "effective learning rate" if effective else "learning rate"
    alt = f"{title} after the last epoch by {kind}, mean over the seeds. {' '.join(told)}"
    drawing = svg.panel(draw, name=f"{name}-{column}", alt=alt, size=size, margins=margins)
    return Panel(drawing, alt)


def spread(frame: pd.DataFrame) -> Figure:
    """How far learning rates lie apart beside how far seeds do, in points of accuracy.

    Above: the mean of each rate minus the mean of all. Below: each run minus the mean of its rate.
    A bar is one standard deviation to either side, as claim B4 computes it.
    """
    rates = stats.levels(stats.present(frame), "base_lr")
    finals = {r: stats.final(stats.select(frame, base_lr=r), "val_accuracy") for r in rates}
    found = spread_of(finals)
    overall = float(np.mean([final.mean() for final in finals.values()]))
    by_rate = {rate: 100 * (final.mean() - overall) for rate, final in finals.items()}
    by_seed = {rate: 100 * (final - final.mean()) for rate, final in finals.items()}
    bars = [("Learning rates", 1.0, 100 * found.between), ("Seeds", 0.0, 100 * found.within)]

    def draw(axes: Axes) -> None:
        axes.set_title("Final accuracy, from its mean")
        axes.set_xlabel("Percentage points")
        axes.axvline(0, color=style.INK, linewidth=0.7, alpha=0.5)
        for _, y, deviation in bars:
            if math.isfinite(deviation):
                axes.plot([-deviation, deviation], [y - 0.22] * 2, color=style.INK, linewidth=2.5)
                axes.annotate(
                    f"± {text.number(deviation, 2)}",
                    (deviation, y - 0.22),
                    (6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=10.5,
                )
        for at, rate in enumerate(sorted(rates, key=lambda rate: by_rate[rate])):
            colour, _ = style.look("base_lr", rate)
            axes.plot([by_rate[rate]], [1], "o", color=colour, markersize=8)
            axes.plot(by_seed[rate], [0.0] * len(by_seed[rate]), "o", color=colour, markersize=4.5)
            axes.annotate(
                f"LR {text.lr(rate)}",
                (by_rate[rate], 1),
                (0, 11 + 13 * (at % 2)),
                textcoords="offset points",
                ha="center",
                fontsize=10.5,
            )
        ticks.set_y(axes, [y for _, y, _ in bars], [label for label, _, _ in bars])
        axes.set_ylim(-0.5, 1.6)

    told = "; ".join(f"LR {text.lr(r)}: {text.number(d, 2)}" for r, d in by_rate.items())
    alt = (
        f"Validation accuracy after the last epoch, percentage points from the mean of all "
        f"learning rates. {told}. One standard deviation is "
        f"{text.number(100 * found.between, 2)} points between learning rates and "
        f"{text.number(100 * found.within, 2)} between seeds."
    )
    drawing = svg.panel(draw, name="spread", alt=alt, size=(360, 190), margins=(100, 38, 42, 34))
    rows = tuple(
        (text.lr(rate), text.number(by_rate[rate], 2), ", ".join(text.number(v, 2) for v in runs))
        for rate, runs in by_seed.items()
    )
    header = ("Learning rate", "From the mean of all (points)", "Each seed from its rate's mean")
    return Figure("spread", (Panel(drawing, alt),), header, rows, receipt(frame))
