"""The preview in a real browser: a saved source shows by itself, and so does a mistake in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from publish.build import build
from publish.errors import SourceError
from publish.preview import watch
from publish.serve import State
from tests.publish_tiny import post, previewing, project, write

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture
def previewed(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A project and the port of its preview, as ``publish.preview.preview`` puts it together."""
    root = project(tmp_path, {"one": post("First words.\n")})
    state, stop = State(), threading.Event()

    def rebuild() -> str:
        try:
            build(root, processes=0)
        except SourceError as error:
            return str(error)
        return ""

    watcher = threading.Thread(target=watch, args=(root, root / "_site", rebuild, state, stop))
    watcher.start()
    with previewing(root / "_site", state) as port:
        yield root, port
    stop.set()
    watcher.join()


def test_a_build_that_ends_while_the_page_loads_is_shown(
    tmp_path: Path, browser: sync_api.Browser
) -> None:
    write(tmp_path, {"index.html": "<body>As it was.</body>"})
    state = State()

    def build_meanwhile(route: sync_api.Route) -> None:
        write(tmp_path, {"index.html": "<body>As it is.</body>"})
        state.version = 1
        route.continue_()

    with previewing(tmp_path, state) as port:
        page = browser.new_page()
        page.route("**/-preview/reload.js", build_meanwhile)
        page.goto(f"http://127.0.0.1:{port}/", wait_until="domcontentloaded")
        page.get_by_text("As it is.").wait_for()
        page.close()


def test_the_page_follows_its_source(
    previewed: tuple[Path, int], browser: sync_api.Browser
) -> None:
    root, port = previewed
    source = "posts/one/index.qmd"
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"http://127.0.0.1:{port}/posts/one/index.html", wait_until="domcontentloaded")
    page.get_by_text("First words.").wait_for()
    write(root, {source: post("Second words.\n")})
    page.get_by_text("Second words.").wait_for()
    assert page.get_by_role("alert").count() == 0
    write(root, {source: post("```{python}\n#| label: bad\n1 / 0\n```\n")})
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert f'{source}:8: the cell "bad" raised ZeroDivisionError' in alert.inner_text()
    assert page.get_by_text("Second words.").is_visible()
    write(root, {source: post("Third words.\n")})
    page.get_by_text("Third words.").wait_for()
    alert.wait_for(state="detached")
    page.close()
