"""Run a page's cells and inline code in this process, as a notebook would, and give its Markdown.

Each page has one namespace, the project root as working directory, and IPython's display rules.
``workers`` runs each page in a process of its own. Running (``run``) and writing (``assemble``) are
apart: what has run before is written anew when the prose around it has changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from publish.errors import SourceError
from publish.notebook import Notebook, in_a_line, open_notebook
from publish.outputs import (
    MOST_OUTPUT,
    Output,
    TooMuchOutput,
    inline_markdown,
    reduce_output,
    render_cell,
)
from publish.reads import Reads, note_code, recording
from publish.source import Prose
from publish.steps import Job, Step, inline_spans, line_at, runs

# Where pandoc looks for the mark of a list's item, and what it takes for one.
_LINE_BEGINS = re.compile(r"[\s>*+(-]*(?:\w+[.)]\s+)*")
_ITEM_MARK = re.compile(r"\w+[.)](?!\S)")
TOO_MUCH = f"puts out more than {MOST_OUTPUT // 1_000_000} MB, too much for a page"


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


Outputs = tuple[tuple[Output, ...], ...]


@dataclass(frozen=True)
class Ran:
    """What the steps of a page put out, a tuple for each, and what they read meanwhile."""

    outputs: Outputs
    reads: Reads


def run(job: Job, report: Callable[[Step], object] = lambda step: None) -> Ran:
    """Run the code of one page in this process.

    Parameters
    ----------
    job
        The page.
    report
        Is told of each cell and inline expression before it runs.

    Raises
    ------
    SourceError
        Where code raises or puts out too much: path, line, label, last line of the error.
    """
    if not job.steps:
        return Ran((), Reads())
    outputs = []
    with open_notebook(job.root) as notebook, recording(job.root, job.skip) as reads:
        for step in job.steps:
            report(step)
            outputs.append(tuple(_run_step(step, notebook, job.source.path)))
            note_code(step.code, reads)
    return Ran(tuple(outputs), reads)


def _run_step(step: Step, notebook: Notebook, path: str) -> list[Output]:
    if step.is_inline:
        try:
            data = notebook.evaluate(step.code)
        except Exception as error:
            raise SourceError(f"{step.name} raised {in_a_line(error)}", path, step.line) from None
        outputs = [Output("display", data)]
    else:
        outputs, raised = notebook.run(step.code)
        if isinstance(raised, TooMuchOutput):
            raise SourceError(f"{step.name} {TOO_MUCH}", path, step.line)
        if raised is not None and not step.tolerant:
            line = step.line + notebook.failing_line(raised) - 1
            raise SourceError(f"{step.name} raised {in_a_line(raised)}", path, line)
        if raised is not None:
            outputs = [*outputs, Output("error", {"text/plain": in_a_line(raised)})]
    try:
        kept = [reduce_output(output, step.is_inline) for output in outputs]
    except ValueError as error:
        raise SourceError(f"{step.name} {error}", path, step.line) from None
    if sum(len(value) for output in kept for value in output.data.values()) > MOST_OUTPUT:
        raise SourceError(f"{step.name} {TOO_MUCH}", path, step.line)
    return kept


def assemble(job: Job, outputs: Outputs) -> Executed:
    """Write a page's Markdown from its source and what its steps put out."""
    pieces: list[_Piece] = []
    files: dict[str, bytes] = {}
    stem = PurePosixPath(job.source.path).stem
    left = iter(outputs)
    number = 0
    for part in job.source.parts:
        if isinstance(part, Prose):
            pieces.extend(_written_prose(part, left))
            continue
        number += 1
        options = {**job.defaults, **part.options}
        shown = next(left) if runs(part, options) else ()
        name = f"{stem}_files/figure-html/{part.label or f'cell-{number}'}"
        rendered = render_cell(part.code, shown, options, name)
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


def _written_prose(prose: Prose, outputs: Iterator[tuple[Output, ...]]) -> Iterator[_Piece]:
    text, position = prose.text, 0
    for start, end, _ in inline_spans(text):
        yield _Piece(text[position:start], line_at(prose, position), True)
        (output,) = next(outputs)
        shown = inline_markdown(output.data)
        before = text[text.rfind("\n", 0, start) + 1 : start]
        # At the beginning of a line "`{python} 3`. Third" would be an item of a list.
        is_item = _LINE_BEGINS.fullmatch(before) and _ITEM_MARK.match(shown + text[end : end + 2])
        # Two hyphens would be a dash.
        if is_item or (before[-1:] == shown[:1] == "-"):
            shown = f"&#{ord(shown[0])};{shown[1:]}"
        yield _Piece(shown, line_at(prose, start), False)
        position = end
    yield _Piece(text[position:], line_at(prose, position), True)
