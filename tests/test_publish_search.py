"""The search index holds the words of every section, and nothing that is no prose."""

from __future__ import annotations

import json
from pathlib import Path

from publish.search import INDEX, Section, render_index, sections
from tests.publish_tiny import post, project, render, to_html


def test_a_page_is_split_at_its_headings(tmp_path: Path) -> None:
    page = (
        "Before.\n\n## One *word*\n\nA [link](https://x.example), `code`.\n\n### Two\n\n- a\n- b\n"
    )
    assert to_html(page, tmp_path).sections == (
        Section("", "", "Before."),
        Section("one-word", "One word", "A link, code."),
        Section("two", "Two", "a b"),
    )


def test_notes_and_callouts_and_captions_are_found(tmp_path: Path) -> None:
    page = (
        "## A\n\nSaid.[^n]\n\n[^n]: Noted.\n\n::: {.callout-tip collapse=true}\nInside.\n:::\n\n"
        "| x |\n|---|\n| 1 |\n\n: A caption. {#tbl-a}\n"
    )
    first, notes = to_html(page, tmp_path).sections
    assert first.text == "Said. Tip Inside. Table 1: A caption. x 1"
    assert (notes.anchor, notes.title) == ("footnotes", "Footnotes")
    assert notes.text.startswith("Noted.")


def test_drawings_folds_and_the_source_of_formulas_are_left_out(tmp_path: Path) -> None:
    html = (
        '<p>a<br>b <math><mi>x</mi><annotation encoding="application/x-tex">\\frac</annotation>'
        '</math></p><svg><text>tick</text></svg><details class="data-fold"><table><tr><td>1'
        '</td></tr></table></details><p class="receipt">made <b>then</b></p><p>c</p>'
    )
    assert sections(html) == (Section("", "", "a b x c"),)


def test_broken_nesting_loses_no_words() -> None:
    (section,) = sections("<p>a<svg><g></svg>b</i></p>c")
    assert section.text == "a b c"


def test_a_drawing_within_a_drawing_is_left_out_with_it() -> None:
    inner = "<svg><text>inner</text></svg>"
    (section,) = sections(f"<p>a<svg><text>before</text>{inner}<text>after</text></svg>b</p>")
    assert section.text == "a b"


def test_the_index_is_a_script_that_assigns_its_data() -> None:
    pages = [("T", "a/index.html", [Section("x", "H", 'says "</script>"')])]
    script = render_index(pages)
    data = script.removeprefix("globalThis.searchIndex = ").removesuffix(";\n")
    assert json.loads(data) == [["T", "a/index.html", [["x", "H", 'says "</script>"']]]]


def test_every_page_of_a_site_is_in_its_index(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("## Part\n\nWords.\n")})
    render(root)
    index = (root / "_site" / INDEX).read_text(encoding="utf-8")
    assert '["A post","posts/one/index.html",[["part","Part","Words."]]]' in index
    assert '["Tiny","index.html",[["","","All of it."]]]' in index
