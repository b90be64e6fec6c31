"""Figures of the steps around a change of learning rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import shock, stats, style, svg, text
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.receipts import receipt


@dataclass(frozen=True)
class _Trace:
    """A quantity by k for one setting: the seeds' mean, lowest and highest."""

    label: str
    k: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    colour: str


def _trace(window: pd.DataFrame, column: str, label: str, colour: str) -> _Trace:
    known = window[window[column].notna()]
    by_k = known.groupby("k")[column]
    mean = by_k.mean()
    k = mean.index.to_numpy(dtype=float)
    return _Trace(label, k, mean.to_numpy(), by_k.min().to_numpy(), by_k.max().to_numpy(), colour)


def _draw(axes: Axes, trace: _Trace, dash: object = "-") -> None:
    axes.fill_between(trace.k, trace.low, trace.high, color=trace.colour, alpha=0.22, linewidth=0)
    axes.plot(trace.k, trace.mean, color=trace.colour, linewidth=1.4, linestyle=dash)


def step_lengths(
    window: pd.DataFrame,
    runs: pd.DataFrame,
    momentum: float = 0.9,
    name: str = "steps",
    root: str = "../..",
) -> Figure:
    """Step length ‖Δθ‖ over its mean before the change, over the closed form, a panel a form.

    Parameters
    ----------
    window : ``shock.windows`` of the study
    runs : the study's table, for the receipt
    momentum : the momentum shown
    """
    shown = stats.select(window, momentum=momentum)
    forms = [form for form in shock.FORMULATIONS if (shown["formulation"] == form).any()]
    panels, columns = [], {}
    for form in forms:
        part = shown[shown["formulation"] == form]
        gamma = float(part["gamma"].iloc[0])
        colour, _ = style.look("formulation", form)
        trace = _trace(part, "relative_update", name_of("formulation", form), colour)
        closed = shock.step_length(form, momentum, gamma, trace.k)
        panels.append(_step_panel(trace, closed, gamma, momentum, f"{name}-{form}"))
        columns[f"{trace.label}, measured"] = pd.Series(trace.mean, index=trace.k)
        columns[f"{trace.label}, closed form"] = pd.Series(closed, index=trace.k)
    header, rows = _rows(pd.DataFrame(columns))
    used = stats.select(runs, momentum=momentum)
    return Figure(name, tuple(panels), header, rows, receipt(used, root))


def _step_panel(
    trace: _Trace, closed: np.ndarray, gamma: float, momentum: float, name: str
) -> Panel:
    def draw(axes: Axes) -> None:
        axes.set_title(trace.label)
        axes.set_xlabel("Steps after the change of LR")
        _draw(axes, trace)
        axes.plot(
            trace.k,
            closed,
            color=style.INK,
            linewidth=1.2,
            linestyle=(0, (4, 2)),
            drawstyle="steps-mid",
        )
        low = min(float(trace.low.min()), float(closed.min()))
        style.loss_axis(axes, low, max(float(trace.high.max()), 1.0))
        axes.set_xlim(max(-25, trace.k[0]), min(100, trace.k[-1]))
        style.grid(axes)
        ends = [style.End(float(axes.get_xlim()[1]), _at(trace, 100), "measured", trace.colour)]
        formula = style.End(
            float(axes.get_xlim()[1]), float(closed[trace.k <= 100][-1]), "formula", style.INK
        )
        style.label_ends(axes, [*ends, formula])

    at = {k: (_at(trace, k), float(closed[trace.k == k][0])) for k in (1, 10, 50) if k in trace.k}
    told = "; ".join(
        f"{text.number(measured, 2)} at step {k} (formula {text.number(formula, 2)})"
        for k, (measured, formula) in at.items()
    )
    alt = (
        f"Step length around the change of learning rate by a factor {text.lr(gamma)}, "
        f"{trace.label}, momentum {text.lr(momentum)}, over its mean before the change: {told}."
    )
    return Panel(svg.panel(draw, name=name, alt=alt, margins=(46, 72, 42, 34)), alt)


def _at(trace: _Trace, k: float) -> float:
    return float(trace.mean[trace.k <= k][-1])


def _rows(table: pd.DataFrame) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    rows = tuple(
        (text.number(k, 0), *(text.significant(value) for value in values))
        for k, values in zip(table.index, table.to_numpy(), strict=True)
    )
    return ("Step", *table.columns), rows


def loss_around(
    window: pd.DataFrame,
    runs: pd.DataFrame,
    column: str = "val_loss",
    name: str = "around",
    root: str = "../..",
) -> Figure:
    """Loss around the change, minus its mean before it, a panel a momentum, a line a form."""
    momenta = stats.levels(window, "momentum")
    columns, traces = {}, {}
    for momentum in momenta:
        shown = stats.select(window, momentum=momentum)
        shown = shown[shown[column].notna()]
        before = shown[shown["k"] <= 0].groupby("run_id")[column].mean()
        shown = shown.assign(change=shown[column] - shown["run_id"].map(before))
        forms = [form for form in shock.FORMULATIONS if (shown["formulation"] == form).any()]
        traces[momentum] = [
            _trace(
                shown[shown["formulation"] == form],
                "change",
                name_of("formulation", form),
                style.look("formulation", form)[0],
            )
            for form in forms
        ]
        for trace in traces[momentum]:
            title = f"{name_of('momentum', momentum)}, {trace.label}"
            columns[title] = pd.Series(trace.mean, index=trace.k)
    every = [trace for group in traces.values() for trace in group]
    span = (min(trace.low.min() for trace in every), max(trace.high.max() for trace in every))
    panels = tuple(
        _loss_panel(momentum, group, span, f"{name}-{at}")
        for at, (momentum, group) in enumerate(traces.items())
    )
    header, rows = _rows(pd.DataFrame(columns).sort_index())
    return Figure(name, panels, header, rows, receipt(runs, root))


def _loss_panel(
    momentum: float, traces: list[_Trace], span: tuple[float, float], name: str
) -> Panel:
    def draw(axes: Axes) -> None:
        axes.set_title(f"Change of validation loss, {name_of('momentum', momentum)}")
        axes.set_xlabel("Steps after the change of LR")
        for at, trace in enumerate(traces):
            # Where two forms agree, their lines coincide: dashes leave the lower one in sight.
            _draw(axes, trace, (0, (4, 3)) if at else "-")
        axes.axvline(0.5, color=style.INK, linewidth=0.8, linestyle=(0, (2, 2)))
        room = 0.06 * (span[1] - span[0])
        axes.set_ylim(span[0] - room, span[1] + room)
        axes.set_xlim(traces[0].k[0], traces[0].k[-1])
        style.grid(axes)
        style.label_ends(
            axes, [style.End(t.k[-1], float(t.mean[-1]), t.label, t.colour) for t in traces]
        )

    told = "; ".join(
        f"{trace.label}: {text.significant(float(trace.mean[trace.k >= 1].mean()), 2)}"
        for trace in traces
    )
    alt = (
        f"Validation loss around the change of learning rate, momentum {text.lr(momentum)}, minus "
        f"its mean before the change. Mean after it: {told}."
    )
    return Panel(svg.panel(draw, name=name, alt=alt, margins=(58, 76, 42, 34)), alt)
