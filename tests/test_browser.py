"""A built site in a real browser: it reads well at any width, in both modes, without a network."""

from __future__ import annotations

import shutil
import threading
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publish.serve import State, make_server
from tests.browsing import NARROW, Visit, lightness, overflow, wait_until
from tests.publish_tiny import post, previewing, project, render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator


@pytest.fixture
def site(small_site: Path) -> Path:
    return small_site


def test_the_front_page_leads_to_every_post(visit: Visit, site: Path) -> None:
    visit.page.goto((site / "index.html").as_uri())
    assert visit.page.get_by_role("heading", level=1).inner_text() == "Tiny"
    titles = visit.page.locator(".card h3").all_inner_texts()
    assert titles == ["The third post", "The second post", "The first post"]
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
        "see Figure\u00a01, Table\u00a01 and Section\u00a03.",
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


@pytest.mark.parametrize("width", [360, 390, 560, 640, 1280])
def test_the_header_is_one_row(front: Visit, width: int) -> None:
    page = front.page
    page.set_viewport_size({"width": width, "height": 800})
    # As long as the real one's.
    page.locator(".site-name").evaluate("name => { name.textContent = 'Learning Rates, Seen' }")
    middles = page.evaluate(
        "[...document.querySelectorAll('.site-header-inner > *')].map(e => "
        "{ const r = e.getBoundingClientRect(); return (r.top + r.bottom) / 2 })"
    )
    assert max(middles) - min(middles) < 4
    assert overflow(page) <= 0
    assert page.get_by_role("button", name="Search").is_visible()
    assert page.get_by_role("button", name="colours").is_visible()


def test_a_cards_picture_leaves_a_phone_room_for_its_title(site: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": NARROW, "height": 900})
    page.goto((site / "index.html").as_uri())
    picture = page.locator(".thumbnail").bounding_box()
    title = page.locator(".card h3", has_text="The first post").bounding_box()
    assert picture is not None
    assert title is not None
    assert picture["width"] < 100
    assert title["y"] < picture["y"] + picture["height"]
    page.close()


def test_what_a_mark_shows_is_said_and_not_shown(post: Visit) -> None:
    words = post.page.locator("main p").first
    words.evaluate("words => { words.className = 'part-outcome' }")
    assert words.evaluate("words => words.offsetWidth") == 1


def test_a_small_picture_stays_small(visit: Visit, site: Path) -> None:
    visit.page.goto((site / "posts/one/index.html").as_uri())
    picture = visit.page.get_by_role("img", name="A small picture")
    assert picture.evaluate("img => [img.clientWidth, img.clientHeight]") == [30, 20]


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
    page.get_by_role("button", name="colours").click()
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


def test_a_page_reads_without_scripts(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "posts/one/index.html").as_uri())
    assert page.locator("figcaption", has_text="A drawing.").is_visible()
    for needs_scripts in (".theme-switch", ".search-open", ".preview"):
        assert not page.locator(needs_scripts).is_visible()
    page.goto((site / "index.html").as_uri())
    assert page.locator(".card").count() == 3
    assert not page.locator(".filter").is_visible()
    context.close()


def test_with_colours_of_the_system_lines_tell_what_is_chosen(browser: Browser, site: Path) -> None:
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto((site / "index.html").as_uri())

    def line(element: Locator) -> str:
        return element.evaluate("element => getComputedStyle(element).outlineStyle")

    everything = page.get_by_role("button", name="everything")
    assert line(everything) == "solid"
    assert line(page.get_by_role("button", name="figures")) == "none"
    page.keyboard.press("Tab")
    everything.focus()
    assert line(everything) == "double"
    page.keyboard.press("/")
    page.keyboard.type("a")
    options = page.get_by_role("option")
    options.first.wait_for()
    assert [line(options.nth(number)) for number in (0, 1)] == ["solid", "none"]
    context.close()


def test_on_paper_nothing_is_cut_off(browser: Browser, site: Path) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 900})
    page.goto((site / "posts/one/index.html").as_uri())
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    table = page.locator(".table-scroll > table")
    on_screen = table.evaluate(size)
    page.emulate_media(media="print")
    assert table.evaluate(size) < on_screen
    box = page.locator(".table-scroll")
    assert box.evaluate("element => getComputedStyle(element).overflowX") == "visible"
    assert page.get_by_text("Folded away.").evaluate("words => words.offsetHeight > 0")
    drawing = page.locator(".lr-figure svg").first
    drawing.evaluate("drawing => drawing.setAttribute('viewBox', '0 0 10 90')")
    assert drawing.evaluate("drawing => drawing.getBoundingClientRect().height") < 420
    lines = "document.querySelectorAll('pre code > span')"
    page.evaluate(f"{lines}.forEach(line => line.append('x '.repeat(99), 'x'.repeat(99)))")
    code = page.locator("pre:visible").last
    assert code.evaluate("element => element.scrollWidth <= element.clientWidth")
    page.close()


@pytest.mark.parametrize("place", ["file", "http"])
def test_a_recording_plays(browser: Browser, tmp_path: Path, place: str) -> None:
    root = project(tmp_path, {"one": post("![A second of silence](silence.wav)\n")})
    with wave.open(str(root / "posts/one/silence.wav"), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(bytes([128]) * 8000)
    render(root)
    with previewing(root / "_site", State()) as port:
        start = (root / "_site").as_uri() if place == "file" else f"http://127.0.0.1:{port}"
        page = browser.new_page()
        page.goto(f"{start}/posts/one/index.html")
        wait_until(page, "document.querySelector('audio').duration === 1")
        page.close()


@pytest.mark.parametrize("place", ["file", "http"])
def test_scripts_of_the_site_run_and_no_others(
    browser: Browser, site: Path, tmp_path: Path, place: str
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
