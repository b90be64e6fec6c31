"""Where training breaks, the effective rate, the range test: measured on made-up results."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from analysis import (
    edge,
    figures_range,
    figures_rates,
    range_test,
    stats,
    style,
    summary,
    tables_range,
)
from analysis.page import Figure
from experiments import results
from tests import range_made_up as made
from tests.analysis_made_up import adam_lr, run, study


def fate_of(run: pd.DataFrame) -> str:
    return str(edge.fates(run).item())


def test_a_run_is_broken_only_if_it_guesses_and_has_lost_ground() -> None:
    tiny = {"accuracy": lambda e, s: 0.1 + 0.0 * e, "loss": lambda e, s: 2.31 - 0.0001 * e}
    swinging = {"accuracy": lambda e, s: 0.98 + 0.0 * e, "loss": made.guessing}
    assert fate_of(run(**tiny)) == edge.TRAINED
    assert fate_of(run(**swinging)) == edge.TRAINED
    assert fate_of(run(**{**tiny, "loss": made.guessing})) == edge.BROKEN
    fallen = {"loss": lambda e, s: made.guessing(e, s) + np.where(e == 1, 0.3, 0.0)}
    assert fate_of(run(**{**tiny, **fallen})) == edge.BROKEN
    gone = run(loss=lambda e, s: np.where(e > 3, np.nan, 1.0))
    assert fate_of(gone) == edge.DIVERGED


def test_the_shares_of_the_digits_are_what_networks_that_answer_alike_have_scored() -> None:
    runs = results.load("fixed-lr"), results.load("adam-lr")
    settings: tuple[dict[str, float], ...] = {"base_lr": 1.0, "momentum": 0.0}, {"base_lr": 0.1}
    lost = pd.concat([stats.select(f, **kept) for f, kept in zip(runs, settings, strict=True)])
    scores = lost.loc[lost["val_accuracy"] < edge.GUESSER, "val_accuracy"] * stats.TEST_IMAGES
    assert set(np.rint(scores)) == set(edge.TEST_DIGITS)
    assert (len(edge.TEST_DIGITS), sum(edge.TEST_DIGITS)) == (10, stats.TEST_IMAGES)


def test_lost_runs_are_counted_and_named() -> None:
    runs = made.edge()
    plain = stats.select(runs, momentum=0.0)
    assert edge.breaking_rates(plain) == "LR 1 (3 of 3 runs)"
    assert edge.breaking_rates(stats.select(runs, momentum=0.9)) == "none of them"
    lost = stats.select(plain, base_lr=1.0)
    assert edge.breakage(lost).sentence.startswith("3 of 3 runs end no better than guessing, th")
    assert edge.constant_answers(lost) == "60 of 60 epochs"
    assert edge.constant_answers(stats.select(plain, base_lr=0.1)) == "0 of 60 epochs"
    assert edge.breakage(plain.iloc[:0]).sentence == "there are no runs yet"
    assert edge.next_larger(plain, "0.3").startswith("at the next larger one, LR 1, 3 of 3")
    assert edge.next_larger(plain, "1") == "no larger one was trained"


def test_the_last_rate_without_a_lost_run_is_told_with_what_follows() -> None:
    plain = stats.select(made.edge(), momentum=0.0)
    told = edge.last_sound(plain)
    assert told.startswith("up to LR 0.3 no run is lost, and at the next larger one, LR 1, 3 of 3")
    sound = plain[plain["base_lr"] < 1]
    assert edge.last_sound(sound) == "up to LR 0.3 no run is lost, and no larger one was trained"
    lost = stats.select(plain, base_lr=1.0)
    assert edge.last_sound(lost) == "already at LR 1 runs are lost"
    # A sound rate beyond a lost one is no good ground.
    beyond = pd.concat([plain, sound.assign(base_lr=3.0, run_id="far" + sound["run_id"])])
    assert edge.last_sound(beyond) == told


def test_momentum_is_compared_at_the_same_effective_rate() -> None:
    pairs = edge.effective_pairs(made.edge())
    assert [pair.effective for pair in pairs] == pytest.approx([1.0, 0.1, 0.01, 0.001])
    assert edge.agreement(pairs) == "in 1 of 4 pairs (higher at the effective rate 1)"
    alone = edge.effective_pairs(made.edge(1))
    assert edge.agreement(alone) == "in 0 of 4 pairs"
    table = tables_range.effective(pairs, made.edge()).markdown()
    assert "| 3 and 0 |" in table


def test_pairs_use_the_seeds_that_both_have() -> None:
    runs = made.edge(4)
    some = runs[(runs["momentum"] == 0.0) | (runs["seed"] < 2)]
    assert {len(stats.seeds(pair.plain)) for pair in edge.effective_pairs(some)} == {2}
    none = runs[(runs["momentum"] == 0.0) ^ (runs["seed"] < 2)]
    assert edge.effective_pairs(none) == []


def test_the_second_half_is_told_with_its_sign() -> None:
    up = study(*(run(seed=s, loss=lambda e, s: 1 + 0.1 * e + 0.01 * s * e) for s in range(3)))
    assert edge.second_half(up).startswith("up by 1.1")
    down = study(*(run(seed=s, loss=lambda e, s: 4 - 0.1 * e + 0.01 * s * e) for s in range(3)))
    assert edge.second_half(down).startswith("down by 0.9")
    assert edge.second_half(run()).startswith("not resolved")


def test_weights_are_counted_as_the_models_have_them() -> None:
    assert range_test.weights_of("cnn-8-16") == 103_018
    assert range_test.weights_of("cnn-16-32") == 206_922


def test_the_range_test_is_read_where_it_was_made() -> None:
    sweep = range_test.sweeps(*made.range_test(5))
    lowest, lost = (range_test.reading(sweep, key) for key in ("lowest", "lost"))
    assert lowest.mean == pytest.approx(0.33, rel=0.1)
    assert lowest.low < lowest.mean < lowest.high
    assert range_test.reading(sweep, "tenth").mean == pytest.approx(lowest.mean / 10)
    assert range_test.reading(sweep, "fastest").mean < lowest.mean
    assert lost.mean == pytest.approx(1.05, rel=0.15)
    assert range_test.in_words(lowest).startswith(f"{lowest.mean:.2f} ({lowest.low:.2f} to ")
    assert "no interval" in range_test.in_words(range_test.reading(sweep[sweep.seed == 0], "lost"))


def test_a_run_ends_where_its_loss_is_not_finite() -> None:
    sweep = range_test.sweeps(*made.range_test(2, explodes=True))
    assert np.isfinite(sweep["smooth"]).all()
    assert sweep["lr"].max() < 0.95
    assert range_test.in_words(range_test.reading(sweep, "lost")) == "not reached"
    nothing = sweep.iloc[:0]
    assert range_test.in_words(range_test.reading(nothing, "lowest")) == "not reached"
    assert range_test.step_in_words(nothing, 0.1) == "nothing that was recorded"


def test_steps_are_told_as_a_share_of_the_rate() -> None:
    sweep = range_test.sweeps(*made.range_test(3, optimizer="adam"))
    assert range_test.step_at(sweep, 0.001).mean == pytest.approx(0.00101, rel=0.02)
    assert "(1.0 times the rate)" in range_test.step_in_words(sweep, 0.001)


def test_steps_of_two_optimisers_are_compared_at_the_rates_of_each() -> None:
    sweep = range_test.sweeps(*made.every_range_test())
    slow, swift = (
        stats.select(sweep, optimizer=name, momentum=mu)
        for name, mu in (("sgd", 0.0), ("adam", 0.9))
    )
    told = range_test.step_ratios(slow, swift, ("0.1", "1"), ("0.01", "0.001"))
    assert told == "0.099 to 10"


def test_advice_is_held_against_the_best_fixed_rate() -> None:
    sweep = range_test.sweeps(*made.range_test(3))
    plain = stats.select(made.edge(), momentum=0.0)
    by_reading = {found.reading: found for found in range_test.advice(sweep, plain)}
    assert by_reading["where the loss is lowest"].nearest == 0.3
    assert by_reading["where the loss is lowest"].outcome == "the highest mean of those trained"
    cautious = by_reading["a tenth of where it is lowest"]
    assert cautious.nearest == pytest.approx(0.01)
    assert cautious.behind.mean < 0
    assert range_test.places(sweep, plain) == "at 0.037, 0.096 and 0.96 times LR 0.3"
    plain_and_alone = (plain, stats.select(plain, base_lr=0.3))
    good = [range_test.never_behind([sweep], [fixed]) for fixed in plain_and_alone]
    assert good[0] == "where the loss is lowest"
    assert good[1].startswith("where the loss falls fastest, a tenth")
    table = tables_range.advice([sweep, sweep.iloc[:0]], [plain, plain], made.range_test(3)[0])
    assert len(table.rows) == 3


def shown(seeds: int) -> list[Figure]:
    """One figure of each kind."""
    runs, steps = made.every_range_test(seeds)
    sweeps = range_test.sweeps(runs, steps)
    return [
        figures_rates.final_by_rate(made.edge(seeds)),
        figures_rates.final_by_rate(made.edge(seeds), ["val_accuracy"], effective=True, name="eff"),
        figures_rates.spread(adam_lr(seeds)),
        figures_range.losses(sweeps, runs),
        figures_range.step_sizes(sweeps, runs),
    ]


@pytest.mark.parametrize("seeds", [1, 4])
def test_figures_are_complete_for_any_number_of_seeds(seeds: int) -> None:
    for figure in shown(seeds):
        assert all(len(row) == len(figure.header) for row in figure.rows)
        for panel in figure.panels:
            assert ElementTree.fromstring(panel.svg).get("aria-label") == panel.alt
            assert panel.alt.endswith(".")
            assert "nan" not in panel.svg.lower().replace("nant", "")
            assert "currentColor" in panel.svg


def test_the_marks_of_a_range_test_have_no_settings_colour() -> None:
    runs, steps = made.every_range_test(4)
    figure = figures_range.losses(range_test.sweeps(runs, steps), runs)
    for panel in figure.panels:
        assert set(re.findall(r"(?:fill|stroke):(#\w+)", panel.svg)) == {style.SPARE[0]}
        assert ">Batch loss, " in panel.svg, "the title says what is drawn"


def test_a_diverged_run_is_marked_and_counted() -> None:
    gone = run(seed=0, base_lr=3.0, loss=lambda e, s: np.where(e > 5, math.nan, 1.0 / e))
    gone["diverged"] = gone["epoch"] > 5
    figure = figures_rates.final_by_rate(study(made.edge(3), gone))
    row = next(row for row in figure.rows if row[1] == "3")
    assert row[4] == "1"


def test_spreads_are_told_in_points() -> None:
    assert summary.spreads(adam_lr()).endswith("seeds (3 shared seeds)")
