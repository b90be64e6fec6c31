"""publish reads a Quarto project, says what it does not read, and names mistakes."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import yaml

from publish.errors import SourceError
from publish.keys import Ignored, keys_read, summary
from publish.pages import navigation
from publish.project import Project, check_files, load_project
from tests.publish_tiny import CONFIG, post, project

REPOSITORY = Path(__file__).resolve().parent.parent


def load(root: Path, **files: str) -> Project:
    return load_project(project(root, {}, **{"results/a.parquet": "", **files}))


def mistake(root: Path, **files: str) -> str:
    with pytest.raises(SourceError) as caught:
        check_files(load(root, **files))
    return str(caught.value)


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


def test_render_chooses_the_pages(tmp_path: Path) -> None:
    config = CONFIG.replace("project:", "project:\n  render: [index.qmd, posts/*/index.qmd]")
    files = {
        "_quarto.yml": config,
        "posts/a/index.qmd": post("x"),
        "posts/a/more.qmd": post("x"),
    }
    pages = load(tmp_path, **files).pages
    assert [page.url for page in pages] == ["index.html", "posts/a/index.html"]


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


def test_keys_that_are_not_read_are_named_once_with_a_reason(tmp_path: Path) -> None:
    config = CONFIG.replace("  html:\n", "  pdf: default\n  html:\n    theme: cosmo\n")
    files = {
        "_quarto.yml": config + "lightbox: true\n",
        "posts/a/index.qmd": post(
            "x", more="listing:\n  contents: .\n  page-size: 3\nexecute: {cache: true}\n"
        ),
    }
    said = [str(item) for item in load(tmp_path, **files).ignored]
    assert (
        "ignored: format.html.theme in _quarto.yml (pages are styled by site/static/style.css)"
        in said
    )
    keys = {line.split()[1] for line in said}
    assert keys == {
        *("format.html.theme", "format.pdf", "lightbox"),
        *("listing.page-size", "execute.cache"),
    }
    assert len(said) == len(keys)


def test_blocks_that_quarto_lays_out_otherwise_are_named(tmp_path: Path) -> None:
    body = """\
    ::: {.panel-tabset}
    ## One
    :::

    :::: {.column-margin}
    ::: {layout="[1, 2]"}
    Beside, with a panel-tabset in words.
    :::
    ::::

    ```markdown
    ::: {.column-page}
    ```

    ::: {.callout-note title="aside"}
    ::: {.my-panel-tabset}
    :::
    aside
    :::
    """
    found = load(tmp_path, **{"posts/a/index.qmd": post(body)}).ignored
    assert [item.key for item in found] == ["panel-tabset", "column-margin", "layout"]
    told = "ignored: panel-tabset in posts/a/index.qmd (its tabs stand one under the other)"
    assert str(found[0]) == told


def test_a_key_in_many_files_takes_one_line() -> None:
    items = [Ignored("a", "x.qmd", "r"), Ignored("b", "x.qmd", "r"), Ignored("a", "y.qmd", "r")]
    assert summary(items) == ["ignored: a in x.qmd and 1 more (r)", "ignored: b in x.qmd (r)"]


def test_keys_that_are_read_are_not_named_as_ignored(tmp_path: Path) -> None:
    assert load(tmp_path).ignored == ()


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


@pytest.mark.parametrize(
    ("name", "text", "place", "words"),
    [
        ("index.qmd", "words only\n", "index.qmd:1", "no title"),
        ("index.qmd", "---\ndate: 2025-01-01\n---\n", "index.qmd:1", "no title"),
        ("index.qmd", "---\ntitle: x\ndate: soon\n---\n", "index.qmd:3", '"soon" is not'),
        ("index.qmd", "---\ntitle: x\ncategories: a\n---\n", "index.qmd:3", "must be a list"),
        ("index.qmd", "---\ntitle: x\nexecute: fast\n---\n", "index.qmd:3", "further keys"),
        ("index.qmd", "---\ntitle: x\nexecute:\n  echo: 3\n---\n", "index.qmd:4", "true, false"),
        ("index.qmd", "---\ntitle: x\nexecute:\n  timeout: 0\n---\n", "index.qmd:4", "above 0"),
        ("index.qmd", "---\ntitle: x\nexecute: {timeout: x}\n---\n", "index.qmd:3", "seconds"),
        ("index.qmd", "---\ntitle: x\nbibliography: n.bib\n---\n", "index.qmd:3", "no file n.bib"),
        (
            "index.qmd",
            "---\ntitle: x\ncategoris: [a]\n---\n",
            "index.qmd:3",
            'unknown key "categoris" (did you mean "categories"?)',
        ),
        (
            "index.qmd",
            "---\ntitle: x\nlisting:\n  content: posts\n---\n",
            "index.qmd:4",
            'unknown key "listing.content" (did you mean "contents"?)',
        ),
        ("index.qmd", "---\ntitle: x\nzzz: 1\n---\n", "index.qmd:3", "neither publish nor Quarto"),
        ("index.qmd", "---\ntitle: 2025-02-03\n---\n", "index.qmd:2", "reads as a date"),
        ("index.qmd", "---\ntitle: On\n---\n", "index.qmd:2", "reads as yes or no"),
        ("index.qmd", "---\ntitle: [a]\n---\n", "index.qmd:2", "must be a text"),
        ("index.qmd", "\n---\ntitle: x\n---\n", "index.qmd:2", "begin on the first line"),
        ("index.qmd", "---\ntitle: x\ndate: 2025-02-30\n---\n", "index.qmd:3", "out of range"),
        ("index.qmd", "---\ntitle: x\nimage-alt: &x {b: *x}\n---\n", "index.qmd:3", "itself"),
        ("index.qmd", "---\ntitle: x\nauthor: &x [*x]\n---\n", "index.qmd:3", "itself"),
        ("posts/a/index.qmd", post("x", more='draft: "true"\n'), "posts/a/index.qmd:4", "true or"),
        ("index.qmd", '---\ntitle: x\ntoc: "no"\n---\n', "index.qmd:3", "true or false"),
        ("index.qmd", "---\ntitle: x\nnumber-sections: 'no'\n---\n", "index.qmd:3", "true or"),
        ("index.qmd", "---\ntitle: x\nlink-citations: 1\n---\n", "index.qmd:3", "true or false"),
        ("index.qmd", "---\ntitle: x\ncategories: [[a]]\n---\n", "index.qmd:3", "list of texts"),
        ("index.qmd", "---\ntitle: x\nauthor: {nam: A}\n---\n", "index.qmd:3", "`name:`"),
        ("index.qmd", "---\ntitle: x\ntoc-depth: yes\n---\n", "index.qmd:3", "whole number"),
        ("index.qmd", "---\ntitle: x\nlang: no\n---\n", "index.qmd:3", "must be a text"),
        (
            "index.qmd",
            '---\ntitle: x\nsubtitle: "`{python} 1`"\n---\n',
            "index.qmd:3",
            "code in the subtitle is not run",
        ),
        ("posts/_metadata.yml", "toc: 'no'\n", "posts/_metadata.yml:1", "true or false"),
        (
            "posts/_metadata.yml",
            "author: x\nbibliography: n.bib\n",
            "posts/_metadata.yml:2",
            "no file posts/n.bib",
        ),
        ("_quarto.yml", CONFIG + "csl: n.csl\n", "_quarto.yml:14", "there is no file n.csl"),
        (
            "_quarto.yml",
            CONFIG.replace("left:", "lefft:"),
            "_quarto.yml:8",
            '(did you mean "left"?)',
        ),
        (
            "_quarto.yml",
            CONFIG.replace("text: Posts", "txt: Posts"),
            "_quarto.yml:8",
            '(did you mean "text"?)',
        ),
        (
            "_quarto.yml",
            CONFIG.replace("  navbar:", "  page-footer: {centre: x}\n  navbar:"),
            "_quarto.yml:7",
            '(did you mean "center"?)',
        ),
        ("posts/_metadata.yml", "tocc: no\n", "posts/_metadata.yml:1", '(did you mean "toc"?)'),
        ("_quarto.yml", "website:\n  titel: x\n", "_quarto.yml:2", '(did you mean "title"?)'),
        ("_quarto.yml", "project: {type: book}\n", "_quarto.yml:1", "publish renders a website"),
        ("_quarto.yml", "project:\n\ttype: website\n", "_quarto.yml:2", "broken YAML"),
        ("posts/_metadata.yml", "a: b: c\n", "posts/_metadata.yml:1", "broken YAML"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, name: str, text: str, place: str, words: str
) -> None:
    message = mistake(tmp_path, **{"posts/a/index.qmd": post("x"), name: text})
    assert message.startswith(f"{place}: ")
    assert words in message


@pytest.mark.parametrize(
    ("key", "pattern", "words"),
    [
        ("resources", "../../other/*.csv", "leads out of the project"),
        ("render", "'!../x.qmd'", "leads out of the project"),
        ("resources", ".", "stands for no files"),
        ("resources", "'**.csv'", "** is a whole folder"),
        ("render", "'**.qmd'", "** is a whole folder"),
        ("resources", "[extra, gone]", "there is no file gone"),
        ("render", "indx.qmd", "there is no file indx.qmd"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_told(
    tmp_path: Path, key: str, pattern: str, words: str
) -> None:
    config = CONFIG.replace("  resources: [results/*.parquet]", f"  {key}: {pattern}")
    message = mistake(tmp_path, **{"_quarto.yml": config, "extra/a": ""})
    assert message.startswith(f'_quarto.yml:3: "{key}": ')
    assert words in message


def test_a_pattern_that_nothing_matches_is_named(tmp_path: Path) -> None:
    config = CONFIG.replace("*.parquet", "*.csv")
    told = "ignored: project.resources in _quarto.yml (nothing matches results/*.csv)"
    assert [str(item) for item in load(tmp_path, **{"_quarto.yml": config}).ignored] == [told]


def test_keys_of_the_navbar_that_are_quartos_own_are_named(tmp_path: Path) -> None:
    config = CONFIG.replace("  navbar:", "  page-footer: {left: x, border: true}\n  navbar:")
    config = config.replace("    left:", "    pinned: true\n    left:")
    config = config.replace("text: Posts", "text: Posts\n        icon: rss")
    found = load(tmp_path, **{"_quarto.yml": config}).ignored
    assert {item.key for item in found} == {
        *("website.navbar.pinned", "website.page-footer.border", "left.icon"),
    }


def test_a_key_that_nothing_reads_is_named(tmp_path: Path) -> None:
    front = "---\ntitle: x\nimage-alt: y\nlisting: {id: z, contents: posts}\n---\n"
    found = load(tmp_path, **{"index.qmd": front}).ignored
    assert [item.key for item in found] == ["image-alt", "listing.id"]


def test_widths_that_the_style_sheet_knows_are_not_named(tmp_path: Path) -> None:
    body = "::: {.column-page}\nx\n:::\n\n::: {.a layout-ncol=2}\nx\n:::\n"
    assert load(tmp_path, **{"posts/a/index.qmd": post(body)}).ignored == ()
    narrow = "::: {.column-page-right}\nx\n:::\n"
    found = load(tmp_path, **{"posts/a/index.qmd": post(narrow)}).ignored
    assert [item.key for item in found] == ["column-page-right"]


def test_a_mark_before_the_first_letter_is_no_text(tmp_path: Path) -> None:
    pages = load(tmp_path, **{"index.qmd": "\ufeff---\ntitle: x\n---\n"}).pages
    assert pages[0].title == "x"


def test_an_empty_bibliography_is_none(tmp_path: Path) -> None:
    found = load(tmp_path, **{"index.qmd": "---\ntitle: x\nbibliography:\ncsl:\n---\n"})
    check_files(found)
    assert not found.pages[0].settings["bibliography"]


def test_the_language_of_a_page_is_not_that_of_the_site(tmp_path: Path) -> None:
    files = {"posts/a/index.qmd": post("x", more="lang: de\n")}
    assert load(tmp_path, **files).language == "en"
    assert load(tmp_path, **files, **{"_quarto.yml": CONFIG + "lang: fr\n"}).language == "fr"


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^_quarto.yml: there is no such file"):
        load_project(tmp_path)


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


def test_this_sites_configuration_is_read_in_full_but_for_what_is_quartos_own() -> None:
    config = yaml.safe_load((REPOSITORY / "_quarto.yml").read_text(encoding="utf-8"))
    assert config["website"]["title"] == "Learning Rates, Measured"
    for theme in config["format"]["html"]["theme"].values():
        for part in theme:
            assert part == "default" or (REPOSITORY / part).is_file()
    named = set(keys_read().replace(",", " ").replace(":", " ").split())
    own = {"theme", "respect-user-color-scheme"}
    assert set(config["format"]["html"]) <= named | own
    assert set(config["website"]) | set(config["project"]) <= named
