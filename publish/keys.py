"""The keys of ``_quarto.yml`` and front matter that publish reads, and those it does not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from publish import quartokeys
from publish.errors import SourceError, suggestion
from publish.source import CELL_OPTIONS, Cell, Source
from publish.yamltext import YamlText

PROJECT_KEYS = ("type", "output-dir", "execute-dir", "render", "resources")
WEBSITE_KEYS = (
    "title",
    "description",
    "site-url",
    "repo-url",
    "repo-branch",
    "repo-subdir",
    "repo-actions",
    "favicon",
    "navbar",
    "page-footer",
    "drafts",
)
PAGE_KEYS = (
    "title",
    "subtitle",
    "description",
    "date",
    "author",
    "categories",
    "draft",
    "image",
    "lang",
    "listing",
    "toc",
    "toc-depth",
    "number-sections",
    "bibliography",
    "csl",
    "link-citations",
    "code-fold",
    "code-summary",
    "html-math-method",
    "execute",
)
EXECUTE_KEYS = ("echo", "output", "eval", "include", "warning", "error", "freeze", "timeout")
NAVBAR_KEYS = ("left", "right")
NAVBAR_ITEM_KEYS = ("href", "file", "text", "aria-label")
FOOTER_KEYS = ("left", "center", "right")
LISTING_TYPES = ("default", "grid", "table")
LISTING_KEYS = ("type", "contents", "sort", "categories", "feed")
FEED_KEYS = ("type", "items", "title", "description")
# Keys that say something to Quarto which publish does its own way.
REASONS = {
    "theme": "pages are styled by site/static/style.css",
    "css": "pages are styled by site/static/style.css",
    "respect-user-color-scheme": "publish always follows the reader's system",
    "jupyter": "cells run in the Python that runs publish",
    "engine": "cells run in the Python that runs publish",
    "freeze": "publish runs the pages whose inputs have changed",
    "type": "publish shows every listing as cards",
    "html-math-method": "publish writes MathML",
    "anchor-sections": "publish always gives headings a link",
}


@dataclass(frozen=True)
class Ignored:
    """A key that publish does not read, where it stands, and why it is not needed."""

    key: str
    path: str
    reason: str = "publish does not read this key"

    def __str__(self) -> str:
        return f"ignored: {self.key} in {self.path} ({self.reason})"


def summary(ignored: Iterable[Ignored]) -> list[str]:
    """Return one line a key, however many files have it."""
    places: dict[tuple[str, str], list[str]] = {}
    for item in ignored:
        places.setdefault((item.key, item.reason), []).append(item.path)
    lines = []
    for (key, reason), paths in places.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        lines.append(f"ignored: {key} in {paths[0]}{more} ({reason})")
    return lines


def unread(
    text: YamlText, path: str, section: str, known: Iterable[str], quartos: Collection[str]
) -> list[Ignored]:
    """Return the keys of a section of a file that publish does not read.

    Parameters
    ----------
    text
        The file.
    path
        Its path relative to the project.
    section
        The dotted key that the section stands under; empty for the file itself.
    known
        The keys that publish reads there.
    quartos
        The keys that Quarto reads there, and publish does not.

    Raises
    ------
    SourceError
        For a key that neither knows: a slip of the pen would go unnoticed otherwise.
    """
    data: Any = text.data
    for part in section.split(".") if section else []:
        data = data.get(part) if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping):
        return []
    known = tuple(known)
    found = []
    for key in data:
        name = f"{section}.{key}".lstrip(".")
        if key in known:
            continue
        if key not in quartos:
            hint = suggestion(str(key), (*known, *quartos))
            more = hint or "; neither publish nor Quarto has such a key here"
            raise SourceError(f'unknown key "{name}"{more}', path, text.lines.get(name))
        found.append(_ignored(name, path))
    return found


def unread_website(text: YamlText, path: str) -> list[Ignored]:
    """Return the keys of ``website:``, its navbar and its footer that publish does not read.

    Raises
    ------
    SourceError
        For a key that Quarto does not know either.
    """
    website, navbar = "website", "website.navbar"
    found = unread(text, path, website, WEBSITE_KEYS, quartokeys.WEBSITE)
    found += unread(text, path, navbar, NAVBAR_KEYS, quartokeys.NAVBAR)
    found += unread(text, path, f"{website}.page-footer", FOOTER_KEYS, quartokeys.FOOTER)
    section = (text.data.get(website) or {}).get("navbar")
    sides = section if isinstance(section, Mapping) else {}
    for side in NAVBAR_KEYS:
        entries = sides.get(side)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, Mapping):
                line = text.lines.get(f"{navbar}.{side}", 1)
                one = YamlText({side: entry}, {f"{side}.{key}": line for key in entry})
                found += unread(one, path, side, NAVBAR_ITEM_KEYS, quartokeys.NAVBAR_ITEM)
    return found


def _ignored(key: str, path: str) -> Ignored:
    reason = REASONS.get(key.rsplit(".", 1)[-1])
    return Ignored(key, path, reason) if reason else Ignored(key, path)


def unread_settings(
    text: YamlText, path: str, sections: Collection[str] = ("format",)
) -> list[Ignored]:
    """Return the keys of a file's page settings that publish does not read.

    Raises
    ------
    SourceError
        For a key that Quarto does not know either.
    """
    found = unread(text, path, "", PAGE_KEYS, {*quartokeys.PAGE, *sections})
    found = [item for item in found if item.key not in sections]
    found += unread(text, path, "format", ("html",), quartokeys.FORMATS)
    found += unread(text, path, "format.html", PAGE_KEYS, quartokeys.PAGE)
    formats = text.data.get("format")
    html = formats.get("html") if isinstance(formats, Mapping) else None
    for prefix, settings in (("", text.data), ("format.html.", html)):
        if not isinstance(settings, Mapping):
            continue
        if settings.get("html-math-method", "mathml") != "mathml":
            found.append(_ignored("html-math-method", path))
        execute, listing = settings.get("execute"), settings.get("listing")
        found += unread(text, path, f"{prefix}execute", EXECUTE_KEYS, quartokeys.EXECUTE)
        found += unread(text, path, f"{prefix}listing", LISTING_KEYS, quartokeys.LISTING)
        found += unread(text, path, f"{prefix}listing.feed", FEED_KEYS, quartokeys.FEED)
        if isinstance(execute, Mapping) and execute.get("freeze"):
            found.append(_ignored("execute.freeze", path))
        kind = listing.get("type", "default") if isinstance(listing, Mapping) else listing
        if kind in LISTING_TYPES[1:] or (isinstance(listing, Mapping) and kind != "default"):
            found.append(_ignored("listing.type", path))
    return found


def unread_options(source: Source) -> list[Ignored]:
    """Return the options of a page's cells that publish does not read."""
    cells = [part for part in source.parts if isinstance(part, Cell)]
    found = [key for cell in cells for key in cell.options if key in quartokeys.CELL]
    return [_ignored(key, source.path) for key in found]


def keys_read() -> str:
    """Return, in a few lines of text, the keys that publish reads."""
    listed = {
        "_quarto.yml, project": PROJECT_KEYS,
        "_quarto.yml, website": WEBSITE_KEYS,
        "pages (front matter, _metadata.yml, or for all pages in _quarto.yml)": PAGE_KEYS,
        "execute": EXECUTE_KEYS,
        "cells": CELL_OPTIONS,
        "listing": LISTING_KEYS,
        "listing, feed": FEED_KEYS,
    }
    return "\n".join(f"{where}: {', '.join(keys)}" for where, keys in listed.items())
