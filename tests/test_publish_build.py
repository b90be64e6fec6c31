"""The whole way: sources in a folder become a site, and a failed build changes nothing."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from publish.build import build
from publish.deploy import to_directory
from publish.errors import SourceError
from publish.write import write_site
from tests.publish_tiny import CONFIG, post, project, render, tree, write

NUMBER = "The answer is `{python} 6 * 7`.\n"


def test_pages_stand_at_quartos_addresses(tmp_path: Path) -> None:
    files = {"results/runs.parquet": "data", "results/notes.txt": "no"}
    root = project(tmp_path, {"one": post(NUMBER)}, **files)
    assert render(root).pages == 2
    built = tree(root / "_site")
    assert {"index.html", "posts/one/index.html", "index.xml", "404.html"} <= set(built)
    assert built["results/runs.parquet"] == b"data"
    assert "results/notes.txt" not in built
    assert b"The answer is 42." in built["posts/one/index.html"]
    assert b"42" in built["index.xml"]


def test_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    figure = (
        "```{python}\n#| fig-alt: A line\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\n```\n"
    )
    sites = []
    for name in ("here", "there"):
        root = project(tmp_path / name, {"one": post(NUMBER + "\n" + figure)})
        render(root)
        sites.append(tree(root / "_site"))
    assert sites[0] == sites[1]


def test_what_is_gone_from_the_sources_is_gone_from_the_site(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x"), "two": post("x")})
    render(root)
    (root / "posts/two/index.qmd").unlink()
    render(root)
    assert not (root / "_site/posts/two").exists()


def test_a_failed_build_leaves_the_old_site_whole(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post(NUMBER)})
    render(root)
    before = tree(root / "_site")
    write(
        root, {"index.qmd": "---\ntitle: New\n---\n", "posts/one/index.qmd": post("`{python} 1/0`")}
    )
    with pytest.raises(SourceError, match=r"^posts/one/index.qmd:6: "):
        render(root)
    assert tree(root / "_site") == before
    assert sorted(path.name for path in root.iterdir()) == [
        "_quarto.yml",
        "_site",
        "index.qmd",
        "posts",
    ]


@pytest.mark.parametrize("step", ["write_bytes", "rename"])
def test_a_disc_that_fails_leaves_the_old_site_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    site = write(tmp_path, {"site/index.html": "old"}) / "site"
    original = getattr(Path, step)

    def fail(path: Path, *arguments: object) -> object:
        if path.name in ("index.html", "new"):
            raise OSError("no space left")
        return original(path, *arguments)

    monkeypatch.setattr(Path, step, fail)
    with pytest.raises(OSError, match="no space left"):
        write_site(site, {"index.html": "new"}, {})
    assert tree(tmp_path) == {"site/index.html": b"old"}


@pytest.mark.parametrize("name", ["site", "new"])
def test_who_is_interrupted_at_the_swap_has_a_whole_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    site = write(tmp_path, {"site/index.html": "old"}) / "site"
    original = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        moved = original(path, target)
        if path.name == name:
            raise KeyboardInterrupt
        return moved

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_site(site, {"index.html": "new"}, {})
    assert tree(tmp_path) == {"site/index.html": b"old" if name == "site" else b"new"}


def test_a_full_disc_is_told_by_where_the_site_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path, {"one": post("x")})

    def fail(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(source), None, str(target))

    monkeypatch.setattr("publish.write.shutil.copyfile", fail)
    with pytest.raises(SourceError) as caught:
        render(root)
    told = f"the site cannot be written to {root / '_site'}: No space left on device"
    assert str(caught.value) == told


@pytest.mark.parametrize("output", [".", "..", "posts"])
def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path, output: str) -> None:
    root = project(tmp_path / "project", {"one": post("x")})
    with pytest.raises(SourceError):
        build(root, root / output, processes=0)
    assert (root / "posts/one/index.qmd").is_file()


def test_the_copies_of_sources_in_a_site_are_no_sources(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x")})
    for _ in range(2):
        assert build(root, root / "out", processes=0).pages == 2


def test_no_finished_site_in_the_project_is_taken_for_sources(tmp_path: Path) -> None:
    config = CONFIG.replace("  resources: [results/*.parquet]", "  resources: '**/*.csv'")
    config = config.replace("project:", "project:\n  output-dir: docs")
    files = {"_quarto.yml": config, "results/a.csv": "1"}
    root = project(tmp_path, {"one": post("x")}, **files)
    sites = []
    for output in (None, root / "other", None):
        report = build(root, output, processes=0)
        assert report.pages == 2
        sites.append(tree(report.output))
        to_directory(report.output, str(root / "public"), root)
        shutil.rmtree(root / "other", ignore_errors=True)
    assert sites[0] == sites[1] == sites[2]


def test_nothing_outside_the_project_is_copied(tmp_path: Path) -> None:
    write(tmp_path, {"secret.txt": "s"})
    root = project(tmp_path / "project", {"one": post("[x](../../../secret.txt)")})
    with pytest.raises(SourceError, match=r"secret\.txt leads nowhere"):
        render(root)


def test_a_feed_without_an_address_is_named_as_not_made(tmp_path: Path) -> None:
    config = CONFIG.replace("  site-url:", "  description:")
    root = project(tmp_path, {}, **{"_quarto.yml": config, "results/a.parquet": ""})
    (said,) = render(root).ignored
    assert "set website: site-url" in str(said)
    assert not (root / "_site/index.xml").exists()


def test_drafts_and_hidden_text_stay_out(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x", "Hidden", more="draft: true\n")})
    render(root)
    assert b"Hidden" not in b"".join(tree(root / "_site").values())
