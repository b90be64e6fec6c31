"""Pandoc, and lines of Markdown: footers, titles, descriptions."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from functools import cache
from pathlib import Path

from publish.errors import SourceError
from publish.tree import Node, string

_PROGRAMS = ("pandoc", "pandoc.exe")
# Without one of these a line of Markdown is its own text.
MARKED = re.compile(r"[`*_$\[\\^~]")


@cache
def pandoc_path() -> str:
    """Return the path of the pandoc that pypandoc brings along.

    Asked for it, pypandoc starts every pandoc that it can find, and takes the newest: half a
    second, and on another machine perhaps other HTML.
    """
    package = importlib.util.find_spec("pypandoc")
    folders = (package.submodule_search_locations if package else None) or ()
    programs = [Path(folder, "files", name) for folder in folders for name in _PROGRAMS]
    if found := next(filter(Path.is_file, programs), None):
        return str(found)
    raise SourceError("pypandoc-binary, which brings pandoc, is not installed")


def run_pandoc(arguments: list[str], text: str, root: Path, path: str = "") -> tuple[str, str]:
    """Run pandoc in the project root for the page ``path``; return its output and its warnings."""
    done = subprocess.run(
        [pandoc_path(), *arguments], input=text, capture_output=True, encoding="utf-8", cwd=root
    )
    if done.returncode != 0:
        problem = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise SourceError(f"pandoc stopped: {problem}", path)
    return done.stdout, done.stderr


def inline_html(markdown: str, root: Path, extensions: str = "") -> str:
    """Return a line of Markdown, such as a footer, as HTML.

    ``extensions`` are those of pandoc's Markdown to add or to take away, as in ``-smart``.
    """
    arguments = [f"--from=markdown{extensions}", "--to=html5", "--mathml", "--wrap=none"]
    body, _ = run_pandoc(arguments, markdown, root)
    return body.strip().removeprefix("<p>").removesuffix("</p>")


def inlines(root: Path, markdown: str) -> list[Node]:
    """Return a line of Markdown as the nodes of a paragraph."""
    if MARKED.search(markdown):
        text, _ = run_pandoc(["--from=markdown", "--to=json"], markdown, root)
        blocks = json.loads(text)["blocks"]
        if [block["t"] for block in blocks] == ["Para"]:
            return list(blocks[0]["c"])
    return [string(markdown)]
