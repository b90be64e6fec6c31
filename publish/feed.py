"""The RSS feed of a listing."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from publish.convert import Body
from publish.errors import SourceError
from publish.links import change_links, quoted
from publish.listing import Entry, listing_options
from publish.listing import entry as entry_of
from publish.pages import Site
from publish.project import Page

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
FEED_TYPES = ("full", "partial", "metadata")
MOST_ITEMS = 20

# No reader of feeds runs scripts, and the data that they hold is no text.
_SCRIPT = re.compile(r"<script\b.*?</script>\s*", re.DOTALL)
# Characters that no XML document may hold.
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Channel:
    """What the feed is about.

    ``site_url`` is absolute and ends with a slash; ``url`` is the feed's address relative to it.
    """

    title: str
    description: str
    site_url: str
    url: str
    language: str = "en"


def feed_options(page: Page) -> Mapping[str, Any] | None:
    """Return the ``feed:`` options of the listing on a page, or None where it has no feed.

    Raises
    ------
    SourceError
        Where the feed's type is none of full, partial and metadata, or its items cannot be counted.
    """
    value = (listing_options(page) or {}).get("feed")
    if not value:
        return None
    chosen = value if isinstance(value, Mapping) else {}
    lines = page.source.front_matter.lines
    if chosen.get("type", "full") not in FEED_TYPES:
        message = f'the feed type is one of {", ".join(FEED_TYPES)}, not "{chosen["type"]}"'
        raise SourceError(message, page.path, lines.get("listing.feed.type"))
    items = chosen.get("items", MOST_ITEMS)
    if not isinstance(items, int) or isinstance(items, bool) or items < 1:
        message = '"items" of a feed must be a whole number above 0'
        raise SourceError(message, page.path, lines.get("listing.feed.items"))
    return chosen


def feed_url(page: Page) -> str:
    """Return the address of the feed of a page's listing, relative to the site's root."""
    return f"{page.path.removesuffix('.qmd')}.xml"


def site_feed(
    site: Site, page: Page, posts: Iterable[Page], bodies: Mapping[str, Body]
) -> dict[str, str]:
    """Return the feed of the listing on a page, by its address; nothing where it has none."""
    options = feed_options(page)
    if options is None:
        return {}
    newest_first = sorted(posts, key=lambda p: (str(p.date or ""), p.path), reverse=True)
    full = options.get("type", "full") == "full"
    channel = Channel(
        str(options.get("title") or site.title),
        str(options.get("description") or site.description),
        site.url,
        feed_url(page),
        site.language,
    )
    items = [
        (entry_of(post, bodies[post.path].minutes), bodies[post.path].html if full else None)
        for post in newest_first[: options.get("items", MOST_ITEMS)]
    ]
    return {channel.url: render_feed(channel, items)}


def render_feed(channel: Channel, entries: Iterable[tuple[Entry, str | None]]) -> str:
    """Return a feed as RSS 2.0.

    Parameters
    ----------
    channel
        The feed's own title and addresses.
    entries
        The posts, newest first, each with its HTML, or with None for a summary only.
    """
    ET.register_namespace("atom", ATOM)
    ET.register_namespace("content", CONTENT)
    rss = ET.Element("rss", version="2.0")
    top = ET.SubElement(rss, "channel")
    _add(top, "title", channel.title)
    _add(top, "link", channel.site_url)
    _add(top, "description", channel.description or channel.title)
    _add(top, "language", channel.language)
    ET.SubElement(
        top,
        f"{{{ATOM}}}link",
        href=urljoin(channel.site_url, quoted(channel.url)),
        rel="self",
        type="application/rss+xml",
    )
    entries = list(entries)
    # The newest post's date, not today's: the same sources give the same feed.
    if dates := [entry.date for entry, _ in entries if entry.date]:
        _add(top, "lastBuildDate", _rfc822(max(dates)))
    for entry, body in entries:
        address = urljoin(channel.site_url, quoted(entry.url))
        item = ET.SubElement(top, "item")
        _add(item, "title", entry.title)
        _add(item, "link", address)
        guid = ET.SubElement(item, "guid", isPermaLink="true")
        guid.text = address
        if entry.description:
            _add(item, "description", entry.description)
        for category in entry.categories:
            _add(item, "category", category)
        if entry.date:
            _add(item, "pubDate", _rfc822(entry.date))
        if body is not None:
            _add(item, f"{{{CONTENT}}}encoded", absolute_links(_SCRIPT.sub("", body), address))
    ET.indent(rss)
    text = ET.tostring(rss, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def absolute_links(html: str, address: str) -> str:
    """Return HTML whose links hold outside the site; ``address`` is the page's own."""
    return change_links(html, partial(urljoin, address))


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = _NOT_XML.sub("", text)


def _rfc822(date: datetime.date) -> str:
    noon = datetime.datetime(date.year, date.month, date.day, 12, tzinfo=datetime.UTC)
    return format_datetime(noon)
