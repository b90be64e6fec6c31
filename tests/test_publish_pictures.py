"""Each page has a picture: its own, its first figure, or none; and a card that shows it."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from publish.cards import HEIGHT, WIDTH
from publish.errors import SourceError
from publish.pictures import Picture, picture_of, thumbnail
from publish.project import load_project
from tests.publish_tiny import post, project, render, tree

DRAWING = (
    '<svg viewBox="0 0 100 50" role="img" aria-label="a"><clipPath id="c">'
    '<rect x="20" y="10" width="60" height="30"/></clipPath><path d="M0 0L9 9"/>'
    "<text x='1'>words</text></svg>"
)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f0005000201a5f645400000000049454e44ae426082"
)


def found(root: Path, html: str, more: str = "") -> Picture | None:
    page = load_project(project(root, {"one": post("x", more=more)})).pages[1]
    return picture_of(page, html, root)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>none</p>", None),
        ('<svg viewBox="0 0 9 9" aria-hidden="true"><path/></svg>', None),
        ('<svg viewBox="0 0 9 9"><br>&nbsp;</svg>', None),
        ('<svg viewBox="0 0 0 9"></svg>', None),
        ('<svg viewBox="a b c d"></svg>', None),
        ('<img src="https://x.example/a.png">', None),
        ('<img src="data:,x"><img alt="a" src="b%20c.png">', Picture("posts/one/b c.png")),
        ('<svg viewBox="1 2 3 4"> <g/> </svg>', Picture("", "<g/>", (3, 4), (1, 2))),
    ],
)
def test_the_first_figure_stands_for_a_page(
    tmp_path: Path, html: str, expected: Picture | None
) -> None:
    assert found(tmp_path, html) == expected


def test_a_page_may_name_its_image(tmp_path: Path) -> None:
    (tmp_path / "posts/one").mkdir(parents=True)
    (tmp_path / "posts/one/own.png").write_bytes(PIXEL)
    assert found(tmp_path, DRAWING, "image: own.png\n") == Picture("posts/one/own.png")
    assert found(tmp_path, DRAWING, "image: /posts/one/own.png\n") == Picture("posts/one/own.png")


@pytest.mark.parametrize("name", ["gone.png", "../../../etc/passwd", "https://x.example/a.png"])
def test_an_image_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"^posts/one/index.qmd:4: image: there is no file"):
        found(tmp_path, "", f"image: {name}\n")


def test_a_thumbnail_is_the_drawing_without_words_and_margins(tmp_path: Path) -> None:
    picture = found(tmp_path, DRAWING)
    assert picture is not None
    svg = thumbnail(picture)
    assert ET.fromstring(svg).get("viewBox") == "12 2 76 46"
    assert "words" not in svg
    assert "<path" in svg


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_a_site_has_a_card_for_each_page_and_a_thumbnail_for_each_post(tmp_path: Path) -> None:
    drawn = post(f"```{{=html}}\n{DRAWING}\n```\n", 'A \\"title\\" & <more>')
    own = post("Words.", "Own", more="image: own.png\n")
    root = project(tmp_path, {"drawn": drawn, "own": own, "none": post("Words.", "None")})
    (root / "posts/own/own.png").write_bytes(PIXEL)
    render(root)
    files = tree(root / "_site")
    cards = [name for name in files if name.endswith("card.png")]
    assert cards == ["card.png", *(f"posts/{slug}/card.png" for slug in ("drawn", "none", "own"))]
    assert {size(files[name]) for name in cards} == {(WIDTH, HEIGHT)}
    assert files["posts/own/own.png"] == PIXEL
    front = files["index.html"].decode()
    assert 'src="./posts/drawn/thumbnail.svg"' in front
    assert 'src="./posts/own/own.png"' in front
    assert front.count('class="thumbnail"') == 2
    page = files["posts/drawn/index.html"].decode()
    assert '"og:image" content="https://tiny.example/posts/drawn/card.png"' in page
