"""The window of optimiser steps around a change of learning rate: closed forms and measurements.

Notation: momentum μ, learning rate η multiplied by γ; k counts optimiser steps and is 1 at the
first step taken with the new learning rate. Lengths are in units of the old step's length.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis import text
from analysis.grouping import mean_by_seed, with_runs
from analysis.stats import differences, select

FORMULATIONS = ("lr-outside", "lr-inside", "corrected", "wrongly-corrected", "nesterov")
# The changes of LR that are watched: StepLR's by their factor, and the smooth decays.
DROP, HALF, RAISE, EXPONENTIAL, COSINE = "×0.1", "×0.5", "×10", "exponential", "cosine"
EVENTS = {
    DROP: "LR cut to a tenth",
    HALF: "LR halved",
    RAISE: "LR raised tenfold",
    EXPONENTIAL: "exponential decay",
    COSINE: "cosine decay",
}
SMOOTH = {"ExponentialLR": EXPONENTIAL, "CosineAnnealingLR": COSINE}
# The momentum that decides, and that is shown where several are not compared.
MOMENTUM = 0.9
# "The first steps" after a change, and the steps over which a loss around it is averaged.
FIRST, AROUND = 10, 50
# A step has settled where its length is within this share of the new one.
WITHIN = 0.1
_SETTINGS = ["run_id", "optimizer", "formulation", "base_lr", "schedule", "momentum", "seed"]


def step_length(formulation: str, momentum: float, gamma: float, k: np.ndarray) -> np.ndarray:
    """Step length over the old one, k steps after the change, under a steady gradient.

    - LR outside, w ← w − η b with b ← μ b + g: γ at once (the corrected form equals it);
    - LR inside, w ← w − v with v ← μ v + η g: γ + (1 − γ) μ^k;
    - the correction applied to a buffer that needs none: γ (1 − (1 − γ) μ^k).

    Parameters
    ----------
    k : array of float, shape [steps]; values below 1 lie before the change and give 1.
    """
    k = np.asarray(k, dtype=float)
    fading = momentum ** np.maximum(k, 0.0)
    if formulation in ("lr-outside", "corrected"):
        after = np.full_like(k, gamma)
    elif formulation == "lr-inside":
        after = gamma + (1 - gamma) * fading
    elif formulation == "wrongly-corrected":
        after = gamma * (1 - (1 - gamma) * fading)
    else:
        raise ValueError(
            f"no closed form for {formulation!r}; known: {', '.join(FORMULATIONS[:4])}"
        )
    return np.where(k < 1, 1.0, after)


def step_length_noise(formulation: str, momentum: float, gamma: float, k: np.ndarray) -> np.ndarray:
    """Return the same for successive gradients that are independent noise, not steady.

    The squares of independent contributions add: a buffer of independent gradients has a squared
    length proportional to Σ μ^(2j), so that for LR inside the ratio is
    sqrt(μ^(2k) + γ² (1 − μ^(2k))), and for the wrong correction γ sqrt(1 − (1 − γ²) μ^(2k)).
    LR outside is γ at once here too.
    """
    k = np.asarray(k, dtype=float)
    fading = momentum ** (2 * np.maximum(k, 0.0))
    if formulation in ("lr-outside", "corrected"):
        after = np.full_like(k, gamma)
    elif formulation == "lr-inside":
        after = np.sqrt(fading + gamma**2 * (1 - fading))
    elif formulation == "wrongly-corrected":
        after = gamma * np.sqrt(1 - (1 - gamma**2) * fading)
    else:
        raise ValueError(
            f"no closed form for {formulation!r}; known: {', '.join(FORMULATIONS[:4])}"
        )
    return np.where(k < 1, 1.0, after)


def settling_steps(momentum: float, gamma: float, noise: bool = False) -> int:
    """Count the steps until the LR-inside step is within a tenth (``WITHIN``) of the new length.

    The smallest k with |1 − γ| μ^k ≤ 0.1 γ; for gradients that are independent noise and a drop,
    with sqrt(μ^(2k) + γ² (1 − μ^(2k))) ≤ 1.1 γ. 1 without momentum.
    """
    if momentum == 0:
        return 1
    if noise:
        share = gamma**2 * ((1 + WITHIN) ** 2 - 1) / (1 - gamma**2)
        return math.ceil(math.log(share) / math.log(momentum**2))
    return math.ceil(math.log(WITHIN * gamma / abs(1 - gamma)) / math.log(momentum))


def extra_path(momentum: float, gamma: float) -> float:
    """Path that LR inside walks beyond LR outside after a drop, in units of the new step.

    Σ_{k≥1} (1 − γ) μ^k / γ = (1 − γ) μ / (γ (1 − μ)).
    """
    return (1 - gamma) * momentum / (gamma * (1 - momentum))


def position_after(formulation: str, momentum: float, rates: list[float]) -> float:
    """Position after one step a learning rate, from 0, with a gradient of 1 throughout."""
    position, buffer = 0.0, 0.0
    for rate in rates:
        if formulation == "lr-outside":
            buffer = momentum * buffer + 1.0
            position -= rate * buffer
        elif formulation == "lr-inside":
            buffer = momentum * buffer + rate
            position -= buffer
        else:
            raise ValueError(f"no position for {formulation!r}; known: lr-outside, lr-inside")
    return position


def windows(runs: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Line up the recorded windows on the change of LR, with their run's settings.

    Parameters
    ----------
    runs : the study's table, one row per run and epoch
    steps : the study's steps, one row per run and step

    Returns
    -------
    DataFrame
        The steps with the settings, ``gamma`` (new LR over old), ``event`` (a key of ``EVENTS``
        in the study), ``k`` and ``relative_update`` (‖Δθ‖ over its mean before the change). Runs
        whose LR never changes in the window, or was never recorded before, are left out.
    """
    every = with_runs(steps, runs[_SETTINGS].drop_duplicates("run_id"))
    old = every.groupby("run_id", observed=True)["lr"].shift()
    changed = old.notna() & ~np.isclose(every["lr"], old, rtol=1e-6, atol=0)
    first = every.assign(gamma=every["lr"] / old)[changed].drop_duplicates("run_id")
    gammas = first["gamma"].tolist()
    names = [SMOOTH.get(schedule) for schedule in first["schedule"]]
    events = [name or f"×{text.lr(round(g, 6))}" for name, g in zip(names, gammas, strict=True)]
    about = first[["run_id"]].assign(gamma=gammas, event=events, first=first["step"])
    lined = every.merge(about, on="run_id", how="inner")
    lined = lined.assign(event=pd.Categorical(lined["event"]), k=lined["step"] - lined["first"] + 1)
    before = lined["update_norm"].where(lined["k"] < 1)
    usual = before.groupby(lined["run_id"], observed=True).transform("mean")
    return lined.assign(relative_update=lined["update_norm"] / usual).drop(columns="first")


def case(
    window: pd.DataFrame, event: str, formulation: str, momentum: float, optimizer: str = "sgd"
) -> pd.DataFrame:
    """Return the windows of one setting: they differ in nothing but the seed."""
    return select(
        window, event=event, formulation=formulation, momentum=momentum, optimizer=optimizer
    )


def mean_length_after(window: pd.DataFrame) -> pd.Series:
    """Mean of the first ten step lengths after the change over γ, by seed.

    1 means that the step took its new length at once; 1/γ that it did not shrink at all.
    """
    length, gamma, seed = _within(window, (1, FIRST), "relative_update", "gamma", "seed")
    return mean_by_seed(length / gamma, seed)


def loss_jump(window: pd.DataFrame) -> pd.Series:
    """Mean validation loss in the 50 steps after the change minus that in 50 before it, by seed.

    It is recorded every tenth step; batches differ too much to compare their own losses. Infinite
    where a run diverged, so that it is counted as lost.
    """
    return differences(loss_after(window), loss_before(window)).fillna(np.inf)


def loss_before(window: pd.DataFrame) -> pd.Series:
    """Mean loss in the 50 steps before the change, by seed; infinite where a run diverged."""
    return _mean_loss(window, (1 - AROUND, 0))


def loss_after(window: pd.DataFrame) -> pd.Series:
    """Mean loss in the 50 steps after the change, by seed; infinite where a run diverged."""
    return _mean_loss(window, (1, AROUND))


def _mean_loss(window: pd.DataFrame, k: tuple[int, int]) -> pd.Series:
    losses, batch_losses, seed = _within(window, k, "val_loss", "batch_loss", "seed")
    return mean_by_seed(np.where(np.isfinite(batch_losses), losses, np.inf), seed)


def _within(window: pd.DataFrame, k: tuple[int, int], *columns: str) -> list[np.ndarray]:
    """Return some columns of a window, from one step to another, both included."""
    at = window["k"].to_numpy()
    shown = (at >= k[0]) & (at <= k[1])
    return [window[column].to_numpy()[shown] for column in columns]
