"""The preview stays on this machine and in the site, and outlives a mistake."""

from __future__ import annotations

import http.client
import itertools
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publish.errors import SourceError
from publish.preview import preview, snapshot, watch
from publish.serve import State, locate, make_server
from tests.publish_tiny import post, previewing, project, write


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {
        "project/_site/index.html": "<html><body class='a'>front</body></html>",
        "project/_site/posts/one/index.html": "<body>one</body>",
        "project/_site/static/style.css": "p {}",
        "project/_site/404.html": "<body>nothing here</body>",
        "project/secret.txt": "secret",
    }
    return write(tmp_path, files) / "project/_site"


@pytest.fixture
def served(site: Path) -> Iterator[tuple[int, State]]:
    state = State()
    with previewing(site, state) as port:
        yield port, state


def get(port: int, address: str, method: str = "GET") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, address)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.getheader("Content-Type") or ""


def test_the_server_listens_on_loopback_only(site: Path) -> None:
    server = make_server(site, State(), port=0)
    assert server.server_address[0] == "127.0.0.1"
    server.server_close()


def test_a_port_that_is_taken_is_told(served: tuple[int, State], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=rf"^port {served[0]} of this machine .* PORT=4300"):
        preview(tmp_path, tmp_path / "_site", lambda: "", served[0], print)


def test_pages_and_files_are_served(served: tuple[int, State]) -> None:
    port, _ = served
    assert "front" in get(port, "/")[1]
    assert "one" in get(port, "/posts/one/?x=1")[1]
    assert get(port, "/static/style.css") == (200, "p {}", "text/css; charset=utf-8")
    assert get(port, "/posts/one")[0] == 301
    assert get(port, "/index.html", "HEAD")[:2] == (200, "")
    assert get(port, "/gone")[:1] == (404,)
    assert get(port, f"/{'long' * 99}")[:1] == (404,)
    assert "nothing here" in get(port, "/gone")[1]


@pytest.mark.parametrize(
    "address",
    ["/../secret.txt", "/%2e%2e/secret.txt", "//../secret.txt", "/static/../../secret.txt", "/%00"],
)
def test_nothing_outside_the_site_is_served(served: tuple[int, State], address: str) -> None:
    status, text, _ = get(served[0], address)
    assert status == 404
    assert "secret" not in text


def test_links_out_of_the_site_are_not_followed(site: Path) -> None:
    (site / "way-out").symlink_to(site.parent / "secret.txt")
    assert locate(site, "/way-out") is None


def test_an_error_is_shown_in_the_page_and_escaped(served: tuple[int, State]) -> None:
    port, state = served
    assert 'role="alert"' not in get(port, "/")[1]
    state.error = "posts/a.qmd:3: <b> failed"
    page = get(port, "/")[1]
    assert "posts/a.qmd:3: &lt;b&gt; failed" in page
    assert "front" in page


def test_the_browser_learns_of_a_new_build(served: tuple[int, State]) -> None:
    port, state = served
    assert '<script src="/-preview/reload.js" data-version="0" defer>' in get(port, "/")[1]
    assert "javascript" in get(port, "/-preview/reload.js")[2]
    assert get(port, "/-preview/version")[1] == "0"
    state.version += 1
    assert get(port, "/-preview/version")[1] == "1"


def test_sources_are_watched_and_the_site_is_not(site: Path) -> None:
    root = site.parent
    seen = {"a.qmd": "", "posts/b.py": "", "posts/data/d.bin": "", "secret.txt": ""}
    write(root, {**seen, ".git/c.py": "", "a.qmd~": "", "posts/.#b.py": "", "x.tmp": ""})
    names = {Path(path).relative_to(root).as_posix() for path in snapshot(root, site, {})}
    assert names == set(seen)


def test_a_linked_folder_is_watched_once_however_links_lead(tmp_path: Path) -> None:
    root = write(tmp_path, {"project/a.qmd": "", "elsewhere/b.qmd": ""}) / "project"
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(root)
    assert set(snapshot(root, root / "_site", {})) == {
        str(root / "a.qmd"),
        str(root / "linked/b.qmd"),
    }


def test_a_request_that_is_cut_off_leaves_no_traceback(
    served: tuple[int, State], capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", served[0])) as cut:
        cut.sendall(b"GET / HT")
        # To be closed at once: what the server reads then is an error.
        cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.2)
    assert get(served[0], "/")[0] == 200
    assert capfd.readouterr().err == ""


def test_a_page_that_a_build_is_replacing_is_missing_for_a_moment(
    served: tuple[int, State], site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publish.serve.locate", lambda site, address: site / "swapped.html")
    status, text, _ = get(served[0], "/")
    assert status == 404
    assert "reload.js" in text


@pytest.mark.parametrize("host", ["evil.example", "[half-an-address", ""])
def test_another_sites_name_gets_nothing(served: tuple[int, State], host: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served[0])
    connection.request("GET", "/", headers={"Host": host})
    answer = connection.getresponse()
    assert (answer.status, b"front" in answer.read()) == (403, False)
    connection.close()


@pytest.fixture
def previewed(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A preview as an author starts it: its project and its port."""
    root = project(tmp_path / "project", {"one": post("`{python} 6 * 7`\n")})
    code = Path(__file__).resolve().parent.parent
    command = [
        sys.executable,
        "-u",
        "-m",
        "publish",
        "serve",
        "--port",
        "0",
        "--project",
        str(root),
    ]
    with subprocess.Popen(command, cwd=code, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert found
        yield root, int(found[1])
        # SIGTERM: whoever starts the tests in the background may have had SIGINT ignored.
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
            process.stdout.read()


def until(port: int, words: str, failed: bool = False) -> str:
    """The page of the post once it shows the words, and a mistake or none."""
    for _ in range(600):
        text = get(port, "/posts/one/index.html")[1]
        if words in text and ('role="alert"' in text) == failed:
            return text
        time.sleep(0.1)
    raise AssertionError(text)


def test_a_saved_source_shows_and_a_failing_cell_is_told_over_the_last_good_page(
    previewed: tuple[Path, int],
) -> None:
    root, port = previewed
    until(port, "42")
    write(root, {"posts/one/index.qmd": post("`{python} 6 * 8`\n")})
    until(port, "48")
    cell = "```{python}\n#| label: bad\n1 / 0\n```\n"
    write(root, {"posts/one/index.qmd": post(cell)})
    told = "posts/one/index.qmd:8: the cell &quot;bad&quot; raised ZeroDivisionError"
    assert "48" in until(port, told, failed=True)
    write(root, {"posts/one/index.qmd": post("`{python} 6 * 9`\n")})
    until(port, "54")


def test_a_preview_whose_first_build_fails_shows_why(tmp_path: Path) -> None:
    state = State(error="posts/one/index.qmd:3: broken")
    with previewing(tmp_path / "nothing", state) as port:
        status, text, _ = get(port, "/")
    assert status == 404
    assert "index.qmd:3: broken" in text
    assert "reload.js" in text


def test_a_change_builds_again_and_an_error_is_kept(tmp_path: Path) -> None:
    page = write(tmp_path, {"a.qmd": "1"}) / "a.qmd"
    state, stop = State(), threading.Event()
    builds: list[str] = []

    def rebuild() -> str:
        builds.append(page.read_text())
        if len(builds) == 1:
            page.write_text("longer")
            return "it failed"
        stop.set()
        return ""

    errors: list[str] = []
    original = stop.wait
    stop.wait = lambda timeout=None: errors.append(state.error) or original(0)  # type: ignore
    watch(tmp_path, tmp_path / "_site", rebuild, state, stop)
    assert builds == ["1", "longer"]
    assert errors[0] == "it failed"
    assert (state.version, state.error) == (2, "")


def nine_looks(state: State, stop: threading.Event, change: Callable[[], object]) -> list[int]:
    """Have a change made after the sixth look; return the number of builds at each of nine."""
    looks: list[int] = []

    def wait(timeout: float | None = None) -> bool:
        looks.append(state.version)
        if len(looks) == 6:
            change()
        if len(looks) == 9:
            stop.set()
        return True

    stop.wait = wait  # type: ignore[method-assign]
    return looks


def test_a_file_that_is_written_again_as_it_was_builds_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"a.qmd": "1"})
    state, stop = State(), threading.Event()

    def rebuild() -> str:
        # As a cell does that writes what it has computed.
        write(tmp_path, {"computed.txt": "42"})
        os.utime(tmp_path / "computed.txt", ns=(state.version, state.version))
        return ""

    looks = nine_looks(state, stop, lambda: write(tmp_path, {"a.qmd": "2"}))
    watch(tmp_path, tmp_path / "_site", rebuild, state, stop)
    # Once at the beginning, once since there is a new file, once for the change.
    assert looks == [1, 2, 2, 2, 2, 2, 3, 3, 3]


def test_a_file_that_every_build_writes_builds_once_more_and_not_for_ever(tmp_path: Path) -> None:
    write(tmp_path, {"a.qmd": "1"})
    state, stop = State(), threading.Event()
    times = itertools.count()

    def put(name: str, text: str) -> None:
        write(tmp_path, {name: text})
        # Clocks of file systems are slow.
        os.utime(tmp_path / name, (0, next(times)))

    def rebuild() -> str:
        put("log.txt", f"build {state.version}")
        if state.version < 4:
            # Saved while builds run, as often as one likes, a source is built.
            put("a.qmd", f"saved {min(state.version, 2)}")
        return ""

    looks = nine_looks(state, stop, lambda: put("log.txt", "by hand"))
    watch(tmp_path, tmp_path / "_site", rebuild, state, stop)
    assert looks == [1, 2, 3, 4, 4, 4, 5, 5, 5]
