"""A finished run as a record, and as rows of Parquet tables: a row an epoch, and a row a step.

Each run carries a digest of its settings and numbers, so that whoever reads it knows whether it is
what was measured. No torch is imported here.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from experiments.data import DATASETS
from experiments.provenance import Provenance
from experiments.settings import Run, as_columns, run_id

SETTINGS = [
    ("dataset", pa.string()),
    ("model", pa.string()),
    ("optimizer", pa.string()),
    ("formulation", pa.string()),
    ("base_lr", pa.float64()),
    ("schedule", pa.string()),
    ("schedule_args", pa.string()),
    ("momentum", pa.float64()),
    ("batch_size", pa.int64()),
    ("epochs", pa.int64()),
    ("seed", pa.int64()),
    ("record_from", pa.int64()),
    ("record_to", pa.int64()),
]
METRICS = ("lr", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "grad_norm")
# Measured only where the data set has a test part beside validation; else NaN.
TEST_METRICS = ("test_loss", "test_accuracy")
STEP_METRICS = (
    *("lr", "batch_loss", "grad_norm", "buffer_norm", "update_norm"),
    *("cos_grad_buffer", "cos_updates", "val_loss"),
)
SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("study", pa.string()),
        *SETTINGS,
        ("epoch", pa.int64()),
        *((name, pa.float64()) for name in (*METRICS, *TEST_METRICS)),
        ("seconds", pa.float64()),
        ("diverged", pa.bool_()),
        *((field.name, pa.string()) for field in dataclasses.fields(Provenance)),
        ("data_sha256", pa.string()),
        ("witness", pa.list_(pa.float64())),
        ("digest", pa.string()),
    ]
)
STEPS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("digest", pa.string()),
        ("step", pa.int64()),
        ("epoch", pa.int64()),
        *((name, pa.float64()) for name in STEP_METRICS),
    ]
)


@dataclass(frozen=True)
class Record:
    """A finished run.

    ``epochs`` maps each of the run's metrics and ``seconds`` to an array [epochs]; ``steps`` maps
    ``step``, ``epoch`` and each of ``STEP_METRICS`` to an array [recorded steps].
    """

    run: Run
    epochs: Mapping[str, np.ndarray]
    steps: Mapping[str, np.ndarray]
    witness: Sequence[float]
    provenance: Provenance


def metrics(run: Run) -> tuple[str, ...]:
    """Return the names of what is measured at each epoch of a run."""
    return (*METRICS, *TEST_METRICS) if DATASETS[run.dataset].test_size else METRICS


def digest(
    run: Run, epochs: Mapping[str, np.ndarray], steps: Mapping[str, np.ndarray] | None
) -> str:
    """Return the SHA-256 of a run's settings and metrics; times and provenance do not enter."""
    content = hashlib.sha256(run_id(run).encode())
    for source, names in ((epochs, metrics(run)), (steps or {}, STEP_METRICS)):
        if source:
            values = np.array([source[name] for name in names], dtype="<f8")
            # One NaN is as good as another; its bits are not.
            content.update(np.where(np.isnan(values), np.nan, values).tobytes())
    return content.hexdigest()


def epoch_rows(study: str, record: Record) -> pa.Table:
    """Return a record as rows of ``SCHEMA``, one an epoch."""
    count = record.run.epochs
    finite = np.isfinite(record.epochs["train_loss"]) & np.isfinite(record.epochs["val_loss"])
    columns: dict[str, object] = {
        "run_id": [run_id(record.run)] * count,
        "study": [study] * count,
        **{name: [value] * count for name, value in as_columns(record.run).items()},
        "epoch": np.arange(1, count + 1),
        **{name: np.full(count, np.nan) for name in TEST_METRICS},
        **{name: record.epochs[name] for name in (*metrics(record.run), "seconds")},
        "diverged": np.logical_or.accumulate(~finite),
        **{name: [value] * count for name, value in vars(record.provenance).items()},
        "data_sha256": [DATASETS[record.run.dataset].sha256] * count,
        "witness": [list(record.witness)] * count,
        "digest": [digest(record.run, record.epochs, record.steps)] * count,
    }
    return pa.table(columns, schema=SCHEMA)


def step_rows(record: Record) -> pa.Table:
    """Return a record's steps as rows of ``STEPS_SCHEMA``; none where it recorded none."""
    count = len(record.steps["step"]) if record.steps else 0
    own = digest(record.run, record.epochs, record.steps)
    columns = {"run_id": [run_id(record.run)] * count, "digest": [own] * count, **record.steps}
    return pa.table(columns, schema=STEPS_SCHEMA) if count else STEPS_SCHEMA.empty_table()
