"""Claims about the momentum shock: events told apart, verdicts that flip."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import (
    coasting,
    figures_shock,
    figures_shock_loss,
    shock,
    stats,
    tables_shock,
)
from experiments.studies import STUDIES
from tests.analysis_made_up import judge
from tests.momentum_made_up import EVENTS, JUMPS, results, together, trained_forms, window


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


def test_a_spike_is_found_where_the_mean_loss_is_highest() -> None:
    runs, steps = results(momenta=(0.9,), events=(shock.DROP,), jumps={shock.DROP: 0.02})
    found = shock.windows(runs, steps)
    found["val_loss"] += 0.01 * ((found["k"] == 21) & found["val_loss"].notna())
    told = coasting.spike_in_words(found, "lr-inside", 0.9)
    assert told == "0.0302 ±\u00a00.0005 (21 steps after the drop)"
    assert coasting.jump_in_words(found, shock.DROP, "lr-inside") == "0.0222 ±\u00a00.0005"
    assert coasting.spike_in_words(found, "lr-inside", 0.5) == "not measured yet"
    assert coasting.jump_in_words(found, shock.RAISE, "lr-inside") == "not measured yet"


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
