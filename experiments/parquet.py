"""One Parquet file of the store: written under a seal, read whole or in its sound parts.

The seal is the SHA-256 of the file with the seal's own place left blank. The store writes nothing
that it has not checked, so a file whose seal holds needs no check run by run when it is read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.records import STEPS_SCHEMA

SEAL = b"sha256"
_BLANK = b"0" * 64


@dataclass(frozen=True)
class Content:
    """What could be read of a file, a sentence for each part that could not, and its seal."""

    rows: pd.DataFrame
    problems: tuple[str, ...] = ()
    sealed: bool = False


def write(path: Path, schema: pa.Schema, row_groups: Iterable[pa.Table]) -> None:
    """Write a file, a row group a table, and seal it.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    # Measured numbers hardly repeat; their bytes do, split into streams: two fifths less to store.
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in floats],
        use_byte_stream_split=floats,
        write_page_checksum=True,
        write_statistics=False,
    ) as writer:
        for table in row_groups:
            writer.write_table(table)
        writer.add_key_value_metadata({SEAL: _BLANK})
    content = path.read_bytes()
    path.write_bytes(_replace_last(content, _BLANK, _digest(content)))


def read(path: Path, schema: pa.Schema) -> Content:
    """Read a file; never raises for damage, reports it. A file that is not there has no rows."""
    if not path.exists():
        return Content(_nothing(schema), sealed=True)
    try:
        content = path.read_bytes()
        footer = pq.ParquetFile(pa.BufferReader(content))
        if not footer.schema_arrow.equals(schema):
            return Content(_nothing(schema), (f"{path} has other columns than expected",))
        file = pq.ParquetFile(
            pa.BufferReader(content),
            metadata=footer.metadata,
            page_checksum_verification=True,
            # A text that is repeated in every row of a run is made once.
            read_dictionary=[field.name for field in schema if field.type == pa.string()],
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        return Content(_nothing(schema), (f"{path} is no readable Parquet file ({error})",))
    with file:
        try:
            rows = _frame(file.read(use_threads=False), schema)
            return Content(rows, sealed=_is_sealed(content, file.metadata.metadata or {}))
        except (pa.ArrowException, OSError, ValueError):
            groups, damaged = _sound_groups(file)
    table = pa.concat_tables(groups) if groups else schema.empty_table()
    problems = (f"{path} is damaged in row group {number}" for number in damaged)
    return Content(_frame(table, schema), tuple(problems))


def _nothing(schema: pa.Schema) -> pd.DataFrame:
    return schema.empty_table().to_pandas()


def _is_sealed(content: bytes, notes: Mapping[bytes, bytes]) -> bool:
    seal = notes.get(SEAL, b"")
    return bool(seal) and seal == _digest(_replace_last(content, seal, _BLANK))


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _replace_last(content: bytes, old: bytes, new: bytes) -> bytes:
    before, _, after = content.rpartition(old)
    return before + new + after


def _sound_groups(file: pq.ParquetFile) -> tuple[list[pa.Table], list[int]]:
    """Return the row groups that can be read, and the numbers, from 1, of those that cannot."""
    groups, damaged = [], []
    for number in range(file.num_row_groups):
        try:
            groups.append(file.read_row_group(number))
        except (pa.ArrowException, OSError, ValueError):
            damaged.append(number + 1)
    return groups, damaged


def _frame(table: pa.Table, schema: pa.Schema) -> pd.DataFrame:
    """Return a table with plain objects for text and one block a dtype; with categories for steps.

    Posts select rows by the thousand: so, pandas does it in a sixth of the time.
    """
    table = table.unify_dictionaries()
    if schema.equals(STEPS_SCHEMA):
        frame = table.to_pandas()
    else:
        frame = pd.DataFrame({name: _series(table[name]) for name in table.column_names})
    # Names that are plain objects, too: a column is found in two thirds of the time.
    return frame.set_axis(pd.Index(schema.names, dtype=object), axis=1)


def _series(column: pa.ChunkedArray) -> pd.Series:
    if not pa.types.is_dictionary(column.type):
        return pd.Series(column.to_numpy())
    codes = column.combine_chunks()
    texts = np.array(codes.dictionary.to_pylist(), dtype=object)
    return pd.Series(texts[codes.indices.to_numpy()], dtype=object)
