"""What a verdict is, and the comparisons that verdicts are made of.

A claim is split into parts that results can bear out or contradict. It is *supported* when every
part holds, *refuted* when at least one is contradicted, and otherwise *not resolved*. A part holds
or fails only where a 95 % interval over the seeds lies wholly on one side. One seed never decides,
nor do the seeds that are left where others diverged; only what follows from the calls alone, like
the epoch of a drop, needs no more than one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis import stats, text
from analysis.receipts import fence

SUPPORTED, REFUTED, UNRESOLVED = "supported", "refuted", "not resolved"


@dataclass(frozen=True)
class Part:
    """One testable part of a claim: whether it holds (None: not resolved), and the evidence."""

    sentence: str
    holds: bool | None
    number: stats.Interval | None = None


@dataclass(frozen=True)
class Verdict:
    """A claim, what was measured, and what follows.

    ``notes`` are further measured sentences that do not decide.
    """

    id: str
    says: str
    n: int
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The word, "supported", "refuted" or "not resolved", from the parts alone."""
        outcomes = [part.holds for part in self.parts]
        if any(outcome is False for outcome in outcomes):
            return REFUTED
        return SUPPORTED if outcomes and all(outcomes) else UNRESOLVED

    @property
    def sentence(self) -> str:
        """What was measured, part by part."""
        return " ".join([*(part.sentence for part in self.parts), *self.notes])

    @property
    def anchor(self) -> str:
        """The id of the claim's card on its page."""
        return f"claim-{self.id}"

    @property
    def kind(self) -> str:
        """The class of its card."""
        return f"verdict verdict-{'unresolved' if self.verdict == UNRESOLVED else self.verdict}"

    @property
    def head(self) -> str:
        """The first line of its card: id, verdict, seeds."""
        return (
            f'<p class="verdict-head"><span class="verdict-id">{escape(self.id)}</span> '
            f'<span class="verdict-word">{self.verdict}</span> '
            f'<span class="verdict-n">{text.count(self.n, "seed")}</span></p>'
        )

    def html(self) -> str:
        """Return the claim's card."""
        marks = {True: "holds", False: "fails", None: "open"}
        items = "".join(
            f'<li class="part-{marks[part.holds]}">{text.prose(part.sentence)} '
            f'<span class="part-outcome">{_OUTCOME[part.holds]}</span></li>\n'
            for part in self.parts
        )
        notes = "".join(f'<p class="verdict-note">{text.prose(note)}</p>\n' for note in self.notes)
        return (
            f'<div class="{self.kind}" id="{escape(self.anchor)}">\n{self.head}\n'
            f'<p class="verdict-claim">The claim: {text.prose(self.says)}</p>\n'
            f'<ul class="verdict-measured">\n{items}</ul>\n{notes}</div>'
        )

    def _repr_markdown_(self) -> str:
        return fence(self.html())


_OUTCOME = {True: "This part holds.", False: "This part fails.", None: "This part stays open."}


@dataclass(frozen=True)
class Cards:
    """Several claims' cards, one under the other."""

    verdicts: tuple[Verdict, ...]

    def _repr_markdown_(self) -> str:
        return fence("\n".join(verdict.html() for verdict in self.verdicts))


def is_more(
    subject: str,
    than: str,
    first: pd.Series,
    second: pd.Series,
    *,
    words: tuple[str, str],
    unit: str = "",
    digits: int = 2,
    want: int = 1,
    paired: Callable[[pd.Series, pd.Series], stats.Interval] = stats.paired,
) -> Part:
    """Part that holds where first minus second, paired by seed, is resolved on the wanted side.

    Parameters
    ----------
    subject, than : frame the sentence: "The loss at LR 1 is", … higher than …, "at LR 0.1"
    first, second : the measured values by seed
    words : for a positive and for a negative difference ("higher", "lower")
    want : 1 where the claim wants a positive difference, -1 for a negative one
    paired : what makes an interval of the differences; `counts.paired` for numbers of epochs
    """
    difference = paired(first, second)
    same = difference.n >= stats.ENOUGH_TO_AGREE and difference.is_nil
    side = difference.side_of(0.0)
    # What is left where runs diverged is the better part of them: it decides nothing.
    holds = None if difference.lost or (side == 0 and not same) else side == want
    phrase = text.compared(difference, *words, than, unit, digits)
    return Part(f"{subject} {phrase}.", holds, difference)


def is_above(
    subject: str,
    values: Iterable[float],
    limit: float,
    *,
    what: str,
    unit: str = "",
    digits: int = 2,
    want: int = 1,
) -> Part:
    """Part that holds where the interval of the mean lies on the wanted side of a limit.

    Parameters
    ----------
    subject : the sentence up to the number, verb included
    limit : in the unit of the values (shares for "%" and "points")
    what : names the limit, as in "what we call heavy"
    """
    interval = stats.mean_interval(values)
    side = interval.side_of(limit)
    if interval.n >= stats.ENOUGH_TO_AGREE and interval.low == interval.high == limit:
        side = -want  # On the limit in every seed is not beyond it.
    mean = text.with_interval(interval, unit, digits)
    scale = 100 if unit in ("%", "points") else 1
    place = {1: "above", -1: "below", 0: "not resolved against"}[side]
    bar = f"{round(scale * limit, digits):g}"
    shown = f"{bar}{text.SPACE}%" if unit == "%" else f"{bar} {unit}".rstrip()
    holds = None if interval.lost or not side else side == want
    return Part(f"{subject} {mean}: {place} {what}, {shown}.", holds, interval)


def within(interval: stats.Interval, low: float, high: float) -> bool | None:
    """Whether an interval lies between two limits: False wholly outside, None not resolved."""
    sides = interval.side_of(low), interval.side_of(high)
    if sides == (1, -1):
        return True
    return False if sides[0] < 0 or sides[1] > 0 else None


def lacking(claim_id: str, says: str, what: Iterable[str]) -> Verdict:
    """Return the verdict where the results hold no runs of settings that the claim needs."""
    part = Part(f"The results hold no runs for {text.listing(list(what))}.", None)
    return Verdict(claim_id, says, 0, (part,))
