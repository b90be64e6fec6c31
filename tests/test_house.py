"""The plan of the house: who may import whom, the README's tree, the verbs, the lock."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("analysis", "experiments", "publish")
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def imported(source: str) -> set[str]:
    """The modules of ours that some Python text imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.partition(".")[0] in OURS}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def within(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in allowed)


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("experiments", ("experiments",)),
        ("publish", ("publish",)),
        (
            "analysis",
            (
                "analysis",
                "experiments.results",
                "experiments.settings",
                "experiments.studies",
            ),
        ),
    ],
)
def test_packages_import_only_what_the_plan_allows(package: str, allowed: tuple[str, ...]) -> None:
    for module in modules(package):
        for name in imported(module.read_text()) - {"experiments"}:
            assert within(name, allowed), f"{module.relative_to(ROOT)} imports {name}"


def test_posts_import_only_analysis_and_results() -> None:
    cell = re.compile(r"^```\{python\}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    pages = [*ROOT.glob("posts/*/index.qmd"), ROOT / "index.qmd"]
    assert len(pages) >= 4
    for page in pages:
        for code in cell.findall(page.read_text()):
            for name in imported(code) - {"experiments"}:
                assert within(name, ("analysis", "experiments.results")), f"{page}: {name}"


@pytest.mark.parametrize(
    "module",
    ["analysis", "publish", "experiments.results", "experiments.studies", "experiments.store"],
)
def test_whoever_reads_needs_no_torch(module: str) -> None:
    package = ROOT / module
    names = [module]
    if package.is_dir():
        names = [
            ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for path in modules(module)
            if path.stem != "__main__"
        ]
    code = f"import sys, importlib; [importlib.import_module(n) for n in {names}]; " + (
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_readme_names_every_module_and_nothing_else() -> None:
    tree = README.split("```text\n")[1].split("```")[0]
    named = set(re.findall(r"^  (\S+\.py)\b", tree, re.MULTILINE))
    sections = re.split(r"^(?=\S)", tree, flags=re.MULTILINE)
    for package in OURS:
        section = next(part for part in sections if part.startswith(f"{package}/"))
        named = set(re.findall(r"^  (\S+\.py)\b", section, re.MULTILINE))
        there = {
            str(path.relative_to(ROOT / package))
            for path in modules(package)
            if path.name != "__init__.py"
        }
        assert named == there, f"README's tree of {package}"


def test_every_verb_is_explained_by_make_help_and_the_readme() -> None:
    listed = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert listed == set(phony.group(1).split())
    for verb in listed - {"help"}:
        assert f"make {verb}" in README, f"README does not mention make {verb}"


def test_the_lock_pins_every_requirement_and_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    project = (ROOT / "pyproject.toml").read_text()
    for name in re.findall(r'"([a-z0-9-]+)>=', project):
        if name != "setuptools":
            assert re.search(rf"^{name}==", lock, re.MULTILINE), f"{name} is not locked"


def test_the_readmes_table_is_what_the_cache_says() -> None:
    from analysis.readme import updated

    assert updated(README) == README, "run `make readme`"
