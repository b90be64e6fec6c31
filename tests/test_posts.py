"""The posts' sources: no result is typed, every claim is shown, cells stay small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from analysis.claims import CLAIMS

ROOT = Path(__file__).parents[1]
POSTS = sorted((ROOT / "posts").glob("*/index.qmd"))
SOURCES = [*POSTS, ROOT / "index.qmd"]

# What may stand as a number with decimals or a percentage: the settings that the articles and the
# studies choose, and the conventions of the statistics. Anything else is a result, or a value that
# follows from settings, and comes from inline code.
RATES = {"0.3", "0.1", "0.03", "0.01", "0.003", "0.001", "0.0001", "0.00001", "0.000001"}
DROP_FACTORS = {"0.01", "0.1", "0.2", "0.5", "0.8", "0.9"}
SETTINGS = RATES | DROP_FACTORS
CONVENTIONS = {"95 %", "97 %", "10 %"}

_CELL = re.compile(r"^```\{python\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_NOT_PROSE = re.compile(
    r"`[^`]*`"  # code, inline code included
    r"|\$\$.*?\$\$(\s*\{[^}]*\})?|\$[^$\n]+\$"  # formulas
    r"|\]\([^)]*\)|\[[^\]]*@[^\]]*\]|\{#[^}]*\}",  # addresses, citations, anchors
    re.DOTALL,
)
_TYPED = re.compile(r"\d[\d,]*(?:\.\d+)?\s*(?:%|per cent|percentage points|points)|\d+\.\d+")


def cells(source: str) -> list[str]:
    """The code of the executed cells."""
    return _CELL.findall(source)


def prose(source: str) -> str:
    """What a reader reads as sentences, the captions of figures and tables included."""
    header, body = source.split("---\n", 2)[1:]
    captions = re.findall(r"^#\| (?:fig-cap|tbl-cap|fig-alt): (.*)$", body, re.MULTILINE)
    front = yaml.safe_load(header)
    words = [front["title"], front["description"], *captions, _BLOCK.sub("", body)]
    return _NOT_PROSE.sub(" ", "\n".join(words))


def typed_results(source: str) -> list[str]:
    """Numbers in the prose that look like results."""
    found = (match[0].replace("\u00a0", " ") for match in _TYPED.finditer(prose(source)))
    return [number for number in found if number not in SETTINGS | CONVENTIONS]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.parent.name)
def test_no_result_is_typed(path: Path) -> None:
    assert typed_results(path.read_text(encoding="utf-8")) == []


def test_the_scan_sees_what_it_is_for() -> None:
    front = "---\ntitle: T\ndescription: d\n---\n"
    assert typed_results(f"{front}It reached 98.7 % at last.") == ["98.7 %"]
    assert typed_results(f"{front}A loss of 0.034, 5 points less.") == ["0.034", "5 points"]
    assert typed_results(f"{front}LR 0.01, `{{python}} x`, $0.37$, [post](a/1.5)") == []
    caption = '```{python}\n#| fig-cap: "Ends at 99.1 %."\nf()\n```\n'
    assert typed_results(front + caption) == ["99.1 %"]
    assert typed_results("---\ntitle: 91.3 % right\ndescription: d\n---\n") == ["91.3 %"]


@pytest.mark.parametrize("path", POSTS, ids=lambda path: path.parent.name)
def test_a_post_shows_the_claims_it_promises(path: Path) -> None:
    code = "\n".join(cells(path.read_text(encoding="utf-8")))
    shown = " ".join(re.findall(r'claims\.cards\("([^"]+)"', code)).split()
    promised = [claim_id for claim_id, claim in CLAIMS.items() if claim.post == path.parent.name]
    assert sorted(shown) == sorted(promised)
    assert len(shown) == len(set(shown)), "an id occurs once on a page"


def test_every_claim_has_its_post() -> None:
    slugs = {path.parent.name for path in POSTS}
    assert {claim.post for claim in CLAIMS.values()} <= slugs


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.parent.name)
def test_cells_load_and_draw_and_no_more(path: Path) -> None:
    for cell in cells(path.read_text(encoding="utf-8")):
        lines = [line for line in cell.splitlines() if line and not line.startswith("#|")]
        setup = "label: setup" in cell
        assert len(lines) <= (12 if setup else 3), cell
        assert not re.search(r"torch|train|\bdef\b|\bfor\b.*:\s*$", re.sub(r'"[^"]*"', "", cell))
        assert not re.search(r"\d\.\d{3,}", cell.replace("0.001", "")), "a typed result"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.parent.name)
def test_labels_are_used_and_unique(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    labels = re.findall(r"^#\| label: (\S+)$", source, re.MULTILINE)
    assert len(labels) == len(set(labels))
    assert len(labels) == len(cells(source))
    for label in labels:
        if label.startswith(("fig-", "tbl-")) and path in POSTS:
            assert f"@{label}" in source, f"{label} is not referred to"
            assert f"{label[:3]}-cap" in source
    for equation in re.findall(r"\{#(eq-\S+)\}", source):
        assert f"@{equation}" in source, f"{equation} is not referred to"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.parent.name)
def test_citations_exist(path: Path) -> None:
    known = set(
        re.findall(r"^@\w+\{([^,]+),", (ROOT / "site/references.bib").read_text("utf-8"), re.M)
    )
    cited = set(re.findall(r"\[@([\w-]+)\]", path.read_text(encoding="utf-8")))
    assert cited <= known


@pytest.mark.parametrize("path", POSTS, ids=lambda path: path.parent.name)
def test_a_post_opens_with_question_and_answer(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    front = yaml.safe_load(source.split("---\n", 2)[1])
    assert {"title", "description", "date", "categories", "jupyter"} <= front.keys()
    answer = source.split("::: {.answer}\n")[1].split("\n:::")[0]
    assert "?**" in answer
    assert "{python}" in answer
    first_cell_end = source.index("```\n", source.index("```{python}"))
    assert source[first_cell_end + 4 :].lstrip().startswith("::: {.answer}")
