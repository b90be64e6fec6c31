"""How literature is cited and listed, by the style that both renderers are told to take."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import yaml

from publish.pandoc import pandoc_path

ROOT = Path(__file__).parents[1]
SETTINGS = yaml.safe_load((ROOT / "_quarto.yml").read_text("utf-8"))
BIBLIOGRAPHY, STYLE = ROOT / SETTINGS["bibliography"], ROOT / SETTINGS["csl"]
KEYS = re.findall(r"^@\w+\{([^,]+),", BIBLIOGRAPHY.read_text("utf-8"), re.MULTILINE)


def written(markdown: str, bibliography: Path = BIBLIOGRAPHY) -> list[str]:
    """Return the paragraphs of a text and of its list of references, plain."""
    done = subprocess.run(
        [
            *(pandoc_path(), "--to=plain", "--wrap=none"),
            *("--citeproc", f"--csl={STYLE}", f"--bibliography={bibliography}"),
        ],
        input=markdown,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


def test_author_and_year_with_others_from_three_authors_on() -> None:
    assert written("[@goh2017momentum; @kingma2015adam; see @goodfellow2016deep, p. 3]")[0] == (
        "(Goh 2017; Kingma and Ba 2015; see Goodfellow et al. 2016, p. 3)"
    )
    assert written("As @goh2017momentum says.")[0] == "As Goh (2017) says."


def test_a_source_without_a_date_is_cited_by_its_author_alone() -> None:
    assert written("[@santos]") == [
        "(Santos)",
        "Santos, J. R. D. How Learning Rate Shapes the Journey of a Neural Network. DS413 blog. "
        "Here called article B.",
    ]


def test_a_journal_has_volume_issue_and_pages() -> None:
    assert written("[@lecun1998gradient]")[1].endswith(
        "Proceedings of the IEEE 86 (11): 2278–2324. https://doi.org/10.1109/5.726791."
    )


def test_works_of_one_author_and_year_are_told_apart(tmp_path: Path) -> None:
    twice = tmp_path / "twice.bib"
    twice.write_text(
        "@book{one, author={Doe, Jo}, title={First}, year=2020}\n"
        "@book{two, author={Doe, Jo}, title={Second}, year=2020}\n"
    )
    cited, *listed = written("[@one] [@two]", twice)
    assert cited == "(Doe 2020a) (Doe 2020b)"
    assert listed == ["Doe, Jo. 2020a. First.", "Doe, Jo. 2020b. Second."]


def test_every_source_is_listed_with_a_place_to_find_it() -> None:
    listed = written(" ".join(f"[@{key}]" for key in KEYS))[1:]
    assert len(listed) == len(KEYS)
    assert listed == sorted(listed, key=str.casefold)
    for source in listed:
        assert re.search(r"https://|Here called article [ABC]\.", source)
        assert ".." not in source
        assert "n.d." not in source
