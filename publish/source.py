"""A ``.qmd`` file in parts: front matter, prose, and ``{python}`` cells with their options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from publish import quartokeys
from publish.errors import SourceError, suggestion
from publish.yamltext import YamlText, parse_yaml

BOOLEAN_OPTIONS = ("echo", "include", "eval", "warning", "error")
TEXT_OPTIONS = ("label", "fig-cap", "fig-alt", "tbl-cap", "code-summary", "column")
CELL_OPTIONS = (*BOOLEAN_OPTIONS, *TEXT_OPTIONS, "output", "code-fold")

# What opens with ticks and has more of them on its line is code in prose.
FENCED_BLOCK = re.compile(
    r"^ {0,3}(`{3,}(?=[^`\n]*$)|~{3,}).*?^ {0,3}\1[`~]*\s*$", re.DOTALL | re.MULTILINE
)
_FENCE = re.compile(r"^ {0,3}(?P<ticks>`{3,}|~{3,})\s*(?P<info>.*?)\s*$")
_ENGINE = re.compile(r"^\{(?P<engine>[A-Za-z]\w*)\b[^}]*\}$")
_CELL_SOMEHOW = re.compile(r"^\{\s*python\b")
_CELL_INSIDE = re.compile(r"^[\s>*+\-\d.)]*(`{3,}|~{3,})\s*\{\s*python\b[^`]*$")
_OPTION_LINE = re.compile(r"^#\|\s?(?P<yaml>.*)$")
_SHORTCODE = re.compile(r"\{\{<.*?>\}\}")
_LABEL = re.compile(r"^[A-Za-z][\w.:-]*$")


@dataclass(frozen=True)
class Prose:
    """Markdown that stands between cells; ``line`` is where it starts in the file."""

    text: str
    line: int


@dataclass(frozen=True)
class Cell:
    """A ``{python}`` cell.

    ``line`` is the line of its opening fence, ``code_line`` that of its first line of code
    (options excluded), both counted from 1.
    """

    code: str
    options: Mapping[str, Any]
    line: int
    code_line: int

    @property
    def label(self) -> str:
        """The cell's label, or an empty string."""
        return self.options.get("label", "")


@dataclass(frozen=True)
class Source:
    """One parsed ``.qmd``: its address in the project, its text, front matter and parts."""

    path: str
    text: str
    front_matter: YamlText
    parts: tuple[Prose | Cell, ...]


def parse_source(text: str, path: str) -> Source:
    """Split the text of a ``.qmd`` into front matter, prose and cells.

    Raises
    ------
    SourceError
        For broken front matter, an unclosed fence, a cell in another language than Python,
        an unknown or wrong cell option, a label given twice, or a Quarto shortcode.
    """
    lines = text.split("\n")
    front_matter, start = _split_front_matter(lines, path)
    parts = tuple(_split_parts(lines, start, path))
    seen: dict[str, int] = {}
    for cell in parts:
        if isinstance(cell, Cell) and cell.label:
            if cell.label in seen:
                raise SourceError(
                    f'the label "{cell.label}" is already taken by the cell on line '
                    f"{seen[cell.label]}",
                    path,
                    cell.line,
                )
            seen[cell.label] = cell.line
    return Source(path, text, front_matter, parts)


def _split_front_matter(lines: list[str], path: str) -> tuple[YamlText, int]:
    """Return the front matter and the index of the first line after it."""
    if not lines or lines[0].rstrip() != "---":
        return YamlText(), 0
    for index in range(1, len(lines)):
        if lines[index].rstrip() in ("---", "..."):
            return parse_yaml("\n".join(lines[1:index]), path, first_line=2), index + 1
    raise SourceError("the front matter that starts here is never closed with ---", path, 1)


def _split_parts(lines: list[str], start: int, path: str) -> Iterator[Prose | Cell]:
    prose: list[str] = []
    prose_start = start
    index = start
    while index < len(lines):
        fence = _FENCE.match(lines[index])
        if not fence or ("`" in fence["ticks"] and "`" in fence["info"]):
            _refuse_shortcode(lines[index], path, index + 1)
            if _CELL_INSIDE.match(lines[index]):
                raise SourceError(
                    "a cell inside a list or a quote does not run: begin it at the margin",
                    path,
                    index + 1,
                )
            prose.append(lines[index])
            index += 1
            continue
        end = _find_fence_end(lines, index, fence["ticks"], path)
        if _CELL_SOMEHOW.match(fence["info"]) and fence["info"] != "{python}":
            raise SourceError(
                "a cell opens with {python} and nothing else; an option has a line of its own "
                "below, such as `#| echo: false`",
                path,
                index + 1,
            )
        engine = _ENGINE.match(fence["info"])
        if engine is None:
            # ```{{python}} is how Quarto's users show a cell without running it.
            shown = re.sub(r"\{\{(\w+)\}\}\s*$", r"{.\1}", lines[index])
            prose.extend([shown, *lines[index + 1 : end + 1]])
        elif engine["engine"] != "python":
            raise SourceError(
                f"publish runs {{python}} cells only, not {{{engine['engine']}}}", path, index + 1
            )
        else:
            if prose:
                yield Prose("\n".join(prose) + "\n", prose_start + 1)
            yield _parse_cell(lines[index + 1 : end], index + 1, path)
            prose, prose_start = [], end + 1
        index = end + 1
    if prose:
        yield Prose("\n".join(prose), prose_start + 1)


def _find_fence_end(lines: list[str], start: int, ticks: str, path: str) -> int:
    closing = re.compile(rf"^ {{0,3}}{re.escape(ticks[0])}{{{len(ticks)},}}\s*$")
    for index in range(start + 1, len(lines)):
        if closing.match(lines[index]):
            return index
    raise SourceError("the code fence that opens here is never closed", path, start + 1)


def _refuse_shortcode(line: str, path: str, number: int) -> None:
    outside_code = re.sub(r"`[^`]*`", "", line)
    if found := _SHORTCODE.search(outside_code):
        raise SourceError(f"publish knows no shortcodes, and this is one: {found[0]}", path, number)


def _parse_cell(body: list[str], fence_line: int, path: str) -> Cell:
    count = 0
    while count < len(body) and _OPTION_LINE.match(body[count]):
        count += 1
    yaml_text = "\n".join(_OPTION_LINE.match(line)["yaml"] for line in body[:count])  # type: ignore[index]
    parsed = parse_yaml(yaml_text, path, fence_line + 1)
    for key, value in parsed.data.items():
        check_option(str(key), value, path, parsed.lines[str(key)])
    options = {key: _as_text(key, value) for key, value in parsed.data.items()}
    # Python counts a cell's lines from its first line that is not blank.
    while count < len(body) - 1 and not body[count].strip():
        count += 1
    return Cell("\n".join(body[count:]).rstrip(), options, fence_line, fence_line + 1 + count)


def _as_text(key: str, value: Any) -> Any:
    return str(value) if key in TEXT_OPTIONS else value


def check_option(key: str, value: Any, path: str, line: int) -> None:
    """Raise a SourceError where a cell option is unknown or has a value it cannot have."""
    if key in quartokeys.CELL:
        return
    if key not in CELL_OPTIONS:
        known = ", ".join(sorted(CELL_OPTIONS))
        hint = suggestion(key, (*CELL_OPTIONS, *quartokeys.CELL)) or f"; publish knows {known}"
        raise SourceError(f'unknown cell option "{key}"{hint}', path, line)
    allowed: tuple[Any, ...] = (True, False)
    if key == "output":
        allowed = (True, False, "asis")
    elif key == "code-fold":
        allowed = (True, False, "show")
    elif key in TEXT_OPTIONS:
        if isinstance(value, list | dict | bool) or value is None:
            raise SourceError(f'the cell option "{key}" takes a text, not {value!r}', path, line)
        if key == "label" and not _LABEL.match(str(value)):
            raise SourceError(
                f'the label "{value}" may hold only letters, digits, "-", "_", "." and ":"',
                path,
                line,
            )
        return
    # `1 in (True,)` holds in Python, so compare types as well.
    if not any(value == choice and type(value) is type(choice) for choice in allowed):
        choices = ", ".join(str(choice).lower() for choice in allowed)
        raise SourceError(f'the cell option "{key}" is one of {choices}, not {value!r}', path, line)
