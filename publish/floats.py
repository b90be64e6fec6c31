"""Figures and tables with a caption, as <figure> elements of pandoc's JSON tree."""

from __future__ import annotations

import html
import re
from typing import Any

from publish.tree import Node, attributes_of, raw_html, rewrite, string

NAMES = {"fig": "Figure", "tbl": "Table"}

_FLOAT_LABEL = re.compile(r"^(fig|tbl)-")
_NO_BREAK_SPACE = "\u00a0"


def build_floats(blocks: list[Node], numbers: dict[str, str]) -> list[Node]:
    """Turn labelled figures and tables into <figure> elements with a numbered caption."""
    counts = {"fig": 0, "tbl": 0}
    blocks = _with_alt(blocks)

    def build(node: Node) -> list[Node] | None:
        parts = _float_parts(node)
        if parts is None:
            return None
        label, is_table, content, caption, classes = parts
        kind = "tbl" if is_table else "fig"
        prefix: list[Node] = []
        if _FLOAT_LABEL.match(label):
            counts[kind] += 1
            numbers[label] = str(counts[kind])
            name = f"{NAMES[kind]}{_NO_BREAK_SPACE}{counts[kind]}"
            mark = string(f"{name}:" if caption else name)
            prefix = [{"t": "Span", "c": [["", ["float-number"], []], [mark]]}]
            if caption:
                prefix.append({"t": "Space"})
        return _figure(label, kind, content, [*prefix, *caption], classes)

    return rewrite(blocks, build)


def _figure(
    label: str, kind: str, content: list[Node], caption: list[Node], classes: list[str]
) -> list[Node]:
    names = " ".join(html.escape(name) for name in ["float", f"float-{kind}", *classes])
    anchor = f' id="{html.escape(label)}"' if label else ""
    opening = raw_html(f'<figure{anchor} class="{names}">')
    caption_blocks = []
    if caption:
        caption_blocks = [
            raw_html("<figcaption>"),
            {"t": "Plain", "c": caption},
            raw_html("</figcaption>"),
        ]
    # Tables are captioned above, figures below, as in print.
    inner = [*caption_blocks, *content] if kind == "tbl" else [*content, *caption_blocks]
    return [opening, *inner, raw_html("</figure>")]


def _float_parts(node: Node) -> tuple[str, bool, list[Node], list[Node], list[str]] | None:
    """Return label, whether it is a table, content, caption and classes of a float."""
    kind: str = node["t"]
    content: Any = node.get("c")
    if kind == "Figure":
        label, classes, _ = content[0]
        caption = _caption_inlines(content[1])
        return label, label.startswith("tbl-"), content[2], caption, classes
    if kind == "Table" and content[0][0].startswith("tbl-"):
        label, classes, pairs = content[0]
        caption = _caption_inlines(content[1])
        table = {"t": "Table", "c": [["", classes, pairs], [None, []], *content[2:]]}
        return label, True, [scrolling(table)], caption, []
    if kind != "Div":
        return None
    label, classes, pairs = content[0]
    is_float = "float" in classes
    if not is_float and not label.startswith(("fig-", "tbl-")):
        return None
    is_table = label.startswith("tbl-") or "float-tbl" in classes
    rest = [name for name in classes if not name.startswith("float")]
    body, caption = _split_caption(content[1], is_float)
    if layout := [pair for pair in pairs if pair[0] == "layout-ncol"]:
        body = [{"t": "Div", "c": [["", [], layout], body]}]
    return label, is_table, body, caption, rest


def _split_caption(blocks: list[Node], is_cell: bool) -> tuple[list[Node], list[Node]]:
    """Split the caption off: a cell marks it, an author writes it as the last paragraph."""
    if blocks and is_cell and "float-caption" in attributes_of(blocks[-1])[1]:
        inner = blocks[-1]["c"][1]
        return blocks[:-1], inner[0]["c"] if inner else []
    if len(blocks) > 1 and not is_cell and blocks[-1]["t"] in ("Para", "Plain"):
        return blocks[:-1], blocks[-1]["c"]
    return blocks, []


def _caption_inlines(caption: list[Any]) -> list[Node]:
    blocks = caption[1]
    return blocks[0]["c"] if blocks else []


def _with_alt(blocks: list[Node]) -> list[Node]:
    """Move ``fig-alt`` of every image to where pandoc takes alternative text from."""

    def move(node: Node) -> Node | None:
        if node["t"] != "Image":
            return None
        (label, classes, pairs), inlines, target = node["c"]
        alt = dict(pairs).get("fig-alt")
        pairs = [pair for pair in pairs if pair[0] != "fig-alt"]
        return {
            "t": "Image",
            "c": [[label, classes, pairs], [string(alt)] if alt else inlines, target],
        }

    return rewrite(blocks, move)


def scrolling(table: Node) -> Node:
    """Wrap a table so that a wide one scrolls inside itself, by keyboard too."""
    # Pandoc gives the columns of long pipe tables fixed shares of the width, whatever they
    # hold; the browser knows better.
    attributes, caption, columns, *rest = table["c"]
    columns = [[alignment, {"t": "ColWidthDefault"}] for alignment, _ in columns]
    table = {"t": "Table", "c": [attributes, caption, columns, *rest]}
    pairs = [["tabindex", "0"], ["role", "group"], ["aria-label", "Table"]]
    return {"t": "Div", "c": [["", ["table-scroll"], pairs], [table]]}
