"""Broken sources of every kind: a sentence with file and line for each, and the old site stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish.__main__ import main
from publish.errors import SourceError
from tests.publish_tiny import CONFIG, FRONT, post, project, render, tree, write

ONE = "posts/one/index.qmd"
LISTING = "site/templates/listing.html.j2"
CONDITIONAL = "publish shows all that is written, and content-{} depends on the format"
ZERO = "raised ZeroDivisionError: division by zero"

# What stands in the post from line 6 on, and what is said of it.
BODIES = [
    ("```{python}\n1 / 0\n```", f"7: a cell without a label {ZERO}"),
    ("```{python}\n#| label: f\n\n1 / 0\n```", f'9: the cell "f" {ZERO}'),
    ("```{python}\nx = (\n```", "7: a cell without a label raised SyntaxError: incomplete input"),
    ("a\n\n`{python} 1 / 0`", f"8: `{{python}} 1 / 0` {ZERO}"),
    (
        "```{python}\n#| lable: f\n1\n```",
        '7: unknown cell option "lable" (did you mean "label"?)',
    ),
    (
        "```{python}\n#| echo: maybe\n1\n```",
        "7: the cell option \"echo\" is one of true, false, not 'maybe'",
    ),
    (
        "```{python}\n#| label: f\n1\n```\n\n```{python}\n#| label: f\n2\n```",
        '11: the label "f" is already taken by the cell on line 6',
    ),
    ("```{r}\n1\n```", "6: publish runs {python} cells only, not {r}"),
    ("```{python}\n1\n", "6: the code fence that opens here is never closed"),
    (
        "{{< video x.mp4 >}}",
        "6: publish knows no shortcodes, and this is one: {{< video x.mp4 >}}",
    ),
    (
        "x\n\n::: {.content-visible when-format='pdf'}\nx\n:::",
        "8: publish shows all that is written, and content-visible depends on the format",
    ),
    (
        "x\n\n> ::: {.content-visible when-format='pdf'}\n> x\n> :::",
        f"8: {CONDITIONAL.format('visible')}",
    ),
    (
        "Not hidden.\n\n[x]{.content-visible when-format='pdf'}",
        f"8: {CONDITIONAL.format('visible')}",
    ),
    ("content-hidden\n\n[x]{.content-hidden}", f"8: {CONDITIONAL.format('hidden')}"),
    ("x\n\n```{.python .content-hidden}\nx\n```", f"8: {CONDITIONAL.format('hidden')}"),
    ("x\n\n## x {.content-hidden}", f"8: {CONDITIONAL.format('hidden')}"),
    (
        "Not hidden.\n\n::: {.hidden}\nx\n:::",
        "8: publish shows all that is written, and hidden keeps this from readers",
    ),
    (
        "::: {#fig-both layout-ncol=2}\n![A](a.png){#fig-a}\n\nBoth.\n:::",
        "7: fig-a is a part of fig-both, and publish numbers no parts of figures",
    ),
    ("See @fig-gone.", "6: nothing here has the label @fig-gone"),
    ("$$ x $$ {#eq-a}\n\nSee @eq-b.", '8: nothing here has the label @eq-b (did you mean "eq-a"?)'),
    ("As @gone says.", "6: @gone is cited but no bibliography is set"),
    ("[x](../two/index.qmd)", "6: there is no page ../two/index.qmd to link to"),
    ("[x](gone.csv)", "6: there is no file gone.csv to link to"),
    ("$\\frac{1$", "6: this formula cannot be set: \\frac{1"),
]
# What stands in the front matter on line 3.
FRONT_MATTER = [
    ("titel: x", '3: unknown key "titel" (did you mean "title"?)'),
    ("title: x", '3: the key "title" is given twice'),
    ("date: soon", '3: the date "soon" is not of the form 2025-01-31'),
    ("toc-depth: many", '3: "toc-depth" must be a whole number'),
    ("categories: a", '3: "categories" must be a list of texts'),
    ("description: [a]", '3: "description" must be a text'),
    ("execute: {timeout: -1}", '3: "timeout" is a number of seconds above 0, not -1'),
    ("bibliography: gone.bib", "3: bibliography: there is no file posts/one/gone.bib"),
    ("x: [", "3: broken YAML: expected the node content, but found '<stream end>'"),
]
# A file, what it holds, and what is said of it.
FILES = [
    ("_quarto.yml", "project: 3\n", '_quarto.yml:1: "project" must hold further keys'),
    ("_quarto.yml", "", '_quarto.yml:1: "website" has no title'),
    (
        "_quarto.yml",
        CONFIG.replace("https://", ""),
        '_quarto.yml:6: the site-url "tiny.example" must begin with https:// or http://',
    ),
    (
        "_quarto.yml",
        CONFIG.replace("index.qmd", "gone.qmd"),
        "_quarto.yml:7: the navbar leads to gone.qmd, and there is no such page",
    ),
    (
        "_quarto.yml",
        CONFIG.replace("index.qmd", '"gone.qmd#a"'),
        "_quarto.yml:7: the navbar leads to gone.qmd#a, and there is no such page",
    ),
    (
        "_quarto.yml",
        CONFIG.replace("  navbar:", '  page-footer: "[About](about.qmd)"\n  navbar:'),
        "_quarto.yml:7: the footer leads to about.qmd, and there is no such page",
    ),
    (
        "_quarto.yml",
        CONFIG.replace("  navbar:", "  favicon: gone.svg\n  navbar:"),
        "_quarto.yml:7: favicon: there is no file gone.svg",
    ),
    (
        "_quarto.yml",
        CONFIG.replace("  navbar:", "  favicon: ../gone.svg\n  navbar:"),
        "_quarto.yml:7: favicon: there is no file ../gone.svg",
    ),
    (
        "_quarto.yml",
        CONFIG.replace("href:", "hurf:"),
        '_quarto.yml:8: unknown key "left.hurf" (did you mean "href"?)',
    ),
    (
        "_quarto.yml",
        CONFIG.replace("href: index.qmd\n        ", ""),
        "_quarto.yml:7: an entry of the navbar has no href",
    ),
    (
        "_quarto.yml",
        "website: {title: x, navbar: {left: 3}}\n",
        '_quarto.yml:1: "left" of the navbar must be a list',
    ),
    (
        "index.qmd",
        FRONT.replace("feed: true", "sort: size"),
        'index.qmd:5: unknown sort order "size"; it is one of ',
    ),
    ("index.qmd", "---\ntitle: x\n", "index.qmd:1: the front matter that starts here is never"),
    (LISTING, "\n{% if %}", f"{LISTING}:2: template: Expected an expression"),
    (LISTING, "{{ hole }}", f"{LISTING}: template: 'hole' is undefined"),
]
# What only the finished site shows.
FOUND = [
    ("[x](#gone)", "6: the link #gone leads to a place that is not on that page"),
    ("![](a.png)", "6: the image a.png has no alternative text (fig-alt)"),
    ("a\n\n<p onclick='f()'>x</p>", "8: onclick=, which the page's Content-Security-Policy"),
    ("<p>\n\n</div>\n", "8: invalid HTML: end tag too early div"),
    ("<p id='a'></p><p id='a'></p>", '6: the id "a" is used twice'),
    ("<img alt='a' src='https://x.example/a.png'>", "6: <img> loads https://x.example/a.png from"),
]


def said(root: Path) -> str:
    with pytest.raises(SourceError) as caught:
        render(root)
    return str(caught.value)


@pytest.mark.parametrize(("body", "words"), BODIES)
def test_a_mistake_in_a_post_is_one_sentence(tmp_path: Path, body: str, words: str) -> None:
    assert said(project(tmp_path, {"one": post(body)})) == f"{ONE}:{words}"


@pytest.mark.parametrize(("line", "words"), FRONT_MATTER)
def test_a_mistake_in_front_matter_is_one_sentence(tmp_path: Path, line: str, words: str) -> None:
    text = f"---\ntitle: t\n{line}\n---\n\nx\n"
    assert said(project(tmp_path, {"one": text})) == f"{ONE}:{words}"


@pytest.mark.parametrize(("name", "text", "words"), FILES)
def test_a_mistake_in_another_file_is_one_sentence(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    root = project(tmp_path, {"one": post("x")})
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    told = said(root)
    assert told.startswith(words)
    assert "\n" not in told


@pytest.mark.parametrize(("body", "words"), FOUND)
def test_what_only_the_finished_site_shows_keeps_it_out(
    tmp_path: Path, body: str, words: str
) -> None:
    root = project(tmp_path, {"one": post("x")}, **{"posts/one/a.png": ""})
    render(root)
    before = tree(root / "_site")
    write(root, {ONE: post(body)})
    first, *findings = said(root).splitlines()
    assert first == "the site has mistakes and was not put into place"
    assert any(finding.startswith(f"{ONE}:{words}") for finding in findings), findings
    assert tree(root / "_site") == before


def test_text_that_is_no_text_is_told(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x")})
    (root / ONE).write_bytes(b"---\ntitle: \xff\n---\n")
    assert said(root) == f"{ONE}: this file is not UTF-8 text"


def test_the_command_prints_the_sentence_and_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project(tmp_path, {"one": post("See @fig-gone.")})
    for command in ("render", "render --fresh"):
        assert main([*command.split(), "--project", str(root)]) == 1
        out, err = capsys.readouterr()
        assert (out, err) == ("", f"publish: {ONE}:6: nothing here has the label @fig-gone\n")
    assert main(["check", "--project", str(tmp_path / "gone")]) == 1
    assert capsys.readouterr().err.startswith("publish: _quarto.yml: there is no such file")
