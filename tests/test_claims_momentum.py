"""The momentum shock: events told apart, verdicts that flip, figures of whatever is there."""

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
    stats,
    tables,
    tables_shock,
    text,
)
from analysis.page import Figure
from experiments.studies import STUDIES
from tests.analysis_made_up import judge
from tests.momentum_made_up import EVENTS, results, together, trained_forms, window

# An event's own jump of the loss: whoever mixes events up gets another number.
JUMPS = {
    shock.DROP: 0.020,
    shock.HALF: 0.500,
    shock.RAISE: 0.900,
    shock.EXPONENTIAL: 0.004,
    shock.COSINE: 0.006,
}


def test_every_event_of_the_study_has_its_name() -> None:
    runs, steps = results(seeds=1)
    found = shock.windows(runs, steps)
    assert set(found["event"]) == set(shock.EVENTS) == set(EVENTS)
    for event, (_, _, old, new) in EVENTS.items():
        part = found[found["event"] == event]
        assert np.allclose(part["gamma"], new / old)
        assert (part.loc[part["step"] == 151, "k"] == 1).all()


def test_the_made_up_events_are_the_studys() -> None:
    declared = {(r.schedule, r.schedule_args) for r in STUDIES["momentum-shock"].runs(1)}
    sgd = {(name, tuple(sorted(args.items()))) for name, args, *_ in EVENTS.values()}
    assert sgd <= declared


def test_a_case_has_one_run_a_seed() -> None:
    runs, steps = results(seeds=2, momenta=(0.0, 0.5, 0.9))
    found = shock.windows(runs, steps)
    for event in shock.EVENTS:
        for optimizer, momentum in (("sgd", 0.0), ("sgd", 0.5), ("sgd", 0.9), ("adam", 0.9)):
            for form in trained_forms(optimizer, momentum):
                case = shock.case(found, event, form, momentum, optimizer)
                assert case.groupby("seed")["run_id"].nunique().tolist() == [1, 1]
                assert len(case) == 500


@pytest.mark.parametrize("claim", ["C6", "C7", "C12"])
def test_claims_on_the_drop_do_not_see_other_events(claim: str) -> None:
    everything = judge(claim, *results(jumps=JUMPS, momenta=(0.0, 0.9)))
    alone = judge(claim, *results(jumps=JUMPS, momenta=(0.0, 0.9), events=[shock.DROP]))
    assert everything == alone
    assert everything.n == 3


def test_c8_flips() -> None:
    forms = ["lr-outside"]
    spike = judge("C8", *results(jumps=JUMPS, forms=forms))
    assert spike.verdict == "supported"
    assert [round(part.number.mean, 4) for part in spike.parts] == [0.0202, 0.016, 0.014]
    calm = judge("C8", *results(jumps=JUMPS | {shock.DROP: -0.02}, forms=forms))
    assert calm.verdict == "refuted"
    assert calm.parts[0].holds is False
    no_cure = judge("C8", *results(jumps=JUMPS | {shock.COSINE: 0.05}, forms=forms))
    assert no_cure.verdict == "refuted"
    assert [part.holds for part in no_cure.parts] == [True, True, False]


def test_c8_looks_at_pytorchs_form_and_tells_of_the_other() -> None:
    made = [
        window(event=event, form=form, seed=seed, jump=jump if form == "lr-inside" else 0.0)
        for event, jump in JUMPS.items()
        for form in ("lr-outside", "lr-inside")
        for seed in range(3)
    ]
    verdict = judge("C8", *together(made))
    assert verdict.verdict != "supported"
    assert "In the LR-inside form" in verdict.notes[0]
    assert "0.0160 higher than under exponential decay" in verdict.notes[0]


def test_c8_needs_seeds_and_names_what_is_missing() -> None:
    assert judge("C8", *results(seeds=1, jumps=JUMPS)).verdict == "not resolved"
    lacking = judge("C8", *results(events=[shock.DROP, shock.EXPONENTIAL]))
    assert lacking.verdict == "not resolved"
    assert "cosine decay" in lacking.sentence
    assert "exponential" not in lacking.sentence


def test_other_momenta_are_told_and_decide_nothing() -> None:
    few = judge("C7", *results(momenta=(0.0, 0.9), events=[shock.DROP]))
    more = judge("C7", *results(momenta=(0.0, 0.5, 0.9, 0.99), events=[shock.DROP]))
    assert few.parts == more.parts
    start, half, most = more.notes
    assert few.notes == (start,)
    assert ["μ\u00a0=\u00a00.5" in half, "μ\u00a0=\u00a00.99" in most] == [True, True]


def test_c7_needs_a_rise_that_could_be_less() -> None:
    rise = judge("C7", *results(jumps=JUMPS, momenta=(0.0, 0.9), events=[shock.DROP]))
    fall = judge("C7", *results(jumps={shock.DROP: -0.02}, momenta=(0.0, 0.9), events=[shock.DROP]))
    assert [rise.parts[1].holds, fall.parts[1].holds] == [True, False]
    assert fall.verdict == "refuted"


def test_c7_weighs_the_rise_by_the_loss_that_it_starts_from() -> None:
    low = [window(momentum=0.9, event=shock.DROP, seed=seed) for seed in range(3)]
    high = [window(momentum=0.0, event=shock.DROP, seed=seed) for seed in range(3)]
    for _, steps in high:
        steps["val_loss"] *= 10
    share = judge("C7", *together([*low, *high])).parts[2]
    assert share.number is not None
    assert share.number.mean == pytest.approx(0, abs=0.01)


def test_c7_tells_where_the_two_start() -> None:
    high = window(momentum=0.0, event=shock.DROP)
    high[1]["val_loss"] += 0.25
    low = window(momentum=0.9, event=shock.DROP)
    (start,) = judge("C7", *together([high, low])).notes
    levels = [shock.loss_before(shock.windows(*one)).mean() for one in (low, high)]
    assert levels[1] - levels[0] == pytest.approx(0.25)
    assert [f"{level:.3f}" in start for level in levels] == [True, True]


def test_a_diverged_run_is_counted() -> None:
    runs, steps = together(
        [window(event=shock.RAISE, seed=seed, diverges=seed == 2) for seed in range(3)]
    )
    found = shock.windows(runs, steps)
    jump = stats.mean_interval(shock.loss_jump(found))
    assert (jump.n, jump.lost) == (2, 1)
    assert "(1 diverged)" in coasting.plus_minus(shock.loss_jump(found), 4)
    assert figures_shock.step_lengths(found, runs, event=shock.RAISE).panels
    assert tables_shock.diverged(runs) == "none of 3 runs diverged"
    runs.loc[runs["seed"] == 2, "diverged"] = True
    assert tables_shock.diverged(runs) == "1 of 3 runs diverged (LR outside with μ\u00a0=\u00a00.9)"


def test_runs_that_diverged_before_the_window_stop_nothing() -> None:
    runs, steps = results(seeds=2, events=[shock.DROP], forms=["lr-outside", "lr-inside"])
    measured = ["batch_loss", "update_norm", "cos_updates", "cos_grad_buffer", "val_loss"]
    gone = steps["run_id"].isin(runs.loc[runs["formulation"] == "lr-inside", "run_id"])
    steps.loc[gone, measured] = np.nan
    found = shock.windows(runs, steps)
    assert figures_shock.step_lengths(found, runs).panels
    assert figures_shock_loss.loss_around(found, runs).panels
    assert figures_shock_loss.directions(found, runs).panels
    assert tables_shock.settling(found, runs).markdown()
    assert "diverged (2)" in tables_shock.jumps(found, runs).markdown()
    assert judge("C6", runs, steps).n == 2


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
