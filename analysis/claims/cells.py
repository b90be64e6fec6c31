"""Comparisons between combinations of γ and step_size, of which the claims on StepLR are made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from analysis import staircase, stats, text
from analysis.claims.common import per_seed
from analysis.staircase import CONSTANT, DEFAULT, EVEN, Combination
from analysis.verdicts import Part, is_above, is_more, within

# A run that diverged has learnt nothing: it counts as guessing one of ten digits.
GUESS = 0.1
# Training "stalls" where its loss falls by less than this share over the last ten epochs.
STALL, TAIL = 0.01, 10


def missing(grid: pd.DataFrame, base_lr: float, wanted: Iterable[Combination]) -> list[str]:
    """Return the combinations without runs, named for a reader."""
    return [
        f"{staircase.name(combination)} from LR {text.lr(base_lr)}"
        for combination in wanted
        if staircase.cell(grid, base_lr, combination).empty
    ]


def shared(grid: pd.DataFrame, base_lr: float, wanted: Iterable[Combination]) -> int:
    """Return the number of seeds that every combination has."""
    sets = [set(stats.seeds(staircase.cell(grid, base_lr, c))) for c in wanted]
    return len(set.intersection(*sets))


def worse(
    grid: pd.DataFrame, base_lr: float, one: Combination, other: Combination
) -> tuple[Part, Part]:
    """Whether one combination ends with more training loss and less accuracy than another."""
    start, than = f"From LR {text.lr(base_lr)}, the final", f"with {staircase.name(other)}"
    loss = is_more(
        f"{start} training loss with {staircase.name(one)} is",
        than,
        *(staircase.final(grid, base_lr, c, "train_loss") for c in (one, other)),
        words=("higher", "lower"),
        digits=4,
    )
    accuracy = is_more(
        f"{start} validation accuracy with {staircase.name(one)} is",
        than,
        *(staircase.final(grid, base_lr, c) for c in (one, other)),
        words=("higher", "lower"),
        unit="points",
        want=-1,
    )
    return loss, accuracy


def _late_fall(rows: pd.DataFrame) -> pd.Series:
    """Return by seed how much of the training loss the last ten epochs take off, as a share."""
    return per_seed(rows, "train_loss", lambda curve: 1 - curve.iloc[-1] / curve.iloc[-1 - TAIL])


def stall(grid: pd.DataFrame, base_lr: float, combination: Combination) -> Part:
    """Whether training has all but stopped."""
    return is_above(
        f"Over the last {TAIL} epochs from LR {text.lr(base_lr)} with "
        f"{staircase.name(combination)}, the training loss falls by",
        _late_fall(staircase.cell(grid, base_lr, combination)),
        STALL,
        what="the bound of a stall",
        unit="%",
        want=-1,
    )


def told_stall(grid: pd.DataFrame, base_lr: float, combination: Combination) -> str:
    """Return the same number as a sentence that decides nothing, without its capital."""
    fall = stats.mean_interval(_late_fall(staircase.cell(grid, base_lr, combination)))
    return (
        f"with {staircase.name(combination)} from LR {text.lr(base_lr)} the last {TAIL} epochs "
        f"take {text.with_interval(fall, '%', 2)} off the training loss."
    )


def even(grid: pd.DataFrame, base_lr: float, one: Combination, other: Combination) -> Part:
    """Whether two combinations end within ``EVEN`` of each other: equivalence, not "no evidence".

    Holds where the whole interval of the difference lies within the bound, fails where it lies
    wholly outside.
    """
    gap = stats.paired(staircase.final(grid, base_lr, one), staircase.final(grid, base_lr, other))
    holds, bound = within(gap, -EVEN, EVEN), text.points(EVEN, 1)
    outcome = {
        True: f"within ± {bound}",
        False: f"more than {bound} apart",
        None: f"not resolved against ± {bound}",
    }[holds]
    sentence = (
        f"From LR {text.lr(base_lr)}, the final validation accuracy with {staircase.name(one)} "
        f"minus that with {staircase.name(other)} is {text.with_interval(gap, 'points', 2)}: "
        f"{outcome}."
    )
    return Part(sentence, holds, gap)


def gain(grid: pd.DataFrame, base_lr: float) -> pd.Series:
    """Return by seed the accuracy that StepLR's default adds to a constant LR."""
    return stats.differences(*(staircase.final(grid, base_lr, c) for c in (DEFAULT, CONSTANT)))


def gammas() -> list[float]:
    """Return the drop factors that are declared, γ 1 aside."""
    found = {c[0] for row in staircase.declared().values() for c in row}
    return sorted(found - {CONSTANT[0]})


def settings() -> list[tuple[float, float]]:
    """Return the declared pairs of base LR and step_size."""
    rows = staircase.declared().items()
    return sorted({(base, c[1]) for base, row in rows for c in row if c != CONSTANT})


def regret(grid: pd.DataFrame, base_lr: float, step_size: float) -> pd.DataFrame:
    """Return what each γ lacks of the one with the best mean, in the same seed: seeds by γ."""
    row = {g: staircase.final(grid, base_lr, (g, step_size)).fillna(GUESS) for g in gammas()}
    table = pd.DataFrame(row).dropna()  # A seed counts where every γ has it.
    return table.rsub(table[table.mean().idxmax()], axis="index")


def worst_regret(regrets: Collection[pd.DataFrame]) -> pd.DataFrame:
    """Return each γ's largest `regret` over several settings, for the seeds that all of them have.

    Seeds are down, γ across.
    """
    by_seed = pd.concat(regrets).groupby(level=0)
    return by_seed.max()[by_seed.size() == len(regrets)]


def worst_places(regrets: Mapping[tuple[float, float], pd.DataFrame]) -> str:
    """Say where each γ loses most, by the mean over the seeds, of several (base LR, step_size)."""
    settings = list(regrets)
    means = pd.DataFrame(dict(enumerate(table.mean() for table in regrets.values())))
    at = means.idxmax(axis="columns")
    told = []
    for place in sorted(set(at), key=lambda place: -(at == place).sum()):
        base, size = settings[place]
        losers = text.listing([text.lr(gamma) for gamma in at.index[at == place]])
        told.append(f"base LR {text.lr(base)} cut every {size:g} epochs, for γ {losers}")
    return f"Most is lost, by the means, at {'; at '.join(told)}."


def in_words(epochs: Sequence[int]) -> str:
    """Return epochs as a reader says them: "no epoch", "epochs 11 and 21"."""
    return text.numbered("epoch", epochs) if epochs else "no epoch"
