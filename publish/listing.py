"""The list of posts: which pages a listing shows, in which order, and each page's neighbours."""

from __future__ import annotations

import datetime
import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from publish.errors import SourceError, suggestion
from publish.keys import LISTING_TYPES
from publish.patterns import matches
from publish.project import Page

UNSORTED = "false"  # as in Quarto: the order in which the listing names its contents
SORTS = ("date desc", "date", "date asc", "title", "title asc", "title desc", UNSORTED)


@dataclass(frozen=True)
class Entry:
    """A page as a listing or feed shows it.

    ``url`` and ``thumbnail`` are relative to the site's root; not every page has a thumbnail.
    ``title_html`` and ``description_html`` are the same texts with their mark-up.
    """

    title: str
    description: str
    date: datetime.date | None
    categories: tuple[str, ...]
    url: str
    minutes: int
    thumbnail: str = ""
    title_html: str = ""
    description_html: str = ""

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
        page.description,
        page.date,
        tuple(str(category) for category in page.settings.get("categories") or []),
        page.url,
        minutes,
        thumbnail,
        page.html.get("title", page.title),
        page.html.get("description", page.description),
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
    if value is True or value in LISTING_TYPES:
        value = {}
    elif isinstance(value, str):
        value = {"contents": value}
    if not isinstance(value, Mapping):
        raise SourceError("publish shows one listing on a page", page.path, line)
    for sort in sort_orders(value):
        if sort not in SORTS:
            line = page.source.front_matter.lines.get("listing.sort", line)
            hint = suggestion(sort, SORTS) or f"; it is one of {', '.join(SORTS)}"
            raise SourceError(f'unknown sort order "{sort}"{hint}', page.path, line)
    return value


def has_filter(page: Page) -> bool:
    """Say whether the page's listing can be filtered by category."""
    return bool((listing_options(page) or {}).get("categories"))


def counted_categories(entries: Iterable[Entry]) -> tuple[tuple[str, int], ...]:
    """Return the categories of a listing with the number of their entries, the largest first.

    Those of a single entry choose nothing that its title does not: they are left out where others
    are left.
    """
    counts = Counter(category for entry in entries for category in entry.categories)
    shared = {category: count for category, count in counts.items() if count > 1} or counts
    return tuple(sorted(shared.items(), key=lambda item: (-item[1], item[0].casefold())))


def sort_orders(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a listing's orders, the first before the others; by default the newest first."""
    value = options.get("sort", "date desc")
    if value is False:
        return (UNSORTED,)
    return tuple(map(str, value if isinstance(value, list) else [value]))


def listed(page: Page, options: Mapping[str, Any], pages: Iterable[Page]) -> list[Page]:
    """Return the pages that the listing on ``page`` shows, in its order.

    Raises
    ------
    SourceError
        Where its contents are no paths, or one of them stands for no page.
    """
    others = [other for other in pages if other.path != page.path]
    patterns = _patterns(page, options, others)
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    folder = posixpath.dirname(page.path)
    chosen = [
        other
        for other in others
        if any(_matches(other.path, folder, pattern) for pattern in wanted or ["."])
        and not any(_matches(other.path, folder, pattern) for pattern in unwanted)
    ]
    chosen.sort(key=lambda other: other.path)
    # Sorting keeps the order of equals: the first of the orders is applied last.
    for sort in reversed(sort_orders(options)):
        if sort == UNSORTED:
            chosen.sort(key=lambda other: _place(other.path, folder, wanted or ["."]))
        elif sort.startswith("title"):
            chosen.sort(key=lambda other: other.title.casefold(), reverse=sort.endswith("desc"))
        else:
            newest_first = sort.endswith("desc")
            chosen.sort(key=lambda other: other.date or datetime.date.min, reverse=newest_first)
    return chosen


def _patterns(page: Page, options: Mapping[str, Any], others: Iterable[Page]) -> list[str]:
    contents = options.get("contents") or []
    patterns = contents if isinstance(contents, list) else [contents]
    lines, folder = page.source.front_matter.lines, posixpath.dirname(page.path)
    line = lines.get("listing.contents", lines.get("listing"))
    paths = [other.path for other in others]
    for pattern in patterns:
        if not isinstance(pattern, str):
            message = "the contents of a listing are paths, or patterns of paths"
            raise SourceError(message, page.path, line)
        # A site of nothing but a front page waits for its first post.
        if paths and not any(_matches(path, folder, pattern.removeprefix("!")) for path in paths):
            message = f'contents: "{pattern}" matches no page of the site (a draft is none)'
            raise SourceError(message, page.path, line)
    return patterns


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
    return matches(path, posixpath.normpath(posixpath.join(folder, pattern)))


def _place(path: str, folder: str, patterns: Iterable[str]) -> int:
    fits = (_matches(path, folder, pattern) for pattern in patterns)
    return next(number for number, found in enumerate(fits) if found)


def reading_order(listed: Iterable[Page], options: Mapping[str, Any]) -> list[Page]:
    """Return the pages of a listing as one would read them: as named, or else by time."""
    if sort_orders(options)[:1] == (UNSORTED,):
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
