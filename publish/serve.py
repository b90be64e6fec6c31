"""Preview: serve the built site on this machine only, and build again when a source changes."""

from __future__ import annotations

import contextlib
import hashlib
import html
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from publish.errors import SourceError
from publish.links import is_address, quoted

HOST = "127.0.0.1"
OWN_NAMES = (HOST, "localhost")
FORBIDDEN = HTTPStatus.FORBIDDEN
VERSION_ADDRESS = "/-preview/version"
SCRIPT_ADDRESS = "/-preview/reload.js"
# Seconds between two looks at the sources, and between two questions of the page.
LOOK_EVERY = 0.2
# Modification time (ns) and digest of files, by path.
Seen = Mapping[str, tuple[int, str]]
UNWATCHED_FOLDERS = frozenset({"__pycache__", "node_modules"})

_SCRIPT = """\
// Loads the page again once the preview has built the site anew. What is shown says by itself
// which build it is of: a build may end between the page's arrival and the first question.
const shown = document.currentScript.dataset.version;
(async () => {
  for (;;) {
    await new Promise((wake) => setTimeout(wake, 200));
    try {
      const built = await fetch("/-preview/version", { cache: "no-store" });
      if ((await built.text()) !== shown) location.reload();
    } catch {
      // The preview was stopped; keep asking in case it starts again.
    }
  }
})();
"""


@dataclass
class State:
    """What the browser is told: how often the site was built, and what went wrong last."""

    version: int = 0
    error: str = ""


def snapshot(root: Path, output: Path, before: Seen) -> Seen:
    """Return the modification time (ns) and digest of every file that a page may depend on.

    A file is read where its time differs from ``before``; at the first look none is, and all
    digests are empty.
    """
    found: dict[str, tuple[int, str]] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in UNWATCHED_FOLDERS
            and Path(folder, name) != output
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


def _digests(seen: Seen) -> dict[str, str]:
    return {path: digest for path, (_, digest) in seen.items()}


def make_server(site: Path, state: State, port: int) -> ThreadingHTTPServer:
    """Return a server of the folder ``site`` on the loopback address; port 0 takes any."""

    class Handler(SimpleHTTPRequestHandler):
        """Serves files of the site, each page with the reloading script and the last error."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, directory=str(site), **kwargs)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, with_body: bool) -> None:
            # Another site whose name was made to lead here must not read a draft.
            host = f"//{self.headers.get('Host', '')}"
            readable = is_address(host) and is_address(self.path)
            if not readable or urlsplit(host).hostname not in OWN_NAMES:
                self._send("not a page of this preview", "text/plain", with_body, FORBIDDEN)
                return
            address = unquote(urlsplit(self.path).path)
            if address == VERSION_ADDRESS:
                self._send(str(state.version), "text/plain", with_body)
                return
            if address == SCRIPT_ADDRESS:
                self._send(_SCRIPT, "text/javascript", with_body)
                return
            # Before the page is read: should a build end meanwhile, the page loads again.
            version = state.version
            file = locate(site, address)
            is_folder = file is None and (site / address.lstrip("/")).is_dir()
            if is_folder and locate(site, f"{address}/"):
                self.send_response(HTTPStatus.MOVED_PERMANENTLY)
                self.send_header("Location", quoted(f"{address}/"))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if file is None:
                missing = site / "404.html"
                page = missing.read_text(encoding="utf-8") if missing.is_file() else "<body>"
                self._send(
                    decorate(page, version, state.error),
                    "text/html",
                    with_body,
                    HTTPStatus.NOT_FOUND,
                )
            elif file.suffix == ".html":
                page = decorate(file.read_text(encoding="utf-8"), version, state.error)
                self._send(page, "text/html", with_body)
            else:
                self._send(file.read_bytes(), self.guess_type(str(file)), with_body)

        def _send(
            self,
            content: str | bytes,
            kind: str,
            with_body: bool,
            status: HTTPStatus = HTTPStatus.OK,
        ) -> None:
            data = content.encode() if isinstance(content, str) else content
            text = kind.startswith("text/") or kind.endswith(("xml", "javascript", "json"))
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if with_body:
                self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent: what matters in the terminal is the builds."""

    return ThreadingHTTPServer((HOST, port), Handler)


def locate(site: Path, address: str) -> Path | None:
    """Return the file of the site for an address, or None; never a file outside the site."""
    if "\0" in address:
        return None
    path = site / address.lstrip("/")
    if address.endswith("/") or address == "":
        path = path / "index.html"
    inside = path.resolve().is_relative_to(site.resolve())
    return path if inside and path.is_file() else None


def decorate(page: str, version: int, error: str) -> str:
    """Add the reloading script to a page, and the error of the last build where it failed."""
    script = f'<script src="{SCRIPT_ADDRESS}" data-version="{version}" defer></script>'
    notice = ""
    if error:
        style = (
            "position:sticky;top:0;z-index:99;margin:0;padding:1rem;white-space:pre-wrap;"
            "background:#8b1a1a;color:#fff;font:14px/1.5 monospace"
        )
        text = f"The last build failed; below is the site as it was before.\n\n{error}"
        notice = f'<pre role="alert" style="{style}">{html.escape(text)}</pre>'
    head, found, tail = page.partition("<body")
    opening, closing, rest = tail.partition(">")
    return f"{head}{found}{opening}{closing}{notice}{rest}{script}"


def watch(
    root: Path,
    output: Path,
    rebuild: Callable[[], str],
    state: State,
    stop: threading.Event,
    pause: float = LOOK_EVERY,
) -> None:
    """Build whenever what a file holds has changed, until ``stop`` is set.

    A file that is only written again is none: a page that runs at every build may write one.

    Parameters
    ----------
    rebuild
        Builds the site and returns what went wrong, or an empty string.
    pause
        Seconds between two looks at the files.
    """
    seen: Seen = {}
    while not stop.is_set():
        before, seen = seen, snapshot(root, output, seen)
        if _digests(seen) != _digests(before):
            state.error = rebuild()
            state.version += 1
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
