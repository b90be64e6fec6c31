"""Preview: serve the built site on this machine only, and build again when a source changes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from publish.errors import SourceError
from publish.serve import HOST, State, make_server

# Seconds between two looks at the sources.
LOOK_EVERY = 0.2
# Modification time (ns) and digest of files, by path.
Seen = Mapping[str, tuple[int, str]]
UNWATCHED_FOLDERS = frozenset({"__pycache__", "node_modules"})
# What only people write.
SOURCES = (".qmd", ".py", ".yml", ".bib", ".css", ".js", ".j2")


def snapshot(root: Path, output: Path, before: Seen) -> Seen:
    """Return the modification time (ns) and digest of every file that a page may depend on.

    A file is read where its time differs from ``before``; at the first look none is, and all
    digests are empty.
    """
    found: dict[str, tuple[int, str]] = {}
    # A link may lead to a folder that was there before, or around it.
    walked = {_identity(output)} if output.exists() else set()
    for folder, folders, names in os.walk(root, followlinks=True):
        with contextlib.suppress(OSError):
            identity = _identity(Path(folder))
            if identity in walked:
                folders.clear()
                continue
            walked.add(identity)
        folders[:] = [
            name for name in folders if not name.startswith(".") and name not in UNWATCHED_FOLDERS
        ]
        for name in names:
            # Editors leave copies with such names while they write.
            if name.startswith((".", "#")) or name.endswith(("~", ".tmp", ".pyc")):
                continue
            path = Path(folder, name)
            with contextlib.suppress(OSError):
                time = path.stat().st_mtime_ns
                last, digest = before.get(str(path), (None, ""))
                if before and time != last:
                    digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[str(path)] = time, digest
    return found


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _changed(before: Seen, after: Seen) -> set[str]:
    nothing = (0, None)
    return {
        path
        for path in {*before, *after}
        if before.get(path, nothing)[1] != after.get(path, nothing)[1]
    }


def watch(
    root: Path,
    output: Path,
    rebuild: Callable[[], str],
    state: State,
    stop: threading.Event,
    pause: float = LOOK_EVERY,
) -> None:
    """Build whenever what a file holds has changed, until ``stop`` is set.

    A file that is only written again is none: a page that runs at every build may write one. Nor
    is one that changes during two builds in a row, as a log does: the builds write it.

    Parameters
    ----------
    rebuild
        Builds the site and returns what went wrong, or an empty string.
    pause
        Seconds between two looks at the files.
    """
    seen: Seen = {}
    changed_last: set[str] = set()
    while not stop.is_set():
        before, seen = seen, snapshot(root, output, seen)
        if _changed(before, seen):
            state.error = rebuild()
            state.version += 1
            after = snapshot(root, output, seen)
            changed = _changed(seen, after)
            written = {
                path for path in changed & changed_last & {*after} if not path.endswith(SOURCES)
            }
            seen = {**seen, **{path: after[path] for path in written}}
            changed_last = changed
        stop.wait(pause)


def preview(
    root: Path, output: Path, rebuild: Callable[[], str], port: int, say: Callable[[str], None]
) -> None:
    """Serve and watch until the user presses Ctrl-C.

    Raises
    ------
    SourceError
        Where the port is taken.
    """
    state, stop = State(), threading.Event()
    try:
        server = make_server(output, state, port)
    except OSError as error:
        raise SourceError(
            f"port {port} of this machine cannot be used ({error.strerror}); "
            "`make preview PORT=4300` takes another"
        ) from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(f"preview: http://{HOST}:{server.server_address[1]}/ (Ctrl-C stops it)")
    try:
        watch(root, output, rebuild, state, stop)
    except KeyboardInterrupt:
        say("preview stopped")
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
