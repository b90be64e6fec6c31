"""The search: by mouse, touch and keyboard, without a network, with a late index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from publish.serve import State
from tests.browsing import NARROW, Visit, wait_until
from tests.publish_tiny import previewing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route


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
    # There are no keys to tell of.
    assert not page.locator(".search-help").is_visible()
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
