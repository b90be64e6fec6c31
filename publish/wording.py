"""What a page says of itself in its front matter: as HTML, and as the words alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup

from publish.pages import words_of
from publish.pandoc import MARKED
from publish.project import Page

_KEYS = ("title", "subtitle", "description")
# Of these texts none is HTML or cites, and quotes stay as in those without mark-up.
_EXTENSIONS = "-raw_html-native_spans-citations-smart"
# What stands in a heading, or in a link to the page, holds no link of its own.
_LINK = re.compile(r"</?a\b[^>]*>")
_BLOCK = re.compile(r"<(?:p|ol|ul|dl|h\d|blockquote|pre|div|table|hr)\b")


def in_words(page: Page, root: Path, to_html: Callable[[str, Path, str], str]) -> Page:
    """Return a page whose title, subtitle and description are words, with their HTML beside.

    Parameters
    ----------
    page
        A page as its source gives it: these texts may hold Markdown.
    root
        The project's root.
    to_html
        ``inline_html``, or the same with a memory.
    """
    html = {}
    for key in _KEYS:
        text = str(page.settings.get(key) or "").strip()
        if MARKED.search(text):
            shown = _LINK.sub("", to_html(text, root, _EXTENSIONS))
            # More than a line of text, such as a title that begins with "1.", is meant as it is.
            if not _BLOCK.search(shown):
                html[key] = Markup(shown)
    words = {key: words_of(shown) for key, shown in html.items()}
    settings = {**page.settings, **words}
    return replace(page, settings=settings, title=words.get("title", page.title), html=html)
