"""Put the built site where a host serves it from: a directory, or the branch gh-pages.

All of it or nothing: a directory is swapped, a branch moves from one commit to the next. Nothing
is forced, and nothing leaves this machine unless a remote is named to push to.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from publish.errors import SourceError
from publish.write import MARK, write_site

BRANCH = "gh-pages"
REF = f"refs/heads/{BRANCH}"
# Where GitHub keeps the site's own domain: its settings write it to the branch.
DOMAIN = "CNAME"
# GitHub must not run the files through Jekyll.
MARKS = {
    MARK: "Written by `make publish`; the next one replaces this directory whole.\n",
    ".nojekyll": "",
}


def refuse(to: str, root: Path) -> None:
    """Raise a SourceError where the site cannot or should not be put.

    Parameters
    ----------
    to
        A directory, or ``gh-pages``.
    root
        The project.
    """
    if not to.strip():
        raise SourceError(
            "there is no place to publish to: give a directory or the branch gh-pages, as in "
            "`make publish TO=gh-pages`"
        )
    if to == BRANCH:
        _refuse_branch(root)
    else:
        _refuse_directory(Path(to).expanduser().resolve(), root)


def _refuse_directory(target: Path, root: Path) -> None:
    if target == root or root.is_relative_to(target):
        raise SourceError(f"the sources are in {target}, which would be replaced: choose another")
    if target.exists() and not target.is_dir():
        raise SourceError(f"{target} is a file; a directory for the site is needed")
    if target.is_dir() and any(target.iterdir()) and not (target / MARK).is_file():
        raise SourceError(
            f"{target} holds something that `make publish` did not put there, and all of it would "
            f"be replaced: choose a new or empty directory, or create {MARK} in it to allow this"
        )


def _refuse_branch(root: Path) -> None:
    if _git(root, "rev-parse", "--git-dir", optional=True) is None:
        raise SourceError(
            f"{root} is in no git repository that git can read, so there is no branch {BRANCH}: "
            "run `git init` first, or give a directory"
        )
    worktrees = _git(root, "worktree", "list", "--porcelain") or ""
    if f"branch {REF}" in worktrees.splitlines():
        raise SourceError(
            f"the branch {BRANCH} is checked out in a worktree, which would no longer match it: "
            "switch that to another branch first"
        )
    parent = _parent(root)
    if parent and _git(root, "cat-file", "-e", f"{parent}:index.html", optional=True) is None:
        raise SourceError(
            f"the branch {BRANCH} holds something that is not a site (it has no index.html): "
            "rename it first, or give a directory"
        )


def to_directory(site: Path, to: str, root: Path) -> str:
    """Replace a directory by the site; return what was done, in a sentence."""
    refuse(to, root)
    target = Path(to).expanduser().resolve()
    files = {path.relative_to(site).as_posix(): path for path in _files(site)}
    if target.is_relative_to(site):
        raise SourceError(f"{target} is inside the site itself; choose another directory")
    write_site(target, MARKS, files)
    return f"{target}: {len(files)} files published"


def to_branch(site: Path, root: Path, remote: str = "") -> str:
    """Commit the site to the branch gh-pages, and push it where a remote is named.

    Neither the working tree nor the index is touched. A domain of its own that the branch names
    stays, unless the site brings one. The branch goes on from what it was, or from what the remote
    ``origin`` is known to have, so that pushing it needs no force.
    """
    refuse(BRANCH, root)
    parent = _parent(root)
    before = _git(root, "rev-parse", "--verify", "--quiet", REF, optional=True) or ""
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        bare = ["-c", "core.autocrlf=false", f"--work-tree={site}"]
        _git(root, *bare, "add", "--all", "--force", ".", within=site, environment=index)
        blobs = {
            name: _git(root, "hash-object", "-w", "--stdin", text=text)
            for name, text in MARKS.items()
        }
        domain = ["rev-parse", "--verify", "--quiet", f"{parent}:{DOMAIN}"]
        if parent and not (site / DOMAIN).exists() and (kept := _git(root, *domain, optional=True)):
            blobs[DOMAIN] = kept
        for name, blob in blobs.items():
            _git(
                root,
                "update-index",
                "--add",
                "--cacheinfo",
                f"100644,{blob},{name}",
                environment=index,
            )
        tree = _git(root, "write-tree", environment=index) or ""
    if parent and _git(root, "rev-parse", f"{parent}^{{tree}}") == tree:
        done = f"{BRANCH} holds this site already"
        if not before:
            _git(root, "update-ref", REF, parent, "")
    else:
        commit = _git(
            root, "commit-tree", tree, *(["-p", parent] if parent else []), "-m", _message(root)
        )
        # With the old value, so that a branch that has moved meanwhile stays as it is.
        _git(root, "update-ref", "-m", "publish", REF, commit or "", before or "0" * len(tree))
        done = f"{BRANCH}: the site is commit {(commit or '')[:7]}"
    if not remote:
        return f"{done}; `git push origin {BRANCH}` puts it online"
    _git(root, "push", "--quiet", remote, f"{REF}:{REF}")
    return f"{done}; pushed to {remote}"


def _message(root: Path) -> str:
    source = _git(root, "rev-parse", "--short", "HEAD", optional=True)
    changes = _git(root, "status", "--porcelain", optional=True)
    of = f" of {source}" if source else ""
    return f"Site{of}{', with changes that are not committed' if changes else ''}"


def _parent(root: Path) -> str:
    for ref in (REF, f"refs/remotes/origin/{BRANCH}"):
        if found := _git(root, "rev-parse", "--verify", "--quiet", ref, optional=True):
            return found
    return ""


def _files(site: Path) -> list[Path]:
    return [path for path in sorted(site.rglob("*")) if path.is_file()]


def _git(
    root: Path,
    *arguments: str,
    within: Path | None = None,
    text: str | None = None,
    optional: bool = False,
    environment: Mapping[str, str] | None = None,
) -> str | None:
    """Run git; return what it said, or None where it failed and that is an answer too."""
    folder = ["--git-dir", _git(root, "rev-parse", "--absolute-git-dir") or ""] if within else []
    try:
        done = subprocess.run(
            ["git", *folder, *arguments],
            cwd=within or root,
            input=text,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **(environment or {})},
        )
    except FileNotFoundError:
        raise SourceError("git is not installed; give a directory to publish to") from None
    if done.returncode == 0:
        return done.stdout.strip()
    if optional:
        return None
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    told = next((line for line in lines if line.startswith(("fatal:", "error:", " !"))), lines[-1])
    verb = next(word for word in arguments if word.replace("-", "").isalpha() and word[0] != "-")
    raise SourceError(f"git {verb} refused: {told.strip()}")
