"""What every page of a site shows, from ``website:`` in ``_quarto.yml``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from publish.addresses import page_address, read_repository
from publish.errors import SourceError
from publish.feed import feed_options, feed_url
from publish.links import change_links, is_address
from publish.listing import has_filter
from publish.pages import Site, navigation
from publish.pandoc import inline_html
from publish.project import CONFIG, Project


def describe_site(
    project: Project,
    site_url: str | None = None,
    to_html: Callable[[str, Path], str] = inline_html,
) -> Site:
    """Return what every page of a project shows.

    Raises
    ------
    SourceError
        Where the site has no title, its address is not absolute, or a link leads to no page.
    """
    website = project.website
    title = website.get("title")
    if not title:
        raise SourceError('"website" has no title', CONFIG, project.lines.get("website", 1))
    url = str(site_url or website.get("site-url") or "")
    if url and not (url.startswith(("https://", "http://")) and is_address(url)):
        line = project.lines.get("website.site-url")
        raise SourceError(f'the site-url "{url}" must begin with https:// or http://', CONFIG, line)
    has_feed = [page for page in project.pages if feed_options(page) is not None]
    feed = feed_url(has_feed[0]) if url and has_feed else ""
    pages = {page.url for page in project.pages}
    footer = _footer(website.get("page-footer") or "", project.lines)
    in_footer = partial(_footer_link, pages, project.lines.get("website.page-footer"))
    favicon = str(website.get("favicon") or "static/favicon.svg").lstrip("/")
    return Site(
        title=str(title),
        description=str(website.get("description") or ""),
        language=project.language,
        url=f"{url.rstrip('/')}/" if url else "",
        repository=read_repository(website),
        navigation=navigation(website, pages, project.lines.get("website.navbar")),
        footer=Markup(change_links(to_html(footer, project.root), in_footer) if footer else ""),
        feed=feed,
        filtered=next((p.url for p in project.pages if has_filter(p)), ""),
        favicon=favicon.removeprefix("site/") if favicon.startswith("site/static/") else favicon,
    )


def _footer(footer: Any, lines: Mapping[str, int]) -> str:
    """Return the Markdown of the footer: one text, or up to three from left to right."""
    sides = footer if isinstance(footer, Mapping) else {"": footer}
    texts = [sides[side] for side in ("", "left", "center", "right") if sides.get(side)]
    if not all(isinstance(text, str | int) for text in texts):
        message = "the page-footer, or each side of it, must be a text"
        raise SourceError(message, CONFIG, lines.get("website.page-footer"))
    return " · ".join(map(str, texts))


def _footer_link(pages: Collection[str], line: int | None, link: str) -> str:
    """Return an address as the footer's HTML has it, from the site's root."""
    return link if link[:1] == "#" else escape(page_address(unescape(link), pages, "footer", line))
