"""Execute pages side by side, each in a fresh process that can leave nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

from publish.errors import SourceError
from publish.execute import Executed, Job, Place, execute, has_code
from publish.source import Cell

# Imported once, by the process that the workers are forked from. Third-party modules only: a
# project's own modules may change between two builds of one preview.
PRELOADED = ("publish.__main__", "IPython.core.interactiveshell")
# Slow to import, so imported beforehand as well where the project names them.
HEAVY = {
    "pandas": ("pandas", "pyarrow.parquet"),
    "scipy": ("scipy.stats",),
    "matplotlib": (
        "matplotlib.figure",
        "matplotlib.font_manager",
        "matplotlib.backends.backend_agg",
        "matplotlib.backends.backend_svg",
    ),
}


def execute_all(jobs: Iterable[Job], processes: int) -> list[Executed]:
    """Execute pages, each in a process of its own, at most ``processes`` at a time.

    With 0 processes everything runs in this one: quick, and fit for tests only.

    Raises
    ------
    SourceError
        For the first page, in the order given, that has a failing cell.
    """
    jobs = list(jobs)
    with_code = [job for job in jobs if has_code(job.source)]
    if processes == 0 or not with_code:
        return [execute(job) for job in jobs]
    context = _context(with_code)
    # Each thread only waits for its process.
    with ThreadPoolExecutor(min(processes, len(with_code))) as pool:
        futures = {job.source.path: pool.submit(_execute_apart, job, context) for job in with_code}
        try:
            return [
                futures[job.source.path].result() if job.source.path in futures else execute(job)
                for job in jobs
            ]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _context(jobs: Iterable[Job]) -> BaseContext:
    # A fork server is a clean process with a single thread; to fork out of the preview server,
    # which has several, would be asking for trouble.
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, *heavy_imports(jobs)])
    return context


def heavy_imports(jobs: Iterable[Job]) -> list[str]:
    """Return the slow third-party modules that cells or the project's packages import."""
    jobs = list(jobs)
    texts = [part.code for job in jobs for part in job.source.parts if isinstance(part, Cell)]
    for root in {job.root for job in jobs}:
        for path in [*root.glob("*.py"), *root.glob("*/*.py")]:
            if not path.parent.name.startswith("."):
                texts.append(path.read_text(encoding="utf-8", errors="replace"))
    imported = {
        word
        for text in texts
        for word in re.findall(r"^\s*(?:import|from)\s+(\w+)", text, re.MULTILINE)
    }
    return [module for name, modules in HEAVY.items() if name in imported for module in modules]


def _execute_apart(job: Job, context: BaseContext) -> Executed:
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, sender))  # type: ignore[attr-defined]
    process.start()
    sender.close()
    place = Place(1, "the page's code")
    try:
        while True:
            message = receiver.recv()
            if isinstance(message, Executed):
                return message
            if isinstance(message, SourceError):
                raise message
            place = message
    except EOFError:
        process.join()
        raise SourceError(
            f"{place.name} ended its process (exit status {process.exitcode})",
            job.source.path,
            place.line,
        ) from None
    finally:
        receiver.close()
        if process.is_alive():
            process.join(timeout=1)
        if process.is_alive():
            process.kill()


def _work(job: Job, sender: Connection) -> None:
    try:
        result: Executed | SourceError = execute(job, sender.send)
    except SourceError as error:
        result = error
    sender.send(result)
    sender.close()
    # Threads that a cell has left running must not keep the page waiting.
    os._exit(0)


def default_processes() -> int:
    """Return the number of pages to execute at a time: one per core this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
