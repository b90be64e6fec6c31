"""Tables of the steps around a change of learning rate."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis import coasting, shock, stats, text
from analysis.labels import name_of
from analysis.page import Table
from analysis.receipts import receipt

DROP_FACTOR = 0.1


def two_steps() -> Table:
    """Two steps by hand, gradient 1: where each form of momentum stands after each step."""
    rates = [0.1, 0.01]
    header = ("Step", "LR", "LR outside: step", "position", "LR inside: step", "position")
    rows = []
    for number, rate in enumerate(rates, 1):
        cells = [str(number), text.lr(rate)]
        for form in ("lr-outside", "lr-inside"):
            position = shock.position_after(form, shock.MOMENTUM, rates[:number])
            step = position - shock.position_after(form, shock.MOMENTUM, rates[: number - 1])
            cells += [text.number(step, 3), text.number(position, 3)]
        rows.append(tuple(cells))
    return Table(header, tuple(rows), "rrrrrr")


def settling(window: pd.DataFrame, runs: pd.DataFrame) -> Table:
    """How long LR inside coasts after the tenfold drop, by momentum: formulas and measurement."""
    header = (
        "Momentum",
        "Settled after: steady",
        "noise",
        "measured",
        "Extra path: steady",
        "noise",
        "measured",
        "Seeds",
    )
    drops = stats.select(window, event=shock.DROP, optimizer="sgd")
    rows = []
    for momentum in stats.levels(drops, "momentum", descending=False):
        ratio = coasting.length_ratio(drops, momentum)
        if ratio.empty:
            continue
        rows.append(
            (
                name_of("momentum", momentum),
                *(
                    str(shock.settling_steps(momentum, DROP_FACTOR, noise=noise))
                    for noise in (False, True)
                ),
                coasting.settled_in_words(ratio),
                *(
                    text.number(coasting.expected_path(momentum, DROP_FACTOR, len(ratio), noise), 0)
                    for noise in (False, True)
                ),
                coasting.plus_minus(coasting.extra_path(drops, momentum), 0),
                str(ratio.shape[1]),
            )
        )
    used = _used(runs, drops)
    return Table(header, tuple(rows), "lrrrrrrr", receipt(used))


def jumps(window: pd.DataFrame, runs: pd.DataFrame) -> Table:
    """Change of the validation loss at each event, by form of momentum, and for Adam."""
    shown = stats.select(window, momentum=shock.MOMENTUM)
    columns = [("sgd", form) for form in shock.FORMULATIONS if (shown["formulation"] == form).any()]
    if (shown["optimizer"] == "adam").any():
        columns.append(("adam", "lr-outside"))
    names = [
        "Adam" if optimizer == "adam" else text.capital(name_of("formulation", form))
        for optimizer, form in columns
    ]
    rows = []
    for event, title in shock.EVENTS.items():
        parts = [shock.case(shown, event, form, shock.MOMENTUM, opt) for opt, form in columns]
        if any(len(part) for part in parts):
            cells = [coasting.plus_minus(shock.loss_jump(part), 4) for part in parts]
            rows.append((text.capital(title), *cells, _span(len(stats.seeds(p)) for p in parts)))
    used = _used(runs, shown)
    header = ("Change", *names, "Seeds")
    return Table(header, tuple(rows), "l" + "r" * (len(columns) + 1), receipt(used))


def diverged(runs: pd.DataFrame) -> str:
    """Say how many runs diverged, and in which settings: "2 of 120 runs diverged (…)"."""
    lost = runs[runs["diverged"]].drop_duplicates("run_id")
    kinds = sorted(
        {
            f"{name_of('formulation', form)} with {name_of('momentum', momentum)}"
            for form, momentum in zip(lost["formulation"], lost["momentum"], strict=True)
        }
    )
    total = text.count(runs["run_id"].nunique(), "run")
    where = f" ({text.listing(kinds)})" if kinds else ""
    return f"{len(lost) or 'none'} of {total} diverged{where}"


def _used(runs: pd.DataFrame, window: pd.DataFrame) -> pd.DataFrame:
    used = runs[runs["run_id"].isin(window["run_id"].unique())]
    return used if len(used) else runs


def _span(counts: Iterable[int]) -> str:
    known = list(counts)
    return "–".join(str(n) for n in sorted({min(known), max(known)}))
