"""Blocks on their way to a page: callouts, headings, code with a name, columns of words."""

from __future__ import annotations

import re
from pathlib import Path

from tests.publish_tiny import squeeze, to_html


def test_code_with_the_name_of_its_file_shows_it(tmp_path: Path) -> None:
    html = to_html('```{.python filename="train.py"}\nx = 1\n```\n', tmp_path).html
    assert html.index("<code>train.py</code>") < html.index('class="sourceCode python"')
    assert 'filename="' not in html


def test_a_column_of_many_words_is_marked_so_that_it_keeps_room(tmp_path: Path) -> None:
    table = "| a | b |\n|---|---|\n| short | one sentence, several words long |\n| 1 | 2 |\n"
    html = to_html(table, tmp_path).html
    marked = ["b", "one sentence, several words long", "2"]
    assert re.findall(r'class="words"[^>]*>([^<]*)<', html) == marked


def test_callouts_have_a_title_or_fold(tmp_path: Path) -> None:
    page = """\
    ::: {.callout-note}
    ## With *title*
    Body.
    :::

    ::: {.callout-warning}
    Bare.
    :::

    ::: {.callout-tip collapse="true" title="Fold <me>"}
    Inside.
    :::
    """
    body = to_html(page, tmp_path)
    html = squeeze(body.html)
    assert (
        '<div class="callout callout-note" role="note" aria-label="With title"> '
        '<div class="callout-title"> <p>With <em>title</em></p> </div>'
    ) in html
    assert "<p>Warning</p>" in html
    assert '<details class="callout callout-tip">' in html
    assert "Fold &lt;me&gt;" in html
    assert body.headings == ()


def test_the_title_of_a_callout_may_have_mark_up(tmp_path: Path) -> None:
    html = to_html('::: {.callout-note title="A *b* `c`"}\nx\n:::\n', tmp_path).html
    assert 'aria-label="A b c"' in html
    assert "<p>A <em>b</em> <code>c</code></p>" in html


def test_headings_of_the_first_level_stand_below_the_pages_title(tmp_path: Path) -> None:
    body = to_html("# A\n\nOne.\n\n## B {#sec-b}\n\nTwo.\n\n###### C\n\n@sec-b\n", tmp_path)
    assert re.findall(r"<(h\d)[^>]*>(.*?)<", body.html) == [("h2", "A"), ("h3", "B"), ("h6", "C")]
    assert [(heading.level, heading.anchor) for heading in body.headings] == [
        (2, "a"),
        (3, "sec-b"),
    ]
    found = {section.title: section.text for section in body.sections}
    assert found == {"A": "One.", "B": "Two.", "C": "Section 1.1"}


def test_the_title_of_a_callout_may_be_of_any_level(tmp_path: Path) -> None:
    html = to_html("::: {.callout-note}\n# Title\nx\n:::\n\n## A\n", tmp_path).html
    assert "<h2>A</h2>" in html
