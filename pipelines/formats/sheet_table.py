"""Sheet table: the fragment of a workbook, one table on one sheet, read in chunks."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from connectors.errors import LimitExceeded, ReadError
from pipelines.containers.limits import Limits
from pipelines.formats.alignment import aligned
from pipelines.formats.base import Chunk, RowAccount, SkippedRow
from pipelines.formats.packed_column import PackedColumn
from pipelines.formats.sheet_batch import Batch
from pipelines.formats.sheet_cells import of_texts, series, text_of
from pipelines.formats.sheet_footer import FOOTER_ROWS, footer
from pipelines.formats.sheet_grid import ErrorCell
from pipelines.formats.sheet_rows import SheetRows

BLANK = "blank row"
LAST_ROW = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The rows of a table whose columns have these names.

    `lead` and `tail` count the rows above and below by reason; of a table that is open, the last
    rows may yet be totals and notes. `telling` are the columns whose texts say more than texts,
    `around` the rows above and below that say something.
    """

    rows: SheetRows
    names: tuple[str, ...]
    size_bytes: int
    lead: Mapping[str, int] = field(default_factory=dict)
    tail: Mapping[str, int] = field(default_factory=dict)
    telling: frozenset[str] = frozenset()
    around: tuple[SkippedRow, ...] = ()

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        skipped, around = dict(self.lead), self.around
        below: list[SkippedRow] = []
        cells = 0
        for batch in self._without_footer(self.rows.batches(), below):
            cells += batch.height * len(batch.places)
            refuse_cells(self.rows.sheet.name, cells, self.rows.limits)
            if batch.blanks:
                skipped[BLANK] = skipped.get(BLANK, 0) + batch.blanks
            tokens: dict[str, Counter[str]] = {}
            offsets: dict[str, Mapping[str, int]] = {}
            frame = aligned(self._frame(batch, schema, tokens, offsets), schema)
            schema = frame.schema
            account = RowAccount(batch.height, skipped=sum(skipped.values()))
            yield Chunk(
                frame,
                account,
                skipped=skipped,
                skipped_rows=around,
                null_tokens=tokens,
                utc_offsets=offsets,
            )
            skipped, around = {}, ()
        skipped = Counter(skipped) + Counter(self.tail) + Counter(row.reason for row in below)
        if skipped or not cells:
            yield Chunk(
                pl.DataFrame(schema=schema),
                RowAccount(skipped=skipped.total()),
                skipped=dict(skipped),
                skipped_rows=(*around, *below),
            )

    def _frame(
        self,
        batch: Batch,
        schema: pl.Schema,
        tokens: dict[str, Counter[str]],
        offsets: dict[str, Mapping[str, int]],
    ) -> pl.DataFrame:
        """The rows, typed; error cells are null, and counted by column and kind.

        So are the offsets from UTC with which moments are written.
        """
        found: list[pl.Series] = []
        names = dict(zip(self.rows.columns, self.names, strict=True))
        for place, column in zip(batch.places, batch.columns, strict=True):
            name = names.get(place) or self._name_beyond(place)
            cells = list(column) if isinstance(column, PackedColumn) and column.is_mixed else column
            if not isinstance(cells, PackedColumn):
                kinds = set(map(type, cells))
                if ErrorCell in kinds:
                    tokens[name] = Counter(c.kind for c in cells if isinstance(c, ErrorCell))
                    cells = [None if type(cell) is ErrorCell else cell for cell in cells]
                if str in kinds:
                    cells = [None if cell == "" else cell for cell in cells]
            if name in self.telling:
                read = of_texts(name, cells, schema.get(name))
                found.append(read.series)
                if read.utc_offsets:
                    offsets[name] = read.utc_offsets
            else:
                found.append(series(name, cells, schema.get(name)))
        return pl.DataFrame(found, height=batch.height)

    def _name_beyond(self, place: int) -> str:
        """The name of a column that only later rows have."""
        first = self.rows.columns[0]
        name = f"column_{place - first + 1}" if place > first else "column_0"
        while name in self.names:
            name += "_2"
        return name

    def _without_footer(self, batches: Iterator[Batch], below: list[SkippedRow]) -> Iterator[Batch]:
        """The batches, without the totals and notes at their end, which come to be `below`."""
        if not self.rows.is_open:
            yield from batches
            return
        last: Batch | None = None
        for batch in batches:
            if last is not None:
                yield last
            last = batch
        if last is not None:
            rows = last.last(4 * FOOTER_ROWS)
            found = footer(rows)
            for cells, reason in zip(rows[len(rows) - len(found) :], found, strict=True):
                below.append(SkippedRow.of(reason, map(text_of, cells.values())))
            yield last.without(len(found))


@dataclass(frozen=True, slots=True)
class BrokenSheet:
    """A sheet that could not be planned; reading it fails alone."""

    error: ReadError
    size_bytes: int = 0

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        del schema
        raise self.error


def refuse_cells(name: str, cells: int, limits: Limits) -> None:
    """Raises LimitExceeded when a table takes up too much of its sheet."""
    if cells > limits.max_sheet_cells:
        raise LimitExceeded(
            f"a table of sheet {name!r} takes up more than {limits.max_sheet_cells} cells"
            " (max_sheet_cells)",
            limit="max_sheet_cells",
        )
