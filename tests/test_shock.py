"""Steps around a change of LR: the closed forms, what is measured, figures of whatever is there."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import (
    coasting,
    figures_shock,
    figures_shock_loss,
    shock,
    tables,
    tables_shock,
    text,
)
from analysis.page import Figure
from tests.momentum_made_up import EVENTS, JUMPS, results, window


def test_no_change_of_lr_gives_an_empty_window() -> None:
    runs, steps = window(event=shock.DROP)
    assert shock.windows(runs, steps.assign(lr=0.01)).empty
    assert not shock.windows(runs, steps).empty


def test_coasting_measures_what_the_closed_form_says() -> None:
    runs, steps = results(events=[shock.DROP], momenta=(0.0, 0.9))
    found = shock.windows(runs, steps)
    ratio = coasting.length_ratio(found, 0.9)
    assert ratio.shape == (200, 3)
    # Averaged with the nine steps that follow, the excess falls below a tenth a little earlier.
    assert coasting.settled(ratio).between(38, 43).all()
    assert coasting.expected_path(0.9, 0.1, 200) == pytest.approx(shock.extra_path(0.9, 0.1))
    path = coasting.extra_path(found, 0.9)
    assert path.to_numpy() == pytest.approx(81, rel=0.05)
    still = coasting.length_ratio(found, 0.0)
    assert coasting.settled(still).tolist() == [1, 1, 1]


def test_steps_that_never_settle_are_said_to() -> None:
    ratio = pd.DataFrame(np.full((200, 2), 3.0), index=range(1, 201), columns=[0, 1])
    assert coasting.settled(ratio).tolist() == [math.inf, math.inf]
    assert coasting.settled_in_words(ratio) == "not in 200 steps"
    ratio.loc[100:, 0] = 1.0
    assert coasting.settled_in_words(ratio) == "1 of 2 seeds in 200 steps"
    assert coasting.settled_in_words(ratio[[]]) == "–"


@settings(deadline=None)
@given(
    st.sampled_from(["lr-inside", "wrongly-corrected"]),
    st.floats(0, 0.99),
    st.floats(0.05, 10),
    st.integers(1, 60),
)
def test_noise_forms_equal_the_recursion_of_the_squares(
    form: str, momentum: float, gamma: float, k: int
) -> None:
    steady = square = 1 / (1 - momentum**2)
    scale = 1.0 if form == "lr-inside" else gamma
    if form == "wrongly-corrected":
        square *= gamma**2
    for _ in range(k):
        square = momentum**2 * square + (gamma**2 if form == "lr-inside" else 1.0)
    expected = float(shock.step_length_noise(form, momentum, gamma, np.array([k]))[0])
    assert scale * math.sqrt(square / steady) == pytest.approx(expected)


def test_noise_settles_sooner_than_a_steady_gradient() -> None:
    assert shock.settling_steps(0.9, 0.1, noise=True) == 30
    inside = shock.step_length_noise("lr-inside", 0.9, 0.1, np.array([29, 30]))
    assert (inside <= 0.11).tolist() == [False, True]
    assert shock.settling_steps(0.0, 0.1) == 1


def scales(figure: Figure) -> list[list[str]]:
    """The numbers along each panel's axes; the horizontal one is the same in all."""
    return [re.findall(r">([−\d.]+)</text>", panel.svg) for panel in figure.panels]


def test_panels_that_are_to_be_compared_share_their_scale() -> None:
    runs, steps = results(momenta=(0.0, 0.9), seeds=3, jumps=JUMPS)
    found = shock.windows(runs, steps)
    for figure in (
        figures_shock.step_lengths(found, runs),
        figures_shock.adam_lengths(found, runs),
        figures_shock_loss.loss_around(found, runs),
        figures_shock_loss.smooth_controls(found, runs),
    ):
        first, *others = scales(figure)
        assert others
        assert all(other == first for other in others), figure.name
    *alike, raised = scales(figures_shock_loss.loss_by_event(found, runs))
    assert all(one == alike[0] for one in alike)
    assert raised != alike[0]


def test_the_loss_of_the_wrong_correction_is_drawn_after_the_raise_only() -> None:
    runs, steps = results(seeds=3, forms=list(shock.FORMULATIONS[:4]))
    figure = figures_shock_loss.loss_by_event(shock.windows(runs, steps), runs)
    *others, raised = (panel.svg for panel in figure.panels)
    assert ">wrong<" in raised
    assert not any(">wrong<" in svg for svg in others)


def test_the_table_of_step_lengths_is_in_the_order_of_the_panels() -> None:
    runs, steps = results(seeds=1, forms=list(shock.FORMULATIONS[:4]))
    found = shock.windows(runs, steps)
    drop = shock.case(found, shock.DROP, list(shock.FORMULATIONS), 0.9)
    table = tables.step_lengths(drop, runs)
    titles = [header.split(",")[0] for header in figures_shock.step_lengths(found, runs).header]
    assert [text.capital(row[0]) for row in table.rows] == list(dict.fromkeys(titles[1:]))
    assert "Momentum" not in table.header


PARTS = {
    "all": {"momenta": (0.0, 0.5, 0.9, 0.99), "seeds": 1},
    "one seed": {"seeds": 1},
    "two seeds": {"seeds": 2},
    "no smooth decay": {"events": [shock.DROP, shock.RAISE]},
    "no raise": {"events": [shock.DROP, shock.HALF]},
    "PyTorch's form only": {"forms": ["lr-outside"]},
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_whatever_is_there_is_shown(part: dict) -> None:
    runs, steps = results(**part)
    found = shock.windows(runs, steps)
    figures = [
        figures_shock.step_lengths(found, runs, event=shock.RAISE),
        figures_shock.adam_lengths(found, runs),
        figures_shock_loss.directions(found, runs),
        figures_shock_loss.loss_around(found, runs),
        figures_shock_loss.loss_by_event(found, runs),
        figures_shock_loss.smooth_controls(found, runs),
    ]
    for figure in figures:
        assert figure.alt.endswith(".")
        assert not re.search(r"\bnan\b", figure.html())
    for table in (
        tables_shock.settling(found, runs),
        tables_shock.jumps(found, runs),
    ):
        assert len({line.count("|") for line in table.markdown().strip().splitlines()}) == 1
    words = coasting.cost_in_words(found, shock.RAISE)
    enough = (
        part.get("seeds", 3) > 1
        and "forms" not in part
        and shock.RAISE in part.get("events", EVENTS)
    )
    assert ("too few" in words) is not enough


def test_two_steps_by_hand() -> None:
    rows = tables_shock.two_steps().rows
    minus = text.MINUS
    assert rows[1][2:] == (f"{minus}0.019", f"{minus}0.119", f"{minus}0.100", f"{minus}0.200")
