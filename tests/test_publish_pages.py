"""What a built page holds, whatever its source is called and says."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pytest

from publish.errors import SourceError
from tests.publish_tiny import CONFIG, FRONT, post, project, render


def test_a_page_knows_its_title_dates_neighbours_and_source(tmp_path: Path) -> None:
    posts = {
        "one": post("x", "First <post>", "2025-01-01", "description: What it says\n"),
        "two": post("## A\n\n## B\n", "Second", "2025-02-01", "categories: [a, b]\n"),
    }
    root = project(tmp_path, posts)
    render(root)
    one = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    two = (root / "_site/posts/two/index.html").read_text(encoding="utf-8")
    front = (root / "_site/index.html").read_text(encoding="utf-8")
    assert "<title>First &lt;post&gt; · Tiny</title>" in one
    assert '<time datetime="2025-01-01">1 January 2025</time>' in one
    assert '<meta name="description" content="What it says">' in one
    assert '<link rel="canonical" href="https://tiny.example/posts/one/">' in one
    assert 'rel="next" href="../../posts/two/index.html"' in one
    assert 'rel="prev" href="../../posts/one/index.html"' in two
    assert '<li class="toc-2"><a href="#b">B</a></li>' in two
    assert front.index("Second") < front.index("First &lt;post&gt;")
    assert (root / "_site/posts/one/index.qmd").read_text() == (
        root / "posts/one/index.qmd"
    ).read_text()


def test_titles_and_descriptions_may_have_mark_up(tmp_path: Path) -> None:
    title = r"'What *really* matters: `lr` and $\eta$'"
    front = f"title: {title}\ndescription: See [here](x) & **now**\n"
    post_one = f"---\n{front}subtitle: 2^nd^\ndate: 2025-01-01\n---\n\nx\n"
    root = project(tmp_path, {"one": post_one, "two": post("x")})
    render(root)
    one, two, front_page = (
        (root / "_site" / path / "index.html").read_text(encoding="utf-8")
        for path in ("posts/one", "posts/two", ".")
    )
    for page in (one, front_page):
        assert "What <em>really</em> matters: <code>lr</code> and <math" in page
        assert "See here &amp; <strong>now</strong></p>" in page
    assert "</span> What <em>really</em> matters" in two
    assert "2<sup>nd</sup></p>" in one
    words = "What really matters: lr and η"
    assert f"<title>{words} · Tiny</title>" in one
    assert '<meta name="description" content="See here &amp; now">' in one
    assert f"<title>{words}</title>" in (root / "_site/index.xml").read_text(encoding="utf-8")
    assert f'["{words}",' in (root / "_site/search-index.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("title", ["1. A *list*", "# A `b`", "snake_case", "A $5 * b", "<i>*"])
def test_a_title_that_is_no_line_of_mark_up_is_shown_as_it_is(tmp_path: Path, title: str) -> None:
    root = project(tmp_path, {"one": post("x", title)})
    render(root)
    html = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    assert f"<h1>{escape(title)}</h1>" in html
    assert f"<title>{escape(title)} · Tiny</title>" in html


def test_every_local_address_is_relative(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("[data](/results/a.csv)")}, **{"results/a.csv": "1"})
    render(root)
    html = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    addresses = re.findall(r'(?:href|src)="([^"]+)"', html)
    assert "../../results/a.csv" in addresses
    assert "../../static/style.css" in addresses
    assert (root / "_site/results/a.csv").is_file()
    assert not [address for address in addresses if address.startswith("/")]


def test_every_page_has_a_policy_that_runs_no_script_inside(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x")})
    render(root)
    for name in ("index.html", "posts/one/index.html", "404.html"):
        html = (root / "_site" / name).read_text(encoding="utf-8")
        found = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', html)
        assert found
        rules = dict(rule.split(" ", 1) for rule in found[1].split("; "))
        assert rules["default-src"] == "'none'"
        assert "unsafe" not in rules["script-src"]
        assert rules["media-src"] == rules["font-src"] == "'self' file:"
        # A policy holds for what comes after it.
        assert found.start() < html.index("<script")


def test_no_page_has_a_script_or_event_inside(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x")})
    render(root)
    for name in ("index.html", "posts/one/index.html", "404.html"):
        html = (root / "_site" / name).read_text(encoding="utf-8")
        own, *others = re.findall(r"<script([^>]*)>", html)
        # What runs before anything is drawn is named by its digest in the page's policy.
        assert own == ""
        assert all(re.fullmatch(r' defer src="[^"]+"', attributes) for attributes in others)
        assert not re.search(r"<[^>]+\son\w+=", html)


def test_a_heading_may_have_any_name(tmp_path: Path) -> None:
    names = ("Search", "Content", "Posts", "Preview", "Search results", "Search result 1")
    body = "".join(f"## {name}\n\nx\n\n" for name in names)
    root = project(tmp_path, {"one": post(body)}, **{"index.qmd": FRONT + body})
    render(root)
    for page in ("index.html", "posts/one/index.html"):
        html = (root / "_site" / page).read_text(encoding="utf-8")
        assert '<section id="posts"' in html
        assert '<a class="skip-link" href="#_content">' in html


def test_the_link_to_a_section_has_its_name_and_is_no_part_of_it(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post('## A *new* "one" & $x^2$\n\nx\n')})
    render(root)
    html = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    heading, link = html.split('<div class="heading">')[1].split("</div>")[0].split("</h2>")
    assert "Link" not in heading
    assert 'href="#a-new-one-x2"' in link
    assert 'aria-label="Link to A new \u201cone\u201d &amp; x2"' in link


def test_each_page_has_its_own_language_and_the_site_that_of_the_project(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x", more="lang: de\n"), "two": post("x")})
    render(root)
    site = root / "_site"
    pages = ("posts/one/index.html", "posts/two/index.html", "404.html")
    found = [re.findall(r'<html lang="(.*?)"', (site / page).read_text()) for page in pages]
    assert found == [["de"], ["en"], ["en"]]
    assert "<language>en</language>" in (site / "index.xml").read_text()


def test_a_page_may_have_any_path(tmp_path: Path) -> None:
    plot = (
        "```{python}\n#| label: fig-a\n#| fig-cap: x\n#| fig-alt: y\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n```\n"
    )
    files = {
        "posts/a b.qmd": post(f"[next](/posts/c%23d/index.qmd)\n\n{plot}"),
        "posts/c#d/index.qmd": post(f"[next](../%C3%BC/index.qmd)\n\n{plot}"),
        "posts/ü/index.qmd": post(f"[next](../e%3Ff/index.qmd)\n\n{plot}"),
        "posts/e?f/index.qmd": post(f"[next](../g%2520h/index.qmd)\n\n{plot}"),
        "posts/g%20h/index.qmd": post(f"[next](../a%20b.qmd)\n\n{plot}"),
        "_quarto.yml": CONFIG.replace("href: index.qmd", "href: posts/a b.qmd"),
        "index.qmd": FRONT.replace("feed: true", "feed: true\n  categories: true"),
    }
    # The gate of the build follows every link.
    root = project(tmp_path, {}, **files)
    assert render(root).pages == 6
    front = (root / "_site/index.html").read_text(encoding="utf-8")
    for address in ("a%20b.html", "c%23d/index.html", "%C3%BC/index.html", "g%2520h/index.html"):
        assert f'href="./posts/{address}"' in front
    assert "https://tiny.example/posts/e%3Ff/index.html" in (root / "_site/index.xml").read_text()
    assert '"posts/c%23d/index.html"' in (root / "_site/search-index.js").read_text()


def test_navbar_and_footer_lead_to_a_place_on_a_page(tmp_path: Path) -> None:
    config = CONFIG.replace("href: index.qmd", 'href: "posts/one/index.qmd#sec"')
    footer = "'[One](posts/one/index.qmd#sec), [data](/results/a.csv), <https://x.example>'"
    config = config.replace("  navbar:", f"  page-footer: {footer}\n  navbar:")
    files = {"_quarto.yml": config.replace("*.parquet", "*.csv"), "results/a.csv": "1"}
    root = project(tmp_path, {"one": post("## A {#sec}\n")}, **files)
    render(root)
    for page, up in (("index.html", "./"), ("posts/one/index.html", "../../")):
        html = (root / "_site" / page).read_text(encoding="utf-8")
        assert f'<li><a href="{up}posts/one/index.html#sec">Posts</a></li>' in html
        assert f'<a href="{up}posts/one/index.html#sec">One</a>' in html
        assert f'<a href="{up}results/a.csv">data</a>' in html
        assert '<a href="https://x.example"' in html
    html = (root / "_site/404.html").read_text(encoding="utf-8")
    assert '<a href="/posts/one/index.html#sec">One</a>' in html


@pytest.mark.parametrize(
    ("favicon", "address"), [("logo.svg", "logo.svg"), ("/site/my logo.svg", "site/my%20logo.svg")]
)
def test_a_favicon_may_be_any_file_of_the_project(
    tmp_path: Path, favicon: str, address: str
) -> None:
    files = {"_quarto.yml": CONFIG.replace("  navbar:", f"  favicon: {favicon}\n  navbar:")}
    root = project(tmp_path, {"one": post("x")}, **files, **{favicon.lstrip("/"): "<svg/>"})
    render(root)
    html = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    assert f'<link rel="icon" href="../../{address}">' in html


def test_a_project_may_bring_its_own_templates(tmp_path: Path) -> None:
    page = "<!DOCTYPE html><title>mine: {{ title }}</title>"
    names = ("listing.html.j2", "404.html.j2")
    root = project(tmp_path, {}, **{f"site/templates/{name}": page for name in names})
    render(root)
    assert (root / "_site/index.html").read_text() == page.replace("{{ title }}", "Tiny")


def test_a_hole_in_a_template_is_told(tmp_path: Path) -> None:
    root = project(tmp_path, {}, **{"site/templates/listing.html.j2": "{{ no_such_name }}"})
    with pytest.raises(SourceError, match=r"^site/templates/listing.html.j2.*no_such_name"):
        render(root)
