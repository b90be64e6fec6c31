"""Look over a built site: the gate of every build.

``facts`` looks at each page alone, ``feedcheck`` at feeds; what takes the whole site is here: links
and anchors, the weight of a page with what it loads, style sheets and scripts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from publish.facts import CSS_URL, Facts, inspect
from publish.feedcheck import xml_problems
from publish.quartoblocks import stray_fence
from publish.weight import site_path, weight_problem

_FETCH_ELSEWHERE = re.compile(r"""\b(?:fetch|import|importScripts)\(\s*["'](?:https?:)?//""")


@dataclass(frozen=True, order=True)
class Finding:
    """Something to put right; ``path`` and ``line`` name the source where it is known."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


def check_site(
    site: Path,
    root: Path | None = None,
    site_url: str = "",
    look: Callable[[str], Facts] = inspect,
) -> list[Finding]:
    """Return everything that is wrong with the site in the folder ``site``.

    Parameters
    ----------
    site
        A built site.
    root
        The project's root: findings name the source of a page where it is found there.
    site_url
        Where the site will be published: addresses under it are checked like relative ones.
    look
        Returns what a page holds: ``inspect``, or the same with a memory.
    """
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    findings: set[Finding] = set()
    texts: dict[str, str] = {}
    for name in names:
        if name.endswith((".html", ".css", ".js", ".mjs")):
            try:
                texts[name] = (site / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                findings.add(_place(name, root, "this file is not UTF-8 text", ""))
    pages = {name: look(text) for name, text in texts.items() if name.endswith(".html")}
    known = set(names)
    sizes = {name: (site / name).stat().st_size for name in names}
    for name, facts in pages.items():
        place = partial(_place, name, root)
        for message, needle in facts.problems:
            findings.add(place(message, needle))
        for link in dict.fromkeys(facts.links):
            problem = _link_problem(link, name, pages, known, site_url)
            if problem:
                findings.add(place(problem, link))
        if heavy := weight_problem(name, facts.loads, sizes):
            findings.add(place(heavy, ""))
    for name in names:
        for message, needle in _file_problems(site, name, texts.get(name, ""), site_url, known):
            findings.add(_place(name, root, message, needle))
    return sorted(findings)


def _file_problems(
    site: Path, name: str, text: str, site_url: str, names: Set[str]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a file that is no page, each with the text that shows the place."""
    if name.endswith(".css"):
        if found := CSS_URL.search(text):
            yield "the style sheet loads something from another host", found[0]
    elif name.endswith((".js", ".mjs")):
        if found := _FETCH_ELSEWHERE.search(text):
            yield "the script loads something from another host", found[0]
    elif name.endswith(".xml"):
        for problem in xml_problems((site / name).read_bytes(), site_url, names):
            yield problem, "feed"


def _link_problem(
    link: str, page: str, pages: Mapping[str, Facts], names: Set[str], site_url: str
) -> str | None:
    if link.startswith("#"):
        # Most links of a page lead to itself; these need no address to be worked out.
        return _anchor_problem(link, unquote(link[1:]), pages[page])
    if site_url and link.startswith(site_url):
        link = f"/{link[len(site_url) :].lstrip('/')}"
    elif site_url and link.startswith("/") and not link.startswith("//"):
        top = urlsplit(site_url).path
        if not f"{link}/".startswith(top):
            return f"the link {link} leads out of the site, which begins at {top}"
        link = f"/{link[len(top) :]}"
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = site_path(link, page)
    if parts.path.endswith("/") or not target:
        target = posixpath.join(target, "index.html")
    if f"{target}/index.html" in names:
        target = f"{target}/index.html"
    if target not in names:
        return f"the link {link} leads nowhere"
    return _anchor_problem(link, unquote(parts.fragment), pages.get(target))


def _anchor_problem(link: str, anchor: str, facts: Facts | None) -> str | None:
    if not anchor or anchor == "top" or facts is None or anchor in facts.ids:
        return None
    return f"the link {link} leads to a place that is not on that page"


def _place(page: str, root: Path | None, message: str, needle: str) -> Finding:
    """Return a finding at the line of the source that shows the needle, else at its first."""
    source = _source(page, root)
    if root is None or source is None:
        return Finding(page, 0, message)
    lines = (root / source).read_text(encoding="utf-8", errors="replace").split("\n")
    if needle.startswith(":::"):
        return Finding(source, stray_fence("\n".join(lines)) or 1, message)
    # An image of a cell is named after the cell's label.
    label = re.search(r"figure-html/(.+)-output-\d+\.", needle)
    # A source links to the other source, not to its page.
    linked = needle.replace(".html", ".qmd")
    for text in filter(None, (needle, linked, unquote(linked), label[1] if label else "")):
        # Where it is given as an id, or got from a heading, else as a word, else as part of one.
        word = re.escape(text)
        heading = r"\W+".join(map(re.escape, text.split("-")))
        ends = r"(?![\w-])"
        for pattern in (
            rf"(?:\]\(){word}",
            rf"""(?:\bid=["']?|label: |#){word}{ends}""",
            rf"(?i)^#+\W+{heading}\W*$",
            rf"(?<![\w-]){word}{ends}",
            word,
        ):
            for number, line in enumerate(lines, start=1):
                if re.search(pattern, line):
                    return Finding(source, number, message)
    return Finding(source, 1, message)


def _source(name: str, root: Path | None) -> str | None:
    """Return the source of a file of the site, where the project has it."""
    stem = name.rpartition(".")[0]
    candidates = [f"{stem}.qmd"] if name.endswith((".html", ".xml")) else [name, f"site/{name}"]
    return next((path for path in candidates if root and (root / path).is_file()), None)
