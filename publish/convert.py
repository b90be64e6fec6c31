"""Executed Markdown in, the HTML of a page's body out, by way of pandoc."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from publish.blocks import (
    add_reference_list,
    build_callouts,
    cites_literature,
    lower_headings,
    name_columns,
    name_listings,
    resolve_links,
    wrap_tables,
)
from publish.crossref import Mistake, outline, resolve
from publish.errors import SourceError
from publish.execute import Executed
from publish.pandoc import inlines, run_pandoc
from publish.places import located, lost_text, unlabelled
from publish.quartoblocks import conditional, shown_plainly
from publish.search import Section, sections
from publish.tree import Node, walk

_WARNING = re.compile(r"^\[WARNING\] (.*?)(?=^\[WARNING\]|\Z)", re.MULTILINE | re.DOTALL)
_MISSING_CITATION = re.compile(r"[Cc]itation (\S+) not found")
_DUPLICATE = re.compile(r"Duplicate identifier '([^']+)'")
_AT_LINE = re.compile(r"\s*\bat (?:\S+ )?line (\d+) column \d+")
_WORDS_PER_MINUTE = 220


@dataclass(frozen=True)
class Heading:
    """One line of the table of contents."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Body:
    """A page's body as HTML, with what the page around it needs to know.

    ``files`` are the local files that the body links to, relative to the project root;
    ``minutes`` is the time to read it, at least 1; ``sections`` are its words, for the search;
    ``plain`` is what Quarto lays out otherwise, each with what becomes of it here.
    """

    html: str
    headings: tuple[Heading, ...] = ()
    files: tuple[str, ...] = ()
    minutes: int = 1
    sections: tuple[Section, ...] = ()
    plain: tuple[tuple[str, str], ...] = ()


def convert(
    executed: Executed, settings: Mapping[str, Any], root: Path, pages: Collection[str]
) -> Body:
    """Turn a page's executed Markdown into HTML.

    Parameters
    ----------
    executed
        The page after its cells have run.
    settings
        The page's merged settings: toc-depth, bibliography, csl, number-sections, lang.
    root
        The project's root; paths in ``settings`` are relative to it.
    pages
        The sources of all pages, so that links between them can be checked.

    Raises
    ------
    SourceError
        For an unresolved reference or citation, a label given twice, a link to a page or file
        that is not there, content that depends on the format, a formula that cannot be set, or
        anything else pandoc warns of.
    """
    arguments = ["--from=markdown-pandoc_title_block", "--to=json"]
    text, warnings = run_pandoc(arguments, executed.markdown, root, executed.path)
    _raise_first(warnings, executed)
    document = json.loads(text)
    if document["meta"]:
        raise lost_text(document["meta"], executed)
    folder = posixpath.dirname(executed.path)
    own_files = {posixpath.normpath(posixpath.join(folder, name)) for name in executed.files}

    blocks = name_columns(document["blocks"])
    if mistake := conditional(blocks):
        raise located(mistake, executed)
    plain = shown_plainly(blocks)
    blocks = build_callouts(blocks, partial(inlines, root))
    blocks = lower_headings(wrap_tables(name_listings(blocks)))
    numbered = resolve(blocks, bool(settings.get("number-sections", False)))
    links = resolve_links(numbered.blocks, executed.path, pages, own_files)
    for mistake in (*numbered.mistakes, *links.mistakes):
        raise unlabelled(mistake, executed, root) or located(mistake, executed)
    for name in links.files:
        if not (root / name).exists():
            shown = posixpath.relpath(name, folder or ".")
            raise located(Mistake(f"there is no file {shown} to link to", shown), executed)

    blocks = links.blocks
    bibliography = settings.get("bibliography") or []
    if cites := cites_literature(blocks):
        if not bibliography:
            key = next(_cited_keys(blocks))
            raise located(
                Mistake(f"@{key} is cited but no bibliography is set", f"@{key}"), executed
            )
        blocks = add_reference_list(blocks)
    listed = outline(blocks, int(settings.get("toc-depth", 3)))
    document = {
        **document,
        "blocks": blocks,
        "meta": _citation_settings(settings, bibliography) if cites else {},
    }
    arguments = [
        "--from=json",
        "--to=html5",
        "--mathml",
        "--section-divs",
        "--wrap=none",
        "--email-obfuscation=none",
        *(["--citeproc"] if cites else []),
    ]
    body, warnings = run_pandoc(arguments, json.dumps(document), root, executed.path)
    _raise_first(warnings, executed)
    body = _tidy(body)
    found = sections(body)
    # As a reader sees them: in the tree a formula is its source.
    titles = {section.anchor: section.title for section in found}
    headings = tuple(
        Heading(level, anchor, titles.get(anchor, text)) for level, anchor, text in listed
    )
    words = sum(len(f"{section.title} {section.text}".split()) for section in found)
    minutes = max(1, round(words / _WORDS_PER_MINUTE))
    return Body(body, headings, links.files, minutes, found, plain)


def _citation_settings(settings: Mapping[str, Any], bibliography: list[str]) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "bibliography": {"t": "MetaList", "c": [_meta_string(path) for path in bibliography]},
        "link-citations": {"t": "MetaBool", "c": bool(settings.get("link-citations", True))},
        "lang": _meta_string(str(settings.get("lang", "en"))),
    }
    if settings.get("csl"):
        meta["csl"] = _meta_string(str(settings["csl"]))
    return meta


def _meta_string(text: str) -> Node:
    return {"t": "MetaString", "c": text}


def _cited_keys(blocks: list[Node]) -> Any:
    for node in walk(blocks):
        if node["t"] == "Cite":
            yield from (item["citationId"] for item in node["c"][0])


def _tidy(body: str) -> str:
    """Make pandoc's HTML fit our pages."""
    # Without a name a screen reader announces the section of footnotes as nothing at all.
    body = body.replace('role="doc-endnotes">', 'role="doc-endnotes" aria-label="Footnotes">')
    # Long lines of code and formulas scroll inside themselves: by keyboard only with the focus.
    body = re.sub(r"<pre(?=[ >])(?! tabindex)", '<pre tabindex="0"', body)
    body = body.replace('<math display="block"', '<math display="block" tabindex="0"')
    # Where lines of code have numbers pandoc means their anchors to be read out; ours are unseen.
    body = re.sub(
        r'(<span id="([^"]+)"><a href="#\2")></a>',
        r'\1 aria-hidden="true" tabindex="-1"></a>',
        body,
    )
    # An alternative text that pandoc repeats as caption must not hide the caption.
    return body.replace('<figcaption aria-hidden="true">', "<figcaption>").strip()


def _raise_first(warnings: str, executed: Executed) -> None:
    """Raise the first of pandoc's warnings as an error with its place in the source."""
    for match in _WARNING.finditer(warnings):
        message = " ".join(match[1].split())
        if found := _MISSING_CITATION.search(message):
            key = found[1]
            raise located(
                Mistake(f"@{key} is in no bibliography of this page", f"@{key}"), executed
            )
        if found := _DUPLICATE.search(message):
            again = Mistake(f'the label "{found[1]}" is given twice', found[1], last=True)
            raise located(again, executed)
        if "Could not convert TeX math" in message:
            formula = message.split("TeX math", 1)[1].split(", rendering as TeX")[0].strip()
            raise located(
                Mistake(f"this formula cannot be set: {formula}", _first_words(formula)), executed
            )
        places = _AT_LINE.findall(message)
        line = executed.source_line(int(places[0])) if places else None
        raise SourceError(_AT_LINE.sub("", message).rstrip("."), executed.path, line)


def _first_words(text: str) -> str:
    return text.split("\n", 1)[0][:20]
