"""Inline code runs wherever it is written, and its value is shown as it is."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from publish.errors import SourceError
from tests.publish_tiny import run, to_html

VALUE = "Value `{python} 6 * 7`."


def seen(text: str, root: Path) -> str:
    """Return the words of a page's text as a browser shows them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", to_html(text, root).html)).split())


@pytest.mark.parametrize(
    "before",
    [
        "A stray ` here.\n\n",
        "A stray ` here and ",
        "A stray `` here.\n\n",
        "- a ` stray\n- ",
        "# A ` stray\n",
        "```a``` is inline.\n\n{}\n\n```\ncode\n```\n\n",
        "```\na\n\nb\n```\ntext\n",
        "`{python}` is no code; ",
    ],
)
def test_no_stray_tick_keeps_inline_code_from_running(tmp_path: Path, before: str) -> None:
    text = before.replace("{}", VALUE) if "{}" in before else before + VALUE
    markdown = run(text, tmp_path).markdown
    assert "Value 42." in markdown
    assert "6 * 7" not in markdown


@pytest.mark.parametrize(
    "text",
    [
        f"`` {VALUE} ``",
        f"x ```` a\n{VALUE} ````",
        f"```\na\n\n{VALUE}\n```\n",
        f"~~~ a`b\n{VALUE}\n~~~\n",
        r"\`{python} 1`",
    ],
)
def test_inline_code_that_is_shown_does_not_run(tmp_path: Path, text: str) -> None:
    assert run(text, tmp_path).markdown == text


@pytest.mark.parametrize("text", ["a\n\nb `{python} 1 + 1", "a\n\n`{python} 1 + 1\n\nc ` d"])
def test_inline_code_without_an_end_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError) as caught:
        run(text, tmp_path)
    assert str(caught.value) == "page.qmd:3: this inline code is never closed with a back-tick"


def test_inline_code_may_reach_over_lines(tmp_path: Path) -> None:
    assert run("`{python} 1 +\n 1`", tmp_path).markdown == "2"
    with pytest.raises(SourceError, match=r"^page.qmd:1: `\{python\} 1 / 0` raised [^\n]*$"):
        run("`{python} 1 /\n0`", tmp_path)


def test_spaces_in_a_text_stay(tmp_path: Path) -> None:
    assert run("`{python} len('a  b')`", tmp_path).markdown == "4"


@pytest.mark.parametrize(
    "value",
    ["&copy;", "&#38;", "...", "a..b", "1...2", "::: x", "12:30", "= 5 %", "a\\&b", "<b>*_$x$"],
)
def test_a_value_is_shown_as_it_is(tmp_path: Path, value: str) -> None:
    assert seen(f"`{{python}} {value!r}`\n\nEnd", tmp_path) == f"{value} End"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`{python} 3`. Third", "3. Third"),
        ("`{python} 3`) Third", "3) Third"),
        ("(`{python} 'a'`) Third", "(a) Third"),
        ("`{python} 'iv'`.\nFourth", "iv. Fourth"),
        ("`{python} '2. Second'`", "2. Second"),
        ("It is\n\n`{python} 3`.", "It is 3."),
    ],
)
def test_no_value_becomes_the_mark_of_a_list(tmp_path: Path, text: str, shown: str) -> None:
    assert seen(text, tmp_path) == shown
    assert "<li" not in to_html(f"{text}\n\nEnd", tmp_path).html
    nested = to_html(f"- {text.replace(chr(10), chr(10) + '  ')}", tmp_path).html
    assert nested.count("<li") == 1


@pytest.mark.parametrize("value", [-0.5, 1e-07, -2, 1e20])
def test_a_number_may_stand_in_a_formula_in_a_range_and_at_the_beginning(
    tmp_path: Path, value: float
) -> None:
    formula = to_html(f"$\\gamma = `{{python}} {value}`$", tmp_path).html
    assert f">\\gamma = {value}</annotation>" in formula
    assert (
        seen(f"`{{python}} {value}` to -`{{python}} {value}`", tmp_path) == f"{value} to -{value}"
    )
    assert "<p>" in to_html(f"`{{python}} {value}` is one", tmp_path).html


def test_numbers_in_a_sentence_stay_plain(tmp_path: Path) -> None:
    assert run("It is `{python} 3`. `{python} 0.5` is less.", tmp_path).markdown == (
        "It is 3. 0.5 is less."
    )
