"""A mistake in what a project and its pages say about themselves is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish.errors import SourceError
from publish.project import check_files, load_project
from tests.publish_tiny import CONFIG, load, post


def mistake(root: Path, **files: str) -> str:
    with pytest.raises(SourceError) as caught:
        check_files(load(root, **files))
    return str(caught.value)


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
        (
            "index.qmd",
            "---\ntitle: x\nlisting:\n  feed: {itmes: 3}\n---\n",
            "index.qmd:4",
            'unknown key "listing.feed.itmes" (did you mean "items"?)',
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
        ("index.qmd", "---\ntitle: x\ncategories:\n- a\n-\n---\n", "index.qmd:3", "list of texts"),
        ("index.qmd", "---\ntitle: x\nauthor: [A, ~]\n---\n", "index.qmd:3", "list of texts"),
        ("index.qmd", "---\ntitle: x\nauthor: {nam: A}\n---\n", "index.qmd:3", "`name:`"),
        ("index.qmd", "---\ntitle: x\ntoc-depth: yes\n---\n", "index.qmd:3", "whole number"),
        ("index.qmd", "---\ntitle: x\non: 1\n---\n", "index.qmd:3", 'unknown key "on"'),
        ("index.qmd", "---\ntitle: x\ncode-summary: no\n---\n", "index.qmd:3", "be a text"),
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
        (
            "_quarto.yml",
            CONFIG.replace("website:", "website:\n  drafts: [posts/a, posts/b]"),
            "_quarto.yml:5",
            'drafts: "posts/b" matches no page',
        ),
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


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^_quarto.yml: there is no such file"):
        load_project(tmp_path)
