"""Article A's closing table beside the measured numbers, cell by cell (claim A5)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import stats, text
from analysis.page import Table
from analysis.receipts import receipt

COLUMNS = ("train_loss", "val_loss", "val_accuracy")

# What the article printed for its one run a learning rate: LR -> the values of COLUMNS.
PUBLISHED: dict[float, tuple[float, float, float]] = {
    0.1: (1.8393, 0.7631, 0.8087),
    0.01: (3.2777, 2.6486, 0.2304),
    0.001: (0.0300, 0.0052, 0.9978),
    0.0001: (0.0083, 0.0007, 1.0000),
    0.00001: (0.1563, 0.0617, 1.0000),
}


@dataclass(frozen=True)
class Cell:
    """One cell: what the article printed, what was measured, where one more run is expected."""

    rate: float
    column: str
    published: float
    measured: stats.Interval
    expected: stats.Interval

    @property
    def agrees(self) -> bool | None:
        """Whether the printed number lies in the expected range; None below two seeds."""
        if not self.expected.defined:
            return None
        # Half a unit of the last printed digit is the article's own rounding.
        slack = 0.5e-4
        return self.expected.low - slack <= self.published <= self.expected.high + slack


def compare(frame: pd.DataFrame) -> list[Cell]:
    """All cells of the table; a setting without runs gives an interval of n = 0."""
    cells = []
    for rate, published in PUBLISHED.items():
        runs = stats.select(frame, base_lr=rate)
        for column, value in zip(COLUMNS, published, strict=True):
            finals = stats.final(runs, column)
            cells.append(
                Cell(
                    rate,
                    column,
                    value,
                    stats.mean_interval(finals),
                    stats.prediction_interval(finals),
                )
            )
    return cells


def beside(frame: pd.DataFrame) -> Table:
    """Return the article's table beside the measured means, with each cell's outcome."""
    header = ["Learning rate"]
    for title in ("Training loss", "Validation loss", "Validation accuracy"):
        header += [f"{title}: article", "measured"]
    rows = []
    cells = compare(frame)
    for rate in PUBLISHED:
        row = [text.lr(rate)]
        for cell in (cell for cell in cells if cell.rate == rate):
            unit = "%" if cell.column.endswith("accuracy") else ""
            printed = text.percent(cell.published) if unit else text.number(cell.published)
            mark = {True: " ✓", False: " ✗", None: ""}[cell.agrees]
            digits = 2 if unit else 4
            scale = 100 if unit else 1
            mean = text.number(scale * cell.measured.mean, digits) + (f"{text.SPACE}%" * bool(unit))
            row += [printed + mark, mean if cell.measured.n else "no runs"]
        rows.append(tuple(row))
    return Table(tuple(header), tuple(rows), "l" + "rr" * 3, receipt(frame))
