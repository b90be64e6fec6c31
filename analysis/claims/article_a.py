"""Claims of article A: one fixed learning rate for the whole of training, plain SGD."""

from __future__ import annotations

import pandas as pd

from analysis import counts, shape, stats, text
from analysis.article_table import compare
from analysis.claims.common import (
    BARELY,
    Groups,
    accuracy_against,
    by_rate,
    fewest_seeds,
    first_reach,
    loss_against,
    missing_rates,
    per_seed,
    plateau,
    settling,
    steadiness,
    told_never,
    told_validation,
)
from analysis.shape import REACH
from analysis.verdicts import Part, Verdict, is_above, is_more, lacking

RATES = (0.1, 0.01, 0.001, 0.0001, 0.00001)


def article_a(runs: pd.DataFrame) -> pd.DataFrame:
    """Select the runs in article A's setting: plain SGD, five constant LRs, batch 64, 20 epochs."""
    return stats.select(
        runs,
        base_lr=RATES,
        model="cnn-8-16",
        optimizer="sgd",
        momentum=0.0,
        schedule="constant",
        batch_size=64,
        epochs=20,
    )


def a1(runs: pd.DataFrame) -> Verdict:
    """Test claim A1.

    A1 holds where, at LR 0.1, rises make up over 10 % of the training loss's path after the first
    third, the last five validation accuracies span more than the test set's noise band, and their
    mean is below that at 0.01.
    """
    says = "LR 0.1 is too high: the loss swings heavily and the accuracy never settles."
    groups = by_rate(article_a(runs), RATES)
    if missing := missing_rates(groups, (0.1, 0.01)):
        return lacking("A1", says, missing)
    high = groups[0.1]
    parts = (
        steadiness(high, "LR 0.1", want=1),
        settling(high, "LR 0.1"),
        _late_accuracy_against(groups, 0.1, 0.01),
    )
    notes = (told_validation(high, "LR 0.1"),)
    return Verdict("A1", says, fewest_seeds({k: groups[k] for k in (0.1, 0.01)}), parts, notes)


def _late_accuracy_against(groups: Groups, rate: float, other: float) -> Part:
    """Whether one rate's mean validation accuracy over the last epochs is below another's."""
    ours, theirs = (per_seed(groups[r], "val_accuracy", shape.last_mean) for r in (rate, other))
    return is_more(
        f"Over the last {shape.LAST} epochs the mean validation accuracy at LR {text.lr(rate)} is",
        f"at LR {text.lr(other)}",
        ours,
        theirs,
        words=("higher", "lower"),
        unit="points",
        want=-1,
    )


def a2(runs: pd.DataFrame) -> Verdict:
    """Test claim A2.

    A2 holds where no other LR reaches 97 % sooner and every other LR ends lower. It fails only
    where some other LR beats 0.01 on both counts at once: a balance may cost one.
    """
    says = "LR 0.01 strikes the best balance between speed and stability."
    groups = by_rate(article_a(runs), RATES)
    if missing := missing_rates(groups, RATES):
        return lacking("A2", says, missing)
    reach = {rate: first_reach(group, "val_accuracy", REACH) for rate, group in groups.items()}
    parts = []
    for rate in RATES:
        if rate == 0.01:
            continue
        accuracy = accuracy_against(groups, 0.01, rate)
        later = _later(reach[0.01], reach[rate], f"LR {text.lr(rate)}", int(runs["epochs"].max()))
        # is_more gives False both for "sooner" and for "the same in every seed".
        beaten = accuracy.holds is False and later.holds is True
        ahead = accuracy.holds is True and later.holds is False
        holds = False if beaten else True if ahead else None
        parts.append(Part(f"{accuracy.sentence} {later.sentence}", holds, accuracy.number))
    notes = _told_ahead(groups, 0.1, 0.01)
    return Verdict("A2", says, fewest_seeds(groups), tuple(parts), notes)


def _told_ahead(groups: Groups, rate: float, other: float) -> tuple[str, ...]:
    """Return in how many epochs one rate is resolved above another: the last one may be luck."""
    ours, theirs = (stats.curves(groups[r], "val_accuracy") for r in (rate, other))
    ahead = [e for e in ours.index if stats.paired(ours.loc[e], theirs.loc[e]).side_of() > 0]
    sentence = (
        f"The last epoch decides here; LR {text.lr(rate)} is resolved above LR {text.lr(other)} "
        f"after {len(ahead)} of {text.count(len(ours), 'epoch')}."
    )
    return (sentence,) if ahead else ()


def _later(own: pd.Series, other: pd.Series, label: str, epochs: int) -> Part:
    """Whether LR 0.01 reaches the accuracy in a later epoch than another LR."""
    if (own <= epochs).all() and (other > epochs).all() and len(other) >= stats.ENOUGH_TO_AGREE:
        every = f"{text.percent(REACH, 0)} in every seed, {label} in none"
        return Part(f"LR 0.01 reaches {every}.", False)
    part = is_more(
        f"LR 0.01 reaches {text.percent(REACH, 0)} accuracy",
        label,
        own,
        other,
        words=("later", "sooner"),
        unit="epochs",
        digits=1,
        paired=counts.paired,
    )
    note = told_never((own, other), epochs)
    return Part(" ".join((part.sentence, *note)), part.holds, part.number)


def a3(runs: pd.DataFrame) -> Verdict:
    """Test claim A3.

    A3 holds where LR 0.001's training loss does not fluctuate heavily, ends above that of 0.01,
    and its validation accuracy ends below that of 0.01.
    """
    says = "LR 0.001 is steady, but 20 epochs leave it underfitted."
    groups = by_rate(article_a(runs), (0.01, 0.001))
    if missing := missing_rates(groups, (0.01, 0.001)):
        return lacking("A3", says, missing)
    parts = (
        accuracy_against(groups, 0.001, 0.01, want=-1),
        loss_against(groups, 0.001, 0.01),
        steadiness(groups[0.001], "LR 0.001", want=-1),
    )
    return Verdict("A3", says, fewest_seeds(groups), parts)


def a4(runs: pd.DataFrame) -> Verdict:
    """Test claim A4.

    A4 holds where LR 0.0001 ends below 50 % validation accuracy and gains less than 0.1 points
    an epoch over the last five.
    """
    says = "LR 0.0001 barely learns: its accuracy flattens almost at once."
    groups = by_rate(article_a(runs), (0.0001,))
    if missing := missing_rates(groups, (0.0001,)):
        return lacking("A4", says, missing)
    barely = is_above(
        "LR 0.0001 ends at a validation accuracy of",
        stats.final(groups[0.0001], "val_accuracy"),
        BARELY,
        what="one image in two",
        unit="%",
        want=-1,
    )
    parts = (barely, plateau(groups[0.0001], "LR 0.0001"))
    return Verdict("A4", says, fewest_seeds(groups), parts)


def a5(runs: pd.DataFrame) -> Verdict:
    """Test claim A5.

    A5 holds where each of the table's 15 cells lies in the range in which one more run of the
    same setting is expected (95 % prediction interval); it fails where any lies outside.
    """
    says = "Its closing table: final training loss, validation loss and accuracy for five LRs."
    cells = compare(article_a(runs))
    if missing := [f"LR {text.lr(cell.rate)}" for cell in cells if cell.measured.n == 0]:
        return lacking("A5", says, dict.fromkeys(missing))
    n = min(cell.measured.n for cell in cells)
    inside = [cell for cell in cells if cell.agrees is True]
    outside = [cell for cell in cells if cell.agrees is False]
    open_cells = len(cells) - len(inside) - len(outside)
    told = (
        (len(inside), "lie in"),
        (len(outside), "lie outside"),
        (open_cells, "cannot be held against"),
    )
    where = text.listing([f"{number} {verb}" for number, verb in told if number])
    sentence = (
        f"Of its {len(cells)} cells, {where} the range in which one more run of the setting is "
        f"expected."
    )
    holds = False if outside else True if len(inside) == len(cells) else None
    return Verdict("A5", says, n, (Part(sentence, holds),))


def a6(runs: pd.DataFrame) -> Verdict:
    """Test claim A6.

    A6 holds where LR 0.0001 ends above every other LR in validation accuracy and 100 % lies in
    the range in which one more run is expected.
    """
    says = "LR 0.0001 gives the best model of all, with every validation image right."
    groups = by_rate(article_a(runs), RATES)
    if missing := missing_rates(groups, RATES):
        return lacking("A6", says, missing)
    parts = [accuracy_against(groups, 0.0001, rate) for rate in RATES if rate != 0.0001]
    expected = stats.prediction_interval(stats.final(groups[0.0001], "val_accuracy"))
    inside = not expected.side_of(1.0)
    span = text.span(expected, "%")
    if expected.defined:
        span = f"95{text.SPACE}% range for one more run {span}"
    perfect = Part(
        f"LR 0.0001 ends at {text.percent(expected.mean)} ({span}).",
        None if not expected.defined else inside,
        expected,
    )
    return Verdict("A6", says, fewest_seeds(groups), (*parts, perfect))


def a8(runs: pd.DataFrame) -> Verdict:
    """Test claim A8.

    A8 holds where LR 0.1 fluctuates heavily, LR 0.0001 and 0.00001 have stalled (under 0.1
    points an epoch) below 0.01's accuracy, and 0.01 and 0.001 are steady and end at 97 % or
    more.
    """
    says = "Large LRs destabilise training, tiny ones stall it, 0.01 and 0.001 balance the two."
    groups = by_rate(article_a(runs), RATES)
    if missing := missing_rates(groups, RATES):
        return lacking("A8", says, missing)
    parts = [steadiness(groups[0.1], "LR 0.1", want=1)]
    for rate in (0.0001, 0.00001):
        parts.append(plateau(groups[rate], f"LR {text.lr(rate)}"))
        parts.append(accuracy_against(groups, rate, 0.01, want=-1))
    for rate in (0.01, 0.001):
        parts.append(steadiness(groups[rate], f"LR {text.lr(rate)}", want=-1))
        parts.append(
            is_above(
                f"LR {text.lr(rate)} ends at a validation accuracy of",
                stats.final(groups[rate], "val_accuracy"),
                REACH,
                what="the accuracy asked of it",
                unit="%",
            )
        )
    notes = (told_validation(groups[0.1], "LR 0.1"),)
    return Verdict("A8", says, fewest_seeds(groups), tuple(parts), notes)
