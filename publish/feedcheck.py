"""Whether a feed is valid RSS, and whether a map of the site leads anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from publish.links import is_address

_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def xml_problems(data: bytes, site_url: str, names: Set[str]) -> Iterator[str]:
    """Yield what is wrong with an XML file of a site: a feed, a map of the site, or any other.

    Parameters
    ----------
    data
        The file.
    site_url
        Where the site will be published, with a slash at its end; empty where nobody knows.
    names
        The addresses of the site's files, relative to its root.
    """
    try:
        root = ET.fromstring(data)
    except ET.ParseError as error:
        yield f"invalid XML: {error}"
        return
    if root.tag == "rss":
        yield from _rss_problems(root)
        links = [item.findtext("link") or "" for item in root.iter("item")]
    else:
        links = [(place.text or "").strip() for place in root.iter(f"{_SITEMAP}loc")]
    yield from (f"{link} leads nowhere" for link in _lost(links, site_url, names))


def _rss_problems(root: ET.Element) -> Iterator[str]:
    """Check what RSS 2.0 demands."""
    channel = root.find("channel")
    if root.get("version") != "2.0" or channel is None:
        yield 'invalid RSS: it must be <rss version="2.0"> with a <channel>'
        return
    for tag in ("title", "link", "description"):
        if not (channel.findtext(tag) or "").strip():
            yield f"invalid RSS: the channel has no <{tag}>"
    seen: set[str] = set()
    for number, item in enumerate(channel.iter("item"), start=1):
        name = f"item {number} of the feed"
        if not (item.findtext("title") or item.findtext("description") or "").strip():
            yield f"invalid RSS: {name} has neither <title> nor <description>"
        for place in (item.find("link"), item.find("guid")):
            is_link = place is not None and place.get("isPermaLink", "true") == "true"
            address = (place.text if place is not None else "") or ""
            absolute = is_address(address) and urlsplit(address).netloc
            if place is not None and is_link and not absolute:
                yield f'invalid RSS: {name} has the relative address "{address}"'
        guid = item.findtext("guid")
        if guid is not None and guid in seen:
            yield f"invalid RSS: {name} has the <guid> of another"
        seen.add(guid or "")
        date = item.findtext("pubDate")
        if date is not None and not _is_date(date):
            yield f'invalid RSS: {name} has the date "{date}", which is not as in e-mails'


def _is_date(text: str) -> bool:
    try:
        parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return False
    return True


def _lost(links: Iterable[str], site_url: str, names: Set[str]) -> Iterator[str]:
    for link in links:
        if site_url and link.startswith(site_url):
            target = unquote(link.removeprefix(site_url).partition("#")[0])
            is_folder = target.endswith("/") or not target
            if (f"{target}index.html" if is_folder else target) not in names:
                yield link
