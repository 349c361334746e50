"""Fixed-width text: columns at fixed positions, planned as byte ranges; delimiters come first."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import polars as pl

from connectors.base import StoredObject
from connectors.errors import LimitExceeded, UnknownFormat
from pipelines.choices import Choices
from pipelines.containers.limits import Limits
from pipelines.formats import (
    arff,
    column_sample,
    dialect,
    footer,
    grid_search,
    header_row,
    ipac,
    line_looks,
    records,
    text_encoding,
)
from pipelines.formats.base import Format, Guess, Notice, Origin, SkippedRow, TablePlan
from pipelines.formats.column_grid import spread
from pipelines.formats.delimited import Delimited
from pipelines.formats.fixed_width_header import find_header
from pipelines.formats.fixed_width_rows import FixedWidthRange, GridForm
from pipelines.formats.grid_search import Survey
from pipelines.formats.naming import table_name, unique_columns
from pipelines.formats.records import Record
from pipelines.formats.transcoding import Transcoded

HEAD_BYTES = 64 << 10
SPOT_BYTES = 1 << 18
TAIL_BYTES = 64 << 10
FRAGMENT_BYTES = 32 << 20
MOST_CROSSING = 0.2  # of the lines that are looked at
PADDED = re.compile(r"\S {2,}\S")


@dataclass(frozen=True)
class FixedWidth:
    """Text in columns at fixed positions, which blanks fill up."""

    choices: Choices = field(default_factory=Choices)
    name: ClassVar[str] = "fixed-width"
    extensions: ClassVar[tuple[str, ...]] = (".fwf", ".prn")
    media_types: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[frozenset[str]] = Delimited.takes

    def choosing(self, choices: Choices) -> Format:
        """Who names a delimiter or a quote says that the text is delimited."""
        is_delimited = choices.delimiter is not None or choices.quote is not None
        return Delimited(choices) if is_delimited else FixedWidth(choices)

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes decide
        text = _Text.of(head)
        if ipac.find(text.lines) is not None:
            return True
        survey = grid_search.find(text.lines)
        return survey is not None and not _is_delimited(text, survey)

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        text = _Text.of(_head(file), self.choices.encoding)
        barred = ipac.find(text.lines) if self.choices.header is None else None
        survey = grid_search.find(text.lines) if barred is None else barred[0]
        if survey is None:
            raise UnknownFormat(f"{file.name} has no columns at fixed positions")
        if survey.grid.columns > limits.max_columns:
            raise LimitExceeded(
                f"{file.name} has {survey.grid.columns} columns, "
                f"more than max_columns {limits.max_columns}",
                limit="max_columns",
            )
        if not text.encoding.is_byte_oriented:
            file = Transcoded(file, text.encoding.name, text.encoding.bom_bytes)
        header = barred[1] if barred else find_header(text.lines, survey, self.choices.header)
        names = unique_columns(header.names or (None,) * survey.grid.columns)
        form = GridForm(
            text.codec,
            survey.grid,
            names,
            headers=header.rows,
            rulers=tuple({line.strip(): None for line in text.lines if grid_search.is_ruler(line)}),
        )
        first = FixedWidthRange(
            file=file,
            form=form,
            start=text.start + sum(map(len, text.raw[: header.end])),
            end=None,
            size_bytes=file.size or 0,
            max_line_bytes=limits.max_cell_bytes,
            lead=header.skipped,
            around=header.skipped_rows,
            null_words=self.choices.null_tokens,
        )
        spots = _spots(first, is_whole=text.is_whole)
        lines = [line for spot in spots for line in _lines(spot)]
        grid = survey.grid.narrowed(lines)
        crossing = sum(grid.part(line) is None for line in lines)
        if not text.is_whole and crossing > MOST_CROSSING * len(lines):  # other lines follow
            yield from Delimited(self.choices).tables(file, origin, limits)
            return
        form = replace(form, grid=grid)
        first = replace(first, form=form)
        below = _footer(first, is_whole=text.is_whole)
        first = replace(
            first,
            end=below.end,
            lead=Counter(first.lead) + Counter(below.skipped),
            around=(*first.around, *below.rows),
        )
        spots = _spots(first, is_whole=text.is_whole)
        columns = column_sample.look_at(
            pl.concat([part for spot in spots for part in spot.texts()])
        )
        table = table_name(origin.member or origin.input)
        yield TablePlan(
            name=table,
            origin=origin,
            format=self.name,
            schema=columns.schema,
            fragments=_ranges(replace(first, readings=columns.readings)),
            size_bytes=file.size or text.size,
            details={
                "encoding": text.encoding.name,
                "columns": grid.words,
                "positions": f"counted in {grid.unit}",
                "header": header.line,
            },
            guesses=(
                Guess("encoding", text.encoding.name, text.encoding.confidence),
                Guess("columns at positions", grid.words, survey.confidence, ("delimited",)),
                header.guess,
                *columns.guesses,
            ),
            notices=tuple(
                replace(notice, input=origin.input, member=origin.member, table=table)
                for notice in (*header.notices, *columns.notices, *below.notices)
            ),
        )


@dataclass(frozen=True, slots=True)
class _Text:
    """The whole lines of the head: as bytes (of UTF-8 if the file's are wide), and as text."""

    encoding: text_encoding.Encoding
    raw: tuple[bytes, ...]
    lines: tuple[str, ...]
    is_whole: bool

    @classmethod
    def of(cls, head: bytes, chosen: str | None = None) -> "_Text":
        is_whole = len(head) < HEAD_BYTES
        encoding = text_encoding.chosen(head, chosen) if chosen else text_encoding.detect(head)
        body = head[encoding.bom_bytes :]
        if not encoding.is_byte_oriented:
            body = body.decode(encoding.name, "replace").encode("utf-8", "replace")
        if is_whole:
            body = body.rstrip(records.END.encode())
        raw = _kept_ends(body)
        if not is_whole:
            raw = raw[:-1]
        codec = encoding.name if encoding.is_byte_oriented else "utf-8"
        lines = tuple(text_encoding.decoded(line, codec).rstrip("\r\n") for line in raw)
        return cls(encoding, tuple(raw), lines, is_whole)

    @property
    def codec(self) -> str:
        return self.encoding.name if self.encoding.is_byte_oriented else "utf-8"

    @property
    def start(self) -> int:
        return self.encoding.bom_bytes if self.encoding.is_byte_oriented else 0

    @property
    def size(self) -> int:
        return sum(map(len, self.raw))


def _head(file: StoredObject) -> bytes:
    if file.seekable:
        return file.read(0, HEAD_BYTES)
    return b"".join(file.stream(0, HEAD_BYTES))


def _kept_ends(body: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in body.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _is_delimited(text: _Text, survey: Survey) -> bool:
    """Whether delimiters part the lines as plausibly: then they do.

    Blanks are delimiters if they part every line alike, and none within quotes or times. Another
    delimiter is one unless most lines would have cells that are padded within, as
    `0001  Smith, Ann   Rome` would.
    """
    if survey.ruler is not None:
        return False
    lines = [line + "\n" for line in text.lines]
    if arff.begins(lines):
        return True
    layout = dialect.detect("".join(lines), is_whole=text.is_whole)
    if layout.columns == 1:
        return line_looks.is_one_column(lines) or line_looks.has_lone_name(lines)
    found = [
        record
        for record in records.read(lines[: survey.end], layout.dialect, is_last=True)
        if any(cell.strip() for cell in record.cells)
    ][layout.first_record :]
    if layout.dialect.delimiter == " ":
        odd = sum(
            len(record.cells) != layout.columns
            and not header_row.is_marked(record.cells, layout.columns)
            for record in found
        )
        return odd <= survey.misfits
    padded = sum(any(PADDED.search(cell.strip()) for cell in record.cells) for record in found)
    return padded * 2 <= len(found) or layout.columns > survey.grid.columns


def _lines(spot: FixedWidthRange) -> Iterator[str]:
    """Spread, without their ends."""
    form = spot.form
    for _, block in spot.blocks():
        for line in block.split(b"\n"):
            text = text_encoding.decoded(line, form.encoding).rstrip("\r")
            if text.strip() and text.strip() not in form.rulers:
                yield spread(text, form.grid.unit)


def _spots(first: FixedWidthRange, *, is_whole: bool) -> tuple[FixedWidthRange, ...]:
    """The head, and parts of the middle and the end of what is long."""
    size = first.file.size if first.end is None else first.end
    if is_whole:
        return (first,)
    if not first.file.seekable or size is None:
        return (replace(first, end=first.start + HEAD_BYTES),)
    head = min(first.start + SPOT_BYTES, size)
    at = [max(head, int(size * share)) for share in (0.5, 0.97)]
    spots = [(first.start, head), *((start, min(start + SPOT_BYTES, size)) for start in at)]
    return tuple(replace(first, start=start, end=end) for start, end in spots if start < end)


@dataclass(frozen=True, slots=True)
class _Below:
    """Where the rows end, if not with the file; and what stands below them, by reason."""

    end: int | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[SkippedRow, ...] = ()
    notices: tuple[Notice, ...] = ()


def _footer(first: FixedWidthRange, *, is_whole: bool) -> _Below:
    """Looks at the last lines, if they can be had."""
    size = first.file.size
    if is_whole:
        part = first
    elif first.file.seekable and size is not None:
        part = replace(first, start=max(first.start, size - TAIL_BYTES))
    else:
        return _Below()
    starts: list[int] = []
    found: list[Record] = []
    for offset, block in part.blocks():
        at = offset
        for line in _kept_ends(block):
            found.append(_record(line, len(found), first.form))
            starts.append(at)
            at += len(line)
    blank = 0
    while found and not found[-1].cells:
        found.pop()
        blank += 1
    below = footer.find(found, first.form.grid.columns)
    if below.first == len(found):
        return _Below()
    skipped = Counter(below.skipped) + Counter({"blank line": blank})
    return _Below(starts[below.first], skipped, below.rows, below.notices)


def _record(line: bytes, place: int, form: GridForm) -> Record:
    """A line that the grid does not part is one cell, and so is a ruler."""
    text = text_encoding.decoded(line, form.encoding).rstrip("\r\n")
    if not text.strip():
        return Record([], place, 1)
    parted = None if text.strip() in form.rulers else form.grid.part(spread(text, form.grid.unit))
    return Record([text.strip()] if parted is None else parted.cells, place, 1)


def _ranges(first: FixedWidthRange) -> tuple[FixedWidthRange, ...]:
    size = first.file.size if first.end is None else first.end
    if not first.file.seekable or size is None or size <= FRAGMENT_BYTES:
        return (first,)
    return tuple(
        replace(
            first,
            start=start,
            end=min(start + FRAGMENT_BYTES, size),
            size_bytes=min(FRAGMENT_BYTES, size - start),
            lead=first.lead if start == first.start else {},
            around=first.around if start == first.start else (),
        )
        for start in range(first.start, size, FRAGMENT_BYTES)
    )
