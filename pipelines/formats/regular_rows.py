"""Regular rows: polars reads, and a count of bytes proves that it read what stands there.

polars is fast, but drops, pads and trims without a word where bytes are irregular. So what it read
is weighed: the bytes of all cells, delimiters, line ends and quotes must be those of the text.
Since nothing that a cell can be read as is longer than its text, equal sums mean equal cells; that
holds for integers too, whose shortest text is their own, so that `007` is never taken for 7.
"""

import re
import sys
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.formats import cell_bytes, records, text_encoding
from pipelines.formats.records import Dialect
from pipelines.formats.rows import Rows, TextForm

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

CACHED = 1 << 18  # bytes that are still near when they are looked at again
WIDE = 64  # columns, from which rows are counted first
FAR_TOO_MANY = 10_000
FEW_TRIES = 16  # lines within cells, one by one; where a quote is out of place all seem to be


def read(
    buffer: bytes,
    form: TextForm,
    limit: int | None,
    *,
    is_last: bool,
    integers: Collection[str] = (),
) -> tuple[Rows | None, int] | None:
    """The complete rows that begin before `limit`, and the bytes they took.

    No rows: more bytes are needed. None: the bytes are irregular, `mended_rows` must read them.
    `integers` names columns that may be read as such at once; whether they were, the frame tells.
    """
    dialect = form.dialect
    newline = dialect.newline.encode()
    returns = buffer.count(b"\r") if newline == b"\n" and b"\r" in buffer else 0
    if (
        dialect.escape
        or not dialect.delimiter.isascii()
        or (returns and returns != buffer.count(b"\r\n"))
        or (dialect.is_comment_sure and _has_comment(buffer, dialect))
    ):
        return None
    width = len(form.columns)
    if buffer.count(dialect.delimiter.encode(), 0, buffer.find(newline)) > FAR_TOO_MANY + width:
        return None  # polars makes as many columns of it
    quotes = _Quotes(buffer, dialect)
    if dialect.skips_space:
        if quotes.at.size or dialect.delimiter == " ":
            return None
        integers = ()
    if newline == b"\r" and (quotes.at.size or b"\n" in buffer):
        return None
    taken = _cut(buffer, quotes, newline, limit, is_last=is_last)
    if taken is None:
        return None if _is_hopeless(buffer, quotes, newline, is_last=is_last) else (None, 0)
    if width > WIDE and len(quotes.closed(newline, 0, taken)) * width > taken + width:
        return None  # short rows, which polars would fill up with cells
    body, mended = buffer[:taken], 0
    if form.encoding != "utf-8":
        body, mended = text_encoding.to_utf8(body, form.encoding)
    if not quotes.are_regular(taken):
        return None
    reader = _Reader(form, returns > 0, quotes.before(taken), quotes.doubled(taken))
    frame, blank = reader.read(body, integers)
    if frame is None and not mended:
        body, mended = text_encoding.to_utf8(body, form.encoding)
        frame, blank = reader.read(body, ()) if mended else (None, 0)
    if frame is None:
        return None
    if returns and quotes.at.size:
        frame = frame.with_columns(
            pl.selectors.string().str.replace_all("\r\n", "\n", literal=True)
        )
    if dialect.skips_space:
        frame = frame.with_columns(pl.all().str.strip_chars_start(" "))
    if mended and quotes.at.size:  # lines are no rows, where cells go over several
        return None
    repaired = {text_encoding.MENDED: min(mended, frame.height)} if mended else {}
    skipped = {"blank line": blank} if blank else {}
    return Rows(frame, repaired, skipped, has_empty_nulls=True), taken


def _has_comment(buffer: bytes, dialect: Dialect) -> bool:
    mark = (dialect.comment or "").encode()
    return buffer.startswith(mark) or dialect.newline.encode() + mark in buffer


class _Quotes:
    """Where the quotes are."""

    def __init__(self, buffer: bytes, dialect: Dialect) -> None:
        self._dialect = dialect
        self._text = np.frombuffer(buffer, np.uint8)
        self.at = np.empty(0, np.int64)
        if dialect.quote and dialect.quote.encode() in buffer:
            quote = ord(dialect.quote)
            self.at = np.concatenate(
                [
                    np.flatnonzero(self._text[start : start + CACHED] == quote) + start
                    for start in range(0, len(buffer), CACHED)
                ]
            )

    def before(self, offset: int) -> int:
        return int(np.searchsorted(self.at, offset))

    def is_open_at(self, offset: int) -> bool:
        """Whether a cell is open there, if quotes only stand around cells or doubled in them."""
        return self.before(offset) % 2 == 1

    def closed(self, newline: bytes, start: int, end: int) -> list[int]:
        """Where lines end from `start` up to `end`, and no cell is open."""
        ends = np.flatnonzero(self._text[start:end] == ord(newline)) + start
        found: list[int] = ends[np.searchsorted(self.at, ends) % 2 == 0].tolist()
        return found

    def after(self, offset: int) -> int:
        """Where the first quote behind the offset stands; far off, if there is none."""
        place = self.before(offset)
        return int(self.at[place]) if place < self.at.size else sys.maxsize

    def last_before(self, offset: int) -> int:
        """Where the last quote before the offset stands, if there is one."""
        return int(self.at[self.before(offset) - 1])

    def are_regular(self, end: int) -> bool:
        """Whether every quote before `end` stands around a cell or is doubled in one."""
        at, text = self.at[: self.before(end)], self._text[:end]
        if not at.size:
            return True
        opening, closing = at[0::2], at[1::2]
        quote, newline = ord(self._dialect.quote or ""), ord(self._dialect.newline)
        before, after = text[opening - 1], text[np.minimum(closing + 1, end - 1)]
        before[0] = before[0] if opening[0] else newline
        after[-1] = after[-1] if closing[-1] + 1 < end else newline
        edges = (ord(self._dialect.delimiter), ord("\n"), ord("\r"), quote)
        # What stands before an opening quote may be a quote: the closing half of a doubled one.
        return bool(_among(before, edges).all() and _among(after, edges).all())

    def doubled(self, end: int) -> int:
        """How many quotes before `end` are part of a cell, if all are regular."""
        at = self.at[: self.before(end)]
        return int(np.count_nonzero(at[2::2] == at[1:-1:2] + 1))


def _cut(
    buffer: bytes, quotes: _Quotes, newline: bytes, limit: int | None, *, is_last: bool
) -> int | None:
    """The end of the last complete row that begins before `limit`; None if there is none yet."""
    if limit is not None and limit <= len(buffer):
        at, tries = buffer.find(newline, max(0, limit - 1)), 0
        while at >= 0 and quotes.is_open_at(at):
            tries += 1
            if tries > FEW_TRIES:
                at = min(quotes.closed(newline, at, len(buffer)), default=-1)
                break
            at = buffer.find(newline, quotes.after(at))
        if at >= 0:
            return at + 1
        return len(buffer) if is_last and quotes.at.size % 2 == 0 else None
    if is_last:
        return len(buffer) if quotes.at.size % 2 == 0 else None
    at, tries = buffer.rfind(newline), 0
    while at >= 0 and quotes.is_open_at(at):
        tries += 1
        if tries > FEW_TRIES:
            at = max(quotes.closed(newline, 0, at), default=-1)
            break
        at = buffer.rfind(newline, 0, quotes.last_before(at))
    return at + 1 if at >= 0 else None


def _is_hopeless(buffer: bytes, quotes: _Quotes, newline: bytes, *, is_last: bool) -> bool:
    """Whether no further bytes would end the row: a quote is open that nothing closes."""
    if quotes.at.size % 2 == 0:
        return False
    tail = buffer.count(newline, int(quotes.at[-1]))
    return is_last or tail > records.MAX_RECORD_LINES


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads whole rows by polars, and accepts only what weighs as much as the text."""

    form: TextForm
    has_returns: bool
    quotes: int
    doubled: int

    def read(self, body: bytes, integers: Collection[str]) -> tuple[pl.DataFrame | None, int]:
        """The rows, and how many blank lines were left out; no frame: they are irregular."""
        frame = self._weighed(body, integers) if integers else None
        if frame is None:
            frame = self._weighed(body, ())
        blank = 0
        if frame is None or frame[self.form.columns[0]].null_count():
            frame, blank = self._without_blank_lines(frame, body)
        if frame is not None and frame.dtypes == [pl.String] and _has_white_cell(frame.to_series()):
            return None, 0  # it may be a blank line
        if frame is not None and self.quotes and self.form.dialect.delimiter == "\t":
            has_lines = body.count(b"\n") > frame.height
            frame = None if has_lines and _has_rows_in_cells(frame) else frame
        return frame, blank

    def _without_blank_lines(
        self, frame: pl.DataFrame | None, body: bytes
    ) -> tuple[pl.DataFrame | None, int]:
        newline = self.form.dialect.newline.encode()
        if not _has_blank_line(body, newline):
            return frame, 0
        if self.quotes:
            return None, 0
        lines = body.replace(b"\r", b"\n") if newline == b"\r" else body
        body, blank = re.subn(rb"(?m)^\r?\n", b"", lines)
        if not body:
            return Rows.none(self.form.columns).frame, blank
        return self._weighed(body, (), eol="\n"), blank

    def _weighed(
        self, body: bytes, integers: Collection[str], eol: str = ""
    ) -> pl.DataFrame | None:
        frame = self._by_polars(body, integers, eol or self.form.dialect.newline)
        if frame is None or self._weight(frame, body) != len(body):
            return None
        return frame

    def _by_polars(self, body: bytes, integers: Collection[str], eol: str) -> pl.DataFrame | None:
        try:
            return pl.read_csv(
                body,
                schema={
                    name: pl.Int64 if name in integers else pl.String for name in self.form.columns
                },
                has_header=False,
                separator=self.form.dialect.delimiter,
                quote_char=self.form.dialect.quote if self.quotes else None,
                eol_char=eol,
            ).rechunk()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None

    def _weight(self, frame: pl.DataFrame, body: bytes) -> int | None:
        """The bytes that the frame accounts for; None if it is plain that it is wrong.

        What is dropped makes it lighter, so nothing may make it heavier: missing delimiters are
        looked for.
        """
        dialect = self.form.dialect
        texts = [column for column in frame.iter_columns() if column.dtype == pl.String]
        numbers = [column for column in frame.iter_columns() if column.dtype == pl.Int64]
        delimiters = frame.height * (frame.width - 1)
        if delimiters and frame[frame.columns[-1]].null_count():
            there = body.count(dialect.delimiter.encode())
            if self.quotes:
                there -= cell_bytes.occurrences(texts, dialect.delimiter)
            if there != delimiters:
                return None
        ends = frame.height - (not body.endswith((b"\n", b"\r")))
        if self.has_returns:
            ends += body.count(b"\r") - cell_bytes.occurrences(texts, "\r")
        cells = cell_bytes.lengths(texts)
        if len(numbers) > WIDE:
            numbers = [pl.concat([column.alias("cells") for column in numbers])]
        cells += sum(cell_bytes.digits(column) for column in numbers)
        return cells + delimiters + ends + self.quotes - self.doubled


def _has_rows_in_cells(frame: pl.DataFrame) -> bool:
    """Whether a cell holds tabs and line ends: rows may be what its quotes enclose."""
    texts = (column for column in frame.iter_columns() if column.dtype == pl.String)
    return any(
        bool((text.str.contains("\n", literal=True) & text.str.contains("\t", literal=True)).any())
        for text in texts
    )


def _has_white_cell(texts: pl.Series) -> bool:
    return bool(((texts.str.len_bytes() > 0) & (texts.str.strip_chars() == "")).any())


def _among(values: Bytes, edges: tuple[int, ...]) -> Flags:
    found: Flags = values == edges[0]
    for edge in edges[1:]:
        found |= values == edge
    return found


def _has_blank_line(body: bytes, newline: bytes) -> bool:
    if newline == b"\r":
        return body.startswith(b"\r") or b"\r\r" in body
    return body.startswith((b"\n", b"\r\n")) or b"\n\n" in body or b"\n\r\n" in body
