"""What came out: reading `results/<study>.parquet`, with every run verified.

A study has a row for each run and epoch and, where it records steps, a second file beside it; see
records.py. `load` returns what was measured or says what is wrong. Writing is in store.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from experiments import parquet
from experiments.errors import ExperimentsError
from experiments.records import SCHEMA, SETTINGS, STEP_METRICS, STEPS_SCHEMA, digest
from experiments.settings import Run, SettingsError, from_columns, run_id

RESULTS = Path(__file__).parents[1] / "results"


class ResultsError(ExperimentsError):
    """Results that are missing, damaged or unknown. The message says what to run."""


def epochs_path(study: str, directory: Path) -> Path:
    """Return the file of a study's runs and epochs."""
    return directory / f"{study}.parquet"


def steps_path(study: str, directory: Path) -> Path:
    """Return the file of a study's recorded steps."""
    return directory / f"{study}.steps.parquet"


@dataclass(frozen=True)
class Stored:
    """What a study's files hold: sound runs, and what is wrong with the rest."""

    epochs: pd.DataFrame
    steps: pd.DataFrame
    problems: tuple[str, ...]

    @property
    def run_ids(self) -> frozenset[str]:
        """Ids of the sound runs."""
        return frozenset(self.epochs["run_id"])


def read(study: str, directory: Path = RESULTS, run_by_run: bool = False) -> Stored:
    """Read a study's files and check them; never raises for damage, reports it.

    Where the seals hold and epochs and steps belong together, every run was checked when it was
    written; else, or if so asked, every run is checked now.
    """
    found = parquet.read(epochs_path(study, directory), SCHEMA)
    found_steps = parquet.read(steps_path(study, directory), STEPS_SCHEMA)
    epochs, problems = found.rows, [*found.problems, *found_steps.problems]
    recording = epochs["record_to"] > 0
    if recording.any() and not steps_path(study, directory).exists():
        problems.append(
            f"{steps_path(study, directory)} is missing, and with it the recorded steps of "
            f"{epochs['run_id'][recording].nunique()} runs"
        )
        epochs = epochs[~recording].reset_index(drop=True)
    # A run that was trained again has steps under two digests until the next write.
    steps = _only(found_steps.rows, "digest", epochs["digest"])
    sealed = found.sealed and found_steps.sealed and not problems
    if sealed and not run_by_run and _belong_together(study, epochs, steps):
        return Stored(epochs, steps, ())
    faults: dict[str, list[str]] = {}
    for identity, fault in _faults(study, epochs, steps):
        faults.setdefault(fault, []).append(identity)
    for fault, (first, *rest) in faults.items():
        others = f", and likewise {len(rest)} more" if rest else ""
        problems.append(f"run {first} of {study} {fault}{others}")
    sound = _only(epochs, "run_id", set(epochs["run_id"]).difference(*faults.values()))
    return Stored(sound, _only(steps, "run_id", sound["run_id"]), tuple(problems))


def _belong_together(study: str, epochs: pd.DataFrame, steps: pd.DataFrame) -> bool:
    """Whether the rows are this study's, and the steps those of the runs that record any."""
    recorded = epochs["digest"][epochs["record_to"] > 0]
    return set(epochs["study"]) <= {study} and set(recorded) == set(steps["digest"].unique())


def _only(rows: pd.DataFrame, column: str, allowed: Iterable[str]) -> pd.DataFrame:
    """Return the rows with an allowed value; most of the time, all of them as they are."""
    known = set(allowed)
    if known.issuperset(rows[column].unique()):
        return rows
    return rows[rows[column].isin(known)].reset_index(drop=True)


def _mixed(frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return for each row whether it differs in `names` from the first row of its run."""
    codes, _ = pd.factorize(frame["run_id"])
    _, first = np.unique(codes, return_index=True)
    differs = np.zeros(len(frame), dtype=bool)
    for name in names:
        values = frame[name].to_numpy()
        differs |= values != values[first[codes]] if len(frame) else differs
    return differs


def _faults(study: str, epochs: pd.DataFrame, steps: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the id of each run that is not sound, and what is wrong with it."""
    mixed = _mixed(epochs, [name for name, _ in SETTINGS] + ["study", "digest"])
    step_columns = {name: steps[name].to_numpy() for name in STEP_METRICS}
    columns = {name: epochs[name].to_numpy() for name in epochs}
    step_rows_of = steps.groupby("run_id", observed=True).indices
    for identity, at in epochs.groupby("run_id", sort=False).indices.items():
        # The rows of a run lie together, but in a damaged file: a slice is a view, and quick.
        place = slice(at[0], at[-1] + 1) if at[-1] - at[0] == len(at) - 1 else at
        rows = {str(name): values[place] for name, values in columns.items()}
        own = step_rows_of.get(identity, np.empty(0, np.int64))
        fault = (
            "has rows that disagree about its settings"
            if mixed[at].any() or rows["study"][0] != study
            else _fault(str(identity), rows, {name: v[own] for name, v in step_columns.items()})
        )
        if fault:
            yield str(identity), fault


def _fault(identity: str, rows: Mapping[str, np.ndarray], steps: Mapping[str, np.ndarray]) -> str:
    """Return what is wrong with the rows of one run, as a predicate, or nothing."""
    try:
        run = from_columns({name: values[0] for name, values in rows.items()})
    except SettingsError as error:
        return f"has impossible settings: {error}"
    if run_id(run) != identity:
        return "does not match its settings"
    if rows["epoch"].tolist() != list(range(1, run.epochs + 1)):
        return f"has {len(rows['epoch'])} epochs in the file, expected 1 to {run.epochs}"
    recorded = len(steps["lr"])
    if recorded != run.steps:
        return f"has {recorded} recorded steps, expected {run.steps}"
    if digest(run, rows, steps if recorded else None) != rows["digest"][0]:
        return "does not match its digest"
    return ""


def _load(study: str, directory: Path) -> Stored:
    files = (epochs_path(study, directory), steps_path(study, directory))
    return _verified(study, directory, tuple(map(_stamp, files)))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """Return what tells a file from the next one in its place."""
    if not file.exists():
        return None
    state = file.stat()
    return state.st_ino, state.st_mtime_ns, state.st_size


# A page loads a study for its figures, and again for the claims on it.
@lru_cache(maxsize=16)
def _verified(study: str, directory: Path, stamps: tuple[object, ...]) -> Stored:
    from experiments.studies import STUDIES

    command = f"`make experiments STUDY={study}`"
    path = epochs_path(study, directory)
    if study not in STUDIES and not path.exists():
        raise ResultsError(f"there is no study {study!r}; the studies are: {', '.join(STUDIES)}.")
    if not path.exists():
        raise ResultsError(f"{path} is missing; {command} trains its runs.")
    stored = read(study, directory)
    if stored.problems:
        more = f" (and {len(stored.problems) - 1} more)" if len(stored.problems) > 1 else ""
        raise ResultsError(
            f"{stored.problems[0]}{more}; {command} sets the damage aside and retrains what is "
            "lost, `git checkout` brings back the committed file."
        )
    return stored


def load(study: str, directory: Path = RESULTS) -> pd.DataFrame:
    """Return a study's results, verified: one row a run and epoch.

    Parameters
    ----------
    study
        A name of ``STUDIES``.
    directory
        Where the Parquet files are.

    Returns
    -------
    pandas.DataFrame
        The columns of ``SCHEMA``; accuracies in [0, 1], epochs from 1.

    Raises
    ------
    ResultsError
        If the study is unknown, its file missing, or a run not what its digest says.
    """
    return _load(study, directory).epochs.copy(deep=False)


def load_steps(study: str, directory: Path = RESULTS) -> pd.DataFrame:
    """Return a study's recorded steps, verified: ``STEPS_SCHEMA``'s columns, text as categories.

    Raises
    ------
    ResultsError
        As `load`; also if the study records no steps.
    """
    steps = _load(study, directory).steps
    if steps.empty:
        raise ResultsError(f"study {study!r} has no recorded steps in {directory}.")
    return steps.copy(deep=False)


def runs(frame: pd.DataFrame) -> Iterator[tuple[Run, pd.DataFrame]]:
    """Yield each run of a frame of results with its rows."""
    for _, rows in frame.groupby("run_id", sort=False):
        yield from_columns({str(name): value for name, value in rows.iloc[0].items()}), rows
