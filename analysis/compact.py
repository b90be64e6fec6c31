"""The same drawing in fewer letters: a page carries some thirty of them, and should stay light."""

from __future__ import annotations

import re

# A path that is neither filled nor drawn, a turn by nothing, a group of nothing.
_UNSEEN = re.compile(r'<path d="[^"]*" style="fill: none"/>\s*|<g/>\s*')
_UNTURNED = re.compile(r' transform="rotate\(-?0 [^"]*\)"')
_GROUP = re.compile(r"<(/?)g(?: [^>]*)?>\s*")
_TAG = re.compile(r"<[^>]+>")
_DECIMALS = re.compile(r"(\d+\.\d{2})\d+")
_PATH = re.compile(r' d="([^"]+)"')
_SEGMENT = re.compile(r"([MLCQz])([^MLCQz]*)")
_MARK = re.compile(r'(<use href="#([^"]+)"[^>]*?) style="([^"]*)"/>')
_MARK_PATH = re.compile(r'(<path id="([^"]+)" d="[^"]*")(?: style="[^"]*")?/>')
_STYLE = re.compile(r' style="[^"]*"')


def compact(body: str) -> str:
    """Shorten what matplotlib writes into an SVG; what is seen stays within a tenth of a pixel."""
    body = _UNTURNED.sub("", _UNSEEN.sub("", body)).replace("xlink:href", "href")
    # Hundredths of a pixel are enough, within tags only: the labels' numbers stay whole.
    body = _TAG.sub(lambda tag: _DECIMALS.sub(r"\1", tag[0]), body)
    body = _PATH.sub(lambda path: f' d="{relative(path[1])}"', body)
    body = _without_bare_groups(_style_marks_once(body))
    # A filled path is filled with the ink, and a dash begins at its beginning, unless told.
    body = body.replace("; fill: currentColor", "").replace("stroke-dashoffset: 0; ", "")
    body = _STYLE.sub(lambda style: style[0].replace(": ", ":").replace("; ", ";"), body)
    return re.sub(r"\n\s*", "\n", body).strip()


def relative(path: str) -> str:
    """Write a path's points as steps from one to the next, in tenths of a pixel.

    Only what matplotlib writes is understood: absolute moves, lines, curves, and closings. The
    points are rounded, not the steps, so that no error adds up.
    """
    written = ""
    at = start = (0, 0)
    last = ""
    for letter, values in _SEGMENT.findall(path):
        numbers = [round(10 * float(value)) for value in values.split()]
        if letter == "z":
            written, at, last = f"{written}z", start, "z"
            continue
        if letter == "M":
            steps, kind = numbers, "M"
        else:
            steps, kind = [n - at[i % 2] for i, n in enumerate(numbers)], letter.lower()
        at = (numbers[-2], numbers[-1])
        start = at if letter == "M" else start
        told = "".join(f" {_tenths(n)}" if n >= 0 else _tenths(n) for n in steps)
        # A letter holds until the next one; only a move, said once, goes on as a line.
        written += told if kind == last != "M" else f"{kind}{told.lstrip()}"
        last = kind
    return written


def _tenths(number: int) -> str:
    whole, tenth = divmod(abs(number), 10)
    digits = (str(whole) if whole or not tenth else "") + (f".{tenth}" if tenth else "")
    return f"-{digits}" if number < 0 else digits


def _style_marks_once(body: str) -> str:
    """Move the style of a mark's many places to the mark, where all of them have the same."""
    styles: dict[str, set[str]] = {}
    for mark in _MARK.finditer(body):
        styles.setdefault(mark[2], set()).add(mark[3])
    common = {name: next(iter(given)) for name, given in styles.items() if len(given) == 1}

    def styled(path: re.Match[str]) -> str:
        return f'{path[1]} style="{common[path[2]]}"/>' if path[2] in common else path[0]

    def bare(mark: re.Match[str]) -> str:
        return f"{mark[1]}/>" if mark[2] in common else mark[0]

    return _MARK.sub(bare, _MARK_PATH.sub(styled, body))


def _without_bare_groups(body: str) -> str:
    """Drop groups that have no attribute: they hold their parts together for nobody."""
    kept: list[bool] = []

    def decide(tag: re.Match[str]) -> str:
        if tag[1]:
            return tag[0] if kept.pop() else ""
        kept.append(tag[0].strip() != "<g>")
        return tag[0] if kept[-1] else ""

    return _GROUP.sub(decide, body)
