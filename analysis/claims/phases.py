"""Claims about the course of a training: three phases (C2), and zig-zag at a high LR (C3).

Each takes the study's table and its ``phases.steps_of``.
"""

from __future__ import annotations

import pandas as pd

from analysis import phases, stats, text
from analysis.shape import REACH
from analysis.verdicts import Part, Verdict, is_above, is_more, lacking

# "Loss falls fast": the first tenth of the steps brings more than this share of the whole fall.
FAST = 0.5
# "Gradients small late": their mean in the last tenth is below this share of the first tenth's.
SMALL = 0.5


def c2(runs: pd.DataFrame, steps: pd.DataFrame) -> Verdict:
    """Test claim C2.

    C2 holds where, in every training that ends at 97 % validation accuracy or more, the first
    tenth of the steps brings over half of the validation loss's whole fall, the gradient norm
    jumps more from step to step in the middle than in the first tenth, and its mean in the last
    tenth is below half of that in the first. Trainings that end lower have not come to a third
    phase; they are told and do not decide.
    """
    says = (
        "Training has three phases: a fast fall with large gradients, a transition in which they "
        "shrink and fluctuate, and fine convergence with small ones."
    )
    parts, notes, n = [], [], []
    for name, schedule, rate in phases.settings(runs):
        final = stats.final(stats.select(runs, schedule=schedule, base_lr=rate), "val_accuracy")
        one = steps[steps["setting"] == name]
        part = _three_phases(name, one)
        if final.mean() >= REACH:
            parts.append(part)
            n.append(one["seed"].nunique())
        else:
            end = text.with_interval(stats.mean_interval(final), "%", 2)
            notes.append(f"Not judged, since it ends at {end}: {part.sentence}")
    if not parts:
        return lacking("C2", says, ["a training that reaches 97 % with every step recorded"])
    return Verdict("C2", says, min(n), tuple(parts), tuple(notes))


def _three_phases(name: str, steps: pd.DataFrame) -> Part:
    first = phases.mean_in(steps, "grad_norm", phases.FIRST)
    last = phases.mean_in(steps, "grad_norm", phases.LAST)
    shrink = is_above(
        "The mean gradient norm of the last tenth, over that of the first, is",
        (last / first).dropna(),
        SMALL,
        what="what we call small",
        want=-1,
    )
    fall = is_above(
        f"{name}: the first tenth of the steps brings, of the validation loss's whole fall,",
        phases.early_fall(steps),
        FAST,
        what="what we call fast",
        unit="%",
        digits=1,
    )
    leap = is_more(
        "In the middle, the factor between the gradient norms of neighbouring steps is",
        "in the first tenth",
        phases.jitter(steps, phases.MIDDLE),
        phases.jitter(steps, phases.FIRST),
        words=("larger", "smaller"),
    )
    every = (fall, leap, shrink)
    outcomes = [part.holds for part in every]
    holds = False if False in outcomes else True if all(outcomes) else None
    return Part(" ".join(part.sentence for part in every), holds, shrink.number)


def c3(runs: pd.DataFrame, steps: pd.DataFrame) -> Verdict:
    """Test claim C3.

    C3 holds where, over the last tenth of the steps, the mean cosine between successive updates
    at a constant LR of 0.1 is negative, and lower than at constant LRs of 0.01 and 0.001 and
    than under a cosine schedule that also starts at 0.1.
    """
    says = "A high LR kept until late in training zig-zags: its updates overshoot."
    late = {
        name: phases.mean_in(steps[steps["setting"] == name], "cos_updates", phases.LAST)
        for name, _, _ in phases.settings(runs)
    }
    rivals = ("LR 0.01", "LR 0.001", phases.setting("CosineAnnealingLR", 0.1))
    if missing := [name for name in ("LR 0.1", *rivals) if name not in late]:
        return lacking("C3", says, missing)
    back = is_above(
        "At LR 0.1 the cosine between successive updates, averaged over the last tenth of the "
        "steps, is",
        late["LR 0.1"],
        0.0,
        what="a right angle",
        digits=3,
        want=-1,
    )
    lower = [
        is_more(
            "Over the last tenth of the steps, the cosine between successive updates at LR 0.1 is",
            f"at {rival}" if rival.startswith("LR") else f"under {rival} decay",
            late["LR 0.1"],
            late[rival],
            words=("higher", "lower"),
            digits=3,
            want=-1,
        )
        for rival in rivals
    ]
    n = min(len(values) for values in late.values())
    return Verdict("C3", says, n, (back, *lower))
