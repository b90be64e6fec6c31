"""How much a reader loads before a page is all there: the page and what it names."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping
from urllib.parse import unquote, urljoin, urlsplit

from publish.links import quoted

# Bytes of a page with its style sheet, scripts and images, as they lie on the disk.
MOST = 500_000


def site_path(link: str, page: str) -> str:
    """Return the path in the site that a link on ``page`` leads to; empty for the site's root."""
    path = posixpath.normpath(unquote(urlsplit(urljoin(f"/{quoted(page)}", link)).path)).lstrip("/")
    return "" if path == "." else path


def page_weight(page: str, loads: Collection[str], sizes: Mapping[str, int]) -> int:
    """Return the bytes of a page and of all files of the site that it loads, each once."""
    own = {site_path(link, page) for link in loads if not urlsplit(link).scheme}
    return sum(sizes.get(name, 0) for name in {page, *own})


def weight_problem(page: str, loads: Collection[str], sizes: Mapping[str, int]) -> str | None:
    """Return what is wrong where a page is heavier than ``MOST``."""
    weight = page_weight(page, loads, sizes)
    if weight <= MOST:
        return None
    return (
        f"the page and what it loads weigh {weight / 1000:.0f} kB, more than {MOST / 1000:.0f} kB"
        "; smaller or fewer figures help"
    )
