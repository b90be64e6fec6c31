"""A page runs again when something it read has changed, and then only; and the build says why."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from publish import stale, versions
from publish.build import build
from publish.cache import FOLDER
from publish.errors import SourceError
from tests.publish_tiny import post, project, tree, write

# One post for each way to read; what it shows tells whether it is up to date.
POSTS = {
    "plain": "`{python} 6 * 7`\n",
    "prose": "No code at all.\n",
    "opened": "`{python} open('results/a.csv').read()`\n",
    "statted": "`{python} __import__('os').path.exists('results/b.csv')`\n",
    "listed": "`{python} len(list(__import__('pathlib').Path('notes').glob('*.txt')))`\n",
    "native": (
        "```{python}\nimport pyarrow.parquet as pq\n```\n\n"
        "`{python} pq.read_table('results/' + 'a.parquet')['n'].to_pylist()`\n"
    ),
    "module": "```{python}\nfrom package import helper\n```\n\n`{python} helper.VALUE`\n",
    "optional": (
        "```{python}\ntry:\n    from extra import NAME\nexcept ImportError:\n    NAME = 'none'\n"
        "```\n\n`{python} NAME`\n"
    ),
}


def rebuild(root: Path, fresh: bool = False) -> dict[str, str]:
    """Build; return why each post ran, by its slug."""
    ran = build(root, processes=2, fresh=fresh).ran
    return {rerun.path.split("/")[1]: rerun.reason for rerun in ran}


def table(path: Path, numbers: list[int]) -> None:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table({"n": numbers}), path)


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A project of two posts, one of them with code."""
    return project(tmp_path / "few", {slug: post(POSTS[slug]) for slug in ("plain", "prose")})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a post for each way to read."""
    files = {
        "results/a.csv": "first",
        "notes/one.txt": "1",
        "package/__init__.py": "",
        "package/helper.py": "VALUE = 'old'\n",
        "refs.bib": "",
    }
    sources = {slug: post(body) for slug, body in POSTS.items()}
    table(tmp_path / "results/a.parquet", [1])
    return project(tmp_path, sources, **files)


def shown(root: Path, slug: str) -> str:
    html = (root / f"_site/posts/{slug}/index.html").read_text(encoding="utf-8")
    body = re.search(r'<div class="prose">(.*?)</main>', html, re.DOTALL)
    assert body
    return re.sub(r"<pre.*?</pre>|<[^>]+>", "", body[1], flags=re.DOTALL)


def test_each_kind_of_input_runs_exactly_the_posts_that_read_it(root: Path) -> None:
    first = rebuild(root)
    assert set(first) == set(POSTS) - {"prose"}
    assert set(first.values()) == {"it has not run before"}
    assert rebuild(root) == {}

    def edit(name: str, text: str) -> Callable[[], object]:
        return lambda: write(root, {name: text})

    changes: list[tuple[Callable[[], object], dict[str, str], str, str]] = [
        (edit("results/a.csv", "second"), {"opened": "results/a.csv changed"}, "opened", "second"),
        (edit("results/b.csv", ""), {"statted": "results/b.csv is new"}, "statted", "True"),
        ((root / "results/b.csv").unlink, {"statted": "results/b.csv is gone"}, "statted", "False"),
        (edit("notes/two.txt", ""), {"listed": "notes/ changed"}, "listed", "2"),
        (
            lambda: table(root / "results/a.parquet", [5]),
            {"native": "results/a.parquet changed"},
            "native",
            "[5]",
        ),
        (
            edit("package/helper.py", "VALUE = 'new'\n"),
            {"module": "package/helper.py changed"},
            "module",
            "new",
        ),
        (edit("extra.py", "NAME = 'here'\n"), {"optional": "extra.py is new"}, "optional", "here"),
        (edit("unread.py", "x = 1\n"), {}, "plain", "42"),
        (edit("results/unread.csv", ""), {}, "plain", "42"),
        (
            edit("posts/plain/index.qmd", post("`{python} 6 * 8`\n")),
            {"plain": "its code changed"},
            "plain",
            "48",
        ),
        # Words need no run.
        (
            edit("posts/plain/index.qmd", post("New words: `{python} 6 * 8`.\n")),
            {},
            "plain",
            "New words: 48.",
        ),
        (
            edit("posts/module/index.qmd", post(f"New:\n\n{POSTS['module']}")),
            {},
            "module",
            "new",
        ),
        # What was once run is not run again.
        (edit("posts/plain/index.qmd", post(POSTS["plain"])), {}, "plain", "42"),
        # Nor does showing or hiding code.
        (
            edit("_quarto.yml", (root / "_quarto.yml").read_text() + "execute: {echo: false}\n"),
            {},
            "plain",
            "",
        ),
    ]
    for change, ran, slug, words in changes:
        change()
        assert rebuild(root) == ran
        assert words in shown(root, slug)
        assert rebuild(root) == {}


@pytest.mark.parametrize("fresh", [False, True])
def test_a_module_of_the_same_size_and_time_is_not_taken_for_the_old_one(
    tmp_path: Path, fresh: bool
) -> None:
    root = project(tmp_path, {"one": post(POSTS["module"])})
    module = write(root, {"package/helper.py": "VALUE = 'old'\n"}) / "package/helper.py"
    rebuild(root)
    times = module.stat()
    module.write_text("VALUE = 'new'\n")
    os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
    rebuild(root, fresh=fresh)
    assert "new" in shown(root, "one")
    # What Python has kept of a module that nobody touched stays.
    kept = [path.stat().st_mtime_ns for path in root.glob("package/__pycache__/*")]
    rebuild(root, fresh=True)
    assert [path.stat().st_mtime_ns for path in root.glob("package/__pycache__/*")] == kept


def test_versions_and_publishs_own_code_count(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild(few)
    now = versions.versions()
    monkeypatch.setattr(stale, "versions", lambda: {**now, "numpy": "99.0"})
    whys = set(rebuild(few).values())
    assert whys == {f"numpy changed: {now['numpy']} → 99.0"}
    assert rebuild(few) == {}
    monkeypatch.setattr(stale, "code_digest", lambda module: "other")
    assert set(rebuild(few).values()) == {"publish changed"}


def test_fresh_does_everything_again(few: Path) -> None:
    rebuild(few)
    before = tree(few / "_site")
    assert rebuild(few, fresh=True) == {"plain": "nothing was taken from the cache"}
    assert rebuild(few) == {}
    assert tree(few / "_site") == before


def test_a_page_whose_reads_cannot_be_seen_runs_every_time(tmp_path: Path) -> None:
    posts = {
        "program": post("`{python} __import__('os').system('true')`\n"),
        "blind": post("```{python}\nfrom pyarrow import fs\n```\n"),
    }
    root = project(tmp_path, posts)
    rebuild(root)
    assert rebuild(root) == {
        "blind": "pyarrow's file systems read by their own means",
        "program": "it starts another program",
    }


def test_what_a_page_writes_itself_is_no_input(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\nPath('made.txt').write_text('x')\nPath('made.txt').read_text()"
    )
    root = project(tmp_path, {"one": post(f"```{{python}}\n{code}\n```\n")})
    rebuild(root)
    assert rebuild(root) == {}
    (root / "made.txt").write_text("another's")
    assert rebuild(root) == {"one": "made.txt changed"}


def test_an_input_that_changes_while_the_page_runs_is_not_taken_for_read(tmp_path: Path) -> None:
    code = (
        "import os\ntext = open('in.txt').read()\n"
        "os.rename('later.txt', 'in.txt') if os.path.exists('later.txt') else None\n"
    )
    page = post(f"```{{python}}\n{code}```\n\n`{{python}} text`\n")
    root = project(tmp_path, {"one": page}, **{"in.txt": "old", "later.txt": "late"})
    rebuild(root)
    assert "old" in shown(root, "one")
    assert rebuild(root) == {"one": "in.txt changed"}
    assert "late" in shown(root, "one")


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, None])
def test_a_damaged_cache_is_as_good_as_none(few: Path, damage: bytes | None) -> None:
    rebuild(few)
    before = tree(few / "_site")
    for path in (few / FOLDER).iterdir():
        if damage is None:
            path.write_bytes(path.read_bytes()[:-3] + b"999")
        else:
            path.write_bytes(damage)
    assert set(rebuild(few)) == {"plain"}
    assert tree(few / "_site") == before
    assert rebuild(few) == {}


def test_two_builds_at_once_do_each_other_no_harm(few: Path, tmp_path: Path) -> None:
    sites = [tmp_path / "first", tmp_path / "second"]
    builders = [
        threading.Thread(target=build, args=(few, site), kwargs={"processes": 1}) for site in sites
    ]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert tree(sites[0]) == tree(sites[1])
    assert build(few, sites[0], processes=1).ran == ()


def test_two_folders_give_the_same_site(few: Path, tmp_path: Path) -> None:
    other = shutil.copytree(few, tmp_path / "elsewhere/deeper")
    for place in (few, other):
        rebuild(place)
    assert tree(few / "_site") == tree(other / "_site")
    assert rebuild(few.rename(tmp_path / "moved")) == {"plain": "the project has moved"}


def test_a_failing_page_runs_again_and_the_others_do_not(few: Path) -> None:
    rebuild(few)
    write(few, {"posts/plain/index.qmd": post("`{python} 1 / 0`\n")})
    for _ in range(2):
        with pytest.raises(SourceError, match="ZeroDivisionError"):
            rebuild(few)
    write(few, {"posts/plain/index.qmd": post(POSTS["plain"])})
    assert rebuild(few) == {}


def test_what_ran_before_a_page_that_fails_is_kept(tmp_path: Path) -> None:
    # The longest page runs first, so that it is there when the other one fails.
    pages = {"long": post("`{python} 1` `{python} 2`\n"), "short": post("`{python} 1 / 0`\n")}
    root = project(tmp_path, pages)
    with pytest.raises(SourceError, match="ZeroDivisionError"):
        build(root, processes=1)
    write(root, {"posts/short/index.qmd": post("`{python} 1 / 1`\n")})
    assert set(rebuild(root)) == {"short"}


def test_a_project_that_links_to_publish_has_nothing_to_run_twice(few: Path) -> None:
    (few / "publish").symlink_to(Path(__file__).parents[1] / "publish")
    command = [sys.executable, "-m", "publish", "render"]
    told = [
        subprocess.run(command, cwd=few, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert "it has not run before" in told[0]
    assert "nothing to run" in told[1]
