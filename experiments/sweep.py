"""Train what is missing: groups onto workers, finished runs into the store.

On a CPU there is a worker process a core, each with one thread: that beats one process with all
the threads, because nothing waits. On a GPU there is one worker. A worker saves its finished
runs before it reports them, and ends by itself if the sweep that started it is gone.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from experiments import checkpoints, data, provenance, store, train
from experiments.errors import ExperimentsError
from experiments.groups import Data, histories, on_device, set_up_torch, start_group
from experiments.plan import Job, Place, plan, workers
from experiments.records import Record


@dataclass(frozen=True)
class Event:
    """What a worker reports: `epochs` run-epochs trained, or jobs `saved`, or a `failure`."""

    epochs: int = 0
    saved: tuple[Job, ...] = ()
    failure: str = ""


class SweepError(ExperimentsError):
    """Training that could not go on. The message says what to do."""


def train_group(
    jobs: Sequence[Job],
    images: Data,
    place: Place,
    report: Callable[[Event], None],
) -> list[Record]:
    """Train one group to its end, from its checkpoints if it has any, and return its records."""
    by_run = {job.run: job for job in jobs}
    files = {job.run: checkpoints.path(job.run, job.witness, place.directory) for job in jobs}
    started = all(checkpoints.epoch(file) for file in files.values())
    group, seconds = (
        checkpoints.resume(list(files), images, files)
        if started
        else (start_group(list(files), images), [])
    )
    paths = [files[run] for run in group.runs]
    saved_at = time.monotonic()
    while group.epoch < group.runs[0].epochs:
        began = time.monotonic()
        train.train_epoch(group, images)
        seconds.append((time.monotonic() - began) / len(group.runs))
        report(Event(epochs=len(group.runs)))
        unfinished = group.epoch < group.runs[0].epochs
        if unfinished and time.monotonic() - saved_at >= place.checkpoint_seconds:
            checkpoints.write(group, seconds, paths)
            saved_at = time.monotonic()
    made = provenance.now(
        place.commit, place.device, str(group.weights.dtype).removeprefix("torch.")
    )
    return [
        Record(run, {**epochs, "seconds": np.array(seconds)}, steps, witness, made)
        for run, (epochs, steps), witness in zip(
            group.runs,
            histories(group),
            [by_run[run].witness for run in group.runs],
            strict=True,
        )
    ]


def train_and_save(
    jobs: Sequence[Job], images: Data, place: Place, report: Callable[[Event], None]
) -> None:
    """Train one group and store its runs; where memory does not suffice, half of it at a time."""
    try:
        records = train_group(jobs, images, place, report)
    except torch.OutOfMemoryError:
        if len(jobs) == 1:
            raise
        torch.cuda.empty_cache()
        half = len(jobs) // 2
        for part in (jobs[:half], jobs[half:]):
            train_and_save(part, images, place, report)
        return
    store.save(jobs[0].study, records, place.directory)
    checkpoints.remove([checkpoints.path(job.run, job.witness, place.directory) for job in jobs])
    report(Event(saved=tuple(jobs)))


def _work(tasks: Any, events: Any, place: Place) -> None:
    """Train groups from a queue until None comes; the body of a worker process."""
    set_up_torch(threads=1)
    parent = os.getppid()
    loaded: dict[str, Data] = {}

    def report(event: Event) -> None:
        if os.getppid() != parent:
            raise SystemExit(1)
        events.put(event)

    for jobs in iter(tasks.get, None):
        try:
            name = jobs[0].run.dataset
            if name not in loaded:
                images = data.load(name, place.data_folder)
                loaded = {name: on_device(images, torch.device(place.device))}
            train_and_save(jobs, loaded[name], place, report)
        except ExperimentsError as error:
            report(Event(failure=str(error)))
        except torch.OutOfMemoryError:
            report(Event(failure="one run alone needs more memory than the device has free."))


def sweep(jobs: Sequence[Job], place: Place) -> Iterator[Event]:
    """Train jobs on every core, or on the GPU, and yield what happens as it happens.

    Raises
    ------
    SweepError
        If a worker cannot go on. What was saved stays saved.
    """
    groups = plan(jobs, place)
    context = multiprocessing.get_context("spawn")
    tasks, events = context.Queue(), context.Queue()
    count = min(workers(place.device), len(groups))
    processes = [
        context.Process(target=_work, args=(tasks, events, place), daemon=True)
        for _ in range(count)
    ]
    for item in (*groups, *[None] * count):
        tasks.put(item)
    waiting = set(jobs)
    try:
        _start(processes)
        while waiting:
            try:
                event = events.get(timeout=1)
            except queue.Empty:
                if dead := died(processes):
                    raise SweepError(
                        f"{dead}; finished runs are saved, run the same command to go on."
                    ) from None
                continue
            if event.failure:
                raise SweepError(event.failure)
            waiting -= set(event.saved)
            yield event
    finally:
        # Groups that nobody will take any more would keep this process from ending.
        tasks.cancel_join_thread()
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def _start(processes: Sequence[Any]) -> None:
    # Ctrl-C reaches every process of the terminal; the sweep alone decides what to do. A worker
    # inherits that it is ignored: it could not say so itself before it has imported torch.
    kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for process in processes:
            process.start()
    finally:
        signal.signal(signal.SIGINT, kept)


def died(processes: Sequence[Any]) -> str:
    """Return how one of these processes ended before its work was done; nothing if none did."""
    codes = [process.exitcode for process in processes if process.exitcode not in (None, 0)]
    if not codes:
        return ""
    return (
        f"a training process ended with exit code {codes[0]} (a negative one is a signal; -9 "
        "often means that memory ran out)"
    )
