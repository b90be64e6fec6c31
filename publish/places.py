"""Where in a page's source a mistake stands that shows only after its Markdown was read."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from pathlib import Path

from publish.crossref import Mistake
from publish.errors import SourceError
from publish.execute import Executed


def located(mistake: Mistake, executed: Executed) -> SourceError:
    """Return the error for a mistake, at the line of the source that shows it."""
    word = re.escape(mistake.needle)
    if mistake.needle[-1:].isalnum():
        word += r"(?![\w-])"
    # The same word may stand in prose: what is a link, a label or a class for sure comes first.
    marked = (rf"\]\({word}", rf"\{{#{word}", rf"(?<=[{{ ])\.{word}")
    for pattern in (*marked, word, re.escape(html.escape(mistake.needle))):
        if found := list(re.finditer(pattern, executed.markdown, re.IGNORECASE)):
            start = found[-1 if mistake.last else 0].start()
            return _error_at(mistake.message, executed, start)
    return SourceError(mistake.message, executed.path)


def _error_at(message: str, executed: Executed, start: int) -> SourceError:
    line = executed.source_line(executed.markdown.count("\n", 0, start) + 1)
    return SourceError(message, executed.path, line)


def lost_text(keys: Iterable[str], executed: Executed) -> SourceError:
    """Return the error for text that pandoc has read as settings, which show nowhere."""
    names = "|".join(map(re.escape, keys))
    pattern = rf"""^---[ \t]*\n(?=\S)(?=(?:(?!---).*\n)*?["']?(?:{names})["']?\s*:)"""
    found = re.search(pattern, executed.markdown, re.MULTILINE)
    message = (
        "the text after this --- reads as settings and would not be shown; "
        "put an empty line between them"
    )
    return _error_at(message, executed, found.start() if found else 0)


def unlabelled(mistake: Mistake, executed: Executed, root: Path) -> SourceError | None:
    """Return the error for a reference to a cell that has the label and shows nothing."""
    source = root / executed.path
    if not mistake.label or not source.is_file():
        return None
    text = source.read_text(encoding="utf-8")
    pattern = rf"""^#\|\s*label:\s*["']?{re.escape(mistake.label)}["']?\s*$"""
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        return None
    message = f"@{mistake.label} leads nowhere: this cell shows nothing that could have its label"
    return SourceError(message, executed.path, text.count("\n", 0, found.start()) + 1)
