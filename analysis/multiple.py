"""Several comparisons judged together: each by itself may mislead, and a dozen will.

An interval of 95 % that has nothing to show lies beside zero once in twenty times.
"""

from __future__ import annotations

from collections.abc import Sequence

from scipy import special

from analysis.stats import LEVEL, Interval


def p_value(difference: Interval) -> float:
    """Two-sided p-value of Student's t test that a mean of differences is zero; 1 where unknown.

    It is below 5 % just where the interval is ``resolved``.
    """
    if not difference.defined:
        return 1.0
    if difference.agree:
        return 0.0 if difference.resolved else 1.0
    error = difference.half / special.stdtrit(difference.n - 1, (1 + LEVEL) / 2)
    return float(2 * special.stdtr(difference.n - 1, -abs(difference.mean) / error))


def holm(p_values: Sequence[float]) -> list[bool]:
    """Say which of several hypotheses of no difference fall when all are judged together.

    The smallest of m values is held against 5 % / m, the next one against 5 % / (m − 1), and so on
    up to the first that stands (Holm 1979). The chance that any falls wrongly is 5 % at most,
    whatever ties the comparisons together.
    """
    fallen = [False] * len(p_values)
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    for place, at in enumerate(order):
        if p_values[at] > (1 - LEVEL) / (len(p_values) - place):
            break
        fallen[at] = True
    return fallen
