"""One look for every figure: colours and dashes that stay with a setting, sizes, fonts.

Colours have at least 3:1 contrast on white and on a dark page alike, so that one SVG serves both.
The five decades of the learning rate are far apart for readers with red-green colour blindness too;
the rates between them are dashed as well. Text and axes take the page's own text colour.
"""

from __future__ import annotations

from typing import Any

from analysis import text

# A colour that no figure uses: svg.py turns it into the page's text colour.
INK = "#010203"

_SOLID, _DASHED, _DOTTED = "-", (0, (5, 2)), (0, (1.5, 1.5))

LEARNING_RATES: dict[str, tuple[str, object]] = {
    "1": ("#d01875", _DASHED),
    "0.3": ("#a87b00", _DASHED),
    "0.1": ("#ea6408", _SOLID),
    "0.03": ("#c65a6e", _DASHED),
    "0.01": ("#3d63c6", _SOLID),
    "0.003": ("#6f93d2", _DASHED),
    "0.001": ("#3f99a6", _SOLID),
    "0.0001": ("#8a3ffc", _SOLID),
    "0.00001": ("#8a6248", _SOLID),
}
# One colour a family: constant, stairs, smooth decay, cosine, trapezium, cycles, reactive. Cosine's
# is no colour of the LRs that it is shown beside.
SCHEDULES: dict[str, tuple[str, object]] = {
    "constant": ("#8a6248", _SOLID),
    "StepLR": ("#3d63c6", _SOLID),
    "StepLR-misplaced": ("#c65a6e", _DASHED),
    "MultiStepLR": ("#3d63c6", _DASHED),
    "ExponentialLR": ("#3f99a6", _SOLID),
    "LinearLR": ("#3f99a6", _DASHED),
    "PolynomialLR": ("#3f99a6", _DOTTED),
    "CosineAnnealingLR": ("#d01875", _SOLID),
    "warmup-cosine": ("#d01875", _DASHED),
    "warmup-stable-decay": ("#a87b00", _SOLID),
    "CosineAnnealingWarmRestarts": ("#8a3ffc", _SOLID),
    "CyclicLR": ("#8a3ffc", _DASHED),
    "OneCycleLR": ("#8a3ffc", _DOTTED),
    "ReduceLROnPlateau": ("#ea6408", _SOLID),
}
FORMULATIONS: dict[str, tuple[str, object]] = {
    "lr-outside": ("#3d63c6", _SOLID),
    "lr-inside": ("#ea6408", _SOLID),
    "corrected": ("#3f99a6", _DASHED),
    "wrongly-corrected": ("#d01875", _DASHED),
    "nesterov": ("#8a6248", _SOLID),
}
# StepLR's drop factors and step sizes; constant and default keep their schedules' colours.
GAMMAS: dict[str, tuple[str, object]] = {
    "1": SCHEDULES["constant"],
    "0.9": ("#a87b00", _DASHED),
    "0.8": ("#d01875", _DASHED),
    "0.5": ("#ea6408", _SOLID),
    "0.2": ("#3f99a6", _SOLID),
    "0.1": SCHEDULES["StepLR"],
    "0.01": ("#8a3ffc", _SOLID),
}
STEP_SIZES: dict[str, tuple[str, object]] = {
    "inf": SCHEDULES["constant"],
    "15": ("#ea6408", _SOLID),
    "10": SCHEDULES["StepLR"],
    "5": ("#3f99a6", _SOLID),
    "3": ("#8a3ffc", _SOLID),
}
# For settings without a colour of their own (momentum, γ, …), in the order of the settings.
SPARE = ("#3d63c6", "#ea6408", "#3f99a6", "#8a3ffc", "#8a6248", "#d01875")

RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "learning-rates-measured",
    "font.family": "DejaVu Sans",
    "font.size": 11.5,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    # A title that has a place need not be measured against the ticks.
    "axes.titley": 1.0,
    "axes.labelsize": 11.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "xtick.major.pad": 3.5,
    "ytick.major.pad": 3.5,
    "ytick.minor.size": 0,
    "axes.grid": False,
    "figure.facecolor": "none",
    "savefig.transparent": True,
    "path.simplify": True,
    "axes.unicode_minus": True,
}


def look(by: str, value: object, position: int = 0) -> tuple[str, object]:
    """Colour and dash of a setting, the same on every page.

    Parameters
    ----------
    by : the column that tells the lines apart ("base_lr", "schedule", "formulation", …)
    value : the setting
    position : its place among the figure's settings, for columns without fixed colours
    """
    numbers = {"base_lr": LEARNING_RATES, "gamma": GAMMAS, "step_size": STEP_SIZES}
    if by in numbers:
        known = numbers[by].get(text.lr(float(str(value))))
    else:
        known = {"schedule": SCHEDULES, "formulation": FORMULATIONS}.get(by, {}).get(str(value))
    return known or (SPARE[position % len(SPARE)], _SOLID if position < len(SPARE) else _DOTTED)
