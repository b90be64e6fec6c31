"""The articles' claims, one function each: results in, verdict out.

``CLAIMS`` maps an id to its function. A function takes the study's runs (and its steps, for the
claims about single steps) and returns a ``Verdict``; its docstring states the predicate. No verdict
and no measured number is written anywhere else. To add a claim: a function and its row here.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis.claims import article_a, article_b, article_c, phases, schedules
from analysis.verdicts import Cards, Verdict

CLAIMS: dict[str, Callable[..., Verdict]] = {
    "A1": article_a.a1,
    "A2": article_a.a2,
    "A3": article_a.a3,
    "A4": article_a.a4,
    "A5": article_a.a5,
    "A6": article_a.a6,
    "A7": schedules.a7,
    "A8": article_a.a8,
    "A9": schedules.a9,
    "B1": article_b.b1,
    "B2": article_b.b2,
    "B3": article_b.b3,
    "B4": article_b.b4,
    "C1": article_c.c1,
    "C2": phases.c2,
    "C3": phases.c3,
    "C6": article_c.c6,
    "C7": article_c.c7,
    "C10": schedules.c10,
    "C12": article_c.c12,
}


def check(claim_id: str, *results: pd.DataFrame) -> Verdict:
    """Return the verdict on one claim from the results it is about."""
    return CLAIMS[claim_id](*results)


def check_all(ids: str, *results: pd.DataFrame) -> dict[str, Verdict]:
    """Return the verdicts on several claims ("A1 A2 A3") that the same results decide, by id."""
    return {claim_id: check(claim_id, *results) for claim_id in ids.split()}


def cards(ids: str, *results: pd.DataFrame) -> Cards:
    """Return the cards of several claims ("A1 A2 A3") that the same results decide."""
    return Cards(tuple(check_all(ids, *results).values()))
