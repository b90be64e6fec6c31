"""The learning-rate range test (Smith 2017): one epoch at a rising rate, read step by step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import stats, text
from analysis.labels import name_of

SCHEDULE = "range-test"
# Steps that a smoothed loss averages over: about a sixth of a decade of the rate.
WINDOW = 31
# The loss of a network that spreads its bets evenly over ten digits.
GUESSING = math.log(10)
_SETTINGS = ["run_id", "model", "optimizer", "momentum", "seed"]

# How the test is read: key -> what the reading is called.
READINGS = {
    "fastest": "where the loss falls fastest",
    "tenth": "a tenth of where it is lowest",
    "lowest": "where the loss is lowest",
}


def sweeps(runs: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of every range test with its settings and two further columns.

    ``smooth`` is the batch loss averaged over ``WINDOW`` steps, ``rms_step`` the root mean square
    over the weights of how far each moved. A run ends at its first loss that is not finite.
    """
    settings = stats.select(runs, schedule=SCHEDULE)[_SETTINGS].drop_duplicates("run_id")
    merged = steps.merge(settings, on="run_id", how="inner", validate="many_to_one")
    parts = [_smoothed(one) for _, one in merged.sort_values("step").groupby("run_id", sort=True)]
    if not parts:
        return merged.assign(smooth=[], rms_step=[])
    table = pd.concat(parts, ignore_index=True)
    return table.assign(rms_step=table["update_norm"] / np.sqrt(table["model"].map(weights_of)))


def _smoothed(run: pd.DataFrame) -> pd.DataFrame:
    gone = np.flatnonzero(~np.isfinite(run["batch_loss"].to_numpy()))
    kept = run.iloc[: gone[0]] if len(gone) else run
    return kept.assign(smooth=smooth(kept["batch_loss"]))


def smooth(values: pd.Series) -> pd.Series:
    """Centred mean over ``WINDOW`` steps; each end of the curve has half a window."""
    return values.rolling(WINDOW, center=True, min_periods=WINDOW // 2 + 1).mean()


def weights_of(model: str) -> int:
    """Count the weights of one of the articles' networks from its channels ("cnn-8-16")."""
    first, second = (int(channels) for channels in model.split("-")[1:])
    return (9 * first + first) + (9 * first * second + second) + (49 * second * 128 + 128) + 1290


@dataclass(frozen=True)
class Reading:
    """What one range test says, as learning rates; NaN where its curve does not show it.

    ``lost`` is where the smoothed loss comes back to that of pure guessing.
    """

    fastest: float
    lowest: float
    lost: float

    @property
    def tenth(self) -> float:
        """A tenth of the rate at which the loss is lowest: the cautious reading."""
        return self.lowest / 10


def read(run: pd.DataFrame) -> Reading:
    """Read one run's curve: steepest fall per decade of the rate, minimum, return to guessing."""
    rate, loss = run["lr"].to_numpy(dtype=float), run["smooth"].to_numpy(dtype=float)
    lowest = int(np.argmin(loss))
    # The slope of a mean over a window is smoothed once more, or single batches decide.
    slope = smooth(pd.Series(np.gradient(loss, np.log10(rate)))).to_numpy()
    fastest = int(np.argmin(slope[: lowest + 1]))
    gone = np.flatnonzero(loss[lowest:] >= GUESSING)
    ended = rate[lowest + gone[0]] if len(gone) else math.nan
    return Reading(float(rate[fastest]), float(rate[lowest]), float(ended))


def readings(sweep: pd.DataFrame) -> dict[int, Reading]:
    """Return the reading of each seed of one setting."""
    return {int(str(seed)): read(run) for seed, run in sweep.groupby("seed", sort=True)}


def geometric(values: list[float]) -> stats.Interval:
    """Geometric mean of learning rates with its 95 % interval: the interval of their logarithms."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = stats.mean_interval(np.log10(np.asarray(values, dtype=float)))
    mean, low, high = (10**value for value in (found.mean, found.low, found.high))
    return stats.Interval(mean, low, high, found.n, found.lost)


def reading(sweep: pd.DataFrame, key: str) -> stats.Interval:
    """Return one of the readings (``READINGS`` or "lost") over the seeds."""
    return geometric([getattr(one, key) for one in readings(sweep).values()])


def in_words(rate: stats.Interval) -> str:
    """Return a measured rate and its interval: "0.21 (0.18 to 0.25)", or why there is none."""
    if rate.n == 0:
        return "not reached"
    of = f" in {rate.n} of {rate.n + rate.lost} runs" if rate.lost else ""
    if not rate.defined:
        return f"{text.significant(rate.mean, 2)}{of} (one run, no interval)"
    low, high = text.significant(rate.low, 2), text.significant(rate.high, 2)
    return f"{text.significant(rate.mean, 2)}{of} ({low} to {high})"


def step_at(sweep: pd.DataFrame, lr: float) -> stats.Interval:
    """Root mean square step of a weight around a rate, mean over the window and the seeds."""
    near = []
    for seed in stats.seeds(sweep):
        one = stats.select(sweep, seed=seed).sort_values("step")
        distance = np.abs(np.log(one["lr"].to_numpy(dtype=float) / lr))
        middle = int(distance.argmin())
        window = one["rms_step"].iloc[max(0, middle - WINDOW // 2) : middle + WINDOW // 2 + 1]
        near.append(float(window.mean()))
    return stats.mean_interval(near)


def step_in_words(sweep: pd.DataFrame, lr: float) -> str:
    """Return the root mean square step around a rate, and what share of the rate it is."""
    step = step_at(sweep, lr)
    if step.n == 0:
        return "nothing that was recorded"
    return f"{text.scientific(step.mean)} ({text.significant(step.mean / lr, 2)} times the rate)"


def step_ratios(
    first: pd.DataFrame, second: pd.DataFrame, ours: Iterable[str], theirs: Iterable[str]
) -> str:
    """Return the first's steps at some rates over the second's at others: the least and the most.

    Parameters
    ----------
    first, second : the range tests of one setting each
    ours, theirs : learning rates, as words: those of the first and those of the second
    """
    long, short = (
        [step_at(sweep, float(rate)).mean for rate in rates]
        for sweep, rates in ((first, ours), (second, theirs))
    )
    least, most = min(long) / max(short), max(long) / min(short)
    return f"{text.significant(least, 2)} to {text.significant(most, 2)}"


@dataclass(frozen=True)
class Advice:
    """A reading, the trained fixed rate nearest to it, and what that rate ended with.

    ``behind`` is its final validation accuracy minus that of the best fixed rate, paired by seed.
    """

    reading: str
    rate: stats.Interval
    nearest: float
    best: float
    behind: stats.Interval

    @property
    def outcome(self) -> str:
        """Say how the nearest rate compares with the best."""
        if self.nearest == self.best:
            return "the highest mean of those trained"
        best = f"LR {text.lr(self.best)}"
        return f"against {best}, {text.comparison(self.behind, 'higher', 'lower', 'points')}"


def advice(sweep: pd.DataFrame, fixed: pd.DataFrame) -> list[Advice]:
    """Compare each reading of a setting's range test with the fixed rates that were trained.

    Parameters
    ----------
    sweep : the range tests of one setting
    fixed : whole trainings of the same setting, by constant ``base_lr``
    """
    finals = {
        rate: stats.final(stats.select(fixed, base_lr=rate), "val_accuracy")
        for rate in stats.levels(fixed, "base_lr")
    }
    best = max(finals, key=lambda rate: finals[rate].mean())
    found = []
    for key in READINGS:
        rate = reading(sweep, key)
        nearest = min(finals, key=lambda one: abs(math.log(one / rate.mean)))
        behind = stats.paired(finals[nearest], finals[best])
        found.append(Advice(READINGS[key], rate, nearest, best, behind))
    return found


def places(sweep: pd.DataFrame, fixed: pd.DataFrame) -> str:
    """Say where the readings lie, as multiples of the best fixed rate."""
    if sweep.empty or fixed.empty:
        return "not measured yet"
    found = advice(sweep, fixed)
    shares = [text.significant(one.rate.mean / one.best, 2) for one in found]
    return f"at {text.listing(shares)} times LR {text.lr(found[0].best)}"


def never_behind(sweeps: Sequence[pd.DataFrame], fixed: Sequence[pd.DataFrame]) -> str:
    """Name the readings that lead, in every setting, to no rate resolved below the best one."""
    found = [one for pair in zip(sweeps, fixed, strict=True) for one in advice(*pair)]
    behind = {one.reading for one in found if one.behind.side_of() < 0}
    return text.listing([name for name in READINGS.values() if name not in behind]) or "none"


def name_of_sweep(optimizer: str, momentum: float) -> str:
    """How a setting of the range test is called: "SGD, μ = 0", "Adam"."""
    return "Adam" if optimizer == "adam" else f"SGD, {name_of('momentum', momentum)}"
