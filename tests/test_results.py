"""What `load` returns was measured, or it says what is wrong and what to run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments import parquet, records, results, store, verify
from experiments.results import ResultsError, load, load_steps
from experiments.selection import Selection
from experiments.settings import Run, run_id
from experiments.studies import STUDIES
from tests.examples import record

STUDY = "fixed-lr"
RUNS = [
    Run(dataset="synthetic", epochs=3, base_lr=lr, seed=seed, record_from=2, record_to=6)
    for lr in (0.1, 0.01)
    for seed in (0, 1)
]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    store.save(STUDY, [record(run, seed) for seed, run in enumerate(RUNS)], tmp_path)
    return tmp_path


def rewrite(path: Path, change: object) -> None:
    """Change a stored table behind the store's back, keeping its schema."""
    table = pq.read_table(path)
    frame = table.to_pandas()
    change(frame)  # type: ignore[operator]
    pq.write_table(pa.Table.from_pandas(frame, schema=table.schema, preserve_index=False), path)


def test_what_was_saved_is_loaded(directory: Path) -> None:
    frame, steps = load(STUDY, directory), load_steps(STUDY, directory)
    for seed, run in enumerate(RUNS):
        saved = record(run, seed)
        rows = frame[frame["run_id"] == run_id(run)]
        assert rows["epoch"].tolist() == [1, 2, 3]
        np.testing.assert_array_equal(rows["val_loss"], saved.epochs["val_loss"])
        own = steps[steps["run_id"] == run_id(run)]
        assert own["step"].tolist() == [2, 3, 4, 5, 6]
        np.testing.assert_array_equal(own["update_norm"], saved.steps["update_norm"])
    assert list(frame.columns) == records.SCHEMA.names


def test_test_metrics_are_kept_where_a_data_set_has_a_test_part_and_nan_elsewhere(
    directory: Path,
) -> None:
    run = Run(dataset="synthetic-held-out", epochs=3)
    store.save(STUDY, [record(run)], directory)
    frame = load(STUDY, directory)
    own = frame["run_id"] == run_id(run)
    np.testing.assert_array_equal(
        frame.loc[own, "test_accuracy"], record(run).epochs["test_accuracy"]
    )
    assert frame.loc[~own, ["test_loss", "test_accuracy"]].isna().all(axis=None)


def test_the_order_of_saving_leaves_no_trace(directory: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for seed, run in reversed(list(enumerate(RUNS))):
        store.save(STUDY, [record(run, seed)], other)
    for path in (results.epochs_path, results.steps_path):
        assert path(STUDY, other).read_bytes() == path(STUDY, directory).read_bytes()


def test_a_run_saved_twice_is_stored_once_with_the_later_numbers(directory: Path) -> None:
    store.save(STUDY, [record(RUNS[0], seed=99)], directory)
    frame = load(STUDY, directory)
    assert len(frame) == 3 * len(RUNS)
    rows = frame[frame["run_id"] == run_id(RUNS[0])]
    np.testing.assert_array_equal(rows["val_loss"], record(RUNS[0], 99).epochs["val_loss"])
    # Once more the same: its steps must not be doubled.
    store.save(STUDY, [record(RUNS[0], seed=99)], directory)
    assert len(load_steps(STUDY, directory)) == 5 * len(RUNS)


def test_a_diverged_run_is_kept_and_counted_from_where_it_broke(tmp_path: Path) -> None:
    whole = record(RUNS[0])
    broken = dataclasses.replace(
        whole, epochs={**whole.epochs, "train_loss": np.array([1.0, np.inf, np.nan])}
    )
    store.save(STUDY, [broken], tmp_path)
    assert load(STUDY, tmp_path)["diverged"].tolist() == [False, True, True]


def test_a_missing_study_names_the_command_that_trains_it(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="make experiments STUDY=fixed-lr"):
        load(STUDY, tmp_path)


def test_an_unknown_study_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="no study 'fixed-rl'; the studies are: fixed-lr"):
        load("fixed-rl", tmp_path)


def test_steps_asked_of_a_study_without_any_get_one_sentence(tmp_path: Path) -> None:
    store.save(STUDY, [record(Run(dataset="synthetic", epochs=2))], tmp_path)
    with pytest.raises(ResultsError, match="has no recorded steps"):
        load_steps(STUDY, tmp_path)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("val_accuracy", 0.999, "does not match its digest"),
        ("seed", 7, "settings"),
        ("base_lr", 0.5, "settings"),
        ("epoch", 9, "expected 1 to 3"),
        ("schedule_args", "no json", "settings"),
        ("schedule_args", "null", "settings"),
        ("schedule_args", "[1]", "settings"),
        ("schedule_args", "3", "settings"),
        ("study", "steplr", "disagree"),
    ],
)
def test_a_changed_number_is_never_loaded(
    directory: Path, column: str, value: object, says: str
) -> None:
    def change(frame: pd.DataFrame) -> None:
        frame.loc[1, column] = value

    rewrite(results.epochs_path(STUDY, directory), change)
    with pytest.raises(ResultsError, match=says):
        load(STUDY, directory)


def test_a_changed_step_is_never_loaded(directory: Path) -> None:
    def change(frame: pd.DataFrame) -> None:
        frame.loc[3, "update_norm"] *= 1.001

    rewrite(results.steps_path(STUDY, directory), change)
    with pytest.raises(ResultsError, match="does not match its digest"):
        load_steps(STUDY, directory)


def test_a_lost_file_of_steps_is_one_problem_however_many_runs_it_held(directory: Path) -> None:
    plain = Run(dataset="synthetic", epochs=3)
    store.save(STUDY, [record(plain)], directory)
    results.steps_path(STUDY, directory).unlink()
    with pytest.raises(ResultsError) as raised:
        load(STUDY, directory)
    assert str(raised.value).startswith(
        f"{results.steps_path(STUDY, directory)} is missing, and with it the recorded steps of "
        "4 runs; `make experiments STUDY=fixed-lr` sets"
    )
    assert results.read(STUDY, directory).run_ids == {run_id(plain)}


def test_lost_steps_of_a_run_are_noticed(directory: Path) -> None:
    def change(frame: pd.DataFrame) -> None:
        frame.loc[0, "digest"] = "that of no run"

    rewrite(results.steps_path(STUDY, directory), change)
    with pytest.raises(ResultsError, match="has 4 recorded steps, expected 5; `make"):
        load(STUDY, directory)


def test_a_fault_that_many_runs_have_is_told_once_with_their_number(directory: Path) -> None:
    def change(frame: pd.DataFrame) -> None:
        frame["val_loss"] += 1

    rewrite(results.epochs_path(STUDY, directory), change)
    (problem,) = results.read(STUDY, directory).problems
    assert problem.endswith("of fixed-lr does not match its digest, and likewise 3 more")


def forge(directory: Path) -> None:
    """Write a number that was never measured under a seal, as only a broken writer would."""
    path = results.epochs_path(STUDY, directory)
    rows = pq.read_table(path, schema=records.SCHEMA)
    place = records.SCHEMA.get_field_index("val_loss")
    forged = rows.set_column(place, "val_loss", pa.array(np.full(len(rows), 0.25)))
    parquet.write(path, records.SCHEMA, [forged])


def test_what_the_store_has_sealed_is_not_checked_again_unless_asked(directory: Path) -> None:
    forge(directory)
    assert load(STUDY, directory)["val_loss"].eq(0.25).all()
    (problem,) = results.read(STUDY, directory, run_by_run=True).problems
    assert "does not match its digest" in problem
    assert problem in verify.findings(STUDY, Selection(), directory)


def test_a_seal_does_not_vouch_for_the_steps_of_another_day(directory: Path) -> None:
    before = results.steps_path(STUDY, directory).read_bytes()
    store.save(STUDY, [record(RUNS[0], 99)], directory)
    results.steps_path(STUDY, directory).write_bytes(before)
    with pytest.raises(ResultsError, match="has 0 recorded steps, expected 5"):
        load(STUDY, directory)


def test_a_seal_does_not_vouch_for_a_file_under_another_name(directory: Path) -> None:
    for path in (results.epochs_path, results.steps_path):
        path(STUDY, directory).rename(path("steplr", directory))
    with pytest.raises(ResultsError, match="disagree about its settings"):
        load("steplr", directory)


@pytest.mark.parametrize("study", STUDIES)
def test_every_run_in_the_repository_is_what_its_digest_says_and_under_seal(study: str) -> None:
    assert results.read(study, run_by_run=True).problems == ()
    assert parquet.read(results.epochs_path(study, results.RESULTS), records.SCHEMA).sealed
    assert parquet.read(results.steps_path(study, results.RESULTS), records.STEPS_SCHEMA).sealed
