"""A measurement comes to an end, also where a process does not."""

from __future__ import annotations

import os
from typing import Any

import pytest

from experiments import bench
from experiments.errors import ExperimentsError


def _measures(out: Any, barrier: Any, rate: float) -> None:
    barrier.wait()
    out.put((rate, 1.0))


def _one_dies(out: Any, barrier: Any, dies: bool) -> None:
    if dies:
        os._exit(9)
    barrier.wait()


def test_what_the_processes_measured_is_summed() -> None:
    assert bench._in_processes(_measures, [(2.0,), (3.0,)]) == (5.0, 2.0)


def test_a_process_that_dies_ends_the_measurement_with_a_sentence() -> None:
    with pytest.raises(ExperimentsError, match=r"ended with exit code 9 .*; nothing was measured"):
        bench._in_processes(_one_dies, [(True,), (False,)])
