"""The workflows parse, run only what there is, and may do no more than they need."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z_]+) \?=", (ROOT / "Makefile").read_text(), re.MULTILINE))
ALLOWED = {"contents": {"read"}, "pages": {"read", "write"}, "id-token": {"write"}}


def load(path: Path) -> Any:
    # YAML 1.1 reads the key `on` as true; BaseLoader leaves every scalar a text.
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


def steps(workflow: Any) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def test_there_is_one_to_publish_and_one_to_compare() -> None:
    assert [path.name for path in WORKFLOWS] == ["pages.yml", "quarto.yml"]
    used = [[step.get("uses", "") for step in steps(load(path))] for path in WORKFLOWS]
    pages, quarto = (" ".join(names) for names in used)
    for action in ("configure-pages", "upload-pages-artifact", "deploy-pages"):
        assert f"actions/{action}@v" in pages
    assert "quarto-dev/quarto-actions/setup@v" in quarto


def test_the_oldest_promised_python_is_tested() -> None:
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    oldest, *newer = load(WORKFLOWS[0])["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert promised == f">={oldest}"
    assert newer


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_it_is_well_formed(path: Path) -> None:
    workflow = load(path)
    assert {"name", "on", "permissions", "concurrency", "jobs"} <= workflow.keys()
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        assert job["timeout-minutes"]
        assert job.get("needs", next(iter(workflow["jobs"]))) in workflow["jobs"]
    for step in steps(workflow):
        assert ("run" in step) != ("uses" in step)
        assert re.search(r"@v\d+$", step.get("uses", "@v1"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_it_runs_only_what_there_is(path: Path) -> None:
    commands = [step["run"] for step in steps(load(path)) if "run" in step]
    assert commands
    for command in commands:
        first, *arguments = command.split()
        if first != "make":
            assert (ROOT / first).is_file(), command
            continue
        for argument in arguments:
            name = argument.partition("=")[0]
            assert name in (VARIABLES if "=" in argument else TARGETS), command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_it_may_do_no_more_than_it_needs(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        for name, level in job.get("permissions", {}).items():
            assert level in ALLOWED[name]
        if "id-token" in job.get("permissions", {}):
            # What holds the right to deploy runs no code of the repository's.
            assert not any("run" in step for step in job["steps"])
