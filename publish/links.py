"""Addresses: what a link says, as against the path that it leads to."""

from __future__ import annotations

from urllib.parse import quote, urlsplit


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
