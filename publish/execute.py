"""Run a page's cells and inline code in this process, as a notebook would, and give its Markdown.

Each page has one namespace, the project root as working directory, and IPython's display rules.
``workers`` runs each page in a process of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from publish.errors import SourceError
from publish.notebook import Notebook, last_line, open_notebook
from publish.outputs import Output, inline_markdown, render_cell
from publish.source import CELL_OPTIONS, Cell, Prose, Source

_CODE_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_INLINE_PYTHON = re.compile(r"^\{python\}\s+(?P<expression>.+?)\s*$", re.DOTALL)
_FENCED_BLOCK = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1[`~]*\s*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Executed:
    """A page's Markdown after its code has run.

    Attributes
    ----------
    path
        The source, relative to the project root.
    markdown
        What pandoc reads.
    line_map
        For each line of ``markdown`` the line of the source it comes from.
    files
        Images that the cells drew: path relative to the page → bytes.
    """

    path: str
    markdown: str
    line_map: tuple[int, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)

    def source_line(self, markdown_line: int) -> int | None:
        """Return the source's line for a line of the Markdown (both counted from 1)."""
        if not self.line_map:
            return None
        return self.line_map[min(max(markdown_line, 1), len(self.line_map)) - 1]


@dataclass(frozen=True)
class Place:
    """Code of a page: the line where it begins and how messages call it."""

    line: int
    name: str


@dataclass(frozen=True)
class Job:
    """What a worker needs to execute one page: its source and the cell options of its page."""

    source: Source
    root: Path
    defaults: Mapping[str, Any] = field(default_factory=dict)


def has_code(source: Source) -> bool:
    """Say whether a page has a cell or an inline expression."""
    return any(
        isinstance(part, Cell) or any(True for _ in _inline_spans(part.text))
        for part in source.parts
    )


def execute(job: Job, report: Callable[[Place], object] = lambda place: None) -> Executed:
    """Execute one page in this process.

    Parameters
    ----------
    job
        The page.
    report
        Is told of each cell and inline expression before it runs.

    Raises
    ------
    SourceError
        Where a cell or an inline expression raises: path, line, label, last line of the error.
    """
    pieces: list[_Piece] = []
    if not has_code(job.source):
        prose = [part for part in job.source.parts if isinstance(part, Prose)]
        pieces = [_Piece(part.text, part.line, True) for part in prose]
        return _assemble(job.source.path, pieces, {})
    files: dict[str, bytes] = {}
    stem = PurePosixPath(job.source.path).stem
    with open_notebook(job.root) as notebook:
        number = 0
        for part in job.source.parts:
            if isinstance(part, Prose):
                pieces.extend(_execute_prose(part, notebook, job.source.path, report))
                continue
            number += 1
            options = {**job.defaults, **part.options}
            report(Place(part.code_line, _cell_name(part)))
            outputs = _run_cell(part, options, notebook, job.source.path)
            name = f"{stem}_files/figure-html/{part.label or f'cell-{number}'}"
            rendered = render_cell(part.code, outputs, options, name)
            files.update(rendered.files)
            pieces.append(_Piece(rendered.text or "\n", part.line, False))
    return _assemble(job.source.path, pieces, files)


@dataclass(frozen=True)
class _Piece:
    """Markdown with its source line; ``verbatim`` text moves on in the source line by line."""

    text: str
    line: int
    verbatim: bool


def _assemble(path: str, pieces: Iterable[_Piece], files: Mapping[str, bytes]) -> Executed:
    markdown: list[str] = []
    line_map: list[int] = []
    at_line_start = True
    for piece in pieces:
        line = piece.line
        for text in piece.text.splitlines(keepends=True):
            if at_line_start:
                line_map.append(line)
            markdown.append(text)
            at_line_start = text.endswith("\n")
            line += piece.verbatim
    return Executed(path, "".join(markdown), tuple(line_map), dict(files))


def _inline_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and expression of each `{python}` span outside fenced blocks."""
    blocks = [match.span() for match in _FENCED_BLOCK.finditer(text)]
    for match in _CODE_SPAN.finditer(text):
        inside_block = any(start <= match.start() < end for start, end in blocks)
        # A span does not reach over a blank line.
        if inside_block or len(match[1]) != 1 or re.search(r"\n\s*\n", match[2]):
            continue
        if found := _INLINE_PYTHON.match(match[2]):
            yield match.start(), match.end(), found["expression"]


def _execute_prose(
    prose: Prose, notebook: Notebook, path: str, report: Callable[[Place], object]
) -> Iterator[_Piece]:
    position = 0
    for start, end, expression in _inline_spans(prose.text):
        line = prose.line + prose.text.count("\n", 0, start)
        yield _Piece(prose.text[position:start], _line_at(prose, position), True)
        name = f"`{{python}} {expression}`"
        report(Place(line, name))
        try:
            data = notebook.evaluate(" ".join(expression.split()))
        except Exception as error:
            raise SourceError(f"{name} raised {last_line(error)}", path, line) from None
        yield _Piece(inline_markdown(data), line, False)
        position = end
    yield _Piece(prose.text[position:], _line_at(prose, position), True)


def _line_at(prose: Prose, position: int) -> int:
    return prose.line + prose.text.count("\n", 0, position)


def _run_cell(
    cell: Cell, options: Mapping[str, Any], notebook: Notebook, path: str
) -> list[Output]:
    if options.get("eval", True) is False or not cell.code.strip():
        return []
    outputs, error = notebook.run(cell.code)
    if error is None:
        return outputs
    if options.get("error", False):
        return [*outputs, Output("error", {"text/plain": last_line(error)})]
    line = cell.code_line + notebook.failing_line(error) - 1
    raise SourceError(f"{_cell_name(cell)} raised {last_line(error)}", path, line)


def _cell_name(cell: Cell) -> str:
    return f'the cell "{cell.label}"' if cell.label else "a cell without a label"


def cell_defaults(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cell options that a page sets for all its cells (``execute:``, ``code-fold``)."""
    execute_options = settings.get("execute") or {}
    chosen = {key: execute_options[key] for key in CELL_OPTIONS if key in execute_options}
    for key in ("code-fold", "code-summary"):
        if key in settings:
            chosen[key] = settings[key]
    return chosen
