"""The commands as an experimenter meets them."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments import results, store, studies, witness
from experiments.__main__ import main
from experiments.settings import Run, run_id
from tests.examples import record

ROOT = Path(__file__).parents[1]
TINY = studies.Study(
    "Does the chain hold?",
    2,
    lambda seeds: [Run(dataset="synthetic", epochs=2, base_lr=0.1, seed=seed) for seed in seeds],
)


@pytest.fixture
def tiny() -> Iterator[None]:
    """One small study stands for all."""
    kept = dict(studies.STUDIES)
    studies.STUDIES.clear()
    studies.STUDIES["tiny"] = TINY
    yield
    studies.STUDIES.clear()
    studies.STUDIES.update(kept)


@pytest.mark.usefixtures("tiny")
def test_missing_runs_are_trained_then_all_is_cached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--results", str(tmp_path), "--device", "cpu"]
    assert main(["run", *at]) == 0
    assert "Training 2 runs, 4 epochs, on cpu" in capsys.readouterr().out
    assert main(["run", *at]) == 0
    assert capsys.readouterr().out == "All 2 runs are cached; nothing to train.\n"
    before = results.load("tiny", tmp_path)
    assert main(["run", "tiny", "--seeds", "3", *at]) == 0
    assert "Training 1 runs, 2 epochs" in capsys.readouterr().out
    after = results.load("tiny", tmp_path)
    assert set(after["seed"]) == {0, 1, 2}
    kept = after[after["seed"] < 2].reset_index(drop=True)
    assert kept["trained_at"].tolist() == before["trained_at"].tolist()
    assert main(["verify", *at, "--retrain", "1"]) == 0
    out = capsys.readouterr().out
    assert "tiny: sound and complete." in out
    assert "trained again, the largest difference of an epoch's loss is" in out


@pytest.mark.usefixtures("tiny")
def test_stale_runs_are_trained_again_and_only_they(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--results", str(tmp_path), "--device", "cpu"]
    main(["run", *at])
    capsys.readouterr()
    made_up = dataclasses.replace(record(TINY.runs()[0]), witness=[0.0])
    store.save("tiny", [made_up], tmp_path)
    assert main(["verify", *at]) == 1
    assert "1 runs come from code that computed other numbers" in capsys.readouterr().out
    assert main(["run", *at]) == 0
    assert "Training 1 runs, 2 epochs" in capsys.readouterr().out
    assert main(["verify", *at]) == 0


@pytest.mark.usefixtures("tiny")
def test_a_part_of_a_study_can_be_asked_for_by_its_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--results", str(tmp_path), "--device", "cpu"]
    assert main(["run", *at, "--only", "base_lr=0.1", "--only", "seed=1"]) == 0
    assert "Training 1 runs, 2 epochs" in capsys.readouterr().out
    assert set(results.load("tiny", tmp_path)["seed"]) == {1}
    assert main(["run", *at, "--only", "base_lr=0.2"]) == 2
    assert "no run of tiny has base_lr=0.2; the values are: 0.1." in capsys.readouterr().err
    assert main(["run", *at, "--only", "gama=0.2"]) == 2
    assert "there is no setting 'gama'." in capsys.readouterr().err


@pytest.mark.usefixtures("tiny")
def test_only_stale_runs_that_were_asked_for_are_reported_and_trained_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--results", str(tmp_path), "--device", "cpu"]
    made_up = [dataclasses.replace(record(run), witness=[0.0]) for run in TINY.runs()]
    store.save("tiny", made_up, tmp_path)
    for first in (["--seeds", "1"], ["--only", "seed=0"]):
        assert main(["verify", *at, *first]) == 1
        assert "1 runs come from code that computed other numbers" in capsys.readouterr().out
    assert main(["run", *at, "--seeds", "1"]) == 0
    assert "Training 1 runs, 2 epochs" in capsys.readouterr().out
    assert main(["verify", *at, "--only", "seed=0"]) == 0
    assert main(["verify", *at, "--only", "seed=1"]) == 1


@pytest.mark.usefixtures("tiny")
def test_what_verify_advises_puts_right_what_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--seeds", "6", "--results", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    advice = f"experiments run tiny --seeds 6 --results {tmp_path}` puts this right"
    assert f"6 of 6 runs are missing; `.venv/bin/python -m {advice}" in said


@pytest.mark.usefixtures("tiny")
def test_of_damage_verify_says_that_the_committed_file_can_be_brought_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way_back = "or `git checkout` brings back the committed file"
    results.epochs_path("tiny", tmp_path).write_bytes(b"damage")
    assert main(["verify", "--results", str(tmp_path)]) == 1
    assert way_back in capsys.readouterr().out
    results.epochs_path("tiny", tmp_path).unlink()
    assert main(["verify", "--results", str(tmp_path)]) == 1
    assert way_back not in capsys.readouterr().out


@pytest.mark.usefixtures("tiny")
def test_an_argument_of_1_is_not_one_of_1_0_to_run_as_little_as_to_verify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, real = (
        Run(
            dataset="synthetic",
            epochs=1,
            schedule="StepLR",
            schedule_args={"step_size": 1, "gamma": gamma},
        )
        for gamma in (1, 1.0)
    )
    present = witness.witness([whole])[run_id(whole)]
    store.save("tiny", [dataclasses.replace(record(whole), witness=present)], tmp_path)
    studies.STUDIES["tiny"] = dataclasses.replace(TINY, declare=lambda _: [real])
    at = ["--results", str(tmp_path), "--device", "cpu"]
    assert main(["verify", *at]) == 1
    assert "1 of 1 runs are missing" in capsys.readouterr().out
    assert main(["run", *at]) == 0
    assert "Training 1 runs, 1 epochs" in capsys.readouterr().out
    assert main(["verify", *at]) == 0


@pytest.mark.usefixtures("tiny")
def test_a_study_that_is_named_twice_is_taken_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--results", str(tmp_path), "--device", "cpu"]
    present = witness.witness(TINY.runs())
    for run in TINY.runs():
        own = dataclasses.replace(record(run), witness=present[run_id(run)])
        store.save("tiny", [own], tmp_path)
    assert main(["run", "tiny", "tiny", *at]) == 0
    assert capsys.readouterr().out == "All 2 runs are cached; nothing to train.\n"
    assert main(["verify", "tiny", "tiny", *at]) == 0
    assert capsys.readouterr().out == "tiny: sound and complete.\n"


@pytest.mark.usefixtures("tiny")
def test_status_counts_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.save("tiny", [record(TINY.runs()[1])], tmp_path)
    assert main(["status", "--results", str(tmp_path)]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split()[:4] == ["study", "wanted", "present", "missing"]
    assert row.split()[:5] == ["tiny", "2", "1", "1", "1"]
    assert "a made-up device" in row


@pytest.mark.usefixtures("tiny")
def test_damage_is_set_aside_and_exactly_the_lost_runs_are_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--results", str(tmp_path), "--device", "cpu"]
    main(["run", *at])
    path = results.epochs_path("tiny", tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    capsys.readouterr()
    assert main(["run", *at]) == 0
    said = capsys.readouterr()
    assert "no readable Parquet file" in said.err
    assert "was set aside as" in said.err
    assert "Training 2 runs" in said.out
    assert results.read("tiny", tmp_path).run_ids == {run_id(run) for run in TINY.runs()}
    assert list((tmp_path / "damaged").glob("tiny.*.parquet"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "fixed-rl"], "there is no study 'fixed-rl'; the studies are: fixed-lr"),
        (["verify", "nothing"], "there is no study 'nothing'"),
    ],
)
def test_a_wrong_name_gets_one_sentence_and_status_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


def test_a_wrong_number_of_seeds_gets_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--seeds", "none"])
    assert stopped.value.code == 2
    assert "'none' is no whole number from 1 up" in capsys.readouterr().err


def test_a_disk_that_cannot_be_written_gets_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "results"
    place.write_text("a file where the directory should be")
    assert main(["run", "fixed-lr", "--results", str(place)]) == 2
    assert "Traceback" not in capsys.readouterr().err


ENDLESS = """
import sys
from experiments import __main__, studies
from experiments.settings import Run
studies.STUDIES.clear()
studies.STUDIES["tiny"] = studies.Study(
    "?", 2, lambda seeds: [Run(dataset="synthetic", epochs=5000, seed=s) for s in seeds]
)
if __name__ == "__main__":
    sys.exit(__main__.main(["run", "--results", sys.argv[1], "--device", "cpu"]))
"""


def alive(group: int) -> bool:
    """Whether any process of a process group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_ends_at_once_and_leaves_no_process(
    sent: signal.Signals, tmp_path: Path
) -> None:
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    sweep = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "results")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What a script starts in its background is born deaf to SIGINT, these tests perhaps too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert sweep.stdout is not None
    assert "Training 2 runs" in sweep.stdout.readline()
    time.sleep(1)
    os.killpg(sweep.pid, sent)  # as a terminal does; the workers are still importing
    _, said = sweep.communicate(timeout=60)
    assert sweep.returncode == 130
    assert said == "Stopped. Finished runs are saved; the same command goes on.\n"
    for _ in range(100):  # Python's own resource tracker takes a moment to notice
        if not alive(sweep.pid):
            break
        time.sleep(0.1)
    assert not alive(sweep.pid)
