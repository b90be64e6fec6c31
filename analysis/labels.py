"""How metrics and settings are called on the page."""

from __future__ import annotations

import math

from analysis import text

# Column -> title and unit ("%" for accuracies, which are shares in [0, 1]).
METRICS: dict[str, tuple[str, str]] = {
    "lr": ("Learning rate", ""),
    "train_loss": ("Training loss", ""),
    "val_loss": ("Validation loss", ""),
    "train_accuracy": ("Training accuracy", "%"),
    "val_accuracy": ("Validation accuracy", "%"),
    "grad_norm": ("Gradient norm", ""),
    "test_loss": ("Test loss", ""),
    "test_accuracy": ("Test accuracy", "%"),
}

# What the settings of a column are, where its name does not say it.
KINDS = {
    "base_lr": "learning rate",
    "formulation": "form of momentum",
    "gamma": "drop factor",
}

WORDS = {
    "lr-outside": "LR outside",
    "lr-inside": "LR inside",
    "wrongly-corrected": "wrongly corrected",
    "nesterov": "Nesterov",
    "StepLR-misplaced": "misplaced",
    "MultiStepLR": "MultiStep",
    "ExponentialLR": "exponential",
    "LinearLR": "linear",
    "PolynomialLR": "polynomial",
    "CosineAnnealingLR": "cosine",
    "CosineAnnealingWarmRestarts": "warm restarts",
    "CyclicLR": "cyclic",
    "OneCycleLR": "OneCycle",
    "warmup-cosine": "warm-up + cosine",
    "warmup-stable-decay": "trapezium",
}


def metric(column: str) -> tuple[str, str]:
    """Return a metric's title and unit.

    Raises
    ------
    ValueError
        If there is no such metric.
    """
    if column not in METRICS:
        raise ValueError(f"there is no metric {column!r}; the metrics are: {', '.join(METRICS)}")
    return METRICS[column]


def kind_of(by: str) -> str:
    """Return what the settings of a column are: "learning rate", "batch size"."""
    return KINDS.get(by, by.replace("_", " "))


def name_of(by: str, value: object) -> str:
    """How a setting is called beside its line or in its row."""
    if by == "base_lr":
        return text.lr(float(str(value)))
    if by == "momentum":
        return f"μ{text.SPACE}={text.SPACE}{text.lr(float(str(value)))}"
    if by == "gamma":
        return "constant" if value == 1 else f"γ{text.SPACE}{text.lr(float(str(value)))}"
    if by == "step_size":
        return "constant" if value == math.inf else f"every {value:g}"
    if by == "batch_size":
        return f"batch {value}"
    return WORDS.get(str(value), str(value))
