"""Blocks and texts that Quarto shows in a way of its own, and what becomes of them here."""

from __future__ import annotations

import re
from typing import Any

from publish.crossref import Mistake
from publish.source import FENCED_BLOCK
from publish.tree import attributes_of, walk

_IN_TEXT = "it stands in the text, as wide as the text"
_STACKED = "its parts stand one under the other"
# Classes and attributes, with what publish does instead.
PLAIN = {
    "panel-tabset": "its tabs stand one under the other",
    "columns": _STACKED,
    "grid": _STACKED,
    "layout": _STACKED,
    "layout-nrow": _STACKED,
    "aside": _IN_TEXT,
}
_WIDTH = re.compile(r"column-(?:margin|body|page|screen)\b")
# The style sheet gives these three the room that there is.
_KNOWN_WIDTHS = ("column-page", "column-body-outset", "column-screen")
# What publish would show, and Quarto does not or not always.
_REFUSED = {
    "content-visible": "depends on the format",
    "content-hidden": "depends on the format",
    "hidden": "keeps this from readers",
}

_FENCE = re.compile(r"^ {0,3}:{3,}[ \t]*(?P<attributes>[^\s:].*)?")
_IS_TEXT = re.compile(r"\s*[^\s:#<-]")


def stray_fence(text: str) -> int | None:
    """Return the line of a ``:::`` that opens or closes no block, or None where all of them do."""
    depth, before = 0, ""
    bare = FENCED_BLOCK.sub(lambda block: "\n" * block[0].count("\n"), text)
    for number, line in enumerate(bare.split("\n"), start=1):
        if fence := _FENCE.match(line):
            opens = bool(fence["attributes"])
            # To pandoc a block in the middle of a paragraph is more of its text.
            if (opens and _IS_TEXT.match(before)) or not (opens or depth):
                return number
            depth += 1 if opens else -1
        before = line
    return None


def shown_plainly(blocks: list[Any]) -> tuple[tuple[str, str], ...]:
    """Return what a tree has that Quarto lays out, each with what publish does instead."""
    found = {}
    for name in _names(blocks):
        if name in PLAIN:
            found[name] = PLAIN[name]
        elif _WIDTH.match(name) and name not in _KNOWN_WIDTHS:
            found[name] = _IN_TEXT
    return tuple(found.items())


def conditional(blocks: list[Any]) -> Mistake | None:
    """Return the mistake of a tree with content that is not for every reader, if it has any."""
    name = next((name for name in _names(blocks) if name in _REFUSED), "")
    message = f"publish shows all that is written, and {name} {_REFUSED.get(name, '')}"
    return Mistake(message, name) if name else None


def _names(blocks: list[Any]) -> list[str]:
    """Return all classes, and the names of all attributes, in a tree."""
    attributes = [attributes_of(node) for node in walk(blocks)]
    return [name for _, classes, pairs in attributes for name in (*classes, *dict(pairs))]
