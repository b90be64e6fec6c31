"""Addresses: what a link says, as against the path that it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, urlsplit

# A drawing's marks are in the drawing: under an address of their own some would not show them.
_MARK = "<use "
_ADDRESS = re.compile(r'(href|src)="([^"]*)"')


def quoted(path: str) -> str:
    """Return the address of a path of the site: a space, ``#`` or ``ü`` mean themselves in it."""
    return quote(path)


def is_address(link: str) -> bool:
    """Say whether a link can be taken apart: not so ``http://[bad``."""
    try:
        urlsplit(link)
    except ValueError:
        return False
    return True


def change_links(html: str, change: Callable[[str], str]) -> str:
    """Return HTML with each address replaced by what ``change`` makes of it."""

    # To look behind from every place of a page, in the pattern, takes five times as long.
    def changed(found: re.Match[str]) -> str:
        if found.string.startswith(_MARK, max(0, found.start() - len(_MARK))):
            return found[0]
        # One that cannot be read is told by the check of the page.
        return f'{found[1]}="{change(found[2]) if is_address(found[2]) else found[2]}"'

    return _ADDRESS.sub(changed, html)
