"""The whole site: read, execute, convert, fill the templates, swap into place."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from publish.cache import FOLDER, Cache, prune
from publish.check import check_site
from publish.convert import Body, inline_html
from publish.errors import SourceError
from publish.execute import Executed
from publish.feed import Channel, feed_options, render_feed
from publish.keys import Ignored
from publish.listing import entry, listed, listing_options, neighbours, reading_order
from publish.pages import (
    Site,
    navigation,
    render_not_found,
    render_page,
    site_folder,
)
from publish.project import CONFIG, Page, Project, check_files, load_project
from publish.reuse import convert_all, inspector, one_line, renderer
from publish.stale import Rerun, execute_pages
from publish.steps import Job, cell_defaults, time_limit
from publish.vega import ADDRESS, MARK, library
from publish.write import refuse_unsafe_output, write_site


@dataclass(frozen=True)
class Report:
    """What a build made: the site's folder, the number of pages, keys not read, pages that ran."""

    output: Path
    pages: int
    ignored: tuple[Ignored, ...]
    ran: tuple[Rerun, ...] = ()


def build(
    root: Path,
    output: Path | None = None,
    *,
    site_url: str | None = None,
    processes: int | None = None,
    fresh: bool = False,
) -> Report:
    """Render the project in ``root``.

    Parameters
    ----------
    root
        Folder with ``_quarto.yml``.
    output
        Folder for the site; by default the project's ``output-dir``.
    site_url
        Where the site will be published; by default ``website: site-url``.
    processes
        How many pages to execute at a time; by default one per core. 0 executes in this
        process and without the cache, since modules that it has loaded stay as they were.
    fresh
        Do all work again, whatever the cache holds.

    Raises
    ------
    SourceError
        For the first mistake found, or for everything that is wrong with the finished site; the
        site of the last good build then stays as it was.
    """
    project = load_project(root, output)
    refuse_unsafe_output(project.output, project.root)
    check_files(project)
    count = default_processes() if processes is None else processes
    cache = Cache(project.root / FOLDER if count else None, fresh)
    skip = (project.root / FOLDER.parts[0], project.output)
    jobs = [
        Job(
            page.source,
            project.root,
            cell_defaults(page.settings),
            time_limit(page.settings),
            skip,
        )
        for page in project.pages
    ]
    executed, ran = execute_pages(jobs, count, cache)
    settings = {page.path: page.settings for page in project.pages}
    bodies = convert_all(executed, settings, project.root, cache, default_processes())
    site = describe_site(project, site_url, one_line(cache))
    render = renderer(cache, project.root)
    files = assemble(project, executed, bodies, site, render)

    def gate(folder: Path) -> None:
        findings = check_site(folder, project.root, site.url, inspector(cache))
        if findings:
            shown = "\n".join(str(finding) for finding in findings)
            raise SourceError(f"the site has mistakes and was not put into place\n{shown}")

    write_site(project.output, files, _copies(project, bodies), gate)
    prune(cache)
    unmade = _unmade_feeds(project, files)
    return Report(project.output, len(project.pages), (*project.ignored, *unmade), ran)


def default_processes() -> int:
    """Return the number of pages to work on at a time: one per core this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _unmade_feeds(project: Project, files: Mapping[str, object]) -> list[Ignored]:
    wanted = [page for page in project.pages if (listing_options(page) or {}).get("feed")]
    reason = "a feed needs absolute addresses: set website: site-url"
    return [Ignored("listing.feed", p.path, reason) for p in wanted if _feed_url(p) not in files]


def assemble(
    project: Project,
    executed: Iterable[Executed],
    bodies: Mapping[str, Body],
    site: Site,
    render: Callable[..., str],
) -> dict[str, str | bytes]:
    """Return the files that publish makes, by address: pages, feeds, images of cells."""
    files: dict[str, str | bytes] = {}
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
    for page in project.pages:
        entries = None
        if page.path in shown:
            entries = tuple(entry(post, bodies[post.path].minutes) for post in shown[page.path])
        older, newer = around.get(page.path, (None, None))
        files[page.url] = render(
            render_page, site, page, bodies[page.path], entries=entries, older=older, newer=newer
        )
        if entries is not None and site.url:
            feed = _feed(site, page, shown[page.path], bodies)
            files.update(feed)
    files["404.html"] = render(render_not_found, site)
    if any(MARK in body.html for body in bodies.values()):
        files[ADDRESS] = library()
    for item in executed:
        folder = posixpath.dirname(item.path)
        files.update({posixpath.join(folder, name): data for name, data in item.files.items()})
    return files


def describe_site(
    project: Project,
    site_url: str | None = None,
    to_html: Callable[[str, Path], str] = inline_html,
) -> Site:
    """Return what every page shows, from ``website:`` in ``_quarto.yml``.

    Raises
    ------
    SourceError
        Where the site has no title, or its address is not absolute.
    """
    website = project.website
    title = website.get("title")
    if not title:
        raise SourceError('"website" has no title', CONFIG)
    url = str(site_url or website.get("site-url") or "")
    if url and not url.startswith(("https://", "http://")):
        raise SourceError(f'the site-url "{url}" must begin with https:// or http://', CONFIG)
    has_feed = [
        page
        for page in project.pages
        if (options := listing_options(page)) and feed_options(options, page.path) is not None
    ]
    feed = _feed_url(has_feed[0]) if url and has_feed else ""
    footer = website.get("page-footer") or ""
    if isinstance(footer, Mapping):
        footer = " · ".join(
            str(footer[key]) for key in ("left", "center", "right") if key in footer
        )
    favicon = str(website.get("favicon") or "")
    return Site(
        title=str(title),
        description=str(website.get("description") or ""),
        language=str(
            next((p.settings["lang"] for p in project.pages if "lang" in p.settings), "en")
        ),
        url=f"{url.rstrip('/')}/" if url else "",
        repository=str(website.get("repo-url") or ""),
        navigation=navigation(website),
        footer=Markup(to_html(str(footer), project.root)) if footer else Markup(""),
        feed=feed,
        favicon=favicon.removeprefix("site/") or "static/favicon.svg",
    )


def _feed_url(page: Page) -> str:
    return f"{page.path.removesuffix('.qmd')}.xml"


def _feed(
    site: Site, page: Page, posts: Iterable[Page], bodies: Mapping[str, Body]
) -> dict[str, str]:
    options = feed_options(listing_options(page) or {}, page.path)
    if options is None:
        return {}
    newest_first = sorted(posts, key=lambda p: (str(p.date or ""), p.path), reverse=True)
    full = options.get("type", "full") == "full"
    channel = Channel(
        str(options.get("title") or site.title),
        str(options.get("description") or site.description),
        site.url,
        _feed_url(page),
        site.language,
    )
    items = [
        (entry(post, bodies[post.path].minutes), bodies[post.path].html if full else None)
        for post in newest_first[: int(options.get("items", 20))]
    ]
    return {channel.url: render_feed(channel, items)}


def _copies(project: Project, bodies: Mapping[str, Body]) -> dict[str, Path]:
    """Return the files to copy: address in the site → file."""
    copies = {name: project.root / name for name in project.resources}
    for body in bodies.values():
        for name in body.files:
            # A link to a folder needs no copy, and nothing outside the project is published.
            inside = (project.root / name).resolve().is_relative_to(project.root)
            if inside and (project.root / name).is_file():
                copies[name] = project.root / name
    for page in project.pages:
        copies[page.path] = project.root / page.path
    static = site_folder(project.root, "static")
    for path in sorted(static.rglob("*")):
        if path.is_file():
            copies[f"static/{path.relative_to(static).as_posix()}"] = path
    return copies
