"""What a site holds beside its pages: thumbnails, social cards, search index, sitemap, robots."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from publish.addresses import NOT_FOUND, beside, render_robots, render_sitemap
from publish.cards import render_card
from publish.convert import Body
from publish.pages import Site
from publish.pictures import Picture, picture_of, thumbnail
from publish.project import Page, Project
from publish.search import INDEX, render_index


@dataclass(frozen=True)
class Extras:
    """Files by address; the address of a thumbnail by the path of its page."""

    files: Mapping[str, str | bytes] = field(default_factory=dict)
    thumbnails: Mapping[str, str] = field(default_factory=dict)


def make_extras(
    project: Project,
    bodies: Mapping[str, Body],
    site: Site,
    listed: Collection[str],
    images: Mapping[str, bytes],
    render: Callable[..., str],
) -> Extras:
    """Return what belongs beside the pages.

    Parameters
    ----------
    project, bodies, site
        The pages, their bodies by path, and what all of them show.
    listed
        Paths of the pages that some listing shows: these have thumbnails.
    images
        The images that cells have made, by address.
    render
        Calls a function with the project's templates, or recalls what it returned.

    Raises
    ------
    SourceError
        Where a page names an image that is not there, or whose card cannot be drawn.
    """
    found = [page for page in project.pages if page.url != NOT_FOUND]
    files: dict[str, str | bytes] = {
        INDEX: render_index((page.title, page.url, bodies[page.path].sections) for page in found)
    }
    thumbnails: dict[str, str] = {}
    for page in project.pages:
        picture = picture_of(page, bodies[page.path].html, project.root)
        if picture and page.path in listed:
            thumbnails[page.path] = picture.url or beside(page.url, "thumbnail.svg")
            if picture.drawing:
                files[thumbnails[page.path]] = thumbnail(picture)
        if card := card_address(site, page):
            files[card] = card_of(project, site, page, picture, images, render)
    if site.url:
        files["sitemap.xml"] = render_sitemap(site.url, found)
        files["robots.txt"] = render_robots(site.url)
    return Extras(files, thumbnails)


def card_address(site: Site, page: Page) -> str:
    """Return where the social card of a page is: it is named by an absolute address or not made."""
    return beside(page.url, "card.png") if site.url else ""


def card_of(
    project: Project,
    site: Site,
    page: Page,
    picture: Picture | None,
    images: Mapping[str, bytes],
    render: Callable[..., str],
) -> bytes:
    """Return the social card of a page, a PNG file; see ``make_extras``."""
    content = _content(picture, project, images)
    card = render(render_card, site.title, page.title, page.description, picture, content)
    return base64.b64decode(card)


def _content(picture: Picture | None, project: Project, images: Mapping[str, bytes]) -> bytes:
    """Return the bytes of an image; of a drawing, or of a file that is not there, none."""
    if picture is None or not picture.url:
        return b""
    if picture.url in images:
        return images[picture.url]
    file = project.root / picture.url
    return file.read_bytes() if file.is_file() else b""
