"""Figures, tables and receipts: markup that is complete, escaped and the same each time."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from analysis import (
    figures,
    figures_final,
    figures_rates,
    figures_shock,
    figures_shock_loss,
    shock,
    stats,
    style,
    summary,
    tables,
)
from analysis.page import Figure, Table
from analysis.receipts import receipt
from experiments.records import SCHEMA, STEPS_SCHEMA
from tests.analysis_made_up import adam_lr, fixed_lr, momentum_shock, run, steplr, study

ROOT = Path(__file__).parents[1]


def every_figure() -> list[Figure]:
    """One figure of each kind, on made-up results."""
    plain = stats.select(steplr(2, 0.01), momentum=0.0)
    runs, steps = momentum_shock(2)
    window = shock.windows(runs, steps)
    metrics = ["lr", "train_loss", "val_loss", "val_accuracy"]
    return [
        figures.curves(fixed_lr(2), ["train_loss", "val_loss"], name="loss"),
        figures.curves(adam_lr(3), ["train_accuracy", "val_accuracy"], name="accuracy"),
        figures.curves(plain, metrics, by="schedule", name="steplr"),
        figures_final.final_accuracy(fixed_lr(4)),
        figures_shock.step_lengths(window, runs),
        figures_shock_loss.loss_around(window, runs),
    ]


@pytest.fixture(scope="module")
def shown() -> list[Figure]:
    """The figures, drawn once for all tests of this file."""
    return every_figure()


def test_figures_are_the_same_bytes_each_time(shown: list[Figure]) -> None:
    assert [figure.html() for figure in shown] == [figure.html() for figure in every_figure()]


def test_no_id_occurs_twice_on_a_page_of_all_figures(shown: list[Figure]) -> None:
    page = "\n".join(figure.html() for figure in shown)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    references = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', page))
    assert {a or b for a, b in references} <= set(ids)


def test_each_panel_has_text_for_those_who_do_not_see_it(shown: list[Figure]) -> None:
    for figure in shown:
        for panel in figure.panels:
            root = ElementTree.fromstring(panel.svg)
            assert root.get("role") == "img"
            assert root.get("aria-label") == panel.alt
            assert re.search(r"\d", panel.alt), "the text holds values"
            assert panel.alt.endswith(".")
            assert root.get("viewBox")
            assert root.get("width") is None


def test_drawings_take_the_pages_colour_and_fonts(shown: list[Figure]) -> None:
    for panel in (panel for figure in shown for panel in figure.panels):
        assert "currentColor" in panel.svg
        assert style.INK not in panel.svg
        assert "<style" not in panel.svg, "a style sheet would apply to the whole page"
        assert "DejaVu" not in panel.svg
        assert "<text" in panel.svg


def test_labels_keep_their_decimals(shown: list[Figure]) -> None:
    assert ">0.00001<" in shown[0].panels[0].svg


def test_the_saved_table_is_numbers_to_a_program(shown: list[Figure]) -> None:
    figure = dataclasses.replace(
        shown[0], header=("Step", "Loss, 1"), rows=(("\u221220", "1.5"), ("0", "98.1\u00a0%"))
    )
    link = re.search(r'href="data:text/csv;charset=utf-8,([^"]+)"', figure.html())
    assert link
    assert re.fullmatch(r"[\w.,:%-]+", link[1]), "all else needs its escape in an address"
    assert unquote(link[1]) == 'Step,"Loss, 1"\n-20,1.5\n0,98.1 %\n'


def test_the_plotted_numbers_stand_in_the_fold(shown: list[Figure]) -> None:
    for figure in shown:
        html = figure.html()
        assert html.index("lr-figure") < html.index("data-fold") < html.index("receipt")
        assert all(len(row) == len(figure.header) for row in figure.rows)
        assert html.count("<tr>") == len(figure.rows) + 1
        assert figure._repr_markdown_().startswith("```{=html}\n")
        assert figure._repr_markdown_().rstrip().endswith("```")


def test_a_diverged_run_is_drawn_as_far_as_it_goes() -> None:
    gone = run(seed=0, loss=lambda e, s: np.where(e > 5, np.nan, 1.0 / e))
    figure = figures.curves(study(gone, run(seed=0, base_lr=0.1)), ["train_loss"])
    assert "undefined" in figure.alt


@pytest.mark.parametrize(
    "shown",
    [
        lambda runs: figures.curves(runs, ["val_loss"]),
        figures_final.final_accuracy,
        figures_rates.final_by_rate,
        figures_rates.spread,
        tables.final_metrics,
        summary.rank,
        summary.outcome,
        summary.last_change,
    ],
)
def test_a_selection_without_runs_is_said_to_be_one(shown: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="no stored run has these settings"):
        shown(stats.select(fixed_lr(seeds=1), base_lr=0.2))


def test_a_metric_that_is_none_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no metric 'val_los'; the metrics are: lr, train_loss"):
        figures.curves(fixed_lr(seeds=1), ["val_los"])


def test_receipt_says_where_the_numbers_come_from_and_escapes() -> None:
    found = receipt(fixed_lr(2))
    html, origin = found.html(), found.origin()
    assert "2 seeds, 10 runs" in html
    assert "CPU &lt;2 cores&gt; &amp; more" in html
    assert "ba891046e6" in origin
    assert "make experiments STUDY=fixed-lr" in origin
    assert 'href="../../results/fixed-lr.parquet"' in html
    assert 'href="./results/' in figures_final.final_accuracy(fixed_lr(1)).at(".").html()


def test_receipt_names_two_of_many_commits_and_counts_the_rest() -> None:
    frame = fixed_lr(2)
    ids = sorted(frame["run_id"].unique())
    commits = {run_id: f"{place:x}" * 40 for place, run_id in enumerate(ids)}
    many = receipt(frame.assign(commit=frame["run_id"].map(commits))).origin()
    assert "commit 0000000000, 1111111111 and 8 more ·" in many
    two = receipt(frame.assign(commit=frame["seed"].astype(str).str.repeat(40))).origin()
    assert "commit 0000000000, 1111111111 ·" in two


def test_hashes_and_commands_are_under_a_fold() -> None:
    runs = fixed_lr(2)
    for shown in (figures_final.final_accuracy(runs), tables.final_metrics(runs)):
        markdown = shown._repr_markdown_()
        unfolded = re.sub(r"<details.*?</details>", "", markdown, flags=re.DOTALL)
        for words in ("sha256", "commit", "make experiments"):
            assert words in markdown
            assert words not in unfolded
        assert "2 seeds, 10 runs" in unfolded


def test_tables_are_pipe_tables() -> None:
    markdown = tables.final_metrics(fixed_lr(2)).markdown()
    lines = markdown.strip().splitlines()
    assert len(lines) == 7
    assert len({line.count("|") for line in lines}) == 1
    assert "98.52 ±\u00a00.19" in lines[2]
    assert "never" in lines[-1]
    one = tables.final_metrics(fixed_lr(1)).markdown()
    assert "±" not in one


def test_table_cells_cannot_break_out() -> None:
    table = Table(("a",), (("x | <b> \n y",),), "l")
    assert "x \\| &lt;b>" in table.markdown()
    assert len(table.markdown().strip().splitlines()) == 3


def test_lr_by_epoch_counts_from_one_and_from_zero() -> None:
    rows = tables.lr_by_epoch(steplr(1), (10, 11)).rows
    assert rows[0][:2] == ("10", "9")
    assert rows[0][2:] == ("0.01", "0.01")
    assert sorted(rows[1][2:]) == ["0.001", "0.01"]


def test_many_lines_have_no_bands_that_would_cover_them() -> None:
    for many in (figures.BANDS, figures.BANDS + 1):
        sizes = [2**power for power in range(many)]
        runs = pd.concat([run(batch_size=size, seed=s) for size in sizes for s in range(3)])
        svg = figures.curves(runs, ["val_loss"], by="batch_size").panels[0].svg
        assert svg.count("fill-opacity:0.25") == (many if many <= figures.BANDS else 0)


def test_seeds_far_below_the_others_are_counted_beside_them() -> None:
    def ending(accuracies: list[float], rate: float) -> pd.DataFrame:
        return study(
            *(
                run(seed=s, base_lr=rate, accuracy=lambda e, s, end=end: end + 0.0 * e)
                for s, end in enumerate(accuracies)
            )
        )

    even = [0.99 + 0.0005 * step for step in range(10)]
    runs = study(ending([0.93, 0.95, *even[2:]], 0.1), ending(even, 0.01))
    panel = figures_final.final_accuracy(runs).panels[0]
    assert panel.svg.count(">2 of 10 seeds<") == 1
    assert panel.alt.count("(2 of 10 seeds far below)") == 1


def test_learning_rates_rise_from_left_to_right() -> None:
    rates = [float(row[0]) for row in figures_final.final_accuracy(fixed_lr(2)).rows]
    assert rates == sorted(rates)


def test_a_panel_alone_is_shown_near_its_natural_size(shown: list[Figure]) -> None:
    for figure in shown:
        limits = re.findall(r"max-width: (\d+)px", figure.html())
        assert len(limits) == (len(figure.panels) == 1)
        widths = re.findall(r'viewBox="0 0 (\d+)', figure.html())
        assert {int(width) for width in widths} == {360}, "a phone's column"


def test_a_study_of_another_setting_reads_as_well() -> None:
    runs = pd.concat([run(batch_size=size, seed=seed) for size in (16, 64) for seed in range(3)])
    figure = figures.curves(runs, ["val_accuracy"], by="batch_size")
    assert figure.header[1:] == ("Validation accuracy, batch 64", "Validation accuracy, batch 16")
    assert "one line per batch size" in figure.panels[0].alt


def test_made_up_results_have_the_columns_of_real_ones() -> None:
    runs, steps = momentum_shock(1)
    assert set(runs.columns) == set(SCHEMA.names) - {"witness"}
    assert set(steps.columns) == set(STEPS_SCHEMA.names) - {"digest"}


def test_analysis_loads_nothing_that_takes_seconds() -> None:
    code = (
        "import sys, analysis, analysis.claims, analysis.figures_shock, analysis.tables; "
        "assert not {'torch', 'matplotlib.pyplot', 'scipy.stats'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
