"""Measure how long the site takes to build, and how that grows with the number of posts.

python -m publish.bench [--counts 7 70 350] [--no-quarto]

Copies the project's posts, as often as it takes, into a temporary project beside links to
everything that they read, and times `python -m publish render` on it as a user would wait for it:
from nothing, unchanged, with a sentence added to one post (its code need not run again), and with a
line of code (it must). Where Quarto is on the PATH, `quarto render` builds the smallest of these
projects as well.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from publish.errors import SourceError
from publish.listing import listing_options
from publish.project import Page, Project, load_project
from publish.versions import default_processes

COUNTS = (7, 70, 350)
# Of a time this short the best of several says most: anything else the machine does adds to it.
REPEATS = 3
A_SENTENCE = "\n\nOne more sentence.\n"
A_LINE_OF_CODE = "\n\n`{python} 6 * 7`\n"


@dataclass(frozen=True)
class Timing:
    """Seconds that a site of so many posts took: from nothing, unchanged, one post edited.

    ``prose`` is the edit of a sentence, ``code`` that of a line of code.
    """

    posts: int
    full: float
    unchanged: float
    prose: float
    code: float


def copy_project(project: Project, count: int, target: Path) -> list[Path]:
    """Make a project of ``count`` posts out of another's; return the posts' sources.

    A post is a page without a listing. What is no page is linked to, not copied.
    """
    posts = [page for page in project.pages if listing_options(page) is None]
    folders = {page.path.rpartition("/")[0] for page in posts}
    if not posts or "" in folders:
        raise SourceError("the bench copies posts, each in a folder of its own; there are none")
    tops = {folder.split("/")[0] for folder in folders}
    target.mkdir(parents=True)
    for path in sorted(project.root.iterdir()):
        if path.name.startswith(".") or path == project.output:
            continue
        if path.name in tops:
            (target / path.name).mkdir()
            for file in path.iterdir():
                if file.is_file():
                    shutil.copy(file, target / path.name)
        elif path.suffix == ".qmd":
            shutil.copy(path, target)
        else:
            (target / path.name).symlink_to(path)
    made = []
    for number in range(count):
        source = project.root / posts[number % len(posts)].path
        name = f"{source.parent.name}{f'-{number // len(posts)}' if number >= len(posts) else ''}"
        folder = target / source.parent.relative_to(project.root).with_name(name)
        shutil.copytree(source.parent, folder)
        made.append(folder / source.name)
    for page in project.pages:
        if listing_options(page) is not None:
            _list_everything(target / page.path, page, tops)
    return made


def _list_everything(path: Path, page: Page, folders: Iterable[str]) -> None:
    """Have the listing of a page show the copies too."""
    listing = {**(listing_options(page) or {}), "contents": sorted(folders), "sort": "date desc"}
    front = {**page.source.front_matter.data, "listing": listing}
    body = page.source.text.split("\n---", 1)[1]
    path.write_text(f"---\n{yaml.safe_dump(front)}---{body}", encoding="utf-8")


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def render(root: Path) -> None:
    """Build a project as its user would, in a process of its own."""
    _run([sys.executable, "-m", "publish", "render", "--project", str(root)])


def render_with_quarto(root: Path, quarto: str) -> None:
    """Build a project with Quarto, its cells in the Python that runs this."""
    environment = {"QUARTO_PYTHON": sys.executable, "PYTHONPATH": str(root)}
    _run([quarto, "render", str(root)], environment)


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **(environment or {})}
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise SourceError(f"{' '.join(command)} failed: {lines[-1]}")


def measure(root: Path, posts: Sequence[Path]) -> Timing:
    """Time the builds of a project that has never been built."""
    full = seconds(lambda: render(root))
    unchanged = min(seconds(lambda: render(root)) for _ in range(REPEATS))
    edited: dict[str, list[float]] = {A_SENTENCE: [], A_LINE_OF_CODE: []}
    for edit, times in edited.items():
        for post in posts[:REPEATS]:
            post.write_text(post.read_text(encoding="utf-8") + edit, encoding="utf-8")
            times.append(seconds(lambda: render(root)))
    return Timing(len(posts), full, unchanged, *map(min, edited.values()))


def table(timings: Sequence[Timing], quarto: float | None) -> str:
    """Return the timings as a Markdown table, with their ratios to the first."""
    lines = [
        "| posts | full build | a post | ratio | unchanged | a sentence edited | a cell edited |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in timings:
        ratio = row.full / timings[0].full
        lines.append(
            f"| {row.posts} | {row.full:.1f} s | {row.full / row.posts:.2f} s | {ratio:.1f} × "
            f"| {row.unchanged:.2f} s | {row.prose:.2f} s | {row.code:.2f} s |"
        )
    if quarto is not None:
        lines.append(
            f"\n`quarto render`, {timings[0].posts} posts: {quarto:.1f} s, "
            f"{quarto / timings[0].full:.1f} times as long as the full build."
        )
    return "\n".join(lines)


def machine() -> str:
    """Return what the timings were taken on."""
    name = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.is_file():
        models = [line for line in cpus.read_text().splitlines() if line.startswith("model name")]
        name = models[0].partition(":")[2].strip() if models else name
    today = datetime.datetime.now(datetime.UTC).date()
    python = platform.python_version()
    return f"{name}, {default_processes()} cores, Python {python}, {today}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print one table; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m publish.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="numbers of posts")
    parser.add_argument("--project", type=Path, default=Path(), help="folder with _quarto.yml")
    parser.add_argument("--no-quarto", action="store_true", help="measure publish only")
    options = parser.parse_args(arguments)
    quarto = None if options.no_quarto else shutil.which("quarto")
    timings, quartos = [], None
    try:
        project = load_project(options.project)
        print(f"Building, on {machine()}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            for count in options.counts:
                root = Path(folder, str(count)).resolve()
                timings.append(measure(root, copy_project(project, count, root)))
                # Hundreds of posts take many minutes: a sign of life, beside the table.
                print(f"{count} posts: {timings[-1].full:.1f} s", file=sys.stderr, flush=True)
            if quarto:
                root = Path(folder, "quarto").resolve()
                copy_project(project, options.counts[0], root)
                quartos = seconds(lambda: render_with_quarto(root, quarto))
    except SourceError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(table(timings, quartos))
    if not quarto:
        print("\nquarto: not on the PATH, so not compared.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
