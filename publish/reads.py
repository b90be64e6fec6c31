"""What code read while it ran, and whether that is still the same.

Python tells of every file it opens and every folder it lists (audit events). Modules are noted by
the names that are asked for, before they load. Libraries in C++ such as pyarrow open files
unseen, but turn what they are given into a path by ``os.fspath`` or look at it by ``os.stat``
first; so whatever passes through those counts as read. Where code starts other programs or talks
to a network nobody can know what it read, and ``Reads.unseen`` says so. The clock, chance and
environment variables are no inputs.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import os
import re
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from publish.bytecode import drop_bytecode

MISSING, FOLDER = "missing", "folder"
_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
# Events after which what the code depends on can no longer be seen.
UNSEEN = {
    **dict.fromkeys(_PROGRAMS, "it starts another program"),
    **dict.fromkeys(("os.fork", "os.forkpty"), "it starts another process"),
    "socket.connect": "it uses the network",
}
# Libraries that open files by their own means, from plain texts.
UNSEEN_MODULES = (
    *("cv2", "duckdb", "h5py", "lxml", "netCDF4", "polars", "tables"),
    "multiprocessing.popen_spawn_posix",
)
_UNSEEN_CODE = re.compile(r"FileSystem|\bpyarrow\.fs\b|\bpyarrow import .*\bfs\b")
OWN_CODE = f"{Path(__file__).parent}{os.sep}"
_SUFFIXES = (*importlib.machinery.SOURCE_SUFFIXES, *importlib.machinery.EXTENSION_SUFFIXES)


@dataclass
class Reads:
    """The state of everything that was read, when it was first read.

    Attributes
    ----------
    states
        Path → state as ``state_of`` gives it: relative to the project where it lies inside,
        with a slash at its end where a folder was listed.
    unseen
        Why more may have been read than is known, or an empty string.
    """

    states: dict[str, str] = field(default_factory=dict)
    unseen: str = ""


def state_of(root: Path, name: str, skip: tuple[Path, ...] = ()) -> str:
    """Return the digest of a file's bytes, ``folder``, ``missing``, or the digest of a listing.

    Parameters
    ----------
    root
        The project.
    name
        A path relative to it, or an absolute one; with a slash at its end for a listing.
    skip
        Paths that a listing leaves out: what publish itself writes.
    """
    path = os.path.join(root, name)  # noqa: PTH118 - pathlib would drop the slash
    try:
        if name.endswith("/"):
            shown = [
                entry
                for entry in os.listdir(path)  # noqa: PTH208
                if entry != "__pycache__" and Path(path, entry) not in skip
            ]
            return hashlib.sha256("\0".join(sorted(shown)).encode()).hexdigest()
        with open(path, "rb") as file:  # noqa: PTH123 - thousands of these decide a build's time
            return hashlib.file_digest(file, "sha256").hexdigest()
    except IsADirectoryError:
        return FOLDER
    except (OSError, ValueError):
        return MISSING


def changed(root: Path, states: Mapping[str, str], now: Callable[[str], str]) -> str:
    """Return what happened to the first path whose state differs, or an empty string."""
    for name, before in states.items():
        after = now(name)
        if after == before:
            continue
        shown = name if name != "/" else root.name
        if before == MISSING:
            return f"{shown} is new"
        return f"{shown} is gone" if after == MISSING else f"{shown} changed"
    return ""


# Audit hooks cannot be taken away again: one for the process, which asks who wants to know.
_listener: Callable[[str, tuple[Any, ...]], None] | None = None
_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _listener is not None:
        _listener(event, arguments)


@contextmanager
def recording(root: Path, skip: tuple[Path, ...] = ()) -> Iterator[Reads]:
    """Record what the code inside reads: not what belongs to Python, its packages or ``skip``."""
    global _listener, _hooked
    reads, written, seen, busy = Reads(), set[str](), set[Any](), set[int]()
    system, own = _not_inputs(), f"{root}{os.sep}"
    skipped = (*system, *(f"{path}{os.sep}" for path in skip))
    ours = tuple(folder for folder in skipped if folder.startswith(own))
    originals = {name: getattr(os, name) for name in ("fspath", "stat", "lstat", "access")}

    def touch(given: Any, listing: bool = False) -> None:
        """Note a path before it is read, so that a later change is never taken for this one."""
        thread = threading.get_ident()
        if thread in busy or isinstance(given, int):
            return
        busy.add(thread)
        try:
            if (given, listing) in seen:
                return
            text = os.fsdecode(given)
            full = os.path.abspath(text) if text else str(root)  # noqa: PTH100
            if os.path.isabs(text):  # noqa: PTH117 - where a relative one leads may change
                seen.add((given, listing))
            is_ours = f"{full}{os.sep}".startswith(own)
            others = ours if is_ours else system
            if full in written or "__pycache__" in full or f"{full}{os.sep}".startswith(others):
                return
            name = (full[len(own) :] or ".") if is_ours else full
            name = f"{name}/" if listing else name
            if name not in reads.states:
                reads.states[name] = state_of(root, name, skip)
        except (TypeError, ValueError):
            pass  # no path at all, so nothing was read
        finally:
            busy.discard(thread)

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if _only_writes(mode, flags) and isinstance(path, str | bytes | os.PathLike):
                written.add(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100
            else:
                touch(path)
        elif event in ("os.listdir", "os.scandir"):
            # The import system lists folders to find modules; `find` knows which it looks for.
            if not sys._getframe(2).f_code.co_filename.startswith("<frozen importlib"):
                touch("." if arguments[0] is None else arguments[0], listing=True)
        elif event == "sqlite3.connect":
            touch(arguments[0])
        elif event in UNSEEN and threading.get_ident() not in busy:
            reads.unseen = reads.unseen or UNSEEN[event]

    def find(name: str, path: Any = None, _target: Any = None) -> None:
        """Note the files that a module may come from, and have it be what they say; find none."""
        for folder in sys.path if path is None else path:
            place = f"{folder}{os.sep}"
            if place.startswith(ours if place.startswith(own) else system):
                continue
            base = f"{folder or '.'}/{name.rpartition('.')[2]}"
            for file in (base, f"{base}/__init__.py", *(base + end for end in _SUFFIXES)):
                touch(file)
            for file in (f"{base}/__init__.py", f"{base}.py"):
                drop_bytecode(file)

    def watched(name: str) -> Callable[..., Any]:
        def look(path: Any, *args: Any, **kwargs: Any) -> Any:
            touch(path)
            return originals[name](path, *args, **kwargs)

        return look

    finder: Any = SimpleNamespace(find_spec=find)
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True
    _listener = listen
    sys.meta_path.insert(0, finder)
    for name in originals:
        setattr(os, name, watched(name))
    try:
        yield reads
    finally:
        for name, function in originals.items():
            setattr(os, name, function)
        sys.meta_path.remove(finder)
        _listener = None
        # What the code wrote and may have looked at counts as it was left: a page does not make
        # itself stale, and another's change to it does.
        for shown in reads.states:
            if os.path.join(root, shown) in written:  # noqa: PTH118
                reads.states[shown] = state_of(root, shown, skip)
        _note_modules(root, ours, system, reads)


def _note_modules(root: Path, ours: tuple[str, ...], system: tuple[str, ...], reads: Reads) -> None:
    """Note modules that `find` was not asked for: there before, or installed to be edited."""
    own = f"{root}{os.sep}"
    for name, module in sorted(sys.modules.items()):
        if name in UNSEEN_MODULES:
            reads.unseen = reads.unseen or f"{name} reads files by its own means"
        file = str(getattr(module, "__file__", None) or "")
        is_ours = file.startswith(own)
        if not file.endswith(".py") or file.startswith(ours if is_ours else system):
            continue
        if not file.startswith(OWN_CODE) and Path(file).is_file():
            note_code(Path(file).read_text(encoding="utf-8", errors="replace"), reads)
            shown = file.removeprefix(own)
            reads.states.setdefault(shown, state_of(root, shown))


def note_code(code: str, reads: Reads) -> None:
    """Look for the one part of pyarrow that opens files from plain texts."""
    # Most code has neither word, and two words are found sooner than a pattern.
    if ("FileSystem" in code or "pyarrow" in code) and _UNSEEN_CODE.search(code):
        reads.unseen = reads.unseen or "pyarrow's file systems read by their own means"


def _only_writes(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return "r" not in mode and "+" not in mode
    known = flags if isinstance(flags, int) else 0
    return known & os.O_ACCMODE == os.O_WRONLY or bool(known & os.O_EXCL)


def _not_inputs() -> tuple[str, ...]:
    """Return where files are no inputs: Python, packages, the system's own, publish's code."""
    folders = {
        *(sys.prefix, sys.base_prefix, sys.exec_prefix, "/proc", "/sys", "/dev"),
        *sysconfig.get_paths().values(),
        *([sys.pycache_prefix] if sys.pycache_prefix else []),
    }
    # publish's code is accounted for by its digest, whether a page reads it or not.
    return (*(f"{folder.rstrip(os.sep)}{os.sep}" for folder in folders), OWN_CODE)
