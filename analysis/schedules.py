"""The study `schedules`: peak LRs, each schedule's own best, and who is level with the best.

A schedule's own best peak LR is chosen on the held-out validation images and everything else is
reported on the test images, so that no choice is made on the numbers that are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import arguments, grouping, shape, stats, text
from analysis.labels import name_of
from experiments.studies import STUDIES

ORDER = (
    *("constant", "StepLR", "MultiStepLR", "ExponentialLR", "LinearLR", "PolynomialLR"),
    *("CosineAnnealingLR", "warmup-cosine", "warmup-stable-decay", "OneCycleLR"),
    *("CosineAnnealingWarmRestarts", "CyclicLR", "ReduceLROnPlateau"),
)
# Those that lower the LR by a plan made beforehand, once it has reached its peak.
PLANNED = (
    *("StepLR", "MultiStepLR", "ExponentialLR", "LinearLR", "PolynomialLR"),
    *("CosineAnnealingLR", "warmup-cosine", "warmup-stable-decay", "OneCycleLR"),
)
# Those that change the LR at every step; the others do so between epochs.
BY_STEP = ("CyclicLR", "OneCycleLR", "warmup-cosine", "warmup-stable-decay")


def peak_lr(runs: pd.DataFrame) -> pd.Series:
    """Return the highest LR of each row's schedule: the base LR, for CyclicLR its ``max_lr``."""
    return runs["base_lr"].mask(
        runs["schedule"] == "CyclicLR", arguments.column(runs, "max_lr", np.nan)
    )


def with_peaks(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the thirteen schedules with their peak LR as a column, ``peak``."""
    known = runs[runs["schedule"].isin(ORDER)]
    return known.assign(peak=peak_lr(known))


def present(runs: pd.DataFrame) -> list[str]:
    """Return the schedules that have runs, in the order of the page."""
    there = set(runs["schedule"].unique())
    return [name for name in ORDER if name in there]


def seeds_by_momentum(runs: pd.DataFrame) -> dict[float, int]:
    """Return how many seeds there are for each momentum, from high to low."""
    return {
        momentum: len(stats.seeds(stats.select(runs, momentum=momentum)))
        for momentum in stats.levels(runs, "momentum")
    }


def main_momentum(runs: pd.DataFrame) -> float:
    """Return the momentum with the most seeds; of two, the higher."""
    counts = seeds_by_momentum(runs)
    return max(counts, key=lambda momentum: (counts[momentum], momentum))


def judged(runs: pd.DataFrame) -> list[float]:
    """Return the momenta that can decide a claim: two seeds or more; else the one shown."""
    counts = seeds_by_momentum(runs)
    return [m for m, n in counts.items() if n >= 2] or ([main_momentum(runs)] if counts else [])


def shared_peaks(runs: pd.DataFrame) -> list[float]:
    """Return the peak LRs at which several schedules were trained, from high to low.

    One alone was trained further where its best lay at the edge of the grid.
    """
    trained = runs.groupby("peak")["schedule"].nunique()
    several = trained.index[trained > 1]
    return sorted(several if len(several) else trained.index, reverse=True)


def at_middle_peak(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs at the middle one of the peak LRs that the schedules share."""
    peaks = shared_peaks(runs)
    return stats.select(runs, peak=peaks[len(peaks) // 2])


@dataclass(frozen=True)
class Choice:
    """A schedule at its own best peak LR.

    ``edge`` is "lower" or "upper" where the choice lies at that end of the grid (a better peak may
    lie beyond), "only" where a single peak was trained, else empty. ``validation`` is the mean
    accuracy that chose.
    """

    schedule: str
    peak: float
    edge: str
    validation: float
    runs: pd.DataFrame

    @property
    def name(self) -> str:
        """The schedule as the page calls it."""
        return name_of("schedule", self.schedule)

    @property
    def peak_text(self) -> str:
        """The peak LR, marked where it lies at the edge of the grid."""
        mark = {"lower": " ↓", "upper": " ↑", "only": " (only one)"}.get(self.edge, "")
        return f"{text.lr(self.peak)}{mark}"

    @property
    def accuracies(self) -> pd.Series:
        """The test accuracy after the last epoch, by seed."""
        return stats.final(self.runs, "test_accuracy")


def own_best(runs: pd.DataFrame, momentum: float) -> dict[str, Choice]:
    """Return every schedule at its own best peak LR, for one momentum.

    The peak is the one with the highest mean of the final validation accuracy. Means are taken over
    the seeds that every peak has, so that none wins by a lucky seed; over all, if there are none.
    """
    some = stats.select(runs, momentum=momentum)
    return {name: _choose(name, stats.select(some, schedule=name)) for name in present(some)}


def _choose(schedule: str, runs: pd.DataFrame) -> Choice:
    last = runs[runs["epoch"] == runs["epochs"]]
    peaks, accuracies = grouping.pivot(last, "seed", "peak", "val_accuracy")[1:]
    shared = accuracies[~np.isnan(accuracies).any(axis=1)]
    means = np.nanmean(shared if len(shared) else accuracies, axis=0)
    place = int(means.argmax())
    edge = {0: "lower", len(means) - 1: "upper"}.get(place, "") if len(means) > 1 else "only"
    peak = float(peaks[place])
    return Choice(schedule, peak, edge, float(means[place]), stats.select(runs, peak=peak))


def picked(choices: dict[str, Choice]) -> Choice | None:
    """Return the schedule that validation likes best, the constant LR aside."""
    others = [choice for name, choice in choices.items() if name != "constant"]
    return max(others, key=lambda choice: choice.validation, default=None)


def contenders(choices: dict[str, Choice]) -> pd.DataFrame:
    """Return the runs of the constant LR, of cosine and of the schedule that validation picks."""
    best = picked(choices)
    names = {"constant", "CosineAnnealingLR"} | ({best.schedule} if best else set())
    return pd.concat([choice.runs for name, choice in choices.items() if name in names])


@dataclass(frozen=True)
class Standing:
    """A schedule at its own best peak: test accuracy, and what it lacks to the best by its mean."""

    choice: Choice
    accuracy: stats.Interval
    behind: stats.Interval

    @property
    def tied(self) -> bool:
        """Whether its distance to the best is not resolved."""
        return self.behind.side_of() >= 0


def standings(choices: dict[str, Choice]) -> list[Standing]:
    """Return the schedules from best to worst mean, each paired by seed with the first."""
    finals = {name: choice.accuracies for name, choice in choices.items()}
    order = sorted(finals, key=lambda name: -float(finals[name].fillna(0.0).mean()))
    return [
        Standing(
            choices[name],
            stats.mean_interval(finals[name]),
            stats.paired(finals[name], finals[order[0]]),
        )
        for name in order
    ]


def against(choices: dict[str, Choice], rival: str) -> dict[str, stats.Interval]:
    """Return each schedule's test accuracy minus a rival's, paired by seed, both at own best."""
    theirs = choices[rival].accuracies
    return {
        name: stats.paired(choice.accuracies, theirs)
        for name, choice in choices.items()
        if name != rival
    }


def trajectory(run: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return (epochs trained so far, LR) of one run, to be joined by straight lines.

    The results hold the LR of each epoch's first step. Schedules that move between epochs keep it
    for the epoch; those that move by the step are joined, the corners of CyclicLR put in, and the
    end of the others set to 0, where all three arrive.
    """
    run = run.sort_values("epoch")
    rates, last = run["lr"].to_numpy(dtype=float), float(run["epoch"].iloc[-1])
    starts = run["epoch"].to_numpy(dtype=float) - 1
    schedule = str(run["schedule"].iloc[0])
    if schedule not in BY_STEP:
        return np.append(np.repeat(starts, 2)[1:], last), np.repeat(rates, 2)
    if schedule != "CyclicLR":
        return np.append(starts, last), np.append(rates, 0.0)
    half = arguments.column(run, "half_cycle", np.nan)[0]
    corners = np.arange(0.0, last + half / 2, half)
    ends = np.where(np.arange(len(corners)) % 2, peak_lr(run).iloc[0], run["base_lr"].iloc[0])
    at = np.union1d(starts, corners)
    return at, np.interp(at, corners, ends.astype(float))


def reactions(runs: pd.DataFrame) -> dict[int, tuple[int, ...]]:
    """Return the epochs (from 1) before which ReduceLROnPlateau cut the LR, by seed."""
    return shape.drops(stats.curves(runs[runs["schedule"] == "ReduceLROnPlateau"], "lr"))


def completeness(runs: pd.DataFrame) -> str:
    """Say how much of the declared study is there, by momentum, settings and seeds."""
    declared = STUDIES["schedules"].runs()
    have = runs["run_id"].nunique()
    parts = []
    for momentum in sorted({run.momentum for run in declared}, reverse=True):
        wanted = {(r.schedule, r.base_lr) for r in declared if r.momentum == momentum}
        some = stats.select(runs, momentum=momentum)
        seeds = some.groupby(["schedule", "base_lr"])["seed"].nunique()
        amount = f"{len(seeds)} of {len(wanted)} settings, " if len(seeds) < len(wanted) else ""
        if len(seeds):
            amount += f"{text.counts(seeds, 'seed')} each"
        parts.append(f"momentum {text.lr(momentum)}: {amount if len(seeds) else 'none yet'}")
    return f"{have} of {len(declared)} declared runs are trained ({'; '.join(parts)})"
