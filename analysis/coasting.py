"""What LR inside does beyond LR outside after a change of LR: measured, paired by seed and step.

Before the change the two forms are one method. Whatever parts them after it, on the same batches,
comes from the velocity that was stored at the old learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis import grouping, shock, stats, text


def length_ratio(window: pd.DataFrame, momentum: float) -> pd.DataFrame:
    """LR-inside step length over LR-outside after the drop: k down, the shared seeds across."""
    inside, outside = _both_lengths(window, momentum)
    return (inside / outside).dropna(axis=1, how="all").loc[1:]


def _both_lengths(window: pd.DataFrame, momentum: float) -> list[pd.DataFrame]:
    """Return the step lengths of LR inside and of LR outside around the drop."""
    return [
        shock.case(window, shock.DROP, form, momentum).pivot(
            index="k", columns="seed", values="update_norm"
        )
        for form in ("lr-inside", "lr-outside")
    ]


def settled(ratio: pd.DataFrame) -> pd.Series:
    """First step from which the mean ratio of ten steps is within a tenth of 1, by seed.

    A single step is noise, so each is averaged with those that follow it. Infinite where the
    recorded steps hold no such place.
    """
    ahead = ratio.iloc[::-1].rolling(shock.FIRST).mean().iloc[::-1]
    near = (ahead - 1).abs() <= shock.WITHIN
    steps = near.index.to_numpy(dtype=float)
    firsts = [steps[column].min(initial=math.inf) for column in near.to_numpy().T]
    return pd.Series(firsts, index=near.columns, dtype=float)


def extra_path(window: pd.DataFrame, momentum: float) -> pd.Series:
    """Path of LR inside beyond LR outside in the recorded steps, in mean new steps, by seed."""
    inside, outside = (lengths.loc[1:] for lengths in _both_lengths(window, momentum))
    return ((inside - outside).sum(min_count=len(inside)) / outside.mean()).dropna()


def expected_path(momentum: float, gamma: float, steps: int, noise: bool = False) -> float:
    """Return the same from the closed form, for a steady gradient or for independent noise."""
    k = np.arange(1, steps + 1)
    form = shock.step_length_noise if noise else shock.step_length
    return float((form("lr-inside", momentum, gamma, k) / gamma - 1).sum())


def settled_in_words(ratio: pd.DataFrame) -> str:
    """When the steps have settled: "31.2 ± 4.0", "not in 200 steps", or how many seeds have."""
    found = settled(ratio)
    known = found[np.isfinite(found)]
    if not len(known):
        return f"not in {text.count(len(ratio), 'step')}" if len(found) else "–"
    if len(known) < len(found):
        return f"{len(known)} of {text.count(len(found), 'seed')} in {len(ratio)} steps"
    return plus_minus(found, 1)


def plus_minus(values: Iterable[float], digits: int) -> str:
    """Mean ± half the interval, the mean alone for one seed, a dash for none."""
    interval = stats.mean_interval(values)
    if interval.n == 0:
        return f"diverged ({interval.lost})" if interval.lost else "–"
    lost = f" ({interval.lost} diverged)" if interval.lost and interval.defined else ""
    return f"{text.mean_and_half(interval, digits)}{lost}"


def cost_in_words(window: pd.DataFrame, event: str, formulation: str = "lr-inside") -> str:
    """Compare a form's mean validation loss of 50 steps after the change: "0.002 higher than …"."""
    one, outside = (
        shock.loss_after(shock.case(window, event, form, shock.MOMENTUM))
        for form in (formulation, "lr-outside")
    )
    found = stats.paired(one, outside)
    return text.compared(found, "higher", "lower", "that of LR outside", digits=4)


def jump_in_words(window: pd.DataFrame, event: str, formulation: str) -> str:
    """Return by how much a form's loss changes, from 50 steps before to 50 after: "0.2 ± 0.1"."""
    one = shock.case(window, event, formulation, shock.MOMENTUM)
    if one.empty:
        return "not measured yet"
    return text.with_interval(stats.mean_interval(shock.loss_jump(one)))


def spike_in_words(window: pd.DataFrame, formulation: str, momentum: float) -> str:
    """Return where the mean loss after the drop is highest, over its mean before the drop.

    "0.0109 ± 0.0068 (11 steps after the drop)".
    """
    one = shock.case(window, shock.DROP, formulation, momentum)
    after = one[(one["k"] >= 1) & one["val_loss"].notna()]
    if after.empty:
        return "not measured yet"
    steps, seeds, losses = grouping.pivot(after, "k", "seed", "val_loss")
    changes = losses - shock.loss_before(one).reindex(seeds).to_numpy()
    at = int(np.ma.masked_invalid(changes).mean(axis=1).argmax())
    height = stats.mean_interval(changes[at])
    return f"{text.with_interval(height)} ({text.count(int(steps[at]), 'step')} after the drop)"


def lengths_in_words(window: pd.DataFrame, formulation: str) -> str:
    """Mean of the first step lengths after the drop over the old length, with its interval."""
    one = shock.case(window, shock.DROP, formulation, shock.MOMENTUM)
    after = one[(one["k"] >= 1) & (one["k"] <= shock.FIRST)]
    lengths = grouping.mean_by_seed(after["relative_update"], after["seed"])
    return text.with_interval(stats.mean_interval(lengths), digits=2)


def cosine_in_words(window: pd.DataFrame, column: str, formulation: str, when: str) -> str:
    """Mean cosine around the drop, momentum 0.9: "before" it, or in the first steps "after" it."""
    return text.with_interval(
        stats.mean_interval(_cosine(window, column, formulation, when)), "", 2
    )


def cosine_change_in_words(window: pd.DataFrame, column: str, formulation: str) -> str:
    """Return the mean cosine in the first steps after the drop against that before, by seed."""
    after, before = (_cosine(window, column, formulation, when) for when in ("after", "before"))
    change = stats.paired(after, before)
    return text.compared(change, "higher", "lower", "before the drop", digits=3)


def _cosine(window: pd.DataFrame, column: str, formulation: str, when: str) -> pd.Series:
    one = shock.case(window, shock.DROP, formulation, shock.MOMENTUM)
    first, last = {"before": (-math.inf, 0), "after": (1, shock.FIRST)}[when]
    rows = (one["k"] >= first) & (one["k"] <= last)
    return grouping.mean_by_seed(one.loc[rows, column], one.loc[rows, "seed"])
