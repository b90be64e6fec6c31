"""Checkpoints: the state of a run in the middle of a long training, so that little is lost.

Each run has a file of its own, so a run goes on whatever group it finds itself in next time. A
checkpoint counts only for the code that wrote it: the run's witness is in its name.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from experiments import files, store
from experiments.groups import Data, Group, start_group
from experiments.settings import Run, run_id


def path(run: Run, witness: Sequence[float], directory: Path) -> Path:
    """Return where the run's checkpoint lies."""
    code = hashlib.sha256(json.dumps(list(witness)).encode()).hexdigest()[:8]
    return directory / ".checkpoints" / f"{run_id(run)}-{code}.npz"


def epoch(file: Path) -> int:
    """Return the number of epochs a checkpoint has done; 0 for none, or one that is not sound."""
    try:
        # NumPy leaves a file open that it cannot read, unless the file is ours to close.
        with file.open("rb") as opened, np.load(opened) as state:
            return int(state["epoch"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return 0


def write(group: Group, seconds: Sequence[float], paths: Sequence[Path]) -> None:
    """Save every run of a group, `paths` in the group's order.

    Raises
    ------
    ResultsError
        If they cannot be written; each is then as it was.
    """
    for m, file in enumerate(paths):
        state: dict[str, Any] = {
            "epoch": group.epoch,
            "seconds": np.asarray(seconds),
            "weights": group.weights[m].cpu().numpy(),
            "first": group.moments.first[m].cpu().numpy(),
            "lr": group.lr[:, m],
        }
        if group.moments.second is not None:
            state["second"] = group.moments.second[m].cpu().numpy()
        if len(group.last_update):
            state["last_update"] = group.last_update[m].cpu().numpy()
        if m in group.plateaus:
            state["plateau"] = json.dumps(_plain(group.plateaus[m].state_dict()))
        for kind, rows in (("history", group.history), ("steps", group.steps)):
            for name in rows[0] if rows else ():
                state[f"{kind}.{name}"] = np.array([row[name][m] for row in rows])
        with store.writing("a checkpoint", file.parent):
            files.replace(file, partial(_save, state))


def _save(state: dict[str, Any], temporary: Path) -> None:
    with temporary.open("wb") as file:
        np.savez(file, **state)


def _plain(state: dict[str, object]) -> dict[str, object]:
    """Keep the numbers and names of a scheduler's state; it rebuilds the rest itself."""
    return {key: value for key, value in state.items() if isinstance(value, int | float | str)}


def resume(runs: Sequence[Run], data: Data, paths: dict[Run, Path]) -> tuple[Group, list[float]]:
    """Return the runs as their checkpoints left them, all at the same epoch, and the seconds."""
    group = start_group(runs, data)
    states = [dict(np.load(paths[run])) for run in group.runs]
    like = group.weights

    def stacked(name: str) -> torch.Tensor:
        return torch.from_numpy(np.stack([state[name] for state in states])).to(like)

    group.weights = stacked("weights")
    group.moments.first = stacked("first")
    if group.moments.second is not None:
        group.moments.second = stacked("second")
    if len(group.last_update):
        group.last_update = stacked("last_update")
    group.lr = np.stack([state["lr"] for state in states], axis=1)
    group.epoch = int(states[0]["epoch"])
    for m, scheduler in group.plateaus.items():
        scheduler.load_state_dict(json.loads(str(states[m]["plateau"])))
        done = group.epoch * (len(group.lr) // group.runs[m].epochs)
        scheduler.optimizer.param_groups[0]["lr"] = float(group.lr[min(done, len(group.lr) - 1), m])
    for kind, rows in (("history.", group.history), ("steps.", group.steps)):
        names = [key for key in states[0] if key.startswith(kind)]
        for i in range(len(states[0][names[0]]) if names else 0):
            rows.append({k.removeprefix(kind): np.array([s[k][i] for s in states]) for k in names})
    return group, states[0]["seconds"].tolist()


def remove(paths: Sequence[Path]) -> None:
    """Delete the checkpoints of runs that are finished, and what killed writers left of them."""
    for file in paths:
        file.unlink(missing_ok=True)
        files.remove_leftovers(file)
