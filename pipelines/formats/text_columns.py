"""Text columns: rows of named text cells become typed chunks, as the cells of a CSV file do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import polars as pl

from connectors.errors import LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats import cell_types
from pipelines.formats.base import Chunk, RowAccount
from pipelines.formats.emptiness import refuse_emptiness

CHUNK_CHARACTERS = 4 << 20
CHUNK_ROWS = 65_536

Row = Mapping[str, str | None]


def schema_of(rows: Sequence[Row], limits: Limits) -> pl.Schema:
    """The columns of the rows as they are met, each of the narrowest type that holds its cells.

    >>> schema_of([{"a": "1"}, {"b": "x", "a": "2.5"}], Limits())
    Schema([('a', Float64), ('b', String)])
    """
    names = _names(rows, (), limits)
    return pl.Schema({name: cell_types.infer(_cells(rows, name)) for name in names})


def chunk_of(
    rows: Sequence[Row], schema: pl.Schema, limits: Limits, skipped: Mapping[str, int]
) -> Chunk:
    """The rows in the columns of the schema, wider where need be, then in those that are new."""
    names = _names(rows, schema, limits)
    columns = {
        name: cell_types.convert(_cells(rows, name), schema.get(name, pl.Null())) for name in names
    }
    return Chunk(
        pl.DataFrame([column.series for column in columns.values()], height=len(rows)),
        RowAccount(parsed=len(rows), skipped=sum(skipped.values())),
        skipped=skipped,
        null_tokens={name: each.null_tokens for name, each in columns.items() if each.null_tokens},
        utc_offsets={name: each.utc_offsets for name, each in columns.items() if each.utc_offsets},
    )


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows in lists of bounded size; one that is empty if there is none."""
    batch: list[Row] = []
    characters = 0
    is_first = True
    for row in rows:
        batch.append(row)
        characters += sum(len(cell) for cell in row.values() if cell)
        if characters >= CHUNK_CHARACTERS or len(batch) >= CHUNK_ROWS:
            yield batch
            batch, characters, is_first = [], 0, False
    if batch or is_first:
        yield batch


def _names(rows: Sequence[Row], known: Iterable[str], limits: Limits) -> list[str]:
    names = list(dict.fromkeys(chain(known, chain.from_iterable(rows))))
    if len(names) > limits.max_columns:
        raise LimitExceeded(
            f"more than {limits.max_columns} different names of cells (max_columns)",
            limit="max_columns",
        )
    refuse_emptiness(len(rows), len(names), sum(map(len, rows)))
    return names


def _cells(rows: Sequence[Row], name: str) -> pl.Series:
    return pl.Series(name, [row.get(name) for row in rows], pl.String)
