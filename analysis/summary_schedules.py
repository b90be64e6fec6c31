"""The schedules' results in the words of a sentence."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis import edge, leaders, multiple, schedules, stats, text
from analysis.labels import name_of
from analysis.schedules import Choice


def best(choices: dict[str, Choice]) -> str:
    """Name the schedule with the best mean, its peak LR and its test accuracy."""
    first = schedules.standings(choices)[0]
    return (
        f"{first.choice.name} (peak LR {text.lr(first.choice.peak)}) with "
        f"{text.with_interval(first.accuracy, '%', 2)}"
    )


def ties(choices: dict[str, Choice]) -> str:
    """Say which schedules are resolved below the best mean and how many are not resolved."""
    order = schedules.standings(choices)
    below = [one.choice.name for one in order if not one.tied]
    level = len(order) - len(below) - 1
    told = f"{len(below)} ({text.listing(below)}) are" if below else "none is"
    return (
        f"of the {text.count(len(order) - 1, 'other')}, {told} resolved below it, and "
        f"{level} cannot be told from it"
    )


def further(runs: pd.DataFrame) -> str:
    """Name what was trained beyond the shared grid: "OneCycle at 0.3 with momentum 0.9"."""
    told = []
    for momentum in stats.levels(runs, "momentum"):
        some = stats.select(runs, momentum=momentum)
        beyond = some[~some["peak"].isin(schedules.shared_peaks(some))]
        pairs = sorted(set(zip(beyond["schedule"], beyond["peak"], strict=True)))
        told += [
            f"{name_of('schedule', name)} at {text.lr(peak)} with momentum {text.lr(momentum)}"
            for name, peak in pairs
        ]
    return text.listing(told) or "nothing"


def edges(choices: dict[str, Choice]) -> str:
    """Say of which schedules the chosen peak LR lies at an edge of the grid."""
    upper, lower = (
        [one.name for one in choices.values() if one.edge == edge] for edge in ("upper", "lower")
    )
    told = [
        f"that of {_names(names, len(choices))} lies at the {edge} edge"
        for edge, names in (("upper", upper), ("lower", lower))
        if names
    ]
    return text.listing(told) or "none lies at an edge"


def _names(names: list[str], total: int) -> str:
    if len(names) == total:
        return f"all {total} schedules"
    few = f" ({text.listing(names)})" if len(names) <= 4 else ""
    return f"{len(names)} of {total}{few}"


def versus(choices: dict[str, Choice], first: str, second: str, than: str) -> str:
    """Compare two schedules' final test accuracies in pairs: "2.0 points higher than …"."""
    if first not in choices or second not in choices:
        return "not trained yet"
    ours, theirs = (choices[name].accuracies for name in (first, second))
    gap = stats.paired(ours, theirs)
    return text.compared(gap, "higher", "lower", than, "points")


def together(choices: dict[str, Choice], rival: str) -> str:
    """Say how many schedules differ from one of them, each by itself and all judged together."""
    gaps = schedules.against(choices, rival).values()
    alone = sum(gap.resolved for gap in gaps)
    fallen = sum(multiple.holm([multiple.p_value(gap) for gap in gaps]))
    return (
        f"{alone or 'none'} of {text.count(len(gaps), 'schedule')} are resolved one by one, and "
        f"{fallen or 'none'} together"
    )


def lost(runs: pd.DataFrame) -> str:
    """Say how many runs end as guessers, by peak: "to 9 of 104 runs at LR 0.1 (…)".

    Runs whose schedule begins at its peak are counted apart from those whose schedule climbs there.
    """
    told = []
    for peak in stats.levels(runs, "peak"):
        some = stats.select(runs, peak=peak)
        begins = some[some["epoch"] == 1].groupby("schedule")["lr"].min() > peak / 2
        last = some[some["epoch"] == some["epochs"]]
        at_peak, guesses = last["schedule"].map(begins), _guesses(last)
        if guesses.any():
            kinds = [(at_peak, "begin"), (~at_peak, "climb")]
            under = [
                f"{guesses[those].sum() or 'none'} of {those.sum()} under "
                f"schedules that {verb} there"
                for those, verb in kinds
                if those.any()
            ]
            told.append(
                f"to {guesses.sum()} of {text.count(len(last), 'run')} at LR {text.lr(peak)} "
                f"({text.listing(under)})"
            )
    return text.listing(told) or "to none"


def survivors(runs: pd.DataFrame, peak: float) -> str:
    """Name the schedules under which some run at a peak does not end as a guesser."""
    some = stats.select(runs, peak=peak)
    sound = set(some.loc[(some["epoch"] == some["epochs"]) & ~_guesses(some), "schedule"])
    names = [name_of("schedule", name) for name in schedules.present(some) if name in sound]
    return text.listing(names) or "none"


def _guesses(rows: pd.DataFrame) -> pd.Series:
    # What is not a number is no better than a guess.
    return ~(rows["train_accuracy"] >= edge.GUESSER)


def jitter(runs: pd.DataFrame, schedule: str, since: int) -> str:
    """Return how far an epoch moves the validation accuracy, from an epoch on.

    The root mean square over epochs and seeds, in points.
    """
    curves = stats.curves(stats.select(runs, schedule=schedule), "val_accuracy")
    changes = curves.diff().loc[since:].to_numpy()
    return text.points(float(np.sqrt(np.nanmean(changes**2))))


def last_share(runs: pd.DataFrame, schedule: str) -> str:
    """Return the share of its peak LR at which a schedule runs in the last epoch: "0.1"."""
    some = stats.select(runs, schedule=schedule)
    last = stats.present(some[some["epoch"] == some["epochs"]])
    return text.significant(float((last["lr"] / last["peak"]).median()), 2)


def reactions(runs: pd.DataFrame) -> str:
    """Say before which epochs ReduceLROnPlateau cut the LR, and with which seeds."""
    seeds_of: dict[tuple[int, ...], list[int]] = {}
    for seed, epochs in schedules.reactions(runs).items():
        seeds_of.setdefault(epochs, []).append(seed)
    told = [
        (f"before {text.numbered('epoch', epochs)}" if epochs else "never")
        + f" with {text.numbered('seed', seeds)}"
        for epochs, seeds in sorted(seeds_of.items(), key=lambda item: item[0] or (math.inf,))
    ]
    return text.listing(told) or "in no run yet"


def lead_by_epoch(runs: pd.DataFrame) -> str:
    """Say which fixed LRs lead, and after how many of the epochs each."""
    found = leaders.leaders(runs)
    rates = sorted({one.rate for one in found}, reverse=True)
    counts = {rate: sum(one.rate == rate for one in found) for rate in rates}
    told = [f"LR {text.lr(rate)} after {text.count(n, 'epoch')}" for rate, n in counts.items()]
    alone = sum(not one.level for one in found)
    return (
        f"The highest mean is that of {text.listing(told)}; in {alone} of {len(found)} epochs it "
        f"is resolved above every other"
    )


def theory(bounds: dict[str, float]) -> str:
    """Name the shapes with the smallest and the largest bound."""
    order = sorted(bounds.items(), key=lambda item: item[1])
    first, last = (
        f"{name_of('schedule', name)} ({text.number(value, 2)})"
        for name, value in (order[0], order[-1])
    )
    return f"smallest for {first} and largest for {last}"


def order_by_theory(bounds: dict[str, float], choices: dict[str, Choice]) -> str:
    """Return the rank correlation of bound and mean accuracy: "0.41 over 13 schedules".

    Positive where a small bound goes with a high accuracy.
    """
    shared = [name for name in bounds if name in choices]
    means = [float(choices[name].accuracies.mean()) for name in shared]
    found = stats.rank_correlation([-bounds[name] for name in shared], means)
    return f"{text.number(found, 2)} over {text.count(len(shared), 'schedule')}"
