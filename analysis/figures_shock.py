"""Figures of the steps around a change of learning rate: their lengths, over the closed forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import framing, shock, stats, style, svg, text, ticks
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.traces import Trace, draw_trace, figure_of, forms_in, trace_of

# The steps that are shown, of those recorded: what a change does to their length is over by then.
FIRST, LAST = -25, 75


@dataclass(frozen=True)
class _Case:
    """What one panel shows: a form around a change by the factor γ, over its formulas."""

    title: str
    gamma: float
    momentum: float
    measured: Trace
    formulas: Sequence[Trace]


def step_lengths(
    window: pd.DataFrame,
    runs: pd.DataFrame,
    event: str = shock.DROP,
    name: str = "steps",
) -> Figure:
    """Step length ‖Δθ‖ over its mean before the change, over the closed forms, a panel a form.

    Parameters
    ----------
    window : ``shock.windows`` of the study
    runs : the study's table, for the receipt
    event : a key of ``shock.EVENTS``
    """
    shown = stats.select(window, momentum=shock.MOMENTUM, event=event, optimizer="sgd")
    parts = [
        (text.capital(name_of("formulation", form)), form, shown[shown["formulation"] == form])
        for form in forms_in(shown)
    ]
    return _lengths(name, parts, shown, runs)


def adam_lengths(window: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Return the same for Adam, a panel an abrupt event."""
    events = (shock.DROP, shock.HALF, shock.RAISE)
    shown = stats.select(window, optimizer="adam", event=events)
    parts = [
        (f"Adam, LR {event}", "lr-outside", shown[shown["event"] == event]) for event in events
    ]
    return _lengths("adam", [part for part in parts if len(part[2])], shown, runs)


def _lengths(
    name: str,
    parts: Sequence[tuple[str, str, pd.DataFrame]],
    shown: pd.DataFrame,
    runs: pd.DataFrame,
) -> Figure:
    cases: list[_Case] = []
    traces: dict[str, Trace] = {}
    for title, form, recorded in parts:
        part = recorded[recorded["k"].between(FIRST, LAST)]
        gamma, momentum = float(part["gamma"].iloc[0]), float(part["momentum"].iloc[0])
        adam = bool((part["optimizer"] == "adam").any())
        look = style.look("optimizer", "adam", 3) if adam else style.look("formulation", form)
        trace = trace_of(part, "relative_update", title, (look[0], "-"))
        steady, noise = (
            Trace(label, trace.k, closed(form, momentum, gamma, trace.k)[:, None], style.INK, dash)
            for label, closed, dash in (
                ("steady", shock.step_length, (0, (5, 2))),
                ("noise", shock.step_length_noise, (0, (1.2, 1.6))),
            )
        )
        same = bool(np.allclose(steady.mean, noise.mean))
        formulas = [steady.renamed("formula")] if same else [steady, noise]
        cases.append(_Case(title, gamma, momentum, trace, formulas))
        traces |= {f"{title}, {t.label}": t for t in (trace.renamed("measured"), *formulas)}
    every = np.concatenate([np.ones(1), *(trace.mean for trace in traces.values())])
    every = every[np.isfinite(every) & (every > 0)]
    span = float(every.min()), float(every.max())
    panels = [_length_panel(case, span, f"{name}-{at}") for at, case in enumerate(cases)]
    return figure_of(name, panels, traces, shown, runs)


def _length_panel(case: _Case, span: tuple[float, float], name: str) -> Panel:
    """Draw one panel; its vertical axis spans what all panels of the figure show."""
    title, gamma, momentum = case.title, case.gamma, case.momentum
    trace, formulas = case.measured, case.formulas

    def draw(axes: Axes) -> None:
        axes.set_title(title)
        axes.set_xlabel("Steps after the change of LR")
        axes.set_ylabel("Step length, before = 1")
        framing.loss_axis(axes, *span)
        axes.set_xlim(trace.k[0], trace.k[-1])
        draw_trace(axes, trace)
        for formula in formulas:
            axes.plot(
                *(formula.k, formula.mean),
                color=style.INK,
                linewidth=1.2,
                linestyle=formula.dash,
                drawstyle="steps-mid",
            )
        ticks.grid(axes)
        lines = (trace.renamed("measured"), *formulas)
        framing.label_ends(
            axes,
            [framing.End(float(t.k[-1]), t.at(LAST), t.label, t.colour) for t in lines],
        )

    told = "; ".join(
        f"{text.number(trace.at(k), 2)} at step {k} (formula "
        f"{' or '.join(text.number(f.at(k), 2) for f in formulas)})"
        for k in (1, 10, 50)
    )
    alt = (
        f"Step length around a change of learning rate by the factor {text.lr(round(gamma, 6))}, "
        f"{title}, momentum {text.lr(momentum)}, over its mean before the change: {told}."
    )
    return Panel(svg.panel(draw, name=name, alt=alt, margins=(60, 72, 42, 34)), alt)
