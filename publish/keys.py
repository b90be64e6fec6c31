"""The keys of ``_quarto.yml`` and front matter that publish reads, and those it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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
    "image-alt",
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
LISTING_KEYS = ("id", "type", "contents", "sort", "categories", "feed")
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


def unread(data: Mapping[str, Any], prefix: str, known: Iterable[str], path: str) -> list[Ignored]:
    """Return the keys of ``data`` that are not known; ``prefix`` goes before their names."""
    return [_ignored(f"{prefix}{key}", path) for key in data if key not in known]


def _ignored(key: str, path: str) -> Ignored:
    reason = REASONS.get(key.rsplit(".", 1)[-1])
    return Ignored(key, path, reason) if reason else Ignored(key, path)


def unread_settings(data: Mapping[str, Any], path: str, besides: tuple[str, ...]) -> list[Ignored]:
    """Return the keys of a file's page settings that publish does not read."""
    found = unread(data, "", (*PAGE_KEYS, *besides), path)
    formats = data.get("format")
    if isinstance(formats, Mapping):
        found += [_ignored(f"format.{name}", path) for name in formats if name != "html"]
        if isinstance(formats.get("html"), Mapping):
            found += unread(formats["html"], "format.html.", PAGE_KEYS, path)
    for settings in (data, (formats or {}).get("html") if isinstance(formats, Mapping) else None):
        if not isinstance(settings, Mapping):
            continue
        if settings.get("html-math-method", "mathml") != "mathml":
            found.append(_ignored("html-math-method", path))
        execute = settings.get("execute")
        if isinstance(execute, Mapping):
            found += unread(execute, "execute.", EXECUTE_KEYS, path)
            if execute.get("freeze"):
                found.append(_ignored("execute.freeze", path))
        listing = settings.get("listing")
        if isinstance(listing, Mapping):
            found += unread(listing, "listing.", LISTING_KEYS, path)
            if listing.get("type", "default") != "default":
                found.append(_ignored("listing.type", path))
    return found


def keys_read() -> str:
    """Return, in a few lines of text, the keys that publish reads."""
    listed = {
        "_quarto.yml, project": PROJECT_KEYS,
        "_quarto.yml, website": WEBSITE_KEYS,
        "pages (front matter, _metadata.yml, or for all pages in _quarto.yml)": PAGE_KEYS,
        "execute": EXECUTE_KEYS,
        "listing": LISTING_KEYS,
    }
    return "\n".join(f"{where}: {', '.join(keys)}" for where, keys in listed.items())
