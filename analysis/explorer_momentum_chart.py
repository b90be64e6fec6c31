"""The chart of the momentum explorer: step lengths by step, and what its controls choose.

It reads the rows of explorer_momentum.py.
"""

from __future__ import annotations

from typing import Any

from analysis import style
from analysis.explorer import INK, Spec, calculate, choice, nearest, slider, specification, spoken

# What the explorer shows before anything is chosen.
START: dict[str, Any] = {"form": "lr-inside", "change": "drop", "factor": 10, "mu": 0.9}
FORMS = {
    "lr-outside": "LR outside, as in PyTorch",
    "lr-inside": "LR inside, as in Keras",
    "corrected": "LR inside, corrected",
    "wrongly-corrected": "LR outside, wrongly corrected",
}
CHANGES = {"drop": "divided by", "raise": "multiplied by"}
MOST = 12
FROM, TO = -20, 100
# Every step near the change, fewer farther from it: the curve is flat there, and a page is light.
STEPS = [*range(FROM, 0, 2), *range(21), *range(25, TO + 1, 5)]
# Without momentum the forms are one update: what is trained in one way counts for all.
ALL = "all"

# Another form, or a raise for a drop, is no neighbour at all.
_FAR = 1000
_DISTANCE = (
    f"(datum.shown == form && datum.change == change ? 0 : {_FAR})"
    " + abs(log((1 - mu) / (1 - datum.mu))) + abs(log(gamma / datum.gamma))"
)
_WORDS = (
    "'Formula: the first step is ' + format({one}, '.2~f') + ' old steps long, the tenth ' + "
    "format({ten}, '.2~f') + '. ' + (datum.least >= {far} ? 'No run with this form and direction "
    "is trained yet.' : (datum.least < 1e-6 ? 'Measured' : 'This setting was not trained. Measured "
    "at the nearest that was') + ' (' + datum.run + '): ' + format(datum.one, '.2~f') + ' and ' + "
    "format(datum.ten, '.2~f') + '.')"
)


def _closed(k: str) -> str:
    """Return the expression of ``shock.step_length`` at step ``k``."""
    return (
        f"({k} < 1 ? 1 : form == 'lr-inside' ? gamma + (1 - gamma) * pow(mu, {k})"
        f" : form == 'wrongly-corrected' ? gamma * (1 - (1 - gamma) * pow(mu, {k})) : gamma)"
    )


def specify(rows: list[Spec]) -> Spec:
    """Return the explorer's specification over the rows that it may show."""
    params = [
        choice("form", "Form of momentum", FORMS, START["form"]),
        choice("change", "The LR is", CHANGES, START["change"]),
        slider("factor", "this factor", 1.5, MOST, 0.5, START["factor"]),
        slider("mu", "Momentum μ", 0, 0.99, 0.01, START["mu"]),
        {"name": "gamma", "expr": "change == 'drop' ? 1 / factor : factor"},
    ]
    words = _WORDS.format(one=_closed("1"), ten=_closed("10"), far=_FAR)
    layer = [
        _measured({"type": "area", "opacity": 0.22}, {"field": "low"}, {"field": "high"}),
        _measured({"type": "line", "strokeWidth": 2}, {"field": "m"}),
        {
            "data": {"sequence": {"start": FROM, "stop": TO + 1, "as": "k"}},
            "transform": calculate(y=_closed("datum.k")),
            "mark": {
                "type": "line",
                "color": INK,
                "strokeDash": [5, 3],
                "strokeWidth": 1.5,
                "clip": True,
            },
            "encoding": {"y": {"field": "y"}},
        },
        spoken(words, "datum.k == 1"),
    ]
    description = (
        "Step length over its mean before a change of the learning rate, by step: the closed form "
        "for the chosen setting, dashed, over the nearest measured one, with the seeds' range."
    )
    return specification(
        description,
        params,
        rows,
        title={
            "text": "Step length over that before the change",
            "subtitle": ["dashed: the formula", "colour: measured, with the range over the seeds"],
        },
        transform=[
            # Not into `form` itself: what is written over a row's field stays for the next choice.
            *calculate(shown=f"datum.form == '{ALL}' ? form : datum.form", distance=_DISTANCE),
            *nearest("distance"),
            *calculate(k=str(STEPS)),
            {"flatten": ["k", "m", "low", "high"]},
        ],
        width=560,
        height=270,
        encoding={"x": _X, "y": _Y},
        layer=layer,
    )


_X: Spec = {
    "field": "k",
    "type": "quantitative",
    "title": "Steps after the change of LR",
    "scale": {"domain": [FROM, TO], "nice": False},
    "axis": {"tickCount": 6},
}
_Y: Spec = {
    "type": "quantitative",
    "title": None,
    "scale": {
        "type": "log",
        "nice": False,
        # Room for whatever the controls can ask for, one for all forms, so that they compare. The
        # wrong correction applies the factor twice.
        "domain": [
            {"expr": f"change == 'raise' ? 0.5 : {0.9 / MOST**2:.2g}"},
            {"expr": f"change == 'drop' ? 2 : {1.5 * MOST**2:g}"},
        ],
    },
    "axis": {
        "values": [digit * 10**power for power in range(-3, 3) for digit in (1, 2, 5)],
        "format": "~r",
    },
}


def _measured(mark: Spec, y: Spec, y2: Spec | None = None) -> Spec:
    colour = {
        "field": "shown",
        "type": "nominal",
        "legend": None,
        "scale": {
            "domain": list(FORMS),
            "range": [style.FORMULATIONS[form][0] for form in FORMS],
        },
    }
    return {
        "transform": [{"filter": f"datum.least < {_FAR}"}],
        "mark": {"clip": True, **mark},
        "encoding": {"y": y, "color": colour} | ({"y2": y2} if y2 else {}),
    }
