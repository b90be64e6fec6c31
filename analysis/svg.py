"""A matplotlib figure as inline SVG: the same bytes each time, on a light or a dark page."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from html import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import style, ticks
from analysis.compact import compact

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
# matplotlib's own style sheet selects "*": inside a page it would style the whole page.
_STYLE = re.compile(r"<style[^>]*>.*?</style>\s*", re.DOTALL)
_ID = re.compile(r'\s+id="([^"]*)"')
_REFERENCE = re.compile(r'(url\(#|href="#)([^")]+)')
_FONT = re.compile(r"font:\s*(?:(bold|\d{3})\s+)?([\d.]+)px\s+[^;\"]*")
_FAMILY = re.compile(r";?\s*font-family:[^;\"]*")


def panel(
    draw: Callable[[Axes], None],
    *,
    name: str,
    alt: str,
    size: tuple[float, float] = (360, 250),
    margins: tuple[float, float, float, float] = (52, 58, 40, 34),
) -> str:
    """Draw one pair of axes and return it as an ``<svg>`` element.

    Parameters
    ----------
    draw : receives the axes
    name : enters the digest that begins every id
    alt : the alternative text
    size : width and height, in CSS pixels at natural size
    margins : left, right, bottom, top around the axes, in pixels
    """
    width, height = size
    left, right, bottom, top = margins
    with matplotlib.rc_context(style.RC):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        box = (left / width, bottom / height, 1 - (left + right) / width)
        axes = figure.add_axes((*box, 1 - (bottom + top) / height))
        draw(axes)
        ticks.write(axes)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return inline(out.getvalue(), name=name, alt=alt, size=size)


def inline(source: str, *, name: str, alt: str, size: tuple[float, float]) -> str:
    """Turn matplotlib's SVG file into an element for the body of a page.

    Drops the prologue, metadata, unused ids and the fixed size; renames the ids that are used, so
    that figures on one page never clash; sets the system's fonts and the page's text colour.
    """
    body = source[source.index("<svg") :]
    body = _STYLE.sub("", _METADATA.sub("", _COMMENT.sub("", body)))
    body = body[body.index(">") + 1 : body.rindex("</svg>")]
    body = body.replace(style.INK, "currentColor")
    body = _FONT.sub(lambda m: f"font-size: {m[2]}px" + ("; font-weight: 600" * bool(m[1])), body)
    body = _FAMILY.sub("", body)
    # Most ids are never referred to, and the others are written often: the shorter the better.
    digest = hashlib.sha256((name + alt + body).encode()).hexdigest()[:7]
    short = {used: f"d{digest}-{n}" for n, used in enumerate(_used(body))}

    def keep_used(match: re.Match[str]) -> str:
        return f' id="{short[match[1]]}"' if match[1] in short else ""

    body = _REFERENCE.sub(lambda m: f"{m[1]}{short[m[2]]}", _ID.sub(keep_used, body))
    body = compact(body)
    label = escape(alt, quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {size[0]:g} {size[1]:g}" '
        f'xmlns="http://www.w3.org/2000/svg" fill="currentColor" stroke-linejoin="round" '
        f'stroke-linecap="butt" font-family="{FONTS}" '
        f'style="display: block; width: 100%; height: auto">\n'
        f"{body}\n</svg>"
    )


def _used(body: str) -> list[str]:
    """Return the ids that something refers to, in the order of their first use."""
    return list(dict.fromkeys(match[1] for match in _REFERENCE.findall(body)))
