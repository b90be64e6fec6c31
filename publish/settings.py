"""The settings of a page: its own over its folders' over the project's."""

from __future__ import annotations

import datetime
import math
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from publish.errors import SourceError
from publish.source import CELL_OPTIONS, Source, check_option
from publish.yamltext import YamlText, parse_yaml


def read_text(root: Path, path: str) -> str:
    """Return a file of the project, or raise a SourceError where it is no text."""
    try:
        return (root / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SourceError("this file is not UTF-8 text", path) from None


def page_title(source: Source, settings: Mapping[str, Any]) -> str:
    """Return a page's title; raise a SourceError where it has none."""
    lines = source.front_matter.lines
    title = settings.get("title")
    is_text = isinstance(title, str | int | float) and not isinstance(title, bool)
    if not is_text or not str(title).strip():
        raise SourceError("the front matter has no title", source.path, lines.get("title", 1))
    for key in ("title", "description"):
        if "{python}" in str(settings.get(key)):
            raise SourceError(f"code in the {key} is not run", source.path, lines.get(key))
    return str(title).strip()


def page_date(source: Source, settings: Mapping[str, Any]) -> datetime.date | None:
    """Return a page's date, if it has one; raise a SourceError where it is no date."""
    value = settings.get("date")
    if value is None:
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value).strip())
    except ValueError:
        raise SourceError(
            f'the date "{value}" is not of the form 2025-01-31',
            source.path,
            source.front_matter.lines.get("date"),
        ) from None


def check_types(source: Source, settings: Mapping[str, Any]) -> None:
    """Raise a SourceError where a setting is a list, text or number and should be another."""
    lines = source.front_matter.lines
    for key in ("description", "subtitle"):
        if isinstance(settings.get(key), list | dict):
            raise SourceError(f'"{key}" must be a text', source.path, lines.get(key))
    if not isinstance(settings.get("categories") or [], list):
        raise SourceError('"categories" must be a list', source.path, lines.get("categories"))
    if not isinstance(settings.get("toc-depth", 3), int):
        raise SourceError('"toc-depth" must be a whole number', source.path, lines.get("toc-depth"))


def _check_cell_defaults(settings: Mapping[str, Any], text: YamlText, path: str) -> None:
    """Raise where an option set for all cells has a value that a cell could not have."""
    execute = settings.get("execute") or {}
    prefixes = ("", "format.html.")

    def line_of(key: str) -> int:
        return next((text.lines[p + key] for p in prefixes if p + key in text.lines), 1)

    if not isinstance(execute, Mapping):
        raise SourceError('"execute" must hold further keys', path, line_of("execute"))
    for key, value in execute.items():
        if key in CELL_OPTIONS:
            check_option(key, value, path, line_of(f"execute.{key}"))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key == "timeout" and not (is_number and 0 < value < math.inf):
            message = f'"timeout" is a number of seconds above 0, not {value!r}'
            raise SourceError(message, path, line_of("execute.timeout"))
    if "code-fold" in settings:
        check_option("code-fold", settings["code-fold"], path, line_of("code-fold"))


def page_settings(text: YamlText, path: str, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the settings that a file gives to pages, with ``format: html:`` lifted out."""
    settings = {key: value for key, value in text.data.items() if key not in (*skip, "format")}
    formats = text.data.get("format") or {}
    if isinstance(formats, Mapping) and isinstance(formats.get("html"), Mapping):
        settings = merge(formats["html"], settings)
    _check_cell_defaults(settings, text, path)
    folder = posixpath.dirname(path)
    for key in ("bibliography", "csl"):
        if key not in settings:
            continue
        value = settings[key]
        names = value if isinstance(value, list) else [value]
        joined = [posixpath.normpath(posixpath.join(folder, str(name))) for name in names]
        settings[key] = joined if key == "bibliography" else joined[0]
    return settings


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both settings in one; where they differ, ``above`` holds."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def folder_chain(folder: str) -> list[str]:
    """Return a folder and those above it, outermost first, without the root."""
    parts = PurePosixPath(folder).parts
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def folder_settings(root: Path, folder: str, defaults: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of a folder's pages: its ``_metadata.yml`` over those above it."""
    settings = defaults
    for path, text in metadata_files(root, folder_chain(folder)):
        settings = merge(settings, page_settings(text, path))
    return settings


def metadata_files(root: Path, folders: Iterable[str]) -> list[tuple[str, YamlText]]:
    """Return the path and contents of each ``_metadata.yml`` in these folders."""
    paths = [f"{folder}/_metadata.yml" for folder in folders]
    return [
        (path, parse_yaml(read_text(root, path), path)) for path in paths if (root / path).is_file()
    ]
