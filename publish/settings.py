"""The settings of a page: its own over its folders' over the project's."""

from __future__ import annotations

import datetime
import math
import posixpath
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from publish.errors import SourceError
from publish.source import CELL_OPTIONS, Source, check_option
from publish.yamltext import YamlText, parse_yaml

# Returns file and line of a setting.
Place = Callable[[str], tuple[str, int | None]]
# Where a file may give a setting.
_PREFIXES = ("", "format.html.")


def key_line(text: YamlText, key: str) -> int | None:
    """Return the line on which a file gives a setting, or None where it does not."""
    return next((text.lines[p + key] for p in _PREFIXES if p + key in text.lines), None)


def read_text(root: Path, path: str) -> str:
    """Return a file of the project, or raise a SourceError where it is no text."""
    try:
        # Some editors put a mark of their own before the first letter.
        return (root / path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError("this file is not UTF-8 text", path) from None


def page_title(source: Source, settings: Mapping[str, Any]) -> str:
    """Return a page's title; raise a SourceError where it has none."""
    title = settings.get("title")
    if isinstance(title, str | int | float) and not isinstance(title, bool) and str(title).strip():
        return str(title).strip()
    line, message = source.front_matter.lines.get("title", 1), "the front matter has no title"
    if isinstance(title, datetime.date | bool):
        kind = "yes or no" if isinstance(title, bool) else "a date"
        message = f"this title reads as {kind}; put it in quotes"
    elif isinstance(title, list | Mapping):
        message = "the title must be a text"
    elif source.text.lstrip().startswith("---") and not source.text.startswith("---"):
        message = "the front matter must begin on the first line"
        line = source.text[: source.text.index("---")].count("\n") + 1
    raise SourceError(message, source.path, line)


def page_date(settings: Mapping[str, Any], place: Place) -> datetime.date | None:
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
        message = f'the date "{value}" is not of the form 2025-01-31'
        raise SourceError(message, *place("date")) from None


def _is_text(value: Any) -> bool:
    return value is not None and not isinstance(value, list | Mapping | bool)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_names(value: Any) -> bool:
    people = value if isinstance(value, list) else [value]
    return all(p.get("name") if isinstance(p, Mapping) else _is_text(p) for p in people)


# What a setting must be, and how to say so.
_TYPES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(
        ("draft", "toc", "number-sections", "link-citations"), (_is_bool, "true or false")
    ),
    **dict.fromkeys(
        ("description", "subtitle", "lang", "image", "code-summary"), (_is_text, "a text")
    ),
    "toc-depth": (_is_number, "a whole number"),
    "categories": (_are_texts, "a list of texts"),
    "author": (_are_names, "a text, a list of texts, or names under `name:`"),
}


def check_types(settings: Mapping[str, Any], place: Place) -> None:
    """Raise a SourceError where a setting is of one type and should be of another.

    ``place`` returns file and line of a setting.
    """
    for key, (fits, kind) in _TYPES.items():
        if settings.get(key) is not None and not fits(settings[key]):
            raise SourceError(f'"{key}" must be {kind}', *place(key))
    for key in ("title", "subtitle", "description"):
        if "{python}" in str(settings.get(key)):
            raise SourceError(f"code in the {key} is not run", *place(key))


def _check_cell_defaults(settings: Mapping[str, Any], text: YamlText, path: str) -> None:
    """Raise where an option set for all cells has a value that a cell could not have."""
    execute = settings.get("execute") or {}

    def line_of(key: str) -> int:
        return key_line(text, key) or 1

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
        joined = [posixpath.normpath(posixpath.join(folder, str(n))) for n in names if n]
        settings[key] = joined if key == "bibliography" else "".join(joined[:1])
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
