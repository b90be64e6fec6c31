"""The study `phases`: every step of a training, in tenths and in bins."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import grouping, text
from analysis.labels import name_of

# Ten parts of a training: the first, the last, and what lies between.
FIRST, MIDDLE, LAST = "first", "middle", "last"
# Bins of an epoch.
BINS = 4


def setting(schedule: str, rate: float) -> str:
    """Return what a training of this study is called: "LR 0.1", "cosine"."""
    return f"LR {text.lr(rate)}" if schedule == "constant" else name_of("schedule", schedule)


def settings(runs: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Return (name, schedule, base LR) of the trainings that there are, constant and high first."""
    pairs = runs[["schedule", "base_lr"]].drop_duplicates().itertuples(index=False)
    order = sorted(pairs, key=lambda pair: (pair[0] != "constant", -pair[1]))
    return [(setting(name, rate), name, rate) for name, rate in order]


def steps_of(runs: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps with their run's setting and seed, their tenth and their place in epochs."""
    one = runs.drop_duplicates("run_id")
    names = [setting(s, r) for s, r in zip(one["schedule"], one["base_lr"], strict=True)]
    about = one[["run_id", "seed", "epochs"]].assign(setting=names)
    lined = grouping.with_runs(steps, about)
    share = lined["step"] / lined.groupby("run_id", observed=True)["step"].transform("max")
    parts = pd.Index([FIRST, MIDDLE, LAST])
    part = np.digitize(share, [0.1, 0.9], right=True)
    return lined.assign(part=pd.Categorical.from_codes(part, parts), place=share * lined["epochs"])


def mean_in(steps: pd.DataFrame, column: str, part: str) -> pd.Series:
    """Return the mean of a column over one part of a training, by seed."""
    rows = steps["part"] == part
    return grouping.mean_by_seed(steps.loc[rows, column], steps.loc[rows, "seed"])


def jitter(steps: pd.DataFrame, part: str) -> pd.Series:
    """Return the mean factor between the gradient norms of neighbouring steps, by seed.

    1 where the norm stays the same from step to step; a trend over many steps hardly enters.
    """
    logs = np.log(steps["grad_norm"].where(steps["grad_norm"] > 0))
    leaps = logs.groupby(steps["run_id"]).diff().abs()
    rows = (steps["part"] == part) & np.isfinite(leaps)
    return np.exp(grouping.mean_by_seed(leaps[rows], steps.loc[rows, "seed"]))


def early_fall(steps: pd.DataFrame) -> pd.Series:
    """Return the share of the validation loss's whole fall that the first tenth brings, by seed."""
    known = steps[steps["val_loss"].notna()].sort_values("step")
    by_seed = known.groupby("seed")["val_loss"]
    early = known[known["part"] == FIRST].groupby("seed")["val_loss"].last()
    return ((by_seed.first() - early) / (by_seed.first() - by_seed.last())).dropna()


def rise_and_fall(steps: pd.DataFrame, setting: str, column: str) -> str:
    """Say what a column's mean over the seeds is in the first bin, at its highest, in the last."""
    course = binned(steps[steps["setting"] == setting], column).groupby("place")["mean"].mean()
    first, most, last = (
        text.significant(float(value), 2)
        for value in (course.iloc[0], course.max(), course.iloc[-1])
    )
    top = text.number(float(str(course.idxmax())), 1)
    return (
        f"{first} in the first quarter of an epoch, {most} at its highest, {top} epochs into the "
        f"training, and {last} in the last quarter"
    )


def binned(steps: pd.DataFrame, column: str) -> pd.DataFrame:
    """Summarise a column in bins of a quarter of an epoch.

    Returns
    -------
    DataFrame
        A row a setting, seed and bin: ``place`` (the bin's middle in epochs), ``median``, ``mean``,
        and the quartiles ``low`` and ``high``.
    """
    known = steps[steps[column].notna()]
    number = np.ceil(known["place"] * BINS - 1e-9)
    grouped = known.groupby(["setting", "seed", ((number - 0.5) / BINS).rename("place")])
    quartiles = grouped[column].quantile(np.array([0.25, 0.5, 0.75])).unstack()
    quartiles.columns = ["low", "median", "high"]
    return quartiles.assign(mean=grouped[column].mean()).reset_index()
