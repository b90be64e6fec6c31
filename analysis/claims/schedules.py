"""Claims about schedules against fixed rates and against each other: A7, A9, C10."""

from __future__ import annotations

import math

import pandas as pd

from analysis import schedules, stats, text
from analysis.claims.common import first_reach, told_never
from analysis.leaders import fixed_rates, leaders
from analysis.schedules import Choice
from analysis.verdicts import Part, Verdict, is_more, lacking

# "A faster start": sooner at this accuracy on the test images. At the 97 % that the site uses
# elsewhere, momentum 0.9 gets within the first epoch or two whatever the schedule.
QUICK = 0.98


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


def _change_of_lead(runs: pd.DataFrame) -> Part:
    """Whether one fixed LR leads early and another one late, both leads resolved."""
    found = leaders(runs)
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
    each is resolved above the other in its turn, or where the schedule that validation picks ends
    above the best constant LR on the test images, both at their own best peak LR and for every
    momentum with two seeds or more. It fails where both are contradicted: one LR leads all others
    at both ends, and a schedule ends lower.

    Parameters
    ----------
    runs : study fixed-lr
    scheduled : study schedules
    """
    says = "No single fixed LR is best for the whole of training."
    fixed, scheduled = fixed_rates(runs), schedules.with_peaks(scheduled)
    missing = [] if fixed["base_lr"].nunique() > 1 else ["two fixed LRs without momentum"]
    duels = {m: _duel(schedules.own_best(scheduled, m)) for m in schedules.judged(scheduled)}
    if not duels or not all(duels.values()):
        missing.append("a constant LR beside a schedule")
    if missing:
        return lacking("A7", says, missing)
    lead = _change_of_lead(fixed)
    gains = [_gain(momentum, *duel) for momentum, duel in duels.items() if duel]
    ahead = all(gain.holds for gain in gains) or (False if _any_false(gains) else None)
    n = min(int(fixed.groupby("base_lr")["seed"].nunique().min()), _fewest(duels))
    if ahead:  # One of the two ways is enough; the other is told.
        return Verdict("A7", says, n, tuple(gains), (lead.sentence,))
    if lead.holds:
        return Verdict("A7", says, n, (lead,), tuple(gain.sentence for gain in gains))
    holds = False if lead.holds is False and ahead is False else None
    sentence = " ".join(part.sentence for part in (lead, *gains))
    return Verdict("A7", says, n, (Part(sentence, holds, gains[0].number),))


def _any_false(parts: list[Part]) -> bool:
    return any(part.holds is False for part in parts)


def _gain(momentum: float, best: Choice, constant: Choice) -> Part:
    subject = f"{_label(momentum)}, the test accuracy of the schedule that validation picks "
    than = f"that of the best constant LR ({text.lr(constant.peak)})"
    return _higher(best, constant, f"{subject}({best.name}) is", than)


def _duel(choices: dict[str, Choice]) -> tuple[Choice, Choice] | None:
    """Return the schedule that validation picks and the constant LR, each at its own best."""
    best = schedules.picked(choices)
    return (best, choices["constant"]) if best and "constant" in choices else None


def _fewest(duels: dict[float, tuple[Choice, Choice] | None]) -> int:
    pairs = [duel for duel in duels.values() if duel]
    return min(len(set(stats.seeds(a.runs)) & set(stats.seeds(b.runs))) for a, b in pairs)


def a9(runs: pd.DataFrame) -> Verdict:
    """Test claim A9.

    A9 holds where, for every momentum with two seeds or more, the schedule that validation picks
    reaches 98 % of the test images in an earlier epoch than the best constant LR, and ends with a
    higher test accuracy, both at their own best peak LR.
    """
    says = "Schedules repair the imbalance of fixed rates: a faster start and a better end."
    runs = schedules.with_peaks(runs)
    own = {momentum: schedules.own_best(runs, momentum) for momentum in schedules.judged(runs)}
    duels = {momentum: _duel(choices) for momentum, choices in own.items()}
    if not duels or not all(duels.values()):
        return lacking("A9", says, ["a constant LR beside a schedule"])
    parts, notes = [], []
    for momentum, duel in duels.items():
        assert duel is not None
        best, constant = duel
        reached = speed(best), speed(constant)
        start = is_more(
            f"{_label(momentum)}, {best.name} at its own best peak LR ({text.lr(best.peak)}) "
            f"reaches {text.percent(QUICK, 0)} accuracy",
            f"a constant LR at its own ({text.lr(constant.peak)})",
            *reached,
            words=("later", "sooner"),
            unit="epochs",
            digits=1,
            want=-1,
        )
        end = _higher(best, constant, "In the same pair, its final test accuracy is", "the other's")
        parts += [start, end]
        notes += told_never(reached, int(best.runs["epochs"].max()))
        notes.append(_all_against_constant(own[momentum], momentum))
    return Verdict("A9", says, _fewest(duels), tuple(parts), tuple(notes))


def _all_against_constant(choices: dict[str, Choice], momentum: float) -> str:
    others = [choice for name, choice in choices.items() if name != "constant"]
    base = speed(choices["constant"])
    sooner = sum(stats.paired(speed(choice), base).side_of() < 0 for choice in others)
    gaps = schedules.against(choices, "constant").values()
    higher, lower = (sum(gap.side_of() == side for gap in gaps) for side in (1, -1))
    counts = [str(count or "none") for count in (sooner, higher, lower)]
    return (
        f"{_label(momentum)}, of {text.count(len(others), 'schedule')}, held against the constant "
        f"LR, {counts[0]} reach {text.percent(QUICK, 0)} resolvably sooner, {counts[1]} end higher "
        f"and {counts[2]} lower."
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
