"""How far seeds lie apart, setting by setting, beside the luck of a finite test set."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis import stats, text

# A standard deviation from fewer seeds says little.
SEEDS = 5
# "Trained well": a mean accuracy from here on.
WELL = 0.97
# "Unstable": so many times the luck of the images, or more.
UNSTABLE = 10.0
# What tells settings apart within a study.
SETTING = [
    *("study", "dataset", "model", "optimizer", "formulation", "schedule", "schedule_args"),
    *("base_lr", "momentum", "batch_size", "epochs"),
]


def by_setting(studies: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return how the accuracies after the last epoch scatter between the seeds of each setting.

    Parameters
    ----------
    studies : tables of runs; of a range test, which ends broken by design, nothing is taken

    Returns
    -------
    DataFrame
        A row a setting with ``SEEDS`` seeds or more: ``SETTING``, ``seeds``, the ``accuracy`` on
        the 10,000 test images (mean), ``deviation`` (standard deviation between seeds), ``chance``
        (standard error of an accuracy on so many images), ``ratio`` (deviation over chance) and
        whether the LR is ``constant``. Settings whose seeds all agree have no scatter, and no row.
    """
    parts = []
    for runs in studies:
        last = runs[(runs["epoch"] == runs["epochs"]) & (runs["schedule"] != "range-test")]
        tested = "test_accuracy" if last["test_accuracy"].notna().any() else "val_accuracy"
        parts.append(last[[*SETTING, tested]].rename(columns={tested: "accuracy"}))
    grouped = pd.concat(parts).groupby(SETTING)["accuracy"]
    found = grouped.agg(accuracy="mean", deviation="std", seeds="count").reset_index()
    found = found[(found["seeds"] >= SEEDS) & (found["deviation"] > 1e-9)]
    chance = found["accuracy"].map(stats.binomial_se)
    return found.assign(
        chance=chance,
        ratio=found["deviation"] / chance,
        constant=found["schedule"] == "constant",
    )


def in_words(settings: pd.DataFrame, constant: bool) -> str:
    """Say how far the middle setting scatters that trains well: "0.95 times as far as luck"."""
    of = settings[(settings["constant"] == constant) & (settings["accuracy"] >= WELL)]
    if of.empty:
        return "not measured yet"
    times = text.number(float(of["ratio"].median()), 2)
    return f"{times} times as far as luck ({text.count(len(of), 'setting')})"


def unstable(settings: pd.DataFrame) -> str:
    """Count the settings whose seeds scatter ``UNSTABLE`` times as much as chance, or more."""
    many = int((settings["ratio"] >= UNSTABLE).sum())
    return f"{many} of {text.count(len(settings), 'setting')}"
