"""Date order: two columns of dates that follow each other, and the rows in which they do not."""

import re
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analytics.checks.base import (
    Conclude,
    Failed,
    Found,
    Outcome,
    Passed,
    QualityIssue,
    Say,
    Subject,
    Suspicion,
)
from pipelines.analytics.checks.clock import Clock
from pipelines.analytics.checks.dates import sentinels_within
from pipelines.analytics.checks.settings import DateOrder
from pipelines.analytics.wording import cell, count, verb
from pipelines.profile import ColumnProfile
from pipelines.semantic_types.kind import told

DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
# What is to be, or to end, is kept early or late without an error.
PLAN = re.compile(
    r"\b(?:due|plan|planned|schedule|scheduled|expect|expected|estimate|estimated|eta|target"
    r"|deadline|promise|promised|commit|commitment|forecast|budget|valid|expiry|expires|expiration"
    r"|renewal|until)\b|\b(?:commit|due|plan)date\b"
)
WIDEST = 60  # columns of dates; of more, only the first ones are compared


def date_order(subject: Subject) -> Iterator[Say]:
    """Two dates of a row that follow each other in nearly all rows: a WARNING where they do not.

    The row sample tells which pairs do, and more often than the days of each column alone would
    make them. Due dates and plans are kept or not, and judged of no one.
    """
    settings, sample = subject.settings.date_order, subject.profile.sample
    known = {column.name: column for column in subject.profile.columns}
    columns = [known[name] for name in sample.columns if _is_judged(known[name])][:WIDEST]
    days = {column.name: _days(sample.get_column(column.name)) for column in columns}
    for one, two in combinations(columns, 2):
        if not Clock.of(one).is_comparable(Clock.of(two)):
            continue
        whole = np.floor if one.type != two.type else np.positive
        for first, last in ((one, two), (two, one)):
            if not _follows(whole(days[first.name]), whole(days[last.name]), settings):
                continue
            if subject.profile.rows_before.get((last.name, first.name)) == 0:
                yield Passed(last.name)  # known of all rows, so none is read again
            else:
                yield _look(subject, first, last)


def _is_judged(column: ColumnProfile) -> bool:
    return column.type in {"date", "datetime"} and not PLAN.search(told(column.name))


def _days(values: pl.Series) -> npt.NDArray[np.float64]:
    """The values as days since 1970-01-01; NaN for none."""
    unit = DAY[values.dtype.time_unit or "us"] if isinstance(values.dtype, pl.Datetime) else 1
    return values.to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy() / unit


def _follows(
    first: npt.NDArray[np.float64], last: npt.NDArray[np.float64], settings: DateOrder
) -> bool:
    """Whether the last lies after the first by more than chance, in nearly all rows."""
    both = ~(np.isnan(first) | np.isnan(last))
    start, end = first[both], last[both]
    differ = int((start != end).sum())
    if differ < settings.rows or (end < start).sum() > settings.share * differ:
        return False
    return _by_chance(start, end) >= settings.chance


def _by_chance(start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]) -> float:
    """The share of pairs in the wrong order if each start could stand beside each end."""
    before = np.searchsorted(np.sort(end), start, side="left")
    return float(before.mean()) / len(end)


def _look(subject: Subject, first: ColumnProfile, last: ColumnProfile) -> Suspicion:
    stand_ins = tuple(sentinels_within(subject, column) for column in (last, first))
    where = Clock.of(last).before(Clock.of(first), *stand_ins)
    return Suspicion(where, _out_of_order(first, last, subject.settings.date_order.share))


def _out_of_order(first: ColumnProfile, last: ColumnProfile, most: float) -> Conclude:
    def conclude(found: Found) -> Outcome:
        share = found.count / last.non_null_count
        if not found.count or share > most:
            return Passed(last.name)
        issue = QualityIssue(
            rule="date_order",
            dimension="validity",
            severity="WARNING",
            message=f"{found.count:,} of {count(last.non_null_count, 'date')}"
            f" {verb(found.count, 'lies', 'lie')} before “{cell(first.name, 60)}”"
            f" of the same row{found.first}",
            count=found.count,
            affected=found.count,
            column=last.name,
            value=share,
        )
        return Failed(issue)

    return conclude
