"""A built site in a real browser: it reads well at any width, in both modes, without a network."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from publish.serve import State, make_server
from tests.publish_tiny import post, project, render, write

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on the PATH")

WIDE, NARROW = 1280, 390
POST = """
::: {.answer}
The short answer.
:::

## The question {#sec-question}

As @ada says, see @fig-plot and @tbl-wide. Here is $x_1$, and a formula:

$$ a = b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s $$ {#eq-long}

## The measurement

```{python}
#| label: fig-plot
#| fig-cap: "A drawing."
class Drawing:
    def _repr_markdown_(self):
        svg = '<svg viewBox="0 0 360 200" role="img" aria-label="A line">'
        svg += '<path d="M0 0L360 200" stroke="currentColor"/></svg>'
        return f'```{{=html}}\\n<div class="lr-figure">{svg}{svg}</div>\\n```'

Drawing()
```

```{python}
#| label: tbl-wide
#| tbl-cap: "Many columns."
#| echo: false
from IPython.display import Markdown

cells = [f"column_number_{n}" for n in range(20)]
Markdown("\\n".join(f"| {' | '.join(row)} |" for row in (cells, ["---"] * 20, cells)))
```

A_very_long_word_without_any_place_to_break_it_which_no_phone_is_wide_enough_to_show_in_one_line_at_all.
"""


@dataclass
class Visit:
    """A page in the browser and what went wrong while it was shown."""

    page: sync_api.Page
    problems: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project(
        tmp_path_factory.mktemp("site"),
        {
            "one": post(POST, "The first post", "2025-01-01", "bibliography: refs.bib\n"),
            "two": post("Words only.", "The second post", "2025-02-01"),
        },
    )
    write(root, {"posts/one/refs.bib": "@book{ada, author={Ada One}, title={T}, year={1843}}\n"})
    render(root)
    return root / "_site"


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        instance = playwright.chromium.launch(executable_path=BROWSER, args=flags)
        yield instance
        instance.close()


@pytest.fixture(params=[(w, m) for w in (WIDE, NARROW) for m in ("light", "dark")])
def visit(request: pytest.FixtureRequest, browser: sync_api.Browser) -> Iterator[Visit]:
    width, mode = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=mode)
    visit = Visit(context.new_page())

    def on_request(sent: sync_api.Request) -> None:
        if not sent.url.startswith(("file:", "data:")):
            visit.problems.append(f"request to {sent.url}")

    visit.page.on("console", lambda message: visit.problems.append(message.text))
    visit.page.on("pageerror", lambda error: visit.problems.append(str(error)))
    visit.page.on("requestfailed", lambda sent: visit.problems.append(f"failed: {sent.url}"))
    visit.page.on("request", on_request)
    yield visit
    context.close()


def overflow(page: sync_api.Page) -> int:
    """Pixels by which the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def lightness(page: sync_api.Page, name: str) -> float:
    """Mean of the colour channels of the body's ``name`` (0 to 255)."""
    colour = page.evaluate(f"getComputedStyle(document.body).{name}")
    channels = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(channels) / 3


def wait_until(page: sync_api.Page, holds: str) -> None:
    """Wait for an expression; Playwright's own way needs an eval, which the policy forbids."""
    for _ in range(100):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {holds}")


def test_the_front_page_leads_to_every_post(visit: Visit, site: Path) -> None:
    visit.page.goto((site / "index.html").as_uri())
    assert visit.page.get_by_role("heading", level=1).inner_text() == "Tiny"
    titles = visit.page.locator(".card h3").all_inner_texts()
    assert titles == ["The second post", "The first post"]
    assert overflow(visit.page) <= 0
    visit.page.get_by_role("link", name="The first post").click()
    assert visit.page.get_by_role("heading", level=1).inner_text() == "The first post"
    assert visit.problems == []


def test_a_post_shows_its_parts(visit: Visit, site: Path) -> None:
    page = visit.page
    page.goto((site / "posts/one/index.html").as_uri())
    text = page.locator("main").inner_text()
    for words in (
        "The short answer.",
        "As One (1843) says, see Figure\u00a01 and Table\u00a01.",
        "Figure\u00a01: A drawing.",
        "Table\u00a01: Many columns.",
        "References",
    ):
        assert words in text
    assert page.get_by_role("img", name="A line").first.is_visible()
    assert page.locator("math").first.is_visible()
    assert visit.problems == []


def test_nothing_is_wider_than_the_window(visit: Visit, site: Path) -> None:
    visit.page.goto((site / "posts/one/index.html").as_uri())
    assert overflow(visit.page) <= 0
    table = visit.page.locator(".table-scroll").first
    assert table.evaluate("box => box.scrollWidth > box.clientWidth")


def test_colours_follow_the_system_and_the_switch_is_remembered(visit: Visit, site: Path) -> None:
    page = visit.page
    address = (site / "posts/two/index.html").as_uri()
    page.goto(address)
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (lightness(page, "backgroundColor") < 100) == is_dark
    assert abs(lightness(page, "backgroundColor") - lightness(page, "color")) > 120
    page.get_by_role("button", name="Light colours" if is_dark else "Dark colours").click()
    assert (lightness(page, "backgroundColor") < 100) != is_dark
    page.goto(address)
    assert (lightness(page, "backgroundColor") < 100) != is_dark
    page.get_by_role("button").click()
    page.goto(address)
    assert (lightness(page, "backgroundColor") < 100) == is_dark
    assert visit.problems == []


def test_the_table_of_contents_leads_to_its_sections(visit: Visit, site: Path) -> None:
    page = visit.page
    page.goto((site / "posts/one/index.html").as_uri())
    if page.viewport_size["width"] == NARROW:
        page.locator(".toc-fold summary").click()
    page.get_by_role("link", name="The measurement", exact=True).click()
    assert page.url.endswith("#the-measurement")
    wait_until(
        page,
        "Math.abs(document.querySelector('#the-measurement').getBoundingClientRect().top) < 120",
    )


def test_the_keyboard_reaches_the_text_first(visit: Visit, site: Path) -> None:
    page = visit.page
    page.goto((site / "posts/one/index.html").as_uri())
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.inner_text() == "Skip to the text"
    wait_until(page, "document.querySelector('.skip-link').getBoundingClientRect().top >= 0")


def test_a_page_reads_without_scripts(browser: sync_api.Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "posts/one/index.html").as_uri())
    assert page.locator("figcaption", has_text="A drawing.").is_visible()
    assert not page.locator(".theme-switch").is_visible()
    context.close()


@pytest.mark.parametrize("place", ["file", "http"])
def test_scripts_of_the_site_run_and_no_others(
    browser: sync_api.Browser, site: Path, tmp_path: Path, place: str
) -> None:
    copy = shutil.copytree(site, tmp_path / "site")
    page_file = copy / "posts/two/index.html"
    added = (
        '<p id="bad">as it was</p><img src="gone.png" alt="" '
        "onerror=\"bad.textContent = 'a handler ran'\">"
        "<script>bad.textContent = 'a script ran'</script>"
    )
    html = page_file.read_text(encoding="utf-8")
    page_file.write_text(html.replace("Words only.", added), encoding="utf-8")
    server = make_server(copy, State(), port=0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    page = browser.new_page()
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text))
    address = f"http://127.0.0.1:{server.server_address[1]}/posts/two/index.html"
    page.goto(page_file.as_uri() if place == "file" else address)
    try:
        page.get_by_role("button", name="Dark colours").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.locator("#bad").inner_text() == "as it was"
        assert sum("Content Security Policy" in text for text in blocked) == 2
        # The style sheet was let in as well.
        assert lightness(page, "backgroundColor") < 100
    finally:
        page.close()
        server.shutdown()
        server.server_close()
        thread.join()
