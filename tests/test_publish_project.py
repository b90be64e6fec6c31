"""publish reads a Quarto project: its pages, their settings, its files."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from publish.pages import navigation
from publish.project import check_files
from tests.publish_tiny import CONFIG, load, post, project, render, write


def test_partials_hidden_folders_and_drafts_are_no_pages(tmp_path: Path) -> None:
    files = {
        "posts/a/index.qmd": post("x"),
        "posts/b/index.qmd": post("x", more="draft: true\n"),
        "posts/_part.qmd": post("x"),
        "_drafts/c.qmd": post("x"),
        ".venv/d.qmd": post("x"),
    }
    assert [page.path for page in load(tmp_path, **files).pages] == [
        "index.qmd",
        "posts/a/index.qmd",
    ]


@pytest.mark.parametrize("drafts", ["posts/b/index.qmd", "[posts/b, about.qmd]", "'**/b/*'"])
def test_what_the_website_names_as_drafts_is_no_page(tmp_path: Path, drafts: str) -> None:
    config = CONFIG.replace("website:", f"website:\n  drafts: {drafts}")
    files = {"_quarto.yml": config, "posts/b/index.qmd": post("x"), "about.qmd": post("x")}
    pages = [page.path for page in load(tmp_path, **files).pages]
    assert "posts/b/index.qmd" not in pages
    assert ("about.qmd" in pages) is ("about" not in drafts)


def test_render_chooses_the_pages(tmp_path: Path) -> None:
    config = CONFIG.replace("project:", "project:\n  render: [index.qmd, posts/*/index.qmd]")
    files = {
        "_quarto.yml": config,
        "posts/a/index.qmd": post("x"),
        "posts/a/more.qmd": post("x"),
    }
    pages = load(tmp_path, **files).pages
    assert [page.url for page in pages] == ["index.html", "posts/a/index.html"]


@pytest.mark.parametrize(
    ("patterns", "pages"),
    [
        ("[index.qmd, posts/]", "/ a/ b/ b/c"),
        ("[posts]", "a/ b/ b/c"),
        ("['*.qmd']", "/ a/ b/ b/c"),
        ("['/*.qmd', posts/*]", "/ a/ b/ b/c"),
        ("['posts/*/*.qmd']", "a/ b/ b/c"),
        ("['**/*.qmd', '!posts/b/']", "/ a/"),
        ("['**/*.qmd', '!posts/b']", "/ a/"),
        ("['!posts/b/**', '*.qmd']", "/ a/"),
        ("['*.qmd', '!b/']", "/ a/"),
        ("['!posts/[b]/index.qmd']", "/ a/ b/c"),
        # As in Quarto a name alone is left out at any depth, and with a slash at the root.
        ("['*.qmd', '!index.qmd']", "b/c"),
        ("['*.qmd', '!/index.qmd']", "a/ b/ b/c"),
        ("['*.qmd', '!gone/']", "/ a/ b/ b/c"),
    ],
)
def test_a_folder_stands_for_its_pages_and_an_exclamation_mark_leaves_pages_out(
    tmp_path: Path, patterns: str, pages: str
) -> None:
    config = CONFIG.replace("project:", f"project:\n  render: {patterns}")
    names = ("a/index", "b/index", "b/c")
    files = {f"posts/{name}.qmd": post("x") for name in names}
    found = load(tmp_path, **{"_quarto.yml": config, **files}).pages
    shown = [page.path.removeprefix("posts/").removesuffix(".qmd") for page in found]
    assert sorted(name.removesuffix("index") or "/" for name in shown) == sorted(pages.split())


def test_a_pages_settings_win_over_its_folders_over_the_projects(tmp_path: Path) -> None:
    files = {
        "_quarto.yml": CONFIG + "    toc: true\n    execute: {echo: false, warning: false}\n",
        "posts/_metadata.yml": "author: All\ntoc: false\n",
        "posts/a/index.qmd": post("x", more="author: One\nexecute: {echo: true}\n"),
        "posts/b/index.qmd": post("x"),
    }
    _, one, other = load(tmp_path, **files).pages
    assert (one.settings["author"], other.settings["author"]) == ("One", "All")
    assert one.settings["toc"] is False
    assert one.settings["execute"] == {"echo": True, "warning": False}
    assert one.settings["code-fold"] is True


def test_dates_are_read_as_dates_or_texts(tmp_path: Path) -> None:
    files = {"posts/a/index.qmd": post("x", date='"2025-02-05"'), "posts/b/index.qmd": post("x")}
    _, one, other = load(tmp_path, **files).pages
    assert one.date == other.date == datetime.date(2025, 2, 5)


def test_paths_of_bibliographies_are_relative_to_their_file(tmp_path: Path) -> None:
    files = {
        "_quarto.yml": CONFIG + "bibliography: site/all.bib\n",
        "posts/a/index.qmd": post("x", more="bibliography: own.bib\n"),
        "posts/b/index.qmd": post("x"),
    }
    _, one, other = load(tmp_path, **files).pages
    assert one.settings["bibliography"] == ["posts/a/own.bib"]
    assert other.settings["bibliography"] == ["site/all.bib"]


def test_resources_may_be_patterns_or_folders(tmp_path: Path) -> None:
    config = CONFIG.replace("[results/*.parquet]", "[results/*.parquet, extra]")
    files = {"_quarto.yml": config, "results/b.txt": "", "extra/c/d": ""}
    assert load(tmp_path, **files).resources == ("results/a.parquet", "extra/c/d")


def test_an_exclamation_mark_leaves_resources_out(tmp_path: Path) -> None:
    config = CONFIG.replace("[results/*.parquet]", "[results, '!secret*', '!results/own/']")
    names = ("secret.csv", "own/b.csv", "c.csv")
    files = {"_quarto.yml": config, **{f"results/{name}": "" for name in names}}
    assert load(tmp_path, **files).resources == ("results/a.parquet", "results/c.csv")


def test_a_mark_before_the_first_letter_is_no_text(tmp_path: Path) -> None:
    pages = load(tmp_path, **{"index.qmd": "\ufeff---\ntitle: x\n---\n"}).pages
    assert pages[0].title == "x"


def test_an_empty_bibliography_is_none(tmp_path: Path) -> None:
    found = load(tmp_path, **{"index.qmd": "---\ntitle: x\nbibliography:\ncsl:\n---\n"})
    check_files(found)
    assert not found.pages[0].settings["bibliography"]


def test_a_key_left_empty_is_as_if_nothing_gave_it(tmp_path: Path) -> None:
    keys = "toc-depth:\nlang:\ncode-summary:\ntoc:\n"
    root = project(tmp_path, {"one": post("## A\n\n### B\n\n```{python}\n1\n```\n", more=keys)})
    config = CONFIG.replace("project:", "project:\n  output-dir:")
    write(root, {"_quarto.yml": config + "    toc-depth: 2\nlang: de\ncode-summary: Source\n"})
    assert render(root).output == root / "_site"
    html = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    assert '<li class="toc-3"><a href="#b">B</a></li>' in html
    assert "<summary>Code</summary>" in html


def test_the_language_of_a_page_is_not_that_of_the_site(tmp_path: Path) -> None:
    files = {"posts/a/index.qmd": post("x", more="lang: de\n")}
    assert load(tmp_path, **files).language == "en"
    assert load(tmp_path, **files, **{"_quarto.yml": CONFIG + "lang: fr\n"}).language == "fr"


def test_the_navbar_leads_to_pages_feeds_and_elsewhere() -> None:
    navbar = {
        "left": ["about.qmd", {"href": "index.qmd", "text": "Posts"}],
        "right": [{"href": "https://x.example", "text": "Elsewhere"}],
    }
    items = navigation({"navbar": navbar})
    assert [(item.text, item.url, item.external) for item in items] == [
        ("about.qmd", "about.html", False),
        ("Posts", "index.html", False),
        ("Elsewhere", "https://x.example", True),
    ]
