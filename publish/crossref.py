"""Cross references: number figures, tables, equations and sections, and link to them.

Works on pandoc's JSON tree, before citations are processed: to pandoc ``@fig-loss`` is a
citation like any other. Labels are anchors, as in Quarto.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from publish.errors import suggestion
from publish.floats import NAMES, build_floats
from publish.tree import (
    Node,
    identifier,
    plain_text,
    rewrite,
    string,
    walk,
)

FLOATS = tuple(f"{kind}-" for kind in NAMES)
KINDS = {**NAMES, "eq": "Equation", "sec": "Section"}

_LABEL = re.compile(r"^(?P<kind>fig|tbl|eq|sec)-")
_EQUATION_LABEL = re.compile(r"^\{#(eq-[^ }]+)\}(.*)$")
_NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True)
class Mistake:
    """Something wrong in a page's Markdown.

    ``needle`` is the text to look for in it, at its ``last`` place where that is the wrong one;
    ``label`` is the one that nothing has, where that is the mistake.
    """

    message: str
    needle: str
    last: bool = False
    label: str = ""


@dataclass(frozen=True)
class Numbered:
    """A tree with its floats built and its labels numbered, and what was wrong."""

    blocks: list[Node]
    mistakes: tuple[Mistake, ...]


def resolve(blocks: list[Node], number_sections: bool = False) -> Numbered:
    """Give everything that has a label its number, and turn references to labels into links.

    Sections are numbered from the highest heading level that the page uses. Their numbers
    stand in the headings too where ``number_sections`` holds.
    """
    numbers: dict[str, str] = {}
    mistakes = _parts_of_floats(blocks)
    blocks = _number_sections(blocks, numbers, number_sections)
    blocks = _number_equations(blocks, numbers)
    blocks = build_floats(blocks, numbers)
    blocks = _link_references(blocks, numbers, mistakes)
    mistakes.extend(_duplicates(blocks))
    return Numbered(blocks, tuple(mistakes))


def _parts_of_floats(blocks: list[Node]) -> list[Mistake]:
    """Find figures within a figure: Quarto calls them (a) and (b), and counts them as one."""
    return [
        Mistake(f"{part} is a part of {whole}, and publish numbers no parts of figures", part)
        for node in walk(blocks)
        if node["t"] == "Div" and (whole := identifier(node)).startswith(FLOATS)
        for inner in walk(node["c"][1])
        if (part := identifier(inner)).startswith(FLOATS)
    ]


def _number_sections(blocks: list[Node], numbers: dict[str, str], show: bool) -> list[Node]:
    headers = [node for node in walk(blocks) if node["t"] == "Header"]
    top = min((header["c"][0] for header in headers), default=1)
    counters = [0] * 7

    def number(node: Node) -> Node | None:
        if node["t"] != "Header" or "unnumbered" in node["c"][1][1]:
            return None
        level, attributes, inlines = node["c"]
        counters[level] += 1
        counters[level + 1 :] = [0] * (6 - level)
        text = ".".join(str(count) for count in counters[top : level + 1])
        numbers[attributes[0]] = text
        if not show:
            return None
        mark = {"t": "Span", "c": [["", ["section-number"], []], [string(text)]]}
        return {"t": "Header", "c": [level, attributes, [mark, {"t": "Space"}, *inlines]]}

    return rewrite(blocks, number)


def _number_equations(blocks: list[Node], numbers: dict[str, str]) -> list[Node]:
    """Find ``$$…$$ {#eq-label}`` and set the number beside the formula."""
    count = 0

    def number(node: Node) -> Node | None:
        nonlocal count
        if node["t"] not in ("Para", "Plain"):
            return None
        inlines: list[Node] = []
        for inline in node["c"]:
            found = _EQUATION_LABEL.match(inline["c"]) if inline["t"] == "Str" else None
            gap = bool(inlines) and inlines[-1]["t"] in ("Space", "SoftBreak")
            before = inlines[-2:-1] if gap else inlines[-1:]
            if not found or not before or not _is_display_math(before[0]):
                inlines.append(inline)
                continue
            del inlines[-2 if gap else -1 :]
            count += 1
            numbers[found[1]] = str(count)
            mark = {"t": "Span", "c": [["", ["equation-number"], []], [string(f"({count})")]]}
            inlines.append({"t": "Span", "c": [[found[1], ["equation"], []], [before[0], mark]]})
            if found[2]:
                inlines.append(string(found[2]))
        return {"t": node["t"], "c": inlines}

    return rewrite(blocks, number)


def _is_display_math(node: Node) -> bool:
    return node["t"] == "Math" and node["c"][0]["t"] == "DisplayMath"


def _link_references(
    blocks: list[Node], numbers: Mapping[str, str], mistakes: list[Mistake]
) -> list[Node]:
    def link(node: Node) -> Node | list[Node] | None:
        if node["t"] != "Cite":
            return None
        citations, inlines = node["c"]
        references = [item for item in citations if _LABEL.match(_label(item["citationId"]))]
        if not references:
            return None
        others = [item for item in citations if item not in references]
        result: list[Node] = []
        for item in references:
            label = _label(item["citationId"])
            if label not in numbers:
                hint = suggestion(label, numbers)
                message = f"nothing here has the label @{label}{hint}"
                mistakes.append(Mistake(message, f"@{label}", label=label))
                continue
            if result:
                result.extend([string(","), {"t": "Space"}])
            result.append(_reference(item, label, numbers[label]))
            result.extend(item["citationSuffix"])
        if others:
            separator = [string(";"), {"t": "Space"}] if result else []
            result.extend([*separator, {"t": "Cite", "c": [others, inlines]}])
        return result

    return rewrite(blocks, link)


def _label(citation_id: str) -> str:
    return citation_id[:1].lower() + citation_id[1:]


def _reference(item: Mapping[str, Any], label: str, number: str) -> Node:
    found = _LABEL.match(label)
    assert found is not None
    text: list[Node] = [string(f"{KINDS[found['kind']]}{_NO_BREAK_SPACE}{number}")]
    if item["citationPrefix"]:
        text = [*item["citationPrefix"], string(f"{_NO_BREAK_SPACE}{number}")]
    elif item["citationMode"]["t"] == "SuppressAuthor":
        text = [string(number)]
    return {"t": "Link", "c": [["", ["quarto-xref"], []], text, [f"#{label}", ""]]}


def _duplicates(blocks: list[Node]) -> list[Mistake]:
    """Find ids that are given twice, in Markdown and in the <figure> elements built above."""
    seen: set[str] = set()
    mistakes = []
    for node in walk(blocks):
        found = [identifier(node)]
        if node["t"] == "RawBlock":
            found = re.findall(r'^<figure id="([^"]+)" class="float ', node["c"][1])
        for label in filter(None, found):
            if label in seen:
                mistakes.append(Mistake(f'the label "{label}" is given twice', label, last=True))
            seen.add(label)
    return mistakes


def outline(blocks: list[Node], depth: int) -> list[tuple[int, str, str]]:
    """Return level, anchor and text of the headings for a table of contents.

    ``depth`` is the deepest heading level to list: 3 lists ``##`` and ``###``.
    """
    return [
        (node["c"][0], node["c"][1][0], plain_text(node["c"][2]))
        for node in _outer_blocks(blocks)
        if node["t"] == "Header" and node["c"][0] <= depth and "unlisted" not in node["c"][1][1]
    ]


def _outer_blocks(blocks: list[Node]) -> list[Node]:
    """Return top-level blocks and those inside plain divs, not those in quotes or lists."""
    result = []
    for node in blocks:
        result.append(node)
        if node["t"] == "Div":
            result.extend(_outer_blocks(node["c"][1]))
    return result
