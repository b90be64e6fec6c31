"""How far seeds lie apart beside the luck of a test set, on made-up results."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from analysis import figures_scatter, scatter, style
from tests.analysis_made_up import run, study


def runs_ending_at(accuracies: Sequence[float], **settings: object) -> pd.DataFrame:
    """Return a run a seed, of one setting, that ends at the accuracies given."""
    return study(
        *(
            run(seed=seed, epochs=3, accuracy=lambda e, s, end=end: end + 0.0 * e, **settings)
            for seed, end in enumerate(accuracies)
        )
    )


def test_a_setting_scatters_by_the_standard_deviation_of_its_seeds() -> None:
    accuracies = [0.98, 0.981, 0.982, 0.983, 0.984]
    found = scatter.by_setting([runs_ending_at(accuracies, schedule="constant")])
    (row,) = found.to_dict("records")
    assert (row["seeds"], row["constant"]) == (5, True)
    assert row["accuracy"] == pytest.approx(0.982)
    assert row["deviation"] == pytest.approx(np.std(accuracies, ddof=1))
    assert row["chance"] == pytest.approx((0.982 * 0.018 / 10_000) ** 0.5)
    assert row["ratio"] == pytest.approx(row["deviation"] / row["chance"])


def test_few_seeds_and_seeds_that_agree_have_no_scatter() -> None:
    few = runs_ending_at([0.98, 0.99, 0.97, 0.96])
    agree = runs_ending_at([0.1] * 5, base_lr=1.0)
    none = scatter.by_setting([few, agree])
    assert none.empty
    shown = figures_scatter.seeds_apart(none, [few, agree]).html()
    assert "No setting has 5 seeds yet." in shown
    ranged = runs_ending_at([0.1, 0.2, 0.3, 0.4, 0.5], schedule="range-test")
    assert scatter.by_setting([ranged]).empty


def test_networks_that_err_independently_lie_on_the_line() -> None:
    luck = np.random.default_rng(0)
    studies = [
        runs_ending_at(luck.binomial(10_000, 0.985, 5) / 10_000, base_lr=0.001 * (at + 1))
        for at in range(60)
    ]
    assert scatter.by_setting(studies)["ratio"].median() == pytest.approx(1.0, abs=0.2)


def test_the_words_count_what_trains_well_and_what_is_unstable() -> None:
    calm = runs_ending_at([0.980, 0.981, 0.982, 0.983, 0.984], base_lr=0.1)
    wild = runs_ending_at([0.1, 0.3, 0.5, 0.7, 0.9], base_lr=1.0)
    settings = scatter.by_setting([calm, wild])
    assert scatter.in_words(settings, True) == "1.19 times as far as luck (1 setting)"
    assert scatter.in_words(settings, False) == "not measured yet"
    assert scatter.unstable(settings) == "1 of 2 settings"


def test_the_figure_has_a_dot_and_a_row_for_each_setting() -> None:
    studies = [
        runs_ending_at([0.98, 0.981, 0.982, 0.983, 0.984], schedule=name, schedule_args=args)
        for name, args in (("constant", None), ("StepLR", {"gamma": 0.1, "step_size": 10}))
    ]
    figure = figures_scatter.seeds_apart(scatter.by_setting(studies), studies)
    assert "a dot for each of 2 settings" in figure.alt
    assert sorted(row[1] for row in figure.rows) == [
        "μ\u00a0=\u00a00, LR 0.01, StepLR, gamma 0.1, step_size 10",
        "μ\u00a0=\u00a00, LR 0.01, constant",
    ]
    assert {row[5] for row in figure.rows} == {"1.19"}


def test_a_constant_rate_has_its_colour_of_every_page() -> None:
    runs = runs_ending_at([0.98, 0.981, 0.982, 0.983, 0.984], schedule="constant")
    svg = figures_scatter.seeds_apart(scatter.by_setting([runs]), [runs]).panels[0].svg
    assert style.SCHEDULES["constant"][0] in svg
    assert style.FORMULATIONS["lr-inside"][0] not in svg
