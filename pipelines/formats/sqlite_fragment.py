"""SQLite fragment: the rows of one selection, typed, under the limits that its relation needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from connectors.base import StoredObject
from connectors.errors import ReadError
from pipelines.containers.expansion import Budget
from pipelines.containers.limits import Limits
from pipelines.formats.alignment import aligned
from pipelines.formats.base import Chunk, RowAccount
from pipelines.formats.sqlite_cells import typed
from pipelines.formats.sqlite_connection import MOST_STEPS, Restraint, errors, opened
from pipelines.formats.sqlite_file import Blocks
from pipelines.formats.sqlite_rows import Selection
from pipelines.formats.sqlite_schema import Column, described

REPAIR = "text that is not UTF-8 was read as cp1252"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a relation of a database."""

    file: StoredObject
    selection: Selection
    size_bytes: int
    limits: Limits
    most_steps: int = MOST_STEPS

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        relation = self.selection.relation
        what = described(relation.kind, relation.name, self.file.name)
        budget = Budget(what, self.file.size, self.limits)
        is_empty = True
        with opened(Blocks(self.file), self.limits) as database, errors(what, self.limits):
            if relation.is_computed:
                database.restrain(Restraint(self.limits.max_cell_bytes, self.most_steps))
            for block in self.selection.blocks(database):
                if relation.is_computed:
                    budget.spend(block.weight)
                frame = aligned(frame_of(relation.columns, block.cells, schema), schema)
                schema = frame.schema
                is_empty = False
                yield Chunk(
                    frame,
                    RowAccount(parsed=block.rows - block.repaired, repaired=block.repaired),
                    repaired={REPAIR: block.repaired} if block.repaired else {},
                )
        if is_empty:
            yield Chunk(pl.DataFrame(schema=schema), RowAccount())


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A relation that is known to fail, so that it fails alone."""

    error: ReadError
    size_bytes: int = 0

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:  # noqa: ARG002
        raise self.error


def frame_of(columns: Sequence[Column], cells: Sequence[Any], schema: pl.Schema) -> pl.DataFrame:
    """Cells row by row as typed columns; of the asked types where they fit."""
    return pl.DataFrame(
        [
            typed(column, cells[place :: len(columns)], schema.get(column.title, pl.Null()))
            for place, column in enumerate(columns)
        ]
    )
