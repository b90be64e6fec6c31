"""The studies: name → runs, by products of tuples. To add one: a function and a row.

No torch is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

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


def fixed_lr(seeds: range) -> list[Run]:
    """Article A's setting, one constant learning rate a run."""
    rates = (0.1, 0.01, 0.001, 0.0001, 0.00001)
    return [Run(base_lr=lr, epochs=20, seed=seed) for lr, seed in product(rates, seeds)]


def adam_lr(seeds: range) -> list[Run]:
    """Article B's setting: Adam, the wider CNN, five epochs."""
    return [
        Run(model="cnn-16-32", optimizer="adam", momentum=0.9, base_lr=lr, epochs=5, seed=seed)
        for lr, seed in product((0.0001, 0.001, 0.01), seeds)
    ]


def steplr(seeds: range) -> list[Run]:
    """0.01 for thirty epochs against 0.01, 0.001, 0.0001 by tens (claim C1)."""
    schedules: tuple[tuple[str, dict[str, float]], ...] = (
        ("constant", {}),
        ("StepLR", {"step_size": 10, "gamma": 0.1}),
    )
    return [
        Run(
            base_lr=0.01,
            schedule=name,
            schedule_args=args,
            momentum=momentum,
            epochs=30,
            seed=seed,
        )
        for (name, args), momentum, seed in product(schedules, (0.0, 0.9), seeds)
    ]


def momentum_shock(seeds: range) -> list[Run]:
    """One drop ×0.1 after the third of four epochs, watched step by step (claims C6, C7, C12)."""
    # The first step of epoch 4 is the first at the new LR.
    drop = 3 * steps_per_epoch("mnist", 64) + 1
    return [
        Run(
            base_lr=0.01,
            schedule="StepLR",
            schedule_args={"step_size": 3, "gamma": 0.1},
            momentum=momentum,
            formulation=formulation,
            epochs=4,
            seed=seed,
            record_from=drop - 50,
            record_to=drop + 199,
        )
        for momentum, formulation, seed in product((0.0, 0.9), ("lr-outside", "lr-inside"), seeds)
    ]


STUDIES: dict[str, Study] = {
    "fixed-lr": Study("Which fixed learning rate trains the CNN best?", 5, fixed_lr),
    "adam-lr": Study("And with Adam, in five epochs?", 5, adam_lr),
    "steplr": Study("What does a staircase of three learning rates give?", 5, steplr),
    "momentum-shock": Study("What does a drop do to a momentum buffer?", 5, momentum_shock),
}
