"""What can change a number: the settings of one training run, and its id.

No torch is imported here, so whoever only reads results needs none.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from experiments.data import DATASETS, steps_per_epoch
from experiments.errors import ExperimentsError
from experiments.models import MODELS
from experiments.schedules import SCHEDULES, Budget

OPTIMIZERS = ("sgd", "adam", "adamw")
# Where the LR enters the momentum update; see experiments/optimizers.py.
FORMULATIONS = ("lr-outside", "lr-inside", "corrected", "wrongly-corrected", "nesterov")


class SettingsError(ExperimentsError):
    """A setting that no run can have. The message says what was received and what is allowed."""


@dataclasses.dataclass(frozen=True)
class Run:
    """The settings of one training run.

    Attributes
    ----------
    dataset, model, optimizer, formulation, schedule
        Names: rows of ``DATASETS``, ``MODELS``, ``SCHEDULES``; ``OPTIMIZERS``, ``FORMULATIONS``.
    base_lr
        The learning rate that the schedule starts from (for OneCycleLR, its peak).
    schedule_args
        Arguments of the schedule, given as a mapping, kept as sorted (name, value) pairs.
    momentum
        μ of SGD; β₁ of Adam and AdamW.
    batch_size, epochs, seed
        The seed fixes the initial weights and the order of the data, whatever else differs.
    record_from, record_to
        First and last optimiser step (from 1) whose step metrics are kept; 0 and 0 for none.

    Raises
    ------
    SettingsError
        For a value that is not allowed, in one sentence.
    """

    dataset: str = "mnist"
    model: str = "cnn-8-16"
    optimizer: str = "sgd"
    formulation: str = "lr-outside"
    base_lr: float = 0.01
    schedule: str = "constant"
    schedule_args: tuple[tuple[str, Any], ...] | Mapping[str, Any] = ()
    momentum: float = 0.0
    batch_size: int = 64
    epochs: int = 20
    seed: int = 0
    record_from: int = 0
    record_to: int = 0

    def __post_init__(self) -> None:
        """Normalise the arguments of the schedule, then check every value."""
        args = {key: _frozen(value) for key, value in dict(self.schedule_args).items()}
        object.__setattr__(self, "schedule_args", tuple(sorted(args.items())))
        _check_names(self)
        _check_schedule_args(self.schedule, args)
        _check_numbers(self)
        _check_ramps(self, args)
        object.__setattr__(self, "base_lr", float(self.base_lr))
        # −0 would be equal to 0 and have another id.
        object.__setattr__(self, "momentum", abs(float(self.momentum)))

    @property
    def steps(self) -> int:
        """Number of optimiser steps that the run records."""
        return self.record_to - self.record_from + 1 if self.record_to else 0


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _one_of(what: str, received: object, allowed: Iterable[str]) -> None:
    names = list(allowed)
    if received not in names:
        raise SettingsError(f"{what} is {received!r}; allowed: {', '.join(names)}.")


def _check_names(run: Run) -> None:
    _one_of("dataset", run.dataset, DATASETS)
    _one_of("model", run.model, MODELS)
    _one_of("optimizer", run.optimizer, OPTIMIZERS)
    _one_of("formulation", run.formulation, FORMULATIONS)
    _one_of("schedule", run.schedule, SCHEDULES)
    if run.optimizer != "sgd" and run.formulation != "lr-outside":
        raise SettingsError(
            f"formulation is {run.formulation!r} with {run.optimizer}; allowed: lr-outside, "
            "because Adam keeps the LR outside its moments."
        )


def _check_schedule_args(schedule: str, args: Mapping[str, Any]) -> None:
    row = SCHEDULES[schedule]
    for name in row.required:
        if name not in args:
            raise SettingsError(f"schedule {schedule} needs the argument {name!r}.")
    kinds = {**row.required, **row.optional}
    for name, value in args.items():
        _one_of(f"an argument of schedule {schedule}", name, kinds)
        kind = kinds[name]
        if isinstance(kind, tuple):
            _one_of(f"{name} of schedule {schedule}", value, kind)
        elif not _KINDS[kind][1](value):
            allowed = _KINDS[kind][0]
            raise SettingsError(f"{name} of schedule {schedule} is {value!r}; allowed: {allowed}.")


def _check_numbers(run: Run) -> None:
    if not _is_number(run.base_lr) or run.base_lr <= 0:
        raise SettingsError(f"base_lr is {run.base_lr!r}; allowed: a finite number above 0.")
    if not _is_number(run.momentum) or not 0 <= run.momentum < 1:
        raise SettingsError(f"momentum is {run.momentum!r}; allowed: 0 up to, not including, 1.")
    for name, least in (("batch_size", 1), ("epochs", 1), ("seed", 0), ("record_from", 0)):
        value = getattr(run, name)
        if not _is_whole(value) or value < least:
            raise SettingsError(f"{name} is {value!r}; allowed: a whole number from {least} up.")
    # (0, 0) records nothing; otherwise both are steps counted from 1, in order.
    if not _is_whole(run.record_to) or not (
        run.record_from == run.record_to == 0 or 1 <= run.record_from <= run.record_to
    ):
        raise SettingsError(
            f"record_from and record_to are {run.record_from!r} and {run.record_to!r}; allowed: "
            "0 and 0, or two steps counted from 1 with the first not after the last."
        )
    steps = run.epochs * steps_per_epoch(run.dataset, run.batch_size)
    if run.record_to > steps:
        raise SettingsError(
            f"record_to is {run.record_to}; allowed: up to {steps}, the last step of the run."
        )


def _check_ramps(run: Run, args: Mapping[str, Any]) -> None:
    """Check what an epoch's steps decide: every ramp has a step, and so has the peak after one."""
    budget = Budget(run.epochs, steps_per_epoch(run.dataset, run.batch_size))
    steps = {n: budget.part(args[n]) for n in ("warmup", "decay", "half_cycle") if n in args}
    for name, count in steps.items():
        if count < 1:
            raise SettingsError(
                f"{name} of schedule {run.schedule} is {args[name]!r} epochs; allowed: at least "
                f"one of the {budget.steps_per_epoch} steps of an epoch."
            )
    if "warmup" in steps and steps["warmup"] + steps.get("decay", 1) > budget.steps:
        raise SettingsError(
            f"{' + '.join(f'{n} {args[n]}' for n in steps)} of schedule {run.schedule} is too long "
            f"for {run.epochs} epochs; allowed: what fits into them and leaves a step at the peak."
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_rising(value: object) -> bool:
    return isinstance(value, tuple) and all(
        _is_whole(later) and earlier < later for earlier, later in pairwise((0, *value))
    )


# What an argument of a schedule may be, by the kind that its row names: in words, and as a test.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "count": ("a whole number from 1 up", lambda x: _is_whole(x) and x >= 1),
    "count or 0": ("a whole number from 0 up", lambda x: _is_whole(x) and x >= 0),
    "positive": ("a finite number above 0", lambda x: _is_number(x) and x > 0),
    "positive or 0": ("a finite number from 0 up", lambda x: _is_number(x) and x >= 0),
    "(0, 1)": ("a number between 0 and 1", lambda x: _is_number(x) and 0 < x < 1),
    "[0, 1)": ("0 up to, not including, 1", lambda x: _is_number(x) and 0 <= x < 1),
    "(0, 1]": ("a number above 0, up to 1", lambda x: _is_number(x) and 0 < x <= 1),
    "[0, 1]": ("a number from 0 to 1", lambda x: _is_number(x) and 0 <= x <= 1),
    "rising counts": ("whole numbers from 1 up, in rising order", _is_rising),
    "flag": ("true or false", lambda x: isinstance(x, bool)),
}

_NAMES = tuple(field.name for field in dataclasses.fields(Run))


def as_columns(run: Run) -> dict[str, Any]:
    """Return the settings as plain values, one a column of the results; arguments as JSON."""
    columns = {name: getattr(run, name) for name in _NAMES}
    columns["schedule_args"] = json.dumps(dict(run.schedule_args), sort_keys=True)
    return columns


def from_columns(columns: Mapping[str, Any]) -> Run:
    """Return the run whose settings stand in one row of the results.

    Raises
    ------
    SettingsError
        If the row holds a value that no run can have.
    """
    values = {name: columns[name] for name in _NAMES}
    values = {key: getattr(value, "item", lambda v=value: v)() for key, value in values.items()}
    try:
        args = json.loads(values["schedule_args"])
    except (TypeError, ValueError):
        args = None
    if not isinstance(args, dict):
        raise SettingsError(
            f"schedule_args is {values['schedule_args']!r}; allowed: a JSON object."
        )
    return Run(**{**values, "schedule_args": args})


def run_id(run: Run) -> str:
    """Return the run's id: a digest of its settings and of the data it trains on.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    # A γ of 1 equals one of 1.0, but its JSON does not: a cache by the run alone would mix them up.
    return _run_id(run, repr(run.schedule_args))


@lru_cache(maxsize=4096)
def _run_id(run: Run, spelled: str) -> str:
    identity = {**as_columns(run), "data_sha256": DATASETS[run.dataset].sha256}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
