"""Example settings and made-up results for the tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.provenance import Provenance
from experiments.records import STEP_METRICS, Record, metrics
from experiments.settings import Run

# For a training of four epochs.

EXAMPLE_SCHEDULES: dict[str, dict[str, Any]] = {
    "constant": {},
    "StepLR": {"step_size": 1, "gamma": 0.5},
    "StepLR-misplaced": {"step_size": 2, "gamma": 0.1},
    "MultiStepLR": {"milestones": (1, 3), "gamma": 0.3},
    "ExponentialLR": {"gamma": 0.7},
    "LinearLR": {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 3},
    "PolynomialLR": {"total_iters": 4, "power": 2.0},
    "CosineAnnealingLR": {"T_max": 4, "eta_min": 0.001},
    "CosineAnnealingWarmRestarts": {"T_0": 2},
    "CyclicLR": {"max_lr": 0.2, "half_cycle": 0.5, "mode": "triangular2"},
    "OneCycleLR": {"pct_start": 0.3},
    "warmup-cosine": {"warmup": 1},
    "warmup-stable-decay": {"warmup": 1, "decay": 1},
    "range-test": {"max_lr": 1.0},
    "ReduceLROnPlateau": {"patience": 0, "threshold": 0.5, "factor": 0.5},
}


def record(run: Run, seed: int = 0) -> Record:
    """A finished run with made-up numbers: nothing was trained."""
    random = np.random.default_rng(seed)
    count = run.steps
    number = np.arange(run.record_from, run.record_from + count)
    return Record(
        run,
        {name: random.random(run.epochs) for name in (*metrics(run), "seconds")},
        {"step": number, "epoch": number, **{name: random.random(count) for name in STEP_METRICS}}
        if count
        else {},
        [1.0, 2.0],
        Provenance("c0ffee", "2.11", "a made-up device", "float32", "2026-01-01T00:00:00+00:00"),
    )
