"""Ticks, their labels and the grid, as a few plain artists.

For each tick matplotlib makes five artists, and it measures each label for a layout that a panel of
fixed margins does not need: two fifths of the time that a small panel takes. Figures place ticks
with ``set_x`` and ``set_y``; ``svg.panel`` calls ``write`` when the axes are final.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN
from matplotlib.ticker import FixedFormatter, FixedLocator, ScalarFormatter
from matplotlib.transforms import ScaledTranslation

from analysis import style

# Below the labels' top edge an axis label keeps the height of their lines, and a gap.
_LINE, _NEXT, _GAP = 1.05, 1.25, 4.0
_LOOK = ("major.size", "major.pad", "labelsize")


def set_x(axes: Axes, places: Sequence[float], labels: Sequence[str] | None = None) -> None:
    """Place the ticks of the horizontal axis; without labels, their values are written."""
    _set(axes.xaxis, places, labels)


def set_y(axes: Axes, places: Sequence[float], labels: Sequence[str] | None = None) -> None:
    """Place the ticks of the vertical axis; without labels, their values are written."""
    _set(axes.yaxis, places, labels)


def _set(axis: Axis, places: Sequence[float], labels: Sequence[str] | None) -> None:
    axis.set_major_locator(FixedLocator(places))
    axis.set_major_formatter(ScalarFormatter() if labels is None else FixedFormatter(labels))


def grid(axes: Axes, alpha: float = 0.14) -> None:
    """Draw faint horizontal lines behind the data, at the ticks. Limits and ticks must be final."""
    across, up = [], []
    for place, _ in _shown(axes.yaxis):
        across += [0.0, 1.0, float("nan")]
        up += [place, place, float("nan")]
    lines = Line2D(across, up, color=style.INK, alpha=alpha, linewidth=0.7, zorder=0.5)
    lines.set(transform=axes.get_yaxis_transform(), clip_on=False)
    axes.add_artist(lines)


def write(axes: Axes) -> None:
    """Write the ticks and the labels of both axes, and of insets, in place of matplotlib's own."""
    for inset in axes.child_axes:
        if isinstance(inset, Axes):
            write(inset)
    if axes.axison:
        _write_x(axes)
        _write_y(axes)
        axes.xaxis.set_visible(False)
        axes.yaxis.set_visible(False)


def _write_x(axes: Axes) -> None:
    shown = _shown(axes.xaxis)
    length, pad, size = (style.RC[f"xtick.{key}"] for key in _LOOK)
    if axes.spines["bottom"].get_visible():
        places = [place for place, _ in shown]
        marks = Line2D(places, [0.0] * len(places), color=style.INK, linestyle="none", zorder=2.01)
        marks.set(marker=TICKDOWN, markersize=length, markeredgewidth=0.8)
        marks.set(transform=axes.get_xaxis_transform(), clip_on=False)
        axes.add_artist(marks)
    below, va, ha = axes.get_xaxis_text1_transform(length + pad)
    for place, label in shown:
        if label:
            axes.text(place, 0, label, transform=below, va=va, ha=ha, fontsize=size)
    name = axes.xaxis.get_label()
    if name.get_text():
        lines = max((label.count("\n") + 1 for _, label in shown), default=0)
        height = (_LINE + _NEXT * (lines - 1)) * size
        down = (length + pad + height if lines else 0.0) + _GAP
        spot = axes.transAxes + _points(axes, 0, -down)
        fontsize = name.get_fontsize()
        axes.text(0.5, 0, name.get_text(), transform=spot, va="top", ha="center", fontsize=fontsize)


def _write_y(axes: Axes) -> None:
    length, pad, size = (style.RC[f"ytick.{key}"] for key in _LOOK)
    beside, va, ha = axes.get_yaxis_text1_transform(length + pad)
    for place, label in _shown(axes.yaxis):
        if label:
            axes.text(0, place, label, transform=beside, va=va, ha=ha, fontsize=size)
    name = axes.yaxis.get_label()
    if name.get_text():
        # As far left as the figure goes, however wide the labels of the ticks are.
        box, spot = axes.get_position(), axes.figure.transFigure + _points(axes, 3, 0)
        middle, fontsize = (box.y0 + box.y1) / 2, name.get_fontsize()
        text = axes.text(0, middle, name.get_text(), transform=spot, va="center", ha="left")
        text.set(rotation=90, fontsize=fontsize)


def _points(axes: Axes, right: float, up: float) -> ScaledTranslation:
    return ScaledTranslation(right / 72, up / 72, axes.figure.dpi_scale_trans)


def _shown(axis: Axis) -> list[tuple[float, str]]:
    """Return place and label of each tick within the axis."""
    formatter = axis.get_major_formatter()
    if isinstance(formatter, ScalarFormatter):
        formatter.set_useOffset(False)
        formatter.set_scientific(False)
    places = [float(place) for place in axis.get_majorticklocs()]
    low, high = sorted(axis.get_view_interval())
    room = 1e-10 * (high - low)
    labels = formatter.format_ticks(places)
    return [
        (place, label)
        for place, label in zip(places, labels, strict=False)
        if low - room <= place <= high + room
    ]
