"""Results in the words of a sentence: who leads, by how much, how many claims stand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import shape, stats, text
from analysis.labels import METRICS
from analysis.spread import spread_of
from analysis.verdicts import REFUTED, SUPPORTED, UNRESOLVED, Verdict

# 60,000 images in batches of 64, the last one smaller.
STEPS_AN_EPOCH = 938


@dataclass(frozen=True)
class Ranking:
    """Learning rates by their mean accuracy, the lead of the first over the second by paired seeds.

    ``names`` and ``values`` run from best to worst, as words for a reader; ``level`` are those that
    paired seeds do not resolve below the best.
    """

    names: tuple[str, ...]
    values: tuple[str, ...]
    lead: stats.Interval
    level: tuple[str, ...] = ()

    @property
    def best(self) -> str:
        """The rate with the best mean."""
        return self.names[0]

    @property
    def best_value(self) -> str:
        """Its mean with the interval."""
        return self.values[0]

    @property
    def second(self) -> str:
        """The runner-up."""
        return self.names[1]

    @property
    def worst(self) -> str:
        """The rate with the poorest mean."""
        return self.names[-1]

    @property
    def worst_value(self) -> str:
        """Its mean with the interval."""
        return self.values[-1]

    def place(self, name: str) -> str:
        """Where a rate stands: "4 of 5"."""
        return f"{self.names.index(name) + 1} of {len(self.names)}"

    @property
    def lead_clause(self) -> str:
        """The lead as a clause: "it leads LR 0.01 by …", "its lead over LR 0.01 is not …".

        A lead over a rate further down that is not resolved is named as well.
        """
        phrase = text.comparison(self.lead, "", "", "points").strip()
        further = text.listing([name for name in self.level if name != self.second])
        if self.lead.side_of() > 0:
            but = f"; its lead over LR {further} is not resolved" if further else ""
            return f"it leads LR {self.second} {phrase}{but}"
        nor = f", nor is that over LR {further}" if further else ""
        return f"its lead over LR {self.second} is {phrase}{nor}"


def rank(frame: pd.DataFrame) -> Ranking:
    """Rank learning rates by the mean validation accuracy after the last epoch."""
    finals = {text.lr(lr): values for lr, values in _accuracies(frame).items()}
    order = sorted(finals, key=lambda name: (-finals[name].mean(), name))
    leads = {name: stats.paired(finals[order[0]], finals[name]) for name in order}
    level = [name for name in order[1:] if leads[name].side_of() <= 0]
    values = [text.with_interval(stats.mean_interval(finals[n]), "%", 2) for n in order]
    return Ranking(tuple(order), tuple(values), leads[order[:2][-1]], tuple(level))


def times_as_large(first: Ranking, second: Ranking) -> str:
    """Return the first's rates over the second's, of those that nothing resolves below the best.

    "10 to 300", the least and the most.
    """
    ours, theirs = ([float(name) for name in (r.best, *r.level)] for r in (first, second))
    least, most = min(ours) / max(theirs), max(ours) / min(theirs)
    return f"{text.significant(least, 1)} to {text.significant(most, 1)}"


def _accuracies(frame: pd.DataFrame) -> dict[float, pd.Series]:
    """Return the final validation accuracies by seed, a series a learning rate."""
    return {
        lr: stats.final(stats.select(frame, base_lr=lr), "val_accuracy")
        for lr in stats.levels(stats.present(frame), "base_lr")
    }


def final(frame: pd.DataFrame, column: str, **settings: object) -> str:
    """Return a metric after the last epoch as mean ± interval, for the runs with these settings."""
    values = stats.final(stats.present(stats.select(frame, **settings)), column)
    unit = METRICS[column][1]
    return text.with_interval(stats.mean_interval(values), unit, 2 if unit else 4)


def difference(first: pd.DataFrame, second: pd.DataFrame, than: str, column: str) -> str:
    """Compare two settings after the last epoch, paired by seed: "2.0 points higher than …"."""
    found = stats.paired(stats.final(first, column), stats.final(second, column))
    unit = "points" if METRICS[column][1] else ""
    return text.compared(found, "higher", "lower", than, unit, 2 if unit else 4)


def yes_or_no(first: pd.DataFrame, second: pd.DataFrame) -> str:
    """Say whether the first setting ends with the higher validation accuracy: "yes", "no"."""
    found = stats.paired(*(stats.final(frame, "val_accuracy") for frame in (first, second)))
    return {1: "yes", -1: "no", 0: "not resolved"}[found.side_of()]


def reaches(frame: pd.DataFrame, accuracy: float) -> str:
    """Say when validation reaches an accuracy: "reaches 97 % in epoch 2", "never reaches …"."""
    table = stats.curves(frame, "val_accuracy")
    epochs = shape.epochs_to(table, accuracy)
    known = sorted({int(epoch) for epoch in epochs if math.isfinite(epoch)})
    mark = text.percent(accuracy, 0)
    if not known:
        return f"never reaches {mark} in {text.count(int(table.index.max()), 'epoch')}"
    when = f"epochs {known[0]} to {known[-1]}"
    if known[-1] - known[0] < 2:
        when = f"epoch {' or '.join(str(epoch) for epoch in known)}"
    missed = len(epochs) - sum(math.isfinite(epoch) for epoch in epochs)
    but = f" (but never with {text.count(missed, 'seed')})" if missed else ""
    return f"reaches {mark} in {when}{but}"


def always_reach(frame: pd.DataFrame) -> str:
    """Name the learning rates at which every run reaches 97 %: "LR 0.1 and 0.01"."""
    rates = []
    for lr in stats.levels(frame, "base_lr"):
        table = stats.curves(stats.select(frame, base_lr=lr), "val_accuracy")
        if np.isfinite(shape.epochs_to(table, shape.REACH)).all():
            rates.append(text.lr(lr))
    return f"LR {text.listing(rates)}" if rates else "none of the LRs"


def seeds(frame: pd.DataFrame) -> str:
    """Return the number of seeds that every figure of the frame rests on: "2 seeds"."""
    return text.count(len(stats.seeds(frame)), "seed")


def tally(verdicts: Sequence[Verdict]) -> str:
    """How many of some claims stand: "1 supported, 5 refuted, 1 not resolved"."""
    counts = Counter(verdict.verdict for verdict in verdicts)
    kinds = (SUPPORTED, REFUTED, UNRESOLVED)
    return text.listing([f"{counts[kind]} {kind}" for kind in kinds])


def outcome(frame: pd.DataFrame) -> str:
    """One setting's training in a sentence: speed, final accuracy, final training loss."""
    return (
        f"It {reaches(frame, shape.REACH)}, and after the last epoch stands at "
        f"{final(frame, 'val_accuracy')} validation accuracy with a training loss "
        f"of {final(frame, 'train_loss')}."
    )


def turn(frame: pd.DataFrame) -> str:
    """Say after which epoch the mean of each loss is lowest."""
    lowest = {
        column: stats.curves(frame, column).mean(axis=1).idxmin()
        for column in ("val_loss", "train_loss")
    }
    return (
        f"the mean validation loss is lowest after epoch {lowest['val_loss']}, the mean training "
        f"loss after epoch {lowest['train_loss']}"
    )


def last_change(frame: pd.DataFrame) -> str:
    """Say which seed's accuracy the last epoch changes most, and where the others end."""
    table = stats.curves(frame, "val_accuracy")
    change = (table.iloc[-1] - table.iloc[-2]).abs()
    seed = change.idxmax()
    before, after = (text.percent(float(table[seed].iloc[at])) for at in (-2, -1))
    others = table.iloc[-1].drop(seed)
    return (
        f"seed {seed} goes from {before} to {after} in the very last epoch; the others end between "
        f"{text.percent(others.min())} and {text.percent(others.max())}"
    )


def spreads(frame: pd.DataFrame) -> str:
    """Say how far LRs and seeds spread the final accuracy: "… between settings and … between …"."""
    found = spread_of(_accuracies(frame))
    return (
        f"{text.points(found.between)} between settings and {text.points(found.within)} between "
        f"seeds ({text.count(found.n, 'shared seed')})"
    )


def path_length(frame: pd.DataFrame) -> float:
    """Length of the path that plain SGD walked, mean over the seeds, in units of the weights.

    Without momentum a step is η‖g‖ long, so that the epoch's steps add up to their number times η
    times the mean gradient norm.
    """
    an_epoch = STEPS_AN_EPOCH * frame["lr"] * frame["grad_norm"]
    return float(an_epoch.groupby(frame["seed"]).sum().mean())
