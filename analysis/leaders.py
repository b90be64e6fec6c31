"""Which fixed learning rate leads at which epoch, and which ones are level with it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import stats


@dataclass(frozen=True)
class Leader:
    """One epoch: the rate with the highest mean accuracy, and the others against it by seed."""

    epoch: int
    rate: float
    behind: dict[float, stats.Interval]

    @property
    def level(self) -> list[float]:
        """The rates whose distance to the leader is not resolved."""
        return [rate for rate, gap in self.behind.items() if gap.side_of() >= 0]


def fixed_rates(runs: pd.DataFrame) -> pd.DataFrame:
    """Select plain SGD at constant LRs: those with three seeds or more, else with two, else all.

    A rate with fewer seeds is resolved from nothing, and would stand beside every leader.
    """
    constant = stats.select(runs, optimizer="sgd", momentum=0.0, schedule="constant", epochs=20)
    seeds = constant.groupby("base_lr")["seed"].nunique()
    for least in (3, 2):
        enough = seeds[seeds >= least].index
        if len(enough) > 1:
            return constant[constant["base_lr"].isin(enough)]
    return constant


def leaders(runs: pd.DataFrame) -> list[Leader]:
    """Return each epoch's leading LR, the LRs paired with it by seed."""
    tables = {
        rate: stats.curves(stats.select(runs, base_lr=rate), "val_accuracy")
        for rate in stats.levels(runs, "base_lr")
    }
    found = []
    for epoch in sorted(runs["epoch"].unique()):
        at = {rate: table.loc[epoch] for rate, table in tables.items()}
        best = max(at, key=lambda rate: float(at[rate].fillna(0.0).mean()))
        behind = {rate: stats.paired(at[rate], at[best]) for rate in at if rate != best}
        found.append(Leader(int(epoch), best, behind))
    return found
