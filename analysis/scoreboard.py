"""Every claim on one page: all of them at a glance, and a short card with a link for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from analysis import summary, text
from analysis.claims import CLAIMS
from analysis.receipts import fence
from analysis.verdicts import REFUTED, SUPPORTED, UNRESOLVED, Part, Verdict

ARTICLES = {
    "A": "A: fixed rates",
    "B": "B: Adam",
    "C": "C: StepLR, momentum",
}
COLOURS = {SUPPORTED: "#2f8a5b", REFUTED: "#c2473d", UNRESOLVED: "#a87b00"}


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


@dataclass(frozen=True)
class Board:
    """All claims at a glance: a list for each article, each claim a link to its card below."""

    verdicts: tuple[Verdict, ...]

    def html(self) -> str:
        """Return the lists, each under the tally of its article."""
        by_id = {verdict.id: verdict for verdict in self.verdicts}
        rows = [(title, of_article(by_id, letter)) for letter, title in ARTICLES.items()]
        lists = "\n".join(
            f"<p><strong>{escape(title)}</strong> {escape(summary.tally(row))}</p>\n"
            f"<ul>\n{''.join(map(_tile, row))}</ul>"
            for title, row in rows
            if row
        )
        return f'<div class="board">\n{_squares(rows)}\n{lists}\n</div>'

    def _repr_markdown_(self) -> str:
        return fence(self.html())


def _squares(rows: Sequence[tuple[str, list[Verdict]]]) -> str:
    """Draw a square a claim, a row an article, sorted by verdict: the tallies as a picture."""
    order = list(COLOURS)
    parts = []
    for y, (title, row) in enumerate(rows):
        parts.append(f'<text x="0" y="{22 * y + 16}" font-size="13">{escape(title[0])}</text>')
        for x, verdict in enumerate(sorted(row, key=lambda one: order.index(one.verdict))):
            parts.append(
                f'<rect x="{22 * x + 20}" y="{22 * y + 2}" width="18" height="18" rx="3" '
                f'fill="{COLOURS[verdict.verdict]}"/>'
            )
    told = "; ".join(f"{title}: {summary.tally(row)}" for title, row in rows if row)
    across = max((len(row) for _, row in rows), default=0)
    return (
        f'<svg role="img" aria-label="{escape(f"A square for each claim. {told}.")}" '
        f'viewBox="0 0 {22 * across + 20} {22 * len(rows)}" fill="currentColor" '
        f'style="display: block; max-width: {22 * across + 20}px">{"".join(parts)}</svg>'
    )


def _tile(verdict: Verdict) -> str:
    return (
        f'<li class="{verdict.kind}"><a href="#{escape(verdict.anchor)}">'
        f'<span class="verdict-head"><span class="verdict-id">{escape(verdict.id)}</span> '
        f'<span class="verdict-word">{verdict.verdict}</span></span> '
        f"{escape(CLAIMS[verdict.id].short)}</a></li>\n"
    )


def board(verdicts: Mapping[str, Verdict]) -> Board:
    """Return the overview of the claims of ``claims.check_every``."""
    return Board(tuple(verdicts.values()))
