"""Profiles: everything known of a column and of a table, as one frozen value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.column_type import word
from pipelines.formats.base import Notice, Origin
from pipelines.statistics import co_missing, screening
from pipelines.statistics.base import Statistic
from pipelines.statistics.co_missing import CoMissing
from pipelines.statistics.comoments import CoMoments
from pipelines.statistics.date_pairs import DatePairs
from pipelines.statistics.dates import Calendar
from pipelines.statistics.duplicates import Duplicates
from pipelines.statistics.moments import Moments
from pipelines.statistics.null_rows import NullRows
from pipelines.statistics.row_sample import RowSample
from pipelines.statistics.table_states import TableStates

EPOCH = date(1970, 1, 1)
ODD = frozenset({"impossibleDate", "mojibake"})  # of the texts, which are counted already


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """All results of a column.

    `figures` holds the wire fields of `columnProfiles[]` beyond the head, ready for JSON: counts,
    `topValues`, `min`, `quantiles`, `histogram`, `estimates` and so on. Ratios lie in 0..1.
    `mean_rest` is what the mean is more than the float that stands there, where that matters.
    """

    name: str
    type: str
    inferred_type: str
    count: int
    null_count: int
    figures: Mapping[str, Any] = field(default_factory=dict)
    mean_rest: float = 0.0

    @property
    def non_null_count(self) -> int:
        return self.count - self.null_count

    @property
    def null_ratio(self) -> float:
        return self.null_count / self.count if self.count else 0.0

    @property
    def is_numeric(self) -> bool:
        return self.inferred_type == "numeric"

    def to_wire(self) -> dict[str, Any]:
        """The entry of `columnProfiles[]`."""
        return {
            "name": self.name,
            "type": self.type,
            "inferredType": self.inferred_type,
            "count": self.count,
            "nullCount": self.null_count,
            "nullRatio": self.null_ratio,
            "nonNullCount": self.non_null_count,
            **self.figures,
        }


@dataclass(frozen=True)
class TableProfile:
    """All results of a table.

    `correlation` is the Pearson matrix of the columns in `correlated` (symmetric, float64, NaN
    where undefined) and `pair_counts` the rows behind each entry. `sample` is a seeded row sample
    in row order, with the row number in the table (from 1) in `sample_rows`. Beyond 1,000 numeric
    columns `correlated` holds the 400 that correlate best in the sample, and `correlation` is that
    of the sample: `correlation_method` is then `sample`, and else `exact`. `alternatives` are
    two columns each, of which every row fills one and leaves the other empty.
    """

    name: str
    origin: tuple[Origin, ...]
    rows: int
    size_bytes: int
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: Mapping[str, Any]
    rows_with_nulls: int
    completeness: float
    correlated: tuple[str, ...]
    correlation: npt.NDArray[np.float64]
    pair_counts: npt.NDArray[np.int64]
    sample: pl.DataFrame
    sample_rows: npt.NDArray[np.int64]
    preview: tuple[Mapping[str, Any], ...] = ()
    notices: tuple[Notice, ...] = ()
    empty_rows: int = 0
    co_missing: Mapping[str, Any] = field(default_factory=dict)
    alternatives: tuple[tuple[str, str], ...] = ()
    rows_before: Mapping[tuple[str, str], int] = field(default_factory=dict)
    correlation_method: str = "exact"

    @property
    def cells(self) -> int:
        return self.rows * len(self.columns)

    @property
    def missing_cells(self) -> int:
        return sum(column.null_count for column in self.columns)

    def gaps_to_wire(self) -> dict[str, Any]:
        """What is missing in the table, as `tables[]` tells it."""
        return {
            "cells": self.cells,
            "missingCells": self.missing_cells,
            "rowsWithNulls": self.rows_with_nulls,
            "emptyRows": self.empty_rows,
            "coMissing": dict(self.co_missing),
            "completeness": self.completeness,
        }


def profile_table(
    name: str,
    origin: tuple[Origin, ...],
    states: TableStates,
    *,
    size_bytes: int,
    preview: Sequence[Mapping[str, Any]] = (),
    notices: Sequence[Notice] = (),
    as_of: date | None = None,
) -> TableProfile:
    """The profile that the merged states of all fragments of a table amount to.

    Dates after `as_of` are in the future; without it, nothing is said of that.
    """
    columns = tuple(
        _column(title, dtype, found, states.as_read.result(title), as_of)
        for (title, dtype), found in zip(states.schema.items(), states.columns, strict=True)
    )
    cells = states.rows * len(columns)
    nulls = sum(column.null_count for column in columns)
    sample = states.of_table(RowSample)
    moments = states.of_table(CoMoments)
    is_screened = screening.is_due(states.schema)
    correlated, correlation, pair_counts = (
        screening.screened(sample.frame)
        if is_screened
        else (moments.columns, moments.correlation(), moments.pair_counts())
    )
    return TableProfile(
        name=name,
        origin=origin,
        rows=states.rows,
        size_bytes=size_bytes,
        columns=columns,
        duplicate_rows=states.of_table(Duplicates).result(),
        rows_with_nulls=states.of_table(NullRows).some,
        completeness=1 - nulls / cells if cells else 1.0,
        correlated=correlated,
        correlation=correlation,
        pair_counts=pair_counts,
        sample=sample.frame,
        sample_rows=_row_numbers(sample, states.fragments),
        preview=tuple(preview),
        notices=tuple(notices),
        empty_rows=states.of_table(NullRows).all,
        co_missing=_co_missing(states, sample),
        alternatives=_alternatives(states),
        rows_before=_rows_before(states),
        correlation_method="sample" if is_screened else "exact",
    )


def _rows_before(states: TableStates) -> dict[tuple[str, str], int]:
    """By two columns of dates, in how many rows the first lies before the second."""
    names = states.schema.names()
    pairs = states.of_table(DatePairs).result()["pairs"]
    return {(names[pair["left"]], names[pair["right"]]): pair["rows"] for pair in pairs}


def _alternatives(states: TableStates) -> tuple[tuple[str, str], ...]:
    """None are known of tables with too many columns that have gaps."""
    state, names = states.of_table(CoMissing), states.schema.names()
    if state.is_too_wide:
        return ()
    return tuple((names[one], names[two]) for one, two in state.alternatives(states.rows))


def _co_missing(states: TableStates, sample: RowSample) -> dict[str, Any]:
    """Which columns lack the same rows; of very many columns, as far as the sample tells."""
    state, names = states.of_table(CoMissing), states.schema.names()
    found = co_missing.sampled(sample.frame) if state.is_too_wide else state.result()["pairs"]
    return {
        "pairs": [
            {**pair, "left": names[pair["left"]], "right": names[pair["right"]]} for pair in found
        ],
        "method": "sample" if state.is_too_wide else "exact",
        "rows": sample.frame.height if state.is_too_wide else states.rows,
    }


def _column(
    name: str,
    dtype: pl.DataType,
    states: tuple[Statistic, ...],
    as_read: Mapping[str, Any],
    as_of: date | None,
) -> ColumnProfile:
    figures: dict[str, Any] = {"distinctCount": 0, "topValues": []}
    estimates: dict[str, Any] = {}
    rest = 0.0
    for state in states:
        found = state.result()
        estimates |= found.pop("estimates", {})
        figures |= found
        if isinstance(state, Moments):
            rest = state.rest
        if isinstance(state, Calendar) and as_of and word(dtype) != "time":
            figures["future"] = _future(state, as_of)
    count, nulls = figures.pop("count"), figures.pop("nullCount")
    figures |= as_read
    figures |= _spread(figures, estimates, count - nulls)
    written = figures.get("writing") or {word(dtype): count - nulls}
    figures["typeCounts"] = {kind: n for kind, n in written.items() if n and kind not in ODD}
    figures["estimates"] = estimates
    inferred = "unknown" if count == nulls else _INFERRED.get(word(dtype), "text")
    return ColumnProfile(name, word(dtype), inferred, count, nulls, figures, rest)


def _future(calendar: Calendar, as_of: date) -> dict[str, Any]:
    """How many values lie after a day; `atMost` where that may be more."""
    least, most = calendar.after((as_of - EPOCH).days)
    found = {"asOf": as_of.isoformat(), "count": least}
    return found if least == most else {**found, "atMost": most}


def _spread(
    figures: Mapping[str, Any], estimates: Mapping[str, Any], values: int
) -> Mapping[str, Any]:
    """Whether all values are equal, and whether all differ; None where an estimate cannot tell."""
    unique = figures.get("uniqueCount")
    if not values or unique is None:
        return {}
    if "distinctCount" not in estimates:
        return {"constant": figures["distinctCount"] == 1, "allUnique": unique == values}
    is_open = estimates.get("uniqueCount", {}).get("upper", 0) >= values
    return {"constant": False, "allUnique": None if is_open else False}


_INFERRED = {
    "integer": "numeric",
    "number": "numeric",
    "decimal": "numeric",
    "boolean": "boolean",
    "null": "unknown",
}


def _row_numbers(
    sample: RowSample, fragments: tuple[tuple[int, int], ...]
) -> npt.NDArray[np.int64]:
    before = 0
    first: dict[int, int] = {}
    for fragment, rows in fragments:
        first.setdefault(fragment, before + 1)
        before += rows
    starts = np.array([first[fragment] for fragment in sample.fragments.tolist()], np.int64)
    return starts + sample.rows
