"""Small helpers for pandoc's JSON tree: every node is ``{"t": type, "c": content}``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]
WITH_ATTRIBUTES = frozenset(
    ["Code", "CodeBlock", "Div", "Figure", "Image", "Link", "Span", "Table"]
)


# Most of a page is words and the gaps between them, and nobody asks for one of these alone.
_WORDS = frozenset(["Str", "Space", "SoftBreak", "LineBreak"])


def rewrite(node: Any, change: Callable[[Node], Node | list[Node] | None]) -> Any:
    """Return a copy of a tree in which ``change`` has replaced nodes, innermost first.

    ``change`` gets each node but words and gaps. It returns None to keep the node, a node to take
    its place, or a list of nodes (within a list of nodes only).
    """
    if isinstance(node, list):
        result: list[Any] = []
        for child in node:
            if isinstance(child, dict) and child.get("t") not in _WORDS:
                new = rewrite(child, change)
                if isinstance(new, list):
                    result.extend(new)
                    continue
                child = new
            elif isinstance(child, list):
                child = rewrite(child, change)
            result.append(child)
        return result
    if not isinstance(node, dict) or node.get("t") in _WORDS:
        return node
    copy = {key: rewrite(value, change) for key, value in node.items()}
    if "t" not in copy:
        return copy
    new = change(copy)
    return copy if new is None else new


def walk(node: Any) -> Iterator[Node]:
    """Yield every node of a tree but words and gaps, outermost first, in document order."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += reversed(part)
        elif isinstance(part, dict) and part.get("t") not in _WORDS:
            if "t" in part:
                yield part
            waiting += reversed(part.values())


def plain_text(inlines: Any) -> str:
    """Return inline nodes as text without any mark-up."""
    parts = []
    for node in inlines:
        kind: str = node["t"]
        content: Any = node.get("c")
        if kind == "Str":
            parts.append(content)
        elif kind in ("Space", "SoftBreak", "LineBreak"):
            parts.append(" ")
        elif kind in ("Code", "Math"):
            parts.append(content[1])
        elif kind == "Quoted":
            single = content[0]["t"] == "SingleQuote"
            left, right = ("\u2018", "\u2019") if single else ("\u201c", "\u201d")
            parts.append(f"{left}{plain_text(content[1])}{right}")
        elif kind in ("Span", "Link", "Image", "Cite"):
            parts.append(plain_text(content[1]))
        elif kind in ("RawInline", "Note"):
            continue
        elif isinstance(content, list):
            parts.append(plain_text(content))
    return "".join(parts)


def identifier(node: Node) -> str:
    """Return the id of a node, or an empty string."""
    return str(attributes_of(node)[0])


def attributes_of(node: Node) -> list[Any]:
    """Return ``[id, classes, pairs]`` of a node; all empty where it cannot have any."""
    content: list[Any] = node.get("c") or []
    if node["t"] == "Header":
        attributes: list[Any] = content[1]
    elif node["t"] in WITH_ATTRIBUTES:
        attributes = content[0]
    else:
        attributes = ["", [], []]
    return attributes


def string(text: str) -> Node:
    """Return a text node."""
    return {"t": "Str", "c": text}


def raw_html(text: str) -> Node:
    """Return a block of HTML that pandoc copies as it is."""
    return {"t": "RawBlock", "c": ["html", text]}


def div(identity: str, classes: list[str], blocks: list[Node]) -> Node:
    """Return a div of blocks."""
    return {"t": "Div", "c": [[identity, classes, []], blocks]}
