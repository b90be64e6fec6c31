"""Where the numbers of a figure or table come from: a line under it, and the rest under a fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis import text

SHORT = 10
DATASETS = {
    "mnist": "MNIST",
    "mnist-held-out": "MNIST (10,000 held out)",
    "mnist-1000": "MNIST (1,000 images)",
}


@dataclass(frozen=True)
class Receipt:
    """Provenance of a frame, each entry a sorted tuple of the distinct values found in it.

    ``root`` leads from the page to the site's root, where the data are: from a post, two up.
    """

    study: tuple[str, ...]
    seeds: int
    runs: int
    dataset: tuple[str, ...]
    digest: tuple[str, ...]
    device: tuple[str, ...]
    torch: tuple[str, ...]
    commit: tuple[str, ...]
    trained: tuple[str, ...]
    root: str = "../.."

    def html(self) -> str:
        """Return the line as ``<p class="receipt">``; everything from the data is escaped."""
        links = [
            f'<a href="{escape(self.root)}/results/{escape(study)}.parquet">'
            f"{f'data of {escape(study)}' if len(self.study) > 1 else 'data'}</a>"
            for study in self.study
        ]
        entries = [
            f"{text.count(self.seeds, 'seed')}, {text.count(self.runs, 'run')}",
            f"trained on {_join(self.device)}",
            *links,
        ]
        return f'<p class="receipt">{" · ".join(entries)}</p>'

    def origin(self) -> str:
        """Return what it takes to make the numbers again: data, versions, days, the command."""
        days = f"{self.trained[0]} to {self.trained[-1]}" if len(self.trained) > 1 else ""
        wanted = " ".join(self.study)
        command = f'"{wanted}"' if len(self.study) > 1 else wanted
        entries = [
            f"{_join(self.dataset)} data sha256 {_join(self.digest)}",
            f"torch {_join(self.torch)}",
            f"commit {_few(self.commit)}",
            f"trained {escape(days) or _join(self.trained)}",
            f"made again by <code>make experiments STUDY={escape(command, quote=False)}</code>",
        ]
        return f'<p class="origin">{" · ".join(entries)}</p>'

    def folded(self) -> str:
        """Return the line, and the rest under a fold of its own."""
        return (
            f'{self.html()}\n<details class="data-fold"><summary>How to make these numbers again'
            f"</summary>\n{self.origin()}\n</details>"
        )


def _join(values: tuple[str, ...]) -> str:
    return escape(", ".join(values)) if values else "unknown"


def _few(values: tuple[str, ...]) -> str:
    """Return up to three values, or two and the number of the others, which the data name."""
    if len(values) <= 3:
        return _join(values)
    return f"{_join(values[:2])} and {len(values) - 2} more"


def fence(html: str) -> str:
    """HTML as a raw block of Markdown, which every renderer passes on untouched."""
    return f"```{{=html}}\n{html}\n```\n"


def receipt(frame: pd.DataFrame) -> Receipt:
    """Receipt of the runs in a frame, which may be of several studies."""
    return Receipt(
        study=_distinct(frame["study"]),
        seeds=frame["seed"].nunique(),
        runs=frame["run_id"].nunique(),
        dataset=_distinct(frame["dataset"], lambda name: DATASETS.get(name, name)),
        digest=_distinct(frame["data_sha256"], lambda digest: digest[:SHORT]),
        device=_distinct(frame["device"]),
        torch=_distinct(frame["torch"]),
        commit=_distinct(frame["commit"], _short_commit),
        trained=_distinct(frame["trained_at"], lambda time: time[:10]),
    )


def _short_commit(commit: str) -> str:
    """Return the commit's first digits, keeping a mark such as "-dirty" behind them."""
    digits, dash, mark = commit.partition("-")
    return digits[:SHORT] + dash + mark


def _distinct(values: pd.Series, shown: Callable[[str], str] = str) -> tuple[str, ...]:
    return tuple(sorted({shown(str(value)) for value in values.dropna().unique()}))
