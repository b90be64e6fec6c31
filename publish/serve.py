"""The preview's server: the built site, on this machine only, each page with the last mistake."""

from __future__ import annotations

import contextlib
import html
import sys
from dataclasses import dataclass
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from publish.links import is_address, quoted

HOST = "127.0.0.1"
OWN_NAMES = (HOST, "localhost")
FORBIDDEN = HTTPStatus.FORBIDDEN
VERSION_ADDRESS = "/-preview/version"
SCRIPT_ADDRESS = "/-preview/reload.js"

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
            if file is None and locate(site, f"{address}/"):
                self.send_response(HTTPStatus.MOVED_PERMANENTLY)
                self.send_header("Location", quoted(f"{address}/"))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            data, found = _read(file), HTTPStatus.OK
            if file is None or data is None:
                file, found = site / "404.html", HTTPStatus.NOT_FOUND
                data = _read(file) or b"<body>"
            if file.suffix == ".html":
                page = decorate(data.decode(), version, state.error)
                self._send(page, "text/html", with_body, found)
            else:
                self._send(data, self.guess_type(str(file)), with_body)

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

    return _Server((HOST, port), Handler)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        # A browser that goes on to another page no longer waits for this one.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def locate(site: Path, address: str) -> Path | None:
    """Return the file of the site for an address, or None; never a file outside the site."""
    if "\0" in address:
        return None
    path = site / address.lstrip("/")
    if address.endswith("/") or address == "":
        path = path / "index.html"
    # A name may be longer than a file's can be.
    with contextlib.suppress(OSError):
        if path.resolve().is_relative_to(site.resolve()) and path.is_file():
            return path
    return None


def _read(file: Path | None) -> bytes | None:
    """Return what a file holds, or None: a build may be putting the new site in its place."""
    with contextlib.suppress(OSError):
        return file.read_bytes() if file else None
    return None


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
