"""Fixed-width rows: the lines that begin in a part of a file, parted by the grid of its columns."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import polars as pl

from connectors.base import StoredObject
from pipelines.formats import text_encoding, typed_rows
from pipelines.formats.base import Chunk, Reject, SkippedRow
from pipelines.formats.cell_reading import Reading
from pipelines.formats.column_grid import CROSSES, FILLER, Grid, spread
from pipelines.formats.line_blocks import line_blocks
from pipelines.formats.records import END
from pipelines.formats.rows import Rows
from pipelines.formats.text_encoding import MENDED

CHUNK_BYTES = 8 << 20
TIGHT = "a value reaches into the gap beside its column"


@dataclass(frozen=True, slots=True)
class GridForm:
    """How lines mean rows. Lines like `rulers`, and those with the cells of `headers`, are none."""

    encoding: str
    grid: Grid
    columns: tuple[str, ...]
    headers: tuple[tuple[str, ...], ...] = ()
    rulers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixedWidthRange:
    """The lines that begin in [start, end), both the beginnings of lines or any cut between."""

    file: StoredObject
    form: GridForm
    start: int
    end: int | None
    size_bytes: int
    max_line_bytes: int
    lead: Mapping[str, int] = field(default_factory=dict)
    around: tuple[SkippedRow, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)
    null_words: tuple[str, ...] = ()
    chunk_bytes: int = CHUNK_BYTES

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        types: Mapping[str, pl.DataType] = dict(schema)
        lead, around = self.lead, self.around
        for raw in self._rows():
            chunk = typed_rows.chunk_of(raw, types, self.readings, lead, around)
            types, lead, around = dict(chunk.frame.schema), {}, ()
            yield chunk

    def texts(self) -> Iterator[pl.DataFrame]:
        """The cells as they stand, all text; for looking at a sample."""
        return (raw.frame for raw in self._rows())

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Whole lines, and where they begin in the file. Raises LimitExceeded."""
        is_cut = self.file.seekable
        for at, content in line_blocks(
            self.file,
            self.start if is_cut else 0,
            self.end if is_cut else None,
            block_bytes=self.chunk_bytes,
            max_line_bytes=self.max_line_bytes,
        ):
            offset, block = at, content
            if not is_cut:
                stop = None if self.end is None else max(0, self.end - offset)
                first = max(0, self.start - offset)
                offset, block = offset + first, block[first:stop]
            if block := block.rstrip(END.encode()):  # behind the last line alone is no line end
                yield offset, block

    def _rows(self) -> Iterator[Rows]:
        is_first = True
        for offset, block in self.blocks():
            yield read(block, offset, self.form).without(self.null_words)
            is_first = False
        if is_first:
            yield Rows.none(self.form.columns)


def read(block: bytes, offset: int, form: GridForm) -> Rows:
    """The rows in whole lines that begin at `offset` in the file; every line is accounted for."""
    lines = _lines(block, form)
    rows = lines.filter(pl.col("skipped").is_null())
    cells = _cells(rows.filter("regular"), form.grid)
    if cells.height < rows.height:
        odd = _odd_cells(rows.filter(~pl.col("regular")), form.grid)
        cells = pl.concat([cells, odd]).sort("place")
    skipped = Counter(lines["skipped"].drop_nulls().to_list())
    again = _is_any_of(cells, form.headers)
    if again.any():
        skipped["header again"] += int(again.sum())
        cells = cells.filter(~again)
    crossing = cells.filter(pl.col("repaired") == CROSSES)["place"].to_list()
    cells = cells.filter(pl.col("repaired").is_null() | (pl.col("repaired") != CROSSES))
    table = cells.select(_names(form.grid)).select(pl.when(pl.all() != "").then(pl.all()))
    table.columns = list(form.columns)
    return Rows(
        table,
        dict(Counter(cells["repaired"].drop_nulls().to_list())),
        dict(skipped),
        (),
        _rejects(block, offset, crossing),
        has_empty_nulls=True,
    )


def _lines(block: bytes, form: GridForm) -> pl.DataFrame:
    """The lines, spread to the unit of the grid, with what is to be done with each."""
    try:
        texts, mended = block.decode(form.encoding).split("\n"), None
    except UnicodeDecodeError:
        raw = block.split(b"\n")
        texts = [text_encoding.decoded(line, form.encoding) for line in raw]
        mended = [not _is_in(line, form.encoding) for line in raw]
    line = pl.col("line")
    lines = (
        pl.DataFrame({"line": texts, "mended": [False] * len(texts) if mended is None else mended})
        .with_row_index("place")
        .with_columns(line.str.strip_suffix("\r").str.strip_chars_end(" "))
    )
    if not texts[-1]:
        lines = lines.head(-1)
    if form.grid.unit != "characters":
        spread_out = [spread(text, form.grid.unit) for text in lines["line"].to_list()]
        lines = lines.with_columns(pl.Series("line", spread_out, pl.String))
    bare = line.str.strip_chars()
    return lines.with_columns(
        pl.when(bare == "")
        .then(pl.lit("blank line"))
        .when(bare.is_in(form.rulers))
        .then(pl.lit("ruler"))
        .alias("skipped"),
        pl.all_horizontal(
            line.str.slice(start, end - start).str.strip_chars(" ") == ""
            for start, end in form.grid.gaps
        ).alias("regular"),
        pl.when("mended").then(pl.lit(MENDED)).alias("repaired"),
    )


def _is_in(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _names(grid: Grid) -> list[str]:
    return [f"cell {place}" for place in range(grid.columns)]


def _cells(lines: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """Of lines in which all gaps are blank."""
    cells = [
        pl.col("line")
        .str.slice(start, None if end is None else end - start)
        .str.strip_chars(" ")
        .str.replace_all(FILLER, "", literal=True)
        .alias(name)
        for name, (start, end) in zip(_names(grid), grid.slices, strict=True)
    ]
    return lines.select("place", "repaired", *cells)


def _odd_cells(lines: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """Of lines in which a value reaches into a gap, one by one."""
    rows = []
    for place, line, repaired in lines.select("place", "line", "repaired").iter_rows():
        parted = grid.part(line)
        if parted is None:
            rows.append((place, CROSSES, *[""] * grid.columns))
        else:
            rows.append((place, repaired or (TIGHT if parted.is_tight else None), *parted.cells))
    schema: dict[str, pl.DataType] = {"place": lines.schema["place"], "repaired": pl.String()}
    schema |= dict.fromkeys(_names(grid), pl.String())
    return pl.DataFrame(rows, schema=schema | dict.fromkeys(_names(grid), pl.String), orient="row")


def _is_any_of(cells: pl.DataFrame, headers: Sequence[tuple[str, ...]]) -> pl.Series:
    """Which rows repeat a line of the header, as pages of a report do."""
    names = cells.columns[2:]
    repeats = [
        pl.all_horizontal(pl.col(name) == cell for name, cell in zip(names, header, strict=True))
        for header in headers
    ]
    return cells.select(pl.any_horizontal(pl.lit(value=False), *repeats).alias("again"))["again"]


def _rejects(block: bytes, offset: int, places: Sequence[int]) -> tuple[Reject, ...]:
    if not places:
        return ()
    raw = block.split(b"\n")
    starts = [0, *accumulate(len(line) + 1 for line in raw)]
    return tuple(Reject(CROSSES, raw[place], offset=offset + starts[place]) for place in places)
