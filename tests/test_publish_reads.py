"""Whatever way code reads a file, it is seen, with the state it had before it was read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from publish.reads import FOLDER, MISSING, Reads, changed, note_code, recording, state_of
from publish.versions import changed_version, code_digest

WAYS = {
    "open": "open('d/a.csv').close()",
    "io": "__import__('io').open('d/a.csv', 'rb').close()",
    "os": "os.close(os.open('d/a.csv', os.O_RDONLY))",
    "pathlib": "Path('d/a.csv').read_text()",
    "absolute": "(Path.cwd() / 'd/a.csv').read_bytes()",
    "bytes": "open(b'd/a.csv').close()",
    "stat": "os.stat('d/a.csv')",
    "size": "os.path.getsize('d/a.csv')",
    "isfile": "os.path.isfile('d/a.csv')",
    "exists": "Path('d/a.csv').exists()",
    "access": "os.access('d/a.csv', os.R_OK)",
    "pandas csv": "pd.read_csv('d/a.csv')",
    "pandas C++": "pd.read_csv('d/a.csv', engine='pyarrow')",
    "pandas": "pd.read_parquet('d/a.parquet')",
    "parquet": "pq.read_table('d/a.parquet')",
    "ParquetFile": "pq.ParquetFile('d/a.parquet').read()",
    "schema": "pq.read_schema('d/a.parquet')",
    "path": "pq.read_table(Path('d/a.parquet'))",
    "memory map": "pa.memory_map('d/a.parquet').close()",
    "OSFile": "pa.OSFile('d/a.parquet').close()",
    "stream": "pa.input_stream('d/a.csv').close()",
    "csv": "pa_csv.read_csv('d/a.csv')",
    "data set": "ds.dataset('d/a.parquet').to_table()",
    "numpy": "np.load('d/a.npy')",
    "numpy map": "np.load('d/a.npy', mmap_mode='r')",
    "fromfile": "np.fromfile('d/a.npy')",
    "sqlite": "sqlite3.connect('d/a.db').close()",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / "d").mkdir(parents=True)
    frame = pd.DataFrame({"n": [1]})
    frame.to_csv(root / "d/a.csv", index=False)
    frame.to_parquet(root / "d/a.parquet")
    np.save(root / "d/a.npy", np.ones(2))
    sqlite3.connect(root / "d/a.db").close()
    (root / "d/a.db").touch()
    monkeypatch.chdir(root)
    return root


def names() -> dict[str, object]:
    import os

    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    modules = {"os": os, "pa": pa, "pa_csv": pa_csv, "ds": ds, "pq": pq, "np": np, "pd": pd}
    return {**modules, "Path": Path, "sqlite3": sqlite3}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_read_a_file_is_seen(root: Path, way: str) -> None:
    known = names()
    with recording(root) as reads:
        eval(WAYS[way], known)
    seen = [name for name in reads.states if name.startswith("d/a.")]
    assert len(seen) == 1
    assert reads.states[seen[0]] == state_of(root, seen[0])
    assert reads.states[seen[0]] not in (MISSING, FOLDER)


@pytest.mark.parametrize(
    "code",
    [
        "Path('d/b').exists()",
        "os.path.isfile('d/b')",
        "contextlib.suppress(OSError).__enter__() or os.path.lexists('d/b')",
        "[p for p in ['d/b'] if os.access(p, os.R_OK)]",
    ],
)
def test_what_is_not_there_is_seen_as_missing(root: Path, code: str) -> None:
    import contextlib

    with recording(root) as reads:
        eval(code, {**names(), "contextlib": contextlib})
    assert reads.states["d/b"] == MISSING


@pytest.mark.parametrize(
    "code", ["os.listdir('d')", "list(Path('d').glob('*'))", "os.scandir('d').close()"]
)
def test_listed_folders_are_seen(root: Path, code: str) -> None:
    with recording(root) as reads:
        eval(code, names())
    before = reads.states["d/"]
    (root / "d/new").touch()
    assert state_of(root, "d/") != before


def test_what_lies_outside_is_seen_and_what_belongs_to_python_is_not(root: Path) -> None:
    other = root.parent / "other.txt"
    other.touch()
    with recording(root) as reads:
        other.read_text()
        Path(np.__file__).read_text(encoding="utf-8")
        Path("/proc/self/stat").read_text()
    assert str(other) in reads.states
    assert not [name for name in reads.states if "numpy" in name or "proc" in name]


def test_what_publish_writes_is_not_seen(root: Path) -> None:
    with recording(root, (root / "d",)) as reads:
        Path("d/a.csv").read_text(encoding="utf-8")
    assert not [name for name in reads.states if name.startswith("d/")]


def test_what_code_writes_counts_as_it_was_left(root: Path) -> None:
    with recording(root) as reads:
        Path("made.txt").write_text("x", encoding="utf-8")
        Path("made.txt").read_text(encoding="utf-8")
    assert reads.states["made.txt"] == state_of(root, "made.txt") != MISSING


def test_afterwards_nothing_is_left(root: Path) -> None:
    import os
    import sys

    before = (os.stat, os.fspath, list(sys.meta_path))
    with recording(root) as reads:
        pass
    Path("d/a.csv").read_text(encoding="utf-8")
    assert "d/a.csv" not in reads.states
    assert (os.stat, os.fspath, list(sys.meta_path)) == before


def test_what_happened_is_told(tmp_path: Path) -> None:
    states = {"a": "1", "b": MISSING, "c": "1"}
    now = {"a": "2", "b": "1", "c": MISSING}
    for name, words in {"a": "a changed", "b": "b is new", "c": "c is gone"}.items():
        assert changed(tmp_path, {name: states[name]}, now.__getitem__) == words
    assert changed(tmp_path, states, states.__getitem__) == ""


def test_a_file_system_of_pyarrow_cannot_be_watched() -> None:
    for code in ("from pyarrow import fs", "pyarrow.fs.LocalFileSystem()", "x = LocalFileSystem()"):
        reads = Reads()
        note_code(code, reads)
        assert reads.unseen


def test_versions_that_differ_are_named() -> None:
    before, now = {"Python": "3.11 (x)", "a": "1"}, {"Python": "3.11 (x)", "a": "2", "b": "1"}
    assert changed_version(before, now) == "a changed: 1 → 2"
    assert changed_version({**before, "a": "2"}, now) == "b changed: none → 1"
    assert changed_version(now, {**now, "Python": "3.12 (y)"}) == "Python changed: 3.11 → 3.12"
    assert changed_version(now, now) == ""


def test_the_digest_of_code_covers_what_it_imports() -> None:
    assert code_digest("tree") != code_digest("blocks") != code_digest("workers")
