"""Claims of article C: what an abrupt drop does to momentum."""

from __future__ import annotations

import pandas as pd

from analysis import shock, stats, text
from analysis.verdicts import Part, Verdict, is_above, is_more, lacking

# "Too large for the new step": over ten steps more than twice the new length, on average.
TOO_LONG = 2.0
# Step lengths of two forms within this share of each other count as one.
ALIKE = 0.10
FIRST = 10


def _drops(runs: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    window = shock.windows(runs, steps)
    return window[(window["schedule"] == "StepLR") & (window["gamma"] < 0.999)]


def _case(window: pd.DataFrame, form: str, momentum: float) -> pd.DataFrame:
    return stats.select(window, formulation=form, momentum=momentum, optimizer="sgd")


def c6(runs: pd.DataFrame, steps: pd.DataFrame) -> Verdict:
    """Test claim C6.

    C6 holds where, in PyTorch's form with momentum 0.9, the first ten steps after the drop
    average over twice the new length, and the validation loss of the 50 steps after it is
    above that of the 50 before. The LR-inside form is told beside it and does not decide.
    """
    says = (
        "An abrupt drop shocks the momentum buffer: its stored velocity is too large for the new "
        "step, so the loss spikes a little and progress pauses."
    )
    window = _drops(runs, steps)
    torch_form = _case(window, "lr-outside", 0.9)
    if not len(torch_form):
        return lacking("C6", says, ["momentum 0.9 in PyTorch's form around a drop"])
    lengths = shock.mean_length_after(torch_form, FIRST)
    parts = (
        is_above(
            f"In PyTorch's form (LR outside) the first {FIRST} steps after the drop average, in "
            f"units of the new step length,",
            lengths,
            TOO_LONG,
            what="what we call too long",
        ),
        is_above(
            "The validation loss after the drop, minus that before it, is",
            shock.loss_jump(torch_form),
            0.0,
            what="no change",
            digits=4,
        ),
    )
    notes = []
    inside = _case(window, "lr-inside", 0.9)
    if len(inside):
        mean = text.with_interval(
            stats.mean_interval(shock.mean_length_after(inside, FIRST)), "", 1
        )
        jump = text.with_interval(stats.mean_interval(shock.loss_jump(inside)), "", 4)
        notes.append(
            f"In the LR-inside form the same steps average {mean} new lengths, and the validation "
            f"loss changes by {jump}."
        )
    return Verdict("C6", says, len(lengths), parts, tuple(notes))


def c7(runs: pd.DataFrame, steps: pd.DataFrame) -> Verdict:
    """Test claim C7.

    C7 holds where, in PyTorch's form, momentum 0.9 has longer first steps after the drop (in
    new step lengths) than momentum 0, and a larger rise of the validation loss.
    """
    says = "Without momentum, StepLR's drop is less of a problem."
    window = _drops(runs, steps)
    heavy, plain = _case(window, "lr-outside", 0.9), _case(window, "lr-outside", 0.0)
    if not len(heavy) or not len(plain):
        return lacking("C7", says, ["momentum 0.9 and momentum 0 around a drop"])
    parts = (
        is_more(
            f"The mean of the first {FIRST} steps, in new step lengths, with momentum 0.9 against "
            f"none,",
            shock.mean_length_after(heavy, FIRST),
            shock.mean_length_after(plain, FIRST),
            words=("longer", "shorter"),
        ),
        is_more(
            "The change of the validation loss at the drop, with momentum 0.9 against none,",
            shock.loss_jump(heavy),
            shock.loss_jump(plain),
            words=("higher", "lower"),
            digits=4,
        ),
    )
    n = len(set(stats.seeds(heavy)) & set(stats.seeds(plain)))
    return Verdict("C7", says, n, parts)


def c12(runs: pd.DataFrame, steps: pd.DataFrame) -> Verdict:
    """Test claim C12.

    C12 holds where the step lengths of the two forms (momentum 0.9) agree within 10 % both
    before the drop and over the first ten steps after it; it fails where they are resolved
    to part.
    """
    says = "The two ways to write momentum, LR inside or outside the buffer, are one method."
    window = _drops(runs, steps)
    outside, inside = (_case(window, form, 0.9) for form in ("lr-outside", "lr-inside"))
    if not len(outside) or not len(inside):
        return lacking("C12", says, ["both forms with momentum 0.9 around a drop"])
    parts = (
        _alike("Before the drop", *(_length(f, f["k"] <= 0) for f in (outside, inside))),
        _alike(
            f"Over the first {FIRST} steps after it",
            *(_length(f, (f["k"] >= 1) & (f["k"] <= FIRST)) for f in (outside, inside)),
        ),
    )
    n = len(set(stats.seeds(outside)) & set(stats.seeds(inside)))
    return Verdict("C12", says, n, parts)


def _length(frame: pd.DataFrame, rows: pd.Series) -> pd.Series:
    return frame[rows].groupby("seed")["update_norm"].mean()


def _alike(subject: str, outside: pd.Series, inside: pd.Series) -> Part:
    ratio = stats.mean_interval((inside / outside).dropna())
    within = ratio.side_of(1 - ALIKE) > 0 and ratio.side_of(1 + ALIKE) < 0
    apart = ratio.side_of(1 - ALIKE) < 0 or ratio.side_of(1 + ALIKE) > 0
    factor = text.with_interval(ratio, "", 2)
    limit = text.percent(ALIKE, 0)
    outcome = (
        f"alike within {limit}"
        if within
        else f"more than {limit} apart"
        if apart
        else f"not resolved against {limit}"
    )
    sentence = f"{subject} the LR-inside step is {factor} times the LR-outside step: {outcome}."
    return Part(sentence, True if within else False if apart else None, ratio)
