"""Writing results: each study's file is replaced whole, or stays as it was.

Writers take turns under a lock that the operating system frees when its holder dies, so none is
ever left behind. Readers need no lock.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count, pairwise
from pathlib import Path

import filelock
import numpy as np
import pandas as pd
import pyarrow as pa

from experiments import files, parquet
from experiments.records import (
    SCHEMA,
    SETTINGS,
    STEPS_SCHEMA,
    Record,
    epoch_rows,
    step_rows,
)
from experiments.results import RESULTS, ResultsError, epochs_path, read, steps_path
from experiments.settings import run_id

# A damaged page costs the runs of its row group; smaller groups would make a larger footer.
RUNS_PER_ROW_GROUP = 16


@contextmanager
def writing(what: str, directory: Path) -> Iterator[None]:
    """Say in one sentence what could not be written, where the system only says why.

    Raises
    ------
    ResultsError
        In place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise ResultsError(
            f"{what} could not be written to {directory}: {error.strerror or error}; "
            "make room or allow writing there, then run the same command again."
        ) from None


@contextmanager
def training(studies: Sequence[str], directory: Path) -> Iterator[None]:
    """Hold the right to train these studies, so that no run is trained twice at once.

    Waits, and says so, while another process holds it. Names are taken in one order, so two
    processes that want the same studies cannot wait for each other.
    """
    held = []
    try:
        for study in sorted(studies):
            with writing(f"the results of {study}", directory):
                own = lock(f"{study}.training", directory)
                try:
                    own.acquire(timeout=0)
                except filelock.Timeout:
                    print(f"{study} is being trained by another process; waiting.", flush=True)
                    own.acquire()
            held.append(own)
        yield
    finally:
        for own in held:
            own.release()


def lock(name: str, directory: Path) -> filelock.BaseFileLock:
    """Return a lock of a directory; under the one named as a study its files are replaced."""
    folder = directory / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    return filelock.FileLock(folder / f"{name}.lock")


def save(study: str, records: Sequence[Record], directory: Path = RESULTS) -> None:
    """Add finished runs to a study's files; a run that is there already is replaced.

    Raises
    ------
    ResultsError
        If the files cannot be written; they are then as they were.
    """
    with writing(f"the results of {study}", directory), lock(study, directory):
        _repair(study, directory)
        stored = read(study, directory)
        new = {run_id(record.run) for record in records}
        epochs = [
            _table(stored.epochs[~stored.epochs["run_id"].isin(new)], SCHEMA),
            *(epoch_rows(study, record) for record in records),
        ]
        # Steps of a run that is replaced stay for readers who hold its old epochs, under
        # their own digest; the next write drops them.
        added = pa.concat_tables([STEPS_SCHEMA.empty_table(), *map(step_rows, records)])
        again = set(added["digest"].to_pylist())
        kept = stored.steps[~stored.steps["digest"].isin(again)]
        steps = [_table(kept, STEPS_SCHEMA), added]
        _write(study, directory, pa.concat_tables(epochs), pa.concat_tables(steps))


def _table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    # Column by column: as a frame, pandas' notes would be kept and every NaN become a null.
    return pa.table({name: frame[name].to_numpy() for name in schema.names}, schema=schema)


def _write(study: str, directory: Path, epochs: pa.Table, steps: pa.Table) -> None:
    order = [name for name, _ in SETTINGS if name not in ("record_from", "record_to")]
    epochs = epochs.sort_by([(name, "ascending") for name in [*order, "run_id", "epoch"]])
    steps = steps.sort_by([("run_id", "ascending"), ("step", "ascending")])
    # Steps first: a run counts as present by its epochs, which must never precede its steps.
    if len(steps):
        _write_file(steps_path(study, directory), steps)
    _write_file(epochs_path(study, directory), epochs)


def _write_file(path: Path, table: pa.Table) -> None:
    files.remove_leftovers(path)
    files.replace(
        path, lambda temporary: parquet.write(temporary, table.schema, _row_groups(table))
    )


def _row_groups(table: pa.Table) -> Iterator[pa.Table]:
    """Cut a table that is sorted by run into row groups of whole runs."""
    identities = table["run_id"].to_numpy()
    starts = np.flatnonzero(np.r_[True, identities[1:] != identities[:-1]]) if len(table) else [0]
    bounds = [*starts[::RUNS_PER_ROW_GROUP], len(table)]
    for first, last in pairwise(bounds):
        yield table.slice(first, last - first)


def repair(study: str, directory: Path = RESULTS) -> tuple[str, ...]:
    """Set a damaged study file aside and keep its sound runs.

    Returns
    -------
    tuple of str
        What was wrong and where the damaged file went; empty if all was well.

    Raises
    ------
    ResultsError
        If the files cannot be written.
    """
    with writing(f"the results of {study}", directory), lock(study, directory):
        return _repair(study, directory)


def _repair(study: str, directory: Path) -> tuple[str, ...]:
    stored = read(study, directory)
    if not stored.problems:
        return ()
    time = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = directory / "damaged"
    aside.mkdir(exist_ok=True)
    notes = list(stored.problems)
    for path in (epochs_path(study, directory), steps_path(study, directory)):
        if path.exists():
            target = _unused(aside, f"{path.stem}.{time}")
            path.replace(target)
            notes.append(f"{path.name} was set aside as {target}")
    if len(stored.epochs):
        _write(study, directory, _table(stored.epochs, SCHEMA), _table(stored.steps, STEPS_SCHEMA))
    return tuple(notes)


def _unused(folder: Path, stem: str) -> Path:
    """Return a file name that is free: a clock may stand still or jump back."""
    suffixes = chain([""], (f"-{number}" for number in count(2)))
    names = (folder / f"{stem}{suffix}.parquet" for suffix in suffixes)
    return next(name for name in names if not name.exists())
