"""Whether the stored results are what the present code and declarations say."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from experiments import data, plan, results, train, witness
from experiments.groups import histories, on_device, set_up_torch, start_group
from experiments.records import metrics
from experiments.selection import Selection
from experiments.settings import Run, run_id


def findings(study: str, selection: Selection, directory: Path) -> list[str]:
    """Return what is wrong with a study: damage, missing runs, runs of code that differs."""
    wanted = selection.runs(study)
    stored = results.read(study, directory, run_by_run=True)
    found = list(stored.problems)
    missing = [run for run in wanted if run_id(run) not in stored.run_ids]
    if missing:
        found.append(f"{len(missing)} of {len(wanted)} runs are missing")
    kept = {
        run: rows["witness"].iloc[0]
        for run, rows in results.runs(stored.epochs)
        if selection.includes(run)
    }
    present = witness.witness(kept)
    stale = [run_id(run) for run, old in kept.items() if witness.differs(old, present[run_id(run)])]
    if stale:
        found.append(
            f"{len(stale)} runs come from code that computed other numbers "
            f"({', '.join(stale[:3])}{', …' if len(stale) > 3 else ''})"
        )
    if found:
        committed = ", or `git checkout` brings back the committed file" * bool(stored.problems)
        found.append(f"`{selection.command(study, directory)}` puts this right{committed}")
    return found


def retrain(
    wanted: Sequence[tuple[str, Run]], count: int, directory: Path, device: str
) -> Iterator[str]:
    """Train some stored runs again and compare; nothing is written.

    Parameters
    ----------
    wanted
        Pairs of study and run to choose from; those that are not stored are passed over.
    count
        How many to choose, at random.

    Yields
    ------
    str
        What happens, then one sentence a run: the largest difference of any epoch's loss and
        accuracy.
    """
    stored = {study: results.read(study, directory) for study, _ in wanted}
    present = [(s, run) for s, run in wanted if run_id(run) in stored[s].run_ids]
    if not present:
        yield "None of these runs is stored, so there is nothing to train again."
        return
    yield "Training stored runs again, one after the other; nothing is written."
    set_up_torch(plan.workers(device))
    for study, run in random.sample(present, min(count, len(present))):
        images = on_device(data.load(run.dataset), torch.device(device))
        group = start_group([run], images)
        for _ in range(run.epochs):
            train.train_epoch(group, images)
        again = histories(group)[0][0]
        epochs = stored[study].epochs
        rows = epochs[epochs["run_id"] == run_id(run)]
        loss, accuracy = (
            difference(
                np.array([again[name] for name in metrics(run) if kind in name]),
                np.array([rows[name] for name in metrics(run) if kind in name]),
            )
            for kind in ("loss", "accuracy")
        )
        yield (
            f"{study} {run_id(run)}: trained again, the largest difference of an epoch's loss is "
            f"{loss}, of its accuracy {accuracy}"
        )


def difference(one: np.ndarray, other: np.ndarray) -> str:
    """Return the largest difference of two arrays in words; NaN and infinities equal themselves."""
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    largest = np.abs(np.subtract(one, other, where=~same, out=np.zeros_like(one))).max()
    return f"{largest:.2g}" if np.isfinite(largest) else "not finite, as one of the two is not"
