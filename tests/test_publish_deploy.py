"""Publishing replaces all or nothing, touches nothing else, and refuses in one sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from publish.__main__ import main
from publish.deploy import BRANCH, MARK, REF, refuse, to_branch, to_directory
from publish.errors import SourceError
from tests.publish_tiny import tree, write

SITE = {"index.html": "front", "posts/a/index.html": "a", ".hidden": "h"}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    return write(tmp_path / "project/_site", SITE)


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def root(site: Path) -> Path:
    """A repository with one commit, in which the site is ignored."""
    root = write(site.parent, {"a.txt": "a", ".gitignore": "_site\n"})
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=First")
    return root


def held(root: Path) -> dict[str, str]:
    """What the branch holds."""
    names = git(root, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    return {name: git(root, "show", f"{BRANCH}:{name}") for name in names}


def test_a_directory_is_replaced_whole(site: Path, tmp_path: Path) -> None:
    to = str(tmp_path / "host/www")
    assert to_directory(site, to, site.parent) == f"{to}: 3 files published"
    write(site, {"index.html": "new"})
    (site / "posts/a/index.html").unlink()
    to_directory(site, to, site.parent)
    found = tree(Path(to))
    assert found.pop("index.html") == b"new"
    assert set(found) == {".hidden", ".nojekyll", MARK}
    assert [path.name for path in (tmp_path / "host").iterdir()] == ["www"]


def test_a_directory_that_cannot_be_swapped_stays(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "www"
    to_directory(site, str(to), site.parent)
    before = tree(to)
    write(site, {"index.html": "new"})

    def fail(path: Path, target: Path) -> Path:
        raise OSError(28, "no space left", str(path))

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(SourceError, match=f"cannot be written to {to}: no space left"):
        to_directory(site, str(to), site.parent)
    assert tree(to) == before


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("", "give a directory or the branch gh-pages"),
        (".", "the sources are in"),
        ("..", "the sources are in"),
        ("a.txt", "is a file"),
        ("../full", "did not put there"),
        (BRANCH, "in no git repository"),
    ],
)
def test_a_place_that_will_not_do_is_refused(
    site: Path,
    to: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = write(site.parent, {"a.txt": "a", "../full/note.txt": "mine", "_quarto.yml": ""})
    monkeypatch.chdir(project)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    before = tree(project.parent)
    assert main(["deploy", "--to", to]) == 1
    told = capsys.readouterr().err
    assert words in told
    assert len(told.splitlines()) == 1
    assert tree(project.parent) == before


def test_the_site_must_be_there_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"project/_quarto.yml": ""})
    arguments = ["deploy", "--project", str(tmp_path / "project"), "--to", str(tmp_path / "www")]
    assert main([*arguments, "--dry-run"]) == 0
    assert main(arguments) == 1
    assert "`make site` builds it" in capsys.readouterr().err


def test_the_branch_holds_the_site_and_nothing_else_is_touched(root: Path, site: Path) -> None:
    write(root, {"a.txt": "not committed"})
    git(root, "add", "a.txt")
    status, branch = git(root, "status", "--porcelain"), git(root, "branch", "--show-current")
    said = to_branch(site, root)
    assert said.endswith("; `git push origin gh-pages` puts it online")
    assert held(root).keys() == {*SITE, ".nojekyll", MARK}
    assert held(root)["posts/a/index.html"] == "a"
    assert git(root, "status", "--porcelain") == status
    assert git(root, "branch", "--show-current") == branch
    assert (root / "a.txt").read_text() == "not committed"
    message = git(root, "log", "-1", "--format=%s", BRANCH)
    head = git(root, "rev-parse", "--short", "HEAD")
    assert message == f"Site of {head}, with changes that are not committed"


def test_a_second_site_follows_the_first_and_the_same_one_adds_nothing(
    root: Path, site: Path
) -> None:
    to_branch(site, root)
    assert to_branch(site, root).startswith("gh-pages holds this site already")
    (site / ".hidden").unlink()
    to_branch(site, root)
    assert git(root, "rev-list", "--count", BRANCH) == "2"
    assert ".hidden" not in held(root)


def test_the_domain_that_the_branch_names_stays_unless_the_site_brings_one(
    root: Path, site: Path
) -> None:
    write(site, {"CNAME": "one.example"})
    to_branch(site, root)
    (site / "CNAME").unlink()
    write(site, {"index.html": "new"})
    to_branch(site, root)
    assert held(root).items() >= {"CNAME": "one.example", "index.html": "new"}.items()
    write(site, {"CNAME": "two.example"})
    to_branch(site, root)
    assert held(root)["CNAME"] == "two.example"


def test_a_branch_that_moves_meanwhile_stays_where_it_went(
    root: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_branch(site, root)
    write(site, {"index.html": "new"})

    def meanwhile(root: Path) -> str:
        git(root, "update-ref", REF, "HEAD")
        return "Site"

    monkeypatch.setattr("publish.deploy._message", meanwhile)
    with pytest.raises(SourceError, match="git update-ref refused"):
        to_branch(site, root)
    assert git(root, "rev-parse", BRANCH) == git(root, "rev-parse", "HEAD")


def test_the_branch_holds_the_very_bytes_of_the_site(root: Path, site: Path) -> None:
    git(root, "config", "core.autocrlf", "true")
    (site / "data.csv").write_bytes(b"a\r\nb\r\n")
    to_branch(site, root)
    stored = git(root, "hash-object", "--no-filters", str(site / "data.csv"))
    assert git(root, "rev-parse", f"{BRANCH}:data.csv") == stored


def test_it_is_pushed_where_a_remote_is_named_and_never_by_force(
    root: Path, site: Path, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "far")
    git(root, "remote", "add", "origin", str(tmp_path / "far"))
    assert to_branch(site, root, "origin").endswith("; pushed to origin")
    # Somebody else publishes meanwhile.
    git(tmp_path, "clone", "--quiet", "--branch", BRANCH, "far", "other")
    write(tmp_path / "other", {"index.html": "theirs"})
    git(tmp_path / "other", "commit", "--quiet", "--all", "--message=Theirs")
    git(tmp_path / "other", "push", "--quiet")
    write(site, {"index.html": "ours"})
    with pytest.raises(SourceError, match=r"^git push refused: .*rejected"):
        to_branch(site, root, "origin")
    assert git(tmp_path / "far", "show", f"{BRANCH}:index.html") == "theirs"


def test_a_fresh_clone_goes_on_from_what_is_online(root: Path, site: Path, tmp_path: Path) -> None:
    to_branch(site, root)
    git(tmp_path, "clone", "--quiet", str(root), "clone")
    write(site, {"index.html": "new"})
    to_branch(site, tmp_path / "clone")
    assert git(tmp_path / "clone", "rev-list", "--count", BRANCH) == "2"


def test_a_branch_that_is_in_use_or_holds_something_else_is_refused(
    root: Path, site: Path, tmp_path: Path
) -> None:
    git(root, "branch", BRANCH)
    with pytest.raises(SourceError, match="is not a site"):
        refuse(BRANCH, root)
    git(root, "branch", "--delete", BRANCH)
    to_branch(site, root)
    git(root, "worktree", "add", "--quiet", str(tmp_path / "worktree"), BRANCH)
    with pytest.raises(SourceError, match="checked out in a worktree"):
        to_branch(site, root)
