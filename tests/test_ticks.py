"""Ticks written as plain artists stand where matplotlib would draw its own."""

from __future__ import annotations

import io
import re

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import style, ticks

_TEXT = re.compile(r'<text [^>]*?x="([\d.-]+)" y="([\d.-]+)"[^>]*>([^<]+)</text>')
Placed = dict[str, tuple[float, float]]


def _axes() -> Axes:
    return Figure(figsize=(5, 3.5), dpi=72).add_axes((0.15, 0.2, 0.8, 0.7))


def _texts(axes: Axes) -> Placed:
    """Where each text of a picture stands, in pixels."""
    out = io.StringIO()
    axes.figure.savefig(out, format="svg")
    found = _TEXT.findall(out.getvalue())
    return {label: (float(x), float(y)) for x, y, label in found}


def _both(scale: str, low: float, high: float, places: list[float]) -> tuple[Placed, Placed]:
    """Return the texts with matplotlib's own ticks, and with ours."""
    labels = [f"at {number}" for number in range(len(places))]
    pictures = []
    with matplotlib.rc_context(style.RC):
        for ours in (False, True):
            axes = _axes()
            axes.set(xscale=scale, yscale=scale)
            if ours:
                ticks.set_x(axes, places, labels)
                ticks.set_y(axes, places, [f"y {label}" for label in labels])
            else:
                axes.set_xticks(places, labels)
                axes.set_yticks(places, [f"y {label}" for label in labels])
            axes.set(xlim=(low, high), ylim=(low, high), xlabel="Epoch")
            axes.minorticks_off()
            if ours:
                ticks.write(axes)
            pictures.append(_texts(axes))
    return pictures[0], pictures[1]


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(["linear", "log"]),
    st.lists(st.floats(0.5, 100), min_size=1, max_size=5, unique_by=lambda place: round(place, 1)),
)
def test_they_stand_where_matplotlibs_own_do(scale: str, places: list[float]) -> None:
    theirs, ours = _both(scale, 1.0, 90.0, sorted(places))
    assert ours.keys() == theirs.keys()
    for label, (x, y) in theirs.items():
        assert ours[label] == pytest.approx((x, y), abs=2.0 if label == "Epoch" else 0.05)


def test_a_tick_beyond_the_axis_is_left_out_and_the_others_keep_their_labels() -> None:
    _, ours = _both("linear", 5.0, 20.0, [0.0, 10.0, 30.0])
    assert {label for label in ours if "at" in label} == {"at 1", "y at 1"}


def test_without_places_numbers_are_written_plainly() -> None:
    with matplotlib.rc_context(style.RC):
        axes = _axes()
        axes.plot([0, 1], [10_000.0001, 10_000.0002])
        ticks.write(axes)
        written = _texts(axes)
    assert "10000.00010" in written
    assert not any("e" in label or "+" in label for label in written)


def test_an_inset_has_labels_of_the_same_size_and_hidden_axes_have_none() -> None:
    with matplotlib.rc_context(style.RC):
        axes = _axes()
        axes.set_axis_off()
        inset = axes.inset_axes((0.2, 0.2, 0.5, 0.5))
        ticks.set_x(inset, [0, 1], ["zero", "one"])
        ticks.set_y(inset, [], [])
        ticks.write(axes)
        assert list(_texts(axes)) == ["zero", "one"]
        sizes = [text.get_fontsize() for text in inset.texts]
    assert sizes == pytest.approx([style.RC["xtick.labelsize"]] * 2)


def test_the_grid_is_one_line_behind_the_data_at_the_ticks() -> None:
    axes = _axes()
    axes.set_ylim(0, 10)
    ticks.set_y(axes, [2, 5, 20], ["two", "five", "twenty"])
    ticks.grid(axes)
    (line,) = axes.lines
    assert {y for y in line.get_ydata() if y == y} == {2, 5}
    assert line.get_zorder() < 1
    assert axes.get_ylim() == (0, 10)
