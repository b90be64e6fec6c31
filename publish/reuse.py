"""Work that is done again only where what goes into it has changed: pages, and looks at them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from publish.cache import Cache, get, key_of, put
from publish.convert import Body, Heading, convert
from publish.execute import Executed
from publish.facts import Facts, inspect
from publish.pandoc import inline_html
from publish.search import Section
from publish.templates import OWN_SITE, environment, site_folder
from publish.versions import code_digest, versions


def converter(
    settings: Mapping[str, Mapping[str, Any]], root: Path, cache: Cache
) -> Callable[[Executed], Body]:
    """Return ``convert`` with a memory, for the pages whose settings are given by their paths."""
    on = [code_digest("convert"), versions()]

    def to_body(page: Executed) -> Body:
        key = _conversion_key(page, settings[page.path], root, on)
        body = _body(get(cache, key))
        # Links are checked at every build: what they lead to may be gone.
        if body is None or not all((root / name).exists() for name in body.files):
            body = convert(page, settings[page.path], root, settings.keys())
            put(cache, key, _entry(body))
        return body

    return to_body


def _conversion_key(
    executed: Executed, settings: Mapping[str, Any], root: Path, on: Collection[Any]
) -> str:
    literature = [*(settings.get("bibliography") or []), settings.get("csl")]
    digests = [hashlib.sha256((root / n).read_bytes()).hexdigest() for n in literature if n]
    names = sorted(executed.files)
    own = [executed.path, names, {**settings, "listing": None}]
    return f"page-{key_of(list(on), own, executed.markdown, digests)}"


def _entry(body: Body) -> dict[str, Any]:
    headings = [[item.level, item.anchor, item.text] for item in body.headings]
    return {
        "html": body.html,
        "headings": headings,
        "files": list(body.files),
        "minutes": body.minutes,
        "sections": [[item.anchor, item.title, item.text] for item in body.sections],
        "plain": body.plain,
    }


def _body(entry: Any) -> Body | None:
    if entry is None:
        return None
    headings = tuple(Heading(*item) for item in entry["headings"])
    sections = tuple(Section(*item) for item in entry["sections"])
    plain = tuple((name, instead) for name, instead in entry["plain"])
    return Body(entry["html"], headings, tuple(entry["files"]), entry["minutes"], sections, plain)


def one_line(cache: Cache) -> Callable[..., str]:
    """Return ``inline_html`` with a memory."""

    def to_html(markdown: str, root: Path, extensions: str = "") -> str:
        key = f"line-{key_of(code_digest('convert'), versions(), markdown, extensions)}"
        html: str | None = get(cache, key)
        if html is None:
            html = inline_html(markdown, root, extensions)
            put(cache, key, html)
        return html

    return to_html


def renderer(cache: Cache, root: Path) -> Callable[..., str]:
    """Return a function that calls another with the project's templates, or recalls.

    Whatever that is given shows in its ``repr``: all of it is plain data.
    """
    env: list[Any] = []
    templates = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for folder in (OWN_SITE / "templates", site_folder(root, "templates"))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

    def render(make: Callable[..., str], *given: Any, **named: Any) -> str:
        module = make.__module__.rpartition(".")[2]
        on = [code_digest(module), versions(), templates, make.__name__]
        key = f"html-{key_of(on, repr((given, named)))}"
        html: str | None = get(cache, key)
        if html is None:
            env[:] = env or [environment(root)]
            html = make(env[0], *given, **named)
            put(cache, key, html)
        return html

    return render


def inspector(cache: Cache) -> Callable[[str], Facts]:
    """Return ``inspect`` with a memory."""

    def look(html: str) -> Facts:
        key = f"look-{key_of(code_digest('facts'), versions(), html)}"
        entry = get(cache, key)
        if entry is None:
            facts = inspect(html)
            put(cache, key, [sorted(facts.ids), facts.links, facts.problems, facts.loads])
            return facts
        ids, links, problems, loads = entry
        pairs = tuple((message, needle) for message, needle in problems)
        return Facts(frozenset(ids), tuple(links), pairs, tuple(loads))

    return look
