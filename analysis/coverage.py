"""What has been trained of what is declared, study by study."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import text
from analysis.page import Table
from analysis.receipts import DATASETS, receipt
from experiments.results import RESULTS, epochs_path, load
from experiments.settings import run_id
from experiments.studies import STUDIES


@dataclass(frozen=True)
class Coverage:
    """One study: its runs in store, and how many its declaration names."""

    study: str
    question: str
    runs: pd.DataFrame
    declared: int
    present: int


def coverage() -> list[Coverage]:
    """Return every study that has results, in the order of their declaration.

    Raises
    ------
    ResultsError
        If stored results are damaged.
    """
    found = []
    for name, study in STUDIES.items():
        if not epochs_path(name, RESULTS).exists():
            continue
        declared = {run_id(run) for run in study.runs()}
        runs = load(name)
        present = len(declared & set(runs["run_id"]))
        found.append(Coverage(name, study.question, runs, len(declared), present))
    return found


def studies(found: list[Coverage]) -> Table:
    """Return a row a study: question, data, runs trained of those declared, seeds, epochs."""
    rows = tuple(
        (
            one.study,
            one.question,
            ", ".join(DATASETS.get(name, name) for name in sorted(one.runs["dataset"].unique())),
            f"{one.present:,} of {one.declared:,}",
            seeds(one.runs),
            f"{len(one.runs):,}",
        )
        for one in found
    )
    header = ("Study", "What it asks", "Data", "Runs", "Of each setting", "Epochs trained")
    everything = pd.concat([one.runs for one in found])
    return Table(header, rows, "lllrrr", receipt(everything))


def seeds(runs: pd.DataFrame) -> str:
    """Say how many seeds each setting has: "5 seeds", "3 to 5 seeds"."""
    settings = runs.drop_duplicates("run_id").drop(columns=["run_id", "digest", "seed"])
    same = ["model", "optimizer", "formulation", "base_lr", "schedule", "schedule_args", "momentum"]
    return text.counts(settings.groupby([*same, "epochs"]).size(), "seed")


def total(found: list[Coverage]) -> str:
    """Say how much was trained: "400 training runs of 6,000 epochs in all"."""
    runs = sum(one.runs["run_id"].nunique() for one in found)
    epochs = sum(len(one.runs) for one in found)
    return f"{runs:,} training runs of {epochs:,} epochs in all"


def missing(found: list[Coverage]) -> str:
    """Say how many declared runs wait to be trained: "none", "120 of 800"."""
    declared = sum(one.declared for one in found)
    lacking = declared - sum(one.present for one in found)
    return f"{lacking:,} of {declared:,}" if lacking else "none"


def machines(found: list[Coverage]) -> str:
    """Name the devices that trained the runs."""
    return text.listing(sorted({str(name) for one in found for name in one.runs["device"]}))
