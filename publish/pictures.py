"""The picture that stands for a page: the one its front matter names, or its first figure."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from publish.errors import SourceError
from publish.links import is_address
from publish.project import Page

_FIGURE = re.compile(r"<svg\b(?P<drawing>[^>]*>.*?)</svg>|<img\b(?P<image>[^>]*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*"([^"]*)\"""")
_WORDS = re.compile(r"<(text|title|desc)\b.*?</\1>\s*", re.DOTALL)
# Plotting libraries clip the data to a rectangle between the axes.
_PLOT_AREA = re.compile(
    r'<clipPath[^>]*>\s*<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"'
)
_MARGIN = 8.0

# A drawing in an <img> cannot see the page's colours; it follows the page's mode by itself.
_INK = ":root{color:#1c1e23}@media (prefers-color-scheme:dark){:root{color:#e6e4de}}"


@dataclass(frozen=True)
class Picture:
    """A picture of a page.

    Attributes
    ----------
    url
        The file of an image, relative to the site's root; empty for a drawing.
    drawing
        What is inside the ``<svg>`` of a drawing; empty for an image.
    size, corner
        Of a drawing: width and height, and where it begins at its left and its top.
    """

    url: str = ""
    drawing: str = ""
    size: tuple[float, float] = (360.0, 240.0)
    corner: tuple[float, float] = (0.0, 0.0)

    @property
    def view_box(self) -> str:
        """The ``viewBox`` of a drawing."""
        return " ".join(f"{number:g}" for number in (*self.corner, *self.size))


def picture_of(page: Page, html: str, root: Path) -> Picture | None:
    """Return the picture of a page, or None where it has none.

    Raises
    ------
    SourceError
        Where the front matter names an image that is no file of the project.
    """
    if named := page.settings.get("image"):
        return _named(page, str(named), root)
    for found in _FIGURE.finditer(html):
        if found["image"]:
            address = unescape(dict(_ATTRIBUTE.findall(found["image"])).get("src", ""))
            if not address or not is_address(address) or urlsplit(address).scheme:
                continue
            url = posixpath.join(posixpath.dirname(page.url), unquote(address))
            return Picture(posixpath.normpath(url))
        if picture := _drawing(found["drawing"]):
            return picture
    return None


def _named(page: Page, name: str, root: Path) -> Picture:
    line = page.source.front_matter.lines.get("image")
    folder = "" if name.startswith("/") else posixpath.dirname(page.path)
    path = posixpath.normpath(posixpath.join(folder, name.lstrip("/")))
    local = is_address(name) and not urlsplit(name).scheme
    inside = local and (root / path).resolve().is_relative_to(root)
    if not inside or not (root / path).is_file():
        raise SourceError(f"image: there is no file {name} in the project", page.path, line)
    return Picture(path)


def _drawing(text: str) -> Picture | None:
    """Return a drawing, unless it is an icon or cannot stand in a file of its own."""
    opening, _, inside = text.partition(">")
    given = dict(_ATTRIBUTE.findall(opening))
    box = given.get("viewBox", "").replace(",", " ").split()
    if "aria-hidden" in given or len(box) != 4:
        return None
    try:
        left, top, width, height = map(float, box)
        picture = Picture("", inside.strip(), (width, height), (left, top))
        ET.fromstring(drawing_file(picture))
    except (ValueError, ET.ParseError):
        return None
    return picture if width > 0 and height > 0 else None


def drawing_file(picture: Picture, style: str = "") -> str:
    """Return a drawing as an SVG file."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{picture.view_box}" stroke-linejoin="round" stroke-linecap="butt">'
        f"{f'<style>{style}</style>' if style else ''}{picture.drawing}</svg>\n"
    )


def thumbnail(picture: Picture) -> str:
    """Return a drawing small enough for a list: without its words, which nobody could read."""
    bare = _WORDS.sub("", picture.drawing)
    if areas := [tuple(map(float, found)) for found in _PLOT_AREA.findall(bare)]:
        # The words have left wide margins behind.
        left, top = (min(area[side] for area in areas) - _MARGIN for side in (0, 1))
        right, bottom = (max(a[side] + a[side + 2] for a in areas) + _MARGIN for side in (0, 1))
        return drawing_file(Picture("", bare, (right - left, bottom - top), (left, top)), _INK)
    return drawing_file(Picture("", bare, picture.size, picture.corner), _INK)
