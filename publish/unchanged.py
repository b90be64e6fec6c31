"""Whether anything has changed since the last build; where nothing has, there is nothing to do.

What a build reads is recorded like what a page reads, so nothing has to be listed that the next
step of a build may forget. The finished site counts too: what was altered or lost is built again.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from publish.cache import Cache, get, key_of, put
from publish.reads import Reads, changed, recording, state_of
from publish.stale import runs_on
from publish.versions import code_digest

# What Python's own processes leave in the folder for temporary files while they run.
_PASSING = "/pymp-"


# Two builds at once in one process would take each other's reads for their own.
_watched = threading.Lock()


@contextmanager
def watching(root: Path, skip: tuple[Path, ...], wanted: bool) -> Iterator[Reads]:
    """Record what the build inside reads, where that is wanted and can be told."""
    if not wanted or not _watched.acquire(blocking=False):
        yield Reads(unseen="nobody watched")
        return
    try:
        with recording(root, skip) as reads:
            yield reads
        # The other programs that a build starts read nothing that it has not read itself.
        reads.unseen = ""
    finally:
        _watched.release()


def recall(cache: Cache, root: Path, asked: tuple[Any, ...]) -> Any:
    """Return what ``remember`` was told of the last build, or None where anything has changed.

    Parameters
    ----------
    cache
        Where it is remembered.
    root
        The project.
    asked
        All that the build was asked for besides.
    """
    entry = get(cache, _key(root, asked))
    if entry is None or entry["on"] != _on():
        return None
    skip = tuple(Path(path) for path in entry["skip"])
    if changed(root, entry["states"], lambda name: state_of(root, name, skip)):
        return None
    return entry["told"] if entry["site"] == digests(Path(entry["output"])) else None


def remember(
    cache: Cache,
    root: Path,
    asked: tuple[Any, ...],
    output: Path,
    reads: Iterable[Reads],
    skip: tuple[Path, ...],
    told: Any,
) -> None:
    """Remember a finished build, unless it cannot be known what it has read.

    Parameters
    ----------
    output
        The folder of the site.
    reads
        What the build read and what its pages read, whether they ran or not.
    skip
        Paths that are no inputs.
    told
        What ``recall`` shall return.
    """
    states: dict[str, str] = {}
    for part in reads:
        if part.unseen:
            return
        for name, state in part.states.items():
            # Changed while the build went on: the next one has to look.
            if states.setdefault(name, state) != state:
                return
    entry = {
        "on": _on(),
        "states": {name: state for name, state in states.items() if _PASSING not in name},
        "skip": [str(path) for path in skip],
        "output": str(output),
        "site": digests(output),
        "told": told,
    }
    put(cache, _key(root, asked), entry)


def digests(folder: Path) -> Mapping[str, str]:
    """Return the digest of each file below a folder, by its path."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)  # noqa: PTH118 - thousands decide a build's time
            with open(path, "rb") as file:  # noqa: PTH123
                found[path] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _key(root: Path, asked: tuple[Any, ...]) -> str:
    return f"site-{key_of(str(root), [str(part) for part in asked])}"


def _on() -> Mapping[str, Any]:
    return {**runs_on(), "all": code_digest("__main__")}
