"""Figures of the directions and the losses around a change of learning rate."""

from __future__ import annotations

import math

import pandas as pd

from analysis import shock, stats, style, text
from analysis.labels import name_of
from analysis.page import Figure, Panel
from analysis.shock import MOMENTUM
from analysis.traces import Trace, figure_of, forms_in, line_panel, span_of, trace_of

# Steps averaged to one point where single steps are too noisy to compare.
BLOCK = 5
# The forms that are drawn: the corrected one is LR outside in other letters.
FORMS = ("lr-outside", "lr-inside", "wrongly-corrected")
# The loss of the wrong one is LR outside's but for the raise, after which it leaves the picture.
LOSSES = FORMS[:2]
SHORT = {"wrongly-corrected": "wrong", "lr-outside": "outside", "lr-inside": "inside"}


def directions(window: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Cosines around the drop: gradient and buffer, and successive updates, a line a form.

    Dotted: what independent gradients would give, sqrt(1 − μ²) and μ. A steady gradient gives 1.
    """
    drop = stats.select(window, event=shock.DROP)
    shown = stats.select(drop, momentum=MOMENTUM, optimizer="sgd", formulation=FORMS)
    kinds = (
        ("cos_grad_buffer", "Gradient and buffer", math.sqrt(1 - MOMENTUM**2)),
        ("cos_updates", "Update and the one before", MOMENTUM),
    )
    panels: list[Panel] = []
    traces: dict[str, Trace] = {}
    for column, title, noise in kinds:
        lines = []
        for form in forms_in(shown):
            part, look = shown[shown["formulation"] == form], style.look("formulation", form)
            lines.append(trace_of(part, column, SHORT[form], look, BLOCK))
            traces[f"{title}, {name_of('formulation', form)}"] = lines[-1]
        told = "; ".join(
            f"{t.label}: {text.number(t.between(-50, 0), 2)} before, "
            f"{text.number(t.between(1, 10), 2)} over the first ten steps after"
            for t in lines
        )
        alt = (
            f"Cosine between {title.lower()} around the change of learning rate, momentum "
            f"{text.lr(MOMENTUM)}. Independent gradients give {text.number(noise, 2)}. {told}."
        )
        marks = [(noise, "pure noise")]
        name = f"directions-{column}"
        heading = f"Cosine: {title.lower()}"
        panels.append(line_panel(heading, lines, name, alt, marks, bands=False))
    return figure_of("directions", panels, traces, shown, runs)


def loss_around(window: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Loss around the drop, minus its mean before it, a panel a momentum, a line a form."""
    shown = stats.select(window, event=shock.DROP, optimizer="sgd", formulation=LOSSES)
    parts = {
        name_of("momentum", momentum): stats.select(shown, momentum=momentum)
        for momentum in stats.levels(shown, "momentum", descending=False)
    }
    return _loss_figure("around", parts, shown, runs)


def loss_by_event(window: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Loss around each event, minus its mean before it, a panel an event, a line a form.

    The raise has a scale of its own, and the wrong correction besides.
    """
    some = stats.select(window, momentum=MOMENTUM, optimizer="sgd", formulation=FORMS)
    shown = some[(some["event"] == shock.RAISE) | some["formulation"].isin(LOSSES)]
    order = sorted(shock.EVENTS, key=lambda event: event == shock.RAISE)
    parts = {shock.EVENTS[event]: stats.select(shown, event=event) for event in order}
    return _loss_figure("events", {t: p for t, p in parts.items() if len(p)}, shown, runs)


def _loss_figure(
    name: str, parts: dict[str, pd.DataFrame], shown: pd.DataFrame, runs: pd.DataFrame
) -> Figure:
    """Draw a panel a part, with one scale for all but the raise.

    The wrong correction sets no scale: whatever of it goes beyond ends at the frame.
    """
    panels: list[Panel] = []
    traces: dict[str, Trace] = {}
    by_part: dict[str, list[Trace]] = {}
    for title, part in parts.items():
        known = part[part["val_loss"].notna()]
        before = known["val_loss"].where(known["k"] <= 0)
        usual = before.groupby(known["run_id"], observed=True).transform("mean")
        known = known.assign(change=known["val_loss"] - usual)
        for form in forms_in(known):  # None, where every run had diverged before the window.
            look = style.look("formulation", form)
            line = trace_of(known[known["formulation"] == form], "change", SHORT[form], look)
            by_part.setdefault(title, []).append(line)
            traces[f"{title}, {name_of('formulation', form)}"] = line
    apart = shock.EVENTS[shock.RAISE]
    alike = [line for title, lines in by_part.items() if title != apart for line in lines]
    for at, (title, lines) in enumerate(by_part.items()):
        span = span_of(lines[: len(LOSSES)] if title == apart else alike)
        told = "; ".join(f"{t.label}: {text.significant(t.between(1, 50), 2)}" for t in lines)
        alt = (
            f"Validation loss around the change of learning rate, {title}, minus its mean before "
            f"the change. Mean over the first 50 steps after it: {told}."
        )
        heading = f"Change of loss, {title}"
        panels.append(line_panel(heading, lines, f"{name}-{at}", alt, span=span))
    return figure_of(name, panels, traces, shown, runs)


SCHEDULES = {
    shock.DROP: ("abrupt", "StepLR"),
    shock.EXPONENTIAL: ("exponential", "ExponentialLR"),
    shock.COSINE: ("cosine", "CosineAnnealingLR"),
}


def smooth_controls(window: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Draw the validation loss under the abrupt drop and the smooth decays, a panel a form.

    All three end at the same LR.
    """
    ends = stats.select(window, event=list(SCHEDULES), formulation=("lr-outside", "lr-inside"))
    shown = stats.select(ends, momentum=MOMENTUM, optimizer="sgd")
    panels: list[Panel] = []
    traces: dict[str, Trace] = {}
    by_form: dict[str, list[Trace]] = {form: [] for form in forms_in(shown)}
    for form, lines in by_form.items():
        for event, (label, schedule) in SCHEDULES.items():
            part = stats.select(shown, formulation=form, event=event)
            if len(part):
                lines.append(trace_of(part, "val_loss", label, style.look("schedule", schedule)))
                traces[f"{name_of('formulation', form)}, {label}"] = lines[-1]
    span = span_of(list(traces.values()))
    for form, lines in by_form.items():
        title = name_of("formulation", form)
        told = "; ".join(
            f"{t.label}: {text.number(t.between(-50, 0), 4)} before, "
            f"{text.number(t.between(1, 50), 4)} after"
            for t in lines
        )
        alt = (
            f"Validation loss around the last change of learning rate, {title}, momentum "
            f"{text.lr(MOMENTUM)}, mean of 50 steps. {told}."
        )
        heading = f"Validation loss, {title}"
        panels.append(line_panel(heading, lines, f"smooth-{form}", alt, span=span))
    return figure_of("smooth", panels, traces, shown, runs)
