"""Claims C2 and C3, and the steps of a training in parts and bins."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import phases as module
from tests.analysis_made_up import judge
from tests.schedules_made_up import phases


def test_c2_flips() -> None:
    assert judge("C2", *phases()).verdict == "supported"
    assert judge("C2", *phases(shrink=1.5)).verdict == "refuted"
    assert judge("C2", *phases(jitter=(0.5, 0.1))).verdict == "refuted"


def test_c2_needs_a_fast_fall() -> None:
    runs, steps = phases()
    steps["val_loss"] = np.where(steps["val_loss"].notna(), 3 - steps["step"] / 100, np.nan)
    assert judge("C2", runs, steps).verdict == "refuted"


def test_c2_judges_only_trainings_that_got_there() -> None:
    verdict = judge("C2", *phases(tops={"LR 0.001": 0.9}))
    assert len(verdict.parts) == 3
    assert "Not judged, since it ends at 89.5" in verdict.notes[0]
    nowhere = dict.fromkeys(("LR 0.1", "LR 0.01", "LR 0.001", "cosine"), 0.5)
    assert "reaches 97" in judge("C2", *phases(tops=nowhere)).sentence


def test_c3_flips() -> None:
    assert judge("C3", *phases()).verdict == "supported"
    assert judge("C3", *phases(cosines={"LR 0.1": 0.1})).verdict == "refuted"
    assert judge("C3", *phases(cosines={"LR 0.01": -0.2})).verdict == "refuted"


def test_one_seed_never_decides() -> None:
    for claim in ("C2", "C3"):
        verdict = judge(claim, *phases(seeds=1))
        assert verdict.verdict == "not resolved"
        assert verdict.n == 1


def test_missing_runs_are_named() -> None:
    runs, steps = phases()
    verdict = judge("C3", runs[runs["base_lr"] != 0.001], steps)
    assert verdict.verdict == "not resolved"
    assert "LR 0.001" in verdict.sentence


def test_parts_are_tenths_of_the_steps() -> None:
    runs, steps = phases(seeds=1)
    table = module.steps_of(runs, steps)
    one = table[table["setting"] == "LR 0.1"]
    assert one["part"].value_counts().to_dict() == {"middle": 160, "first": 20, "last": 20}
    assert one["place"].max() == 2.0


def test_bins_hold_a_share_of_an_epoch() -> None:
    runs, steps = phases(seeds=2)
    steps["grad_norm"] = steps["step"].astype(float)
    bins = module.binned(module.steps_of(runs, steps), "grad_norm")
    one = bins[(bins["setting"] == "cosine") & (bins["seed"] == 0)]
    assert one["place"].tolist() == [0.125 + 0.25 * k for k in range(8)]
    assert one["median"].tolist() == [13.0 + 25 * k for k in range(8)]
    assert (one["low"] < one["median"]).all()
    assert (one["median"] < one["high"]).all()


def test_a_rise_and_a_fall_are_told_with_the_place_of_the_top() -> None:
    runs, steps = phases(seeds=2)
    steps["grad_norm"] = 1.0 + np.minimum(steps["step"], 150) - 2.0 * (steps["step"] > 150)
    table = module.steps_of(runs, steps)
    assert module.rise_and_fall(table, "LR 0.1", "grad_norm") == (
        "14 in the first quarter of an epoch, 149 at its highest, 1.6 epochs into the training, "
        "and 149 in the last quarter"
    )


def test_jitter_is_the_factor_between_neighbours() -> None:
    runs, steps = phases(seeds=1)
    steps["grad_norm"] = np.where(steps["step"] % 2, 1.0, 3.0)
    table = module.steps_of(runs, steps)
    one = table[table["setting"] == "LR 0.1"]
    assert module.jitter(one, module.MIDDLE).tolist() == pytest.approx([3.0])


def test_steps_of_a_settled_wanderer_correlate_as_the_post_says() -> None:
    random = np.random.default_rng(0)
    rate, curvature, count = 0.5, 1.2, 400_000
    noise = random.standard_normal(count)
    weights = np.zeros(count + 1)
    for t in range(count):
        weights[t + 1] = weights[t] - rate * (curvature * weights[t] + noise[t])
    moves = np.diff(weights)[1000:]
    measured = float((moves[1:] * moves[:-1]).mean() / (moves**2).mean())
    assert measured == pytest.approx(-rate * curvature / 2, abs=0.01)
