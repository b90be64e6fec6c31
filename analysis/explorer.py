"""An explorer: a still figure that becomes a chart with controls where the page may run scripts.

The chart is a Vega-Lite specification; ``site/static/explorer.js`` draws it over the still figure
when the reader comes near. It needs no server and no evaluation of texts as code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from analysis.page import Figure
from analysis.receipts import fence

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
# Text, axes and lines of no setting take the page's own colour and follow its mode.
INK = "currentColor"
# The view whose rows hold in ``words`` what the page says about the choice.
WORDS = "words"

_CONFIG: Spec = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "domainColor": INK,
        "tickColor": INK,
        "labelColor": INK,
        "titleColor": INK,
        "gridColor": INK,
        "gridOpacity": 0.14,
        "labelFontSize": 12,
        "titleFontSize": 12.5,
        "titleFontWeight": "normal",
        "titlePadding": 7,
    },
    "axisX": {"grid": False, "titleAnchor": "end"},
    "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
    "title": {
        "anchor": "start",
        "frame": "group",
        "color": INK,
        "subtitleColor": INK,
        "fontSize": 13.5,
        "subtitleFontSize": 12,
        "offset": 10,
    },
    "text": {"color": INK, "fontSize": 12},
}


@dataclass(frozen=True)
class Explorer:
    """A still figure and the specification of the chart that takes its place.

    Attributes
    ----------
    figure : what is shown until the chart is drawn, and where there are no scripts
    title : what the group of controls and chart is called
    spec : a Vega-Lite specification as ``specification`` completes it
    """

    figure: Figure
    title: str
    spec: Mapping[str, Any]

    def html(self) -> str:
        """Return the place of the chart, its specification, and the still figure after it."""
        return (
            f'<div class="explorer" data-vega-lite="{escape(self.figure.name)}" role="group" '
            f'aria-label="{escape(self.title)}">\n'
            '<noscript><p class="explorer-note">Without scripts this is a still picture of one '
            "setting; with them, it has controls.</p></noscript>\n"
            f'<script type="application/json">{script_json(self.spec)}</script>\n</div>\n'
            f"{self.figure.html()}"
        )

    def _repr_markdown_(self) -> str:
        return fence(self.html())


def script_json(value: object) -> str:
    """Return JSON that ends neither a script element nor a block of Markdown, whatever it holds.

    Raises
    ------
    ValueError
        For numbers that JSON has no words for: use ``rounded``.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&`\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def rounded(values: Iterable[float], digits: int = 3) -> list[float | None]:
    """Return numbers with so many significant digits, and None where one is not finite."""
    return [float(f"{v:.{digits}g}") if math.isfinite(v) else None for v in map(float, values)]


def specification(
    description: str, params: Sequence[Spec], data: Sequence[Spec], **chart: Any
) -> Spec:
    """Return a whole specification: what is drawn, with its data, controls and look.

    Parameters
    ----------
    description : what the chart shows, for those who do not see it
    params : controls (``choice``, ``slider``) and values that follow from them
    data : its rows
    chart : layers or views, and transformations that they share
    """
    return {
        "$schema": SCHEMA,
        "description": description,
        "padding": {"left": 2, "top": 2, "right": 2, "bottom": 2},
        "config": _CONFIG,
        "params": list(params),
        "data": {"values": list(data)},
        **chart,
    }


def choice(name: str, title: str, options: Mapping[Any, str], value: object) -> Spec:
    """Return a parameter that the reader chooses from a list of options with their words."""
    bind = {"input": "select", "name": title, "options": list(options)}
    return {"name": name, "value": value, "bind": {**bind, "labels": list(options.values())}}


def slider(name: str, title: str, low: float, high: float, step: float, value: float) -> Spec:
    """Return a parameter that the reader sets on a slider."""
    bind = {"input": "range", "name": title, "min": low, "max": high, "step": step}
    return {"name": name, "value": value, "bind": bind}


def calculate(**columns: str) -> list[Spec]:
    """Return transformations that add columns, in order, each from an expression."""
    return [{"calculate": expression, "as": name} for name, expression in columns.items()]


def nearest(distance: str) -> list[Spec]:
    """Return transformations that keep the rows of the one setting at the least distance.

    Rows need an ``id`` of their setting; among equals the first counts. Rows that are kept know
    the ``least`` distance.
    """
    return [
        {"joinaggregate": [{"op": "min", "field": distance, "as": "least"}]},
        *calculate(rank=f"datum.{distance} <= datum.least + 1e-9 ? datum.id : 1e9"),
        {"joinaggregate": [{"op": "min", "field": "rank", "as": "first"}]},
        {"filter": "datum.id == datum.first"},
    ]


def spoken(expression: str, only: str) -> Spec:
    """Return a layer that draws nothing and whose row holds the words under the controls.

    Parameters
    ----------
    expression : the words
    only : a condition that one row meets
    """
    return {
        "name": WORDS,
        "transform": [{"filter": only}, *calculate(words=expression)],
        "mark": {"type": "text", "opacity": 0, "aria": False, "fontSize": 0},
        "encoding": {"text": {"field": "words"}},
    }
