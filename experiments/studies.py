"""The studies: name → runs, by products of tuples. To add one: a function and a row.

No torch is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from experiments.data import steps_per_epoch
from experiments.settings import Run


@dataclass(frozen=True)
class Study:
    """One row: what it asks, how many seeds it has by default, and its runs for some seeds."""

    question: str
    seeds: int
    declare: Callable[[range], list[Run]]

    def runs(self, seeds: int | None = None) -> list[Run]:
        """Return the runs for seeds 0, 1, … (as many as given, else the default)."""
        return self.declare(range(self.seeds if seeds is None else seeds))


ARTICLE_A_RATES = (0.1, 0.01, 0.001, 0.0001, 0.00001)


def fixed_lr(seeds: range) -> list[Run]:
    """Article A's setting, one constant learning rate a run; its five also with momentum."""
    plain = product((0.0,), (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0001, 0.00001), seeds)
    heavy = product((0.9,), ARTICLE_A_RATES, seeds)
    return [
        Run(momentum=momentum, base_lr=lr, epochs=20, seed=seed)
        for momentum, lr, seed in (*plain, *heavy)
    ]


def adam_lr(seeds: range) -> list[Run]:
    """Article B's setting: Adam, the wider CNN, five epochs."""
    return [
        Run(model="cnn-16-32", optimizer="adam", momentum=0.9, base_lr=lr, epochs=5, seed=seed)
        for lr, seed in product((0.00001, 0.0001, 0.001, 0.003, 0.01, 0.1), seeds)
    ]


def lr_range(seeds: range) -> list[Run]:
    """Smith's range test (2017): the LR grows exponentially through one epoch, step by step."""
    starts = (
        Run(base_lr=1e-4, schedule="range-test", schedule_args={"max_lr": 10.0}, momentum=0.0),
        Run(base_lr=1e-4, schedule="range-test", schedule_args={"max_lr": 10.0}, momentum=0.9),
        Run(
            model="cnn-16-32",
            optimizer="adam",
            base_lr=1e-6,
            schedule="range-test",
            schedule_args={"max_lr": 1.0},
            momentum=0.9,
        ),
    )
    last = steps_per_epoch("mnist", 64)
    return [
        replace(start, epochs=1, seed=seed, record_from=1, record_to=last)
        for start, seed in product(starts, seeds)
    ]


def steplr(seeds: range) -> list[Run]:
    """Drop factor γ by step_size in 30 epochs, claim C1 with momentum, the misplaced step (C11).

    A γ of 1 and a step_size of 30 never drop, so they are the constant run.
    """
    staircases = [
        {"step_size": size, "gamma": gamma}
        for gamma, size in product((0.01, 0.1, 0.2, 0.5, 0.8, 0.9), (3, 5, 10, 15))
    ]
    tens = {"step_size": 10, "gamma": 0.1}
    settings: list[tuple[float, float, str, Mapping[str, Any]]] = [
        *((lr, 0.0, "constant", {}) for lr in (0.01, 0.1)),
        *((lr, 0.0, "StepLR", args) for lr, args in product((0.01, 0.1), staircases)),
        (0.01, 0.9, "constant", {}),
        (0.01, 0.9, "StepLR", tens),
        (0.01, 0.0, "StepLR-misplaced", tens),
    ]
    return [
        Run(
            base_lr=lr,
            momentum=momentum,
            schedule=name,
            schedule_args=args,
            epochs=30,
            seed=seed,
        )
        for (lr, momentum, name, args), seed in product(settings, seeds)
    ]


def momentum_shock(seeds: range) -> list[Run]:
    """Change the LR after the third of four epochs and watch every step (C6, C7, C8, C12).

    Two drops, a raise and two smooth controls that end at the LR of the larger drop. Without
    momentum the four formulations are one update, so only two of them are trained.
    """
    events: tuple[tuple[float, str, Mapping[str, Any]], ...] = (
        (0.01, "StepLR", {"step_size": 3, "gamma": 0.1}),
        (0.01, "StepLR", {"step_size": 3, "gamma": 0.5}),
        (0.001, "StepLR", {"step_size": 3, "gamma": 10.0}),
        (0.01, "ExponentialLR", {"gamma": 0.1 ** (1 / 3)}),
        (0.01, "CosineAnnealingLR", {"T_max": 3, "eta_min": 0.001}),
    )
    every = ("lr-outside", "lr-inside", "corrected", "wrongly-corrected")
    updates = [*product((0.0,), every[:2]), *product((0.5, 0.9, 0.99), every)]
    # The first step of epoch 4 is the first at the new LR.
    change = 3 * steps_per_epoch("mnist", 64) + 1
    sgd = [
        Run(
            base_lr=lr,
            schedule=name,
            schedule_args=args,
            momentum=momentum,
            formulation=formulation,
            epochs=4,
            seed=seed,
            record_from=change - 50,
            record_to=change + 199,
        )
        for (lr, name, args), (momentum, formulation), seed in product(events, updates, seeds)
    ]
    return sgd + [
        _with_adam(run) for run in sgd if run.formulation == "lr-outside" and run.momentum == 0.9
    ]


def _with_adam(run: Run) -> Run:
    """Return the same event under Adam, whose usual LR is a tenth of SGD's here."""
    args = dict(run.schedule_args)
    if "eta_min" in args:
        args["eta_min"] /= 10
    return replace(run, optimizer="adam", base_lr=run.base_lr / 10, schedule_args=args)


PHASES_EPOCHS = 10


def phases(seeds: range) -> list[Run]:
    """Every step of a whole training at a high, a middle, a low and a falling LR (C2, C3)."""
    settings: tuple[tuple[float, str, Mapping[str, Any]], ...] = (
        (0.1, "constant", {}),
        (0.01, "constant", {}),
        (0.001, "constant", {}),
        (0.1, "CosineAnnealingLR", {"T_max": PHASES_EPOCHS}),
    )
    return [
        Run(
            base_lr=lr,
            schedule=name,
            schedule_args=args,
            epochs=PHASES_EPOCHS,
            seed=seed,
            record_from=1,
            record_to=PHASES_EPOCHS * steps_per_epoch("mnist", 64),
        )
        for (lr, name, args), seed in product(settings, seeds)
    ]


def small_data(seeds: range) -> list[Run]:
    """Every drop factor of `steplr` at step_size 10, on 1,000 training images (C13)."""
    settings: list[tuple[str, Mapping[str, Any]]] = [
        ("constant", {}),
        *(
            ("StepLR", {"step_size": 10, "gamma": gamma})
            for gamma in (0.01, 0.1, 0.2, 0.5, 0.8, 0.9)
        ),
    ]
    return [
        Run(
            dataset="mnist-1000",
            base_lr=lr,
            schedule=name,
            schedule_args=args,
            epochs=30,
            seed=seed,
        )
        for lr, (name, args), seed in product((0.01, 0.1), settings, seeds)
    ]


# The whole budget of `schedules`, of which milestones 30, 60, 90 of 100 are taken in proportion.
SCHEDULES_EPOCHS = 10
# Peak LRs by momentum: the same η/(1 − μ) for both. The highest is where constant LRs break; from
# a third of it down, every schedule's best was at the edge.
PEAK_RATES = {0.0: (0.1, 0.3, 1.0), 0.9: (0.01, 0.03, 0.1)}
# One peak further (momentum, schedule, peak) where the best was at the edge of that grid.
BEYOND = ((0.0, "constant", 0.03), (0.9, "OneCycleLR", 0.3))


def schedules(seeds: range) -> list[Run]:
    """Thirteen schedules, each at every peak LR of a grid, validation held out of training.

    The LR of a schedule is its highest, so that a warm-up or a cycle compares with a constant.
    """
    grid = [(m, run) for m, peaks in PEAK_RATES.items() for p in peaks for run in _from_peak(p)]
    grid += [(m, run) for m, name, p in BEYOND for run in _from_peak(p) if run.schedule == name]
    return [
        replace(run, dataset="mnist-held-out", momentum=m, epochs=SCHEDULES_EPOCHS, seed=seed)
        for (m, run), seed in product(grid, seeds)
    ]


def _from_peak(peak: float) -> list[Run]:
    whole = SCHEDULES_EPOCHS
    rows: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("constant", {}),
        ("StepLR", {"step_size": 4, "gamma": 0.1}),
        ("MultiStepLR", {"milestones": (3, 6, 9), "gamma": 0.1}),
        ("ExponentialLR", {"gamma": 0.6}),
        ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": whole}),
        ("PolynomialLR", {"total_iters": whole, "power": 2.0}),
        ("CosineAnnealingLR", {"T_max": whole}),
        ("CosineAnnealingWarmRestarts", {"T_0": whole // 2}),
        ("CyclicLR", {"max_lr": peak, "half_cycle": whole / 4}),
        ("OneCycleLR", {}),
        ("warmup-cosine", {"warmup": 1}),
        ("warmup-stable-decay", {"warmup": 1, "decay": 3}),
        ("ReduceLROnPlateau", {"mode": "max", "factor": 0.1, "patience": 1}),
    )
    # CyclicLR names both ends: it rises from its base LR to the peak and back, twice.
    return [
        Run(base_lr=peak / 10 if name == "CyclicLR" else peak, schedule=name, schedule_args=args)
        for name, args in rows
    ]


STUDIES: dict[str, Study] = {
    "fixed-lr": Study("Which fixed learning rate trains the CNN best?", 10, fixed_lr),
    "adam-lr": Study("And with Adam, in five epochs?", 10, adam_lr),
    "lr-range": Study("At which learning rate does training break?", 5, lr_range),
    "steplr": Study("Which drop factor γ and step_size suit StepLR?", 5, steplr),
    "momentum-shock": Study("What does a new LR do to a momentum buffer?", 10, momentum_shock),
    "schedules": Study(
        "Which schedule trains best, at the same and at its own best LR?", 8, schedules
    ),
    "small-data": Study("Which drop factor suits 1,000 images?", 10, small_data),
    "phases": Study("How do gradients and updates change through a training?", 5, phases),
}
