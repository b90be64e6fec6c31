"""Markdown becomes HTML: numbers, links, citations, callouts, mathematics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publish.errors import SourceError
from publish.pandoc import inline_html, pandoc_path
from tests.publish_tiny import squeeze, to_html, write

BIB = """\
@article{one, author={Ada One}, title={The title}, journal={J}, year={2001}}
"""
FIGURE = """\
```{{python}}
#| label: {label}
#| {kind}-cap: "The *caption*"
#| echo: false
class Thing:
    def _repr_markdown_(self): return "{shown}"
Thing()
```
"""
SVG = "```{=html}\\n<svg id='drawn'></svg>\\n```"


def mistake(text: str, root: Path, **settings: object) -> str:
    with pytest.raises(SourceError) as caught:
        to_html(text, root, **settings)
    return str(caught.value)


def test_figures_are_numbered_captioned_and_linked(tmp_path: Path) -> None:
    page = (
        "See @fig-b, [-@fig-a], [Fig. @fig-b] and [@fig-a; @fig-b].\n\n"
        + FIGURE.format(label="fig-a", kind="fig", shown=SVG)
        + "\n"
        + FIGURE.format(label="fig-b", kind="fig", shown=SVG.replace("drawn", "other"))
    )
    html = squeeze(to_html(page, tmp_path).html)
    assert '<figure id="fig-a" class="float float-fig">' in html
    assert (
        '<span class="float-number">Figure\u00a02:</span> The <em>caption</em> </figcaption>'
        in html
    )
    link = '<a href="#fig-{}" class="quarto-xref">{}</a>'
    for label, text in [("b", "Figure\u00a02"), ("a", "1"), ("b", "Fig.\u00a02")]:
        assert link.format(label, text) in html
    both = [link.format("a", "Figure\u00a01"), link.format("b", "Figure\u00a02")]
    assert ", ".join(both) in html


def test_raw_html_of_an_object_reaches_the_page_untouched(tmp_path: Path) -> None:
    html = to_html(FIGURE.format(label="fig-a", kind="fig", shown=SVG), tmp_path).html
    assert "<svg id='drawn'></svg>" in html
    assert html.index("<svg") < html.index("<figcaption>")


def test_tables_carry_their_caption_above(tmp_path: Path) -> None:
    table = "| a | b |\\n|---|--:|\\n| 1 | 2 |"
    page = FIGURE.format(label="tbl-a", kind="tbl", shown=table) + "\nSee @tbl-a.\n"
    html = to_html(page, tmp_path).html
    assert '<figure id="tbl-a" class="float float-tbl">' in html
    assert html.index("Table\u00a01:") < html.index("<table")
    assert '<a href="#tbl-a" class="quarto-xref">Table\u00a01</a>' in html
    assert '<div class="table-scroll" tabindex="0"' in html


def test_authors_write_figures_and_tables_in_markdown_too(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    page = """\
    ![The caption](a.png){#fig-a fig-alt="What it shows"}

    | a |
    |---|
    | 1 |

    : Some numbers {#tbl-a}

    ::: {#fig-b}
    ![](a.png){fig-alt="Again"}

    Another caption
    :::

    @fig-a, @tbl-a, @fig-b
    """
    html = squeeze(to_html(page, tmp_path).html)
    assert '<img src="a.png" alt="What it shows" />' in html
    assert "Figure\u00a01:</span> The caption" in html
    assert "Table\u00a01:</span> Some numbers" in html
    assert "Figure\u00a02:</span> Another caption" in html


def test_equations_and_sections_are_numbered(tmp_path: Path) -> None:
    page = "## One {#sec-one}\n\n### Two {#sec-two}\n\n$$x = 1$$ {#eq-x}\n\n@eq-x @sec-two\n"
    html = to_html(page, tmp_path).html
    assert '<span id="eq-x" class="equation"><math' in html
    assert '<span class="equation-number">(1)</span>' in html
    assert '<a href="#eq-x" class="quarto-xref">Equation\u00a01</a>' in html
    assert '<a href="#sec-two" class="quarto-xref">Section\u00a01.1</a>' in html
    assert "section-number" not in html
    assert "section-number" in to_html(page, tmp_path, number_sections=True).html


def test_mathematics_is_mathml(tmp_path: Path) -> None:
    assert "<msub><mi>η</mi><mi>t</mi></msub>" in to_html(r"$\eta_t$", tmp_path).html


def test_citations_are_resolved_and_listed(tmp_path: Path) -> None:
    write(tmp_path, {"refs.bib": BIB})
    body = to_html("## A\n\nAs @one says.\n", tmp_path, bibliography=["refs.bib"])
    assert '<a href="#ref-one" role="doc-biblioref">' in body.html
    assert body.html.index("References</h2>") < body.html.index('id="ref-one"')
    assert [heading.text for heading in body.headings] == ["A", "References"]


def test_a_page_that_cites_nothing_has_no_list_of_references(tmp_path: Path) -> None:
    write(tmp_path, {"refs.bib": BIB})
    assert "References" not in to_html("Words.", tmp_path, bibliography=["refs.bib"]).html


def test_links_between_sources_lead_to_pages(tmp_path: Path) -> None:
    html = to_html("[here](page.qmd#part) [there](https://x.example)", tmp_path).html
    assert 'href="page.html#part"' in html
    assert 'href="https://x.example"' in html


def test_files_that_a_page_links_to_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    assert to_html("[data](a.csv)", tmp_path).files == ("a.csv",)


def test_the_outline_stops_at_its_depth(tmp_path: Path) -> None:
    page = "## A `code`\n\n### B\n\n#### C\n"
    texts = [heading.text for heading in to_html(page, tmp_path).headings]
    assert texts == ["A code", "B"]
    assert len(to_html(page, tmp_path, toc_depth=4).headings) == 3


def test_the_outline_shows_a_formula_and_no_number_of_a_note(tmp_path: Path) -> None:
    page = '# A\n\n## The "factor" ($\\gamma_1$-decay)[^a]\n\n[^a]: Noted.\n'
    headings = to_html(page, tmp_path, number_sections=True).headings
    assert [heading.text for heading in headings] == ["1 A", "1.1 The “factor” (γ1-decay)"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a\n\nSee @fig-nope.\n", 3, "nothing here has the label @fig-nope"),
        ("## A {#sec-intro}\n\n@sec-into\n", 3, 'did you mean "sec-intro"'),
        ("a\n\n@missing says\n", 3, "@missing is cited but no bibliography is set"),
        ("## A {#x}\n\n::: {#x}\ny\n:::\n", 3, '"x" is given twice'),
        ("## A {#x}\n\nx\n\n## B {#x}\n", 5, '"x" is given twice'),
        ("data.csv\n\n[b](data.csv)\n", 3, "there is no file data.csv"),
        ("a\n\n---\nNote: lost\n---\n\nb\n", 3, "reads as settings and would not be shown"),
        ("a\n\n[b](page.html)\n", 3, "link to page.qmd, the source of page.html"),
        ("a\n\n::: {.note}\nopen\n", 3, "unclosed"),
        ("a\n\n$$ \\frac{1 $$\n", 3, "this formula cannot be set"),
        ("a\n\n[b](other.qmd)\n", 3, "there is no page other.qmd"),
        ("a\n\n[b](data.csv)\n", 3, "there is no file data.csv"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    message = mistake(text, tmp_path)
    assert message.startswith(f"page.qmd:{line}: ")
    assert words in message
    assert "\n" not in message


def test_a_missing_citation_is_told_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, {"refs.bib": BIB})
    message = mistake("a\n\n@one and @two\n", tmp_path, bibliography=["refs.bib"])
    assert message == "page.qmd:3: @two is in no bibliography of this page"


def test_a_mistake_in_a_cells_caption_is_told_at_the_cell(tmp_path: Path) -> None:
    page = 'a\n\n```{python}\n#| label: fig-a\n#| fig-cap: "See @fig-b"\n1\n```\n'
    assert mistake(page, tmp_path).startswith("page.qmd:3: nothing here has the label @fig-b")


def test_the_time_to_read_counts_what_is_read(tmp_path: Path) -> None:
    words = "word " * 660
    assert to_html("Few.", tmp_path).minutes == 1
    assert to_html(words, tmp_path).minutes == 3
    assert to_html(f"```{{=html}}\n<p class='card'>{words}</p>\n```", tmp_path).minutes == 3
    folded = f"<details class='data-fold'>{words}</details><svg><text>{words}</text></svg>"
    assert to_html(f"```{{=html}}\n{folded}\n```", tmp_path).minutes == 1


@pytest.mark.parametrize(
    "image",
    [
        '![]({}){{fig-alt="A curve"}}',
        'before ![cap]({}){{fig-alt="A curve"}} after',
        '![cap]({}){{#fig-a fig-alt="A curve"}}',
        '- ![]({}){{fig-alt="A curve"}}',
    ],
)
def test_an_image_has_its_alternative_text_wherever_it_stands(tmp_path: Path, image: str) -> None:
    write(tmp_path, {"a.png": ""})
    html = to_html(image.format("a.png"), tmp_path).html
    assert 'alt="A curve"' in html
    assert "fig-alt" not in html


def test_a_line_that_begins_with_a_percent_sign_is_text(tmp_path: Path) -> None:
    assert "% of all" in to_html("% of all\n\nx\n", tmp_path).html


def test_a_reference_to_a_cell_that_shows_nothing_names_the_cell(tmp_path: Path) -> None:
    page = "See @fig-a.\n\n```{python}\n#| label: fig-a\nx = 1\n```\n"
    write(tmp_path, {"page.qmd": page})
    told = mistake(page.replace("label: fig-a", "label: fig-a\n#| echo: false"), tmp_path)
    assert (
        told
        == "page.qmd:4: @fig-a leads nowhere: this cell shows nothing that could have its label"
    )


def test_a_cell_is_as_wide_as_it_asks(tmp_path: Path) -> None:
    html = to_html("```{python}\n#| column: page\n1\n```\n", tmp_path).html
    assert 'class="cell column-page"' in html


def test_the_parts_of_a_figure_stand_in_its_columns(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": ""})
    image = "![](a.png){fig-alt=a}"
    page = f"::: {{#fig-a layout-ncol=2}}\n{image}\n{image}\n\nBoth.\n:::\n"
    assert '<div data-layout-ncol="2">' in to_html(page, tmp_path).html


@pytest.fixture
def _asked_anew() -> Iterator[None]:
    pandoc_path.cache_clear()
    yield
    pandoc_path.cache_clear()


@pytest.mark.usefixtures("_asked_anew")
def test_no_other_pandoc_of_the_machine_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "pandoc"
    started = tmp_path / "started"
    other.write_text(f"#!/bin/sh\n: > '{started}'\necho pandoc 99.0\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert inline_html("*a*", tmp_path) == "<em>a</em>"
    assert not started.exists()


@pytest.mark.usefixtures("_asked_anew")
def test_a_missing_pandoc_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SourceError, match="pypandoc-binary, which brings pandoc, is not installed"):
        inline_html("*a*", tmp_path)


def test_what_stops_pandoc_is_told_with_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "pandoc"
    broken.write_text("#!/bin/sh\necho out of memory >&2\nexit 251\n")
    broken.chmod(0o755)
    monkeypatch.setattr("publish.pandoc.pandoc_path", lambda: str(broken))
    assert mistake("Words.", tmp_path) == "page.qmd: pandoc stopped: out of memory"
