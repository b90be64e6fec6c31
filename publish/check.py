"""Look over a built site: broken links, missing descriptions, requests to other hosts, weight."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from publish.facts import CSS_URL, Facts, inspect
from publish.weight import site_path, weight_problem


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
    pages = {
        name: look((site / name).read_text(encoding="utf-8"))
        for name in names
        if name.endswith(".html")
    }
    sizes = {name: (site / name).stat().st_size for name in names}
    findings: set[Finding] = set()
    for name, facts in pages.items():
        place = partial(_place, name, root)
        for message, needle in facts.problems:
            findings.add(place(message, needle))
        for link in dict.fromkeys(facts.links):
            problem = _link_problem(link, name, pages, set(names), site_url)
            if problem:
                findings.add(place(problem, link))
        if heavy := weight_problem(name, facts.loads, sizes):
            findings.add(place(heavy, ""))
    for name in names:
        if name.endswith(".css") and CSS_URL.search((site / name).read_text(encoding="utf-8")):
            findings.add(Finding(name, 0, "the style sheet loads something from another host"))
        if name.endswith(".xml"):
            try:
                ET.fromstring((site / name).read_bytes())
            except ET.ParseError as error:
                findings.add(Finding(name, 0, f"invalid XML: {error}"))
    return sorted(findings)


def _link_problem(
    link: str, page: str, pages: Mapping[str, Facts], names: set[str], site_url: str
) -> str | None:
    if link.startswith("#"):
        # Most links of a page lead to itself; these need no address to be worked out.
        return _anchor_problem(link, unquote(link[1:]), pages[page])
    if site_url and link.startswith(site_url):
        link = f"/{link[len(site_url) :].lstrip('/')}"
    elif site_url and link.startswith("/"):
        link = f"/{link.removeprefix(urlsplit(site_url).path)}"
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
    """Return a finding at the line of the page's source that shows the needle."""
    source = f"{page.removesuffix('.html')}.qmd"
    if root is None or not (root / source).is_file():
        return Finding(page, 0, message)
    lines = (root / source).read_text(encoding="utf-8").splitlines()
    # An image of a cell is named after the cell's label.
    label = re.search(r"figure-html/(.+)-output-\d+\.", needle)
    # A source links to the other source, not to its page.
    linked = needle.replace(".html", ".qmd")
    for text in filter(None, (needle, linked, label[1] if label else "")):
        for number, line in enumerate(lines, start=1):
            if text in line:
                return Finding(source, number, message)
    return Finding(source, 0, message)
