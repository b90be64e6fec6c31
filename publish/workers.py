"""Execute pages side by side, each in a fresh process that can leave nothing behind."""

from __future__ import annotations

import contextlib
import gc
import math
import multiprocessing
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.forkserver import ensure_running
from typing import TypeVar

from publish.errors import SourceError
from publish.execute import Ran, run
from publish.notebook import headless
from publish.preload import preloads
from publish.steps import Job, Step

# Imported once, by the process that the workers are forked from, before what the cells import.
PRELOADED = ("publish.__main__", "IPython.core.interactiveshell")
# Seconds after which a waiting thread looks whether it is still wanted.
LOOK_EVERY = 0.2

T = TypeVar("T")


def warm_up(jobs: Iterable[Job]) -> None:
    """Have what pages import loaded in the background, before any of them has to run."""
    _context(list(jobs))


def run_all(jobs: Iterable[Job], processes: int, then: Callable[[Job, Ran], T]) -> list[T]:
    """Run the code of pages, each in a process of its own, at most ``processes`` at a time.

    With 0 processes everything runs in this one: quick, and fit for tests only.

    Parameters
    ----------
    jobs
        The pages.
    processes
        How many of them run at a time.
    then
        Is called with each page that has run, in a thread, while others still run.

    Returns
    -------
    list
        What ``then`` returned for each page, in the order given.

    Raises
    ------
    SourceError
        For the first page, in the order given, that has a failing cell or takes too long.
    """
    jobs = list(jobs)
    if processes == 0 or not jobs:
        return [then(job, run(job)) for job in jobs]
    context, stop = _context(jobs), threading.Event()

    def one(job: Job) -> Future[T]:
        return after.submit(then, job, _run_apart(job, context, stop))

    count = min(processes, len(jobs))
    # Another page begins while what follows one that has run is still being done.
    with ThreadPoolExecutor(count) as after, ThreadPoolExecutor(count) as pool:
        # The longest page last would leave the other processes idle; most code takes longest.
        order = sorted(jobs, key=lambda job: -len(job.steps))
        futures = {id(job): pool.submit(one, job) for job in order}
        try:
            return [futures[id(job)].result().result() for job in jobs]
        except BaseException:
            # Nobody wants the other pages now, and they may take long.
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            after.shutdown(wait=False, cancel_futures=True)
            raise


def _context(jobs: Iterable[Job]) -> BaseContext:
    # A fork server is a clean process with a single thread; to fork out of the preview server,
    # which has several, would be asking for trouble.
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, *preloads(jobs)])
    with headless():
        ensure_running()
    return context


def _run_apart(job: Job, context: BaseContext, stop: threading.Event) -> Ran:
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, sender))  # type: ignore[attr-defined]
    process.start()
    sender.close()
    step = Step("", 1, "the page's code")
    # The clock starts with the first step: a page need not answer for a slow start of Python.
    deadline = math.inf
    try:
        while True:
            while not receiver.poll(min(LOOK_EVERY, max(0.0, deadline - time.monotonic()))):
                if time.monotonic() >= deadline or stop.is_set():
                    raise SourceError(_too_long(step, job), job.source.path, step.line)
            message = receiver.recv()
            if isinstance(message, Ran):
                # It ends by itself now, unless something in it does not let it.
                process.join(timeout=1)
                return message
            if isinstance(message, SourceError):
                raise message
            step = message
            deadline = min(deadline, time.monotonic() + job.timeout)
    except EOFError:
        process.join()
        raise SourceError(
            f"{step.name} ended its process ({_ending(process.exitcode)})",
            job.source.path,
            step.line,
        ) from None
    finally:
        receiver.close()
        # With it goes whatever its cells have started, which would hold our output open.
        with contextlib.suppress(OSError, AttributeError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.join()


def _too_long(step: Step, job: Job) -> str:
    return (
        f"{step.name} was still running when the page's {job.timeout:g} s were over "
        "(`execute: timeout:` in the front matter allows more)"
    )


def _ending(status: int | None) -> str:
    if status is not None and status < 0:
        return f"signal {signal.Signals(-status).name}"
    return f"exit status {status}"


def _end_with_reader(pipe: int) -> None:
    """End this process and all that it started once nobody reads the pipe: the build is gone."""
    reader = select.poll()
    reader.register(pipe, 0)
    reader.poll()
    os.killpg(0, signal.SIGKILL)


def _work(job: Job, sender: Connection) -> None:
    # A group of its own, where there are such, so that it can be ended with all that it started.
    with contextlib.suppress(AttributeError):
        os.setsid()
        threading.Thread(target=_end_with_reader, args=(sender.fileno(),), daemon=True).start()
    # What was loaded beforehand stays shared: the collector would touch, and so copy, all of it.
    gc.freeze()
    try:
        result: Ran | SourceError = run(job, sender.send)
    except SourceError as error:
        result = error
    sender.send(result)
    sender.close()
    # Threads that a cell has left running must not keep the page waiting.
    os._exit(0)
