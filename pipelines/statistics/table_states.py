"""Table states: all that is known of a table so far, small enough to travel and to publish."""

import io
import json
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import polars as pl
import pyarrow as pa

from pipelines.statistics import codec, registry
from pipelines.statistics.as_read import AsRead
from pipelines.statistics.base import Statistic, TableStatistic
from pipelines.statistics.table_view import TableView

T = TypeVar("T")

VERSION = "5"
TABLE = -1  # the column number of what is known of the table as a whole

_ARROW = pa.schema(
    [
        ("column", pa.int32()),
        ("name", pa.string()),
        ("statistic", pa.string()),
        ("state", pa.large_string()),
        ("buffers", pa.list_(pa.large_binary())),
    ]  # type: ignore[arg-type]
)


@dataclass(frozen=True, slots=True)
class TableStates:
    """The states of all columns, and of the table; `fragments` says how many rows each gave.

    `as_read` is what readers told of the rows; it is not known of rows that come from elsewhere.
    """

    schema: pl.Schema
    fragments: tuple[tuple[int, int], ...]
    columns: tuple[tuple[Statistic, ...], ...]
    table: tuple[TableStatistic, ...]
    as_read: AsRead = field(default_factory=AsRead)

    @classmethod
    def of(cls, frame: pl.DataFrame, *, fragment: int, first_row: int) -> Self:
        """The states of consecutive rows, the first of which is row `first_row` of the fragment."""
        view = TableView(frame, fragment, first_row)
        return cls(
            frame.schema,
            ((fragment, frame.height),),
            tuple(
                tuple(kind.of(column) for kind in registry.BY_TYPE[column.word])
                for column in view.columns
            ),
            tuple(kind.of(view) for kind in registry.TABLE),
        )

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.fragments)

    def of_table(self, kind: type[T]) -> T:
        return next(state for state in self.table if isinstance(state, kind))

    def merge(self, other: Self) -> Self:
        """With the rows of `other` after these. The schemas must be the same."""
        if self.schema != other.schema:
            raise TypeError(f"states of different schemas: {self.schema} and {other.schema}")
        return type(self)(
            self.schema,
            _joined(self.fragments, other.fragments),
            tuple(
                tuple(a.merge(b) for a, b in zip(mine, theirs, strict=True))
                for mine, theirs in zip(self.columns, other.columns, strict=True)
            ),
            tuple(a.merge(b) for a, b in zip(self.table, other.table, strict=True)),
            self.as_read.merge(other.as_read),
        )

    def to_arrow(self) -> pa.Table:
        """One row for every column and statistic."""
        schema = io.BytesIO()
        pl.DataFrame(schema=self.schema).write_ipc(schema)
        rows: list[tuple[Any, ...]] = [
            (number, name, state.name, *codec.encode(state))
            for number, (name, states) in enumerate(zip(self.schema, self.columns, strict=True))
            for state in states
        ]
        rows += [(TABLE, None, state.name, *codec.encode(state)) for state in self.table]
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(zip(*rows, strict=True), _ARROW, strict=True)
        ]
        metadata = {
            "version": VERSION.encode(),
            "schema": schema.getvalue(),
            "fragments": json.dumps(self.fragments).encode(),
            "as_read": self.as_read.to_json(),
        }
        return pa.Table.from_arrays(arrays, schema=_ARROW.with_metadata(metadata))

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Self:
        metadata = table.schema.metadata
        if metadata[b"version"] != VERSION.encode():
            raise ValueError(f"states of version {metadata[b'version']!r}, not {VERSION}")
        schema = pl.read_ipc(io.BytesIO(metadata[b"schema"])).schema
        columns: list[list[Statistic]] = [[] for _ in schema]
        of_table: list[TableStatistic] = []
        for row in table.to_pylist():
            state = codec.decode(row["state"], row["buffers"])
            (of_table if row["column"] == TABLE else columns[row["column"]]).append(state)
        fragments = tuple((number, rows) for number, rows in json.loads(metadata[b"fragments"]))
        as_read = AsRead.from_json(metadata[b"as_read"])
        return cls(schema, fragments, tuple(map(tuple, columns)), tuple(of_table), as_read)


def _joined(
    left: tuple[tuple[int, int], ...], right: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    if left and right and left[-1][0] == right[0][0]:
        number, rows = left[-1]
        return (*left[:-1], (number, rows + right[0][1]), *right[1:])
    return left + right
