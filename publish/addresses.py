"""Where a site's pages are, as others need to know it: sitemap, robots, the code's repository."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from xml.etree import ElementTree as ET

from publish.errors import SourceError, suggestion
from publish.links import is_address, quoted
from publish.project import CONFIG, Page

# The page that web hosts show for an address that is not there.
NOT_FOUND = "404.html"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
# As in Quarto's `repo-actions`: what the link says, and where in the repository it leads.
_ACTIONS = {
    "source": ("Source of this page", "blob"),
    "edit": ("Edit this page", "edit"),
    "issue": ("Report a mistake", "issues/new"),
}


@dataclass(frozen=True)
class Repository:
    """Where the sources are kept, from the keys of ``website:`` that begin with ``repo-``."""

    url: str = ""
    branch: str = "main"
    folder: str = ""
    actions: tuple[str, ...] = ()


def read_repository(website: Mapping[str, Any]) -> Repository:
    """Return the repository that ``website:`` names.

    Raises
    ------
    SourceError
        Where ``repo-actions`` names something else than source, edit and issue.
    """
    actions = website.get("repo-actions") or []
    actions = [str(name) for name in (actions if isinstance(actions, list) else [actions])]
    for name in actions:
        if name not in (*_ACTIONS, "none"):
            hint = suggestion(name, _ACTIONS) or f"; it is one of {', '.join(_ACTIONS)}"
            raise SourceError(f'unknown repo-action "{name}"{hint}', CONFIG)
    return Repository(
        str(website.get("repo-url") or "").rstrip("/"),
        str(website.get("repo-branch") or "main"),
        str(website.get("repo-subdir") or "").strip("/"),
        tuple(name for name in actions if name in _ACTIONS),
    )


def repository_links(repository: Repository, path: str) -> tuple[tuple[str, str], ...]:
    """Return text and address of the links from a page to its source in the repository."""
    if not repository.url:
        return ()
    place = quote(posixpath.join(repository.branch, repository.folder, path))
    links = []
    for name in repository.actions:
        text, kind = _ACTIONS[name]
        links.append((text, f"{repository.url}/{kind}{'' if name == 'issue' else f'/{place}'}"))
    return tuple(links)


def beside(url: str, name: str) -> str:
    """Return the address of a file that belongs to a page and lies beside it."""
    folder, _, file = url.rpartition("/")
    stem = file.removesuffix(".html")
    return posixpath.join(folder, name if stem == "index" else f"{stem}-{name}")


def page_address(href: str, pages: Collection[str] | None, where: str, line: int | None) -> str:
    """Return the address, from the site's root, that a link of ``website:`` leads to.

    Parameters
    ----------
    href
        What it says: a page by its source, another file of the site, or an address elsewhere.
    pages
        The addresses of all pages, where a link to a page shall be checked.
    where, line
        Where it stands.

    Raises
    ------
    SourceError
        Where it cannot be read, or names a page that is not there.
    """
    if not is_address(href):
        raise SourceError(f"the address {href} in the {where} cannot be read", CONFIG, line)
    parts = urlsplit(href)
    path = posixpath.normpath(unquote(parts.path).lstrip("/"))
    if parts.scheme or not path.endswith(".qmd"):
        return href.lstrip("/")
    page = f"{path.removesuffix('.qmd')}.html"
    if pages is not None and page not in pages:
        raise SourceError(f"the {where} leads to {href}, and there is no such page", CONFIG, line)
    return urlunsplit(("", "", quoted(page), parts.query, parts.fragment))


def canonical(site_url: str, url: str) -> str:
    """Return the one absolute address of a page."""
    folder, slash, name = url.rpartition("/")
    return f"{site_url}{quote(f'{folder}{slash}' if name == 'index.html' else url)}"


def render_sitemap(site_url: str, pages: Iterable[Page]) -> str:
    """Return ``sitemap.xml``: the address of every page, with its date where it has one."""
    ET.register_namespace("", SITEMAP)
    top = ET.Element(f"{{{SITEMAP}}}urlset")
    for page in pages:
        entry = ET.SubElement(top, f"{{{SITEMAP}}}url")
        ET.SubElement(entry, f"{{{SITEMAP}}}loc").text = canonical(site_url, page.url)
        if page.date:
            ET.SubElement(entry, f"{{{SITEMAP}}}lastmod").text = page.date.isoformat()
    ET.indent(top)
    text = ET.tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def render_robots(site_url: str) -> str:
    """Return ``robots.txt``: everything may be read, and here is the map."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {site_url}sitemap.xml\n"
