"""SQLite: tables, views and virtual tables as tables; large ones read by ranges of rowids."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import polars as pl

from connectors.base import StoredObject
from connectors.errors import EmptyInput, LimitExceeded, ReadError
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats.base import Fragment, Notice, Origin, TablePlan
from pipelines.formats.sqlite_cells import affinity, frame_of, intended, remarks
from pipelines.formats.sqlite_connection import (
    DENIED_FUNCTIONS,
    MOST_STEPS,
    SLOW_FUNCTIONS,
    Database,
    Restraint,
    errors,
    opened,
)
from pipelines.formats.sqlite_file import MAGIC, Blocks, Tree, survey
from pipelines.formats.sqlite_fragment import Rows, Unreadable
from pipelines.formats.sqlite_rows import Selection
from pipelines.formats.sqlite_schema import Relation, Schema, described, findings, schema_of

FRAGMENT_BYTES = 32 << 20
# A plan reads little of each table, and its work is bounded for all of them together.
SAMPLE_ROWS = 2000
SAMPLE_PLACES = 8
SAMPLE_STEPS, PLAN_STEPS = 2_000_000, 20_000_000
SAMPLE_CELL_BYTES = 64 << 10
CHECKED_BYTES = 64 << 20
FULL_SHARES = 4


class Sqlite:
    """SQLite databases, whatever wrote them."""

    name = "sqlite"
    extensions = (".sqlite", ".sqlite3", ".db", ".db3", ".s3db")
    media_types = ("application/vnd.sqlite3", "application/x-sqlite3")

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the magic is enough
        return head.startswith(MAGIC)

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        source = as_seekable(file)
        blocks = Blocks(source)
        with opened(blocks, limits) as database:
            schema = schema_of(database, limits)
            if not schema.relations:
                raise EmptyInput(f"{file.name} is a database without a table")
            if len(schema.relations) > limits.max_members:
                raise LimitExceeded(
                    f"{file.name} holds more than {limits.max_members} tables (max_members)",
                    limit="max_members",
                )
            computed = sum(relation.is_computed for relation in schema.relations)
            share = _Share.of(computed, limits)
            planner = _Planner(database, origin, limits, share, is_split=file.seekable)
            notices = tuple(planner.notices(schema))
            for relation in schema.relations:
                plan = planner.plan(relation, schema.encoding)
                yield replace(plan, notices=(*notices, *plan.notices))
                notices = ()


@dataclass(frozen=True, slots=True)
class _Share:
    """What each of many views may do: together not much more than one of them alone."""

    steps: int
    free_bytes: int

    @classmethod
    def of(cls, views: int, limits: Limits) -> "_Share":
        parts = max(1, -(-views // FULL_SHARES))
        return cls(MOST_STEPS // parts, limits.ratio_free_bytes // parts)


class _Planner:
    """Plans the relations of one database, with what work is left for it."""

    def __init__(
        self,
        database: Database,
        origin: Origin,
        limits: Limits,
        share: "_Share",
        *,
        is_split: bool,
    ) -> None:
        self._database = database
        self._file = database.blocks.file
        self._origin = origin
        self._limits = limits
        self._share = share
        self._is_split = is_split
        self._steps_left = PLAN_STEPS

    def notices(self, schema: Schema) -> Iterator[Notice]:
        """What is to be said of the whole file."""
        notice = partial(Notice, input=self._origin.input, member=self._origin.member)
        header, size = self._database.blocks.header, self._database.blocks.size
        if header.claimed_bytes > size:
            yield notice(
                "file.truncated",
                f"{self._file.name} has {size:,} bytes of the {header.claimed_bytes:,} that its"
                " header tells; tables that reach beyond the end cannot be read",
                "ERROR",
            )
        if header.was_wal:
            yield notice(
                "database.wal",
                f"{self._file.name} was written in WAL mode: changes that were still in its -wal"
                " file are not in here",
            )
        if found := self._findings():
            yield notice(
                "database.damaged",
                f"{self._file.name} fails SQLite's quick check, and rows may be missing: "
                + "; ".join(found[:3]),
                "ERROR",
                count=len(found),
            )
        if schema.shadows:
            yield notice(
                "tables.shadow",
                "virtual tables keep their data in the tables "
                + ", ".join(schema.shadows)
                + ", which are read too",
                "INFO",
                count=len(schema.shadows),
            )
        if schema.left_out:
            yield notice(
                "tables.internal",
                "left out are the tables in which SQLite keeps records of its own: "
                + ", ".join(schema.left_out),
                "INFO",
                count=len(schema.left_out),
            )

    def _findings(self) -> tuple[str, ...]:
        """A check of all pages, as far as a plan may read all of them."""
        blocks = self._database.blocks
        if max(blocks.size, blocks.header.claimed_bytes) > CHECKED_BYTES:
            return ()
        return findings(self._database, self._restraint(PLAN_STEPS))

    def _restraint(self, steps: int) -> Restraint:
        """What the schema's own expressions may do while all of the file is planned."""
        cell_bytes = min(SAMPLE_CELL_BYTES, self._limits.max_cell_bytes)
        return Restraint(cell_bytes, steps, DENIED_FUNCTIONS | SLOW_FUNCTIONS)

    def plan(self, relation: Relation, encoding: str) -> TablePlan:
        tree = self._tree(relation)
        schema, notices = pl.Schema(), tuple[Notice, ...]()
        fragments: Sequence[Fragment]
        if relation.error is not None:
            fragments = (Unreadable(relation.error),)
        else:
            selections = list(_selections(relation, tree.cuts))
            schema, notices = self._sampled(relation, selections)
            size = tree.size_bytes // len(selections)
            share, limits = self._share, self._limits
            if relation.is_computed:
                limits = replace(limits, ratio_free_bytes=share.free_bytes)
            fragments = [Rows(self._file, one, size, limits, share.steps) for one in selections]
        return TablePlan(
            name=relation.name,
            origin=replace(self._origin, table=relation.name),
            format=Sqlite.name,
            schema=schema,
            fragments=tuple(fragments),
            size_bytes=tree.size_bytes,
            details={"encoding": encoding.lower(), "kind": relation.kind},
            notices=notices,
        )

    def _tree(self, relation: Relation) -> Tree:
        blocks = self._database.blocks
        if relation.error is not None:
            return Tree(0)
        if relation.kind != "table":
            return Tree(blocks.size)
        tree = survey(blocks, relation.root, FRAGMENT_BYTES)
        is_split = self._is_split and relation.rowid is not None
        return tree if is_split else Tree(tree.size_bytes)

    def _sampled(
        self, relation: Relation, selections: Sequence[Selection]
    ) -> tuple[pl.Schema, tuple[Notice, ...]]:
        """Types by the first rows of some fragments, else by declaration; and what was seen."""
        columns = relation.columns
        try:
            cells = self._sample(relation, selections)
        except ReadError:  # it fails again when it is read, and then it is told
            return pl.Schema({c.title: affinity(c.declared) for c in columns}), ()
        if not cells:
            return pl.Schema({c.title: intended(c.declared) for c in columns}), ()
        found = frame_of(columns, cells, pl.Schema()).schema
        schema = pl.Schema(
            {
                c.title: affinity(c.declared) if found[c.title] == pl.Null() else found[c.title]
                for c in columns
            }
        )
        place = partial(
            Notice, input=self._origin.input, member=self._origin.member, table=relation.name
        )
        notices = (
            place(code, message, "INFO" if code == "column.blobs" else "WARNING", column=title)
            for title, code, message in remarks(columns, cells)
        )
        if self._database.clock_was_read:
            clock = place(
                "rows.clock",
                f"`{relation.name}` asks for the time, and may differ when it is read again",
            )
            return schema, (clock, *notices)
        return schema, tuple(notices)

    def _sample(self, relation: Relation, selections: Sequence[Selection]) -> list[Any]:
        database, limits = self._database, self._limits
        restraint = Restraint(limits.max_cell_bytes)
        if relation.is_computed:
            restraint = self._restraint(min(SAMPLE_STEPS, self._steps_left))
        database.restrain(restraint)
        chosen = selections[:: len(selections) // SAMPLE_PLACES + 1]
        cells: list[Any] = []
        what = described(relation.kind, relation.name, self._file.name)
        try:
            with errors(what, limits):
                for selection in chosen:
                    head = replace(selection, most=SAMPLE_ROWS // len(chosen))
                    block = next(head.blocks(database), None)
                    cells += block.cells if block is not None else ()
        finally:
            if relation.is_computed:
                self._steps_left -= database.steps
        return cells


def _selections(relation: Relation, cuts: Sequence[int]) -> Iterator[Selection]:
    bounds = (None, *cuts, None)
    for after, last in pairwise(bounds):
        yield Selection(relation, after, last)
