"""Claims about schedules against fixed rates and against each other: A7, A9, C10.

Article A trains plain SGD, so its two claims are decided without momentum; what the runs with
momentum say is told beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis import counts, schedules, stats, text
from analysis.claims.common import first_reach, told_never
from analysis.leaders import Leader, fixed_rates, leaders
from analysis.schedules import Choice
from analysis.verdicts import Part, Verdict, is_more, lacking

# "A faster start": sooner at this accuracy on the test images. At the 97 % that the site uses
# elsewhere, momentum 0.9 gets within the first epoch or two whatever the schedule.
QUICK = 0.98
ARTICLE_MOMENTUM = 0.0


def _label(momentum: float) -> str:
    return f"With momentum {text.lr(momentum)}" if momentum else "Without momentum"


def _higher(choice: Choice, rival: Choice, subject: str, than: str) -> Part:
    """Whether one schedule ends with a higher test accuracy than another."""
    return is_more(
        subject,
        than,
        choice.accuracies,
        rival.accuracies,
        words=("higher", "lower"),
        unit="points",
    )


def speed(choice: Choice) -> pd.Series:
    """Return the first epoch at or above ``QUICK`` on the test images, by seed."""
    return first_reach(choice.runs, "test_accuracy", QUICK)


def _change_of_lead(found: Sequence[Leader]) -> Part:
    """Whether one fixed LR leads early and another one late, both leads resolved."""
    first, last = found[0], found[-1]
    first_name, last_name = (f"LR {text.lr(leader.rate)}" for leader in (first, last))
    if first.rate == last.rate:
        alone = not first.level and not last.level
        sentence = (
            f"{first_name} has the highest mean accuracy after epoch {first.epoch} and after epoch "
            f"{last.epoch}, {'and is' if alone else 'but is not'} resolved above all others both "
            f"times."
        )
        return Part(sentence, False if alone else None)
    early, late = first.behind[last.rate], last.behind[first.rate]
    behind = [
        text.compared(gap, "higher", "lower", f"at {leader}", "points")
        for gap, leader in ((early, first_name), (late, last_name))
    ]
    sentence = (
        f"After epoch {first.epoch} {first_name} leads; at {last_name} the accuracy is "
        f"{behind[0]}. After epoch {last.epoch} {last_name} leads; at {first_name} it is "
        f"{behind[1]}."
    )
    both = early.side_of() < 0 and late.side_of() < 0
    return Part(sentence, True if both else None, early)


def a7(runs: pd.DataFrame, scheduled: pd.DataFrame) -> Verdict:
    """Test claim A7.

    A7 holds where the leading fixed LR after epoch 1 and the one after the last epoch differ and
    each is resolved above the other in its turn, and where the schedule that validation picks ends
    above the best constant LR on the test images, both at their own best peak LR. It fails where
    one LR leads all others at both ends, or such a schedule ends lower.

    Parameters
    ----------
    runs : study fixed-lr
    scheduled : study schedules
    """
    says = "No single fixed LR is best for the whole of training."
    fixed, scheduled = fixed_rates(runs), schedules.with_peaks(scheduled)
    missing = [] if fixed["base_lr"].nunique() > 1 else ["two fixed LRs without momentum"]
    duels = _duels(scheduled)
    if ARTICLE_MOMENTUM not in duels:
        missing.append("a constant LR beside a schedule without momentum")
    if missing:
        return lacking("A7", says, missing)
    gains = {momentum: _gain(duel) for momentum, duel in duels.items()}
    found = leaders(fixed)
    parts = (_change_of_lead(found), gains.pop(ARTICLE_MOMENTUM))
    notes = (*_never_behind(found), *(gain.sentence for gain in gains.values()))
    n = min(int(fixed.groupby("base_lr")["seed"].nunique().min()), duels[ARTICLE_MOMENTUM].n)
    return Verdict("A7", says, n, parts, notes)


def _never_behind(found: Sequence[Leader]) -> tuple[str, ...]:
    """Return which fixed LRs are after no epoch resolved below the leader, as a sentence."""
    rates = sorted({found[0].rate, *found[0].behind}, reverse=True)
    never = [r for r in rates if all(r == one.rate or r in one.level for one in found)]
    names = text.listing([f"LR {text.lr(rate)}" for rate in never])
    of = text.count(len(found), "epoch")
    verb = "is" if len(never) == 1 else "are"
    return (f"{names} {verb} resolved below the leader after none of {of}.",) if never else ()


@dataclass(frozen=True)
class _Duel:
    """The schedule that validation picks, the constant LR, and all others: each at its best."""

    momentum: float
    best: Choice
    constant: Choice
    choices: dict[str, Choice]

    @property
    def n(self) -> int:
        """The number of seeds that the two share."""
        return len(set(stats.seeds(self.best.runs)) & set(stats.seeds(self.constant.runs)))


def _duels(runs: pd.DataFrame) -> dict[float, _Duel]:
    """Return the duel of each momentum that has one, those that decide and those that are told."""
    found = {}
    for momentum in stats.levels(runs, "momentum", descending=False):
        choices = schedules.own_best(runs, momentum)
        best = schedules.picked(choices)
        if best and "constant" in choices:
            found[momentum] = _Duel(momentum, best, choices["constant"], choices)
    return found


def _gain(duel: _Duel) -> Part:
    subject = f"{_label(duel.momentum)}, the test accuracy of the schedule that validation picks "
    than = f"that of the best constant LR ({text.lr(duel.constant.peak)})"
    return _higher(duel.best, duel.constant, f"{subject}({duel.best.name}) is", than)


def a9(runs: pd.DataFrame) -> Verdict:
    """Test claim A9.

    A9 holds where the schedule that validation picks reaches 98 % of the test images in an earlier
    epoch than the best constant LR, and ends with a higher test accuracy, both at their own best
    peak LR.
    """
    says = "Schedules repair the imbalance of fixed rates: a faster start and a better end."
    duels = _duels(schedules.with_peaks(runs))
    if ARTICLE_MOMENTUM not in duels:
        return lacking("A9", says, ["a constant LR beside a schedule without momentum"])
    reached = [speed(one) for duel in duels.values() for one in (duel.best, duel.constant)]
    notes = told_never(reached, int(runs["epochs"].max()))
    for momentum, duel in duels.items():
        if momentum != ARTICLE_MOMENTUM:
            notes += [part.sentence for part in _start_and_end(duel)]
        notes.append(_all_against_constant(duel))
    deciding = duels[ARTICLE_MOMENTUM]
    return Verdict("A9", says, deciding.n, _start_and_end(deciding), tuple(notes))


def _start_and_end(duel: _Duel) -> tuple[Part, Part]:
    """Whether the schedule gets there sooner than the constant LR, and whether it ends higher."""
    best, constant = duel.best, duel.constant
    start = is_more(
        f"{_label(duel.momentum)}, {best.name} at its own best peak LR ({text.lr(best.peak)}) "
        f"reaches {text.percent(QUICK, 0)} accuracy",
        f"a constant LR at its own ({text.lr(constant.peak)})",
        speed(best),
        speed(constant),
        words=("later", "sooner"),
        unit="epochs",
        digits=1,
        want=-1,
        paired=counts.paired,
    )
    return start, _higher(
        best, constant, "In the same pair, its final test accuracy is", "the other's"
    )


def _all_against_constant(duel: _Duel) -> str:
    others = [choice for name, choice in duel.choices.items() if name != "constant"]
    base = speed(duel.constant)
    sooner = sum(counts.paired(speed(choice), base).side_of() < 0 for choice in others)
    gaps = schedules.against(duel.choices, "constant").values()
    higher, lower = (sum(gap.side_of() == side for gap in gaps) for side in (1, -1))
    first, second, third = (number or "none" for number in (sooner, higher, lower))
    return (
        f"{_label(duel.momentum)}, of {text.count(len(others), 'schedule')} held against the "
        f"constant LR, resolved are: {first} sooner at {text.percent(QUICK, 0)}, {second} higher "
        f"in the end, {third} lower."
    )


def c10(runs: pd.DataFrame) -> Verdict:
    """Test claim C10.

    C10 holds where, for every momentum with two seeds or more, ReduceLROnPlateau ends with a
    resolved higher test accuracy than more than half of the schedules that lower the LR by plan,
    all at their own best peak LR. It fails where so many are resolved not to be below it that
    more than half is out of reach.
    """
    says = "Schedules that react to training, such as ReduceLROnPlateau, often work better."
    runs = schedules.with_peaks(runs)
    parts, counts = [], []
    for momentum in schedules.judged(runs):
        choices = schedules.own_best(runs, momentum)
        rivals = [name for name in schedules.PLANNED if name in choices]
        if "ReduceLROnPlateau" not in choices or not rivals:
            continue
        own = choices["ReduceLROnPlateau"].accuracies
        gaps = {n: stats.paired(own, choices[n].accuracies) for n in rivals}
        parts.append(_often(gaps, choices, momentum))
        counts.append(min(gap.n for gap in gaps.values()))
    if not parts:
        return lacking("C10", says, ["ReduceLROnPlateau beside a schedule by plan"])
    return Verdict("C10", says, min(counts), tuple(parts))


def _often(gaps: dict[str, stats.Interval], choices: dict[str, Choice], momentum: float) -> Part:
    above = [choices[name].name for name, gap in gaps.items() if gap.side_of() > 0]
    # The same number in every seed is not better, too.
    not_above = [
        choices[name].name
        for name, gap in gaps.items()
        if gap.side_of() < 0 or (gap.is_nil and gap.n >= stats.ENOUGH_TO_AGREE)
    ]
    total, absent = len(gaps), [n for n in schedules.PLANNED if n not in gaps]
    needed = math.floor(total / 2) + 1
    holds = True if len(above) >= needed else False if total - len(not_above) < needed else None
    sentence = (
        f"{_label(momentum)}, of the {total} schedules that lower the LR by plan, "
        f"ReduceLROnPlateau ends above {_count(above)} and below {_count(not_above)}; for "
        f"{total - len(above) - len(not_above)} the difference is not resolved."
    )
    if absent:
        sentence += f" No runs yet for {text.listing(absent)}."
    return Part(sentence, holds)


def _count(names: list[str]) -> str:
    return f"{len(names)} ({text.listing(names)})" if names else "none"
