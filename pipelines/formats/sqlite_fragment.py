"""SQLite fragment: the rows of one selection, typed, under the limits that its relation needs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from connectors.base import StoredObject
from connectors.errors import CorruptFile, ReadError
from pipelines.containers.expansion import Budget
from pipelines.containers.limits import Limits
from pipelines.formats.alignment import aligned
from pipelines.formats.base import Chunk, RowAccount
from pipelines.formats.sqlite_connection import MOST_STEPS, Database, Restraint, errors, opened
from pipelines.formats.sqlite_file import Blocks
from pipelines.formats.sqlite_packed import PackedRows, packed_rows
from pipelines.formats.sqlite_pages import Unusual
from pipelines.formats.sqlite_rows import Block, Selection
from pipelines.formats.sqlite_schema import described

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
            for block in self._blocks(database):
                if relation.is_computed:
                    budget.spend(block.weight)
                frame = aligned(block.frame(relation.columns, schema), schema)
                schema = frame.schema
                is_empty = False
                yield Chunk(
                    frame,
                    RowAccount(parsed=block.rows - block.repaired, repaired=block.repaired),
                    repaired={REPAIR: block.repaired} if block.repaired else {},
                )
        if is_empty:
            yield Chunk(pl.DataFrame(schema=schema), RowAccount())

    def _blocks(self, database: Database) -> Iterator[Block | PackedRows]:
        """The rows, from the pages themselves as far as those are of the usual kind."""
        rest = self.selection
        try:
            for found in packed_rows(database, rest, self.limits.max_cell_bytes):
                yield found
                rest = replace(rest, after=found.last)
        except (Unusual, CorruptFile):
            is_done = False  # SQLite goes on, or says what is wrong
        else:
            is_done = True
        if not is_done:
            yield from rest.blocks(database)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A relation that is known to fail, so that it fails alone."""

    error: ReadError
    size_bytes: int = 0

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:  # noqa: ARG002
        raise self.error
