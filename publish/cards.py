"""The card that a link to a page shows elsewhere: a picture with its title and first figure."""

from __future__ import annotations

import base64
import importlib.util
import mimetypes
import textwrap
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from publish.errors import SourceError
from publish.pictures import Picture
from publish.templates import fill

if TYPE_CHECKING:
    from jinja2 import Environment

WIDTH, HEIGHT = 1200, 630
# What fits beside a figure: letters in a line of the title and of the description, lines of each.
_TITLE, _TITLE_LINES = 17, 5
_TEXT, _TEXT_LINES = 35, 4
_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf")


@cache
def font_files() -> list[str]:
    """Return the fonts of the cards: matplotlib's, so that every machine draws the same ones."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or not found.submodule_search_locations:
        raise SourceError("matplotlib, which brings the fonts of the cards, is not installed")
    folder = Path(found.submodule_search_locations[0], "mpl-data", "fonts", "ttf")
    return [str(folder / name) for name in _FONTS]


def render_card(
    env: Environment,
    site_title: str,
    title: str,
    description: str,
    picture: Picture | None = None,
    image: bytes = b"",
) -> str:
    """Return a card as a PNG file in base64, drawn after the template ``card.svg.j2``.

    Parameters
    ----------
    env
        The project's templates.
    site_title, title, description
        Words on the card; cut where they are too long for it.
    picture
        The page's picture, if it has one; it stands beside the words.
    image
        The file of the picture, where it is an image and no drawing.
    """
    import resvg_py

    data = ""
    if picture and picture.url:
        kind = mimetypes.guess_type(picture.url)[0] or "image/png"
        data = f"data:{kind};base64,{base64.b64encode(image).decode()}"
    values = {
        "width": WIDTH,
        "height": HEIGHT,
        "site_title": "" if site_title == title else site_title,
        "title": _lines(title, _TITLE if picture else 2 * _TITLE, _TITLE_LINES),
        "description": _lines(description, _TEXT if picture else 2 * _TEXT, _TEXT_LINES),
        "drawing": Markup(picture.drawing) if picture else "",
        "view_box": picture.view_box if picture else "",
        "image": data,
    }
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=fill(env, "card.svg.j2", values),
            font_files=font_files(),
            skip_system_fonts=True,
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
            serif_family="DejaVu Serif",
            monospace_family="DejaVu Sans",
        )
    except ValueError as error:
        raise SourceError(f"the card of “{title}” cannot be drawn: {error}") from None
    return base64.b64encode(bytes(png)).decode()


def _lines(text: str, width: int, most: int) -> list[str]:
    return textwrap.wrap(text, width, max_lines=most, placeholder=" …", break_on_hyphens=False)
