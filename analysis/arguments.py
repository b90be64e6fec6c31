"""The arguments of schedules, which results hold as JSON in the column ``schedule_args``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis import text


def parse(given: str) -> dict[str, Any]:
    """Return the arguments of one row by their names, none for no text."""
    return json.loads(given) if given else {}


def column(runs: pd.DataFrame, name: str, default: float) -> np.ndarray:
    """Return one argument of each row's schedule, the default where it has none: array [rows]."""
    place, texts = pd.factorize(runs["schedule_args"])
    return np.array([parse(given).get(name, default) for given in texts], dtype=float)[place]


def in_words(arguments: Mapping[str, Any]) -> list[str]:
    """Return each argument as a reader sees it: "gamma 0.1", "milestones 3/6/9"."""
    return [f"{name} {_value(value)}" for name, value in arguments.items()]


def _value(value: object) -> str:
    if isinstance(value, list):
        return "/".join(map(str, value))
    return text.lr(value) if isinstance(value, float) else str(value)
