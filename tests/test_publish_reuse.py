"""Pages are converted, written and looked at again only where that could change anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish import reuse
from publish.build import build
from publish.errors import SourceError
from tests.publish_tiny import post, project, tree, write

WORK = ("convert", "inline_html", "environment", "inspect")
BOOK = "@book{{ada, author={{Ada {name}}}, title={{T}}, year={{1843}}}}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    posts = {
        "cites": post("As @ada says.\n", more="bibliography: refs.bib\n"),
        "links": post("[data](data.csv)\n\n[other](../cites/index.qmd)\n"),
    }
    files = {"posts/cites/refs.bib": BOOK.format(name="One"), "posts/links/data.csv": "1"}
    return project(tmp_path, posts, **files)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The work that was done, by the name of the function that did it."""
    calls: list[str] = []
    for name in WORK:
        original = getattr(reuse, name)

        def work(*given: object, name: str = name, original=original) -> object:  # type: ignore
            what = getattr(given[0], "path", "") if name == "convert" else ""
            calls.append(f"{name} {what}".strip())
            return original(*given)

        monkeypatch.setattr(reuse, name, work)
    return calls


def page(root: Path, slug: str) -> str:
    return (root / f"_site/posts/{slug}/index.html").read_text(encoding="utf-8")


def test_an_unchanged_build_does_none_of_it(root: Path, done: list[str]) -> None:
    build(root)
    before = tree(root / "_site")
    assert set(done) >= {"convert posts/cites/index.qmd", "environment", "inspect"}
    done.clear()
    build(root)
    assert done == []
    assert tree(root / "_site") == before
    build(root, fresh=True)
    assert done
    assert tree(root / "_site") == before


@pytest.mark.parametrize("fresh", [False, True])
def test_no_page_is_looked_at_twice_in_one_build(root: Path, done: list[str], fresh: bool) -> None:
    write(root, {"posts/runs/index.qmd": post("```{python}\n6 * 7\n```\n")})
    build(root, fresh=fresh)
    assert done.count("inspect") == len(list((root / "_site").rglob("*.html")))


def test_only_what_changed_is_converted(root: Path, done: list[str]) -> None:
    build(root)
    for name, text, wanted in [
        ("posts/links/index.qmd", post("Other words.\n"), ["convert posts/links/index.qmd"]),
        ("posts/cites/refs.bib", BOOK.format(name="Two"), ["convert posts/cites/index.qmd"]),
        ("posts/new/index.qmd", post("New.\n"), ["convert posts/new/index.qmd"]),
    ]:
        done.clear()
        write(root, {name: text})
        build(root)
        assert [work for work in done if work.startswith("convert")] == wanted
    assert "Ada Two" in page(root, "cites") or "Two, Ada" in page(root, "cites")


def test_a_changed_template_or_title_shows_without_converting(root: Path, done: list[str]) -> None:
    template = "<!DOCTYPE html><title>{{ title }}</title><p>%s"
    names = ("post.html.j2", "listing.html.j2", "404.html.j2")
    for word in ("first", "second"):
        write(root, {f"site/templates/{name}": template % word for name in names})
        build(root)
        assert f"<p>{word}" in page(root, "links")
    done.clear()
    config = (root / "_quarto.yml").read_text(encoding="utf-8")
    write(root, {"_quarto.yml": config.replace("title: Tiny", "title: Other")})
    build(root)
    assert "convert" not in " ".join(done)


def test_a_page_that_was_converted_before_is_not_trusted_with_its_links(root: Path) -> None:
    build(root)
    before = tree(root / "_site")
    (root / "posts/links/data.csv").unlink()
    with pytest.raises(SourceError, match=r"^posts/links/index.qmd:6: there is no file data.csv"):
        build(root)
    write(root, {"posts/links/data.csv": "1"})
    (root / "posts/cites/index.qmd").unlink()
    with pytest.raises(SourceError, match=r"posts/links/index.qmd:8: the link \.\./cites/"):
        build(root)
    assert tree(root / "_site") == before
