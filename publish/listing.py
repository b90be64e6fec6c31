"""The list of posts: which pages a listing shows, in which order, and each page's neighbours."""

from __future__ import annotations

import datetime
import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from publish.errors import SourceError, suggestion
from publish.project import Page

UNSORTED = "false"  # as in Quarto: the order in which the listing names its contents
SORTS = ("date desc", "date", "date asc", "title", "title asc", "title desc", UNSORTED)


@dataclass(frozen=True)
class Entry:
    """A page as a listing or feed shows it.

    ``url`` and ``thumbnail`` are relative to the site's root; not every page has a thumbnail.
    """

    title: str
    description: str
    date: datetime.date | None
    categories: tuple[str, ...]
    url: str
    minutes: int
    thumbnail: str = ""

    @property
    def date_text(self) -> str:
        """The date as readers see it: 5 February 2025."""
        return long_date(self.date)


def long_date(date: datetime.date | None) -> str:
    """Return a date such as 5 February 2025, or an empty string."""
    # Spelled out here: strftime's %B would follow the locale of the machine that builds.
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    return f"{date.day} {months[date.month - 1]} {date.year}" if date else ""


def entry(page: Page, minutes: int, thumbnail: str = "") -> Entry:
    """Return a page's entry; ``minutes`` is the time to read it."""
    return Entry(
        page.title,
        str(page.settings.get("description") or "").strip(),
        page.date,
        tuple(str(category) for category in page.settings.get("categories") or []),
        page.url,
        minutes,
        thumbnail,
    )


def listing_options(page: Page) -> Mapping[str, Any] | None:
    """Return the options of the listing on a page, or None where there is none.

    Raises
    ------
    SourceError
        Where the listing has a form or a sort order that publish does not know.
    """
    value = page.settings.get("listing")
    if value is None or value is False:
        return None
    line = page.source.front_matter.lines.get("listing")
    if isinstance(value, str):
        value = {"contents": value}
    if not isinstance(value, Mapping):
        raise SourceError("publish shows one listing on a page", page.path, line)
    sort = sort_order(value)
    if sort not in SORTS:
        line = page.source.front_matter.lines.get("listing.sort", line)
        hint = suggestion(sort, SORTS) or f"; it is one of {', '.join(SORTS)}"
        raise SourceError(f'unknown sort order "{sort}"{hint}', page.path, line)
    return value


def has_filter(page: Page) -> bool:
    """Say whether the page's listing can be filtered by category."""
    return bool((listing_options(page) or {}).get("categories"))


def counted_categories(entries: Iterable[Entry]) -> tuple[tuple[str, int], ...]:
    """Return the categories of a listing with the number of their entries, the largest first."""
    counts = Counter(category for entry in entries for category in entry.categories)
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold())))


def sort_order(options: Mapping[str, Any]) -> str:
    """Return a listing's order, by default the newest first."""
    value = options.get("sort", "date desc")
    if value is False:
        return UNSORTED
    return str(value[0] if isinstance(value, list) else value)


def listed(page: Page, options: Mapping[str, Any], pages: Iterable[Page]) -> list[Page]:
    """Return the pages that the listing on ``page`` shows, in its order."""
    contents = options.get("contents") or "."
    patterns = contents if isinstance(contents, list) else [contents]
    folder = posixpath.dirname(page.path)
    chosen = [
        other
        for other in pages
        if other.path != page.path and any(_matches(other.path, folder, str(p)) for p in patterns)
    ]
    sort = sort_order(options)
    chosen.sort(key=lambda other: other.path)
    if sort == UNSORTED:
        chosen.sort(key=lambda other: _place(other.path, folder, patterns))
    elif sort.startswith("title"):
        chosen.sort(key=lambda other: other.title.casefold(), reverse=sort.endswith("desc"))
    else:
        newest_first = sort.endswith("desc")
        chosen.sort(key=lambda other: other.date or datetime.date.min, reverse=newest_first)
    return chosen


def unlisted(shown: Mapping[str, Sequence[Page]], pages: Iterable[Page]) -> list[str]:
    """Return the pages that stand among listed ones, and that no listing shows.

    Parameters
    ----------
    shown
        The pages of each listing, by the path of the listing.
    pages
        All pages of the site.
    """
    listed = {page.path for group in shown.values() for page in group}
    tops = {path.split("/")[0] for path in listed if "/" in path}
    others = (page.path for page in pages if page.path not in listed | shown.keys())
    return [path for path in others if path.split("/")[0] in tops]


def _matches(path: str, folder: str, pattern: str) -> bool:
    full = posixpath.normpath(posixpath.join(folder, pattern))
    if full == "." or path.startswith(f"{full}/"):
        return True
    # Path.match counts path parts from the end, so the number of parts must agree as well.
    same_depth = len(PurePosixPath(path).parts) == len(PurePosixPath(full).parts)
    return same_depth and PurePosixPath(path).match(full)


def _place(path: str, folder: str, patterns: Iterable[Any]) -> int:
    matches = (_matches(path, folder, str(pattern)) for pattern in patterns)
    return next(number for number, found in enumerate(matches) if found)


def reading_order(listed: Iterable[Page], options: Mapping[str, Any]) -> list[Page]:
    """Return the pages of a listing as one would read them: as named, or else by time."""
    if sort_order(options) == UNSORTED:
        return list(listed)
    return sorted(listed, key=lambda page: (page.date or datetime.date.min, page.path))


def neighbours(ordered: Sequence[Page]) -> dict[str, tuple[Page | None, Page | None]]:
    """Return for the path of each page the one before it and the one after it."""
    return {
        page.path: (
            ordered[place - 1] if place > 0 else None,
            ordered[place + 1] if place + 1 < len(ordered) else None,
        )
        for place, page in enumerate(ordered)
    }
