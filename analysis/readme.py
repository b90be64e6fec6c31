"""Write the result table of README.md anew from the cached runs: python -m analysis.readme."""

from __future__ import annotations

import sys
from pathlib import Path

from analysis import tables
from analysis.claims import CLAIMS, check
from analysis.claims.article_a import article_a
from analysis.verdicts import REFUTED, SUPPORTED, UNRESOLVED
from experiments.results import ResultsError, load, load_steps

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- results: make readme -->\n", "<!-- end of results -->\n"


def results_block() -> str:
    """Return the table of article A's setting, and a line on what the claims came to."""
    runs = load("fixed-lr")
    table = tables.final_metrics(article_a(runs))
    devices = ", ".join(sorted(set(runs["device"])))
    versions = ", ".join(sorted({version.partition("+")[0] for version in runs["torch"]}))
    return f"{table.markdown()}\nTrained on: {devices}; PyTorch {versions}. {_tally()}\n"


def _tally() -> str:
    shock = (load("momentum-shock"), load_steps("momentum-shock"))
    fixed, scheduled = load("fixed-lr"), load("schedules")
    phases = (load("phases"), load_steps("phases"))
    evidence = {
        "A": (fixed,),
        "A7": (fixed, scheduled),
        "A9": (scheduled,),
        "B": (load("adam-lr"),),
        "C1": (load("steplr"),),
        "C2": phases,
        "C3": phases,
        "C10": (scheduled,),
    }
    verdicts = [
        check(claim, *evidence.get(claim, evidence.get(claim[0], shock))).verdict
        for claim in CLAIMS
    ]
    count = ", ".join(f"{verdicts.count(word)} {word}" for word in (SUPPORTED, REFUTED, UNRESOLVED))
    return f"Of the articles' claims, {len(verdicts)} are tested so far: {count}."


def updated(readme: str) -> str:
    """Return the README's text with its result block replaced.

    Raises
    ------
    ValueError
        If the two marker lines are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md lacks the lines {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}\n{results_block()}\n{END}{after}"


def main() -> int:
    """Write README.md; returns the exit status."""
    try:
        README.write_text(updated(README.read_text(encoding="utf-8")), encoding="utf-8")
    except (ResultsError, ValueError) as error:
        print(f"readme: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
