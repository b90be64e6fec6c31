"""Tables about schedules: their arguments, where they end, and when to use which."""

from __future__ import annotations

import pandas as pd

from analysis import bound, schedules, stats, text
from analysis.arguments import in_words, parse
from analysis.labels import name_of
from analysis.page import Table
from analysis.receipts import receipt
from analysis.schedules import Choice, Standing

# PyTorch's classes behind the names that are none themselves.
MADE_OF = {
    "constant": "none",
    "warmup-cosine": "LinearLR, then CosineAnnealingLR",
    "warmup-stable-decay": "LinearLR, ConstantLR, LinearLR",
}
# What has to be known before training, and the schedules that it suits.
KNOWN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nothing", ("constant",)),
    ("when to cut, from earlier runs", ("StepLR", "MultiStepLR", "ExponentialLR")),
    (
        "how long training lasts",
        ("LinearLR", "PolynomialLR", "CosineAnnealingLR", "warmup-cosine", "OneCycleLR"),
    ),
    (
        "how long a cycle lasts, and that training ends with one",
        ("CosineAnnealingWarmRestarts", "CyclicLR"),
    ),
    ("when the last part begins, however long the rest was", ("warmup-stable-decay",)),
    ("which held-out images to watch", ("ReduceLROnPlateau",)),
)


def arguments(runs: pd.DataFrame) -> Table:
    """Return the schedules with PyTorch's class and the arguments of this study."""
    rows = []
    for schedule in schedules.present(runs):
        row = runs[runs["schedule"] == schedule].iloc[0]
        found = parse(row["schedule_args"])
        found.pop("max_lr", None)
        told = in_words(found)
        if schedule == "CyclicLR":
            told = [
                f"base_lr a {text.number(row['peak'] / row['base_lr'], 0)}th of the peak",
                *told,
            ]
        rows.append(
            (
                name_of("schedule", schedule),
                MADE_OF.get(schedule, schedule),
                ", ".join(told) or "PyTorch's own" if schedule != "constant" else "none",
            )
        )
    header = ("Schedule", "PyTorch's class", "Arguments, counted in epochs")
    return Table(header, tuple(rows), "lll", receipt(runs))


def standings(runs: pd.DataFrame) -> Table:
    """Return each schedule at its own best peak LR, best first: a row for each momentum.

    What a phone shows without scrolling comes first.
    """
    rows, used = [], []
    for momentum in stats.levels(runs, "momentum"):
        choices = schedules.own_best(runs, momentum)
        for standing in schedules.standings(choices):
            rows.append(_standing(standing, momentum))
            used.append(standing.choice.runs)
    header = (
        *("Schedule", "Test accuracy (%)", "Momentum", "Own best peak LR"),
        *("Behind the best mean (points)", "So it is", "Validation accuracy (%)", "Seeds"),
    )
    return Table(header, tuple(rows), "lrrrrlrr", receipt(pd.concat(used)))


def _standing(standing: Standing, momentum: float) -> tuple[str, ...]:
    choice, behind = standing.choice, standing.behind
    leads = behind.n > 0 and behind.mean == behind.low == behind.high == 0
    leads = leads or (behind.n == 1 and behind.mean == 0)
    level = "best mean" if leads else "not resolved" if standing.tied else "behind"
    # Two dozen rows of two lines each would be a long table.
    level = level.replace(" ", text.SPACE)
    return (
        choice.name,
        text.mean_and_half(standing.accuracy, 2, 100.0),
        text.lr(momentum),
        choice.peak_text,
        text.number(-100 * behind.mean, 2),
        level,
        text.number(100 * choice.validation, 2),
        str(standing.accuracy.n),
    )


def decision(choices: dict[str, Choice]) -> Table:
    """Return when to use which: what one must know, what that allows, and what it costs.

    Within a row the schedules that are not resolved from its best mean stand together, best first;
    rows are in the order of their best means. The last column pairs the row's best with the best of
    all.
    """
    everything = schedules.standings(choices)
    best = everything[0].choice
    rows = []
    for known, names in KNOWN:
        some = {name: choices[name] for name in names if name in choices}
        if not some:
            continue
        order = schedules.standings(some)
        level = [one.choice.name for one in order if one.tied]
        worse = [one.choice.name for one in order if not one.tied]
        top = order[0].choice
        gap = stats.paired(top.accuracies, best.accuracies)
        cost = "the best mean of all" if top.schedule == best.schedule else _cost(gap)
        mean = float(order[0].accuracy.mean)
        rows.append((mean, (known, " · ".join(level), " · ".join(worse) or "–", cost)))
    rows.sort(key=lambda row: -row[0])
    header = (
        "You know …",
        "Best here, and ties",
        "Resolved below",
        "Best here against best of all",
    )
    used = pd.concat([choice.runs for choice in choices.values()])
    return Table(header, tuple(row for _, row in rows), "llll", receipt(used))


def _cost(gap: stats.Interval) -> str:
    if gap.side_of() < 0:
        return f"lower by {text.points(-gap.mean)}"
    why = "" if gap.defined else f" ({text.count(gap.n, 'paired seed')})"
    return f"not resolved{why}"


def bounds(runs: pd.DataFrame, choices: dict[str, Choice]) -> Table:
    """Return the bound of each shape beside the measured accuracy, the smallest bound first."""
    found = bound.by_schedule(runs)
    places = {one.choice.schedule: at for at, one in enumerate(schedules.standings(choices), 1)}
    rows = [
        (
            name_of("schedule", name),
            text.number(value, 2),
            str(place),
            str(places.get(name, "–")),
        )
        for place, (name, value) in enumerate(sorted(found.items(), key=lambda kv: kv[1]), 1)
    ]
    header = ("Schedule", "Bound, in D·G/√T", "Place by the bound", "Place by mean accuracy")
    return Table(header, tuple(rows), "lrrr", receipt(runs))
