"""Dot plots of where the schedules end: what sets their scales, and what lies beyond them."""

from __future__ import annotations

import re

from analysis import dots, figures_dots, schedules, stats, style, tables_schedules
from analysis.page import Figure
from tests import schedules_made_up as made_up


def numbers(figure: Figure) -> list[list[str]]:
    """The numbers that each panel holds."""
    return [re.findall(r">([−\d.]+)</text>", panel.svg) for panel in figure.panels]


def test_a_mean_beyond_the_picture_sets_no_scale_and_is_written_at_the_frame() -> None:
    near = (0.001, 0.002, 0.003)
    far = (0.001, 0.002, 0.9)
    marks = [dots.Dot("", v, stats.mean_interval(v), style.INK) for v in (near, far)]
    assert dots.span(marks) == dots.span(marks[:1])
    runs = schedules.with_peaks(made_up.schedules(tops={"OneCycleLR": 0.94}))
    lost = numbers(figures_dots.same_peak(runs))
    assert all("−4.5" in panel for panel in lost)


def test_there_is_a_panel_for_each_peak_with_its_own_scale() -> None:
    runs = schedules.with_peaks(made_up.schedules(best_peak={"StepLR": 0}))
    figure = figures_dots.same_peak(runs)
    assert [re.findall(r"peak LR ([\d.]+)<", panel.svg) for panel in figure.panels] == [
        *(["0.03"], ["0.01"], ["0.003"]),
    ]
    assert len(set(map(tuple, numbers(figure)))) > 1
    assert len(figure.rows) == 3 * (len(schedules.ORDER) - 1)


def test_gains_over_two_rivals_share_one_scale() -> None:
    runs = schedules.with_peaks(made_up.schedules(tops={"constant": 0.975}))
    first, second = numbers(figures_dots.differences(schedules.own_best(runs, 0.9)))
    assert first == second


def test_the_peak_that_most_schedules_chose_is_named_once() -> None:
    runs = schedules.with_peaks(made_up.schedules(best_peak={"StepLR": 2}))
    figure = figures_dots.own_best(schedules.own_best(runs, 0.9))
    (panel,) = figure.panels
    written = re.findall(r">([^<>]+)</text>", panel.svg)
    assert "StepLR, 0.03 ↑" in written
    assert sum("0.01" in words for words in written) == 1
    assert "cosine, 0.01" in [row[0] for row in figure.rows]
    assert "cosine, 0.01: " in panel.alt


def test_the_table_of_the_schedules_begins_with_what_a_phone_should_show() -> None:
    runs = schedules.with_peaks(made_up.schedules(seeds=2))
    assert tables_schedules.standings(runs).header[:2] == ("Schedule", "Test accuracy (%)")
