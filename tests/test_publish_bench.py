"""The bench builds true copies and prints one table; how long it takes is no test's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish import bench
from publish.bench import Timing, copy_project, machine, main, render, table
from publish.build import build
from publish.errors import SourceError
from publish.project import load_project
from tests.publish_tiny import post, project

POSTS = {
    "one": post("```{python}\nfrom lib import VALUE\n```\n\n`{python} VALUE`\n", "First"),
    "two": post("[data](data.txt)\n", "Second"),
}
FILES = {"lib.py": "VALUE = 42\n", "posts/two/data.txt": "1", "posts/_metadata.yml": "toc: no\n"}


def test_copies_are_built_like_the_originals(tmp_path: Path) -> None:
    root = project(tmp_path / "project", POSTS, **FILES)
    target = tmp_path / "copies/5"
    made = copy_project(load_project(root), 5, target)
    names = ["one", "two", "one-1", "two-1", "one-2"]
    assert [path.parent.name for path in made] == names
    assert (target / "lib.py").is_symlink()
    assert build(target, processes=0).pages == 6
    front = (target / "_site/index.html").read_text(encoding="utf-8")
    assert all(f'href="./posts/{name}/index.html"' in front for name in names)
    assert "42" in (target / "_site/posts/one-2/index.html").read_text(encoding="utf-8")


def test_the_table_says_how_time_grows_and_how_quarto_does() -> None:
    shown = table([Timing(7, 4.0, 0.2, 0.9, 1.5), Timing(70, 44.0, 0.4, 1.0, 2.0)], 50.0)
    assert "| 7 | 4.0 s | 0.57 s | 1.0 × | 0.20 s | 0.90 s | 1.50 s |" in shown
    assert "| 70 | 44.0 s | 0.63 s | 11.0 × | 0.40 s | 1.00 s | 2.00 s |" in shown
    assert "`quarto render`, 7 posts: 50.0 s, 12.5 times as long" in shown


def test_it_measures_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built: list[str] = []
    monkeypatch.setattr(bench, "render", lambda root: built.append(root.name))
    root = project(tmp_path / "project", POSTS, **FILES)
    arguments = ["--project", str(root), "--counts", "1", "2", "--no-quarto"]
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Building, on {machine()}"
    assert [line.split()[1] for line in lines if line.startswith("| ")] == ["posts", "1", "2"]
    # Once from nothing, three times unchanged, twice for each post that is edited.
    assert built == ["1"] * 6 + ["2"] * 8


def test_a_build_that_fails_is_told_in_one_sentence(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("See @fig-gone.\n")})
    with pytest.raises(SourceError, match=r"failed: publish: posts/one/index.qmd:6: nothing here"):
        render(root)
