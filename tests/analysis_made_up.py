"""Made-up results with the columns of the real ones, for the tests of ``analysis``."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.claims import CLAIMS, LINED_UP, check
from analysis.verdicts import Verdict

Curve = Callable[[np.ndarray, int], np.ndarray]


def run(
    *,
    seed: int = 0,
    epochs: int = 20,
    loss: Curve | None = None,
    accuracy: Curve | None = None,
    schedule_args: dict | None = None,
    **settings: object,
) -> pd.DataFrame:
    """One run; ``loss`` and ``accuracy`` map epochs (from 1) and the seed to the curve."""
    epoch = np.arange(1, epochs + 1)
    loss = loss or (lambda e, s: 0.4 / e + 0.001 * s)
    accuracy = accuracy or (lambda e, s: 0.985 - 0.1 / e + 0.0004 * s)
    defaults = {
        "study": "fixed-lr",
        "dataset": "mnist",
        "model": "cnn-8-16",
        "optimizer": "sgd",
        "formulation": "lr-outside",
        "base_lr": 0.01,
        "schedule": "constant",
        "momentum": 0.0,
        "batch_size": 64,
    }
    row = {**defaults, **settings}
    arguments = schedule_args or {}
    rates = np.full(epochs, float(row["base_lr"]))
    if row["schedule"] == "StepLR":
        rates *= arguments["gamma"] ** ((epoch - 1) // arguments["step_size"])
    train_loss, val_accuracy = loss(epoch, seed), accuracy(epoch, seed)
    name = "-".join(str(row[k]) for k in sorted(row)) + json.dumps(arguments) + f"-{seed}"
    return pd.DataFrame(
        {
            "run_id": name,
            **row,
            "schedule_args": json.dumps(arguments),
            "epochs": epochs,
            "seed": seed,
            "record_from": 0,
            "record_to": 0,
            "epoch": epoch,
            "lr": rates,
            "train_loss": train_loss,
            "train_accuracy": np.clip(val_accuracy + 0.002, 0, 1),
            "val_loss": train_loss * 1.1,
            "val_accuracy": val_accuracy,
            "grad_norm": 1.0 / epoch,
            "test_loss": np.nan,
            "test_accuracy": np.nan,
            "seconds": 4.0,
            "diverged": False,
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "torch": "2.15.0",
            "device": "CPU <2 cores> & more",
            "precision": "float32",
            "trained_at": "2026-11-20T12:00:00+00:00",
            "data_sha256": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "digest": "feedface" * 8,
        }
    )


def study(*runs: pd.DataFrame) -> pd.DataFrame:
    """Several runs as one table."""
    return pd.concat(runs, ignore_index=True)


def fixed_lr(seeds: int = 3, **changes: dict) -> pd.DataFrame:
    """Article A's five learning rates; ``changes`` maps "lr_0_01" and the like to ``run`` options.

    As made, larger learning rates are steady and better.
    """
    height = {0.1: 0.990, 0.01: 0.985, 0.001: 0.93, 0.0001: 0.6, 0.00001: 0.15}
    runs = []
    for rate, top in height.items():
        options = changes.get("lr_" + f"{rate:.5f}".rstrip("0").replace(".", "_"), {})
        for seed in range(seeds):
            made = {
                "loss": lambda e, s, top=top: (1.2 - top) / e**0.5 + 0.0005 * s,
                "accuracy": lambda e, s, top=top: top - 0.1 / e + 0.0003 * s,
            }
            runs.append(run(seed=seed, base_lr=rate, **(made | options)))
    return study(*runs)


def adam_lr(
    seeds: int = 3, top: dict[float, float] | None = None, **options: object
) -> pd.DataFrame:
    """Article B's three learning rates under Adam."""
    top = top or {0.01: 0.975, 0.001: 0.985, 0.0001: 0.97}
    shared = {"study": "adam-lr", "model": "cnn-16-32", "optimizer": "adam", "momentum": 0.9}
    return study(
        *(
            run(
                seed=seed,
                base_lr=rate,
                epochs=5,
                accuracy=lambda e, s, height=height: height - 0.02 / e**2 + 0.0002 * s,
                loss=lambda e, s, height=height: 1.1 - height + 0.3 / e + 0.0005 * s,
                **(shared | options),
            )
            for rate, height in top.items()
            for seed in range(seeds)
        )
    )


def steplr(seeds: int = 3, wobble: float = 0.0) -> pd.DataFrame:
    """LR 0.01 for 30 epochs beside StepLR; ``wobble`` makes the constant LR's loss oscillate."""
    tenfold = {"gamma": 0.1, "step_size": 10}
    runs = []
    for momentum in (0.0, 0.9):
        for seed in range(seeds):
            shared = {"study": "steplr", "seed": seed, "epochs": 30, "momentum": momentum}
            runs.append(
                run(
                    loss=lambda e, s: 0.3 / e + wobble * (1 + 0.02 * s) * (e % 2),
                    **shared,
                )
            )
            runs.append(run(schedule="StepLR", schedule_args=tenfold, **shared))
    return study(*runs)


def momentum_shock(
    seeds: int = 3, coasting: bool = False, jump: float = 0.0, alike: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs and steps around a tenfold drop at step 151.

    ``coasting`` lets PyTorch's form keep its old speed, ``jump`` moves the validation loss after
    the drop where there is momentum, ``alike`` gives LR inside the steps of LR outside.
    """
    drop = {"gamma": 0.1, "step_size": 3}
    runs, steps = [], []
    for momentum in (0.0, 0.9):
        for form in ("lr-outside", "lr-inside"):
            for seed in range(seeds):
                one = run(
                    study="momentum-shock",
                    seed=seed,
                    epochs=4,
                    momentum=momentum,
                    formulation=form,
                    schedule="StepLR",
                    schedule_args=drop,
                )
                runs.append(one)
                step = np.arange(101, 351)
                k = step - 150
                fading = momentum ** np.maximum(k, 0)
                slow = (form == "lr-inside" and not alike) or (coasting and momentum > 0)
                after = 0.1 + 0.9 * fading if slow else np.full(len(k), 0.1)
                length = np.where(k < 1, 1.0, after) * 0.03
                length = length * (1 + 0.01 * np.sin(step * (1 + seed)))
                val = np.where(k < 1, 0.10, 0.10 + (jump if momentum else -0.002) + 0.0005 * seed)
                steps.append(
                    pd.DataFrame(
                        {
                            "run_id": one["run_id"].iloc[0],
                            "step": step,
                            "epoch": np.where(k < 1, 3, 4),
                            "lr": np.where(k < 1, 0.01, 0.001),
                            "batch_loss": 0.1,
                            "grad_norm": 1.0,
                            "buffer_norm": 3.0,
                            "update_norm": length,
                            "cos_grad_buffer": 0.3,
                            "cos_updates": 0.9,
                            "val_loss": np.where(step % 10 == 0, val, np.nan),
                        }
                    )
                )
    return study(*runs), study(*steps)


def judge(claim_id: str, runs: pd.DataFrame, steps: pd.DataFrame) -> Verdict:
    """Judge a claim from a study's two tables, as they are stored."""
    return check(claim_id, runs, LINED_UP[CLAIMS[claim_id].results[0]](runs, steps))
