"""Tables of the range test's advice and of momentum's effective learning rate."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import range_test, stats, text
from analysis.edge import Pair, breakage
from analysis.page import Table
from analysis.receipts import receipt


def advice(
    sweeps: Sequence[pd.DataFrame],
    fixed: Sequence[pd.DataFrame],
    runs: pd.DataFrame,
) -> Table:
    """Tabulate what each reading of the range test recommends, and where the nearest rate ended.

    Parameters
    ----------
    sweeps : the range tests, a frame a setting
    fixed : whole trainings of the same settings
    runs : the range test's study, for the receipt
    """
    header = ("Optimiser", "Reading", "Learning rate", "Nearest that was trained", "Its accuracy")
    rows = []
    for sweep, whole in zip(sweeps, fixed, strict=True):
        if sweep.empty or whole.empty:
            continue
        first = sweep.iloc[0]
        name = range_test.name_of_sweep(str(first["optimizer"]), float(first["momentum"]))
        for found in range_test.advice(sweep, whole):
            final = stats.final(stats.select(whole, base_lr=found.nearest), "val_accuracy")
            accuracy = text.with_interval(stats.mean_interval(final), "%", 2)
            outcome = f"{accuracy}: {found.outcome}"
            rate = range_test.in_words(found.rate)
            rows.append((name, found.reading, rate, text.lr(found.nearest), outcome))
    ids = set().union(*(sweep["run_id"] for sweep in sweeps))
    return Table(header, tuple(rows), "lllrl", receipt(runs[runs["run_id"].isin(ids)]))


def effective(pairs: Sequence[Pair], frame: pd.DataFrame) -> Table:
    """Tabulate the final accuracy with and without momentum at the same effective rate."""
    header = ("Effective rate", "Without momentum", "With momentum", "Difference", "Lost runs")
    rows = []
    for pair in pairs:
        without, within = (
            text.with_interval(stats.mean_interval(stats.final(part, "val_accuracy")), "%", 2)
            for part in (pair.plain, pair.heavy)
        )
        difference = text.comparison(pair.difference, "higher", "lower", "points")
        lost = f"{breakage(pair.plain).lost} and {breakage(pair.heavy).lost}"
        rows.append((text.lr(pair.effective), without, within, difference, lost))
    used = pd.concat([part for pair in pairs for part in (pair.plain, pair.heavy)])
    return Table(header, tuple(rows), "lrrlr", receipt(used if len(used) else frame))
