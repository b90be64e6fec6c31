"""Quarto's own blocks on pandoc's tree: callouts, named code, tables that scroll, links."""

from __future__ import annotations

import html
import posixpath
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from publish.crossref import Mistake
from publish.floats import scrolling
from publish.links import is_address, quoted
from publish.tree import Node, div, plain_text, raw_html, rewrite, string, walk

# Letters from which a table's cell needs room for several words side by side.
MANY_WORDS = 24
COLUMNS = frozenset(["body", "body-outset", "page", "screen", "margin"])
CALLOUTS = {
    "callout-note": "Note",
    "callout-tip": "Tip",
    "callout-important": "Important",
    "callout-warning": "Warning",
    "callout-caution": "Caution",
}


def build_callouts(blocks: list[Node], inlines: Callable[[str], list[Node]]) -> list[Node]:
    """Turn ``::: {.callout-note title="…"}`` into titled boxes, or folds with ``collapse``.

    ``inlines`` returns a title's Markdown as nodes.
    """

    def build(node: Node) -> Node | list[Node] | None:
        if node["t"] != "Div":
            return None
        (identity, classes, pairs), content = node["c"]
        kind = next((name for name in classes if name in CALLOUTS), None)
        if kind is None:
            return None
        attributes = dict(pairs)
        title = inlines(attributes["title"]) if "title" in attributes else None
        if title is None and content and content[0]["t"] == "Header":
            title, content = content[0]["c"][2], content[1:]
        title = title or [string(CALLOUTS[kind])]
        body = div("", ["callout-body"], content)
        names = ["callout", *classes]
        anchor = f' id="{html.escape(identity)}"' if identity else ""
        class_text = html.escape(" ".join(names))
        if "collapse" in attributes:
            is_open = "" if attributes["collapse"] == "true" else " open"
            return [
                raw_html(f'<details{anchor} class="{class_text}"{is_open}>'),
                raw_html('<summary class="callout-title">'),
                {"t": "Plain", "c": title},
                raw_html("</summary>"),
                body,
                raw_html("</details>"),
            ]
        label = html.escape(plain_text(title))
        return [
            raw_html(f'<div{anchor} class="{class_text}" role="note" aria-label="{label}">'),
            div("", ["callout-title"], [{"t": "Para", "c": title}]),
            body,
            raw_html("</div>"),
        ]

    return rewrite(blocks, build)


def lower_headings(blocks: list[Node]) -> list[Node]:
    """Move all headings down a level where one is of the first, which the page's title has."""

    def lower(node: Node) -> Node | None:
        if node["t"] != "Header":
            return None
        level, *rest = node["c"]
        return {"t": "Header", "c": [min(level + 1, 6), *rest]}

    is_first = any(node["t"] == "Header" and node["c"][0] == 1 for node in walk(blocks))
    return rewrite(blocks, lower) if is_first else blocks


def name_columns(blocks: list[Node]) -> list[Node]:
    """Give a cell with ``column: page`` the class that a block of that width has."""

    def name(node: Node) -> Node | None:
        if node["t"] != "Div" or "cell" not in node["c"][0][1]:
            return None
        (identity, classes, pairs), content = node["c"]
        classes = [f"column-{name}" if name in COLUMNS else name for name in classes]
        return {"t": "Div", "c": [[identity, classes, pairs], content]}

    return rewrite(blocks, name)


def name_listings(blocks: list[Node]) -> list[Node]:
    """Write the name of its file above code that has one: ``{.python filename="train.py"}``."""

    def name(node: Node) -> Node | None:
        if node["t"] != "CodeBlock":
            return None
        (identity, classes, pairs), code = node["c"]
        attributes = dict(pairs)
        file = attributes.pop("filename", "")
        if not file:
            return None
        label = {"t": "Plain", "c": [{"t": "Code", "c": [["", [], []], file]}]}
        listing = {"t": "CodeBlock", "c": [[identity, classes, [*attributes.items()]], code]}
        heading = div("", ["code-with-filename-file"], [label])
        return div("", ["code-with-filename"], [heading, listing])

    return rewrite(blocks, name)


def wrap_tables(blocks: list[Node]) -> list[Node]:
    """Make every table scroll inside itself where it is wider than the page.

    A column with a cell of many words gets the class ``words``: without room it would stand one
    word a line.
    """

    def wrap(node: Node) -> Node | None:
        if node["t"] != "Table":
            return None
        rows = list(_rows(node))
        wordy = {
            at
            for row in rows
            for at, (*_, content) in enumerate(row)
            if len(plain_text(content)) > MANY_WORDS
        }
        for row in rows:
            for at, ((_, classes, _), *_) in enumerate(row):
                if at in wordy and "words" not in classes:
                    classes.append("words")
        is_bare = not node["c"][0][0].startswith("tbl-")
        return scrolling(node) if is_bare else node

    return rewrite(blocks, wrap)


def _rows(table: Node) -> Iterator[list[Any]]:
    """Yield the cells of each row, the head's too: attributes, alignment, spans, blocks."""
    (_, head), bodies = table["c"][3:5]
    for rows in (head, *(rows for _, _, *parts in bodies for rows in parts)):
        for _, cells in rows:
            yield cells


@dataclass(frozen=True)
class Links:
    """A tree whose links lead to pages, the local files it needs, and what was wrong."""

    blocks: list[Node]
    files: tuple[str, ...]
    mistakes: tuple[Mistake, ...]


def resolve_links(
    blocks: list[Node], page: str, pages: Collection[str], files: Collection[str]
) -> Links:
    """Point links at ``.qmd`` files to their pages and collect the local files linked to.

    Parameters
    ----------
    blocks
        The page's tree.
    page
        The page's source, relative to the project root.
    pages
        All sources of the site, relative to the root.
    files
        Files known to be there: images of the page's own cells, relative to the root.
    """
    folder = posixpath.dirname(page)
    mistakes: list[Mistake] = []
    needed: list[str] = []

    def resolve(node: Node) -> Node | None:
        if node["t"] not in ("Link", "Image"):
            return None
        attributes, inlines, (target, title) = node["c"]
        if not is_address(target):
            mistakes.append(Mistake(f"the address {target} cannot be read", target))
            return None
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not parts.path:
            return None
        path = unquote(parts.path)
        absolute = path.startswith("/")
        local = posixpath.normpath(path.lstrip("/") if absolute else posixpath.join(folder, path))
        if local.endswith(".qmd"):
            if local not in pages:
                mistakes.append(Mistake(f"there is no page {path} to link to", path))
            local = f"{local.removesuffix('.qmd')}.html"
        elif local.endswith(".html") and (source := f"{local[:-5]}.qmd") in pages:
            shown = posixpath.relpath(source, folder or ".")
            mistakes.append(Mistake(f"link to {shown}, the source of {path}", path))
        elif local not in files:
            needed.append(local)
        if not absolute and not path.endswith(".qmd"):
            return None
        # A link that begins at the site's root works from the file system only when relative.
        relative = posixpath.relpath(local, folder or ".")
        address = urlunsplit(("", "", quoted(relative), parts.query, parts.fragment))
        return {"t": node["t"], "c": [attributes, inlines, [address, title]]}

    changed = rewrite(blocks, resolve)
    return Links(changed, tuple(dict.fromkeys(needed)), tuple(mistakes))


def cites_literature(blocks: list[Node]) -> bool:
    """Say whether any citation is left on the page."""
    return any(node["t"] == "Cite" for node in walk(blocks))


def add_reference_list(blocks: list[Node]) -> list[Node]:
    """Append a "References" section unless the author has placed the list."""
    has_place = any(node["t"] == "Div" and node["c"][0][0] == "refs" for node in walk(blocks))
    if has_place:
        return blocks
    place = div("refs", [], [])
    last = next((node for node in reversed(blocks) if node["t"] == "Header"), None)
    if last and last["c"][1][0] == "references" and blocks[-1] is last:
        return [*blocks, place]
    header = {"t": "Header", "c": [2, ["references", ["unnumbered"], []], [string("References")]]}
    return [*blocks, header, place]
