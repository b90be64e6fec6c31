"""Numbers, intervals and comparisons as words for a reader."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from analysis.stats import Interval

MINUS = "\u2212"
SPACE = "\u00a0"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def lr(value: float) -> str:
    """Return a learning rate without exponent: 0.00001, not 1e-05."""
    return f"{value:.12f}".rstrip("0").rstrip(".")


def number(value: float, digits: int = 4) -> str:
    """Return a number with fixed decimals and a true minus sign; words where it is not finite."""
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "infinite" if value > 0 else f"{MINUS}infinite"
    rounded = f"{value:.{digits}f}"
    if float(rounded) == 0:
        rounded = rounded.lstrip("-")
    return rounded.replace("-", MINUS)


def significant(value: float, digits: int = 3) -> str:
    """Return a number with significant digits, without exponent."""
    if not math.isfinite(value) or value == 0:
        return number(value, 0)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return number(value, decimals)


def scientific(value: float) -> str:
    """Return a number as a reader writes it by hand: 2.6 × 10⁻⁴."""
    if not math.isfinite(value) or value == 0:
        return number(value, 0)
    mantissa, exponent = f"{value:.1e}".split("e")
    raised = str(int(exponent)).translate(_RAISED)
    return f"{number(float(mantissa), 1)}{SPACE}×{SPACE}10{raised}"


def percent(share: float, digits: int = 2) -> str:
    """Return a share in [0, 1] as a percentage."""
    return f"{number(100 * share, digits)}{SPACE}%"


def points(share: float, digits: int = 2) -> str:
    """Return a difference of two shares as percentage points."""
    return f"{number(100 * share, digits)} points"


def measured(value: float, unit: str) -> str:
    """Return a metric as its unit wants it: a share (unit "%") in percent, else three digits."""
    return percent(value) if unit == "%" else significant(value)


def prose(words: str) -> str:
    """Return a sentence as HTML, with the apostrophes of print."""
    return escape(words, quote=False).replace("'", "\u2019")


def count(n: int, noun: str) -> str:
    """Return a count with its noun: 1 seed, 2,000 seeds."""
    return f"{n:,} {noun}{'s' * (n != 1)}"


def counts(numbers: Iterable[int], noun: str) -> str:
    """Return how few and how many, with their noun: "5 seeds", "3 to 5 seeds"."""
    known = sorted(numbers)
    fewest = f"{known[0]:,} to " if known[0] < known[-1] else ""
    return f"{fewest}{count(known[-1], noun)}"


def numbered(noun: str, numbers: Sequence[int]) -> str:
    """Return things that have numbers: "epoch 11", "seeds 0, 1 and 2"."""
    return f"{noun}{'s' * (len(numbers) > 1)} {listing([str(number) for number in numbers])}"


def listing(items: Sequence[str]) -> str:
    """Join items: a; a and b; a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def capital(sentence: str) -> str:
    """Return the sentence with its first letter raised."""
    return sentence[:1].upper() + sentence[1:]


def _lost(interval: Interval) -> str:
    return f", {interval.lost} of {interval.n + interval.lost} not finite" if interval.lost else ""


def _unit(unit: str) -> tuple[float, str]:
    """Return the factor by which a value is shown in a unit, and what stands behind it."""
    if unit in ("%", "points"):
        return 100.0, f"{SPACE}%" if unit == "%" else " points"
    return 1.0, f" {unit}" if unit else ""


def _telling(digits: int, *values: float) -> int:
    """Return one or two digits more where one of the values beside zero would read as zero."""
    beside = [value for value in values if value]
    enough = (n for n in (digits, digits + 1) if all(round(bound, n) for bound in beside))
    return next(enough, digits + 2)


def with_interval(interval: Interval, unit: str = "", digits: int = 4) -> str:
    """Mean ± half-width, as a share in percent (unit "%") or in its own unit.

    With one seed there is no interval, and the text says so.
    """
    scale, ending = _unit(unit)
    if interval.n == 0:
        return f"not finite in any of {count(interval.lost, 'run')}"
    mean = mean_and_half(interval, digits, scale)
    if not interval.defined:
        return f"{mean}{ending} (one run, no interval{_lost(interval)})"
    closing = f" ({_lost(interval)[2:]})" if interval.lost else ""
    return f"{mean}{ending}{closing}"


def mean_and_half(interval: Interval, digits: int, scale: float = 1.0) -> str:
    """Return "mean ± half-width", the mean alone where there is no interval."""
    if not interval.defined:
        return number(scale * interval.mean, digits)
    digits = _telling(digits, scale * interval.half)
    mean, half = (number(scale * value, digits) for value in (interval.mean, interval.half))
    # No line begins with the half-width alone.
    return f"{mean} ±{SPACE}{half}"


def bounds(interval: Interval, unit: str = "", digits: int = 2) -> str:
    """Return the interval as "95 % interval a to b", or the reason why there is none."""
    return f"95{SPACE}% interval " * interval.defined + span(interval, unit, digits)


def span(interval: Interval, unit: str = "", digits: int = 2) -> str:
    """Return the bounds of an interval as "a to b", or the reason why there are none.

    The bounds of a share stop at 0 and 100 %, those of a difference of shares at ±100 points:
    a wide interval from few seeds can reach beyond what is possible.
    """
    if not interval.defined:
        return "no interval: fewer than two seeds"
    scale, ending = _unit(unit)
    digits = _telling(digits, scale * interval.low, scale * interval.high)
    least = {"%": 0.0, "points": -1.0}.get(unit, -math.inf)
    most = 1.0 if scale == 100.0 else math.inf
    low, high = (
        number(scale * min(max(bound, least), most), digits)
        for bound in (interval.low, interval.high)
    )
    return f"{low} to {high}{ending}"


def comparison(difference: Interval, more: str, less: str, unit: str = "", digits: int = 2) -> str:
    """Return a paired difference as a phrase that claims no more than its interval allows.

    "Lower by 2 ± 1": the word has said which way.

    Parameters
    ----------
    more, less : the words for a resolved positive and a resolved negative difference
    """
    size, evidence = _evidence(difference, unit, digits)
    if difference.resolved:
        return f"{more if difference.mean > 0 else less} by {size} ({evidence})"
    return f"{'the same in every seed' if difference.is_nil else 'not resolved'} ({evidence})"


def compared(
    difference: Interval, more: str, less: str, than: str, unit: str = "", digits: int = 2
) -> str:
    """Return the end of a sentence on a paired difference: "2.0 ± 0.1 points lower than at …".

    Parameters
    ----------
    more, less : as for `comparison`
    than : what the subject of the sentence is held against
    """
    size, evidence = _evidence(difference, unit, digits)
    if difference.resolved:
        return f"{size} {more if difference.mean > 0 else less} than {than} ({evidence})"
    if difference.is_nil:
        return f"neither {more} nor {less} than {than} in any seed ({evidence})"
    return f"not resolvably {more} or {less} than {than} ({evidence})"


def _evidence(difference: Interval, unit: str, digits: int) -> tuple[str, str]:
    """Return the size of a paired difference, and what stands behind it."""
    pairs = f"{count(difference.n, 'paired seed')}{_lost(difference)}"
    if not difference.defined:
        return "", f"{pairs}: too few for an interval"
    if difference.is_nil:
        return "", pairs
    downward = difference.resolved and difference.mean < 0
    size, interval = _size(-difference if downward else difference, unit, digits)
    if difference.resolved:
        return size, f"{interval}{pairs}"
    few = ": too few to tell" if difference.agree else ""
    return size, f"difference {size}, {interval}{pairs}{few}"


def _size(difference: Interval, unit: str, digits: int) -> tuple[str, str]:
    """Return a difference as "mean ± half-width", or what is to be said of its interval instead."""
    scale, ending = _unit(unit)
    mean = scale * difference.mean
    if difference.agree:
        return f"{number(mean, digits)}{ending}", "the same in each of "
    if not difference.even:
        return f"{number(mean, digits)}{ending}", f"{bounds(difference, unit, digits)}, "
    # The reader must see which of the two is larger.
    digits += round(abs(mean), digits) == round(scale * difference.half, digits)
    return f"{mean_and_half(difference, digits, scale)}{ending}", ""
