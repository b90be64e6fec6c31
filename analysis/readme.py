"""Write the result table of README.md anew from the cached runs: python -m analysis.readme."""

from __future__ import annotations

import sys
from pathlib import Path

from analysis import summary, tables
from analysis.claims import check_every, evidence
from analysis.claims.article_a import article_a
from experiments.results import ResultsError, load

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- results: make readme -->\n", "<!-- end of results -->\n"


def results_block() -> str:
    """Return the table of article A's setting, and a line on what the claims came to."""
    runs = load("fixed-lr")
    table = tables.final_metrics(article_a(runs))
    devices = ", ".join(sorted(set(runs["device"])))
    versions = ", ".join(sorted({version.partition("+")[0] for version in runs["torch"]}))
    verdicts = list(check_every(evidence()).values())
    tally = f"Of the articles' {len(verdicts)} claims: {summary.tally(verdicts)}."
    return f"{table.markdown()}\nTrained on: {devices}; PyTorch {versions}. {tally}\n"


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
