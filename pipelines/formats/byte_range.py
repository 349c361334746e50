"""Byte ranges: the rows that begin in a part of a delimited file, read on their own.

Two readers share the work: `regular_rows` is fast and refuses what it cannot prove that it reads
rightly, `mended_rows` takes that. In both, a line break within a cell is a newline, however the
file writes its line ends.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from connectors.base import StoredObject
from connectors.errors import LimitExceeded
from pipelines.formats import (
    long_delimiter,
    mended_rows,
    records,
    regular_rows,
    text_encoding,
    typed_rows,
)
from pipelines.formats.base import Chunk, Reject, SkippedRow
from pipelines.formats.cell_reading import Reading
from pipelines.formats.long_delimiter import Rejoined
from pipelines.formats.odd_quotes import Requoted
from pipelines.formats.records import Dialect
from pipelines.formats.rows import Rows, TextForm
from pipelines.formats.transcoding import Transcoded

SPOT_BYTES = 1 << 18
CHUNK_BYTES = 32 << 20
PIECE_BYTES = 4 << 20
PIECE_CELLS, LEAST_PIECE = 4 << 20, 32 << 10  # mended at a time: cells at most, bytes at least
MAX_ROW_BYTES = 64 << 20
END = records.END.encode()
CANDIDATES = 16  # newlines that are tried for the first row of a range


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
    around: tuple[SkippedRow, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)
    headers: tuple[tuple[str, ...], ...] = ()
    null_words: tuple[str, ...] = ()
    chunk_bytes: int = CHUNK_BYTES

    def starting_at(self, offset: int) -> "ByteRange":
        """The same range, from a row start that is known."""
        return replace(self, start=offset, is_guess=False)

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        types = dict(schema)
        lead, around = dict(self.lead), self.around
        integers = {name for name, dtype in types.items() if dtype == pl.Int64}
        if self.null_words:
            integers.clear()
        for raw in self._raw_chunks(integers):
            chunk = typed_rows.chunk_of(raw, types, self.readings, lead, around)
            types, lead, around = dict(chunk.frame.schema), {}, ()
            if any(raw.frame[name].dtype == pl.String for name in integers):
                integers.clear()  # a chunk that cannot be read as integers at once is read twice
            yield chunk

    def texts(self) -> Iterator[pl.DataFrame]:
        """The cells as they stand, all text; for looking at a sample.

        Nothing comes from a guessed start that seems to be wrong: torn rows would mislead.
        """
        for raw in self._raw_chunks(()):
            if not (self.is_guess and (raw.repaired or raw.rejects)):
                yield raw.frame

    def _raw_chunks(self, integers: Collection[str]) -> Iterator[Rows]:
        """`integers` names columns that may be read as such; it may change on the way."""
        position = self._first_row() if self.is_guess else self.start
        origin = position
        buffer = b""
        blocks = self._blocks(position)
        is_last = needs_more = is_irregular = False
        yielded = False
        marks: dict[str, int] = {}
        while self.end is None or position < self.end:
            if needs_more or not buffer:
                if is_last:
                    break
                block = next(blocks, b"")
                is_last, is_irregular = not block, False
                buffer += block
                if is_last and buffer.endswith(END):
                    buffer, marks = buffer.rstrip(END), {"mark of the end": 1}
            if not buffer:
                break
            limit = None if self.end is None else self.end - position
            parsed = None
            if not is_irregular:
                parsed = self._regular(buffer, limit, is_last=is_last, integers=integers)
                is_irregular = parsed is None
            raw, taken = parsed or self._by_pieces(
                buffer, limit, is_last=is_last, integers=integers
            )
            needs_more = not taken or (not is_last and len(buffer) - taken < PIECE_BYTES)
            if raw is None:
                if len(buffer) > MAX_ROW_BYTES:
                    raise LimitExceeded(
                        f"{self.file.name} has a row longer than {MAX_ROW_BYTES >> 20} MiB"
                        f" at byte {position} (limit max_row_bytes)",
                        limit="max_row_bytes",
                    )
                continue
            at = None if isinstance(self.file, Transcoded | Rejoined | Requoted) else position
            if isinstance(self.file, Transcoded):
                raw = _with_replaced(raw)
            if isinstance(self.file, Rejoined):
                raw = _with_long(raw, self.file.delimiter)
            raw = replace(raw, rejects=tuple(_placed(each, at) for each in raw.rejects))
            position += taken
            buffer = buffer[taken:]
            yielded = True
            span = (origin, position) if self.file.seekable else None
            raw = _without_marks(raw)
            yield replace(self._without_headers(raw).without(self.null_words), span=span)
        if marks or not yielded:
            span = (origin, position) if self.file.seekable else None
            yield replace(Rows.none(self.columns), skipped=marks, span=span)

    def _without_headers(self, raw: Rows) -> Rows:
        """Without rows that repeat the header, as files that were joined have them.

        Dashes, units or types, which stand below the names, may also be data where they stand
        alone.
        """
        if not self.headers or len(self.columns) == 1:
            return raw
        above = _repeats(raw.frame, self.headers[0])
        if above is None:
            return raw
        again = above
        for cells in self.headers[1:]:
            alike = _repeats(raw.frame, cells)
            if alike is None:
                break
            above = alike & above.shift(1, fill_value=False)
            again = again | above
        skipped = Counter(raw.skipped) + Counter({"header again": int(again.sum())})
        return replace(raw, frame=raw.frame.filter(~again), skipped=skipped)

    @property
    def _form(self) -> TextForm:
        return TextForm(self.encoding, self.dialect, self.columns)

    def _blocks(self, position: int) -> Iterator[bytes]:
        if self.file.seekable:
            stop = self.file.size
            if self.end is not None:  # the last row may end beyond the range
                stop = min(stop or 0, self.end + SPOT_BYTES)
            while stop is not None and position < stop:
                block = self.file.read(position, min(position + self.chunk_bytes, stop))
                if not block:
                    return
                yield block
                position += len(block)
            step = SPOT_BYTES
            while block := self.file.read(position, position + step):
                yield block
                position += len(block)
                step = min(2 * step, CHUNK_BYTES)  # all is looked at again each time
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

    def _regular(
        self, buffer: bytes, limit: int | None, *, is_last: bool, integers: Collection[str]
    ) -> tuple[Rows | None, int] | None:
        """The complete rows that begin before `limit`, and the bytes they took; None: irregular."""
        return regular_rows.read(buffer, self._form, limit, is_last=is_last, integers=integers)

    def _by_pieces(
        self, buffer: bytes, limit: int | None, *, is_last: bool, integers: Collection[str]
    ) -> tuple[Rows | None, int]:
        """The same of a first piece of what is irregular.

        Mending takes forty times the size of what is mended, and more where short rows are filled
        up to many columns; and the next piece may be regular.
        """
        size = _end_of_line(buffer, PIECE_CELLS // len(self.columns), self.dialect.newline)
        if len(buffer) > size:
            piece = buffer[:size]
            regular = self._regular(piece, limit, is_last=False, integers=integers)
            rows, taken = regular or mended_rows.read(piece, self._form, limit, is_last=False)
            if rows is not None and taken:
                return rows, taken
        return mended_rows.read(buffer, self._form, limit, is_last=is_last)

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
            return self._next_line(self.start - 1 + len(window), newline)
        if self.dialect.quote is None or self.dialect.quote.encode() not in window:
            candidates = candidates[:1]
        best, most = candidates[0], -1.0
        for offset in candidates:
            fit = self._fit(window[offset:])
            if fit > most:
                best, most = offset, fit
            if fit == 1.0:
                break
        return self.start - 1 + best

    def _next_line(self, position: int, newline: bytes) -> int:
        """Where the first line begins at or behind the position; the end, if no line does."""
        end = self.file.size or 0 if self.end is None else self.end
        while position < end:
            block = self.file.read(position, min(position + PIECE_BYTES, end))
            at = block.find(newline)
            if at >= 0:
                return position + at + 1
            if not block:
                break
            position += len(block)
        return max(end, self.start)

    def _fit(self, rows: bytes) -> float:
        text = rows.decode(self.encoding, "replace")
        lines = records.split_lines(text, self.dialect.newline)[:200]
        read = list(records.read(lines[:-1], self.dialect, is_last=False))[:50]
        good = sum(len(r.cells) == len(self.columns) and not r.is_literal for r in read)
        return good / max(1, len(read))


def _end_of_line(buffer: bytes, number: int, newline: str) -> int:
    """Where a piece to be mended ends at most: behind so many lines, or within the usual bounds."""
    end, mark = 0, newline.encode()
    if buffer.count(mark, 0, PIECE_BYTES) <= number:
        return PIECE_BYTES
    while number > 0 and 0 <= end < PIECE_BYTES:
        end, number = buffer.find(mark, end + 1), number - 1
    return PIECE_BYTES if end < 0 else min(PIECE_BYTES, max(LEAST_PIECE, end))


def _repeats(frame: pl.DataFrame, cells: Sequence[str]) -> pl.Series | None:
    """Which rows have these cells; None if none has."""
    first = frame.to_series()
    if first.dtype != pl.String:
        return None
    near = (first == cells[0]).fill_null(value=False) if cells[0] else first.fill_null("") == ""
    if not near.any():
        return None
    again = (
        near
        & frame.select(
            pl.all_horizontal(
                pl.nth(place).cast(pl.String).fill_null("") == cell
                for place, cell in enumerate(cells)
            )
        ).to_series()
    )
    return again if again.any() else None


def _without_marks(raw: Rows) -> Rows:
    """Without byte order marks before rows, as files that were joined have them."""
    first = raw.frame.to_series()
    if first.dtype != pl.String:
        return raw
    count = int(first.str.starts_with(text_encoding.MARK).sum())
    if not count:
        return raw
    bare = pl.col(first.name).str.strip_prefix(text_encoding.MARK)
    count = min(count, raw.frame.height - sum(raw.repaired.values()))
    repaired = Counter(raw.repaired) + Counter({text_encoding.MARKED: count})
    return replace(raw, frame=raw.frame.with_columns(bare), repaired=dict(repaired))


def _with_replaced(raw: Rows) -> Rows:
    """With a count of the rows in which characters were put for what no text of a wide encoding is.

    A file may hold that character itself; then somebody before us has lost the true one.
    """
    texts = [column for column in raw.frame.get_columns() if column.dtype == pl.String]
    if not texts:
        return raw
    marked = [column.str.contains(text_encoding.REPLACED, literal=True) for column in texts]
    rows = pl.DataFrame([each.alias(str(n)) for n, each in enumerate(marked)])
    count = int(rows.select(pl.any_horizontal(pl.all())).to_series().sum())
    count = min(count, raw.frame.height - sum(raw.repaired.values()))
    if not count:
        return raw
    return replace(raw, repaired={**raw.repaired, text_encoding.UNREADABLE: count})


def _with_long(raw: Rows, delimiter: str) -> Rows:
    """With the long delimiter where it belongs to a cell, or to what could not be read."""
    frame = raw.frame.with_columns(
        pl.selectors.string().str.replace_all(long_delimiter.ONE, delimiter, literal=True)
    )
    one = long_delimiter.ONE.encode()
    rejects = tuple(
        replace(each, raw=each.raw.replace(one, delimiter.encode())) for each in raw.rejects
    )
    return replace(raw, frame=frame, rejects=rejects)


def _placed(reject: Reject, position: int | None) -> Reject:
    """A reject whose offset counts from the start of the file, not of its chunk, if it is known."""
    if position is None:
        return replace(reject, offset=None)
    return replace(reject, offset=position + (reject.offset or 0))
