"""Blocks that Quarto lays out in a way of its own, and what becomes of them here."""

from __future__ import annotations

import re

from publish.errors import SourceError
from publish.keys import Ignored
from publish.source import FENCED_BLOCK, Prose, Source

# Classes and attributes of a block, with what publish does instead.
PLAIN = {
    re.compile(r"(?:^|(?<=\.))panel-tabset\b"): "its tabs stand one under the other",
    # The style sheet gives these three the room that there is.
    re.compile(
        r"(?:^|(?<=\.))(?:column-(?!(?:page|body-outset|screen)(?![\w-]))"
        r"(?:margin|body|page|screen)[\w-]*|aside)\b"
    ): ("it stands in the text, as wide as the text"),
    re.compile(r"(?<=[\s{])layout(?:-nrow)?(?==)"): "its parts stand one under the other",
}

_OPENING = re.compile(r"^ {0,3}:{3,}[ \t]*(?P<attributes>\{[^}]*\}|[\w-]+)[ \t]*:*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}:{3,}[ \t]*(?P<attributes>[^\s:].*)?")
_IS_TEXT = re.compile(r"\s*[^\s:#<-]")
_CONDITIONAL = re.compile(r"(?:^|(?<=\.))content-(?:visible|hidden)\b")


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


def unread_blocks(source: Source) -> list[Ignored]:
    """Return the blocks of a page that publish shows in a plainer way than Quarto.

    Raises
    ------
    SourceError
        For content that depends on the format, since all of it would be shown.
    """
    found = []
    for part in source.parts:
        if not isinstance(part, Prose):
            continue
        # Code that is shown may be about anything.
        text = FENCED_BLOCK.sub(lambda block: "\n" * block[0].count("\n"), part.text)
        for opening in _OPENING.finditer(text):
            attributes = opening["attributes"]
            if kind := _CONDITIONAL.search(attributes):
                line = part.line + text.count("\n", 0, opening.start())
                message = f"publish shows all that is written, and {kind[0]} depends on the format"
                raise SourceError(message, source.path, line)
            found += [
                Ignored(name[0], source.path, instead)
                for pattern, instead in PLAIN.items()
                if (name := pattern.search(attributes))
            ]
    return found
