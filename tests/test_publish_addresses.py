"""Sitemap, robots, canonical addresses and links to the repository."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from publish.addresses import SITEMAP, Repository, beside, read_repository, repository_links
from publish.errors import SourceError
from publish.weight import MOST, page_weight, weight_problem
from tests.publish_tiny import CONFIG, post, project, render, write

REPOSITORY = """\
  repo-url: https://code.example/me/blog/
  repo-subdir: docs
  repo-actions: [source, edit, issue]
"""
DRAWN = """
```{=html}
<svg viewBox="0 0 9 9" role="img" aria-label="a"><path d="M0 0L9 9"/></svg>
```
"""


def test_a_sitemap_names_every_page_once(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x", date="2025-03-01")}, **{"about.qmd": post("x")})
    render(root)
    top = ET.fromstring((root / "_site/sitemap.xml").read_bytes())
    entries = {
        entry.findtext(f"{{{SITEMAP}}}loc"): entry.findtext(f"{{{SITEMAP}}}lastmod")
        for entry in top
    }
    assert entries == {
        "https://tiny.example/": None,
        "https://tiny.example/about.html": "2025-02-05",
        "https://tiny.example/posts/one/": "2025-03-01",
    }
    robots = (root / "_site/robots.txt").read_text(encoding="utf-8")
    assert "Sitemap: https://tiny.example/sitemap.xml" in robots
    page = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="https://tiny.example/posts/one/">' in page


def test_a_page_may_be_called_after_an_index(tmp_path: Path) -> None:
    root = project(tmp_path, {}, **{"posts/subject-index.qmd": post("x")})
    render(root)
    page = (root / "_site/posts/subject-index.html").read_text(encoding="utf-8")
    address = "https://tiny.example/posts/subject-index.html"
    assert f'<link rel="canonical" href="{address}">' in page
    assert f"<loc>{address}</loc>" in (root / "_site/sitemap.xml").read_text(encoding="utf-8")


def test_without_an_address_nothing_absolute_is_made(tmp_path: Path) -> None:
    config = CONFIG.replace("  site-url: https://tiny.example\n", "")
    root = project(tmp_path, {"one": post("x")})
    write(root, {"_quarto.yml": config})
    render(root)
    for name in ("sitemap.xml", "robots.txt", "card.png"):
        assert not (root / "_site" / name).exists()
    page = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    assert "canonical" not in page
    assert "og:image" not in page


def test_a_page_leads_to_its_source_in_the_repository(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x")})
    write(root, {"_quarto.yml": CONFIG.replace("  navbar:\n", f"{REPOSITORY}  navbar:\n")})
    render(root)
    page = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    place = "main/docs/posts/one/index.qmd"
    assert f'<a href="https://code.example/me/blog/blob/{place}">Source of this page</a>' in page
    assert f'<a href="https://code.example/me/blog/edit/{place}">Edit this page</a>' in page
    assert '<a href="https://code.example/me/blog/issues/new">Report a mistake</a>' in page


def test_without_a_repository_the_source_lies_beside_the_page(tmp_path: Path) -> None:
    assert repository_links(Repository(actions=("source",)), "a.qmd") == ()
    root = project(tmp_path, {"one": post("x")})
    render(root)
    page = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    assert '<a href="index.qmd" type="text/plain">Source of this page</a>' in page


def test_an_unknown_action_is_told() -> None:
    with pytest.raises(SourceError, match=r'unknown repo-action "sauce".*"source"'):
        read_repository({"repo-actions": ["sauce"]})


def test_files_of_a_page_lie_beside_it() -> None:
    assert beside("index.html", "card.png") == "card.png"
    assert beside("posts/a/index.html", "card.png") == "posts/a/card.png"
    assert beside("posts/a.html", "card.png") == "posts/a-card.png"


def test_a_page_weighs_what_it_loads_each_file_once() -> None:
    sizes = {"a/index.html": 10, "a.css": 200, "a/b.png": 3000}
    loads = ("../a.css", "../a.css?x", "b.png", "https://x.example/a.css", "data:,x")
    assert page_weight("a/index.html", loads, sizes) == 3210
    assert weight_problem("a/index.html", loads, sizes) is None
    heavy = weight_problem("a/index.html", loads, {**sizes, "a/b.png": MOST})
    assert heavy is not None
    assert heavy.startswith("the page and what it loads weigh 500 kB, more than 500 kB")


def test_a_page_for_what_is_not_there_holds_at_any_depth(tmp_path: Path) -> None:
    body = (
        "[Front](index.qmd), [one](posts/one/index.qmd) and [below](#a).\n\n## A\n\n![p](p.svg)\n"
    )
    root = project(
        tmp_path, {"one": post("x")}, **{"404.qmd": post(body, "Lost"), "p.svg": "<svg/>"}
    )
    write(root, {"_quarto.yml": CONFIG.replace("tiny.example", "tiny.example/blog")})
    render(root)
    html = (root / "_site/404.html").read_text(encoding="utf-8")
    assert "<h1>Lost</h1>" in html
    for address in ("index.html", "posts/one/index.html", "404.qmd", "static/style.css"):
        assert f'href="/blog/{address}"' in html
    assert 'src="/blog/p.svg"' in html
    assert 'href="#a"' in html
    assert 'data-root="/blog/"' in html
    for name in ("sitemap.xml", "search-index.js"):
        assert "404" not in (root / "_site" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["robots.txt", "sitemap.xml", "404.html"])
def test_what_the_author_brings_is_not_made(tmp_path: Path, name: str) -> None:
    texts = {
        "robots.txt": "User-agent: *\nDisallow: /\n",
        "sitemap.xml": f'<urlset xmlns="{SITEMAP}"/>',
        "404.html": "<!DOCTYPE html><title>Gone</title>",
    }
    config = CONFIG.replace("results/*.parquet", name)
    root = project(tmp_path, {}, **{"_quarto.yml": config, name: texts[name]})
    render(root)
    assert (root / "_site" / name).read_text(encoding="utf-8") == texts[name]


@pytest.mark.parametrize(
    ("name", "body", "more"),
    [
        ("posts/one/card.png", "![My own card](card.png)", ""),
        ("posts/one/card.png", "x", "image: card.png\n"),
        ("posts/one/thumbnail.svg", f"[drawn](thumbnail.svg)\n\n{DRAWN}", ""),
        ("search-index.js", "[index](/search-index.js)", ""),
    ],
)
def test_no_file_of_the_authors_gives_way_to_one_that_is_made(
    tmp_path: Path, name: str, body: str, more: str
) -> None:
    root = project(tmp_path, {"one": post(body, more=more)}, **{name: "<svg/>"})
    with pytest.raises(SourceError) as caught:
        render(root)
    told = "this is the address of a file that publish makes itself; call yours something else"
    assert str(caught.value) == f"{name}: {told}"
