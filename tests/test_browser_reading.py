"""What helps while reading, by mouse and by keyboard: filter, previews, contents, copy, shadows."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from matplotlib.image import imread

from tests.browsing import NARROW, Visit, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PREVIEWS = [
    ("a[role='doc-biblioref']", "Notes on an Engine"),
    ("a.footnote-ref", "In a note about engines."),
    ("a.quarto-xref[href='#tbl-wide']", "column_number_3"),
    ("a.quarto-xref[href='#sec-other']", "Another place"),
]


def test_the_filter_shows_one_category_and_the_address_keeps_it(front: Visit) -> None:
    page = front.page
    page.get_by_role("button", name="figures").click()
    titles = page.locator(".card h3:visible")
    assert titles.all_inner_texts() == ["The third post", "The first post"]
    assert page.locator(".filter-status").inner_text() == "2 of 3 posts shown"
    page.reload()
    assert titles.all_inner_texts() == ["The third post", "The first post"]
    page.get_by_role("button", name="everything").click()
    assert titles.count() == 3
    assert front.problems == []


def test_a_posts_category_leads_to_the_other_posts_that_have_it(post: Visit) -> None:
    page = post.page
    page.get_by_role("link", name="words", exact=True).click()
    assert page.locator(".card:visible").count() == 2
    assert page.get_by_role("button", name="words").get_attribute("aria-pressed") == "true"


def test_a_category_of_one_post_has_no_button_and_its_tag_leads_to_the_post(front: Visit) -> None:
    page = front.page
    assert page.locator(".filter button span").all_inner_texts() == ["2", "2"]
    page.goto(f"{page.url}?category=one")
    assert page.locator(".card h3:visible").all_inner_texts() == ["The third post"]
    page.get_by_role("button", name="everything").click()
    assert page.locator(".card:visible").count() == 3


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


# What the table of contents says is being read.
MARKED = (
    "[...document.querySelectorAll('.toc, .toc-fold')].find(box => box.checkVisibility())"
    ".querySelector('[aria-current]')?.textContent"
)


def test_a_preview_stays_in_the_window_where_neither_side_has_room(post: Visit) -> None:
    page = post.page
    assert page.viewport_size is not None
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 420})
    link = page.locator("a.quarto-xref[href='#fig-plot']").first
    link.evaluate("link => link.scrollIntoView({ block: 'center', behavior: 'instant' })")
    link.hover()
    preview = page.locator(".preview")
    preview.wait_for()
    box = preview.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 420


def test_what_can_be_seen_needs_no_preview(post: Visit) -> None:
    page = post.page
    assert page.viewport_size is not None
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 3000})
    page.locator("a.quarto-xref[href='#fig-plot']").first.hover()
    page.wait_for_timeout(300)
    assert not page.locator(".preview").is_visible()
    page.locator("a.footnote-ref").first.hover()
    page.locator(".preview").wait_for()


def scroll(page: Page, place: str) -> None:
    """Scroll at once, and wait until the page has answered to it."""
    page.evaluate(
        f"new Promise(done => {{ scrollTo({{ top: {place}, behavior: 'instant' }});"
        " requestAnimationFrame(() => requestAnimationFrame(done)) })"
    )


def test_the_table_of_contents_follows_the_text(post: Visit) -> None:
    page = post.page
    scroll(page, "scrollY + document.querySelector('#the-measurement').getBoundingClientRect().top")
    assert page.evaluate(MARKED) == "The measurement"
    scroll(page, "document.body.scrollHeight")
    assert page.evaluate(MARKED) == "References"
    scroll(page, "0")
    assert page.evaluate(MARKED) is None


def test_at_the_end_of_a_page_the_contents_mark_the_section_that_was_asked_for(
    post: Visit,
) -> None:
    page = post.page
    assert page.viewport_size is not None
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 1600})
    scroll(page, "document.body.scrollHeight")
    page.evaluate("location.hash = 'sec-other'")
    wait_until(page, f"{MARKED} === 'Another place'")


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


def test_on_a_phone_a_column_is_as_wide_as_its_words_within_limits(post: Visit) -> None:
    page = post.page
    page.set_viewport_size({"width": NARROW, "height": 800})
    table = page.locator(".table-scroll > table").first
    cells = "<td class=words>{}</td><td class=words>few</td><td class=words>{}</td>"
    table.evaluate(
        "(table, cells) => { table.innerHTML = cells }", cells.format(*["word " * 50] * 2)
    )
    first, short, long = table.evaluate(
        "t => [...t.querySelectorAll('td')].map(d => d.offsetWidth)"
    )
    assert short < 60 < first < 150 < long < 350


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
        return float(abs(row[len(row) // 2] - row[-6:]).max())

    goes_on = contrast()
    box.evaluate("box => { box.scrollLeft = box.scrollWidth }")
    assert goes_on > 0.1 > contrast()


@pytest.mark.parametrize("place", [1, 1.5])
def test_what_ends_in_sight_has_no_line_of_a_shadow(
    browser: Browser, small_site: Path, place: float
) -> None:
    page = browser.new_page(device_scale_factor=place)
    page.goto((small_site / "posts/one/index.html").as_uri())
    formula = page.locator("math[display=block]").first
    formula.evaluate("box => { box.innerHTML = ''; box.style = 'width: 400.9px; height: 40.4px' }")
    drawn = imread(BytesIO(formula.screenshot()))
    assert abs(drawn - drawn[len(drawn) // 2, 0]).max() < 0.02
    page.close()


def test_the_triangle_of_a_fold_turns_when_it_opens(post: Visit) -> None:
    summary = post.page.locator("details.code-fold > summary").first

    def triangle() -> str:
        return summary.evaluate("element => getComputedStyle(element, '::before').content")

    assert triangle().startswith('"▸')
    summary.click()
    assert triangle().startswith('"▾')
