"""The commands where only what reads is set up, as after `make site`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


# What is None in sys.modules cannot be imported.
WITHOUT_TORCH = (
    "import sys; sys.modules['torch'] = None; from experiments.__main__ import main;"
    "sys.exit(main(sys.argv[1:]))"
)


def without_torch(*arguments: str, code: str = WITHOUT_TORCH) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["run", "verify"])
def test_what_trains_names_in_one_sentence_what_sets_it_up(command: str, tmp_path: Path) -> None:
    done = without_torch(command, "fixed-lr", "--results", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == (
        "experiments: torch is not installed here; run `make experiments`, which sets it up "
        "(and trains what is missing).\n"
    )


def test_status_is_printed(tmp_path: Path) -> None:
    done = without_torch("status", "fixed-lr", "--results", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "fixed-lr" in done.stdout


IMPATIENT = """
import atexit, os, signal
from experiments import selection
def interrupted(*_):
    atexit.register(lambda: [os.kill(os.getpid(), s) for s in (signal.SIGTERM, signal.SIGINT)])
    raise KeyboardInterrupt
selection.selected = interrupted
"""


def test_who_interrupts_twice_gets_the_same_one_sentence() -> None:
    done = without_torch("status", code=IMPATIENT + WITHOUT_TORCH)
    assert done.stderr == "Stopped. Finished runs are saved; the same command goes on.\n"
    assert done.returncode == 130
