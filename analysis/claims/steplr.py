"""Claims of article C on StepLR: C1, C4, C5, C9, C11, C13.

All are about SGD without momentum, except C1, which asks for both. Article C's examples start at
LR 0.01: where one base LR decides, it is that one, and LR 0.1 is told beside it.
"""

from __future__ import annotations

import pandas as pd

from analysis import shape, staircase, stats, text
from analysis.claims import cells
from analysis.claims.common import late_rises, steadiness
from analysis.labels import name_of
from analysis.staircase import BASE, CONSTANT, DEFAULT
from analysis.verdicts import Part, Verdict, is_more, lacking

OTHER_BASE = 0.1


def c1(runs: pd.DataFrame) -> Verdict:
    """Test claim C1.

    C1 holds where, for every momentum, a constant LR of 0.01 fluctuates heavily in training
    loss after the first third (epochs 11 to 30) and StepLR's share of rises there is smaller.
    """
    says = (
        "A constant LR of 0.01 starts fast, then oscillates; cutting it tenfold every ten epochs "
        "makes convergence smoother."
    )
    runs = stats.select(runs, base_lr=BASE, epochs=30)
    parts, notes, n = [], [], []
    for momentum in stats.levels(runs, "momentum", descending=False):
        grid = staircase.grid(runs, momentum)
        constant, step = (staircase.cell(grid, BASE, c) for c in (CONSTANT, DEFAULT))
        if not len(constant) or not len(step):
            continue
        label = name_of("momentum", momentum)
        parts.append(steadiness(constant, f"a constant LR, {label}", want=1))
        first, second = (late_rises(rows, "train_loss") for rows in (constant, step))
        parts.append(
            is_more(
                f"With {label}, the share of rises at a constant LR is",
                "with StepLR",
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
        phrase = text.compared(gain, "higher", "lower", "that of a constant LR", "points")
        notes.append(f"With {label}, StepLR's final validation accuracy is {phrase}.")
        n.append(min(len(stats.seeds(constant)), len(stats.seeds(step))))
    if not parts:
        return lacking("C1", says, ["a constant LR beside StepLR over 30 epochs"])
    return Verdict("C1", says, min(n), tuple(parts), tuple(notes))


def c4(runs: pd.DataFrame) -> Verdict:
    """Test claim C4.

    C4 holds where, from LR 0.01 with a drop every ten epochs, γ 0.01 ends with a higher training
    loss and a lower validation accuracy than γ 0.1 and its training loss falls by under 1 % over
    the last ten epochs, and where γ 0.9 ends within ± 0.3 points of a constant LR, interval and
    all. LR 0.1 is told and does not decide.
    """
    says = "A γ of 0.01 collapses the LR too fast and training stalls; a γ of 0.9 barely matters."
    grid = staircase.grid(runs)
    deep, shallow = (0.01, 10.0), (0.9, 10.0)
    wanted = (deep, DEFAULT, shallow, CONSTANT)
    if missing := cells.missing(grid, BASE, wanted):
        return lacking("C4", says, missing)
    parts = (
        *cells.worse(grid, BASE, deep, DEFAULT),
        cells.stall(grid, BASE, deep),
        cells.even(grid, BASE, shallow, CONSTANT),
    )
    notes = [text.capital(cells.told_stall(grid, BASE, DEFAULT))]
    if not cells.missing(grid, OTHER_BASE, wanted):
        notes += [p.sentence for p in cells.worse(grid, OTHER_BASE, deep, DEFAULT)]
        notes.append(cells.even(grid, OTHER_BASE, shallow, CONSTANT).sentence)
    return Verdict("C4", says, cells.shared(grid, BASE, wanted), parts, tuple(notes))


def c5(runs: pd.DataFrame) -> Verdict:
    """Test claim C5.

    The regret of a γ at a base LR and step_size is what its final validation accuracy lacks of the
    best γ's there (best by the mean over the seeds); its worst regret is the largest over the two
    base LRs and four step sizes. C5 holds where every other γ's worst regret is larger than that of
    γ 0.1, paired by seed, and fails where any other's is smaller. Without the whole grid it stays
    open: what is missing could be anyone's worst.
    """
    says = "A γ of 0.1 is the most robust choice."
    grid = staircase.grid(runs)
    settings, gammas = cells.settings(), cells.gammas()
    whole = [s for s in settings if not cells.missing(grid, s[0], [(g, s[1]) for g in gammas])]
    if not whole:
        return lacking("C5", says, ["every γ at one base LR and step_size"])
    regrets = {setting: cells.regret(grid, *setting) for setting in whole}
    worst = cells.worst_regret(regrets.values())
    parts = [
        is_more(
            f"The worst regret of γ {text.lr(gamma)} is",
            f"that of γ {text.lr(DEFAULT[0])}",
            worst[gamma],
            worst[DEFAULT[0]],
            words=("larger", "smaller"),
            unit="points",
        )
        for gamma in gammas
        if gamma != DEFAULT[0]
    ]
    where = f"{len(whole)} of {len(settings)} pairs of base LR and step_size"
    if len(whole) < len(settings):
        gap = Part(f"The results hold every γ at {where}; the claim needs all.", None)
        parts = [gap, *(Part(part.sentence, None, part.number) for part in parts)]
    ranked = sorted(gammas, key=lambda gamma: worst[gamma].mean())
    told = (f"γ {text.lr(g)}: {text.points(float(worst[g].mean()))}" for g in ranked)
    notes = (
        f"Mean worst regret over {where}, smallest first: {'; '.join(told)}.",
        cells.worst_places(regrets),
    )
    return Verdict("C5", says, len(worst.dropna()), tuple(parts), notes)


def c9(runs: pd.DataFrame) -> Verdict:
    """Test claim C9.

    C9 holds where, from LR 0.01 with γ 0.1, dropping every 3 epochs ends with a higher training
    loss and a lower validation accuracy than dropping every 10, and its training loss falls by
    under 1 % over the last ten epochs (it is trapped). LR 0.1 is told and does not decide.
    """
    says = "Dropping the LR too early slows convergence and traps the model where it is."
    grid = staircase.grid(runs)
    early = (DEFAULT[0], 3.0)
    if missing := cells.missing(grid, BASE, (early, DEFAULT)):
        return lacking("C9", says, missing)
    parts = (*cells.worse(grid, BASE, early, DEFAULT), cells.stall(grid, BASE, early))
    notes = []
    if not cells.missing(grid, OTHER_BASE, (early, DEFAULT)):
        notes = [p.sentence for p in cells.worse(grid, OTHER_BASE, early, DEFAULT)]
    return Verdict("C9", says, cells.shared(grid, BASE, (early, DEFAULT)), parts, tuple(notes))


def c11(runs: pd.DataFrame) -> Verdict:
    """Test claim C11.

    C11 holds where, with `scheduler.step()` before the epoch's training, every drop of the right
    placement comes exactly one epoch earlier. A further drop counts against it unless its place
    under the right call lies after the last epoch. The LR is no measurement with luck in it: it
    follows from the calls alone and is the same for every seed, so one run of each decides. Runs
    that disagree with each other refute.
    """
    says = "Calling scheduler.step() before training, not after, shifts every drop by one epoch."
    both = staircase.placements(runs)
    right, early = (stats.select(both, schedule=name) for name in staircase.PLACEMENTS)
    missing = [
        what
        for rows, what in ((right, "StepLR"), (early, "StepLR with the misplaced step"))
        if rows.empty
    ]
    if missing:
        return lacking("C11", says, missing)
    after, before = (set(shape.drops(stats.curves(r, "lr")).values()) for r in (right, early))
    epochs = int(right["epoch"].max())
    if len(after) == len(before) == 1:
        told, shifted = after.pop(), before.pop()
        moved = tuple(epoch - 1 for epoch in told)
        holds = len(told) > 0 and shifted in (moved, (*moved, epochs))
        sentence = (
            f"With the call after training the LR drops at the start of {cells.in_words(told)}; "
            f"with the call before training, of {cells.in_words(shifted)}."
        )
    else:
        holds, sentence = False, "Runs of one placement drop the LR at different epochs."
    gain = stats.paired(stats.final(early, "val_accuracy"), stats.final(right, "val_accuracy"))
    phrase = text.compared(gain, "higher", "lower", "with the right one", "points")
    note = f"The final validation accuracy with the misplaced call is {phrase}."
    n = min(len(stats.seeds(right)), len(stats.seeds(early)))
    return Verdict("C11", says, n, (Part(sentence, holds),), (note,))


def c13(runs: pd.DataFrame, small: pd.DataFrame) -> Verdict:
    """Test claim C13.

    C13 holds where, at both base LRs and with a drop every ten epochs, γ 0.5 ends above γ 0.1 in
    validation accuracy on 1,000 training images, and StepLR's gain over a constant LR (γ 0.1) is
    smaller on 1,000 images than on 60,000 (by seed: the same initial weights, not the same images).
    A base LR without runs leaves it open.

    Parameters
    ----------
    runs : the study of 60,000 images
    small : the study of 1,000
    """
    says = (
        "On small data a γ of 0.5 is better than 0.1, whose abrupt drop may stall training; there "
        "StepLR is at its weakest."
    )
    few, many = staircase.grid(small), staircase.grid(runs)
    half = (0.5, DEFAULT[1])
    parts, notes, n = [], [], []
    for base in (BASE, OTHER_BASE):
        at = f"at base LR {text.lr(base)}"
        if missing := cells.missing(few, base, (half, DEFAULT, CONSTANT)):
            parts.append(Part(f"No runs on 1,000 images for {text.listing(missing)}.", None))
            continue
        parts.append(
            is_more(
                f"On 1,000 images {at}, the final validation accuracy with γ 0.5 is",
                "with γ 0.1",
                *(staircase.final(few, base, c) for c in (half, DEFAULT)),
                words=("higher", "lower"),
                unit="points",
            )
        )
        n.append(cells.shared(few, base, (half, DEFAULT)))
        notes.append(f"On 1,000 images, {cells.told_stall(few, base, DEFAULT)}")
        if missing := cells.missing(many, base, (DEFAULT, CONSTANT)):
            parts.append(Part(f"No runs on 60,000 images for {text.listing(missing)}.", None))
            continue
        parts.append(
            is_more(
                f"On 1,000 images {at}, StepLR's gain in accuracy over a constant LR is",
                "on 60,000",
                cells.gain(few, base),
                cells.gain(many, base),
                words=("higher", "lower"),
                unit="points",
                want=-1,
            )
        )
    return Verdict("C13", says, min(n, default=0), tuple(parts), tuple(notes))
