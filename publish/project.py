"""What there is to render: ``_quarto.yml``, the sources, and the settings of each page."""

from __future__ import annotations

import datetime
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from publish import quartokeys
from publish.errors import SourceError
from publish.keys import PROJECT_KEYS, WEBSITE_KEYS, Ignored, unread, unread_settings
from publish.quartoblocks import unread_blocks
from publish.settings import (
    check_types,
    folder_chain,
    folder_settings,
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

    ``url`` is the page's address relative to the site's root (``posts/steplr/index.html``).
    """

    source: Source
    settings: Mapping[str, Any]
    title: str
    date: datetime.date | None

    @property
    def path(self) -> str:
        """The source's path relative to the project root."""
        return self.source.path

    @property
    def url(self) -> str:
        """The page's address relative to the site's root."""
        return f"{self.path.removesuffix('.qmd')}.html"


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
    """

    root: Path
    output: Path
    website: Mapping[str, Any]
    pages: tuple[Page, ...]
    resources: tuple[str, ...]
    ignored: tuple[Ignored, ...]
    lines: Mapping[str, int] = field(default_factory=dict)


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
    paths = _find_sources(root, project.get("render"), chosen)
    pages = tuple(_load_pages(root, paths, defaults))
    if not pages:
        raise SourceError("the project has no pages to render (no .qmd file was found)", CONFIG)
    ignored = [
        *unread(config, CONFIG, "project", PROJECT_KEYS, quartokeys.PROJECT),
        *unread(config, CONFIG, "website", WEBSITE_KEYS, quartokeys.WEBSITE),
        *unread_settings(config, CONFIG, ("project", "website", "format")),
    ]
    if project.get("execute-dir", "project") != "project":
        ignored.append(Ignored("project.execute-dir", CONFIG, "cells run at the project's root"))
    folders = {part for page in pages for part in folder_chain(posixpath.dirname(page.path))}
    for path, text in metadata_files(root, sorted(folders)):
        ignored.extend(unread_settings(text, path))
    for page in pages:
        ignored.extend(unread_settings(page.source.front_matter, page.path))
        ignored.extend(unread_blocks(page.source))
    return Project(
        root,
        chosen,
        website,
        pages,
        tuple(_expand(root, project.get("resources"))),
        tuple(dict.fromkeys(ignored)),
        config.lines,
    )


def output_folder(root: Path, output: Path | None = None) -> Path:
    """Return the folder of the site: the one asked for, or else the project's own."""
    if output is None:
        project = _section(_read_config(root), "project")
        output = root / str(project.get("output-dir", "_site"))
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


def _load_pages(root: Path, paths: Iterable[str], defaults: Mapping[str, Any]) -> Iterable[Page]:
    folders: dict[str, Mapping[str, Any]] = {}
    for path in paths:
        source = parse_source(read_text(root, path), path)
        folder = posixpath.dirname(path)
        if folder not in folders:
            folders[folder] = folder_settings(root, folder, defaults)
        settings = merge(folders[folder], page_settings(source.front_matter, path))
        check_types(source, settings)
        if settings.get("draft") is not True:
            title, date = page_title(source, settings), page_date(source, settings)
            yield Page(source, settings, title, date)


def _patterns(value: Any) -> list[str]:
    """Return patterns given as one text or a list; those from the root on lose their slash."""
    values = value if isinstance(value, list) else [value]
    return [text for text in (str(item).lstrip("/") for item in values if item) if text]


def _find_sources(root: Path, patterns: Any, output: Path) -> list[str]:
    """Return the sources to render: ``project.render``, or every .qmd that is no partial."""
    found: set[str] = set()
    for pattern in _patterns(patterns or "**/*.qmd"):
        if pattern.startswith("!"):
            found -= {path for path in found if PurePosixPath(path).match(pattern[1:])}
            continue
        for path in root.glob(pattern):
            relative = path.relative_to(root)
            hidden = any(part.startswith(("_", ".")) for part in relative.parts)
            # The site holds copies of the sources.
            if path.suffix == ".qmd" and not hidden and not path.is_relative_to(output):
                found.add(relative.as_posix())
    return sorted(found)


def check_files(project: Project) -> None:
    """Raise a SourceError where a bibliography or citation style is not there."""
    for page in project.pages:
        for key in ("bibliography", "csl"):
            value = page.settings.get(key) or []
            for name in value if isinstance(value, list) else [value]:
                if not (project.root / name).is_file():
                    own = page.source.front_matter.lines.get(key)
                    path = page.path if own else CONFIG
                    raise SourceError(f"{key}: there is no file {name}", path, own)


def _expand(root: Path, patterns: Any) -> list[str]:
    """Return the files that patterns stand for; a folder stands for all its files."""
    found: dict[str, None] = {}
    for pattern in _patterns(patterns):
        for path in sorted(root.glob(pattern)):
            files = [path] if path.is_file() else sorted(path.rglob("*"))
            for file in files:
                if file.is_file():
                    found[file.relative_to(root).as_posix()] = None
    return list(found)
