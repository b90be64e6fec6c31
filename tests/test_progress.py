"""What is said of the time left is what the trained epochs took."""

from __future__ import annotations

import io
import itertools
import time

import pytest

from experiments import plan, progress, sweep
from experiments.settings import Run


def test_the_time_left_follows_from_the_epochs_that_were_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = itertools.count(0, 60)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    job = plan.Job("fixed-lr", Run(), ())
    events = [sweep.Event(epochs=2), sweep.Event(saved=(job,))]
    out = io.StringIO()
    assert progress.show(events, runs=3, run_epochs=10, out=out) == 1
    assert out.getvalue().splitlines() == [
        "0/3 runs, 2/10 epochs, 4 min left",
        "1/3 runs, 2/10 epochs, 8 min left",
    ]
