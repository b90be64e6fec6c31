"""The whole site: read, execute, convert, fill the templates, swap into place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from publish.addresses import NOT_FOUND, page_address, read_repository
from publish.assemble import assemble, lay_out, render_alone
from publish.cache import FOLDER, Cache, prune
from publish.check import check_site
from publish.convert import Body, inline_html
from publish.errors import SourceError
from publish.execute import Executed
from publish.feed import feed_options, feed_url
from publish.keys import Ignored
from publish.links import change_links, is_address
from publish.listing import has_filter, listing_options, unlisted
from publish.pages import Site, navigation
from publish.pictures import picture_of
from publish.project import CONFIG, Project, check_files, load_project, output_folder
from publish.reads import Reads, state_of
from publish.reuse import converter, inspector, one_line, renderer
from publish.stale import Rerun, execute_pages
from publish.steps import jobs_of
from publish.templates import site_folder
from publish.unchanged import recall, remember, watching
from publish.versions import default_processes
from publish.write import refuse_unsafe_output, write_site

# What publish makes only where the author brings none.
_AUTHORS = {NOT_FOUND, "robots.txt", "sitemap.xml"}


@dataclass(frozen=True)
class Report:
    """What a build made: the site's folder, the number of pages, keys not read, pages that ran.

    ``unlisted`` names the pages that one would look for in a listing, and that none shows.
    """

    output: Path
    pages: int
    ignored: tuple[Ignored, ...]
    unlisted: tuple[str, ...] = ()
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
    root = root.resolve()
    count = default_processes() if processes is None else processes
    cache = Cache(root / FOLDER if count else None, fresh)
    asked = (output and output.resolve(), site_url)
    if told := recall(cache, root, asked):
        place, pages, ignored, missing = told
        return Report(Path(place), pages, tuple(Ignored(*i) for i in ignored), tuple(missing))
    skip = (root / FOLDER.parts[0], output_folder(root, output))
    with watching(root, skip, count > 0) as reads:
        project = load_project(root, output)
        refuse_unsafe_output(project.output, root)
        check_files(project)
        settings = {page.path: page.settings for page in project.pages}
        to_body = converter(settings, root, cache)
        render, look = renderer(cache, root), inspector(cache)
        site, layout = describe_site(project, site_url, one_line(cache)), lay_out(project)

        def finish(page: Executed, has_run: bool) -> tuple[Executed, Body]:
            body = to_body(page)
            if has_run and cache.recalls:
                # While others still run; what comes later finds it in the cache.
                made = render_alone(project, site, layout, page, body, render)
                if made is not None:
                    look(made)
            return page, body

        jobs = jobs_of(project.pages, root, skip)
        done, ran, read_by_pages = execute_pages(jobs, count, cache, finish)
        executed = [page for page, _ in done]
        bodies = {page.path: body for page, body in done}
        files = assemble(project, site, layout, executed, bodies, render)
        copies = _copies(project, bodies)
        files = _beside(files, copies, root)

    def gate(folder: Path) -> None:
        findings = check_site(folder, root, site.url, look)
        if findings:
            shown = "\n".join(str(finding) for finding in findings)
            raise SourceError(f"the site has mistakes and was not put into place\n{shown}")

    write_site(project.output, files, copies, gate)
    prune(cache)
    report = Report(
        project.output,
        len(project.pages),
        (*project.ignored, *_unmade_feeds(project, files), *_shown_plainly(bodies)),
        tuple(unlisted(layout.shown, project.pages)),
        ran,
    )
    copied = Reads({str(path): state_of(root, str(path)) for path in copies.values()})
    told = [
        str(report.output),
        report.pages,
        [[item.key, item.path, item.reason] for item in report.ignored],
        report.unlisted,
    ]
    remember(cache, root, asked, project.output, (reads, copied, *read_by_pages), skip, told)
    return report


def _unmade_feeds(project: Project, files: Mapping[str, object]) -> list[Ignored]:
    wanted = [page for page in project.pages if (listing_options(page) or {}).get("feed")]
    reason = "a feed needs absolute addresses: set website: site-url"
    return [Ignored("listing.feed", p.path, reason) for p in wanted if feed_url(p) not in files]


def _shown_plainly(bodies: Mapping[str, Body]) -> list[Ignored]:
    found = sorted(bodies.items())
    return [Ignored(name, path, instead) for path, body in found for name, instead in body.plain]


def describe_site(
    project: Project,
    site_url: str | None = None,
    to_html: Callable[[str, Path], str] = inline_html,
) -> Site:
    """Return what every page shows, from ``website:`` in ``_quarto.yml``.

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
    favicon = str(website.get("favicon") or "")
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
        favicon=favicon.removeprefix("site/") or "static/favicon.svg",
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
        # Without its HTML a page has no picture but the one that its front matter names.
        if picture := picture_of(page, "", project.root):
            copies[picture.url] = project.root / picture.url
    static = site_folder(project.root, "static")
    for path in sorted(static.rglob("*")):
        if path.is_file():
            copies[f"static/{path.relative_to(static).as_posix()}"] = path
    return copies


def _beside(
    files: Mapping[str, str | bytes], copies: Mapping[str, Path], root: Path
) -> dict[str, str | bytes]:
    """Return the files that publish makes, less those that the author brings.

    Raises
    ------
    SourceError
        Where one would take the place of a file of the author's.
    """
    if clashes := sorted(files.keys() & copies.keys() - _AUTHORS):
        raise SourceError(
            "this is the address of a file that publish makes itself; call yours something else",
            copies[clashes[0]].relative_to(root).as_posix(),
        )
    return {address: made for address, made in files.items() if address not in copies}
