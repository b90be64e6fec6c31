"""Where training breaks: what became of each run, and momentum's effective learning rate."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import pandas as pd

from analysis import shape, stats, text

# A run "ends as a guesser" where it gets fewer than this share of its training images right.
GUESSER = 0.2
# How many of MNIST's 10,000 test images show each digit: what a constant answer gets right.
TEST_DIGITS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)

# The one momentum that was trained beside none.
MOMENTUM = 0.9

DIVERGED, BROKEN, TRAINED = "diverged", "broken", "trained"


def fate(diverged: np.ndarray, losses: np.ndarray, accuracies: np.ndarray) -> str:
    """Judge what became of one run, from its training by epoch: three arrays [epochs].

    *Diverged*: a loss was not finite. *Broken*: it ends as a guesser though its training loss has
    gone up from one epoch to the next; at a rate that is merely too small it only ever falls.
    """
    if diverged.any() or not np.isfinite(losses).all():
        return DIVERGED
    return BROKEN if accuracies[-1] < GUESSER and shape.rises(losses) else TRAINED


def fates(frame: pd.DataFrame) -> pd.Series:
    """Return the fate of each run of a frame, by run id."""
    ordered = frame.sort_values(["run_id", "epoch"])
    names, starts = np.unique(ordered["run_id"].to_numpy(), return_index=True)
    columns = (ordered[name].to_numpy() for name in ("diverged", "train_loss", "train_accuracy"))
    runs = zip(*(np.split(values, starts[1:]) for values in columns), strict=True)
    # Not strict: of no rows, the one part is empty.
    return pd.Series({name: fate(*run) for name, run in zip(names, runs, strict=False)})


@dataclass(frozen=True)
class Breakage:
    """How many runs of a setting there are, and how many of them broke or diverged."""

    runs: int
    broken: int
    diverged: int

    @property
    def lost(self) -> int:
        """Runs that ended with nothing learned, with finite numbers or without."""
        return self.broken + self.diverged

    @property
    def sentence(self) -> str:
        """Say how many ended as guessers and how many with numbers that are not finite."""
        if self.runs == 0:
            return "there are no runs yet"
        if self.lost == 0:
            return f"none of {text.count(self.runs, 'run')} is lost"
        ends = "ends" if self.broken == 1 else "end"
        guess = f"{self.broken} of {text.count(self.runs, 'run')} {ends} no better than guessing"
        if self.diverged == 0:
            return f"{guess}, though every loss stays a finite number"
        return f"{guess}, and {self.diverged} with a loss that is no finite number"


def breakage(frame: pd.DataFrame) -> Breakage:
    """Count the fates of the runs in a frame."""
    found = fates(frame).value_counts()
    return Breakage(int(found.sum()), int(found.get(BROKEN, 0)), int(found.get(DIVERGED, 0)))


def breaking_rates(frame: pd.DataFrame) -> str:
    """Name the learning rates at which any run was lost: "LR 1 (5 of 5 runs)", or "none"."""
    counts = {
        lr: breakage(stats.select(frame, base_lr=lr)) for lr in stats.levels(frame, "base_lr")
    }
    named = [
        f"LR {text.lr(lr)} ({found.lost} of {text.count(found.runs, 'run')})"
        for lr, found in counts.items()
        if found.lost
    ]
    return text.listing(named) or "none of them"


def constant_answers(frame: pd.DataFrame) -> str:
    """Count the epochs whose validation accuracy is the share of one digit: "40 of 40 epochs".

    A network that gives every image the same answer scores exactly that share.
    """
    right = np.rint(frame["val_accuracy"] * stats.TEST_IMAGES)
    return f"{int(right.isin(TEST_DIGITS).sum())} of {text.count(len(frame), 'epoch')}"


def next_larger(frame: pd.DataFrame, name: str) -> str:
    """Say what became of the runs at the smallest trained rate above one ("0.1")."""
    above = [lr for lr in stats.levels(frame, "base_lr") if lr > float(name) * (1 + 1e-9)]
    if not above:
        return "no larger one was trained"
    found = breakage(stats.select(frame, base_lr=above[-1]))
    return f"at the next larger one, LR {text.lr(above[-1])}, {found.sentence}"


def last_sound(frame: pd.DataFrame) -> str:
    """Say up to which learning rate no run is lost, and what becomes of runs at the next one."""
    rates = stats.levels(frame, "base_lr", descending=False)
    lost = (breakage(stats.select(frame, base_lr=lr)).lost > 0 for lr in rates)
    sound = [lr for lr, _ in takewhile(lambda pair: not pair[1], zip(rates, lost, strict=True))]
    if not sound:
        return f"already at LR {text.lr(rates[0])} runs are lost"
    name = text.lr(sound[-1])
    return f"up to LR {name} no run is lost, and {next_larger(frame, name)}"


def second_half(frame: pd.DataFrame) -> str:
    """Compare the training loss after the last epoch with that after half of them: "up by …"."""
    if frame.empty:
        return "not measured yet"
    table = stats.curves(frame, "train_loss")
    change = stats.paired(table.iloc[-1], table.iloc[len(table) // 2 - 1])
    return text.comparison(change, "up", "down", digits=4)


@dataclass(frozen=True)
class Pair:
    """Plain SGD beside momentum at the same effective learning rate, on the seeds both have.

    ``difference`` is the final validation accuracy with momentum minus that without.
    """

    effective: float
    plain: pd.DataFrame
    heavy: pd.DataFrame
    difference: stats.Interval


def effective_pairs(frame: pd.DataFrame) -> list[Pair]:
    """Pair each rate η with momentum μ with the plain rate η / (1 − μ), where both were trained."""
    plain, heavy = (stats.select(frame, momentum=value) for value in (0.0, MOMENTUM))
    pairs = []
    for rate in stats.levels(heavy, "base_lr"):
        effective = rate / (1 - MOMENTUM)
        without = stats.select(plain, base_lr=float(f"{effective:.9g}"))
        within = stats.select(heavy, base_lr=rate)
        shared = [seed for seed in stats.seeds(within) if seed in stats.seeds(without)]
        within, without = (stats.select(part, seed=shared) for part in (within, without))
        if not shared:
            continue
        first, second = (stats.final(part, "val_accuracy") for part in (within, without))
        pairs.append(Pair(effective, without, within, stats.paired(first, second)))
    return pairs


def agreement(pairs: list[Pair]) -> str:
    """Say in how many pairs the two differ: "in 1 of 5 pairs (higher at the effective rate 1)"."""
    resolved = [pair for pair in pairs if pair.difference.resolved]
    sides = [
        f"{word} at the effective rate{'s' * (len(found) > 1)} "
        f"{text.listing([text.lr(pair.effective) for pair in found])}"
        for word, found in (
            ("higher", [pair for pair in resolved if pair.difference.mean > 0]),
            ("lower", [pair for pair in resolved if pair.difference.mean < 0]),
        )
        if found
    ]
    named = f" ({text.listing(sides)})" if sides else ""
    return f"in {len(resolved)} of {text.count(len(pairs), 'pair')}{named}"
