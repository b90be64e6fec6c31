"""What a post's cell shows: a figure or a table, with the line that says where it comes from."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import quote

from analysis.receipts import Receipt, fence

# Panels are drawn as wide as a phone's column; alone in a wider one, a panel grows by this factor.
LARGER = 1.2
_WIDTH = re.compile(r'viewBox="0 0 ([\d.]+)')


@dataclass(frozen=True)
class Panel:
    """One pair of axes: its SVG and the sentence that stands for it."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Figure:
    """Panels side by side, the plotted numbers, and where they come from."""

    name: str
    panels: tuple[Panel, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    receipt: Receipt

    @property
    def alt(self) -> str:
        """The alternative text of all panels."""
        return " ".join(panel.alt for panel in self.panels)

    def html(self) -> str:
        """Figure, folded table and receipt; panels stack where the page is narrow.

        A panel is shown at about its natural size, so that text is as large in all of them.
        """
        wide = "21rem" if len(self.panels) > 1 else "100%"
        grid = (
            f"display: grid; gap: 1rem; grid-template-columns: "
            f"repeat(auto-fit, minmax(min(100%, {wide}), 1fr))"
        )
        natural = _WIDTH.search(self.panels[0].svg) if len(self.panels) == 1 else None
        limit = f"; max-width: {LARGER * float(natural[1]):.0f}px" if natural else ""
        drawings = "\n".join(panel.svg for panel in self.panels)
        table = _html_table(self.header, self.rows)
        return (
            f'<div class="lr-figure" style="{grid}{limit}">\n{drawings}\n</div>\n'
            f'<details class="data-fold"><summary>The data behind this figure</summary>\n'
            f'<div style="overflow-x: auto; max-height: 24rem" tabindex="0">\n'
            f"{table}\n</div>\n{self._download()}\n{self.receipt.origin()}\n</details>\n"
            f"{self.receipt.html()}"
        )

    def at(self, root: str) -> Figure:
        """Return the figure for a page from which ``root`` leads to the site's root."""
        return replace(self, receipt=replace(self.receipt, root=root))

    def _download(self) -> str:
        """Return a link to the table as CSV: a data address, which needs no server."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.header, *self.rows])
        # A program that reads the numbers knows neither print's minus nor its spaces.
        plain = out.getvalue().translate({0x2212: "-", 0xA0: " "})
        return (
            f'<p><a class="csv" download="{escape(self.name)}.csv" '
            f'href="data:text/csv;charset=utf-8,{quote(plain, safe=",:")}">Save it as CSV</a></p>'
        )

    def _repr_markdown_(self) -> str:
        return fence(self.html())


def nothing(name: str, words: str, receipt: Receipt) -> Figure:
    """Return a figure that says in words why there is nothing to see yet."""
    return Figure(name, (Panel(f"<p>{escape(words)}</p>", words),), (), (), receipt)


def _html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


@dataclass(frozen=True)
class Table:
    """A Markdown pipe table; a renderer numbers and captions it from the cell's options.

    ``align`` holds one letter a column: l or r.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str
    receipt: Receipt | None = None

    def markdown(self) -> str:
        """Return the pipe table alone."""
        rule = ["---:" if side == "r" else ":---" for side in self.align]
        lines = [self.header, rule, *self.rows]
        return "".join(f"| {' | '.join(_cell(c) for c in line)} |\n" for line in lines)

    def _repr_markdown_(self) -> str:
        below = f"\n{fence(self.receipt.folded())}" if self.receipt else ""
        return f"{self.markdown()}{below}"


def _cell(value: str) -> str:
    return value.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
