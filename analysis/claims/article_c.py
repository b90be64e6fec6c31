"""Claims of article C about StepLR."""

from __future__ import annotations

import pandas as pd

from analysis import shock, stats, text
from analysis.claims.common import per_seed, steadiness
from analysis.labels import name_of
from analysis.verdicts import Verdict, is_more, lacking


def c1(runs: pd.DataFrame) -> Verdict:
    """Test claim C1.

    C1 holds where, for every momentum, a constant LR of 0.01 fluctuates heavily in training
    loss over epochs 11 to 30 and StepLR's share of rises there is smaller.
    """
    says = (
        "A constant LR of 0.01 starts fast, then oscillates; cutting it tenfold every ten epochs "
        "makes convergence smoother."
    )
    runs = stats.select(runs, base_lr=0.01, epochs=30, schedule=["constant", "StepLR"])
    runs = runs[(runs["schedule"] == "constant") | runs["schedule_args"].map(_is_tenfold_by_ten)]
    late = runs[runs["epoch"] > 10]
    parts, notes, n = [], [], []
    for momentum in stats.levels(late, "momentum", descending=False):
        one = stats.select(late, momentum=momentum)
        constant, step = (one[one["schedule"] == s] for s in ("constant", "StepLR"))
        if not len(constant) or not len(step):
            continue
        label = name_of("momentum", momentum)
        parts.append(steadiness(constant, f"a constant LR, {label}, after epoch 10,", want=1))
        first, second = (per_seed(f, "train_loss", stats.rise_share) for f in (constant, step))
        parts.append(
            is_more(
                f"With {label}, the share of rises at a constant LR, against StepLR,",
                first,
                second,
                words=("larger", "smaller"),
                unit="points",
                digits=1,
            )
        )
        gain = stats.paired(
            stats.final(step, "val_accuracy"), stats.final(constant, "val_accuracy")
        )
        phrase = text.comparison(gain, "higher", "lower", "points")
        notes.append(f"With {label}, StepLR's final validation accuracy is {phrase}.")
        n.append(min(len(stats.seeds(constant)), len(stats.seeds(step))))
    if not parts:
        return lacking("C1", says, ["a constant LR beside StepLR over 30 epochs"])
    return Verdict("C1", says, min(n), tuple(parts), tuple(notes))


def _is_tenfold_by_ten(arguments: str) -> bool:
    found = shock.schedule_arguments(arguments)
    return found.get("gamma") == 0.1 and found.get("step_size") == 10
