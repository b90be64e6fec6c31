"""Claims of article C about momentum: what an abrupt drop of the LR does to its buffer.

"The drop" is StepLR's from 0.01 to 0.001 after the third of four epochs. The jump of a loss is its
mean over the 50 steps after the change minus that over the 50 before, by seed. Each claim takes the
study's table and its ``shock.windows``.
"""

from __future__ import annotations

import pandas as pd

from analysis import grouping, shock, stats, text
from analysis.labels import name_of
from analysis.shock import FIRST, MOMENTUM
from analysis.verdicts import Part, Verdict, is_above, is_more, lacking, within

# "Too large for the new step": over ten steps more than twice the new length, on average.
TOO_LONG = 2.0
# Step lengths of two forms within this share of each other count as one.
ALIKE = 0.10
# The form that decides, PyTorch's, since the article uses PyTorch; and the other.
TORCH, OTHER = "lr-outside", "lr-inside"


def _case(
    window: pd.DataFrame, form: str, momentum: float = MOMENTUM, event: str = shock.DROP
) -> pd.DataFrame:
    return shock.case(window, event, form, momentum)


def _told(part: pd.DataFrame) -> str:
    """Lengths and loss of one setting in a clause; decides nothing."""
    mean = stats.mean_interval(shock.mean_length_after(part))
    jump = stats.mean_interval(shock.loss_jump(part))
    return (
        f"the first {FIRST} steps average {text.with_interval(mean, '', 1)} new lengths, and the "
        f"validation loss changes by {text.with_interval(jump, '', 4)}"
    )


def c6(runs: pd.DataFrame, window: pd.DataFrame) -> Verdict:
    """Test claim C6.

    C6 holds where, in PyTorch's form with momentum 0.9, the first ten steps after the drop
    average over twice the new length, and the validation loss of the 50 steps after it is
    above that of the 50 before. The LR-inside form is told beside it and does not decide.
    """
    says = (
        "An abrupt drop shocks the momentum buffer: its stored velocity is too large for the new "
        "step, so the loss spikes a little and progress pauses."
    )
    torch_form, inside = _case(window, TORCH), _case(window, OTHER)
    if not len(torch_form):
        return lacking("C6", says, ["momentum 0.9 in PyTorch's form around a drop"])
    lengths = shock.mean_length_after(torch_form)
    parts = (
        is_above(
            f"In PyTorch's form (LR outside) the first {FIRST} steps after the drop average",
            lengths,
            TOO_LONG,
            what="what we call too long",
            unit="new step lengths",
        ),
        _rise(shock.loss_jump(torch_form)),
    )
    notes = (f"In the LR-inside form {_told(inside)}.",) if len(inside) else ()
    return Verdict("C6", says, len(lengths), parts, notes)


def c7(runs: pd.DataFrame, window: pd.DataFrame) -> Verdict:
    """Test claim C7.

    C7 holds where, in PyTorch's form, momentum 0.9 has longer first steps after the drop (in
    new step lengths) than momentum 0, and the validation loss rises there, by a larger share of
    itself than without: the two do not start from the same loss. Where it does not rise there is
    no problem to be lessened. Other momenta are told beside it and do not decide.
    """
    says = "Without momentum, StepLR's drop is less of a problem."
    heavy, plain = pair = _case(window, TORCH), _case(window, TORCH, 0.0)
    if not len(heavy) or not len(plain):
        return lacking("C7", says, ["momentum 0.9 and momentum 0 around a drop"])
    parts = (
        is_more(
            f"In new step lengths, the first {FIRST} steps with momentum 0.9 are on average",
            "without momentum",
            shock.mean_length_after(heavy),
            shock.mean_length_after(plain),
            words=("longer", "shorter"),
        ),
        _rise(shock.loss_jump(heavy)),
        is_more(
            "With momentum 0.9, the change of the validation loss at the drop, as a share of the "
            "loss before it, is",
            "without momentum",
            *(shock.loss_jump(form) / shock.loss_before(form) for form in pair),
            words=("higher", "lower"),
            unit="points",
            digits=1,
        ),
    )
    others = {m: _case(window, TORCH, m) for m in (0.5, 0.99)}
    levels = (text.with_interval(stats.mean_interval(shock.loss_before(f)), "", 3) for f in pair)
    told = "before the drop the validation loss is {} with momentum 0.9 and {} without".format(
        *levels
    )
    notes = [f"The two do not start from the same place: {told}."]
    notes += [
        f"With {name_of('momentum', momentum)} {_told(part)}."
        for momentum, part in others.items()
        if len(part)
    ]
    n = len(set(stats.seeds(heavy)) & set(stats.seeds(plain)))
    return Verdict("C7", says, n, parts, tuple(notes))


def c8(runs: pd.DataFrame, window: pd.DataFrame) -> Verdict:
    """Test claim C8.

    C8 holds where there is a shock and the smooth decays avoid it: in PyTorch's form with momentum
    0.9 the validation loss jumps up at the abrupt drop, and it jumps more there than at the same
    step under exponential and under cosine decay, all three ending at the same LR. It fails where
    the loss is resolved not to rise at the drop (there is nothing to avoid), or is resolved to
    jump less than under a smooth decay. The LR-inside form, and where the runs end, are told
    beside it and do not decide.
    """
    says = "Smooth decay (exponential, cosine) avoids the shock of an abrupt drop."
    smooth = (shock.EXPONENTIAL, shock.COSINE)
    drop = _case(window, TORCH)
    controls = {event: _case(window, TORCH, event=event) for event in smooth}
    needed = {"the abrupt drop": drop} | {shock.EVENTS[e]: part for e, part in controls.items()}
    if missing := [name for name, part in needed.items() if not len(part)]:
        return lacking("C8", says, missing)
    jump = shock.loss_jump(drop)
    parts = [_rise(jump)]
    notes = []
    for event, part in controls.items():
        under = f"under {shock.EVENTS[event]}"
        parts.append(
            is_more(
                "The change at the abrupt drop is",
                under,
                jump,
                shock.loss_jump(part),
                words=("higher", "lower"),
                digits=4,
            )
        )
        inside, other = _case(window, OTHER), _case(window, OTHER, event=event)
        if len(inside) and len(other):
            against = stats.paired(shock.loss_jump(inside), shock.loss_jump(other))
            notes.append(
                f"In the LR-inside form the change at the abrupt drop is "
                f"{text.compared(against, 'higher', 'lower', under, '', 4)}."
            )
        ends = stats.paired(_end(runs, drop), _end(runs, part))
        notes.append(
            f"The final validation loss of PyTorch's form with the abrupt drop is "
            f"{text.compared(ends, 'higher', 'lower', under, '', 4)}."
        )
    n = min(len(set(stats.seeds(drop)) & set(stats.seeds(part))) for part in controls.values())
    return Verdict("C8", says, n, tuple(parts), tuple(notes))


def _rise(jump: pd.Series) -> Part:
    subject = (
        "In PyTorch's form (LR outside) with momentum 0.9, the validation loss after the drop, "
        "minus that before it, is"
    )
    return is_above(subject, jump, 0.0, what="no change", digits=4)


def _end(runs: pd.DataFrame, window: pd.DataFrame) -> pd.Series:
    return stats.final(runs[runs["run_id"].isin(window["run_id"].unique())], "val_loss")


def c12(runs: pd.DataFrame, window: pd.DataFrame) -> Verdict:
    """Test claim C12.

    C12 holds where the step lengths of the two forms (momentum 0.9) agree within 10 % both
    before the drop and over the first ten steps after it; it fails where they are resolved
    to part.
    """
    says = "The two ways to write momentum, LR inside or outside the buffer, are one method."
    outside, inside = _case(window, TORCH), _case(window, OTHER)
    if not len(outside) or not len(inside):
        return lacking("C12", says, ["both forms with momentum 0.9 around a drop"])
    parts = (
        _alike("Before the drop", *(_length(f, f["k"] <= 0) for f in (outside, inside))),
        _alike(
            f"Over the first {FIRST} steps after the drop",
            *(_length(f, (f["k"] >= 1) & (f["k"] <= FIRST)) for f in (outside, inside)),
        ),
    )
    n = len(set(stats.seeds(outside)) & set(stats.seeds(inside)))
    return Verdict("C12", says, n, parts)


def _length(frame: pd.DataFrame, rows: pd.Series) -> pd.Series:
    return grouping.mean_by_seed(frame.loc[rows, "update_norm"], frame.loc[rows, "seed"])


def _alike(subject: str, outside: pd.Series, inside: pd.Series) -> Part:
    ratio = stats.mean_interval((inside / outside).dropna())
    factor, limit = text.with_interval(ratio, "", 2), text.percent(ALIKE, 0)
    holds = within(ratio, 1 - ALIKE, 1 + ALIKE)
    outcome = {
        True: f"alike within {limit}",
        False: f"more than {limit} apart",
        None: f"not resolved against {limit}",
    }[holds]
    sentence = f"{subject} the LR-inside step is {factor} times the LR-outside step: {outcome}."
    return Part(sentence, holds, ratio)
