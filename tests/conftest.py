"""Set before anything imports torch: the networks of the tests are too small for two threads."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browsing import Visit

os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once for all tests."""
    from tests.browsing import BROWSER, FLAGS

    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("no Chromium on the PATH")
    with sync_api.sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield instance
        instance.close()


@pytest.fixture(scope="session")
def small_site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two short posts that have one of everything."""
    from tests.browsing import small_site

    return small_site(tmp_path_factory.mktemp("small"))


@pytest.fixture(params=["1280-light", "1280-dark", "390-light", "390-dark"])
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    """A page at each width and in each mode."""
    from tests.browsing import open_visit

    width, mode = request.param.split("-")
    visit, context = open_visit(browser, int(width), mode)
    yield visit
    context.close()


@pytest.fixture
def post(visit: Visit, small_site: Path) -> Visit:
    """A short post that has one of everything."""
    visit.page.goto((small_site / "posts/one/index.html").as_uri())
    return visit


@pytest.fixture
def front(visit: Visit, small_site: Path) -> Visit:
    """The front page of the short posts."""
    visit.page.goto((small_site / "index.html").as_uri())
    return visit


@pytest.fixture(scope="session")
def real_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real site, built from the committed results."""
    from publish.build import build

    output = tmp_path_factory.mktemp("built") / "_site"
    build(ROOT, output)
    return output


@pytest.fixture(scope="session")
def real_address(real_site: Path) -> Iterator[str]:
    """Where the real site is served while the tests run, as any web host would serve it."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(real_site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
