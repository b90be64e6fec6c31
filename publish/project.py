"""What there is to render: ``_quarto.yml``, the sources, and the settings of each page."""

from __future__ import annotations

import datetime
import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from publish import quartokeys
from publish.errors import SourceError
from publish.keys import (
    PROJECT_KEYS,
    Ignored,
    unread,
    unread_options,
    unread_settings,
    unread_website,
)
from publish.patterns import find_resources, find_sources, matches, unmatched
from publish.settings import (
    check_types,
    folder_chain,
    folder_settings,
    key_line,
    merge,
    metadata_files,
    page_date,
    page_settings,
    page_title,
    read_text,
)
from publish.source import Source, parse_source
from publish.yamltext import YamlText, parse_yaml

CONFIG = "_quarto.yml"


@dataclass(frozen=True)
class Page:
    """A source with its settings: its own over its folders' over the project's.

    ``url`` is the page's address relative to the site's root (``posts/steplr/index.html``);
    ``html`` holds title, subtitle and description where these have mark-up (see ``wording``).
    """

    source: Source
    settings: Mapping[str, Any]
    title: str
    date: datetime.date | None
    html: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The source's path relative to the project root."""
        return self.source.path

    @property
    def url(self) -> str:
        """The page's address relative to the site's root."""
        return f"{self.path.removesuffix('.qmd')}.html"

    @property
    def description(self) -> str:
        """What the page is about, or an empty string."""
        return str(self.settings.get("description") or "").strip()


@dataclass(frozen=True)
class Project:
    """A website project on disk.

    Attributes
    ----------
    root
        Folder that holds ``_quarto.yml``; cells run here.
    output
        Folder that the site is written to.
    website
        The ``website:`` part of ``_quarto.yml``.
    pages
        The pages to render, in the order of their paths.
    resources
        Files to copy as they are, relative to the root.
    ignored
        Keys that publish found and does not read.
    lines
        The line of each key of ``_quarto.yml``.
    language
        The language of the site, which a page of its own may differ from.
    """

    root: Path
    output: Path
    website: Mapping[str, Any]
    pages: tuple[Page, ...]
    resources: tuple[str, ...]
    ignored: tuple[Ignored, ...]
    lines: Mapping[str, int] = field(default_factory=dict)
    language: str = "en"


def load_project(root: Path, output: Path | None = None) -> Project:
    """Read the project in ``root``.

    Raises
    ------
    SourceError
        Where ``_quarto.yml``, a ``_metadata.yml`` or a page's front matter has a mistake.
    """
    root = root.resolve()
    config = _read_config(root)
    project = _section(config, "project")
    website = _section(config, "website")
    if project.get("type", "website") != "website":
        raise SourceError(
            f'project type is "{project["type"]}"; publish renders a website',
            CONFIG,
            config.lines.get("project.type"),
        )
    defaults = page_settings(config, CONFIG, skip=("project", "website"))
    chosen = output_folder(root, output)
    sites = {chosen, output_folder(root)}
    paths = find_sources(root, config, CONFIG, sites)
    drafts = _drafts(config, paths)
    paths = [path for path in paths if path not in drafts]
    pages = tuple(_load_pages(root, paths, defaults))
    if not pages:
        raise SourceError("the project has no pages to render (no .qmd file was found)", CONFIG)
    ignored = [
        *unmatched(root, config, CONFIG),
        *unread(config, CONFIG, "project", PROJECT_KEYS, quartokeys.PROJECT),
        *unread_website(config, CONFIG),
        *unread_settings(config, CONFIG, ("project", "website", "format")),
    ]
    if project.get("execute-dir", "project") != "project":
        ignored.append(Ignored("project.execute-dir", CONFIG, "cells run at the project's root"))
    folders = {part for page in pages for part in folder_chain(posixpath.dirname(page.path))}
    for path, text in metadata_files(root, sorted(folders)):
        ignored.extend(unread_settings(text, path))
    for page in pages:
        ignored.extend(unread_settings(page.source.front_matter, page.path))
        ignored.extend(unread_options(page.source))
    return Project(
        root,
        chosen,
        website,
        pages,
        tuple(find_resources(root, config, CONFIG, sites)),
        tuple(dict.fromkeys(ignored)),
        config.lines,
        str(defaults.get("lang") or "en"),
    )


def output_folder(root: Path, output: Path | None = None) -> Path:
    """Return the folder of the site: the one asked for, or else the project's own."""
    if output is None:
        project = _section(_read_config(root), "project")
        output = root / str(project.get("output-dir") or "_site")
    return output.resolve()


def _read_config(root: Path) -> YamlText:
    if not (root / CONFIG).is_file():
        raise SourceError(
            "there is no such file; run publish where the website's sources are", CONFIG
        )
    return parse_yaml(read_text(root, CONFIG), CONFIG)


def _section(config: YamlText, key: str) -> Mapping[str, Any]:
    value = config.data.get(key) or {}
    if not isinstance(value, Mapping):
        raise SourceError(f'"{key}" must hold further keys', CONFIG, config.lines[key])
    return value


def _drafts(config: YamlText, paths: Collection[str]) -> set[str]:
    """Return the sources that ``website: drafts:`` names."""
    value = _section(config, "website").get("drafts") or []
    found: set[str] = set()
    for pattern in value if isinstance(value, list) else [value]:
        drafts = [path for path in paths if matches(path, str(pattern))]
        if not drafts:
            message = f'drafts: "{pattern}" matches no page'
            raise SourceError(message, CONFIG, config.lines.get("website.drafts"))
        found.update(drafts)
    return found


def _load_pages(root: Path, paths: Iterable[str], defaults: Mapping[str, Any]) -> Iterable[Page]:
    folders: dict[str, Mapping[str, Any]] = {}
    for path in paths:
        source = parse_source(read_text(root, path), path)
        folder = posixpath.dirname(path)
        if folder not in folders:
            folders[folder] = folder_settings(root, folder, defaults)
        settings = merge(folders[folder], page_settings(source.front_matter, path))
        # A key left empty takes back what a folder or the project gives.
        settings = {key: value for key, value in settings.items() if value is not None}
        place = partial(origin, root, source)
        check_types(settings, place)
        if settings.get("draft") is not True:
            yield Page(source, settings, page_title(source, settings), page_date(settings, place))


def check_files(project: Project) -> None:
    """Raise a SourceError where a bibliography or citation style is not there."""
    for page in project.pages:
        for key in ("bibliography", "csl"):
            value = page.settings.get(key) or []
            for name in value if isinstance(value, list) else [value]:
                if not (project.root / name).is_file():
                    path, line = origin(project.root, page.source, key)
                    raise SourceError(f"{key}: there is no file {name}", path, line)


def origin(root: Path, source: Source, key: str) -> tuple[str, int | None]:
    """Return file and line that give a page its setting: its own, a folder's, or the project's."""
    if line := key_line(source.front_matter, key):
        return source.path, line
    folders = folder_chain(posixpath.dirname(source.path))
    for path, text in reversed(metadata_files(root, folders)):
        if line := key_line(text, key):
            return path, line
    line = key_line(_read_config(root), key)
    return (CONFIG, line) if line else (source.path, None)
