"""The code of a page that runs: its cells and its inline expressions, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from publish.errors import SourceError
from publish.project import Page
from publish.source import CELL_OPTIONS, FENCED_BLOCK, Cell, Prose, Source

DEFAULT_TIMEOUT = 120.0

# A span of two ticks or more, which may show inline code; or inline code, which may lack its end.
# Neither reaches over a blank line, and a single tick elsewhere begins nothing that matters here.
_CODE_SPAN = re.compile(
    r"(?<![\\`])(?:(?P<ticks>``+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=ticks)(?!`)"
    r"|`\{python\}(?!\s*\n\s*\n)\s+(?=[^\s`])"
    r"(?:(?P<expression>(?:(?!\n\s*\n).)+?)\s*(?<!`)`(?!`))?)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """Code of a page that runs: a cell, or an inline expression.

    ``line`` is where it begins and ``name`` how messages call it; a ``tolerant`` cell may raise.
    """

    code: str
    line: int
    name: str
    is_inline: bool = False
    tolerant: bool = False


@dataclass(frozen=True)
class Job:
    """What a worker needs to execute one page.

    Attributes
    ----------
    source, root
        The page, and the project it belongs to.
    defaults
        The cell options that hold for all its cells.
    timeout
        Seconds that all of its code may take together.
    skip
        Paths in the project that are no inputs: what publish itself writes.
    """

    source: Source
    root: Path
    defaults: Mapping[str, Any] = field(default_factory=dict)
    timeout: float = DEFAULT_TIMEOUT
    skip: tuple[Path, ...] = ()

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The code of the page in the order in which it runs."""
        return tuple(_steps(self.source, self.defaults))


def _steps(source: Source, defaults: Mapping[str, Any]) -> Iterator[Step]:
    for part in source.parts:
        if isinstance(part, Cell):
            options = {**defaults, **part.options}
            if runs(part, options):
                tolerant = bool(options.get("error", False))
                yield Step(part.code, part.code_line, _cell_name(part), tolerant=tolerant)
            continue
        for start, _, expression in inline_spans(part.text):
            line = line_at(part, start)
            if not expression:
                raise SourceError(
                    "this inline code is never closed with a back-tick", source.path, line
                )
            yield Step(expression, line, f"`{{python}} {expression}`", is_inline=True)


def inline_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and expression of each `{python}` span; none where it is never closed."""
    outside = FENCED_BLOCK.sub(lambda block: "\n" * len(block[0]), text)
    for match in _CODE_SPAN.finditer(outside):
        if not match["ticks"]:
            yield match.start(), match.end(), (match["expression"] or "").replace("\n", " ")


def line_at(prose: Prose, position: int) -> int:
    """Return the line of the source at a place in a stretch of prose."""
    return prose.line + prose.text.count("\n", 0, position)


def runs(cell: Cell, options: Mapping[str, Any]) -> bool:
    """Say whether a cell is run: it has code, and no ``eval: false``."""
    return options.get("eval", True) is not False and bool(cell.code.strip())


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


def time_limit(settings: Mapping[str, Any]) -> float:
    """Return the seconds that a page's code may take (``execute: timeout:``)."""
    return float((settings.get("execute") or {}).get("timeout", DEFAULT_TIMEOUT))


def jobs_of(pages: Iterable[Page], root: Path, skip: tuple[Path, ...]) -> list[Job]:
    """Return what a worker needs of each page."""
    return [
        Job(page.source, root, cell_defaults(page.settings), time_limit(page.settings), skip)
        for page in pages
    ]
