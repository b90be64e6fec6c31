"""Learning-rate schedules: PyTorch's own, stepped on a dummy optimiser and kept as an array.

A schedule is a row of ``SCHEDULES``. Its semantics (off-by-one, start of a warm-up, last value)
are PyTorch's by construction, because the real scheduler object is what fills the array.
Importing this module does not import torch; building a schedule does.

Arguments are counted in epochs wherever PyTorch's class counts steps of its own unit, so
``T_max=20`` is twenty epochs also for a schedule that moves at every optimiser step.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

    from experiments.settings import Run


@dataclass(frozen=True)
class Budget:
    """How long a run trains, in both units a scheduler may count."""

    epochs: int
    steps_per_epoch: int

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.epochs * self.steps_per_epoch

    def part(self, epochs: float) -> int:
        """Return the optimiser steps of so many epochs."""
        return round(epochs * self.steps_per_epoch)


Build = Callable[["Optimizer", Budget, Mapping[str, Any]], "LRScheduler"]


@dataclass(frozen=True)
class Schedule:
    """One row: when the scheduler is stepped, its arguments, and how to build it.

    ``unit`` is ``"epoch"`` or ``"step"``; ``"metric"`` marks the one that reacts to training.
    ``"epoch-first"`` steps at the start of an epoch: the misplaced call of claim C11. An argument
    is of a kind that settings.py knows, or one of some names.
    """

    unit: Literal["epoch", "epoch-first", "step", "metric"]
    required: Mapping[str, str | tuple[str, ...]]
    optional: Mapping[str, str | tuple[str, ...]]
    build: Build | None = None  # None: PyTorch's class of the row's name


def _torch_class(name: str) -> Build:
    def build(optimizer: Optimizer, budget: Budget, args: Mapping[str, Any]) -> LRScheduler:
        from torch.optim import lr_scheduler

        return getattr(lr_scheduler, name)(optimizer, **args)

    return build


def _constant(optimizer: Optimizer, budget: Budget, args: Mapping[str, Any]) -> LRScheduler:
    from torch.optim.lr_scheduler import ConstantLR

    return ConstantLR(optimizer, factor=1.0, total_iters=1)


def _cyclic(optimizer: Optimizer, budget: Budget, args: Mapping[str, Any]) -> LRScheduler:
    from torch.optim.lr_scheduler import CyclicLR

    rest = {key: value for key, value in args.items() if key not in ("max_lr", "half_cycle")}
    half_cycle = budget.part(args["half_cycle"])
    base_lr = optimizer.param_groups[0]["lr"]
    return CyclicLR(
        optimizer, base_lr, args["max_lr"], step_size_up=half_cycle, cycle_momentum=False, **rest
    )


def _one_cycle(optimizer: Optimizer, budget: Budget, args: Mapping[str, Any]) -> LRScheduler:
    from torch.optim.lr_scheduler import OneCycleLR

    # The base LR is the peak. A run without momentum keeps none: PyTorch would give it 0.95.
    group = optimizer.param_groups[0]
    has_momentum = group.get("momentum", 0) > 0 or "betas" in group
    return OneCycleLR(
        optimizer,
        max_lr=group["lr"],
        total_steps=budget.steps,
        cycle_momentum=has_momentum,
        **args,
    )


def _warmup_cosine(optimizer: Optimizer, budget: Budget, args: Mapping[str, Any]) -> LRScheduler:
    from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

    warmup = budget.part(args["warmup"])
    return SequentialLR(
        optimizer,
        [
            LinearLR(optimizer, start_factor=args.get("start_factor", 0.01), total_iters=warmup),
            CosineAnnealingLR(optimizer, T_max=budget.steps - warmup),
        ],
        milestones=[warmup],
    )


def _warmup_stable_decay(
    optimizer: Optimizer, budget: Budget, args: Mapping[str, Any]
) -> LRScheduler:
    from torch.optim.lr_scheduler import ConstantLR, LinearLR, SequentialLR

    warmup, decay = budget.part(args["warmup"]), budget.part(args["decay"])
    return SequentialLR(
        optimizer,
        [
            LinearLR(optimizer, start_factor=args.get("start_factor", 0.01), total_iters=warmup),
            ConstantLR(optimizer, factor=1.0, total_iters=1),
            LinearLR(optimizer, 1.0, end_factor=args.get("end_factor", 0.0), total_iters=decay),
        ],
        milestones=[warmup, budget.steps - decay],
    )


def _range_test(optimizer: Optimizer, budget: Budget, args: Mapping[str, Any]) -> LRScheduler:
    from torch.optim.lr_scheduler import ExponentialLR

    start = optimizer.param_groups[0]["lr"]
    return ExponentialLR(optimizer, (args["max_lr"] / start) ** (1 / max(1, budget.steps - 1)))


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("epoch", {}, {}, _constant),
    "StepLR": Schedule("epoch", {"step_size": "count"}, {"gamma": "positive"}),
    "StepLR-misplaced": Schedule(
        "epoch-first", {"step_size": "count"}, {"gamma": "positive"}, _torch_class("StepLR")
    ),
    "MultiStepLR": Schedule("epoch", {"milestones": "rising counts"}, {"gamma": "positive"}),
    "ExponentialLR": Schedule("epoch", {"gamma": "positive"}, {}),
    "LinearLR": Schedule(
        "epoch", {"end_factor": "[0, 1]", "total_iters": "count"}, {"start_factor": "(0, 1]"}
    ),
    "PolynomialLR": Schedule("epoch", {"total_iters": "count"}, {"power": "positive"}),
    "CosineAnnealingLR": Schedule("epoch", {"T_max": "count"}, {"eta_min": "positive or 0"}),
    "CosineAnnealingWarmRestarts": Schedule(
        "epoch", {"T_0": "count"}, {"T_mult": "count", "eta_min": "positive or 0"}
    ),
    "CyclicLR": Schedule(
        "step",
        {"max_lr": "positive", "half_cycle": "positive"},
        {"mode": ("triangular", "triangular2", "exp_range"), "gamma": "positive"},
        _cyclic,
    ),
    "OneCycleLR": Schedule(
        "step",
        {},
        {
            **{"pct_start": "(0, 1)", "div_factor": "positive", "final_div_factor": "positive"},
            **{"anneal_strategy": ("cos", "linear"), "three_phase": "flag"},
            **{"base_momentum": "[0, 1)", "max_momentum": "[0, 1)"},
        },
        _one_cycle,
    ),
    "warmup-cosine": Schedule(
        "step", {"warmup": "positive"}, {"start_factor": "(0, 1]"}, _warmup_cosine
    ),
    "warmup-stable-decay": Schedule(
        "step",
        {"warmup": "positive", "decay": "positive"},
        {"start_factor": "(0, 1]", "end_factor": "[0, 1]"},
        _warmup_stable_decay,
    ),
    "range-test": Schedule("step", {"max_lr": "positive"}, {}, _range_test),
    "ReduceLROnPlateau": Schedule(
        "metric",
        {},
        {
            **{"mode": ("min", "max"), "factor": "(0, 1)", "patience": "count or 0"},
            **{"threshold": "positive or 0", "threshold_mode": ("rel", "abs")},
            **{"cooldown": "count or 0", "min_lr": "positive or 0"},
        },
    ),
}


def dummy_optimizer(run: Run) -> Optimizer:
    """Return an optimiser of one parameter that has the run's LR and momentum."""
    import torch

    parameter = torch.nn.Parameter(torch.zeros(1))
    if run.optimizer == "sgd":
        return torch.optim.SGD([parameter], lr=run.base_lr, momentum=run.momentum)
    return torch.optim.Adam([parameter], lr=run.base_lr, betas=(run.momentum, 0.999))


def build(run: Run, optimizer: Optimizer, steps_per_epoch: int) -> LRScheduler | ReduceLROnPlateau:
    """Return the run's PyTorch scheduler, attached to `optimizer`."""
    budget = Budget(run.epochs, steps_per_epoch)
    make = SCHEDULES[run.schedule].build or _torch_class(run.schedule)
    return make(optimizer, budget, dict(run.schedule_args))


def materialise(run: Run, steps_per_epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """Step the run's scheduler through the whole training and write down what it says.

    Parameters
    ----------
    run
        The settings; `run.schedule` names a row of ``SCHEDULES``.
    steps_per_epoch
        Optimiser steps in one epoch.

    Returns
    -------
    lr, momentum
        Two float64 arrays of shape [epochs · steps_per_epoch]. For ReduceLROnPlateau, which
        reacts to the measured metric, the LR is the base LR throughout: training drives it.
    """
    unit = SCHEDULES[run.schedule].unit
    optimizer = dummy_optimizer(run)
    scheduler = build(run, optimizer, steps_per_epoch)
    group = optimizer.param_groups[0]
    lr, momentum = np.empty((2, run.epochs, steps_per_epoch))
    with warnings.catch_warnings():
        # Stepping without training is the point here; PyTorch warns about exactly that.
        # SequentialLR itself calls step(epoch), whose deprecation PyTorch announces to us.
        warnings.filterwarnings("ignore", message="Detected call of `lr_scheduler.step")
        warnings.filterwarnings("ignore", message="The epoch parameter in `scheduler.step")
        for epoch in range(run.epochs):
            if unit == "epoch-first":
                scheduler.step()
            for step in range(steps_per_epoch):
                lr[epoch, step] = group["lr"]
                momentum[epoch, step] = group["betas"][0] if "betas" in group else group["momentum"]
                is_last = epoch == run.epochs - 1 and step == steps_per_epoch - 1
                if unit == "step" and not is_last:
                    scheduler.step()
            if unit == "epoch":
                scheduler.step()
    return lr.reshape(-1), momentum.reshape(-1)
