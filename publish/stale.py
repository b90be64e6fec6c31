"""Which pages have to run, and why; what the others put out when they last ran."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from publish.cache import Cache, get, key_of, put
from publish.execute import Executed, Outputs, Ran, assemble
from publish.outputs import Output
from publish.reads import Reads, changed, state_of
from publish.steps import Job
from publish.versions import changed_version, code_digest, default_processes, versions

T = TypeVar("T")


@dataclass(frozen=True)
class Rerun:
    """A page whose code ran in this build, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"ran {self.path}: {self.reason}"


def runs_on() -> dict[str, Any]:
    """Return what all pages depend on: the code that runs them, and the packages there are."""
    return {"publish": code_digest("workers"), "versions": versions()}


def execute_pages(
    jobs: Iterable[Job], processes: int, cache: Cache, then: Callable[[Executed, bool], T]
) -> tuple[list[T], tuple[Rerun, ...], tuple[Reads, ...]]:
    """Run the pages whose inputs have changed, and go on with each page as soon as it is there.

    Parameters
    ----------
    jobs
        The pages.
    processes
        How many of them run at a time; see ``workers.run_all``.
    cache
        Where their outputs are kept.
    then
        Is called with each page and whether it has run, in a thread, while others still run.

    Returns
    -------
    results
        What ``then`` returned for each page, in the order given.
    reruns, reads
        The pages that ran, and what all pages have read.

    Raises
    ------
    SourceError
        For the first page, in the order given, that has a failing cell or takes too long.
    """
    jobs = list(jobs)
    entries = {job.source.path: get(cache, _key(job)) for job in jobs if job.steps}
    new = [job for job in jobs if job.steps and entries[job.source.path] is None]
    if processes and new:
        # These run whatever else is found: what they import can be loaded meanwhile.
        from publish.workers import warm_up

        warm_up(new)
    on = runs_on()
    known, stale = _sort_out(jobs, entries, cache, on)
    reads = [ran.reads for ran in known.values()]

    def recall(job: Job) -> T:
        return then(assemble(job, known[job.source.path].outputs), False)

    def keep(job: Job, ran: Ran) -> T:
        reads.append(ran.reads)
        _store(job, ran, cache, on)
        return then(assemble(job, ran.outputs), True)

    recalled = [job for job in jobs if job.source.path in known]
    outdated = [job for job in jobs if job.source.path in stale]
    with ThreadPoolExecutor(default_processes()) as pool:
        done = list(pool.map(recall, recalled))
    if outdated:
        # Whoever runs nothing does not wait for what running needs.
        from publish.workers import run_all

        done += run_all(outdated, processes, keep)
    results = {job.source.path: one for job, one in zip([*recalled, *outdated], done, strict=True)}
    reruns = tuple(Rerun(path, reason) for path, reason in stale.items())
    return [results[job.source.path] for job in jobs], reruns, tuple(reads)


def _sort_out(
    jobs: Iterable[Job], entries: Mapping[str, Any], cache: Cache, on: Mapping[str, Any]
) -> tuple[dict[str, Ran], dict[str, str]]:
    """Return, by path, what the pages put out that need not run, and why the others have to."""
    known: dict[str, Ran] = {}
    stale: dict[str, str] = {}
    states: dict[str, str] = {}
    for job in jobs:

        def now(name: str, job: Job = job) -> str:
            if name not in states:
                states[name] = state_of(job.root, name, job.skip)
            return states[name]

        path = job.source.path
        if path not in entries:
            known[path] = Ran((), Reads())
            continue
        entry = entries[path]
        if reason := _reason(job, entry, cache, on, now):
            stale[path] = reason
        else:
            reads = Reads(entry["states"], entry["unseen"])
            known[path] = Ran(_from_json(entry["outputs"]), reads)
    return known, stale


def _key(job: Job) -> str:
    code = [(step.code, step.is_inline, step.tolerant) for step in job.steps]
    return f"run-{key_of(job.source.path, code)}"


def _last(job: Job) -> str:
    return f"last-{key_of(job.source.path)}"


def _reason(
    job: Job, entry: Any, cache: Cache, on: Mapping[str, Any], now: Callable[[str], str]
) -> str:
    """Return why a page has to run, or an empty string."""
    if cache.is_fresh or cache.folder is None:
        return "nothing was taken from the cache"
    if entry is None:
        last = get(cache, _last(job))
        if last is None:
            return "it has not run before"
        return "its code changed" if last != _key(job) else "its entry in the cache is lost"
    if entry["root"] != str(job.root):
        return "the project has moved"
    if entry["publish"] != on["publish"]:
        return "publish changed"
    return (
        changed_version(entry["versions"], on["versions"])
        or changed(job.root, entry["states"], now)
        or entry["unseen"]
    )


def _store(job: Job, ran: Ran, cache: Cache, on: Mapping[str, Any]) -> None:
    entry = {
        **on,
        "root": str(job.root),
        "states": ran.reads.states,
        "unseen": ran.reads.unseen,
        "outputs": _to_json(ran.outputs),
    }
    put(cache, _key(job), entry)
    put(cache, _last(job), _key(job))


def _to_json(outputs: Outputs) -> list[list[dict[str, Any]]]:
    return [
        [
            {"kind": output.kind, "data": {k: _pack(v) for k, v in output.data.items()}}
            for output in step
        ]
        for step in outputs
    ]


def _pack(value: str | bytes) -> str | dict[str, str]:
    return value if isinstance(value, str) else {"base64": base64.b64encode(value).decode()}


def _from_json(steps: list[list[dict[str, Any]]]) -> Outputs:
    return tuple(
        tuple(
            Output(item["kind"], {k: _unpack(v) for k, v in item["data"].items()}) for item in step
        )
        for step in steps
    )


def _unpack(value: str | dict[str, str]) -> str | bytes:
    return value if isinstance(value, str) else base64.b64decode(value["base64"])
