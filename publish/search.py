"""The search index: the text of every section, in a script that a page loads when asked to search.

A script that assigns its data works from the file system as well, where a page may fetch nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser

from publish.links import quoted

INDEX = "search-index.js"

# Drawings, the source of formulas and the numbers of notes are no prose; folded code and data would
# bury what is, and so would the line under each figure that says where it comes from.
_SKIPPED = {"svg", "annotation", "script", "style"}
_SKIPPED_CLASSES = {"code-fold", "data-fold", "receipt", "footnote-ref"}
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
# Elements inside a line: what they hold belongs to the word that they stand in.
_INLINE = {"a", "abbr", "b", "code", "em", "i", "kbd", "mi", "mn", "mo", "mrow", "q", "s", "samp"}
_INLINE |= {"small", "span", "strong", "sub", "sup", "u", "var"}
# Half of a page is drawings; to cut them out is faster than to skip them stroke by stroke. Of one
# that holds another the inner one goes, and the rest is skipped.
_DRAWING = re.compile(r"<svg\b[^<]*(?:<(?!/?svg\b)[^<]*)*</svg>")


@dataclass(frozen=True)
class Section:
    """What stands under one heading of a page; before the first, anchor and title are empty."""

    anchor: str
    title: str
    text: str


class _Reader(HTMLParser):
    """Collects the text of a page's body by section."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str], list[str]]] = [("", [], [])]
        self.open: list[tuple[str, str]] = []  # elements around, each with its id
        self.skipping = 0  # depth at which a skipped element began
        self.in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self._add(" ")
            return
        given = dict(attrs)
        self.open.append((tag, given.get("id") or ""))
        classes = set((given.get("class") or "").split())
        if self.skipping:
            return
        if tag in _SKIPPED or classes & _SKIPPED_CLASSES:
            self.skipping = len(self.open)
        elif tag in _HEADINGS and (anchor := self._anchor(given.get("id") or "")):
            self.found.append((anchor, [], []))
            self.in_heading = True
        elif tag == "section" and "footnotes" in classes and given.get("id"):
            self.found.append((given["id"] or "", ["Footnotes"], []))
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            name, _ = self.open.pop()
            if self.skipping > len(self.open):
                self.skipping = 0
            if name in _HEADINGS:
                self.in_heading = False
            if name == tag:
                break
        self._break(tag)

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _anchor(self, own: str) -> str:
        # Pandoc gives the anchor to the section that begins with the heading.
        around = self.open[-2] if len(self.open) > 1 else ("", "")
        return own or (around[1] if around[0] == "section" else "")

    def _break(self, tag: str) -> None:
        # A heading is one line, whatever elements its formulas are made of.
        if tag not in _INLINE and not self.in_heading:
            self._add(" ")

    def _add(self, text: str) -> None:
        _, title, body = self.found[-1]
        if not self.skipping:
            (title if self.in_heading else body).append(text)


def sections(html: str) -> tuple[Section, ...]:
    """Return the sections of a page's body that hold any words."""
    reader = _Reader()
    reader.feed(_DRAWING.sub(" ", html))
    reader.close()
    texts = [(anchor, _tidy(title), _tidy(text)) for anchor, title, text in reader.found]
    return tuple(Section(*parts) for parts in texts if parts[1] or parts[2])


def _tidy(parts: Iterable[str]) -> str:
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def render_index(pages: Iterable[tuple[str, str, Iterable[Section]]]) -> str:
    """Return the index as a script; each page is its title, its address, and its sections."""
    data = [
        [title, quoted(url), [[section.anchor, section.title, section.text] for section in found]]
        for title, url, found in pages
    ]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"globalThis.searchIndex = {text};\n"
