"""What a sweep shows while it runs: one live bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from experiments.sweep import Event

LINE_SECONDS = 30.0


def show(events: Iterable[Event], runs: int, run_epochs: int, out: TextIO) -> int:
    """Follow a sweep to its end and return the number of runs it saved.

    Parameters
    ----------
    events
        What `sweep` yields.
    runs, run_epochs
        How many runs, and epochs of them all, there are to train.
    out
        Where to write; a terminal gets the bar.
    """
    if out.isatty():
        return _bar(events, runs, run_epochs, out)
    return _lines(events, runs, run_epochs, out)


def _bar(events: Iterable[Event], runs: int, run_epochs: int, out: TextIO) -> int:
    saved = 0
    began = time.monotonic()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[saved]}/{task.fields[runs]} runs"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs, {task.fields[rate]:.0f} an hour, left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=out)) as progress:
        task = progress.add_task("", total=run_epochs, saved=0, runs=runs, rate=0.0)
        done = 0
        for event in events:
            saved += len(event.saved)
            done += event.epochs
            rate = done / (time.monotonic() - began) * 3600
            progress.update(task, completed=done, saved=saved, rate=rate)
    return saved


def _lines(events: Iterable[Event], runs: int, run_epochs: int, out: TextIO) -> int:
    saved, done = 0, 0
    began = printed = time.monotonic()
    for event in events:
        saved += len(event.saved)
        done += event.epochs
        now = time.monotonic()
        if event.saved or now - printed >= LINE_SECONDS:
            left = (now - began) / max(done, 1) * (run_epochs - done) / 60
            line = f"{saved}/{runs} runs, {done}/{run_epochs} epochs, {left:.0f} min left"
            print(line, file=out, flush=True)
            printed = now
    return saved
