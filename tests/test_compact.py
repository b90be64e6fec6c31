"""Drawings lose letters, and nothing that anybody sees."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from analysis.compact import compact, relative

POINTS = st.tuples(*2 * [st.integers(-99_999, 99_999).map(lambda n: n / 100)])
LINES = st.lists(POINTS, min_size=1, max_size=30)


def corners(path: str) -> list[tuple[float, float]]:
    """Return the points of a path of lines, as a browser reads them."""
    found: list[tuple[float, float]] = []
    for letter, values in re.findall(r"([Mlz])([^Mlz]*)", path):
        numbers = [float(n) for n in re.findall(r"-?(?:\d+(?:\.\d+)?|\.\d+)", values)]
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            before = found[-1] if letter == "l" else (0.0, 0.0)
            found.append((before[0] + x, before[1] + y))
    return found


@given(LINES, st.sets(st.integers(1, 29)), st.booleans())
def test_every_point_stays_within_a_twentieth_of_a_pixel(
    points: list[tuple[float, float]], moves: set[int], closed: bool
) -> None:
    letters = ["M" if n in {0, *moves} else "L" for n in range(len(points))]
    written = "".join(f"{how}{x} {y}\n" for how, (x, y) in zip(letters, points, strict=True))
    short = relative(f"{written}z" if closed else written)
    assert short.endswith("z") == closed
    assert short.count("M") == letters.count("M"), "two moves in one would draw a line"
    assert len(corners(short)) == len(points)
    for (x, y), (own_x, own_y) in zip(points, corners(short), strict=True):
        assert abs(x - own_x) <= 0.0501
        assert abs(y - own_y) <= 0.0501


def test_letters_hold_until_the_next_and_signs_part_numbers() -> None:
    assert relative("M 10 20 \nL 10.5 19 \nL 12 19 \nz\nM 0 0 \nL 1 1 ") == (
        "M10 20l.5-1 1.5 0zM0 0l1 1"
    )


def test_after_a_closing_a_path_goes_on_from_its_beginning() -> None:
    assert relative("M 1 1 L 5 1 L 5 5 z L 2 1") == "M1 1l4 0 0 4zl1 0"


def test_curves_are_told_from_where_they_begin() -> None:
    assert relative("M 0 3 C 0.8 3 1.6 2.7 2.1 2.1 C 2.7 1.6 3 0.8 3 0") == (
        "M0 3c.8 0 1.6-.3 2.1-.9 .6-.5 .9-1.3 .9-2.1"
    )


def marks(styles: tuple[str, str]) -> list[str | None]:
    body = '<defs><path id="m" d="M0 0L0 3" style="stroke: #111111"/></defs>' + "".join(
        f'<use xlink:href="#m" x="1" y="2" style="{style}"/>' for style in styles
    )
    return [item.get("style") for item in ET.fromstring(f"<svg>{compact(body)}</svg>").iter()][2:]


def test_a_style_that_all_places_of_a_mark_share_is_told_once() -> None:
    assert marks(("fill: #222222; stroke: #111111",) * 2) == [
        "fill:#222222;stroke:#111111",
        None,
        None,
    ]


def test_marks_of_several_styles_keep_them() -> None:
    assert marks(("fill: #222222", "fill: #333333")) == [
        "stroke:#111111",
        "fill:#222222",
        "fill:#333333",
    ]


def test_groups_without_attributes_go_and_words_stay_as_they_are() -> None:
    body = '<g><g clip-path="url(#a)"><g><text x="1.23456">1.23456: a; b</text></g></g></g>'
    assert compact(body) == '<g clip-path="url(#a)"><text x="1.23">1.23456: a; b</text></g>'
