"""The checker finds what is broken, names the source line, and is silent on a sound site."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish.__main__ import main
from publish.check import check_site
from publish.errors import SourceError
from publish.facts import inspect
from tests.publish_tiny import post, project, render, tree, write

PAGE = "<!DOCTYPE html><html><head><title>t</title>{head}</head><body>{body}</body></html>"


def found(root: Path, body: str, head: str = "", **files: str) -> list[str]:
    write(root, {"index.html": PAGE.format(body=body, head=head), **files})
    return [str(finding) for finding in check_site(root, site_url="https://tiny.example/")]


def test_a_built_site_has_no_findings(tmp_path: Path) -> None:
    body = (
        "## A\n\n[up](../../index.qmd) [down](#a) $x$\n\n"
        "| a |\n|---|\n| 1 |\n\n```{python}\nimport pandas as pd\npd.DataFrame({'a': [1]})\n```\n\n"
        "::: {.callout-tip collapse=true}\nx\n:::\n"
    )
    root = project(tmp_path, {"one": post(body), "two": post("A note.[^1]\n\n[^1]: It.\n")})
    render(root)
    assert check_site(root / "_site", root, "https://tiny.example/") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<a href="gone.html">x</a>', "the link gone.html leads nowhere"),
        ('<a href="#gone">x</a>', "a place that is not on that page"),
        ('<a href="/gone/">x</a>', "leads nowhere"),
        ('<a href="https://tiny.example/gone.html">x</a>', "leads nowhere"),
        ('<img src="index.html">', "no alternative text"),
        ('<img src="index.html" alt=" ">', "no alternative text"),
        ("<svg></svg>", "no role"),
        ('<a href="index.html"></a>', "has no text"),
        ('<p id="a"></p><p id="a"></p>', 'the id "a" is used twice'),
        ('<script src="https://cdn.example/x.js"></script>', "loads https://cdn.example/x.js"),
        ('<img alt="a" src="//cdn.example/x.png">', "from another host"),
        ('<p style="background: url(https://cdn.example/x)"></p>', "from another host"),
        ("<style>@import 'https://fonts.example/x';</style>", "from another host"),
        ("<p></div>", "invalid HTML"),
        ("<script>alert(1)</script>", "a script inside the page"),
        ("<p onclick='f()'>x</p>", "onclick=, which the page's Content-Security-Policy"),
    ],
)
def test_what_is_broken_is_found(tmp_path: Path, body: str, words: str) -> None:
    findings = found(tmp_path, body)
    assert any(words in finding for finding in findings), findings


@pytest.mark.parametrize(
    "body",
    [
        '<a href="https://elsewhere.example/">a plain link fetches nothing</a>',
        '<a href="https://tiny.example/">home</a>',
        '<a href="./">home</a>',
        '<a href="#top">up</a><a href="#b">b</a><p id="b"></p>',
        '<img alt="" role="presentation" src="index.html">',
        '<svg role="img" aria-label="A line"></svg>',
        '<svg aria-hidden="true"></svg>',
        '<script type="application/json">{"a": 1}</script>',
        '<a href="mailto:a@b.example">write</a>',
    ],
)
def test_what_is_sound_is_not_found(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, body) == []


def test_a_style_sheet_and_a_feed_are_looked_at(tmp_path: Path) -> None:
    files = {"a.css": "p{background:url('https://x.example/a.png')}", "a.xml": "<a><b></a>"}
    findings = found(tmp_path, "", **files)
    assert [finding.split(":")[0] for finding in findings] == ["a.css", "a.xml"]


def test_a_font_from_another_host_is_found(tmp_path: Path) -> None:
    head = '<link rel="stylesheet" href="https://fonts.example/css">'
    assert "loads https://fonts.example/css" in found(tmp_path, "", head)[0]


def test_a_finding_keeps_the_site_out_and_names_the_line_of_the_source(tmp_path: Path) -> None:
    cell = (
        "a\n\n```{python}\n#| label: fig-plain\n#| fig-cap: c\nimport matplotlib.pyplot as plt\n"
        "plt.plot([1])\n```\n\n```{=html}\n<a href='gone.html'>x</a>\n```\n"
    )
    root = project(tmp_path, {"one": post("x")})
    render(root)
    before = tree(root / "_site")
    write(root, {"posts/one/index.qmd": post(cell)})
    with pytest.raises(SourceError) as caught:
        render(root)
    first, *findings = str(caught.value).splitlines()
    assert first == "the site has mistakes and was not put into place"
    assert tree(root / "_site") == before
    assert len(findings) == 2
    assert findings[0].startswith("posts/one/index.qmd:9: the image ")
    assert findings[1] == "posts/one/index.qmd:16: the link gone.html leads nowhere"


def test_facts_of_a_page_need_only_the_page() -> None:
    facts = inspect(PAGE.format(head="", body='<p id="a"><a href="b.html">b</a></p>'))
    assert (facts.ids, facts.links, facts.problems) == ({"a"}, ("b.html",), ())


def test_the_command_ends_with_1_where_something_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project(tmp_path, {"one": post("x\n\ngone.html\n")})
    render(root)
    page = root / "_site/posts/one/index.html"
    page.write_text(page.read_text().replace("gone.html", "<a href='gone.html'>x</a>"))
    assert main(["check", "--project", str(root)]) == 1
    assert capsys.readouterr().out == (
        "posts/one/index.qmd:8: the link gone.html leads nowhere\n1 finding\n"
    )
    assert main(["check", "--project", str(project(tmp_path / "new", {}))]) == 1
    assert "render it first" in capsys.readouterr().err
