"""The articles' claims: how each is judged, from which results, and which post treats it.

``CLAIMS`` has a row for each id. Its function takes the named results in order and returns a
``Verdict``; its docstring states the predicate. No verdict and no measured number is written
anywhere else. To add a claim: a function and its row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.claims import article_a, article_b, momentum, phases, schedules, steplr
from analysis.phases import steps_of
from analysis.shock import windows
from analysis.verdicts import Cards, Verdict
from experiments.results import load, load_steps


@dataclass(frozen=True)
class Claim:
    """A row: the function that judges, the results it takes, the post of its card, a few words.

    ``results`` names studies; "… steps" are a study's recorded steps, as ``LINED_UP`` has them.
    """

    judge: Callable[..., Verdict]
    results: tuple[str, ...]
    post: str
    short: str


_FIXED = (("fixed-lr",), "fixed-learning-rates")
_ADAM = (("adam-lr",), "adam")
_STEPLR = (("steplr",), "steplr")
_SCHEDULES = (("schedules",), "schedules-compared")
_PHASES = (("phases", "phases steps"), "schedules-compared")
_SHOCK = (("momentum-shock", "momentum-shock steps"), "momentum-shock")
# How a study's steps are lined up, with the settings of their runs, before they are judged.
LINED_UP: dict[str, Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]] = {
    "momentum-shock": windows,
    "phases": steps_of,
}

CLAIMS: dict[str, Claim] = {
    "A1": Claim(article_a.a1, *_FIXED, "LR 0.1 never settles"),
    "A2": Claim(article_a.a2, *_FIXED, "LR 0.01 is the best balance"),
    "A3": Claim(article_a.a3, *_FIXED, "LR 0.001 is steady, and late"),
    "A4": Claim(article_a.a4, *_FIXED, "LR 0.0001 flattens at once"),
    "A5": Claim(article_a.a5, *_FIXED, "The closing table"),
    "A6": Claim(article_a.a6, *_FIXED, "LR 0.0001 gives the best model"),
    "A7": Claim(
        schedules.a7,
        ("fixed-lr", "schedules"),
        "schedules-compared",
        "No fixed LR is best throughout",
    ),
    "A8": Claim(article_a.a8, *_FIXED, "Large rates break, tiny ones stall"),
    "A9": Claim(schedules.a9, *_SCHEDULES, "Schedules start faster, end better"),
    "B1": Claim(article_b.b1, *_ADAM, "LR 0.001 is best, at 97 to 98 %"),
    "B2": Claim(article_b.b2, *_ADAM, "LR 0.0001 is slow"),
    "B3": Claim(article_b.b3, *_ADAM, "LR 0.01 is unstable"),
    "B4": Claim(article_b.b4, *_ADAM, "The LR is tuned first"),
    "C1": Claim(steplr.c1, *_STEPLR, "Cuts make training smoother"),
    "C2": Claim(phases.c2, *_PHASES, "Training has three phases"),
    "C3": Claim(phases.c3, *_PHASES, "A high LR, kept late, zig-zags"),
    "C4": Claim(steplr.c4, *_STEPLR, "γ 0.01 stalls, γ 0.9 barely matters"),
    "C5": Claim(steplr.c5, *_STEPLR, "γ 0.1 is the most robust"),
    "C6": Claim(momentum.c6, *_SHOCK, "A drop shocks the buffer"),
    "C7": Claim(momentum.c7, *_SHOCK, "Without momentum a drop does less"),
    "C8": Claim(momentum.c8, *_SHOCK, "Smooth decay avoids the shock"),
    "C9": Claim(steplr.c9, *_STEPLR, "Early drops trap the model"),
    "C10": Claim(schedules.c10, *_SCHEDULES, "Reacting beats planning"),
    "C11": Claim(steplr.c11, *_STEPLR, "A step too early shifts each drop"),
    "C12": Claim(momentum.c12, *_SHOCK, "Both ways of momentum are one"),
    "C13": Claim(steplr.c13, ("steplr", "small-data"), "steplr", "On small data γ 0.5 beats 0.1"),
}


def check(claim_id: str, *results: pd.DataFrame) -> Verdict:
    """Return the verdict on one claim from the results it is about."""
    return CLAIMS[claim_id].judge(*results)


def check_all(ids: str, *results: pd.DataFrame) -> dict[str, Verdict]:
    """Return the verdicts on several claims ("A1 A2 A3") that the same results decide, by id."""
    return {claim_id: check(claim_id, *results) for claim_id in ids.split()}


def cards(ids: str, verdicts: Mapping[str, Verdict]) -> Cards:
    """Return the cards of several claims ("A1 A2 A3")."""
    return Cards(tuple(verdicts[claim_id] for claim_id in ids.split()))


def evidence() -> dict[str, pd.DataFrame]:
    """Return every table that some claim takes, by the name that ``CLAIMS`` uses.

    Raises
    ------
    ResultsError
        If one of the studies is missing or damaged.
    """
    names = sorted({name for claim in CLAIMS.values() for name in claim.results})
    return {name: _table(name) for name in names}


def _table(name: str) -> pd.DataFrame:
    study, _, steps = name.partition(" ")
    runs = load(study)
    return LINED_UP[study](runs, load_steps(study)) if steps else runs


def check_every(results: dict[str, pd.DataFrame]) -> dict[str, Verdict]:
    """Return the verdict on every claim, by id, from the tables of `evidence`."""
    return {
        claim_id: claim.judge(*(results[name] for name in claim.results))
        for claim_id, claim in sorted(CLAIMS.items(), key=lambda item: _in_order(item[0]))
    }


def _in_order(claim_id: str) -> tuple[str, int]:
    return claim_id[0], int(claim_id[1:])
