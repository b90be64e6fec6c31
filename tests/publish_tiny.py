"""Tiny website projects for the tests of publish."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from publish import execute
from publish.build import Report, build
from publish.convert import Body, convert
from publish.execute import Executed
from publish.project import Project, load_project
from publish.serve import State, make_server
from publish.source import parse_source
from publish.steps import Job

CONFIG = """\
project:
  type: website
  resources: [results/*.parquet]
website:
  title: Tiny
  site-url: https://tiny.example
  navbar:
    left:
      - href: index.qmd
        text: Posts
format:
  html:
    code-fold: true
"""
FRONT = """\
---
title: Tiny
listing:
  contents: posts
  feed: true
---

All of it.
"""


def write(root: Path, files: dict[str, str]) -> Path:
    """Write files below ``root`` and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return root


def post(body: str, title: str = "A post", date: str = "2025-02-05", more: str = "") -> str:
    """Return a post's source."""
    return f'---\ntitle: "{title}"\ndate: {date}\n{more}---\n\n{dedent(body)}'


def project(root: Path, posts: dict[str, str], **files: str) -> Path:
    """Write a project with a front page and the posts given by slug."""
    sources = {f"posts/{slug}/index.qmd": text for slug, text in posts.items()}
    return write(root, {"_quarto.yml": CONFIG, "index.qmd": FRONT, **sources, **files})


def render(root: Path, processes: int = 0) -> Report:
    """Build a project in this process."""
    return build(root, processes=processes)


def load(root: Path, **files: str) -> Project:
    """Load a project without posts, whose resources are there."""
    return load_project(project(root, {}, **{"results/a.parquet": "", **files}))


def run(text: str, root: Path, path: str = "page.qmd", **defaults: object) -> Executed:
    """Execute the text of a page in this process."""
    job = Job(parse_source(dedent(text), path), root, defaults)
    return execute.assemble(job, execute.run(job).outputs)


def to_html(text: str, root: Path, **settings: object) -> Body:
    """Execute and convert the text of a page."""
    settings = {key.replace("_", "-"): value for key, value in settings.items()}
    return convert(run(text, root), settings, root, {"page.qmd"})


@contextlib.contextmanager
def previewing(site: Path, state: State) -> Iterator[int]:
    """Serve a folder as the preview does, and yield the port."""
    server = make_server(site, state, port=0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def squeeze(html: str) -> str:
    return re.sub(r"[ \n]+", " ", html)  # no-break spaces stay
