"""Every page of the real site: no error, no failed or foreign request, nothing for axe to find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browsing import NARROW, WIDE, Visit, open_visit, overflow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

ROOT = Path(__file__).parents[1]
PAGES = [
    "index.html",
    "404.html",
    *sorted(f"posts/{path.parent.name}/index.html" for path in ROOT.glob("posts/*/index.qmd")),
]


@pytest.fixture(scope="module", params=[WIDE, NARROW])
def open_page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    """One page a width, used for all addresses: a new one for each would take longer."""
    visit, context = open_visit(browser, request.param, "light")
    yield visit
    context.close()


# The other rules of axe find the same in both modes.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]


def axe_findings(page: Page, *rules: str) -> list[str]:
    # Style sheets are not fetched again: from the file system that is not allowed.
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = list(rules)
    response: dict[str, Any] = axe.Axe().run(page, options=options).response
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in response["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_sound_in_both_modes(open_page: Visit, real_address: str, address: str) -> None:
    page = open_page.page
    page.goto(f"{real_address}/{address}")
    page.emulate_media(color_scheme="light")
    assert axe_findings(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe_findings(page, *COLOUR_RULES) == []
    assert overflow(page) <= 0
    assert open_page.problems == []


def test_the_search_and_a_preview_are_sound_in_both_modes(visit: Visit, small_site: Path) -> None:
    page = visit.page
    page.goto((small_site / "posts/one/index.html").as_uri())
    page.locator("a.quarto-xref").first.hover()
    page.locator(".preview").wait_for()
    assert axe_findings(page) == []
    page.keyboard.press("/")
    page.keyboard.type("engine")
    page.get_by_role("option").first.wait_for()
    assert axe_findings(page) == []
    assert visit.problems == []


def test_a_page_moves_nothing_while_it_loads(browser: Browser, real_address: str) -> None:
    context = browser.new_context(viewport={"width": NARROW, "height": 900})
    page = context.new_page()
    page.add_init_script(
        "globalThis.shift = 0; new PerformanceObserver((list) => { for (const entry of"
        " list.getEntries()) globalThis.shift += entry.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    for address in PAGES:
        page.goto(f"{real_address}/{address}")
        page.wait_for_timeout(100)
        assert page.evaluate("globalThis.shift") < 0.01, address
    context.close()
