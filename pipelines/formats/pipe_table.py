"""Pipe tables: columns between bars, ruled by dashes, as Markdown, psql and MySQL write them."""

import re
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import polars as pl

from connectors.base import StoredObject
from connectors.errors import LimitExceeded, UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats import pipe_grid, text_encoding, whole_text
from pipelines.formats.base import Chunk, Guess, Notice, Origin, Reject, TablePlan
from pipelines.formats.delimited import Delimited
from pipelines.formats.naming import table_name, unique_columns
from pipelines.formats.pipe_grid import Grid
from pipelines.formats.text_columns import Row, batches, chunk_of, schema_of

LARGEST_BYTES = 64 << 20
SAMPLE_ROWS = 1000
RULE = re.compile(rb"[-=:] *[|+]|[|+] *[-=:]")
PROSE = (".md", ".markdown")  # here tables stand among what is none
SHORT = "cells missing at the end"


@dataclass(frozen=True, slots=True)
class PipeRows:
    """The rows of one table of a text, by its place among all of them."""

    file: StoredObject
    index: int
    size_bytes: int
    limits: Limits

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        layout = _Layout.of(_grids(self.file)[self.index])
        rejects, skipped = layout.rejects, layout.skipped
        for batch in batches(iter(layout.rows)):
            short = sum(len(row) < len(layout.columns) for row in batch)
            chunk = chunk_of(batch, schema, self.limits, skipped)
            account = replace(
                chunk.rows,
                parsed=chunk.rows.parsed - short,
                repaired=short,
                rejected=len(rejects),
            )
            yield replace(
                chunk, rows=account, rejects=rejects, repaired={SHORT: short} if short else {}
            )
            rejects, skipped, schema = (), {}, chunk.frame.schema


class PipeTable:
    """The tables of a text that are ruled by dashes and vertical bars."""

    name = "pipe-table"
    extensions = PROSE
    media_types = ("text/markdown",)

    def recognises(self, head: bytes, name: str) -> bool:
        """Most lines are of tables; or in Markdown some."""
        if not RULE.search(head) and b"\0" not in head:
            return False
        lines = _lines(head)
        inside = sum(map(len, pipe_grid.find(lines)))
        filled = sum(bool(line.strip()) for line in lines)
        return inside > 0 and (name.lower().endswith(PROSE) or inside * 2 > filled)

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        if (file.size or 0) > LARGEST_BYTES:  # more than is held at once; rulers are rows then
            yield from Delimited().tables(file, origin, limits)
            return
        grids = _grids(file)
        if not grids:
            raise UnknownFormat(f"{file.name} has no table that bars and dashes rule")
        for index, grid in enumerate(grids):
            layout = _Layout.of(grid)
            if len(layout.columns) > limits.max_columns:
                raise LimitExceeded(
                    f"{file.name} has a table of more than {limits.max_columns} columns"
                    " (max_columns)",
                    limit="max_columns",
                )
            name = table_name(origin.member or origin.input)
            if len(grids) > 1:
                name = f"table_{index + 1}"
            yield TablePlan(
                name=name,
                origin=origin,
                format=self.name,
                schema=pl.Schema(dict.fromkeys(layout.columns, pl.Null()))
                | schema_of(layout.rows[:SAMPLE_ROWS], limits),
                fragments=(PipeRows(file, index, (file.size or 0) // len(grids), limits),),
                size_bytes=(file.size or 0) // len(grids),
                details={"line": grid.first + 1, "header": grid.names is not None},
                guesses=(Guess("format", "ruled by bars and dashes", 0.9, ("delimited",)),),
                notices=_outside(grids, origin, name) if index == 0 else (),
            )


@dataclass(frozen=True, slots=True)
class _Layout:
    """A grid with its columns named, its rows, and what is none."""

    columns: tuple[str, ...]
    rows: list[Row]
    rejects: tuple[Reject, ...]
    skipped: dict[str, int]

    @classmethod
    def of(cls, grid: Grid) -> "_Layout":
        columns = unique_columns(grid.names or (None,) * grid.width)
        named = ((columns, row) for row in grid.rows if len(row.cells) <= grid.width)
        return cls(
            columns,
            [dict(zip(names, row.cells, strict=False)) for names, row in named],
            tuple(
                Reject(
                    f"{len(row.cells)} cells where {grid.width} belong",
                    row.text.encode(),
                    line=row.line + 1,
                )
                for row in grid.rows
                if len(row.cells) > grid.width
            ),
            dict(+Counter({"header": int(grid.names is not None), "ruler": grid.rulers})),
        )


def _outside(grids: tuple[Grid, ...], origin: Origin, table: str) -> tuple[Notice, ...]:
    outside = grids[0].outside
    if not outside:
        return ()
    message = f"{outside} lines of text stand around the tables, and are not read"
    return (
        Notice("rows.outside", message, "INFO", origin.input, origin.member, table, count=outside),
    )


def _lines(content: bytes) -> list[str]:
    """Parted by line ends alone: other breaks of Unicode stand in cells."""
    encoding = text_encoding.detect(content)
    text = content[encoding.bom_bytes :].decode(encoding.name, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _grids(file: StoredObject) -> tuple[Grid, ...]:
    return _cached_grids(cast("Hashable", file))


@lru_cache(maxsize=1)
def _cached_grids(file: Hashable) -> tuple[Grid, ...]:
    """A text is parsed once for all of its tables."""
    assert isinstance(file, StoredObject)
    content = whole_text.read(file, "a text of tables", most=LARGEST_BYTES)
    return tuple(pipe_grid.find(_lines(content)))
