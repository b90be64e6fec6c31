"""Rows put together by their keys.

pandas' ``pivot``, ``groupby`` and ``merge`` do the same in several times as long, and posts do this
by the hundred.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

SEVERAL = "the frame holds several settings"


def pivot(
    frame: pd.DataFrame, down: str, across: str, column: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct values of two columns, sorted, and a third one as an array of both.

    NaN where no row has the two values.

    Raises
    ------
    ValueError
        If several rows have the same two values.
    """
    rows, row = np.unique(frame[down].to_numpy(), return_inverse=True)
    columns, place = np.unique(frame[across].to_numpy(), return_inverse=True)
    if len(np.unique(row * len(columns) + place)) < len(frame):
        raise ValueError(f"several rows for one {down} and {across}: {SEVERAL}")
    table = np.full((len(rows), len(columns)), np.nan)
    table[row, place] = frame[column].to_numpy(dtype=float)
    return rows, columns, table


def means(
    values: np.ndarray, down: np.ndarray, across: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct values of two keys, sorted, and the mean of what there is for both.

    A value that is not a number counts as missing, and the mean of none is NaN, as for pandas.
    """
    known = ~np.isnan(values)
    rows, row = np.unique(down, return_inverse=True)
    columns, place = np.unique(across, return_inverse=True)
    cell, cells = (row * len(columns) + place)[known], len(rows) * len(columns)
    with np.errstate(invalid="ignore"):
        table = np.bincount(cell, values[known], cells) / np.bincount(cell, minlength=cells)
    return rows, columns, table.reshape(len(rows), len(columns))


def mean_by_seed(values: ArrayLike, seeds: ArrayLike) -> pd.Series:
    """Return the mean of the values that are numbers, by seed; a seed without any is left out."""
    given, of = np.asarray(values, dtype=float), np.asarray(seeds)
    numbers, _, table = means(given, of, np.zeros_like(of))
    return pd.Series(table.ravel(), index=pd.Index(numbers, name="seed")).dropna()


def with_runs(steps: pd.DataFrame, about: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of some runs, by run and step, with what there is to know about each run.

    Parameters
    ----------
    steps : one row per ``run_id`` and ``step``
    about : one row per ``run_id``; its text becomes categories, since posts select among a hundred
        thousand steps by the hundred
    """
    about = about.sort_values("run_id", ignore_index=True)
    ids = steps["run_id"].astype("category").array
    place = pd.Index(about["run_id"]).get_indexer(ids.categories)[ids.codes]
    order = np.lexsort((steps["step"].to_numpy(), place))
    order = order[place[order] >= 0]
    added = {
        str(name): (values.array if values.dtype.kind in "biuf" else pd.Categorical(values)).take(
            place[order]
        )
        for name, values in about.items()
    }
    return steps.iloc[order].reset_index(drop=True).assign(**added)
