"""The one exception that a user of the site meets: what is wrong, in which file, at which line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SourceError(Exception):
    """A mistake in the user's sources, told in one sentence.

    Parameters
    ----------
    message
        What is wrong and, where that helps, what would be right.
    path
        The file, relative to the project root; empty where no single file is at fault.
    line
        The line in that file, counted from 1, or None where no single line is at fault.
    """

    def __init__(self, message: str, path: str = "", line: int | None = None) -> None:
        # All three go to Exception so that the error survives the trip between processes.
        super().__init__(message, path, line)
        self.message = message
        self.path = path
        self.line = line

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}" if place else self.message


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """Return `` (did you mean "x"?)`` for the nearest allowed word, or an empty string."""
    near = get_close_matches(word, list(allowed), n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""
