"""What the claims share: selections, thresholds, and the comparisons between learning rates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pandas as pd

from analysis import shape, stats, text
from analysis.verdicts import Part, is_above, is_more

# A loss "fluctuates heavily" where more than this share of its path goes up (0.5: no net progress).
HEAVY = 0.10
# An accuracy "plateaus" or "stalls" where it gains less than this share an epoch.
PLATEAU = 0.001
# A model "barely learns" where it gets fewer than this share right.
BARELY = 0.5

Groups = dict[float, pd.DataFrame]


def by_rate(frame: pd.DataFrame, rates: tuple[float, ...]) -> Groups:
    """Return the runs of each rate that has any."""
    groups = {rate: stats.select(frame, base_lr=rate) for rate in rates}
    return {rate: group for rate, group in groups.items() if len(group)}


def missing_rates(groups: Groups, rates: tuple[float, ...]) -> list[str]:
    """Return the rates without runs, named for a reader."""
    return [f"LR {text.lr(rate)}" for rate in rates if rate not in groups]


def fewest_seeds(groups: Groups) -> int:
    """Return the number of seeds that every group has at least."""
    return min(len(stats.seeds(group)) for group in groups.values())


def per_seed(frame: pd.DataFrame, column: str, summary: Callable[[pd.Series], float]) -> pd.Series:
    """Return a summary of each seed's curve of a metric, by seed."""
    curves = stats.curves(frame, column)
    return pd.Series([summary(curves[seed]) for seed in curves], index=curves.columns, dtype=float)


def first_reach(frame: pd.DataFrame, column: str, accuracy: float) -> pd.Series:
    """Return the first epoch at or above an accuracy, by seed; never counts as one too many."""
    never = float(frame["epochs"].max() + 1)
    return shape.epochs_to(stats.curves(frame, column), accuracy).clip(upper=never)


def told_never(reached: Iterable[pd.Series], epochs: int) -> list[str]:
    """Return what ``first_reach`` makes of a run that never gets there, where there is one."""
    note = "A run that never gets there counts as if it did in the epoch after its last."
    return [note] if any((first > epochs).any() for first in reached) else []


def late_rises(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return by seed the share of a loss's path that goes up after the first third of training.

    The fall before it is so long that no fluctuation would weigh beside it.
    """
    return per_seed(frame, column, lambda curve: shape.rise_share(shape.later(curve)))


def steadiness(frame: pd.DataFrame, label: str, want: int) -> Part:
    """Whether the training loss fluctuates heavily (want 1) or does not (want -1)."""
    shares = late_rises(frame, "train_loss")
    rises = per_seed(frame, "train_loss", lambda curve: shape.rises(shape.later(curve)))
    epochs = shape.later(pd.Series(sorted(frame["epoch"].unique())))
    changes = len(epochs) - 1
    since = f"after epoch {epochs.iloc[0] - 1}"
    part = is_above(
        f"At {label}, {since}, the training loss rises at {text.number(float(rises.mean()), 1)} of "
        f"{changes} changes of epoch on average; the share of its path that goes up is",
        shares,
        HEAVY,
        what="what we call heavy fluctuation",
        unit="%",
        digits=1,
        want=want,
    )
    told = part.number and part.number.defined and not part.number.lost
    if not told or rises.max() > 0:
        return part
    never = f"At {label}, {since}, the training loss never rises between epochs."
    return replace(part, sentence=never)


def told_validation(frame: pd.DataFrame, label: str) -> str:
    """Return what the same share is for the validation loss, as a sentence that does not decide."""
    share = text.with_interval(stats.mean_interval(late_rises(frame, "val_loss")), "%", 1)
    return (
        f"Of the path of the validation loss at {label}, {share} goes up in the same epochs; the "
        f"training loss decides here."
    )


def accuracy_against(groups: Groups, rate: float, other: float, want: int = 1) -> Part:
    """Whether one rate's final validation accuracy is above (want 1) or below another's."""
    return is_more(
        f"The final validation accuracy at LR {text.lr(rate)} is",
        f"at LR {text.lr(other)}",
        stats.final(groups[rate], "val_accuracy"),
        stats.final(groups[other], "val_accuracy"),
        words=("higher", "lower"),
        unit="points",
        want=want,
    )


def loss_against(groups: Groups, rate: float, other: float) -> Part:
    """Whether one rate's final training loss is above another's."""
    return is_more(
        f"The final training loss at LR {text.lr(rate)} is",
        f"at LR {text.lr(other)}",
        stats.final(groups[rate], "train_loss"),
        stats.final(groups[other], "train_loss"),
        words=("higher", "lower"),
        digits=4,
    )


def plateau(frame: pd.DataFrame, label: str, epochs: int = shape.LAST) -> Part:
    """Whether the validation accuracy has stopped gaining."""
    slopes = per_seed(frame, "val_accuracy", lambda curve: shape.last_slope(curve, epochs))
    return is_above(
        f"At {label} the validation accuracy gains, per epoch over the last {epochs},",
        slopes,
        PLATEAU,
        what="the bound of a plateau",
        unit="points",
        want=-1,
    )


def settling(frame: pd.DataFrame, label: str) -> Part:
    """Whether the last validation accuracies move by more than the test set's noise."""
    ranges = per_seed(frame, "val_accuracy", shape.last_range)
    band = 2 * stats.noise_band(float(stats.final(frame, "val_accuracy").mean()))
    return is_above(
        f"At {label} the validation accuracy of the last {shape.LAST} epochs spans",
        ranges,
        band,
        what="the width of the test set's noise band",
        unit="points",
    )
