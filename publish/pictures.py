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
from publish.project import Page

_FIGURE = re.compile(r"<svg\b(?P<drawing>[^>]*>.*?)</svg>|<img\b(?P<image>[^>]*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*"([^"]*)\"""")
_WORDS = re.compile(r"<(text|title|desc)\b.*?</\1>\s*", re.DOTALL)
_SIZE = (360.0, 240.0)

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
    size
        Width and height; of an image, as the page states them.
    """

    url: str = ""
    drawing: str = ""
    size: tuple[float, float] = _SIZE

    @property
    def view_box(self) -> str:
        """The ``viewBox`` of a drawing."""
        return f"0 0 {self.size[0]:g} {self.size[1]:g}"


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
            source = dict(_ATTRIBUTE.findall(found["image"]))
            address = unescape(source.get("src", ""))
            if urlsplit(address).scheme or not address:
                continue
            url = posixpath.normpath(posixpath.join(posixpath.dirname(page.url), unquote(address)))
            return Picture(url, size=_stated(source.get("width"), source.get("height")))
        if picture := _drawing(found["drawing"]):
            return picture
    return None


def _named(page: Page, name: str, root: Path) -> Picture:
    line = page.source.front_matter.lines.get("image")
    folder = "" if name.startswith("/") else posixpath.dirname(page.path)
    path = posixpath.normpath(posixpath.join(folder, name.lstrip("/")))
    inside = not urlsplit(name).scheme and (root / path).resolve().is_relative_to(root)
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
    picture = Picture(drawing=inside.strip(), size=(float(box[2]), float(box[3])))
    try:
        ET.fromstring(drawing_file(picture))
    except ET.ParseError:
        return None
    return picture


def drawing_file(picture: Picture, style: str = "") -> str:
    """Return a drawing as an SVG file."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{picture.view_box}" stroke-linejoin="round" stroke-linecap="butt">'
        f"{f'<style>{style}</style>' if style else ''}{picture.drawing}</svg>\n"
    )


def thumbnail(picture: Picture) -> str:
    """Return a drawing small enough for a list: without its words, which nobody could read."""
    bare = Picture(drawing=_WORDS.sub("", picture.drawing), size=picture.size)
    return drawing_file(bare, _INK)


def _stated(width: str | None, height: str | None) -> tuple[float, float]:
    try:
        return float(width or ""), float(height or "")
    except ValueError:
        return _SIZE
