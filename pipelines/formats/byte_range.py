"""Byte ranges: the rows that begin in a part of a delimited file, read on their own.

Two readers share the work. polars is fast and strict; where the bytes are not so regular that it
could only read them rightly, the exact reader of `records` takes the chunk. In both, a line break
within a cell is a newline, however the file writes its line ends.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from connectors.base import StoredObject
from connectors.errors import LimitExceeded
from pipelines.formats import cell_types, records, text_encoding
from pipelines.formats.base import Chunk, Reject, RowAccount
from pipelines.formats.records import Dialect

SPOT_BYTES = 1 << 18
CHUNK_BYTES = 16 << 20
MAX_ROW_BYTES = 64 << 20
CANDIDATES = 16  # newlines that are tried for the first row of a range

Offsets = np.ndarray[tuple[int], np.dtype[np.int64]]
Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The rows that begin in [start, end) of a delimited file.

    Where `is_guess`, the first row is looked for from `start` on, and may be guessed wrong inside a
    quoted cell; `Chunk.span` then shows it, and `starting_at` gives the range its true start.
    """

    file: StoredObject
    encoding: str
    dialect: Dialect
    columns: tuple[str, ...]
    start: int
    end: int | None
    size_bytes: int
    is_guess: bool = False
    lead: Mapping[str, int] = field(default_factory=dict)
    chunk_bytes: int = CHUNK_BYTES

    def starting_at(self, offset: int) -> "ByteRange":
        """The same range, from a row start that is known."""
        return replace(self, start=offset, is_guess=False)

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        types = dict(schema)
        lead = dict(self.lead)
        for raw in self._raw_chunks():
            converted = {name: cell_types.convert(raw.frame[name], types[name]) for name in types}
            types = {name: column.series.dtype for name, column in converted.items()}
            skipped = Counter(lead) + Counter(raw.skipped)
            lead = {}
            yield Chunk(
                frame=pl.DataFrame([column.series for column in converted.values()]),
                rows=RowAccount(
                    parsed=raw.frame.height - sum(raw.repaired.values()),
                    repaired=sum(raw.repaired.values()),
                    rejected=len(raw.rejects),
                    skipped=skipped.total(),
                ),
                rejects=raw.rejects,
                repaired=raw.repaired,
                skipped=skipped,
                null_tokens={n: c.null_tokens for n, c in converted.items() if c.null_tokens},
                span=raw.span,
            )

    def texts(self) -> Iterator[pl.DataFrame]:
        """The cells as they stand, all text; for looking at a sample.

        Nothing comes from a guessed start that seems to be wrong: torn rows would mislead.
        """
        for raw in self._raw_chunks():
            if not (self.is_guess and (raw.repaired or raw.rejects)):
                yield raw.frame

    def _raw_chunks(self) -> Iterator["_Raw"]:
        position = self._first_row() if self.is_guess else self.start
        origin = position
        buffer = b""
        blocks = self._blocks(position)
        is_last = False
        yielded = False
        while not is_last and (self.end is None or position < self.end):
            block = next(blocks, b"")
            is_last = not block
            buffer += block
            if not buffer:
                break
            limit = None if self.end is None else self.end - position
            raw, taken = self._parse(buffer, limit, is_last=is_last)
            if raw is None:
                if len(buffer) > MAX_ROW_BYTES:
                    raise LimitExceeded(
                        f"{self.file.name} has a row longer than {MAX_ROW_BYTES >> 20} MiB"
                        f" at byte {position} (limit max_row_bytes)",
                        limit="max_row_bytes",
                    )
                continue
            position += taken
            buffer = buffer[taken:]
            yielded = True
            yield replace(raw, span=(origin, position) if self.file.seekable else None)
        if not yielded:
            yield replace(self._empty(), span=(origin, origin) if self.file.seekable else None)

    def _empty(self) -> "_Raw":
        return _Raw(pl.DataFrame(schema=dict.fromkeys(self.columns, pl.String)))

    def _blocks(self, position: int) -> Iterator[bytes]:
        if self.file.seekable:
            stop = self.file.size if self.end is None else self.end
            while stop is not None and position < stop:
                block = self.file.read(position, min(position + self.chunk_bytes, stop))
                if not block:
                    return
                yield block
                position += len(block)
            while block := self.file.read(position, position + SPOT_BYTES):
                yield block  # the last row of a range may end beyond it
                position += len(block)
            return
        pending: list[bytes] = []
        size, skip = 0, self.start
        for block in self.file.stream():
            piece = block[skip:] if skip else block
            skip = max(0, skip - len(block))
            pending.append(piece)
            size += len(piece)
            if size >= self.chunk_bytes:
                yield b"".join(pending)
                pending, size = [], 0
        if size:
            yield b"".join(pending)

    def _parse(
        self, buffer: bytes, limit: int | None, *, is_last: bool
    ) -> tuple["_Raw | None", int]:
        """The complete rows of the buffer that begin before `limit`, and the bytes they took."""
        fast = self._fast(buffer, limit, is_last=is_last)
        if fast is not None:
            return fast
        return self._exact(buffer, limit, is_last=is_last)

    def _fast(
        self, buffer: bytes, limit: int | None, *, is_last: bool
    ) -> tuple["_Raw | None", int] | None:
        """By polars, if the bytes are so regular that it must agree with `records`."""
        newline = self.dialect.newline.encode()
        returns = buffer.count(b"\r") if newline == b"\n" else 0
        if self.dialect.escape or (returns and returns != buffer.count(b"\r\n")):
            return None
        quotes = _quotes(buffer, self.dialect)
        if quotes is None or (newline == b"\r" and (quotes.size or b"\n" in buffer)):
            return None
        taken = _cut(buffer, quotes, newline, limit, is_last=is_last)
        if taken is None:  # more bytes may end the row, unless a quote is open that nothing closes
            is_open = quotes.size % 2 == 1
            tail = buffer.count(newline, int(quotes[-1])) if is_open else 0
            return None if is_open and (is_last or tail > records.MAX_RECORD_LINES) else (None, 0)
        body, mended = buffer[:taken], 0
        if self.encoding != "utf-8":
            body, mended = text_encoding.to_utf8(body, self.encoding)
        frame = self._by_polars(body, quotes)
        if frame is None and not mended:
            body, mended = text_encoding.to_utf8(body, self.encoding)
            frame = self._by_polars(body, quotes) if mended else None
        if frame is None:
            return None
        blank = 0
        if frame.height and frame[self.columns[0]].null_count() and _has_blank_line(body, newline):
            if quotes.size:
                return None
            lines = body.replace(b"\r", b"\n") if newline == b"\r" else body
            body, blank = re.subn(rb"(?m)^\r?\n", b"", lines)
            frame = self._by_polars(body, quotes, eol="\n") if body else self._empty().frame
        if frame is None or self._has_short_row(frame, body, quotes):
            return None
        if returns and quotes.size:
            frame = frame.with_columns(pl.all().str.replace_all("\r\n", "\n", literal=True))
        return _Raw(
            frame,
            repaired={"not in the encoding of the file": mended} if mended else {},
            skipped={"blank line": blank} if blank else {},
        ), taken

    def _by_polars(self, body: bytes, quotes: Offsets, eol: str = "") -> pl.DataFrame | None:
        try:
            return pl.read_csv(
                body,
                schema=dict.fromkeys(self.columns, pl.String),
                has_header=False,
                separator=self.dialect.delimiter,
                quote_char=self.dialect.quote if quotes.size else None,
                eol_char=eol or self.dialect.newline,
            )
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None

    def _has_short_row(self, frame: pl.DataFrame, body: bytes, quotes: Offsets) -> bool:
        if len(self.columns) == 1 or not frame[self.columns[-1]].null_count():
            return False
        delimiters = body.count(self.dialect.delimiter.encode())
        if quotes.size:
            inside = frame.select(
                pl.all().str.count_matches(self.dialect.delimiter, literal=True).sum()
            )
            delimiters -= sum(value or 0 for value in inside.row(0))
        return delimiters != frame.height * (len(self.columns) - 1)

    def _exact(
        self, buffer: bytes, limit: int | None, *, is_last: bool
    ) -> tuple["_Raw | None", int]:
        """By the csv module, record by record, mending what can be mended and saying so."""
        newline = self.dialect.newline.encode()
        raw_lines = [line + newline for line in buffer.split(newline)]
        raw_lines[-1] = raw_lines[-1][: -len(newline)]
        if not raw_lines[-1] or not is_last:
            raw_lines.pop()
        if not raw_lines:
            return None, 0
        lines = [text_encoding.decoded(line, self.encoding) for line in raw_lines]
        offsets = np.concatenate(([0], np.cumsum([len(line) for line in raw_lines])))
        width = len(self.columns)
        rows: list[list[str | None]] = []
        repaired: Counter[str] = Counter()
        skipped: Counter[str] = Counter()
        rejects: list[Reject] = []
        taken = 0
        for record in records.read(lines, self.dialect, is_last=is_last):
            begin, stop = int(offsets[record.line]), int(offsets[record.line + record.lines])
            if limit is not None and begin >= limit:
                break
            taken = stop
            cells: list[str | None] = [cell.replace("\r\n", "\n") for cell in record.cells]
            if not cells or (len(cells) == 1 and not str(cells[0]).strip()):
                skipped["blank line"] += 1
                continue
            reason = "quote that is never closed" if record.is_literal else ""
            if len(cells) > width and not any(str(cell).strip() for cell in cells[width:]):
                cells, reason = cells[:width], reason or "delimiters behind the last cell"
            if len(cells) > width:
                rejects.append(
                    Reject(
                        f"{len(cells)} cells where {width} belong",
                        b"".join(raw_lines[record.line : record.line + record.lines]),
                        offset=begin,
                    )
                )
                continue
            if len(cells) < width:
                cells, reason = (
                    cells + [None] * (width - len(cells)),
                    reason or "cells missing at the end",
                )
            if reason:
                repaired[reason] += 1
            rows.append(cells)
        if taken == 0 and not is_last:
            return None, 0
        frame = (
            pl.DataFrame(rows, schema=dict.fromkeys(self.columns, pl.String), orient="row")
            if rows
            else self._empty().frame
        )
        return _Raw(frame, dict(repaired), dict(skipped), tuple(rejects)), taken

    def _first_row(self) -> int:
        """The first row start at or after `start`: behind a newline that no quotes enclose.

        Which one that is shows in the rows that follow: behind a newline within a cell the first of
        them is torn. So the first newline wins under which most rows have all their cells.
        """
        window = self.file.read(self.start - 1, self.start - 1 + SPOT_BYTES)
        newline = self.dialect.newline.encode()
        candidates: list[int] = []
        at = window.find(newline)
        while at >= 0 and len(candidates) < CANDIDATES:
            candidates.append(at + 1)
            at = window.find(newline, at + 1)
        if not candidates:
            return self.start
        if self.dialect.quote is None or self.dialect.quote.encode() not in window:
            candidates = candidates[:1]
        best = max(candidates, key=lambda offset: (self._fit(window[offset:]), -offset))
        return self.start - 1 + best

    def _fit(self, rows: bytes) -> float:
        text = rows.decode(self.encoding, "replace")
        lines = records.split_lines(text, self.dialect.newline)[:200]
        read = list(records.read(lines[:-1], self.dialect, is_last=False))[:50]
        good = sum(len(r.cells) == len(self.columns) and not r.is_literal for r in read)
        return good / max(1, len(read))


@dataclass(frozen=True, slots=True)
class _Raw:
    """A chunk of untyped cells."""

    frame: pl.DataFrame
    repaired: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()
    span: tuple[int, int] | None = None


def _quotes(buffer: bytes, dialect: Dialect) -> Offsets | None:
    """Where the quotes are; None where one stands otherwise than around or doubled in a cell."""
    none = np.empty(0, np.int64)
    if dialect.quote is None or dialect.quote.encode() not in buffer:
        return none
    quote, delimiter = ord(dialect.quote), ord(dialect.delimiter)
    text = np.frombuffer(buffer, np.uint8)
    at = np.flatnonzero(text == quote)
    opening, closing = at[0::2], at[1::2]
    before = np.where(opening > 0, text[opening - 1], ord(dialect.newline))
    after = np.where(closing + 1 < text.size, text[np.minimum(closing + 1, text.size - 1)], quote)
    edges = (delimiter, ord("\n"), ord("\r"), quote)
    if not (_among(before, edges).all() and _among(after, edges).all()):
        return None
    # What stands before an opening quote may be a quote: the closing half of a doubled one.
    return at


def _among(values: Bytes, edges: tuple[int, ...]) -> Flags:
    found: Flags = values == edges[0]
    for edge in edges[1:]:
        found |= values == edge
    return found


def _cut(
    buffer: bytes, quotes: Offsets, newline: bytes, limit: int | None, *, is_last: bool
) -> int | None:
    """The end of the last complete row that begins before `limit`; None if there is none yet."""

    def is_quoted(offset: int) -> bool:
        return bool(np.searchsorted(quotes, offset) % 2)

    if limit is not None and limit <= len(buffer):
        at = buffer.find(newline, max(0, limit - 1))
        while at >= 0 and is_quoted(at):
            at = buffer.find(newline, at + 1)
        if at >= 0:
            return at + 1
        return len(buffer) if is_last and quotes.size % 2 == 0 else None
    if is_last:
        return len(buffer) if quotes.size % 2 == 0 else None
    at = buffer.rfind(newline)
    while at >= 0 and is_quoted(at):
        at = buffer.rfind(newline, 0, at)
    return at + 1 if at >= 0 else None


def _has_blank_line(body: bytes, newline: bytes) -> bool:
    if newline == b"\r":
        return body.startswith(b"\r") or b"\r\r" in body
    return body.startswith((b"\n", b"\r\n")) or b"\n\n" in body or b"\n\r\n" in body
