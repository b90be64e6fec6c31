"""From pages that have run to the files of the site: each page alone first, then all together."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from publish.addresses import NOT_FOUND
from publish.convert import Body
from publish.execute import Executed
from publish.extras import card_address, card_of, make_extras
from publish.feed import site_feed
from publish.listing import entry, listed, listing_options, neighbours, reading_order
from publish.pages import Site, render_not_found, render_page
from publish.pictures import picture_of
from publish.project import Page, Project
from publish.vega import ADDRESS, MARK, library

Around = tuple[Page | None, Page | None]


@dataclass(frozen=True)
class Layout:
    """What pages show of each other, all of it known before any of them runs.

    Attributes
    ----------
    shown
        The pages of each listing, by the listing's path.
    around
        The page before and the page after, by the path of a page that some listing shows.
    """

    shown: Mapping[str, list[Page]]
    around: Mapping[str, Around]


def lay_out(project: Project) -> Layout:
    """Return what the pages of a project show of each other."""
    listings = {page.path: listing_options(page) for page in project.pages}
    shown = {
        page.path: listed(page, options, project.pages)
        for page in project.pages
        if (options := listings[page.path]) is not None
    }
    around = {
        path: pair
        for listing, pages in shown.items()
        for path, pair in neighbours(reading_order(pages, listings[listing] or {})).items()
    }
    return Layout(shown, around)


def render_alone(
    project: Project,
    site: Site,
    layout: Layout,
    executed: Executed,
    body: Body,
    render: Callable[..., str],
) -> str | None:
    """Make what needs no other page to have run, so that ``assemble`` can recall it.

    Returns
    -------
    str or None
        The page, unless it is a listing, which tells of other pages.
    """
    page = next(page for page in project.pages if page.path == executed.path)
    if card_address(site, page):
        picture = picture_of(page, body.html, project.root)
        card_of(project, site, page, picture, _images([executed]), render)
    return None if page.path in layout.shown else _post(site, page, body, layout, render)


def assemble(
    project: Project,
    site: Site,
    layout: Layout,
    executed: Iterable[Executed],
    bodies: Mapping[str, Body],
    render: Callable[..., str],
) -> dict[str, str | bytes]:
    """Return the files that publish makes, by address: pages, feeds, images of cells."""
    files: dict[str, str | bytes] = {}
    images = _images(executed)
    extras = make_extras(project, bodies, site, layout.around.keys(), images, render)
    for page in project.pages:
        body = bodies[page.path]
        if page.path not in layout.shown:
            files[page.url] = _post(site, page, body, layout, render)
            continue
        entries = tuple(
            entry(post, bodies[post.path].minutes, extras.thumbnails.get(post.path, ""))
            for post in layout.shown[page.path]
        )
        files[page.url] = _post(site, page, body, layout, render, entries=entries)
        if site.url:
            files.update(site_feed(site, page, layout.shown[page.path], bodies))
    if NOT_FOUND not in files:
        files[NOT_FOUND] = render(render_not_found, site)
    if any(MARK in body.html for body in bodies.values()):
        files[ADDRESS] = library()
    return {**files, **extras.files, **images}


def _post(
    site: Site,
    page: Page,
    body: Body,
    layout: Layout,
    render: Callable[..., str],
    **more: object,
) -> str:
    older, newer = layout.around.get(page.path, (None, None))
    card = card_address(site, page)
    return render(render_page, site, page, body, older=older, newer=newer, card=card, **more)


def _images(executed: Iterable[Executed]) -> dict[str, bytes]:
    """Return the images that cells have made, by address."""
    return {
        posixpath.join(posixpath.dirname(page.path), name): data
        for page in executed
        for name, data in page.files.items()
    }
