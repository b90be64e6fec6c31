"""The checker finds what is broken, names the source line, and is silent on a sound site."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish.__main__ import main
from publish.check import check_site
from publish.errors import SourceError
from publish.facts import inspect
from publish.feedcheck import xml_problems
from publish.weight import MOST
from tests.publish_tiny import post, project, render, tree, write

PAGE = "<!DOCTYPE html><html><head><title>t</title>{head}</head><body>{body}</body></html>"


def found(root: Path, body: str, head: str = "", **files: str) -> list[str]:
    write(root, {"index.html": PAGE.format(body=body, head=head), **files})
    return [str(finding) for finding in check_site(root, site_url="https://tiny.example/")]


def test_a_built_site_has_no_findings(tmp_path: Path) -> None:
    body = (
        "## A\n\n[up](../../index.qmd) [down](#a) $x$\n\n"
        "| a |\n|---|\n| 1 |\n\n```{python}\nimport pandas as pd\npd.DataFrame({'a': [1]})\n```\n\n"
        "::: {.callout-tip collapse=true}\nx\n:::\n\n"
        "```{.python .numberLines}\nx\n```\n\n```{#own .python .numberLines}\ny\n```\n"
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
        ("<svg></svg>", "a drawing (svg) has no name (aria-label or <title>)"),
        ('<a href="index.html"></a>', "has no text"),
        ('<p id="a"></p><p id="a"></p>', 'the id "a" is used twice'),
        ('<script src="https://cdn.example/x.js"></script>', "loads https://cdn.example/x.js"),
        ('<img alt="a" src="//cdn.example/x.png">', "from another host"),
        ('<p style="background: url(https://cdn.example/x)"></p>', "from another host"),
        ("<style>@import 'https://fonts.example/x';</style>", "from another host"),
        ("<p></div>", "invalid HTML"),
        ("<script>alert(1)</script>", "a script inside the page"),
        ("<p>See ?@fig-gone.</p>", "nothing has the label @fig-gone"),
        ("<p>A claim.[^src]</p>", "there is no footnote [^src]"),
        ("<p>:::</p>", "::: opens or closes no block"),
        ("<p>text ::: {.x} y :::</p>", "::: opens or closes no block"),
        ('<a href="http://[bad">x</a>', "the address http://[bad cannot be read"),
        ('<img alt="x" src="http://[bad">', "the address http://[bad cannot be read"),
        (
            '<span class="citation" data-cites="ada">(<strong>ada?</strong>)</span>',
            "@ada is in no bibliography",
        ),
        ('<img alt="a" srcset="index.html 1x, //cdn.example/x.png 2x">', "from another host"),
        ('<video poster="https://cdn.example/x.png"></video>', "from another host"),
        ("<p onclick='f()'>x</p>", "onclick=, which the page's Content-Security-Policy"),
        ('<iframe src="index.html"></iframe>', "<iframe>, which the page's Content-Security-Pol"),
        ('<object data="index.html"></object>', "<object>, which the page's Content-Security-Pol"),
        ('<embed src="index.html">', "<embed>, which the page's Content-Security-Policy keeps"),
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
        "<iframe srcdoc='x'></iframe>",
        '<a href="mailto:a@b.example">write</a>',
        "<p>Write <code>?@fig-x</code>.</p>",
        '<span class="citation" data-cites="ada">(Ada 1843)</span>',
    ],
)
def test_what_is_sound_is_not_found(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, body) == []


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("/blog/a/index.html", ""),
        ("/blog/a/", ""),
        ("/blog/a#b", ""),
        ("/blog/", ""),
        ("/blog", ""),
        ("//elsewhere.example/x", ""),
        ("/blog/gone.html", "leads nowhere"),
        ("/blog/a#gone", "a place that is not on that page"),
        ("/a/index.html", "/a/index.html leads out of the site, which begins at /blog/"),
        ("/blogs/a/index.html", "leads out of the site"),
        ("/", "leads out of the site"),
    ],
)
def test_a_link_from_the_root_of_the_host_leads_into_a_site_below_it(
    tmp_path: Path, link: str, words: str
) -> None:
    page = PAGE.format(head="", body="<p id='b'></p>")
    write(
        tmp_path,
        {"a/index.html": page, "index.html": page.replace("p>", f"p><a href='{link}'>x</a>")},
    )
    findings = [
        str(finding) for finding in check_site(tmp_path, site_url="https://x.example/blog/")
    ]
    assert len(findings) == bool(words)
    assert all(words in finding for finding in findings)


def test_a_link_may_name_a_folder_without_its_slash(tmp_path: Path) -> None:
    folder = PAGE.format(head="", body="<p id='b'></p>")
    body = '<a href="a">x</a><a href="a#b">y</a>'
    assert found(tmp_path, body, **{"a/index.html": folder}) == []
    assert "a place that is not" in found(tmp_path, body.replace("#b", "#c"))[0]


def test_a_style_sheet_and_a_feed_are_looked_at(tmp_path: Path) -> None:
    files = {
        "a.css": "p{background:url('https://x.example/a.png')}",
        "a.xml": "<a><b></a>",
        "b.js": "fetch('https://x.example/')",
        "c.js": "fetch('here.json') // https://x.example",
    }
    findings = found(tmp_path, "", **files)
    assert [finding.split(":")[0] for finding in findings] == ["a.css", "a.xml", "b.js"]


def test_a_finding_outside_the_pages_names_its_source_too(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x")})
    write(root, {"site/static/a.css": "p {}\n\nb { background: url(//x.example/b) }\n"})
    with pytest.raises(SourceError, match=r"\nsite/static/a.css:3: the style sheet loads"):
        render(root)


@pytest.mark.parametrize("name", ["old.html", "site/static/old.css", "old.js"])
def test_a_file_that_is_no_text_is_told(tmp_path: Path, name: str) -> None:
    body = f"[old](/{name})" if "/" not in name else "x"
    root = project(tmp_path, {"one": post(body)}, **{name: ""})
    (root / name).write_bytes("p { content: 'é' }".encode("latin-1"))
    with pytest.raises(SourceError, match=rf"\n{name}(:1)?: this file is not UTF-8 text$"):
        render(root)


def test_a_page_that_is_too_heavy_is_told(tmp_path: Path) -> None:
    files = {"big.svg": "x" * MOST, "index.svg": "", "linked.svg": "x" * MOST}
    body = '<img alt="a" src="{}"><a href="linked.svg">x</a>'
    assert found(tmp_path, body.format("index.svg"), **files) == []
    (finding,) = found(tmp_path, body.format("big.svg"), **files)
    assert "the page and what it loads weigh 500 kB, more than 500 kB" in finding


RSS = (
    '<rss version="2.0"><channel><title>t</title><link>https://tiny.example/</link>'
    "<description>d</description>{}</channel></rss>"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<rss/>", 'must be <rss version="2.0">'),
        (RSS.replace("<title>t</title>", ""), "the channel has no <title>"),
        (RSS.format("<item/>"), "neither <title> nor <description>"),
        (RSS.format("<item><title>a</title><link>a.html</link></item>"), "relative address"),
        (RSS.format("<item><title>a</title><pubDate>soon</pubDate></item>"), 'the date "soon"'),
        (RSS.format("<item><title>a</title><guid>https://a.b</guid></item>" * 2), "of another"),
        (
            RSS.format("<item><title>a</title><link>https://tiny.example/gone/</link></item>"),
            "https://tiny.example/gone/ leads nowhere",
        ),
        (
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>'
            "<loc>https://tiny.example/gone.html</loc></url></urlset>",
            "https://tiny.example/gone.html leads nowhere",
        ),
    ],
)
def test_a_feed_or_site_map_that_is_not_valid_is_told(text: str, words: str) -> None:
    (problem,) = xml_problems(text.format("").encode(), "https://tiny.example/", {"index.html"})
    assert words in problem


def test_a_link_of_a_feed_leads_to_a_folder_or_a_file() -> None:
    def lost(address: str) -> bool:
        item = f"<item><title>a</title><link>https://tiny.example/{address}</link></item>"
        names = {"index.html", "a/index.html", "b-index.html"}
        return any(xml_problems(RSS.format(item).encode(), "https://tiny.example/", names))

    assert not any(map(lost, ("", "a/", "a/index.html", "b-index.html")))
    assert all(map(lost, ("b-", "b-index", "b-index.html/", "c/")))


def test_a_font_from_another_host_is_found(tmp_path: Path) -> None:
    head = '<link rel="stylesheet" href="https://fonts.example/css">'
    assert "loads https://fonts.example/css" in found(tmp_path, "", head)[0]


def test_a_script_of_a_cell_is_told_where_the_cell_is(tmp_path: Path) -> None:
    cell = "```{python}\n{}from IPython.display import HTML\nHTML('<script>1</script>')\n```"
    cases = [
        ("x\n\n## One, and: two\n\n" + cell.replace("{}", ""), 8),
        ("x\n\n" + cell.replace("{}", "#| label: fig-a\n#| fig-cap: A\n"), 9),
    ]
    for number, (body, line) in enumerate(cases):
        root = project(tmp_path / str(number), {"a": post(body)})
        with pytest.raises(SourceError, match=f"posts/a/index.qmd:{line}: a script inside"):
            render(root)


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


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("x\n\nA claim.[^src]\n", 8, "there is no footnote [^src]"),
        ("::: {.a}\nx\n:::\n\ny\n\n:::\n", 12, "::: opens or closes no block"),
        ("x\n\ny\n::: {.a}\nz\n:::\n", 9, "::: opens or closes no block"),
        ('A "\u2028" in it.\n\n<p onclick="x">x</p>\n', 8, "onclick="),
        ('<a href="http://[bad">x</a>\n', 6, "http://[bad cannot be read"),
    ],
)
def test_what_was_lost_on_the_way_is_told_at_its_line(
    tmp_path: Path, body: str, line: int, words: str
) -> None:
    root = project(tmp_path, {"one": post(body)})
    with pytest.raises(SourceError) as caught:
        render(root)
    assert f"\nposts/one/index.qmd:{line}: " in str(caught.value)
    assert words in str(caught.value)


def test_code_may_show_what_prose_may_not(tmp_path: Path) -> None:
    body = "`[^a]` and `:::`\n\n```markdown\n:::\n[^b]\n```\n\nA range a:::b, and [x]^2^.\n"
    render(project(tmp_path, {"one": post(body)}))
