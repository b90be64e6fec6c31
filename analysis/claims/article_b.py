"""Claims of article B: Adam, five epochs, three learning rates."""

from __future__ import annotations

import pandas as pd

from analysis import stats, text
from analysis.claims.common import (
    accuracy_against,
    by_rate,
    fewest_seeds,
    loss_against,
    missing_rates,
    plateau,
    steadiness,
    told_validation,
)
from analysis.spread import spread_of
from analysis.verdicts import Part, Verdict, is_above, lacking

RATES = (0.01, 0.001, 0.0001)


def article_b(runs: pd.DataFrame) -> pd.DataFrame:
    """Select the runs in article B's setting: Adam, three constant LRs, batch 64, 5 epochs."""
    return stats.select(
        runs,
        base_lr=RATES,
        model="cnn-16-32",
        optimizer="adam",
        schedule="constant",
        batch_size=64,
        epochs=5,
    )


def b1(runs: pd.DataFrame) -> Verdict:
    """Test claim B1.

    B1 holds where Adam at LR 0.001 ends above 0.01 and 0.0001, between 96.5 % and 98.5 % (which
    round to the claimed numbers), and its training loss does not fluctuate heavily.
    """
    says = "With Adam, LR 0.001 is best: about 97 to 98 % validation accuracy, learned smoothly."
    groups = by_rate(article_b(runs), RATES)
    if missing := missing_rates(groups, RATES):
        return lacking("B1", says, missing)
    final = stats.final(groups[0.001], "val_accuracy")
    low, high = (
        is_above(
            "LR 0.001 ends at a validation accuracy of",
            final,
            limit,
            what=what,
            unit="%",
            want=want,
        )
        for limit, what, want in (
            (0.965, "the lower end of what rounds to the claim", 1),
            (0.985, "the upper end of what rounds to the claim", -1),
        )
    )
    parts = (
        accuracy_against(groups, 0.001, 0.01),
        accuracy_against(groups, 0.001, 0.0001),
        low,
        high,
        steadiness(groups[0.001], "LR 0.001", want=-1),
    )
    return Verdict("B1", says, fewest_seeds(groups), parts)


def b2(runs: pd.DataFrame) -> Verdict:
    """Test claim B2.

    B2 holds where Adam at LR 0.0001 ends with a higher training loss and a lower validation
    accuracy than at 0.001.
    """
    says = "With Adam, LR 0.0001 is slow: its loss falls gradually and it ends below 0.001."
    groups = by_rate(article_b(runs), (0.001, 0.0001))
    if missing := missing_rates(groups, (0.001, 0.0001)):
        return lacking("B2", says, missing)
    parts = (
        loss_against(groups, 0.0001, 0.001),
        accuracy_against(groups, 0.0001, 0.001, want=-1),
    )
    return Verdict("B2", says, fewest_seeds(groups), parts)


def b3(runs: pd.DataFrame) -> Verdict:
    """Test claim B3.

    B3 holds where Adam at LR 0.01 fluctuates heavily in training loss after the first epoch, and
    gains less than 0.1 points of validation accuracy an epoch over the last three. Diverged seeds
    are counted.
    """
    says = "With Adam, LR 0.01 is unstable: loss swings or rises, accuracy stagnates, may diverge."
    groups = by_rate(article_b(runs), (0.01,))
    if missing := missing_rates(groups, (0.01,)):
        return lacking("B3", says, missing)
    frame = groups[0.01]
    lost = int(frame.groupby("seed")["diverged"].any().sum())
    n = len(stats.seeds(frame))
    parts = (steadiness(frame, "LR 0.01", want=1), plateau(frame, "LR 0.01", epochs=3))
    fate = f"Of {text.count(n, 'run')} at LR 0.01, {lost} diverged."
    return Verdict("B3", says, n, parts, (told_validation(frame, "LR 0.01"), fate))


def b4(runs: pd.DataFrame) -> Verdict:
    """Test claim B4.

    B4 holds where the spread of final validation accuracy between LRs exceeds that between
    seeds: the 95 % interval of the ratio of the two lies above 1. Other hyperparameters are
    not compared.
    """
    says = "The LR is among the first hyperparameters to tune."
    groups = by_rate(article_b(runs), RATES)
    if missing := missing_rates(groups, RATES):
        return lacking("B4", says, missing)
    found = spread_of({r: stats.final(g, "val_accuracy") for r, g in groups.items()})
    ratio = stats.Interval(
        found.between / found.within if found.within else found.ratio_low,
        found.ratio_low,
        found.ratio_high,
        found.n,
    )
    side = ratio.side_of(1.0) if ratio.defined else int(found.ratio_low > 1.0)
    sentence = (
        f"Between LRs the final accuracy spreads by {text.points(found.between)} (one standard "
        f"deviation), between seeds by {text.points(found.within)}; the ratio's "
        f"{text.bounds(ratio, digits=1)}."
    )
    note = (
        f"With {found.settings} LRs this interval stays wide, however many seeds there are: it "
        "takes the LRs for a sample of those that one might try, and more of them would narrow it."
    )
    parts = (Part(sentence, side > 0 if side else None, ratio),)
    return Verdict("B4", says, found.n, parts, (note,))
