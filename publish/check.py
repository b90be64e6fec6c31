"""Look over a built site: broken links, missing descriptions, requests to other hosts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree as ET

# Elements that make the browser fetch something while the page loads, and the attribute that
# says from where. A plain link fetches nothing until the reader follows it.
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
    "image": "href",
    "use": "href",
}
LOADING_RELS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest"}
_CSS_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?(https?:)?//""", re.IGNORECASE)
# html5lib knows no ARIA or SVG beyond the parser; these two are no errors in today's HTML.
_HARMLESS = {"unexpected-null-character"}


@dataclass(frozen=True, order=True)
class Finding:
    """Something to put right; ``path`` and ``line`` name the source where it is known."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


@dataclass(frozen=True)
class Facts:
    """What one page holds: all that checking the site needs to know of it.

    ``links`` are addresses to follow or load; ``problems`` pairs a message with the text that
    shows the place in the page's source.
    """

    ids: frozenset[str]
    links: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


def inspect(html: str) -> Facts:
    """Return what one page holds and what is wrong with it taken alone."""
    # Imported here: a page that has been looked at before is not parsed again.
    import html5lib

    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    tree = parser.parse(html)
    problems = [
        (
            f"invalid HTML: {code.replace('-', ' ')} {_detail(data)}".strip(),
            str(data.get("name", "")),
        )
        for _, code, data in parser.errors
        if code not in _HARMLESS
    ]
    ids: set[str] = set()
    links: list[str] = []
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rsplit("}", 1)[-1]
        attributes = {name.rsplit("}", 1)[-1]: value for name, value in element.attrib.items()}
        if identity := attributes.get("id"):
            if identity in ids:
                problems.append((f'the id "{identity}" is used twice', identity))
            ids.add(identity)
        links.extend(_addresses(tag, attributes))
        problems.extend(_element_problems(tag, attributes, element))
    return Facts(frozenset(ids), tuple(links), tuple(problems))


def _detail(data: Mapping[str, Any]) -> str:
    return ", ".join(str(value) for value in data.values())


def _addresses(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    for name in ("href", "src", "data"):
        if name in attributes and (name != "data" or tag == "object"):
            yield attributes[name]


def _is_code(kind: str) -> bool:
    return not kind or kind == "module" or "javascript" in kind


def _element_problems(
    tag: str, attributes: Mapping[str, str], element: ET.Element
) -> Iterator[tuple[str, str]]:
    decorative = attributes.get("role") in ("presentation", "none") or "aria-hidden" in attributes
    if tag == "img" and not attributes.get("alt", "").strip() and not decorative:
        src = attributes.get("src", "")
        yield f"the image {src} has no alternative text (fig-alt)", src
    if tag == "svg" and not decorative and not _has_name(attributes, element):
        yield 'a drawing (svg) has no role="img" with a name', "<svg"
    if tag == "script" and "src" not in attributes and _is_code(attributes.get("type", "")):
        yield "a script inside the page, which its Content-Security-Policy keeps from running", ""
    for name in attributes:
        if name.startswith("on"):
            yield f"{name}=, which the page's Content-Security-Policy keeps from running", name
    if tag == "a" and "href" in attributes and not decorative and not _link_text(element):
        yield f"the link to {attributes['href']} has no text", attributes["href"]
    loading: str | None = attributes.get(LOADS.get(tag, ""))
    if tag == "link" and LOADING_RELS & set(attributes.get("rel", "").split()):
        loading = attributes.get("href")
    if loading and urlsplit(loading).netloc:
        yield f"<{tag}> loads {loading} from another host", loading
    css = (element.text or "" if tag == "style" else "") + attributes.get("style", "")
    if _CSS_URL.search(css):
        yield "a style loads something from another host", "style"


def _has_name(attributes: Mapping[str, str], svg: ET.Element) -> bool:
    titled = any(
        isinstance(child.tag, str) and child.tag.endswith("title") and (child.text or "").strip()
        for child in svg
    )
    return bool(attributes.get("aria-label") or attributes.get("aria-labelledby") or titled)


def _link_text(element: ET.Element) -> bool:
    named = element.get("aria-label") or element.get("title")
    inner = any(child.get("alt") or child.get("aria-label") for child in element.iter())
    return bool(named or inner or "".join(element.itertext()).strip())


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
    findings: set[Finding] = set()
    for name, facts in pages.items():
        place = partial(_place, name, root)
        for message, needle in facts.problems:
            findings.add(place(message, needle))
        for link in dict.fromkeys(facts.links):
            problem = _link_problem(link, name, pages, set(names), site_url)
            if problem:
                findings.add(place(problem, link))
    for name in names:
        if name.endswith(".css") and _CSS_URL.search((site / name).read_text(encoding="utf-8")):
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
    target = posixpath.normpath(unquote(urlsplit(urljoin(f"/{page}", link)).path)).lstrip("/")
    if parts.path.endswith("/") or target in ("", "."):
        target = posixpath.join(target, "index.html").removeprefix("./")
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
