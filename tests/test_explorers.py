"""The explorers in a browser: nothing until one is near, then charts that answer to controls."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from analysis import shock, text
from analysis.explorer_momentum import FORMS
from analysis.explorer_steplr import Setting, closest
from publish.serve import State, make_server
from tests import explorers_made_up as made_up
from tests.browsing import NARROW, WIDE
from tests.publish_tiny import post, project, render

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")

FAR_DOWN = '```{=html}\n<div style="height: 5000px"></div>\n```\n'


@dataclass
class Reader:
    """A page with an explorer, what it requested and what went wrong."""

    page: sync_api.Page
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def open(self, address: str, near: bool = True) -> None:
        """Go there and, where wanted, to the explorer, until it is drawn."""
        self.page.goto(address)
        if near:
            self.page.locator(".lr-figure").first.scroll_into_view_if_needed()
            self.page.locator(".explorer.is-live").wait_for(timeout=60_000)

    @property
    def words(self) -> str:
        """What stands under the controls."""
        return self.page.locator(".explorer-words").inner_text()

    def control(self, name: str) -> sync_api.Locator:
        """The control whose label begins with a name."""
        return self.page.locator("label", has_text=re.compile(f"^{name}")).locator("select, input")

    def lines(self) -> list[str]:
        """The shapes that are drawn."""
        paths = self.page.locator(".explorer-picture .mark-line path").all()
        return [path.get_attribute("d") or "" for path in paths]

    def wait_for_words(self, holding: str) -> None:
        """Wait until the words hold a text."""
        self.page.locator(".explorer-words", has_text=holding).wait_for()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    explorers = {"steplr": made_up.steplr(), "momentum": made_up.momentum()}
    posts = {
        slug: post(f"{FAR_DOWN}\n{explorer._repr_markdown_()}\nThe end.", slug)
        for slug, explorer in explorers.items()
    }
    root = project(tmp_path_factory.mktemp("explorers"), posts, **made_up.FILES)
    render(root)
    return root / "_site"


@pytest.fixture(params=[WIDE, NARROW])
def reader(request: pytest.FixtureRequest, browser: sync_api.Browser) -> Iterator[Reader]:
    context = browser.new_context(
        viewport={"width": request.param, "height": 900}, has_touch=True, color_scheme="light"
    )
    reader = Reader(context.new_page())
    reader.page.on("request", lambda sent: reader.requests.append(sent.url))
    reader.page.on("console", lambda message: reader.problems.append(message.text))
    reader.page.on("pageerror", lambda error: reader.problems.append(str(error)))
    reader.page.on("requestfailed", lambda sent: reader.problems.append(sent.url))
    yield reader
    assert reader.problems == []
    context.close()


@pytest.fixture
def steplr(site: Path) -> str:
    return (site / "posts/steplr/index.html").as_uri()


@pytest.fixture
def momentum(site: Path) -> str:
    return (site / "posts/momentum/index.html").as_uri()


def test_the_library_waits_until_the_explorer_is_near(reader: Reader, steplr: str) -> None:
    reader.open(steplr, near=False)
    reader.page.wait_for_timeout(500)
    assert not any("vega" in url for url in reader.requests)
    still = reader.page.locator(".lr-figure svg").first
    assert still.is_visible()
    still.scroll_into_view_if_needed()
    reader.page.locator(".explorer.is-live").wait_for(timeout=60_000)
    assert any(url.endswith("static/vega.js") for url in reader.requests)
    assert all(url.startswith(("file:", "data:")) for url in reader.requests)
    assert reader.page.locator(".explorer-picture svg").is_visible()
    assert not still.is_visible()
    assert reader.page.locator(".data-fold").is_visible()


def test_it_says_which_run_is_shown(reader: Reader, steplr: str) -> None:
    reader.open(steplr)
    trained = "This setting was trained: StepLR with base LR 0.01, γ 0.1 and step_size 10, 3 seeds;"
    assert reader.words.startswith(trained)
    reader.control("step_size").press("ArrowRight")
    wanted = Setting(0.01, 0.1, 11)
    near = closest({Setting(*one): 0 for one in made_up.TRAINED}, wanted, 30)
    reader.wait_for_words(
        f"This setting was not trained. The nearest that was: {near.name}, 3 seeds"
    )
    factor = 10 ** np.abs(near.log_rates(30) - wanted.log_rates(30)).mean()
    assert reader.words.endswith(f"its LR is off by a factor of {factor:.2g}.")
    reader.control("Schedule").select_option(label="none: constant")
    reader.control("Base LR").select_option("0.1")
    reader.wait_for_words("This setting was trained: constant LR 0.1, 3 seeds")


def test_where_nothing_near_was_trained_only_the_rate_is_drawn(reader: Reader, steplr: str) -> None:
    reader.open(steplr)
    assert len(reader.lines()) == 5
    reader.control("Schedule").select_option(label="none: constant")
    reader.wait_for_words("Nothing near this setting was trained, so only its LR is drawn.")
    assert len(reader.lines()) == 1


def test_controls_that_the_schedule_does_not_use_cannot_be_moved(
    reader: Reader, steplr: str
) -> None:
    reader.open(steplr)
    gamma, size = (reader.control(name) for name in ("γ", "step_size"))
    assert gamma.is_enabled()
    assert size.is_enabled()
    reader.control("Schedule").select_option(label="exponential: γ every epoch")
    size.and_(reader.page.locator(":disabled")).wait_for()
    assert gamma.is_enabled()
    reader.control("Schedule").select_option(label="none: constant")
    gamma.and_(reader.page.locator(":disabled")).wait_for()


def test_on_a_phone_controls_and_charts_are_seen_at_once(reader: Reader, steplr: str) -> None:
    reader.open(steplr)
    controls, chart, words = (
        reader.page.locator(f".explorer-{name}").bounding_box()
        for name in ("controls", "picture", "words")
    )
    assert controls is not None
    assert chart is not None
    assert words is not None
    assert chart["y"] + chart["height"] - controls["y"] < 844
    narrow = reader.page.viewport_size["width"] == NARROW
    assert (words["y"] > chart["y"]) == narrow
    titles = reader.page.locator(".explorer-picture .role-title-text text").all_text_contents()
    assert (titles[0] == "Validation accuracy") == narrow


def test_the_keyboard_is_enough(reader: Reader, steplr: str) -> None:
    reader.open(steplr)
    before = reader.lines()
    reader.control("Base LR").focus()
    for _ in range(3):
        reader.page.keyboard.press("Tab")
    assert reader.control("step_size").evaluate("input => input === document.activeElement")
    reader.page.keyboard.press("ArrowRight")
    reader.wait_for_words("not trained")
    after = reader.lines()
    assert before != after
    assert reader.control("step_size").input_value() == "11"
    reader.page.keyboard.press("ArrowLeft")
    reader.wait_for_words("was trained")
    assert reader.lines() == before


def test_touch_is_enough(reader: Reader, momentum: str) -> None:
    reader.open(momentum)
    before = reader.lines()
    slider = reader.control("this factor")
    box = slider.bounding_box()
    assert box is not None
    assert box["height"] >= 24
    slider.tap(position={"x": box["width"] - 4, "y": box["height"] / 2})
    reader.wait_for_words("not trained")
    assert reader.lines() != before


@pytest.mark.parametrize("change", ["drop", "raise"])
def test_the_formula_is_that_of_the_analysis(reader: Reader, momentum: str, change: str) -> None:
    reader.open(momentum)
    reader.control("The LR is").select_option({"drop": "divided by"}.get(change, "multiplied by"))
    gamma = 0.1 if change == "drop" else 10.0
    for form, name in FORMS.items():
        reader.control("Form of momentum").select_option(label=name)
        one, ten = shock.step_length(form, 0.9, gamma, np.array([1.0, 10.0]))
        told = [text.number(value, 2) for value in (one, ten)]
        told = [value.rstrip("0").rstrip(".") for value in told]
        reader.wait_for_words(f"the first step is {told[0]} old steps long, the tenth {told[1]}.")
        nothing = "No run with this form and direction is trained yet."
        assert (nothing in reader.words) == (change == "raise")


def test_nothing_is_wider_than_the_window(reader: Reader, steplr: str) -> None:
    reader.open(steplr)
    page = reader.page
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    chart, around = (page.locator(name).bounding_box() for name in (".marks", ".explorer"))
    assert chart is not None
    assert around is not None
    assert chart["width"] <= around["width"] + 1
    narrow = page.viewport_size["width"] == NARROW
    assert (chart["height"] > chart["width"]) == narrow, "views stack"


def test_another_width_keeps_what_was_chosen(reader: Reader, steplr: str) -> None:
    reader.open(steplr)
    reader.control("step_size").press("ArrowRight")
    reader.wait_for_words("not trained")
    width = reader.page.locator(".explorer-picture svg").get_attribute("width")
    reader.page.set_viewport_size({"width": 600, "height": 900})
    changed = f'.explorer-picture svg:not([width="{width}"])'
    reader.page.locator(changed).wait_for()
    assert reader.control("step_size").input_value() == "11"
    assert reader.words.startswith("This setting was not trained.")


def test_colours_follow_the_page(reader: Reader, steplr: str) -> None:
    reader.open(steplr)
    label = reader.page.locator(".explorer-picture .role-axis-label text").first
    fill = "text => getComputedStyle(text).fill"
    light = label.evaluate(fill)
    reader.page.get_by_role("button", name="Dark colours").click()
    assert label.evaluate(fill) != light
    assert label.evaluate(fill) == reader.page.evaluate("getComputedStyle(document.body).color")


def test_it_works_from_a_web_server(reader: Reader, site: Path) -> None:
    server = make_server(site, State(), port=0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        reader.open(f"http://127.0.0.1:{server.server_address[1]}/posts/steplr/index.html")
        assert reader.words
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_without_scripts_there_is_the_still_picture(browser: sync_api.Browser, steplr: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(steplr)
    assert page.locator(".lr-figure svg").first.is_visible()
    # Told to run no scripts, Chromium still parses a page as if it did: noscript stays hidden.
    assert "a still picture" in (page.locator("noscript").text_content() or "")
    assert page.locator(".explorer").locator("select, input").count() == 0
    context.close()
