"""Made-up range tests, and trainings that break, for the tests of rates and range tests."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.analysis_made_up import run, study

STEPS = 938


def range_test(
    seeds: int = 3,
    optimizer: str = "sgd",
    momentum: float = 0.0,
    lowest: float = 0.3,
    explodes: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs and steps of range tests whose loss falls to ``lowest`` and comes back to guessing.

    ``explodes`` makes the loss infinite above three times that rate.
    """
    first, last = (1e-4, 10.0) if optimizer == "sgd" else (1e-6, 1.0)
    lr = np.geomspace(first, last, STEPS)
    model = "cnn-8-16" if optimizer == "sgd" else "cnn-16-32"
    runs, steps = [], []
    for seed in range(seeds):
        settings = {"optimizer": optimizer, "momentum": momentum, "model": model, "base_lr": first}
        one = run(study="lr-range", seed=seed, epochs=1, schedule="range-test", **settings)
        one["schedule_args"] = f'{{"max_lr": {last}}}'
        runs.append(one)
        away = np.log10(lr / (lowest * (1 + 0.05 * seed)))
        loss = np.clip(0.2 + 2.1 * np.where(away < 0, (away / 1.5) ** 2, 4 * away**2), 0, 2.6)
        loss = loss + 0.02 * np.sin(np.arange(STEPS) * (2 + seed))
        if explodes:
            loss = np.where(lr > 3 * lowest, np.inf, loss)
        length = lr * (1.0 if optimizer == "adam" else 0.01) * (1 + 0.01 * seed)
        steps.append(
            pd.DataFrame(
                {
                    "run_id": one["run_id"].iloc[0],
                    "step": np.arange(1, STEPS + 1),
                    "epoch": 1,
                    "lr": lr,
                    "batch_loss": loss,
                    "grad_norm": 1.0,
                    "buffer_norm": 1.0,
                    "update_norm": length * np.sqrt(103_018 if optimizer == "sgd" else 206_922),
                    "cos_grad_buffer": 0.3,
                    "cos_updates": 0.9,
                    "val_loss": np.nan,
                }
            )
        )
    return study(*runs), study(*steps)


def every_range_test(seeds: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plain SGD, SGD with momentum and Adam."""
    parts = [
        range_test(seeds),
        range_test(seeds, momentum=0.9, lowest=0.03),
        range_test(seeds, optimizer="adam", momentum=0.9, lowest=0.01),
    ]
    runs, steps = (study(*tables) for tables in zip(*parts, strict=True))
    return runs, steps


def guessing(e: np.ndarray, s: int) -> np.ndarray:
    """A loss that wobbles about that of pure guessing."""
    return 2.303 + 0.001 * np.sin(3.0 * e + s)


def edge(seeds: int = 3) -> pd.DataFrame:
    """Plain SGD and momentum: alike at the same effective rate, except that plain LR 1 is lost."""
    top = {1.0: 0.1135, 0.3: 0.99, 0.1: 0.989, 0.01: 0.983, 0.001: 0.93, 0.0001: 0.15}
    runs = []
    for seed in range(seeds):
        for rate, height in top.items():
            shapes = {"accuracy": lambda e, s, h=height: h - 0.0 * e}
            shapes["loss"] = guessing if rate == 1.0 else lambda e, s, h=height: 1.3 - h + 0.1 / e
            runs.append(run(seed=seed, base_lr=rate, **shapes))
        for rate in (0.1, 0.01, 0.001, 0.0001):
            height = top.get(round(10 * rate, 9), 0.0) if rate < 0.1 else 0.97
            runs.append(
                run(
                    seed=seed,
                    base_lr=rate,
                    momentum=0.9,
                    accuracy=lambda e, s, h=height: h + 0.0001 * np.sin(s + 10 * h) + 0.0 * e,
                )
            )
    return study(*runs)
