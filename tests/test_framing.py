"""What stands around the data: colours, labels and their leaders, the ticks of an axis."""

from __future__ import annotations

import itertools

import matplotlib.figure
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import framing, style


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_lines_stand_out_on_white_and_on_dark_pages() -> None:
    looks = [
        *style.LEARNING_RATES.values(),
        *style.SCHEDULES.values(),
        *style.FORMULATIONS.values(),
    ]
    for colour in {*(colour for colour, _ in looks), *style.SPARE}:
        for page in ("#ffffff", "#14171c"):
            dark, light = sorted((luminance(colour), luminance(page)))
            assert (light + 0.05) / (dark + 0.05) >= 3, (colour, page)


def test_a_setting_keeps_its_colour() -> None:
    assert style.look("base_lr", 0.1, 0) == style.look("base_lr", 0.1, 4)
    colours = [style.look("base_lr", 10.0**-power)[0] for power in range(6)]
    assert len(set(colours)) == 6


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 200), min_size=1, max_size=9).map(sorted),
    st.floats(5, 20),
)
def test_labels_keep_their_distance_order_and_bounds(wanted: list[float], gap: float) -> None:
    placed = framing.spread_apart(wanted, gap, 200.0)
    assert len(placed) == len(wanted)
    assert all(-1e-6 <= position <= 200 + 1e-6 for position in placed)
    assert all(b - a >= gap - 1e-6 for a, b in itertools.pairwise(placed))


def test_a_leader_stays_out_of_the_frame_lest_it_be_read_as_data() -> None:
    axes = matplotlib.figure.Figure().add_axes((0.1, 0.1, 0.5, 0.8))
    framing.label_ends(axes, [framing.End(0.2, 0.4, "ends early", "#000000")])
    (leader,) = axes.lines
    assert min(leader.get_xdata()) == 1.0


@settings(deadline=None)
@given(st.floats(0.0, 0.999), st.floats(0.0, 1.0))
@example(0.98828125, 0.015625)
def test_an_axis_of_accuracies_has_a_handful_of_ticks(lowest: float, share: float) -> None:
    axes = matplotlib.figure.Figure().add_axes((0, 0, 1, 1))
    framing.accuracy_axis(axes, lowest, lowest + share * (1 - lowest))
    assert 2 <= len(axes.get_yticks()) <= 12
    labels = axes.yaxis.get_major_formatter().format_ticks(axes.get_yticks())
    assert len(set(labels)) == len(labels)
