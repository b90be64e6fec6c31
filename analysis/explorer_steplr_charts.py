"""The three charts of the StepLR explorer, by epoch: learning rate, losses, validation accuracy.

They read the rows of explorer_steplr.py and what it computes from them: ``mine`` and ``theirs``,
the decimal logarithms of the two LRs, and ``off``, their mean distance.
"""

from __future__ import annotations

import math

from analysis import framing, style
from analysis.explorer import INK, Spec, calculate, rounded, spoken

# Below this LR the weights stand still within an epoch: lower ones count and are drawn as this.
STANDSTILL = 1e-6
# Runs whose LR is off by more than this factor, in an average epoch, say nothing about a choice.
NEAR = 1.5

_COLOUR: Spec = {
    "field": "rate",
    "type": "nominal",
    "legend": None,
    "scale": {
        "domain": list(style.LEARNING_RATES),
        "range": [colour for colour, _ in style.LEARNING_RATES.values()],
    },
}


def _view(title: str, subtitle: str, layer: list[Spec], epochs: int, y: Spec) -> Spec:
    ticks = [1, *range(10, epochs + 1, 10)]
    x = {
        "field": "e",
        "type": "quantitative",
        "title": "Epoch",
        "scale": {"domain": [1, epochs], "nice": False},
        "axis": {"values": ticks, "format": "d"},
    }
    return {
        "title": {"text": title, "subtitle": subtitle},
        "width": 240,
        "height": 190,
        "encoding": {"x": x, "y": {"type": "quantitative", "title": None, **y}},
        "layer": layer,
    }


# What is measured is drawn only beside a choice that it is near to.
_IF_NEAR: Spec = {"filter": f"datum.off <= {math.log10(NEAR):.4f}"}


def _line(y: str, width: float, **mark: object) -> Spec:
    """Return a line of the nearest run's; of the choice where its colour is given."""
    return {
        "transform": [*([] if "color" in mark else [_IF_NEAR]), *calculate(y=y)],
        "mark": {"type": "line", "strokeWidth": width, "clip": True, **mark},
        "encoding": {"y": {"field": "y"}} | ({} if "color" in mark else {"color": _COLOUR}),
    }


def rates(epochs: int) -> Spec:
    """Return the chart of the chosen LR over the nearest measured run's."""
    words = (
        "datum.off < 1e-6 ? 'This setting was trained: ' + datum.name + ', ' + datum.run + '.' : "
        f"({_IF_NEAR['filter']} ? 'This setting was not trained. The nearest that was: ' "
        "+ datum.name + ', ' + datum.run + '. In an average epoch its LR is' : "
        "'Nothing near this setting was trained, so only its LR is drawn. That of the nearest, ' "
        "+ datum.name + ', is in an average epoch') "
        "+ ' off by a factor of ' + format(pow(10, datum.off), '.2~r') + '.'"
    )
    layer = [
        _line("pow(10, datum.theirs)", 5, interpolate="step", opacity=0.6),
        _line("pow(10, datum.mine)", 1.6, interpolate="step", color=INK),
        spoken(words, "datum.e == 1"),
    ]
    values = [10.0**power for power in range(-1, round(math.log10(STANDSTILL)), -2)]
    return _view(
        "Learning rate",
        "thin: yours, thick: the measured run's",
        layer,
        epochs,
        {
            "scale": {"type": "log", "domain": [STANDSTILL, 0.2], "nice": False},
            "axis": {"values": values, "format": "~r"},
        },
    )


def losses(rows: list[Spec], epochs: int) -> Spec:
    """Return the chart of that run's training and validation loss."""
    known = {
        base: [v for row in rows if row["base"] == base for v in (*row["t"], *row["v"]) if v]
        for base in sorted({row["base"] for row in rows})
    }
    lows, highs = ([pick(values, default=0.1) for values in known.values()] for pick in (min, max))
    # What a small base LR never comes down to would leave its lines little room.
    least = zip(known, lows, strict=True)
    low = "".join(f"base == {base!r} ? {value!r} : " for base, value in least) + "0.01"
    layer = [
        _band(f"max({min(lows)!r}, datum.v - datum.vh)", "datum.v + datum.vh"),
        _line("datum.t", 1.5, strokeDash=[5, 3]),
        _line("datum.v", 2),
        _end("datum.v", "format(datum.v, '.2r')", epochs),
    ]
    scale = {"type": "log", "domain": [{"expr": low}, max(highs)], "nice": False}
    values = [digit * 10.0**power for power in range(-5, 2) for digit in (1, 2, 5)]
    axis = {"values": rounded(values, 1), "format": "~r"}
    subtitle = "solid: validation, dashed: training"
    return _view("Loss", subtitle, layer, epochs, {"scale": scale, "axis": axis})


def accuracy(rows: list[Spec], epochs: int) -> Spec:
    """Return the chart of that run's validation accuracy, on the stretched axis."""
    known = [value for row in rows for value in row["a"] if value is not None]
    low, high = (
        float(framing.accuracy_position(bound))
        for bound in (min(known, default=0.5), max(known, default=0.99))
    )
    ticks = [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995]
    layer = [
        _band(_position("datum.a - datum.ah"), _position("datum.a + datum.ah")),
        _line(_position("datum.a"), 2),
        _end(_position("datum.a"), "format(100 * datum.a, '.2f') + '\\u00a0%'", epochs),
    ]
    scale = {"domain": [low, high + 0.05], "nice": False, "zero": False}
    axis = {
        "values": [round(float(framing.accuracy_position(tick)), 4) for tick in ticks],
        "labelExpr": "format(100 - 100 * pow(10, -datum.value), '.3~r') + '\u00a0%'",
    }
    title = "Validation accuracy"
    return _view(title, "stretched towards the top", layer, epochs, {"scale": scale, "axis": axis})


def _position(accuracy: str) -> str:
    """Return the expression of ``framing.accuracy_position``."""
    return f"-log(max(5e-5, 1 - ({accuracy}))) / LN10"


def _band(low: str, high: str) -> Spec:
    return {
        "transform": [_IF_NEAR, *calculate(low=low, high=high)],
        "mark": {"type": "area", "opacity": 0.22, "clip": True},
        "encoding": {"y": {"field": "low"}, "y2": {"field": "high"}, "color": _COLOUR},
    }


def _end(y: str, words: str, epochs: int) -> Spec:
    """Return a layer that writes the value after the last epoch beside the line's end."""
    return {
        "transform": [_IF_NEAR, {"filter": f"datum.e == {epochs}"}, *calculate(y=y, end=words)],
        "mark": {"type": "text", "align": "left", "dx": 5},
        "encoding": {"y": {"field": "y"}, "text": {"field": "end"}},
    }
