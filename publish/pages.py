"""Whole pages: a body in the templates of ``site/templates``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from publish.addresses import NOT_FOUND, Repository, canonical, page_address, repository_links
from publish.cards import HEIGHT, WIDTH
from publish.convert import Body
from publish.errors import SourceError
from publish.links import change_links
from publish.listing import Entry, counted_categories, has_filter, long_date
from publish.project import CONFIG, Page
from publish.templates import fill
from publish.vega import MARK

# Jinja is imported where it is used: a page that was written before needs none of it.
if TYPE_CHECKING:
    from jinja2 import Environment

NOTHING = Markup("")
NO_REPOSITORY = Repository()

_HEADING = re.compile(
    r'(?P<section><section id="(?P<id>[^"]+)"[^>]*>\s*)(?P<heading><(?P<tag>h[2-6])[^>]*>)'
    r"(?P<text>.*?)(?P<closing></(?P=tag)>)",
    re.DOTALL,
)
# The source of a formula is no text of the heading.
_MARK_UP = re.compile(r"<annotation.*?</annotation>|<[^>]*>", re.DOTALL)


@dataclass(frozen=True)
class NavItem:
    """One link of the navigation; ``url`` is an address from the site's root unless external."""

    text: str
    url: str
    external: bool = False


@dataclass(frozen=True)
class Site:
    """What every page of a site shows.

    Attributes
    ----------
    title, description, language
        Of the site as a whole; a page may be in another language.
    url
        Where it is published, absolute and with a slash at its end; may be empty.
    repository
        Where the sources are kept.
    navigation
        The links at the top of every page.
    footer
        HTML of the footer; its links are relative to the site's root.
    feed
        Address of the feed relative to the site's root; empty where there is none.
    filtered
        Address of the listing that readers can filter by category; empty where there is none.
    favicon
        Address of the icon relative to the site's root.
    """

    title: str
    description: str = ""
    language: str = "en"
    url: str = ""
    repository: Repository = NO_REPOSITORY
    navigation: tuple[NavItem, ...] = ()
    footer: Markup = NOTHING
    feed: str = ""
    filtered: str = ""
    favicon: str = "static/favicon.svg"


def navigation(
    website: Mapping[str, Any], pages: Collection[str] | None = None, line: int | None = None
) -> tuple[NavItem, ...]:
    """Read the links of ``navbar: left:`` and ``navbar: right:``.

    Parameters
    ----------
    website
        The ``website:`` part of ``_quarto.yml``.
    pages
        The addresses of all pages, where links to pages shall be checked.
    line
        Where the navbar stands.
    """
    navbar = website.get("navbar") or {}
    if not isinstance(navbar, Mapping):
        return ()
    items = []
    for side in ("left", "right"):
        entries = navbar.get(side) or []
        if not isinstance(entries, list):
            raise SourceError(f'"{side}" of the navbar must be a list', CONFIG, line)
        items += [_nav_item(entry, pages, line) for entry in entries]
    return tuple(items)


def _nav_item(entry: Any, pages: Collection[str] | None, line: int | None) -> NavItem:
    item = entry if isinstance(entry, Mapping) else {"href": entry}
    href = str(item.get("href") or item.get("file") or "")
    if not href:
        raise SourceError("an entry of the navbar has no href", CONFIG, line)
    text = str(item.get("text") or item.get("aria-label") or href)
    url = page_address(href, pages, "navbar", line)
    return NavItem(text, url, external=bool(urlsplit(url).scheme))


def words_of(html: str) -> str:
    """Return a line of HTML as the words that it shows."""
    return unescape(_MARK_UP.sub("", html)).strip()


def link_headings(html: str) -> str:
    """Give each heading that has an anchor a link to itself."""

    def add(found: re.Match[str]) -> str:
        name = escape(words_of(found["text"]))
        link = f'<a class="anchor" href="#{found["id"]}" aria-label="Link to {name}">#</a>'
        # Beside the heading, not in it: a heading is read out with all that it holds.
        heading = f"{found['heading']}{found['text']}{found['closing']}"
        return f'{found["section"]}<div class="heading">{heading}{link}</div>'

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
    card: str = "",
) -> str:
    """Return the HTML of a page: a post, or a listing where ``entries`` are given.

    ``card`` is the address of its social card, relative to the site's root.
    """
    author = page.settings.get("author") or ""
    context = {
        "title": page.title,
        "title_html": page.html.get("title", page.title),
        "subtitle": page.html.get("subtitle", str(page.settings.get("subtitle") or "")),
        "description": page.description,
        "description_html": page.html.get("description", page.description),
        "date": page.date.isoformat() if page.date else "",
        "date_text": long_date(page.date),
        "author": _author_names(author),
        "language": str(page.settings.get("lang") or site.language),
        "categories": page.settings.get("categories") or [],
        "minutes": body.minutes,
        # A table of contents of one line helps nobody.
        "headings": body.headings
        if page.settings.get("toc", True) and len(body.headings) > 1
        else (),
        "source": posixpath.basename(page.path),
        "source_links": repository_links(site.repository, page.path),
        "card": card,
        "card_size": (WIDTH, HEIGHT),
        "older": older,
        "newer": newer,
        "entries": entries,
        "filters": counted_categories(entries or ()) if has_filter(page) else (),
    }
    name = "post.html.j2" if entries is None else "listing.html.j2"
    return _render(env, name, site, page.url, Markup(link_headings(body.html)), context)


def render_not_found(env: Environment, site: Site) -> str:
    """Return the page that a web host shows for an address that is not there."""
    context = {"title": "Page not found", "description": "", "card": ""}
    context["language"] = site.language
    return _render(env, "404.html.j2", site, NOT_FOUND, Markup(""), context)


def _render(
    env: Environment,
    template: str,
    site: Site,
    url: str,
    body: Markup,
    context: Mapping[str, Any],
) -> str:
    root = f"{posixpath.relpath('.', posixpath.dirname(url) or '.')}/"
    if url == NOT_FOUND:
        # Shown at any depth, so it cannot use relative links.
        root = urlsplit(site.url).path or "/"
    values = {
        "site": replace(site, footer=Markup(_links_from(root, site.footer))),
        "url": url,
        "canonical": canonical(site.url, url) if site.url else "",
        "root": root,
        "body": body,
        "has_charts": MARK in body,
        **context,
    }
    html = fill(env, template, values)
    return _links_from(root, html) if url == NOT_FOUND else html


def _links_from(root: str, html: str) -> str:
    """Return HTML of the site's root as it stands elsewhere; ``root`` leads there."""

    def moved(link: str) -> str:
        stays = link[:1] in ("#", "/") or urlsplit(link).scheme
        return link if stays else f"{root}{link}"

    return change_links(html, moved)


def _author_names(author: Any) -> str:
    names = author if isinstance(author, list) else [author]
    return ", ".join(str(n.get("name", "")) if isinstance(n, Mapping) else str(n) for n in names)
