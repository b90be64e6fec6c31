"""Made-up windows of steps around every change of LR of the study, for the tests of the shock."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis import shock
from tests.analysis_made_up import run, study

# Event → schedule, its arguments, the LR before and after the change.
EVENTS: dict[str, tuple[str, dict, float, float]] = {
    shock.DROP: ("StepLR", {"gamma": 0.1, "step_size": 3}, 0.01, 0.001),
    shock.HALF: ("StepLR", {"gamma": 0.5, "step_size": 3}, 0.01, 0.005),
    shock.RAISE: ("StepLR", {"gamma": 10.0, "step_size": 3}, 0.001, 0.01),
    shock.EXPONENTIAL: ("ExponentialLR", {"gamma": 0.1 ** (1 / 3)}, 0.00215, 0.001),
    shock.COSINE: ("CosineAnnealingLR", {"T_max": 3, "eta_min": 0.001}, 0.00325, 0.001),
}
# An event's own jump of the loss: whoever mixes events up gets another number.
JUMPS = {
    shock.DROP: 0.020,
    shock.HALF: 0.500,
    shock.RAISE: 0.900,
    shock.EXPONENTIAL: 0.004,
    shock.COSINE: 0.006,
}
FIRST_NEW = 151


def window(
    *,
    event: str,
    form: str = "lr-outside",
    momentum: float = 0.9,
    optimizer: str = "sgd",
    seed: int = 0,
    jump: float = 0.0,
    diverges: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One run and its steps, which follow the closed form for a steady gradient."""
    schedule, arguments, old, new = EVENTS[event]
    one = run(
        study="momentum-shock",
        seed=seed,
        epochs=4,
        optimizer=optimizer,
        momentum=momentum,
        formulation=form,
        base_lr=old,
        schedule=schedule,
        schedule_args=arguments,
    )
    step = np.arange(FIRST_NEW - 50, FIRST_NEW + 200)
    k = step - FIRST_NEW + 1
    length = 0.03 * shock.step_length(form, momentum, new / old, k)
    length = length * (1 + 0.01 * np.sin(step * (1 + seed)))
    val = np.where(k < 1, 0.1, 0.1 + jump) + 0.0002 * seed * (k >= 1)
    gone = diverges & (k > 20)
    columns = {
        "batch_loss": np.full(len(k), 0.1),
        "grad_norm": np.full(len(k), 1.0),
        "buffer_norm": np.full(len(k), 3.0),
        "update_norm": length,
        "cos_grad_buffer": np.full(len(k), 0.4),
        "cos_updates": np.full(len(k), 0.9),
        "val_loss": np.where((step - step[0]) % 10 == 0, val, np.nan),
    }
    steps = {"lr": np.where(k < 1, old, new)}
    steps |= {name: np.where(gone, np.nan, values) for name, values in columns.items()}
    epoch = np.where(k < 1, 3, 4)
    return one, pd.DataFrame(
        {"run_id": one["run_id"].iloc[0], "step": step, "epoch": epoch} | steps
    )


def trained_forms(optimizer: str, momentum: float) -> tuple[str, ...]:
    """The forms that the study trains: without momentum, the corrections change nothing."""
    if optimizer != "sgd":
        return shock.FORMULATIONS[:1]
    return shock.FORMULATIONS[:4] if momentum else shock.FORMULATIONS[:2]


def results(
    seeds: int = 3,
    jumps: dict[str, float] | None = None,
    events: Iterable[str] = tuple(EVENTS),
    momenta: Iterable[float] = (0.9,),
    forms: Iterable[str] = shock.FORMULATIONS[:4],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs and steps of a part of the study; ``jumps`` maps events to the jump of the loss."""
    made = [
        window(event=event, form=form, momentum=mu, seed=seed, jump=(jumps or {}).get(event, 0.0))
        for event in events
        for mu in momenta
        for form in forms
        for seed in range(seeds)
        if form in trained_forms("sgd", mu)
    ]
    made += [
        window(event=event, optimizer="adam", seed=seed)
        for event in events
        for seed in range(seeds)
    ]
    return together(made)


def together(
    made: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Several runs with their steps as the study's two tables."""
    runs, steps = zip(*made, strict=True)
    return study(*runs), study(*steps)
