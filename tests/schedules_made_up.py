"""Made-up results of the studies `schedules` and `phases`, for the tests of their claims."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.schedules import ORDER
from tests.analysis_made_up import run, study

PEAKS = {0.0: (0.03, 0.1, 0.3), 0.9: (0.003, 0.01, 0.03)}


def schedules(
    seeds: int = 3,
    tops: Mapping[str, float] | None = None,
    quick: tuple[str, ...] = (),
    momenta: tuple[float, ...] = (0.9,),
    best_peak: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Return runs of all thirteen schedules at three peaks.

    ``tops`` maps a schedule to the accuracy that it ends at (else 98.5 %), ``quick`` names those
    that reach 98 % in epoch 2 instead of 5, ``best_peak`` the place of a schedule's best peak (else
    the middle one): the others end 0.2 points lower.
    """
    runs = []
    for momentum in momenta:
        for place, peak in enumerate(PEAKS[momentum]):
            for schedule in ORDER:
                off = abs(place - (best_peak or {}).get(schedule, 1))
                top = (tops or {}).get(schedule, 0.985) - 0.002 * off
                for seed in range(seeds):
                    runs.append(_one(schedule, peak, momentum, seed, top, schedule in quick))
    return study(*runs)


def _one(
    schedule: str, peak: float, momentum: float, seed: int, top: float, quick: bool
) -> pd.DataFrame:
    cyclic = schedule == "CyclicLR"
    arguments = {
        "CyclicLR": {"half_cycle": 2.5, "max_lr": peak},
        "StepLR": {"step_size": 4, "gamma": 0.1},
    }
    reach = 2 if quick else 5
    # Seeds differ, and a little from schedule to schedule, with no schedule lucky over three.
    luck = 0.0004 * seed + 0.00002 * ((seed + len(schedule)) % 3 - 1)
    made = run(
        study="schedules",
        dataset="mnist-held-out",
        schedule=schedule,
        schedule_args=arguments.get(schedule),
        base_lr=peak / 10 if cyclic else peak,
        momentum=momentum,
        epochs=10,
        seed=seed,
        accuracy=lambda e, s: np.where(e >= reach, top, 0.97) + luck,
    )
    return made.assign(test_loss=made["val_loss"], test_accuracy=made["val_accuracy"] - 0.0005)


def phases(
    seeds: int = 3,
    shrink: float = 0.2,
    jitter: tuple[float, float] = (0.1, 0.5),
    cosines: Mapping[str, float] | None = None,
    tops: Mapping[str, float] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return runs and steps of four trainings of two epochs with 100 steps each.

    ``shrink`` is the gradient norm at the end over that at the start, ``jitter`` how much it jumps
    in the first tenth and after it; ``cosines`` maps a setting ("LR 0.1", "cosine") to the mean
    cosine of its updates, ``tops`` to its final accuracy.
    """
    cosines = {"LR 0.1": -0.1, "LR 0.01": 0.0, "LR 0.001": 0.05, "cosine": 0.02} | dict(
        cosines or {}
    )
    runs, steps = [], []
    for name, mean in cosines.items():
        rate = 0.1 if name == "cosine" else float(name.removeprefix("LR "))
        top = (tops or {}).get(name, 0.98)
        for seed in range(seeds):
            one = run(
                study="phases",
                schedule="CosineAnnealingLR" if name == "cosine" else "constant",
                base_lr=rate,
                epochs=2,
                seed=seed,
                accuracy=lambda e, s, top=top: top - 0.01 / e + 0.0001 * s,
            )
            runs.append(one)
            step = np.arange(1, 201)
            share = step / 200
            size = np.where(share <= 0.1, *jitter) * (1 + 0.02 * seed)
            norm = (1 + (shrink - 1) * share) * np.exp(size * (-1.0) ** step)
            steps.append(
                pd.DataFrame(
                    {
                        "run_id": one["run_id"].iloc[0],
                        "step": step,
                        "epoch": (step - 1) // 100 + 1,
                        "lr": rate,
                        "grad_norm": norm,
                        "update_norm": rate * norm,
                        "cos_updates": np.where(step == 1, np.nan, mean + 0.001 * seed),
                        "val_loss": np.where(step % 5 == 1, 0.1 + 2 * 0.9**step, np.nan),
                    }
                )
            )
    return study(*runs), study(*steps)
