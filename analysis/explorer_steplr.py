"""The StepLR explorer: any staircase, computed as it is chosen, over the nearest measured run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import explorer_steplr_charts as charts
from analysis import figures, staircase, stats, text
from analysis.arguments import parse
from analysis.explorer import (
    Explorer,
    Spec,
    calculate,
    choice,
    nearest,
    rounded,
    slider,
    specification,
)
from experiments.studies import STUDIES

# What the explorer shows before anything is chosen.
START: dict[str, Any] = {"base": 0.01, "schedule": "StepLR", "gamma": 0.1, "size": 10}
SCHEDULES = {
    "StepLR": "StepLR: γ every step_size",
    "constant": "none: constant",
    "ExponentialLR": "exponential: γ every epoch",
}
# The schedules that a control has a say in.
_NEEDS = {
    "gamma": {"schedule": ["StepLR", "ExponentialLR"]},
    "size": {"schedule": ["StepLR"]},
}
# Column of the results → letter in the rows; half its interval is under the letter and an h.
_METRICS = {"train_loss": "t", "val_loss": "v", "val_accuracy": "a"}
_ARRAYS = ("e", *_METRICS.values(), *(f"{letter}h" for letter in _METRICS.values()))

_CHOSEN = (
    "log(base) / LN10 + (schedule == 'StepLR' ? floor((datum.e - 1) / size) * log(gamma) / LN10"
    " : schedule == 'ExponentialLR' ? (datum.e - 1) * log(gamma) / LN10 : 0)"
)
_MEASURED = "log(datum.base) / LN10 + floor((datum.e - 1) / datum.size) * log(datum.gamma) / LN10"


@dataclass(frozen=True)
class Setting:
    """A staircase that was trained: base LR, γ and step_size (a γ of 1 is a constant LR)."""

    base: float
    gamma: float
    size: int

    @property
    def name(self) -> str:
        """The setting in words."""
        base = f"base LR {text.lr(self.base)}"
        if self.gamma == 1:
            return f"constant LR {text.lr(self.base)}"
        return f"StepLR with {base}, γ {text.lr(self.gamma)} and step_size {self.size}"

    def log_rates(self, epochs: int) -> np.ndarray:
        """Return the decimal logarithm of the LR in each epoch, not below the standstill."""
        drops = np.arange(epochs) // self.size
        rates = math.log10(self.base) + drops * math.log10(self.gamma)
        return np.maximum(rates, math.log10(charts.STANDSTILL))


def explorer(runs: pd.DataFrame) -> Explorer:
    """Return the explorer of a study's staircases without momentum, as far as they are trained.

    Parameters
    ----------
    runs : the study ``steplr``
    """
    plain = stats.select(runs, momentum=0.0, schedule=["constant", "StepLR"])
    plain = plain[plain["epochs"] == plain["epochs"].max()]
    epochs = int(plain["epochs"].iloc[0])
    settings = _settings(plain)
    shown = settings[
        closest(settings, Setting(START["base"], START["gamma"], START["size"]), epochs)
    ]
    columns = ["lr", "val_loss", "val_accuracy"]
    still = figures.curves(shown, columns, by="schedule", name="explore")
    rows = [_row(at, *pair, epochs) for at, pair in enumerate(settings.items())]
    return Explorer(still, "StepLR explorer", _spec(rows, epochs))


def _settings(plain: pd.DataFrame) -> dict[Setting, pd.DataFrame]:
    found = {}
    for (base, given), rows in plain.groupby(["base_lr", "schedule_args"], sort=True):
        args = parse(str(given))
        size = int(args.get("step_size", plain["epochs"].max()))
        found[Setting(float(str(base)), float(args.get("gamma", 1.0)), size)] = rows
    return found


def closest(settings: Mapping[Setting, object], wanted: Setting, epochs: int) -> Setting:
    """Return the setting whose LR is nearest: by the mean ratio, over the epochs, of the LRs."""
    mine = wanted.log_rates(epochs)
    return min(settings, key=lambda one: float(np.abs(one.log_rates(epochs) - mine).mean()))


def _row(identity: int, setting: Setting, runs: pd.DataFrame, epochs: int) -> Spec:
    """Return one setting's row: mean and half the interval of each metric, an array by epoch."""
    row: Spec = {
        "id": identity,
        "base": setting.base,
        "gamma": setting.gamma,
        "size": setting.size,
        "rate": text.lr(setting.base),
        "name": setting.name,
        "run": _in_words(runs),
    }
    for column, letter in _METRICS.items():
        table = stats.curves(runs, column)
        row[letter] = rounded(table.mean(axis=1, skipna=False), 4 if "acc" in column else 3)
        _, low, high = stats.mean_intervals(table.to_numpy())
        drawn = table.shape[1] >= figures.BAND_FROM
        row[f"{letter}h"] = rounded((high - low) / 2 if drawn else [], 2)
    return row


def _in_words(runs: pd.DataFrame) -> str:
    loss, accuracy = (
        stats.mean_interval(stats.final(runs, column)) for column in ("val_loss", "val_accuracy")
    )
    return (
        f"{text.count(len(stats.seeds(runs)), 'seed')}; after the last epoch a validation loss of "
        f"{text.with_interval(loss)} and a validation accuracy of "
        f"{text.with_interval(accuracy, '%', 2)}"
    )


def trained(runs: pd.DataFrame) -> str:
    """Say how many of the staircases that the study declares have runs: "12 of 50"."""
    declared = {
        (run.base_lr, run.schedule_args)
        for run in STUDIES["steplr"].runs(1)
        if run.momentum == 0 and run.schedule in ("constant", "StepLR")
    }
    plain = stats.select(runs, momentum=0.0, schedule=["constant", "StepLR"])
    present = len(plain.drop_duplicates(["base_lr", "schedule_args"]))
    return f"{present} of {len(declared)}"


def _spec(rows: list[Spec], epochs: int) -> Spec:
    # Far from what is trained there would be nothing to show.
    bases = {rate: text.lr(rate) for rate in staircase.declared()}
    params = [
        choice("base", "Base LR", bases, START["base"]),
        choice("schedule", "Schedule", SCHEDULES, START["schedule"]),
        slider("gamma", "γ, the factor", 0.01, 1, 0.01, START["gamma"]),
        slider("size", "step_size, in epochs", 1, epochs, 1, START["size"]),
    ]
    low = math.log10(charts.STANDSTILL)
    transform = [
        *calculate(e=f"sequence(1, {epochs + 1})"),
        {"flatten": list(_ARRAYS)},
        *calculate(
            mine=f"max({low:g}, {_CHOSEN})",
            theirs=f"max({low:g}, {_MEASURED})",
            gap="abs(datum.mine - datum.theirs)",
        ),
        {"joinaggregate": [{"op": "mean", "field": "gap", "as": "off"}], "groupby": ["id"]},
        *nearest("off"),
    ]
    description = (
        "Three charts by epoch: the chosen learning rate over that of the nearest measured run, "
        "that run's training and validation loss, and its validation accuracy. Where no run is "
        "near, the chosen learning rate alone."
    )
    return specification(
        description,
        params,
        rows,
        transform=transform,
        concat=[charts.rates(epochs), charts.losses(rows, epochs), charts.accuracy(rows, epochs)],
        columns=3,
        bounds="flush",
        spacing={"column": 84, "row": 96},
        resolve={"scale": {"color": "shared"}},
        usermeta={"needs": _NEEDS},
    )
