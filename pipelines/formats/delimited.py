"""Delimited text: CSV and its kin, planned as byte ranges that together are exactly the file."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import ClassVar

import polars as pl

from connectors.base import StoredObject
from connectors.errors import EmptyInput, LimitExceeded
from pipelines.choices import Choices
from pipelines.containers.limits import Limits
from pipelines.formats import (
    column_sample,
    dialect,
    footer,
    long_delimiter,
    records,
    table_stack,
    text_encoding,
)
from pipelines.formats.base import Guess, Notice, Origin, TablePlan
from pipelines.formats.byte_range import CHUNK_BYTES, PIECE_BYTES, SPOT_BYTES, ByteRange
from pipelines.formats.cell_looks import is_value
from pipelines.formats.long_delimiter import Rejoined
from pipelines.formats.naming import table_name, unique_columns
from pipelines.formats.records import Dialect
from pipelines.formats.transcoding import Transcoded

HEAD_BYTES = 1 << 20
TAIL_BYTES = 64 << 10
FRAGMENT_BYTES = 32 << 20
MAX_FRAGMENTS = 4096
CHUNK_CELLS = 4 << 20
SLACK = 0.25  # of a chunk, which may be so much larger
BLANK = {end: re.compile(end + b"[\r,;|\t ]*" + end) for end in (b"\n", b"\r")}
NEAR_BYTES = 4096
NO_CONTROLS = bytes({*range(256)} - {*range(1, 9), *range(14, 27)})


@dataclass(frozen=True)
class Delimited:
    """CSV, TSV and any other text of delimited cells."""

    choices: Choices = field(default_factory=Choices)
    name: ClassVar[str] = "delimited"
    extensions: ClassVar[tuple[str, ...]] = (
        *(".csv", ".tsv", ".tab", ".psv", ".txt", ".tbl", ".dat"),
    )
    media_types: ClassVar[tuple[str, ...]] = (
        *("text/csv", "text/tab-separated-values", "text/plain"),
    )
    takes: ClassVar[frozenset[str]] = frozenset(
        {"encoding", "delimiter", "quote", "header", "decimal", "dateOrder", "nullTokens"}
    )

    def choosing(self, choices: Choices) -> "Delimited":
        return Delimited(choices)

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes decide
        encoding = text_encoding.detect(head)
        if not encoding.is_byte_oriented:
            return True
        head = head.rstrip(records.END.encode())
        control = len(head.translate(None, NO_CONTROLS))
        return control <= max(1, len(head) // 100) and head.count(0) <= len(head) // 10

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        head = _head(file)
        chosen = self.choices.encoding
        encoding = text_encoding.chosen(head, chosen) if chosen else text_encoding.detect(head)
        if not encoding.is_byte_oriented:
            file, head = _transcoded(file, encoding)
        is_whole = len(head) < HEAD_BYTES
        start = encoding.bom_bytes if encoding.is_byte_oriented else 0
        body = head[start:]
        if is_whole:
            body = body.rstrip(records.END.encode())
        if not body.strip(b"\r\n\t \0"):
            raise EmptyInput(f"{file.name} holds no rows")
        text = _Text(file, encoding, start, None, body, is_whole)
        long = long_delimiter.find(text.lines) if self.choices.delimiter is None else None
        if long is not None:
            body = body.replace(long.encode(), long_delimiter.ONE.encode())
            text = replace(text, file=Rejoined(file, long), body=body)
        layout = dialect.detect("".join(text.lines), self.choices, is_whole=is_whole)
        parts = text.parts(layout) if is_whole and self.choices.header is None else ()
        if not parts:
            yield self._table(text, layout, origin, limits)
            return
        alike = self.choices.model_copy(update={"delimiter": layout.dialect.delimiter})
        for at, (part, lines) in enumerate(parts):
            layout = dialect.detect("".join(part.lines), alike, is_whole=True)
            if not at:
                told = table_stack.told([lines for _, lines in parts])
                layout = replace(layout, notices=(*layout.notices, told))
            yield self._table(part, layout, replace(origin, range=f"lines {lines}"), limits)

    def _table(
        self, text: "_Text", layout: dialect.Layout, origin: Origin, limits: Limits
    ) -> TablePlan:
        file, is_whole = text.file, text.is_whole
        if isinstance(file, Rejoined):
            layout = _as_written(layout, file.delimiter)
        if layout.columns > limits.max_columns:
            raise LimitExceeded(
                f"{file.name} has {layout.columns} columns, "
                f" more than max_columns {limits.max_columns}",
                limit="max_columns",
            )
        header = _header_span(text.raw_lines, text.lines, layout, is_whole=is_whole)
        names = unique_columns(layout.names or (None,) * layout.columns)
        first = ByteRange(
            file=file,
            encoding=text.codec,
            dialect=layout.dialect,
            columns=names,
            start=text.start + header.size,
            end=text.end,
            size_bytes=text.size,
            lead=header.skipped,
            headers=_told_again(layout, names),
            null_words=self.choices.null_tokens,
        )
        below = _footer(first, text.body[header.size :], is_whole=is_whole)
        end = text.end if below.end is None else below.end
        first = replace(first, end=end, lead=Counter(first.lead) + Counter(below.skipped))
        sample = _sample(first, is_whole=is_whole)
        columns = column_sample.look_at(sample, self.choices, delimiter=layout.dialect.delimiter)
        first = replace(
            first,
            readings=columns.readings,
            chunk_bytes=_chunk_bytes(text.body, len(names), is_whole=is_whole),
        )
        table = table_name(origin.member or origin.input)
        return TablePlan(
            name=table,
            origin=origin,
            format=self.name,
            schema=columns.schema,
            fragments=_ranges(first),
            size_bytes=text.size or len(text.body),
            details={
                "encoding": text.encoding.name,
                "dialect": {
                    "delimiter": file.delimiter
                    if isinstance(file, Rejoined)
                    else layout.dialect.delimiter,
                    "quote": layout.dialect.quote,
                    "escape": layout.dialect.escape,
                    "newline": _newline_word(text.body, layout.dialect),
                },
                "decimal": columns.decimal,
                "header": None if layout.names is None else layout.first_record + 1,
                **({"headerRows": len(layout.headers)} if len(layout.headers) > 1 else {}),
            },
            guesses=(
                Guess("encoding", text.encoding.name, text.encoding.confidence),
                *layout.guesses,
                *columns.guesses,
            ),
            notices=tuple(
                replace(notice, input=origin.input, member=origin.member, table=table)
                for notice in (*layout.notices, *columns.notices, *below.notices)
            ),
        )


@dataclass(frozen=True)
class _Text:
    """The text of a table, or its head: [start, end) of a file, as far as it is looked at."""

    file: StoredObject
    encoding: text_encoding.Encoding
    start: int
    end: int | None
    body: bytes = field(repr=False)
    is_whole: bool

    @cached_property
    def codec(self) -> str:
        return self.encoding.name if self.encoding.is_byte_oriented else "utf-8"

    @property
    def size(self) -> int:
        return (self.file.size or 0) if self.end is None else self.end - self.start

    @cached_property
    def raw_lines(self) -> list[bytes]:
        """The first ones, with their ends."""
        return _lines(self.body, is_whole=self.is_whole, most=dialect.SAMPLE_LINES)

    @cached_property
    def lines(self) -> list[str]:
        return [text_encoding.decoded(line, self.codec) for line in self.raw_lines]

    def parts(self, layout: dialect.Layout) -> tuple[tuple["_Text", str], ...]:
        """The texts of several tables one below the other, and which lines they are; or none."""
        if not self._may_be_parted(layout.dialect):
            return ()
        raw_lines = _lines(self.body, is_whole=True)
        lines = [text_encoding.decoded(line, self.codec) for line in raw_lines]
        found = list(records.read(lines, layout.dialect, is_last=True))
        starts = [found[place].line for place in table_stack.starts(found, layout.first_record)]
        edges = [0, *starts, len(lines)]
        filled = len(lines) - (not lines[-1])
        offsets = [0, *accumulate(map(len, raw_lines))]
        return tuple(
            (
                replace(
                    self,
                    start=self.start + offsets[first],
                    end=None if end == len(lines) else self.start + offsets[end],
                    body=self.body[offsets[first] : offsets[end]],
                ),
                f"{first + 1}-{min(end, filled)}",
            )
            for first, end in (pairwise(edges) if starts else ())
        )

    def _may_be_parted(self, dialect: Dialect) -> bool:
        """Whether names, or titles above them, may follow a blank line: lines without values.

        A quick look, before all records are read.
        """
        newline = _newline(self.body)
        body = self.body.rstrip(b"\r\n,;|\t ")
        for blank in BLANK[newline].finditer(body):
            near = body[blank.end() : blank.end() + NEAR_BYTES].split(newline)
            filled = [line for line in near if line.strip(b"\r,;|\t ")]
            looked_at = table_stack.TITLE_LINES + 1
            if len(filled) <= looked_at and len(body) > blank.end() + NEAR_BYTES:
                return True
            for raw_line in filled[:looked_at]:
                line = text_encoding.decoded(raw_line, self.codec)
                cells = map(str.strip, line.split(dialect.delimiter))
                if (dialect.quote and dialect.quote in line) or not any(map(is_value, cells)):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class _Header:
    """What lies above the first row: bytes, and rows by reason."""

    size: int
    skipped: Mapping[str, int]


def _head(file: StoredObject) -> bytes:
    if file.seekable:
        return file.read(0, HEAD_BYTES)
    head = b""
    for block in file.stream():
        head += block
        if len(head) >= HEAD_BYTES:
            break
    return head[:HEAD_BYTES]


def _transcoded(file: StoredObject, encoding: text_encoding.Encoding) -> tuple[StoredObject, bytes]:
    wrapped = Transcoded(file, encoding.name, encoding.bom_bytes)
    return wrapped, _head(wrapped)


def _newline(body: bytes) -> bytes:
    return b"\n" if b"\n" in body or b"\r" not in body else b"\r"


def _lines(body: bytes, *, is_whole: bool, most: int = -1) -> list[bytes]:
    """The lines with their ends, or the first ones; one that is cut off only if it is alone."""
    newline = _newline(body)
    *lines, last = body.split(newline, most)
    lines = [line + newline for line in lines]
    return [*lines, last] if not lines or (is_whole and len(lines) != most) else lines


def _as_written(layout: dialect.Layout, long: str) -> dialect.Layout:
    """With the long delimiter in names and guesses, instead of what stands for it."""

    def told(cells: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cell.replace(long_delimiter.ONE, long) for cell in cells)

    return replace(
        layout,
        names=None if layout.names is None else told(layout.names),
        headers=tuple(map(told, layout.headers)),
        guesses=tuple(
            replace(each, chosen=told((each.chosen,))[0], examples=told(each.examples))
            for each in layout.guesses
        ),
    )


def _told_again(layout: dialect.Layout, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The cells of rows that are the header again, and none of data; none if that is open."""
    if layout.is_echoed:
        return ()
    return tuple(cells for cells in layout.headers if len(cells) == len(names))


def _header_span(
    raw_lines: list[bytes], lines: list[str], layout: dialect.Layout, *, is_whole: bool
) -> _Header:
    """Within the lines in which the layout was found."""
    above = layout.first_record + len(layout.headers)
    skipped: Counter[str] = Counter()
    end = size = 0
    for index, record in enumerate(records.read(lines, layout.dialect, is_last=is_whole)):
        if index >= above:
            break
        end = record.line + record.lines
        size = 0 if record.lines else _return_in(raw_lines[end], size)
        if index >= layout.first_record:
            skipped["header"] += 1
        elif any(cell.strip() for cell in record.cells):
            skipped["preamble"] += 1
        else:
            skipped["blank line"] += 1
    return _Header(sum(map(len, raw_lines[:end])) + size, skipped)


def _return_in(line: bytes, start: int) -> int:
    """Where in a line the record ends that begins at `start` and that carriage returns end."""
    body = line[start:].lstrip(b"\r")
    return len(line) - len(body) + body.index(b"\r") + 1


@dataclass(frozen=True, slots=True)
class _Below:
    """Where the rows end, if not with the file; and what stands below them, by reason."""

    end: int | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def _footer(first: ByteRange, body: bytes, *, is_whole: bool) -> _Below:
    """Looks at the last lines; only of a short file at all, where those may begin within a cell."""
    tail = _tail(first, body, is_whole=is_whole)
    if tail is None:
        return _Below()
    at, content = tail
    raw_lines = _lines(content, is_whole=True)
    lines = [text_encoding.decoded(line, first.encoding) for line in raw_lines]
    width = len(first.columns)
    found = list(records.read(lines, first.dialect, is_last=True, width=width))
    last = len(lines)
    while found and not any(cell.strip() for cell in found[-1].cells):
        last = found.pop().line  # blank lines at the end
    below = footer.find(found, width)
    if below.first == len(found):
        return _Below()
    end = at + sum(map(len, raw_lines[: found[below.first].line]))
    blank = sum(1 for line in lines[last:] if line)
    return _Below(end, Counter(below.skipped) + Counter({"blank line": blank}), below.notices)


def _tail(first: ByteRange, body: bytes, *, is_whole: bool) -> tuple[int, bytes] | None:
    """Whole lines from the end, and where they begin in the file; None if that cannot be told."""
    if is_whole:
        at, content = first.start, body
        begin = content.find(b"\n", max(0, len(content) - TAIL_BYTES)) + 1
        short = content[begin:]
    elif first.file.seekable and first.file.size is not None:
        at, content = first.file.size - TAIL_BYTES, b""
        short = first.file.read(at, first.file.size).rstrip(records.END.encode())
        begin = short.find(b"\n") + 1
        short = short[begin:]
    else:
        return None
    quote = first.dialect.quote
    if first.dialect.newline == "\n" and not (quote and quote.encode() in short):
        return at + begin, short
    return (at, content) if is_whole else None


def _sample(first: ByteRange, *, is_whole: bool) -> pl.DataFrame:
    """Cells from the head, and from the middle and the end of what is long."""
    size = first.file.size
    if is_whole or not first.file.seekable or size is None:
        return next(replace(first, chunk_bytes=HEAD_BYTES).texts())
    spots = [replace(first, end=first.start + SPOT_BYTES, chunk_bytes=SPOT_BYTES)]
    for share in (0.5, 0.97):
        at = max(first.start + SPOT_BYTES, int(size * share))
        spots.append(
            replace(
                first,
                start=at,
                end=min(at + SPOT_BYTES, first.end or size),
                chunk_bytes=SPOT_BYTES,
                is_guess=True,
            )
        )
    frames = [frame for spot in spots for frame in spot.texts()]
    return pl.concat(frames) if frames else next(first.texts())


def _chunk_bytes(body: bytes, columns: int, *, is_whole: bool) -> int:
    """What is parsed at once: short cells take many times their bytes, so their number counts.

    A fragment is parsed in equal parts and in one if it may be: what is left over costs most.
    """
    lines = max(1, body.count(_newline(body)) + is_whole)
    per_cell = len(body) / max(1, lines * columns)
    most = max(PIECE_BYTES, min(CHUNK_BYTES, CHUNK_CELLS * per_cell))
    parts = max(1, math.ceil(FRAGMENT_BYTES / most - SLACK))
    return FRAGMENT_BYTES // parts + SPOT_BYTES


def _ranges(first: ByteRange) -> tuple[ByteRange, ...]:
    size = first.file.size if first.end is None else first.end
    if not first.file.seekable or size is None or size <= FRAGMENT_BYTES:
        return (first,)
    step = max(FRAGMENT_BYTES, -(-size // MAX_FRAGMENTS))
    starts = [*_starts(first.start, size, step), size]
    return tuple(
        replace(
            first,
            start=start,
            end=end,
            size_bytes=end - start,
            is_guess=index > 0,
            lead=first.lead if index == 0 else {},
        )
        for index, (start, end) in enumerate(pairwise(starts))
    )


def _starts(start: int, size: int, step: int) -> Iterator[int]:
    """Where fragments begin; the last ones are half as long, so that none is waited for long."""
    while size - start > 2 * step:
        yield start
        start += step
    yield from range(start, size, step // 2)


def _newline_word(body: bytes, dialect: Dialect) -> str:
    if dialect.newline == "\r":
        return "CR"
    return "CRLF" if b"\r\n" in body[:65536] else "LF"
