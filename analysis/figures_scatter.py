"""A figure of the scatter between seeds, a dot a setting, over the luck of a finite test set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import arguments, framing, scatter, stats, style, svg, text, ticks
from analysis.labels import name_of
from analysis.page import Figure, Panel, nothing
from analysis.receipts import receipt

_ERRORS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9)
_KINDS = (
    ("scheduled LR", False, style.SCHEDULES["StepLR"][0]),
    ("constant LR", True, style.SCHEDULES["constant"][0]),
)


def seeds_apart(settings: pd.DataFrame, studies: Sequence[pd.DataFrame]) -> Figure:
    """Return the standard deviation between seeds against the share of images that are wrong.

    Parameters
    ----------
    settings : from ``scatter.by_setting``
    studies : the tables that it took, for the receipt
    """
    if settings.empty:
        words = f"No setting has {scatter.SEEDS} seeds yet."
        return nothing("apart", words, receipt(pd.concat(studies)))
    error, points = 1 - settings["accuracy"], 100 * settings["deviation"]
    low, high = float(error.min()) / 1.15, min(float(error.max()) * 1.1, 0.95)

    def draw(axes: Axes) -> None:
        axes.set_title("Standard deviation of seeds, points")
        axes.set_xlabel("Test images that are wrong")
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        framing.loss_axis(axes, float(points.min()), float(points.max()))
        places = [tick for tick in _ERRORS if low <= tick <= high]
        ticks.set_x(axes, places, [text.percent(tick, 0) for tick in places])
        ticks.grid(axes)
        wrong = np.geomspace(low, high, 200)
        chance = [100 * stats.binomial_se(float(1 - share)) for share in wrong]
        axes.plot(wrong, chance, color=style.INK, linewidth=1.3, linestyle=(0, (5, 2)))
        axes.annotate(
            "the luck of 10,000 images",
            (float(wrong[-1]), chance[-1]),
            (-2, -24),
            textcoords="offset points",
            ha="right",
        )
        for at, (label, constant, colour) in enumerate(_KINDS):
            shown = settings["constant"] == constant
            axes.plot(error[shown], points[shown], "o", color=colour, markersize=4, alpha=0.7)
            height = 0.95 - 0.075 * at
            axes.plot(
                *([0.03], [height], "o"), color=colour, markersize=5, transform=axes.transAxes
            )
            axes.text(0.055, height, label, va="center", transform=axes.transAxes)

    told = "; ".join(
        f"{label}: {scatter.in_words(settings, constant)}" for label, constant, _ in _KINDS
    )
    alt = (
        f"Standard deviation of the final accuracy between seeds against the share of test images "
        f"that are wrong, a dot for each of {text.count(len(settings), 'setting')}, over the "
        f"standard error of 10,000 images. The middle one of those at "
        f"{text.percent(scatter.WELL, 0)} or more, {told}."
    )
    drawing = svg.panel(draw, name="apart", alt=alt, size=(360, 280), margins=(44, 14, 42, 34))
    header = (
        *("Study", "Setting", "Mean accuracy", "Between seeds (points)"),
        *("Luck of the images (points)", "Ratio", "Seeds"),
    )
    rows = tuple(_row(row) for _, row in settings.sort_values("ratio").iterrows())
    return Figure("apart", (Panel(drawing, alt),), header, rows, receipt(_used(studies, settings)))


def _row(setting: pd.Series) -> tuple[str, ...]:
    return (
        setting["study"],
        _called(setting),
        text.percent(setting["accuracy"]),
        text.number(100 * setting["deviation"], 3),
        text.number(100 * setting["chance"], 3),
        text.number(setting["ratio"], 2),
        str(setting["seeds"]),
    )


def _called(setting: pd.Series) -> str:
    form = setting["formulation"]
    parts = (
        "Adam" if setting["optimizer"] == "adam" else name_of("momentum", setting["momentum"]),
        "" if form == "lr-outside" else name_of("formulation", form),
        f"LR {text.lr(setting['base_lr'])}",
        name_of("schedule", setting["schedule"]),
        *arguments.in_words(arguments.parse(setting["schedule_args"])),
    )
    return ", ".join(part for part in parts if part)


def _used(studies: Sequence[pd.DataFrame], settings: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([runs[runs["study"].isin(settings["study"].unique())] for runs in studies])
