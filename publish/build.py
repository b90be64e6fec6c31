"""The whole site: read, execute, convert, fill the templates, swap into place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from publish.addresses import NOT_FOUND
from publish.assemble import assemble, lay_out, render_alone
from publish.cache import FOLDER, Cache, prune
from publish.check import check_site
from publish.convert import Body
from publish.errors import SourceError
from publish.execute import Executed
from publish.feed import feed_url
from publish.keys import Ignored
from publish.listing import listing_options, unlisted
from publish.pages import Site
from publish.pictures import picture_of
from publish.project import CONFIG, Project, check_files, load_project, output_folder
from publish.reads import Reads, state_of
from publish.reuse import converter, inspector, one_line, renderer
from publish.stale import Rerun, execute_pages
from publish.steps import jobs_of
from publish.templates import site_folder
from publish.unchanged import recall, remember, watching
from publish.versions import default_processes
from publish.website import describe_site
from publish.wording import in_words
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
        to_html = one_line(cache)
        pages_in_words = tuple(in_words(page, root, to_html) for page in project.pages)
        project = replace(project, pages=pages_in_words)
        refuse_unsafe_output(project.output, root)
        check_files(project)
        settings = {page.path: page.settings for page in project.pages}
        to_body = converter(settings, root, cache)
        render, look = renderer(cache, root), inspector(cache)
        site, layout = describe_site(project, site_url, to_html), lay_out(project)

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
        copies = _copies(project, bodies, site)
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


def _copies(project: Project, bodies: Mapping[str, Body], site: Site) -> dict[str, Path]:
    """Return the files to copy: address in the site → file.

    Raises
    ------
    SourceError
        Where there is no such file as the favicon.
    """
    copies = {name: project.root / name for name in project.resources}
    for body in bodies.values():
        for name in body.files:
            # A link to a folder needs no copy.
            if _is_own_file(project.root / name, project.root):
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
    if project.website.get("favicon") and site.favicon not in copies:
        copies[site.favicon] = project.root / site.favicon
        if not _is_own_file(copies[site.favicon], project.root):
            message = f"favicon: there is no file {site.favicon}"
            raise SourceError(message, CONFIG, project.lines.get("website.favicon"))
    return copies


def _is_own_file(path: Path, root: Path) -> bool:
    """Say whether a path is a file of the project: nothing outside it is published."""
    return path.is_file() and path.resolve().is_relative_to(root)


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
