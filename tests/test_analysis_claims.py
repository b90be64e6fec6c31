"""Verdicts follow from results: made-up results flip each of them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis import stats, summary
from analysis.article_table import PUBLISHED, beside, compare
from analysis.claims import CLAIMS, cards, check, check_all
from analysis.claims.article_a import article_a
from analysis.verdicts import Part, Verdict, is_above, is_more
from tests.analysis_made_up import adam_lr, fixed_lr, judge, momentum_shock, run, steplr, study


def wobbling(top: float = 0.9) -> dict:
    """Options of a run that swings in loss and in accuracy."""
    return {
        "loss": lambda e, s: 1.0 + 0.3 * (-1.0) ** e + 0.002 * s,
        "accuracy": lambda e, s: top + 0.03 * (-1.0) ** e + 0.0002 * s,
    }


def level(height: float, loss: float = 0.5) -> dict:
    """Options of a run that is flat from the start."""
    return {
        "loss": lambda e, s: loss + 0.001 / e + 0.0001 * s,
        "accuracy": lambda e, s: height - 0.0001 / e + 0.0001 * s,
    }


def as_published() -> dict:
    """Article A's results as its table has them, with a little spread between the seeds."""
    changes = {}
    for rate, (train, _, accuracy) in PUBLISHED.items():
        key = "lr_" + f"{rate:.5f}".rstrip("0").replace(".", "_")
        changes[key] = {
            "loss": lambda e, s, train=train: train + 0.5 / e - 0.025 + 0.01 * (s - 1),
            "accuracy": lambda e, s, top=accuracy: top + 0.004 * (s - 1) + 0 * e,
        }
    return changes


CASES = {
    "A1": ({"lr_0_1": wobbling(0.9)}, {}),
    "A2": ({"lr_0_1": level(0.95)}, {}),
    "A3": ({}, {"lr_0_001": level(0.99, 0.01)}),
    "A4": ({"lr_0_0001": level(0.3)}, {}),
    "A6": ({"lr_0_0001": {"accuracy": lambda e, s: 1.0 - 0.001 * s + 0 * e}}, {}),
    "A8": (
        {
            "lr_0_1": wobbling(),
            "lr_0_0001": level(0.4),
            "lr_0_00001": level(0.1),
            "lr_0_001": {"accuracy": lambda e, s: 0.98 - 0.05 / e + 0.0001 * s},
        },
        {},
    ),
}


@pytest.mark.parametrize("claim", CASES)
def test_claims_on_fixed_rates_flip(claim: str) -> None:
    true, false = CASES[claim]
    assert check(claim, fixed_lr(**true)).verdict == "supported"
    assert check(claim, fixed_lr(**false)).verdict == "refuted"


def test_the_published_table_is_checked_cell_by_cell() -> None:
    runs = fixed_lr(**as_published())
    # The made-up validation loss is 1.1 times the training loss: set it to the table's, too.
    for rate, (_, val, _) in PUBLISHED.items():
        rows = runs["base_lr"] == rate
        runs.loc[rows, "val_loss"] = val + 0.01 * (runs.loc[rows, "seed"] - 1)
    assert check("A5", runs).verdict == "supported"
    outside = runs.copy()
    outside.loc[outside["base_lr"] == 0.01, "val_loss"] += 1.0
    verdict = check("A5", outside)
    assert verdict.verdict == "refuted"
    assert "14 lie in and 1 lie outside" in verdict.sentence
    assert "1 lie outside" in verdict.sentence
    assert check("A5", fixed_lr(seeds=1)).verdict == "not resolved"
    assert [cell.agrees for cell in compare(article_a(outside))].count(False) == 1
    assert "✗" in beside(outside).markdown()


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c[0] == "A" and c not in ("A7", "A9")])
def test_one_seed_never_decides(claim: str) -> None:
    verdict = check(claim, fixed_lr(seeds=1, **CASES.get(claim, ({},))[0]))
    assert verdict.verdict == "not resolved"
    assert verdict.n == 1


@pytest.mark.parametrize("claim", ["A2", "A5", "A6", "A8"])
def test_missing_runs_are_named(claim: str) -> None:
    runs = fixed_lr()
    verdict = check(claim, runs[runs["base_lr"] != 0.0001])
    assert verdict.verdict == "not resolved"
    assert "LR 0.0001" in verdict.sentence


def test_heavy_fluctuation_is_looked_for_after_the_first_third() -> None:
    # Down by two within six epochs, then to and fro by a hundredth: little beside the whole path.
    late = {"loss": lambda e, s: np.where(e <= 6, 2.4 - 0.4 * e, 0.01 * (-1.0) ** e) + 0.001 * s}
    first, *_ = check("A1", fixed_lr(lr_0_1=late)).parts
    assert first.holds
    assert "after epoch 6, the training loss rises at 7.0 of 13 changes" in first.sentence
    early = {"loss": lambda e, s: np.where(e <= 6, 2 + (-1.0) ** e, 1 / e) + 0.001 * s}
    assert check("A1", fixed_lr(lr_0_1=early)).parts[0].holds is False


def test_a1_weighs_the_last_five_epochs_and_a2_tells_of_the_earlier_ones() -> None:
    # Ahead throughout, but for the last epoch.
    dips = {"accuracy": lambda e, s: np.where(e == 20, 0.9, 0.99) + 0.0001 * s}
    verdict = check("A1", fixed_lr(lr_0_1=dips))
    assert verdict.parts[2].holds is True
    above = {"accuracy": lambda e, s: np.where(e == 20, 0.97, 0.99) + 0.0001 * s}
    assert check("A1", fixed_lr(lr_0_1=above)).parts[2].holds is False
    told = "LR 0.1 is resolved above LR 0.01 after 19 of 20 epochs."
    assert told in check("A2", fixed_lr(lr_0_1=above)).notes[0]
    assert not check("A2", fixed_lr(lr_0_1=level(0.5))).notes


def test_a_run_that_never_gets_there_counts_as_one_epoch_too_many_where_others_do() -> None:
    counts = "counts as if it did in the epoch after its last"
    some = {"accuracy": lambda e, s: np.where((e >= 9) & (s > 0), 0.98, 0.9)}
    assert counts in check("A2", fixed_lr(lr_0_001=some)).sentence
    never = check("A2", fixed_lr()).sentence
    assert "reaches 97\u00a0% in every seed, LR 0.001 in none." in never
    assert counts not in never
    quick = {f"lr_{name}": level(0.99) for name in ("0_1", "0_01", "0_001", "0_0001", "0_00001")}
    assert counts not in check("A2", fixed_lr(**quick)).sentence


def test_b1_flips() -> None:
    assert check("B1", adam_lr(top={0.01: 0.96, 0.001: 0.98, 0.0001: 0.97})).verdict == "supported"
    better = adam_lr(top={0.01: 0.99, 0.001: 0.98, 0.0001: 0.97})
    assert check("B1", better).verdict == "refuted"
    too_good = adam_lr(top={0.01: 0.96, 0.001: 0.995, 0.0001: 0.97})
    assert check("B1", too_good).verdict == "refuted"


def test_b2_flips() -> None:
    assert check("B2", adam_lr()).verdict == "supported"
    assert check("B2", adam_lr(top={0.001: 0.97, 0.0001: 0.98})).verdict == "refuted"


def test_b3_flips_and_counts_divergence() -> None:
    shared = {"study": "adam-lr", "model": "cnn-16-32", "optimizer": "adam", "base_lr": 0.01}
    unstable = study(
        *(
            run(
                seed=seed,
                epochs=5,
                loss=lambda e, s: np.where((s == 2) & (e > 3), math.nan, 1 + 0.1 * e),
                accuracy=lambda e, s: 0.9 - 0.01 * e - 0.001 * s,
                **shared,
            )
            for seed in range(3)
        )
    )
    unstable.loc[unstable["seed"] == 2, "diverged"] = True
    verdict = check("B3", unstable)
    assert verdict.verdict == "supported"
    assert "1 diverged" in verdict.sentence
    assert check("B3", adam_lr()).verdict == "refuted"


def test_b4_flips() -> None:
    assert check("B4", adam_lr()).verdict == "supported"
    same = {0.01: 0.98, 0.001: 0.98, 0.0001: 0.98}
    assert check("B4", adam_lr(top=same)).verdict == "refuted"
    assert check("B4", adam_lr(seeds=1)).verdict == "not resolved"


def test_c1_flips() -> None:
    assert check("C1", steplr(wobble=0.05)).verdict == "supported"
    assert check("C1", steplr(wobble=0.0)).verdict == "refuted"
    assert check("C1", steplr(seeds=1, wobble=0.05)).verdict == "not resolved"


def test_c6_flips() -> None:
    assert judge("C6", *momentum_shock(coasting=True, jump=0.02)).verdict == "supported"
    assert judge("C6", *momentum_shock(jump=0.02)).verdict == "refuted"
    assert judge("C6", *momentum_shock(coasting=True, jump=-0.02)).verdict == "refuted"
    assert judge("C6", *momentum_shock(seeds=1)).verdict == "not resolved"


def test_c7_flips() -> None:
    assert judge("C7", *momentum_shock(coasting=True, jump=0.02)).verdict == "supported"
    assert judge("C7", *momentum_shock(coasting=True, jump=-0.02)).verdict == "refuted"


def test_c12_flips() -> None:
    assert judge("C12", *momentum_shock(alike=True)).verdict == "supported"
    assert judge("C12", *momentum_shock()).verdict == "refuted"
    assert judge("C12", *momentum_shock(seeds=1)).verdict == "not resolved"


def test_missing_forms_are_named() -> None:
    runs, steps = momentum_shock()
    runs = runs[runs["formulation"] == "lr-outside"]
    assert "both forms" in judge("C12", runs, steps).sentence


def test_verdict_is_a_conjunction_of_three_values() -> None:
    def of(*outcomes: bool | None) -> str:
        return Verdict("X", "says", 3, tuple(Part("s.", o) for o in outcomes)).verdict

    assert of(True, True) == "supported"
    assert of(True, None) == "not resolved"
    assert of(None, False, True) == "refuted"
    assert of() == "not resolved"


def test_cards_carry_id_word_and_escaped_text() -> None:
    markdown = cards("A1 A2", check_all("A1 A2", fixed_lr()))._repr_markdown_()
    assert markdown.startswith("```{=html}\n")
    assert markdown.count('<div class="verdict verdict-refuted"') == 2
    assert 'id="claim-A1"' in markdown
    nasty = Verdict("A1", "<script>", 1, (Part("a < b & c", None),)).html()
    assert "<script>" not in nasty
    assert "a &lt; b &amp; c" in nasty
    assert 'class="verdict verdict-unresolved"' in nasty


def test_every_claim_says_how_it_is_decided() -> None:
    for claim_id, claim in CLAIMS.items():
        assert claim.judge.__doc__ is not None
        assert f"{claim_id} holds where" in claim.judge.__doc__, claim_id


def test_summaries_claim_no_more_than_the_intervals_allow() -> None:
    runs = article_a(fixed_lr())
    order = summary.rank(runs)
    assert order.names == ("0.1", "0.01", "0.001", "0.0001", "0.00001")
    assert order.place("0.0001") == "4 of 5"
    assert order.lead_clause.startswith("it leads LR 0.01 by 0.50 points (the same in each of 3")
    alone = summary.rank(article_a(fixed_lr(seeds=1)))
    assert alone.lead_clause.startswith("its lead over LR 0.01 is not resolved")
    assert alone.lead_clause.endswith(", nor is that over LR 0.001, 0.0001 and 0.00001")
    assert summary.tally([check("A1", runs), check("A3", runs)]) == (
        "1 supported, 1 refuted and 0 not resolved"
    )


def test_rates_that_tie_with_the_best_are_named_and_divided() -> None:
    values = {"1": (0.98, 0.99), "0.1": (0.97, 0.971), "0.01": (0.90, 0.999), "0.001": (0.5, 0.51)}
    runs = study(
        *(
            run(base_lr=float(rate), seed=seed, accuracy=lambda e, s, v=v: v + 0.0 * e)
            for rate, both in values.items()
            for seed, v in enumerate((both[0], both[1], sum(both) / 2))
        )
    )
    order = summary.rank(runs)
    assert (order.best, order.level) == ("1", ("0.01",))
    assert "it leads LR 0.1 by 1.45" in order.lead_clause
    assert order.lead_clause.endswith("; its lead over LR 0.01 is not resolved")
    other = summary.rank(stats.select(runs, base_lr=[0.1, 0.001]))
    assert summary.times_as_large(order, other) == "0.1 to 10"


def test_speed_is_told_by_seed() -> None:
    late = {"accuracy": lambda e, s: np.where(e >= 4 + 2 * s, 0.98, 0.9)}
    runs = fixed_lr(lr_0_1=late, lr_0_01={"accuracy": lambda e, s: 0.5 + 0 * e})
    at = {rate: runs[runs["base_lr"] == rate] for rate in (0.1, 0.01)}
    assert summary.reaches(at[0.1], 0.97) == "reaches 97\u00a0% in epochs 4 to 8"
    assert summary.reaches(at[0.01], 0.97) == "never reaches 97\u00a0% in 20 epochs"
    assert summary.always_reach(runs[runs["base_lr"].isin(at)]) == "LR 0.1"
    assert summary.always_reach(at[0.01]) == "none of the LRs"
    asked = [(at[0.1], at[0.01]), (at[0.01], at[0.1]), (at[0.1], at[0.1][:0])]
    assert [summary.yes_or_no(*pair) for pair in asked] == ["yes", "no", "not resolved"]
    assert "never with 1 seed" in summary.reaches(at[0.1][at[0.1]["epoch"] < 7], 0.97)
    assert summary.outcome(at[0.1]).startswith("It reaches 97\u00a0% in epochs 4 to 8, and after")


def test_path_length_adds_up_the_steps() -> None:
    steps = run(epochs=2, base_lr=0.5)  # Gradient norms 1 and 1/2.
    assert summary.path_length(steps) == pytest.approx(938 * 0.5 * 1.5)


@pytest.mark.parametrize(("seeds", "holds"), [(2, None), (3, False)])
def test_the_same_count_in_every_seed_needs_three_of_them(seeds: int, holds: bool | None) -> None:
    epochs = pd.Series([4.0] * seeds)
    part = is_more("It comes", "the other", epochs, epochs, words=("later", "sooner"), want=-1)
    assert part.holds is holds
    assert (
        part.sentence
        == f"It comes neither later nor sooner than the other in any seed ({seeds} paired seeds)."
    )


def test_what_is_left_of_diverged_runs_decides_nothing() -> None:
    survivors = pd.Series([np.nan, np.nan, 0.90, 0.91, 0.92])
    steady = pd.Series([1.0] * 5)
    part = is_more("The loss is", "before", survivors, steady, words=("higher", "lower"))
    assert part.holds is None
    assert "2 of 5 not finite" in part.sentence
    assert is_above("It is", survivors, 0.5, what="the bound").holds is None


def test_the_seed_that_moves_last_is_named() -> None:
    falls = {"accuracy": lambda e, s: np.where((e == 20) & (s == 1), 0.95, 0.99)}
    runs = fixed_lr(lr_0_1=falls)
    told = summary.last_change(runs[runs["base_lr"] == 0.1]).replace("\u00a0", " ")
    assert told.startswith("seed 1 goes from 99.00 % to 95.00 % in the very last epoch")
    assert told.endswith("between 99.00 % and 99.00 %")
