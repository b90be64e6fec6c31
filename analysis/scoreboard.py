"""Every claim on one page: a picture of the verdicts, and a short card with a link for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from analysis import summary, svg, text
from analysis.claims import CLAIMS
from analysis.page import Figure, Panel
from analysis.receipts import fence, receipt
from analysis.verdicts import REFUTED, SUPPORTED, UNRESOLVED, Part, Verdict

ARTICLES = {
    "A": "A: fixed rates",
    "B": "B: Adam",
    "C": "C: StepLR, momentum",
}
# A sign beside the colour, so that the picture needs no colour to be read.
SIGNS = {SUPPORTED: "✓", REFUTED: "✗", UNRESOLVED: "?"}
COLOURS = {SUPPORTED: "#2f8a5b", REFUTED: "#c2473d", UNRESOLVED: "#7f7f7f"}

# Tiles in a row and their width in pixels: a phone shows them at their natural size. A title takes
# this much of a tile.
ACROSS, TILE, TITLE = 7, 50, 0.7


def of_article(verdicts: Mapping[str, Verdict], letter: str) -> list[Verdict]:
    """Return the verdicts on one article's claims, in order."""
    return [verdict for claim_id, verdict in verdicts.items() if claim_id.startswith(letter)]


def decisive(verdict: Verdict) -> Part:
    """Return the part that a verdict turns on: the first that fails, is open, or else holds."""
    order = {False: 0, None: 1, True: 2}
    return min(verdict.parts, key=lambda part: order[part.holds])


@dataclass(frozen=True)
class Scores:
    """A short card a claim, each with a link to where it is shown."""

    verdicts: tuple[Verdict, ...]
    root: str = "../.."

    def at(self, root: str) -> Scores:
        """Return the cards for a page from which ``root`` leads to the site's root."""
        return replace(self, root=root)

    def html(self) -> str:
        """Return the cards; everything from the results is escaped."""
        return "\n".join(_card(verdict, self.root) for verdict in self.verdicts)

    def _repr_markdown_(self) -> str:
        return fence(self.html())


def scores(verdicts: Iterable[Verdict]) -> Scores:
    """Return the short cards of some claims."""
    return Scores(tuple(verdicts))


def _card(verdict: Verdict, root: str) -> str:
    post = f"{root}/posts/{CLAIMS[verdict.id].post}/index.html"
    return (
        f'<div class="{verdict.kind} score" id="{escape(verdict.anchor)}">\n{verdict.head}\n'
        f'<p class="verdict-claim">{text.prose(verdict.says)}</p>\n'
        f'<p class="verdict-measured">{text.prose(decisive(verdict).sentence)} '
        f'<a href="{escape(post)}#{escape(verdict.anchor)}">'
        f"All of {escape(verdict.id)}, beside its figure</a></p>\n</div>"
    )


def board(verdicts: Mapping[str, Verdict], results: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw a tile for each claim, a row for each article: sign and colour give the verdict.

    Parameters
    ----------
    verdicts, results : from ``claims.check_every`` and ``claims.evidence``
    """
    rows = [(title, of_article(verdicts, letter)) for letter, title in ARTICLES.items()]
    lines = [-(-len(row) // ACROSS) for _, row in rows]
    height = sum(lines) + TITLE * len(rows)

    def draw(axes: Axes) -> None:
        top = 0.0
        for (title, row), count in zip(rows, lines, strict=True):
            axes.text(0.1, top - 0.45, title, fontsize=11.5, fontweight="bold")
            for place, verdict in enumerate(row):
                down, across = divmod(place, ACROSS)
                _tile(axes, across, top - TITLE - down, verdict)
            top -= TITLE + count
        axes.set_xlim(0, ACROSS)
        axes.set_ylim(-height, 0)
        axes.axis("off")

    counts = "; ".join(f"{title}: {summary.tally(row)}" for title, row in rows)
    alt = f"One tile per claim, one row per article. {counts}."
    size = (TILE * ACROSS, TILE * height)
    drawing = svg.panel(draw, name="board", alt=alt, size=size, margins=(0, 0, 0, 0))
    table = tuple((v.id, v.says, v.verdict, str(v.n)) for v in verdicts.values())
    runs = pd.concat([frame for study, frame in results.items() if "steps" not in study])
    header = ("Claim", "What it says", "Verdict", "Seeds")
    return Figure("board", (Panel(drawing, alt),), header, table, receipt(runs))


def _tile(axes: Axes, left: float, top: float, verdict: Verdict) -> None:
    colour = COLOURS[verdict.verdict]
    box = FancyBboxPatch(
        (left + 0.1, top - 0.9),
        0.8,
        0.8,
        boxstyle="round,pad=0,rounding_size=0.1",
        facecolor=colour,
        edgecolor=colour,
        alpha=0.25,
    )
    axes.add_patch(box)
    middle = left + 0.5
    axes.text(middle, top - 0.34, verdict.id, ha="center", va="center", fontsize=11)
    sign = SIGNS[verdict.verdict]
    axes.text(middle, top - 0.68, sign, ha="center", va="center", fontsize=12, fontweight="bold")
