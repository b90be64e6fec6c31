"""The command line: what it says, and how it ends."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from publish.__main__ import main
from tests.publish_tiny import post, project

PORTS = [["serve", "--port", port] for port in ("-1", "99999", "x")]


def publish(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = Path(__file__).resolve().parent.parent
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "publish", "--project", str(root), *arguments],
        capture_output=True,
        text=True,
        cwd=code,
    )


def test_the_command_says_where_the_site_is_and_who_made_it(tmp_path: Path) -> None:
    posts = {"one": post("```{python}\nprint(1)\n```\n")}
    root = project(tmp_path, posts, **{"results/a.parquet": ""})
    done = publish(root, "--output", str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    ran, last = done.stdout.splitlines()
    assert ran == "ran posts/one/index.qmd: it has not run before"
    assert re.fullmatch(r".*/out/index\.html: 2 pages rendered by publish in \d+\.\d s", last)
    again = publish(root, "--output", str(tmp_path / "out")).stdout.splitlines()
    assert again[0] == "nothing to run"


def test_a_mistake_is_one_line_and_status_1(tmp_path: Path) -> None:
    done = publish(project(tmp_path, {"one": post("```{python}\n#| label: bad\n\n1/0\n```\n")}))
    assert done.returncode == 1
    assert done.stderr.strip() == (
        'publish: posts/one/index.qmd:9: the cell "bad" raised ZeroDivisionError: division by zero'
    )
    assert not (tmp_path / "_site").exists()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError("AF_UNIX path too long"), "AF_UNIX path too long"),
        (PermissionError(13, "Permission denied", "a.qmd"), "Permission denied: a.qmd"),
    ],
)
def test_an_error_of_the_system_is_told_in_its_words(
    error: OSError, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise error

    monkeypatch.setattr("publish.__main__.build", fail)
    assert main(["render"]) == 1
    assert capsys.readouterr().err == f"publish: {told}\n"


@pytest.mark.parametrize("arguments", [["paint"], ["--colour"], ["render", "--jobs", "0"], *PORTS])
def test_bad_use_of_the_command_line_is_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_help_names_the_keys_that_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "number-sections" in capsys.readouterr().out
