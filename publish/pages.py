"""Whole pages: a body in the templates of ``site/templates``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from markupsafe import Markup

from publish.convert import Body
from publish.errors import SourceError
from publish.listing import Entry, long_date
from publish.project import CONFIG, Page
from publish.vega import MARK

# Jinja is imported where it is used: a page that was written before needs none of it.
if TYPE_CHECKING:
    from jinja2 import Environment

NOTHING = Markup("")

# What a page may load: files of its own site, and no script or handler inside the page. To a page
# opened from the file system its own files are no 'self' in Chromium, hence file:, which a page
# from a web host cannot load anyway. Figures carry inline styles; the preview connects to ask
# whether there is a new build.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self' file:",
    "style-src": "'self' file: 'unsafe-inline'",
    "img-src": "'self' file: data:",
    "font-src": "'self' file:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
POLICY = Markup("; ".join(f"{name} {sources}" for name, sources in _SOURCES.items()))

_HEADING = re.compile(
    r'(?P<opening><section id="(?P<id>[^"]+)"[^>]*>\s*<(?P<tag>h[2-6])[^>]*>)'
    r"(?P<text>.*?)(?P<closing></(?P=tag)>)",
    re.DOTALL,
)

# Look and templates of a project that brings none of its own.
OWN_SITE = Path(__file__).resolve().parent.parent / "site"


@dataclass(frozen=True)
class NavItem:
    """One link of the navigation; ``url`` is relative to the site's root unless external."""

    text: str
    url: str
    external: bool = False


@dataclass(frozen=True)
class Site:
    """What every page of a site shows.

    Attributes
    ----------
    title, description, language
        Of the site as a whole.
    url
        Where it is published, absolute and with a slash at its end; may be empty.
    navigation
        The links at the top of every page.
    footer
        HTML of the footer.
    feed
        Address of the feed relative to the site's root; empty where there is none.
    favicon
        Address of the icon relative to the site's root.
    """

    title: str
    description: str = ""
    language: str = "en"
    url: str = ""
    repository: str = ""
    navigation: tuple[NavItem, ...] = ()
    footer: Markup = NOTHING
    feed: str = ""
    favicon: str = "static/favicon.svg"


def site_folder(root: Path, name: str) -> Path:
    """Return ``site/<name>`` of the project, or publish's own where the project has none."""
    own = root / "site" / name
    return own if own.is_dir() else OWN_SITE / name


def environment(root: Path) -> Environment:
    """Return the template environment: everything is escaped, no hole goes unnoticed."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(site_folder(root, "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def navigation(website: Mapping[str, Any]) -> tuple[NavItem, ...]:
    """Read the links of ``navbar: left:`` and ``navbar: right:``."""
    navbar = website.get("navbar") or {}
    if not isinstance(navbar, Mapping):
        return ()
    items = []
    for entry in [*(navbar.get("left") or []), *(navbar.get("right") or [])]:
        item = {"href": entry} if isinstance(entry, str) else entry
        href = str(item.get("href") or item.get("file") or "")
        if not href:
            raise SourceError("an entry of the navbar has no href", CONFIG)
        external = bool(urlsplit(href).scheme)
        text = item.get("text") or item.get("aria-label") or href
        if not external and href.endswith(".qmd"):
            href = f"{href.removesuffix('.qmd')}.html"
        items.append(NavItem(str(text), href if external else href.lstrip("/"), external))
    return tuple(items)


def link_headings(html: str) -> str:
    """Give each heading that has an anchor a link to itself."""

    def add(found: re.Match[str]) -> str:
        link = f'<a class="anchor" href="#{found["id"]}" aria-label="Link to this section">#</a>'
        return f"{found['opening']}{found['text']}{link}{found['closing']}"

    return _HEADING.sub(add, html)


def render_page(
    env: Environment,
    site: Site,
    page: Page,
    body: Body,
    *,
    entries: tuple[Entry, ...] | None = None,
    older: Page | None = None,
    newer: Page | None = None,
) -> str:
    """Return the HTML of a page: a post, or a listing where ``entries`` are given."""
    author = page.settings.get("author") or ""
    context = {
        "title": page.title,
        "subtitle": str(page.settings.get("subtitle") or ""),
        "description": str(page.settings.get("description") or "").strip(),
        "date": page.date.isoformat() if page.date else "",
        "date_text": long_date(page.date),
        "author": _author_names(author),
        "categories": page.settings.get("categories") or [],
        "minutes": body.minutes,
        # A table of contents of one line helps nobody.
        "headings": body.headings
        if page.settings.get("toc", True) and len(body.headings) > 1
        else (),
        "source": posixpath.basename(page.path),
        "older": older,
        "newer": newer,
        "entries": entries,
    }
    name = "post.html.j2" if entries is None else "listing.html.j2"
    return _render(env, name, site, page.url, Markup(link_headings(body.html)), context)


def render_not_found(env: Environment, site: Site) -> str:
    """Return the page that a web host shows for an address that is not there."""
    # Shown at any depth, so it cannot use relative links.
    root = urlsplit(site.url).path or "/"
    context = {"title": "Page not found", "description": "", "root": root}
    return _render(env, "404.html.j2", site, "404.html", Markup(""), context)


def _render(
    env: Environment,
    template: str,
    site: Site,
    url: str,
    body: Markup,
    context: Mapping[str, Any],
) -> str:
    from jinja2 import TemplateError

    root = posixpath.relpath(".", posixpath.dirname(url) or ".")
    values = {
        "site": site,
        "policy": POLICY,
        "url": url,
        "root": f"{root}/",
        "body": body,
        "has_charts": MARK in body,
        **context,
    }
    try:
        return env.get_template(template).render(values)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise SourceError(
            f"template: {error.message}", f"site/templates/{template}", line
        ) from None


def _author_names(author: Any) -> str:
    names = author if isinstance(author, list) else [author]
    return ", ".join(str(n.get("name", "")) if isinstance(n, Mapping) else str(n) for n in names)
