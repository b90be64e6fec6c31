"""Where nothing has changed a build does nothing; what it reads counts, and the site itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from publish import build as building
from publish.build import Report, build
from tests.publish_tiny import CONFIG, FRONT, post, project, tree, write

POSTS = {
    "one": post("`{python} open('results/a.csv').read()`, [data](data.txt)\n"),
    "two": post("As @ada says.\n", more="bibliography: refs.bib\n"),
}
FILES = {
    "_quarto.yml": CONFIG.replace("  html:\n", "  html:\n    theme: cosmo\n"),
    "results/a.csv": "first",
    "posts/one/data.txt": "1",
    "posts/two/refs.bib": "@book{ada, author={Ada One}, title={T}, year={1843}}\n",
    **{
        f"site/static/{path.name}": path.read_text(encoding="utf-8")
        for path in (Path(__file__).parents[1] / "site/static").iterdir()
        if path.is_file()
    },
    "site/static/style.css": "p { color: black }\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path / "project", POSTS, **FILES)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The projects that were read, since there seemed to be something to do."""
    seen: list[Path] = []
    original = building.load_project

    def load(root: Path, output: Path | None = None) -> object:
        seen.append(root)
        return original(root, output)

    monkeypatch.setattr(building, "load_project", load)
    return seen


def rebuild(root: Path, **options: str) -> Report:
    return build(root, processes=1, **options)  # type: ignore[arg-type]


def test_an_unchanged_project_is_not_even_read(root: Path, looked: list[Path]) -> None:
    first = rebuild(root)
    before = tree(root / "_site")
    looked.clear()
    again = rebuild(root)
    assert looked == []
    assert (again.output, again.pages, again.ran) == (first.output, first.pages, ())
    assert again.ignored == first.ignored != ()
    assert tree(root / "_site") == before


def slugs(report: Report) -> set[str]:
    return {rerun.path.split("/")[1] for rerun in report.ran}


def edit(name: str, text: str) -> Callable[[Path], object]:
    return lambda root: write(root, {name: text})


@pytest.mark.parametrize(
    ("change", "name", "words", "ran"),
    [
        (edit("results/a.csv", "second"), "posts/one/index.html", "second", {"one"}),
        (edit("posts/one/data.txt", "2"), "posts/one/data.txt", "2", set()),
        (
            edit("posts/two/refs.bib", "@book{ada, author={Ada Two}, title={T}, year={1843}}\n"),
            "posts/two/index.html",
            "Two",
            set(),
        ),
        (edit("results/new.parquet", "new"), "results/new.parquet", "new", set()),
        (edit("site/static/style.css", "p {}\n"), "static/style.css", "p {}", set()),
        (edit("site/static/new.css", "b {}\n"), "static/new.css", "b {}", set()),
        (edit("posts/_metadata.yml", "author: Ada\n"), "posts/one/index.html", "Ada", set()),
        (
            edit("posts/new/index.qmd", post("`{python} 1`", "Brand new")),
            "index.html",
            "Brand new",
            {"new"},
        ),
        (edit("index.qmd", FRONT.replace("All", "Most")), "index.html", "Most of it", set()),
        (
            edit("_quarto.yml", FILES["_quarto.yml"].replace("Tiny", "Huge")),
            "posts/one/index.html",
            "Huge",
            set(),
        ),
    ],
)
def test_whatever_a_build_reads_counts_and_runs_no_more_than_it_must(
    root: Path, change: Callable[[Path], object], name: str, words: str, ran: set[str]
) -> None:
    rebuild(root)
    assert not (root / "_site" / name).is_file() or words not in (root / "_site" / name).read_text()
    change(root)
    assert slugs(rebuild(root)) == ran
    assert words in (root / "_site" / name).read_text(encoding="utf-8")


def test_what_was_altered_or_lost_in_the_site_is_made_again(root: Path) -> None:
    rebuild(root)
    before = tree(root / "_site")
    (root / "_site/index.html").write_text("altered")
    rebuild(root)
    assert tree(root / "_site") == before
    (root / "_site/static/style.css").unlink()
    rebuild(root)
    assert tree(root / "_site") == before


def test_another_address_is_another_build(root: Path) -> None:
    rebuild(root)
    rebuild(root, site_url="https://other.example")
    assert "https://other.example/posts/one/" in (root / "_site/posts/one/index.html").read_text()


def test_a_page_whose_reads_cannot_be_seen_is_looked_at(root: Path, looked: list[Path]) -> None:
    write(root, {"posts/one/index.qmd": post("`{python} __import__('os').system('true')`\n")})
    for _ in range(2):
        looked.clear()
        assert "posts/one/index.qmd" in [rerun.path for rerun in rebuild(root).ran]
        assert looked
