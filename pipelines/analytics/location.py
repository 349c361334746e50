"""Location: which rows of a table an issue speaks of, by one pruned pass over its own Parquet.

How many there are is mostly known from the states; then the pass ends with a page of examples.
What is not known is counted over all rows that can be concerned.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analytics.checks.base import Found, Suspicion
from pipelines.analytics.checks.where import Again, Where
from pipelines.analytics.outliers import Rows
from pipelines.cells import json_values

PAGE = 20
LONGEST = 200  # characters of an example
MOST_VALUES = 1000  # that SQL names one by one
LOOKED = 4_000_000  # rows whose hashes are remembered while repeats are looked for

Places = npt.NDArray[np.intp]
Bounds = Mapping[str, tuple[Any, Any]]
Slices = Callable[[Sequence[str], Callable[[Bounds], bool]], Iterable[Rows]]


def locate(
    suspicions: Sequence[Suspicion], slices: Slices, masked: Collection[str] = ()
) -> list[Found]:
    """What the rows say of each suspicion, in their order. Values of masked columns are not told.

    Repeats are looked for in the first 4,000,000 rows only: an issue may have no example then.
    """
    searches = [_Search(each, masked) for each in suspicions]
    plain = [search for search in searches if isinstance(search.where, Where)]
    wheres = [s.where for s in plain if isinstance(s.where, Where)]
    columns = tuple(dict.fromkeys(name for w in wheres for name in (w.column, *w.beside)))

    def matters(bounds: Bounds) -> bool:
        return any(search.matters(bounds) for search in plain)

    if any(search.is_open for search in plain):
        for rows in slices(columns, matters):
            _look([search for search in plain if search.is_open], rows)
            if not any(search.is_open for search in plain):
                break
    for search in searches:
        if isinstance(search.where, Again) and search.is_open:
            _look_again(search, search.where, slices)
    return [search.found() for search in searches]


@dataclass
class _Search:
    """What is found so far."""

    suspicion: Suspicion
    masked: Collection[str]
    count: int = 0
    examples: list[Mapping[str, Any]] = field(default_factory=list)
    ends: list[Any] = field(default_factory=list)
    values: set[str] = field(default_factory=set)

    @property
    def where(self) -> Where | Again:
        return self.suspicion.where

    @property
    def is_open(self) -> bool:
        """Whether any row that follows can still matter."""
        known = self.suspicion.known
        if known is None or self._names_values:
            return True
        return len(self.examples) < min(PAGE, known)

    @property
    def _names_values(self) -> bool:
        where = self.where
        return isinstance(where, Where) and where.sql is None and where.column not in self.masked

    def show(self, rows: Rows, column: pl.Series, places: Places) -> None:
        """Add rows to the examples, as many as the page still holds."""
        chosen = places[: PAGE - len(self.examples)]
        told = [{"part": rows.part, "row": rows.first_row + at} for at in chosen.tolist()]
        where = self.where
        is_told = isinstance(where, Where) or where.columns == (column.name,)
        if not self.suspicion.tells or not is_told or column.name in self.masked:
            self.examples += told
            return
        values = _shown(column.gather(chosen))
        self.examples += [
            {"value": value, **place} for place, value in zip(told, values, strict=True)
        ]

    def matters(self, bounds: Bounds) -> bool:
        where = self.where
        if not self.is_open or not isinstance(where, Where):
            return False
        if self.suspicion.others is not None or where.column not in bounds:
            return True
        return where.reaches(*bounds[where.column])

    def add(self, rows: Rows, mask: pl.Series) -> None:
        assert isinstance(self.where, Where)
        name = self.where.column
        column = rows.frame.get_column(name)
        places = np.flatnonzero(mask.to_numpy())
        self.count += len(places)
        self.show(rows, column, places)
        if self.suspicion.others is not None:
            left = column.to_frame().filter(self.suspicion.others).to_series().drop_nulls()
            if left.dtype.is_float():
                left = left.filter(left.is_finite())
            elif left.dtype.is_temporal():
                left = left.dt.date().to_physical()
            self.ends += [end for end in (left.min(), left.max()) if end is not None]
        if self._names_values and len(self.values) <= MOST_VALUES:
            self.values.update(column.gather(places).cast(pl.String).unique().to_list())

    def found(self) -> Found:
        known = self.suspicion.known
        return Found(
            self.count if known is None else known,
            tuple(self.examples),
            tuple(sorted(self.values)) if len(self.values) <= MOST_VALUES else (),
            min(self.ends, default=None),
            max(self.ends, default=None),
        )


def _look(searches: Sequence[_Search], rows: Rows) -> None:
    tests = [
        s.where.rows.alias(str(n)) for n, s in enumerate(searches) if isinstance(s.where, Where)
    ]
    masks = rows.frame.select(tests)
    for search, mask in zip(searches, masks, strict=True):
        search.add(rows, mask.fill_null(value=False))


def _look_again(search: _Search, where: Again, slices: Slices) -> None:
    """The first rows that repeat an earlier one, told by hashes of 64 bits."""
    seen = np.empty(0, np.uint64)
    for rows in slices(where.columns, lambda _: True):
        frame = rows.frame
        hashes = frame.hash_rows()
        again = ~hashes.is_first_distinct() | pl.Series(np.isin(hashes.to_numpy(), seen))
        if where.filled:
            again &= frame.to_series().is_not_null()
        search.show(rows, frame.to_series(), np.flatnonzero(again.to_numpy()))
        seen = np.union1d(seen, hashes.to_numpy())
        if not search.is_open or len(seen) > LOOKED:
            break


def _shown(values: pl.Series) -> list[Any]:
    told = json_values(values)
    return [each[:LONGEST] if isinstance(each, str) else each for each in told]
