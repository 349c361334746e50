"""Delimited text: CSV and its kin, planned as byte ranges that together are exactly the file."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import ClassVar

import polars as pl

from connectors.base import StoredObject
from connectors.errors import LimitExceeded
from pipelines.choices import Choices
from pipelines.containers.limits import Limits
from pipelines.formats import (
    column_sample,
    delimiters,
    described_text,
    dialect,
    long_delimiter,
    odd_quotes,
    records,
    row_span,
    table_stack,
    text_encoding,
    text_span,
)
from pipelines.formats.base import Guess, Origin, SkippedRow, TablePlan
from pipelines.formats.byte_range import CHUNK_BYTES, PIECE_BYTES, SPOT_BYTES, ByteRange
from pipelines.formats.long_delimiter import Rejoined
from pipelines.formats.naming import table_name, unique_columns
from pipelines.formats.text_span import HEAD_BYTES, TextSpan, newline_of

FRAGMENT_BYTES = 32 << 20
MAX_FRAGMENTS = 4096
CHUNK_CELLS = 4 << 20
SLACK = 0.25  # of a chunk, which may be so much larger
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

    @property
    def _is_dialect_chosen(self) -> bool:
        return self.choices.delimiter is not None or self.choices.quote is not None

    @property
    def _is_layout_chosen(self) -> bool:
        return self._is_dialect_chosen or self.choices.header is not None

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes decide
        encoding = text_encoding.detect(head)
        if not encoding.is_byte_oriented:
            return True
        head = head.rstrip(records.END.encode())
        control = len(head.translate(None, NO_CONTROLS))
        return control <= max(1, len(head) // 100) and head.count(0) <= len(head) // 10

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        text = text_span.of(file, self.choices.encoding)
        form = None if self._is_layout_chosen else described_text.find(text)
        if form is not None:
            words = (form.null_word, *self.choices.null_tokens)
            reader = Delimited(self.choices.model_copy(update={"null_tokens": words}))
            yield reader._table(form.rows, form.layout, origin, limits, form.lines)
            return
        odd = odd_quotes.find(text.lines) if not self._is_dialect_chosen else None
        if odd is not None:
            text = odd_quotes.plainly(text, odd)
        long = long_delimiter.find(text.lines) if self.choices.delimiter is None else None
        if long is not None:
            body = text.body.replace(long.encode(), long_delimiter.ONE.encode())
            text = replace(text, file=Rejoined(text.file, long), body=body)
        layout = dialect.detect("".join(text.lines), self.choices, is_whole=text.is_whole)
        if odd is not None:
            layout = replace(layout, notices=(*layout.notices, odd_quotes.notice(odd)))
        parts = text.parts(layout) if text.is_whole and self.choices.header is None else ()
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
        self,
        text: TextSpan,
        layout: dialect.Layout,
        origin: Origin,
        limits: Limits,
        above: Sequence[str] = (),
    ) -> TablePlan:
        """`above` are lines above the text that tell its columns."""
        file, is_whole = text.file, text.is_whole
        if isinstance(file, Rejoined):
            layout = _as_written(layout, file.delimiter)
        if layout.columns > limits.max_columns:
            raise LimitExceeded(
                f"{file.name} has {layout.columns} columns, "
                f" more than max_columns {limits.max_columns}",
                limit="max_columns",
            )
        top = row_span.above(text, layout)
        names = unique_columns(layout.names or (None,) * layout.columns)
        first = ByteRange(
            file=file,
            encoding=text.codec,
            dialect=layout.dialect,
            columns=names,
            start=text.start + top.size,
            end=text.end,
            size_bytes=text.size,
            lead=Counter(top.skipped) + Counter({"header": len(above)}),
            around=(*(SkippedRow.of("header", [line]) for line in above), *top.rows),
            headers=_told_again(layout, names),
            null_words=self.choices.null_tokens,
        )
        below = row_span.below(first, text.body[top.size :], is_whole=is_whole)
        end = text.end if below.end is None else below.end
        lead = Counter(first.lead) + Counter(below.skipped)
        first = replace(first, end=end, lead=lead, around=(*first.around, *below.rows))
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
                    "delimiter": _told_delimiter(file, layout),
                    "quote": layout.dialect.quote,
                    "escape": layout.dialect.escape,
                    "newline": text.newline,
                },
                "decimal": columns.decimal,
                "header": layout.first_record + 1 if layout.headers else None,
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


def _told_delimiter(file: StoredObject, layout: dialect.Layout) -> str | None:
    """As the user knows it; None where nothing parts the text."""
    if isinstance(file, Rejoined):
        return file.delimiter
    is_none = layout.columns == 1 and layout.dialect.delimiter == delimiters.NOWHERE
    return None if is_none else layout.dialect.delimiter


def _told_again(layout: dialect.Layout, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The cells of rows that are the header again, and none of data; none if that is open."""
    if layout.is_echoed:
        return ()
    return tuple(cells for cells in layout.headers if len(cells) == len(names))


def _sample(first: ByteRange, *, is_whole: bool) -> pl.DataFrame:
    """Cells from the head, and from the middle and the end of what is long."""
    size = first.file.size
    if is_whole:
        return pl.concat(list(replace(first, chunk_bytes=HEAD_BYTES).texts()))
    if not first.file.seekable or size is None:
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
    lines = max(1, body.count(newline_of(body)) + is_whole)
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
            around=first.around if index == 0 else (),
        )
        for index, (start, end) in enumerate(pairwise(starts))
    )


def _starts(start: int, size: int, step: int) -> Iterator[int]:
    """Where fragments begin; the last ones are half as long, so that none is waited for long."""
    while size - start > 2 * step:
        yield start
        start += step
    yield from range(start, size, step // 2)
