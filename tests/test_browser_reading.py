"""What helps while reading, by mouse and by keyboard: search, filter, previews, contents, copy."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from matplotlib.image import imread

from publish.serve import State
from tests.browsing import NARROW, Visit, wait_until
from tests.publish_tiny import previewing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

PREVIEWS = [
    ("a[role='doc-biblioref']", "Notes on an Engine"),
    ("a.footnote-ref", "In a note about engines."),
    ("a.quarto-xref[href='#tbl-wide']", "column_number_3"),
    ("a.quarto-xref[href='#sec-other']", "Another place"),
]


@pytest.fixture
def post(visit: Visit, small_site: Path) -> Visit:
    visit.page.goto((small_site / "posts/one/index.html").as_uri())
    return visit


@pytest.fixture
def front(visit: Visit, small_site: Path) -> Visit:
    visit.page.goto((small_site / "index.html").as_uri())
    return visit


def test_the_search_leads_to_a_section_by_keyboard(front: Visit) -> None:
    page = front.page
    page.keyboard.press("/")
    field = page.get_by_role("combobox")
    assert field.evaluate("field => field === document.activeElement")
    page.keyboard.type("nóte eng")
    options = page.get_by_role("option")
    options.first.wait_for()
    # Words of the excerpt that begin as typed are marked, whatever their accents.
    assert {"note", "eng"} <= {t.lower() for t in page.locator("mark").all_inner_texts()}
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    chosen = page.locator("[role='option'][aria-selected='true']")
    assert chosen.get_attribute("id") == field.get_attribute("aria-activedescendant")
    page.keyboard.press("Enter")
    page.wait_for_url("**/posts/one/index.html#*")
    assert front.problems == []


def test_keys_that_choose_letters_choose_no_section(front: Visit) -> None:
    page = front.page
    page.keyboard.press("/")
    page.keyboard.type("eng")
    page.get_by_role("option").first.wait_for()
    field, address = page.get_by_role("combobox"), page.url
    active = field.get_attribute("aria-activedescendant")
    for key in ("ArrowDown", "Enter"):
        field.dispatch_event("keydown", {"key": key, "isComposing": True})
    assert field.get_attribute("aria-activedescendant") == active
    assert page.url == address


def test_the_search_opens_by_its_button_and_closes_with_escape(front: Visit) -> None:
    page = front.page
    button = page.get_by_role("button", name="Search")
    button.click()
    page.keyboard.type("no-such-word-anywhere")
    wait_until(page, "document.querySelector('.search-status').textContent === 'Nothing found'")
    assert page.get_by_role("option").count() == 0
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    assert button.evaluate("button => button === document.activeElement")


def test_the_search_closes_beside_it_and_not_at_the_end_of_a_selection(front: Visit) -> None:
    page = front.page
    page.keyboard.press("/")
    page.keyboard.type("engine")
    field = page.get_by_role("combobox").bounding_box()
    assert field is not None
    page.mouse.move(field["x"] + 60, field["y"] + 5)
    page.mouse.down()
    page.mouse.move(5, 5)
    page.mouse.up()
    assert page.get_by_role("dialog").is_visible()
    page.mouse.click(5, 5)
    assert not page.get_by_role("dialog").is_visible()


def test_a_touch_beside_the_search_closes_it_and_opens_nothing_below(
    browser: Browser, small_site: Path
) -> None:
    context = browser.new_context(viewport={"width": NARROW, "height": 900}, has_touch=True)
    page = context.new_page()
    address = (small_site / "index.html").as_uri()
    page.goto(address)
    card = page.locator(".card").last.bounding_box()
    assert card is not None
    page.get_by_role("button", name="Search").tap()
    page.touchscreen.tap(card["x"] + 100, card["y"] + 100)
    page.get_by_role("dialog").wait_for(state="hidden")
    page.wait_for_timeout(300)
    assert page.url == address
    context.close()


def test_the_key_of_the_search_can_be_switched_off(front: Visit) -> None:
    page = front.page
    page.keyboard.press("/")
    page.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("/")
    assert not page.get_by_role("dialog").is_visible()


def test_the_filter_shows_one_category_and_the_address_keeps_it(front: Visit) -> None:
    page = front.page
    page.get_by_role("button", name="figures").click()
    titles = page.locator(".card h3:visible")
    assert titles.all_inner_texts() == ["The first post"]
    assert page.locator(".filter-status").inner_text() == "1 of 2 posts shown"
    page.reload()
    assert titles.all_inner_texts() == ["The first post"]
    page.get_by_role("button", name="everything").click()
    assert titles.count() == 2
    assert front.problems == []


def test_a_posts_category_leads_to_the_other_posts_that_have_it(post: Visit) -> None:
    page = post.page
    page.get_by_role("link", name="words", exact=True).click()
    assert page.locator(".card:visible").count() == 2
    assert page.get_by_role("button", name="words").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize(("link", "words"), PREVIEWS)
def test_a_preview_shows_by_mouse_and_stays_under_it(post: Visit, link: str, words: str) -> None:
    page = post.page
    preview = page.locator(".preview")
    page.locator(link).first.hover()
    preview.wait_for()
    assert words in preview.inner_text()
    preview.hover()
    page.wait_for_timeout(350)
    assert preview.is_visible()
    box = preview.bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    page.keyboard.press("Escape")
    assert not preview.is_visible()
    assert post.problems == []


@pytest.mark.parametrize(("link", "words"), PREVIEWS)
def test_a_preview_shows_by_keyboard(post: Visit, link: str, words: str) -> None:
    page = post.page
    preview = page.locator(".preview")
    # The focus counts as the keyboard's only after a key.
    page.keyboard.press("Tab")
    page.locator(link).first.focus()
    preview.wait_for()
    assert words in preview.inner_text()
    page.keyboard.press("Escape")
    assert not preview.is_visible()
    page.locator(".site-name").focus()
    page.locator(link).first.focus()
    preview.wait_for()
    page.locator(".site-name").focus()
    preview.wait_for(state="hidden")


def test_the_table_of_contents_follows_the_text(post: Visit) -> None:
    page = post.page
    contents = ".toc-fold" if page.viewport_size == {"width": NARROW, "height": 900} else ".toc"
    page.locator("#sec-other").evaluate("section => section.scrollIntoView()")
    wait_until(
        page,
        f"document.querySelector('{contents} [aria-current]')?.textContent === 'Another place'",
    )
    page.evaluate("scrollTo(0, 0)")
    wait_until(page, f"!document.querySelector('{contents} [aria-current]')")


def test_code_can_be_copied(browser: Browser, small_site: Path) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto((small_site / "posts/one/index.html").as_uri())
    page.locator("div.sourceCode", has_text='print("shown")').hover()
    page.get_by_role("button", name="Copy this code").last.click()
    wait_until(
        page, "[...document.querySelectorAll('.copy')].some(b => b.textContent === 'Copied')"
    )
    assert page.evaluate("navigator.clipboard.readText()").strip() == 'print("shown")'
    context.close()


def test_the_focus_stays_where_it_was_when_code_is_copied_the_old_way(post: Visit) -> None:
    page = post.page
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    button = page.locator(".copy:visible").last
    button.focus()
    page.keyboard.press("Enter")
    wait_until(page, "[...document.querySelectorAll('.copy')].at(-1).textContent === 'Copied'")
    assert button.evaluate("button => button === document.activeElement")


def test_nothing_of_it_needs_a_network(browser: Browser, small_site: Path) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((small_site / "posts/two/index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("answer")
    page.get_by_role("option").first.click()
    page.wait_for_url("**/posts/one/index.html")
    context.close()


def test_the_search_says_nothing_of_an_index_that_is_not_there(
    browser: Browser, small_site: Path
) -> None:
    asked: list[Route] = []
    with previewing(small_site, State()) as port:
        page = browser.new_page()
        page.route("**/search-index.js", lambda route: asked.append(route))

        def request() -> Route:
            """Return the request for the index, which comes when it comes."""
            for _ in range(100):
                if asked:
                    return asked.pop()
                page.wait_for_timeout(50)
            raise AssertionError("the index is not asked for")

        page.goto(f"http://127.0.0.1:{port}/", wait_until="domcontentloaded")
        status = page.locator(".search-status")
        page.keyboard.press("/")
        page.keyboard.type("answ")
        assert status.inner_text() == ""
        request().abort()
        wait_until(page, "document.querySelector('.search-status').textContent !== ''")
        page.keyboard.type("e")
        assert status.inner_text() == "The search index could not be loaded."
        # Opened again, it is asked for again. The field keeps the focus for a moment.
        page.keyboard.press("Escape")
        wait_until(page, "document.activeElement === document.body")
        page.keyboard.press("/")
        page.keyboard.type("answer")
        request().continue_()
        page.get_by_role("option").first.wait_for()
        page.close()


def test_the_index_of_the_search_is_loaded_only_when_it_is_opened(post: Visit) -> None:
    page = post.page
    loaded = "performance.getEntriesByType('resource').some(r => r.name.includes('search-index'))"
    assert not page.evaluate(loaded)
    page.keyboard.press("/")
    wait_until(page, "globalThis.searchIndex !== undefined")


def test_a_table_scrolled_on_a_phone_goes_on_naming_its_rows(post: Visit) -> None:
    page = post.page
    page.set_viewport_size({"width": NARROW, "height": 800})
    table = page.locator(".table-scroll").first
    cells = table.locator("tbody tr").first.locator("td")

    def places() -> list[float]:
        return [cells.nth(n).evaluate("cell => cell.getBoundingClientRect().x") for n in (0, 1)]

    first, second = places()
    table.evaluate("table => { table.scrollLeft = 60 }")
    assert places() == pytest.approx([first, second - 60], abs=0.5)


@pytest.mark.parametrize("what", [".table-scroll", "math[display=block]"])
def test_what_goes_on_to_the_right_shows_it_by_a_shadow(post: Visit, what: str) -> None:
    page = post.page
    page.set_viewport_size({"width": NARROW, "height": 800})
    box = page.locator(what).first
    box.evaluate("box => { box.firstElementChild.style.visibility = 'hidden' }")

    def contrast() -> float:
        """Between the inside of the box and its right edge, on a scale of 0 to 1."""
        drawn = imread(BytesIO(box.screenshot()))
        row = drawn[len(drawn) // 2]
        return float(abs(row[len(row) // 2] - row[-2]).max())

    goes_on = contrast()
    box.evaluate("box => { box.scrollLeft = box.scrollWidth }")
    assert goes_on > 0.1 > contrast()


def test_the_triangle_of_a_fold_turns_when_it_opens(post: Visit) -> None:
    summary = post.page.locator("details.code-fold > summary").first

    def triangle() -> str:
        return summary.evaluate("element => getComputedStyle(element, '::before').content")

    assert triangle().startswith('"▸')
    summary.click()
    assert triangle().startswith('"▾')
