"""Listings and feeds show the right posts in the right order."""

from __future__ import annotations

import datetime
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from publish.build import build
from publish.errors import SourceError
from publish.feed import Channel, absolute_links, feed_options, render_feed
from publish.listing import Entry, listed, listing_options, long_date, neighbours, reading_order
from publish.project import load_project
from tests.publish_tiny import FRONT, post, project

POSTS = {
    "b": post("x", "Beta", "2025-03-01"),
    "a": post("x", "Alpha", "2025-01-01"),
    "c": post("x", "Gamma", "2025-02-01"),
}
CHANNEL = Channel("Tiny & co", "About", "https://x.example/blog/", "index.xml")


def titles(root: Path, listing: str) -> list[str]:
    front = FRONT.replace("  contents: posts\n", listing)
    pages = load_project(project(root, POSTS, **{"index.qmd": front})).pages
    options = listing_options(pages[0])
    assert options is not None
    return [page.title for page in listed(pages[0], options, pages)]


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        ("  contents: posts\n", ["Beta", "Gamma", "Alpha"]),
        ("  contents: posts\n  sort: date\n", ["Alpha", "Gamma", "Beta"]),
        ("  contents: posts\n  sort: title desc\n", ["Gamma", "Beta", "Alpha"]),
        ("  contents: [posts/a, posts/c/*.qmd]\n  sort: title\n", ["Alpha", "Gamma"]),
        (
            "  contents: [posts/c/*.qmd, posts/b, posts/a]\n  sort: false\n",
            ["Gamma", "Beta", "Alpha"],
        ),
        ("  contents: posts/*\n", ["Beta", "Gamma", "Alpha"]),
        ("  contents: posts/**\n", ["Beta", "Gamma", "Alpha"]),
        ("  contents: '**/index.qmd'\n", ["Beta", "Gamma", "Alpha"]),
        ("  contents: /posts/[ab]\n", ["Beta", "Alpha"]),
        ("  contents: [posts, '!posts/c/index.qmd']\n", ["Beta", "Alpha"]),
        ("  contents: '!posts/[bc]'\n", ["Alpha"]),
        ("  contents: posts\n  sort: [date, title]\n", ["Alpha", "Gamma", "Beta"]),
    ],
)
def test_a_listing_shows_its_contents_in_its_order(
    tmp_path: Path, listing: str, expected: list[str]
) -> None:
    assert titles(tmp_path, listing) == expected


def test_an_unknown_order_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r'^index.qmd:5: unknown sort order "dat".*"date"'):
        titles(tmp_path, "  contents: posts\n  sort: dat\n")


@pytest.mark.parametrize(
    ("value", "ignored"),
    [("true", []), ("default", []), ("grid", ["listing.type"]), ("table", ["listing.type"])],
)
def test_a_listing_may_be_no_more_than_its_type(
    tmp_path: Path, value: str, ignored: list[str]
) -> None:
    front = f"---\ntitle: x\nlisting: {value}\n---\n"
    found = load_project(project(tmp_path, POSTS, **{"index.qmd": front, "results/a.parquet": ""}))
    options = listing_options(found.pages[0])
    assert options == {}
    assert len(listed(found.pages[0], options, found.pages)) == 3
    assert [item.key for item in found.ignored] == ignored


@pytest.mark.parametrize(
    ("listing", "line", "words"),
    [
        ("  contents: psots\n", 4, 'contents: "psots" matches no page'),
        ("  sort: date\n  contents: [posts, posts/d]\n", 5, '"posts/d" matches no page'),
        ("  contents: [posts, '!posts/x']\n", 4, '"!posts/x" matches no page'),
        ("  contents: posts/*.qmd\n", 4, '"posts/*.qmd" matches no page'),
        ("  contents: [{path: a.html}]\n", 4, "are paths, or patterns of paths"),
        ("  contents: posts\n  sort: [date, bogus]\n", 5, 'unknown sort order "bogus"'),
    ],
)
def test_a_listing_of_nothing_is_told(tmp_path: Path, listing: str, line: int, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        titles(tmp_path, listing)
    assert str(caught.value).startswith(f"index.qmd:{line}: ")
    assert words in str(caught.value)


def test_the_second_order_decides_among_equals(tmp_path: Path) -> None:
    twins = {name: post("x", name.title(), "2025-01-01") for name in ("a", "b")}
    front = FRONT.replace("contents: posts", "contents: posts\n  sort: [date, title desc]")
    pages = load_project(project(tmp_path, twins, **{"index.qmd": front})).pages
    options = listing_options(pages[0]) or {}
    assert [page.title for page in listed(pages[0], options, pages)] == ["B", "A"]


def test_neighbours_are_older_and_newer(tmp_path: Path) -> None:
    pages = load_project(project(tmp_path, POSTS)).pages[1:]
    around = {
        path.split("/")[1]: tuple(page.title if page else None for page in pair)
        for path, pair in neighbours(reading_order(pages, {})).items()
    }
    assert around == {"a": (None, "Gamma"), "c": ("Alpha", "Beta"), "b": ("Gamma", None)}


def test_dates_are_spelled_out() -> None:
    assert long_date(datetime.date(2025, 2, 5)) == "5 February 2025"
    assert long_date(None) == ""


def test_a_post_that_no_listing_shows_is_told(tmp_path: Path) -> None:
    front = FRONT.replace("contents: posts", "contents: [posts/a, posts/b/index.qmd]")
    root = project(tmp_path, POSTS, **{"index.qmd": front, "about.qmd": post("x")})
    for _ in range(2):
        assert build(root, processes=1).unlisted == ("posts/c/index.qmd",)
    (root / "index.qmd").write_text(FRONT)
    assert build(root, processes=1).unlisted == ()


def entry(title: str = "A < B", url: str = "posts/a/index.html") -> Entry:
    return Entry(title, "Says & shows", datetime.date(2025, 2, 5), ("one",), url, 3)


def test_a_feed_is_rss_with_absolute_links() -> None:
    body = '<p><a href="../b/index.html#x">b</a> <img src="a.png" alt="a"></p>'
    rss = ET.fromstring(render_feed(CHANNEL, [(entry(), body)]).encode())
    channel = rss.find("channel")
    assert rss.get("version") == "2.0"
    assert channel is not None
    item = channel.find("item")
    assert item is not None
    assert channel.findtext("title") == "Tiny & co"
    assert item.findtext("title") == "A < B"
    assert item.findtext("link") == "https://x.example/blog/posts/a/index.html"
    assert item.findtext("guid") == item.findtext("link")
    assert item.findtext("pubDate") == "Wed, 05 Feb 2025 12:00:00 +0000"
    assert item.findtext("category") == "one"
    content = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
    assert content is not None
    assert 'href="https://x.example/blog/posts/b/index.html#x"' in content
    assert 'src="https://x.example/blog/posts/a/a.png"' in content


def test_a_feed_changes_nothing_that_a_cell_printed(tmp_path: Path) -> None:
    printed = '<a href="page.html">'
    code = f"print({printed!r})"
    root = project(tmp_path, {"a": post(f"```{{python}}\n#| echo: false\n{code}\n```\n")})
    build(root, processes=0)
    feed = ET.fromstring((root / "_site/index.xml").read_bytes())
    content = feed.findtext("channel/item/{http://purl.org/rss/1.0/modules/content/}encoded")
    assert content is not None
    assert printed in unescape(content)


def test_a_summary_feed_holds_no_bodies() -> None:
    assert "encoded" not in render_feed(CHANNEL, [(entry(), None)]).partition("<channel>")[2]


def test_a_feed_is_the_same_each_time_and_survives_any_character() -> None:
    first = render_feed(CHANNEL, [(entry("\x0b]]>\ufffe"), "\x00 ]]>")])
    assert first == render_feed(CHANNEL, [(entry("\x0b]]>\ufffe"), "\x00 ]]>")])
    assert ET.fromstring(first.encode()).findtext("channel/item/title") == "]]>"


def test_links_to_elsewhere_stay() -> None:
    assert absolute_links('<a href="mailto:a@b.c">', "https://x.example/") == (
        '<a href="mailto:a@b.c">'
    )


def test_a_drawing_in_a_feed_finds_its_own_marks() -> None:
    drawing = '<svg><path id="m"/><use href="#m" x="1"/><a href="#b">b</a></svg>'
    told = absolute_links(drawing, "https://x.example/a.html")
    assert '<use href="#m" x="1"/>' in told
    assert '<a href="https://x.example/a.html#b">' in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("{type: brief}", "full, partial, metadata"),
        ("{items: many}", "a whole number above 0"),
        ("{items: -1}", "a whole number above 0"),
        ("{items: }", "a whole number above 0"),
    ],
)
def test_what_a_feed_cannot_be_is_told(tmp_path: Path, options: str, words: str) -> None:
    front = FRONT.replace("feed: true", f"feed: {options}")
    pages = load_project(project(tmp_path, POSTS, **{"index.qmd": front})).pages
    with pytest.raises(SourceError, match=rf"^index.qmd:5: .*{words}"):
        feed_options(pages[0])


def test_an_address_that_cannot_be_read_stays_as_it_is() -> None:
    link = '<a href="http://[bad">'
    assert absolute_links(link, "https://x.example/") == link


def test_a_listing_that_names_its_order_is_read_in_it(tmp_path: Path) -> None:
    pages = load_project(project(tmp_path, POSTS)).pages[1:]
    beta, alpha, gamma = sorted(pages, key=lambda page: page.title != "Beta")
    named = [beta, gamma, alpha]
    assert reading_order(named, {"sort": False}) == named
    assert reading_order(named, {"sort": "title"}) != named
