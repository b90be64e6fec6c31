"""The momentum explorer: the closed form of the step length over the nearest measured window."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, shock, stats, style, svg, text, ticks
from analysis.explorer import Explorer, Spec, rounded
from analysis.explorer_momentum_chart import ALL, FORMS, FROM, START, STEPS, TO, specify
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt


def explorer(window: pd.DataFrame, runs: pd.DataFrame) -> Explorer:
    """Return the explorer of the study's sudden changes under SGD, as far as they are trained.

    Parameters
    ----------
    window : ``shock.windows`` of the study
    runs : the study's table, for the receipt
    """
    sudden = {"optimizer": "sgd", "schedule": "StepLR", "formulation": list(FORMS)}
    used = stats.select(runs, **sudden)
    window = stats.select(window[window["k"].isin(STEPS)], **sudden)
    # 0.001 / 0.01 is 0.1 but for the last digit.
    window = window.assign(gamma=window["gamma"].round(6))
    rows = _rows(window)
    return Explorer(_still(rows, used), "Momentum explorer", specify(rows))


def _rows(window: pd.DataFrame) -> list[Spec]:
    """Return a row a setting: mean and range of the step length over the seeds, by step."""
    rows: list[Spec] = []
    forms = window["formulation"].astype(object).mask(window["momentum"] == 0, ALL)
    for (of_mu, of_gamma, form), part in window.groupby(["momentum", "gamma", forms]):
        mu, gamma = float(str(of_mu)), float(str(of_gamma))
        of_seeds = part.groupby("k")["relative_update"].agg(["mean", "min", "max"]).reindex(STEPS)
        mean = of_seeds["mean"]
        seeds = text.count(int(part["seed"].nunique()), "seed")
        change = f"divided by {text.lr(1 / gamma)}" if gamma < 1 else f"multiplied by {gamma:g}"
        same = ", where all forms are one" if mu == 0 else ""
        row = {
            "id": len(rows),
            "form": form,
            "mu": mu,
            "gamma": gamma,
            "change": "drop" if gamma < 1 else "raise",
            "run": f"momentum {text.lr(mu)}{same}, LR {change}, {seeds}",
            "one": rounded([mean[1]])[0],
            "ten": rounded([mean[10]])[0],
            "m": rounded(mean),
            "low": rounded(of_seeds["min"]),
            "high": rounded(of_seeds["max"]),
        }
        rows.append(row)
    return rows


def closest(rows: list[Spec], form: str, change: str, gamma: float, mu: float) -> Spec | None:
    """Return the row of the same form and direction whose momentum and factor are nearest."""

    def distance(row: Spec) -> float:
        friction = abs(math.log((1 - mu) / (1 - row["mu"])))
        return friction + abs(math.log(gamma / row["gamma"]))

    same = [row for row in rows if row["form"] in (form, ALL) and row["change"] == change]
    return min(same, key=distance, default=None)


def _still(rows: list[Spec], runs: pd.DataFrame) -> Figure:
    """Return the picture of the first choice, or of what is trained nearest to it."""
    form, mu, gamma = START["form"], START["mu"], 1 / START["factor"]
    row = closest(rows, form, START["change"], gamma, mu) or rows[0]
    mu, gamma = row["mu"], row["gamma"]
    colour, _ = style.look("formulation", form)
    k = np.array(STEPS, dtype=float)
    mean, low, high = (np.array(row[name], dtype=float) for name in ("m", "low", "high"))
    closed = shock.step_length(form, mu, gamma, k)

    def draw(axes: Axes) -> None:
        axes.set_title("Step length over that before the change")
        axes.set_xlabel("Steps after the change of LR")
        axes.fill_between(k, low, high, color=colour, alpha=0.22, linewidth=0)
        axes.plot(k, mean, color=colour, linewidth=1.6)
        axes.plot(k, closed, color=style.INK, linewidth=1.2, linestyle=(0, (4, 2)))
        bounds = float(np.nanmin([*low, *closed])), float(np.nanmax([*high, *closed]))
        framing.loss_axis(axes, *bounds)
        axes.set_xlim(FROM, TO)
        ticks.grid(axes)
        ends = ((mean[-1], "measured", colour), (float(closed[-1]), "formula", style.INK))
        framing.label_ends(axes, [framing.End(TO, at, label, tint) for at, label, tint in ends])

    by_formula = {step: text.number(float(closed[k == step][0]), 2) for step in (1, 10)}
    alt = (
        f"Step length around a change of the learning rate, {name_of('formulation', form)}, "
        f"{row['run']}, over its mean before the change: the first step after it "
        f"{text.number(row['one'], 2)}, the tenth {text.number(row['ten'], 2)}; by the formula "
        f"{by_formula[1]} and {by_formula[10]}."
    )
    drawing = svg.panel(draw, name="explore", alt=alt, size=(360, 240), margins=(46, 78, 42, 34))
    header = ("Step", "Measured, mean", "Lowest", "Highest", "Formula")
    table = tuple(
        (text.number(step, 0), *(text.significant(value) for value in values))
        for step, *values in zip(STEPS, mean, low, high, closed, strict=True)
    )
    return Figure("explore", (Panel(drawing, alt),), header, table, receipt(runs))
