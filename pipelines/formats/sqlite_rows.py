"""SQLite rows: a selection of a relation's rows, fetched in blocks of bounded rows and bytes."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import lt
from typing import Any

import polars as pl

from connectors.errors import CorruptFile
from pipelines.formats.sqlite_cells import frame_of
from pipelines.formats.sqlite_connection import Database
from pipelines.formats.sqlite_schema import Column, Relation, described, quoted
from pipelines.formats.text_encoding import decoded

BLOCK_ROWS, BLOCK_CELLS = 65_536, 8_000_000  # columns that were added take no byte of a row
BLOCK_BYTES = 32 << 20
STEP_ROWS = 8
STEP_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """The cells of some rows, one row after the other; of `repaired` rows the text was mended."""

    cells: list[Any]
    rows: int
    repaired: int
    weight: int

    def frame(self, columns: Sequence[Column], schema: pl.Schema) -> pl.DataFrame:
        """Typed columns; of the asked types where they fit."""
        return frame_of(columns, self.cells, schema)


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of a relation in its own order: with a rowid in (after, last], and at most so many."""

    relation: Relation
    after: int | None = None
    last: int | None = None
    most: int | None = None

    def blocks(self, database: Database) -> Iterator[Block]:
        """All rows, each once. Raises what `sqlite_connection.errors` translates.

        SQLite takes the order of rowids on trust; where they do not rise, a page is not in its
        place, and rows would come twice or not at all. Raises CorruptFile.
        """
        given, rowid = 0, self.after
        try:
            for block in self._plain(database):
                rowid = self._without_rowids(block, rowid, database)
                yield block
                given += block.rows
        except UnicodeDecodeError:
            for block in self._mended(database, given):
                rowid = self._without_rowids(block, rowid, database)
                yield block

    @property
    def _width(self) -> int:
        return len(self.relation.columns) + (self.relation.rowid is not None)

    def _without_rowids(self, block: Block, before: int | None, database: Database) -> int | None:
        """Take the rowids, each row's last cell, out of a block; the last of them is returned."""
        relation = self.relation
        if relation.rowid is None:
            return None
        places = slice(self._width - 1, None, self._width)
        rowids = block.cells[places]
        del block.cells[places]
        if not all(map(lt, rowids, rowids[1:])) or (before is not None and rowids[0] <= before):
            what = described(relation.kind, relation.name, database.blocks.file.name)
            raise CorruptFile(f"{what} is damaged: its rows are out of order")
        return int(rowids[-1])

    def _plain(self, database: Database) -> Iterator[Block]:
        width = self._width
        for cells, weight in _gathered(
            database, self._rows(database, "{0}"), width, weighs=self.relation.is_computed
        ):
            yield Block(cells, len(cells) // width, 0, weight)

    def _mended(self, database: Database, given: int) -> Iterator[Block]:
        """The same rows in the same order without the first ones, texts taken as their bytes."""
        width = 2 * self._width
        as_bytes = (
            "typeof({0}) = 'text', CASE typeof({0}) WHEN 'text' THEN CAST({0} AS BLOB) ELSE {0} END"
        )
        rows = islice(self._rows(database, as_bytes), given, None)
        for pairs, weight in _gathered(database, rows, width, weighs=True):
            cells, repaired = _decoded(pairs, width)
            yield Block(cells, len(pairs) // width, repaired, weight)

    def _rows(self, database: Database, cell: str) -> Iterator[tuple[Any, ...]]:
        relation = self.relation
        names = [f"t.{quoted(column.name)}" for column in relation.columns]
        if relation.rowid is not None:
            names.append(f"t.{relation.rowid}")
        cells = ", ".join(map(cell.format, names))
        sql = f"SELECT {cells} FROM main.{quoted(relation.name)} AS t"  # noqa: S608 - quoted
        if relation.kind == "table":
            sql += " NOT INDEXED"  # an index that covers the columns would give another order
        bounds = [
            (f"t.{relation.rowid} {sign} ?", bound)
            for sign, bound in ((">", self.after), ("<=", self.last))
            if bound is not None
        ]
        if bounds:
            sql += " WHERE " + " AND ".join(condition for condition, _ in bounds)
        if relation.rowid is not None:
            sql += f" ORDER BY t.{relation.rowid}"
        if self.most is not None:
            sql += f" LIMIT {self.most}"
        return database.rows(sql, [bound for _, bound in bounds])


def _gathered(
    database: Database, rows: Iterator[tuple[Any, ...]], width: int, *, weighs: bool
) -> Iterator[tuple[list[Any], int]]:
    """Blocks of cells. What the rows take in memory is weighed, or told by the pages they are from.

    Steps are short, so that rows that grow suddenly are noticed before they are too many.
    """
    blocks = database.blocks
    cells: list[Any] = []
    weight, step = 0, STEP_ROWS
    while True:
        had, read_before = len(cells), blocks.read_bytes
        cells.extend(chain.from_iterable(islice(rows, step)))
        if len(cells) == had:
            break
        added = blocks.read_bytes - read_before
        if weighs:
            added = sum(map(sys.getsizeof, cells[had:]))
        weight += added
        step = 1 if added > STEP_BYTES else STEP_ROWS
        if weight >= BLOCK_BYTES or len(cells) >= min(BLOCK_ROWS * width, BLOCK_CELLS):
            yield cells, weight
            cells, weight = [], 0
    if cells:
        yield cells, weight


def _decoded(pairs: list[Any], width: int) -> tuple[list[Any], int]:
    cells: list[Any] = []
    broken: set[int] = set()
    for place in range(0, len(pairs), 2):
        is_text, value = pairs[place : place + 2]
        if is_text:
            try:
                value = value.decode()
            except UnicodeDecodeError:
                value = decoded(value, "utf-8")
                broken.add(place // width)
        cells.append(value)
    return cells, len(broken)
