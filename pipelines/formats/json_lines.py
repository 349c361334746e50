"""JSON Lines: one row a line; a byte range of the file is a fragment."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from connectors.base import StoredObject
from connectors.errors import CorruptFile, EmptyInput, LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats.base import Chunk, Origin, Reject, RowAccount, TablePlan
from pipelines.formats.json_regular import regular_rows
from pipelines.formats.json_shape import Shape, shape_of
from pipelines.formats.json_syntax import Decoder, Parsed, nests_too_deeply
from pipelines.formats.json_typing import frame
from pipelines.formats.line_blocks import line_blocks
from pipelines.formats.naming import table_name

FRAGMENT_BYTES = 32 << 20
CHUNK_BYTES = 4 << 20
SAMPLE_BYTES = 256 << 10
SAMPLES = 8
ROW_CELLS = 4  # a row may be as long as so many of the longest cells
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ARRAY_OF_OBJECTS = re.compile(rb"\s*\[\s*\{")
BLANK = "blank line"
HEADER = "header"
TOO_DEEP = "nested too deeply"


@dataclass(frozen=True, slots=True)
class JsonLinesRange:
    """The lines that begin in the bytes [start, end); `end` None means all of them."""

    file: StoredObject
    start: int
    end: int | None
    shape: Shape
    limits: Limits

    @property
    def size_bytes(self) -> int:
        return (self.end if self.end is not None else self.file.size or 0) - self.start

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        has_header = self.shape.header and self.start == 0
        for offset, block in blocks(self.file, self.start, self.end, CHUNK_BYTES, self.limits):
            chunk = None
            if self.shape.kind == "object":
                chunk = _regular_chunk(block, schema, self.limits)
            if chunk is None:
                chunk = _exact_chunk(
                    block, offset, schema, self.shape, self.limits, has_header=has_header
                )
            has_header = False
            schema = chunk.frame.schema
            yield chunk


class JsonLines:
    """One JSON value a line."""

    name = "json-lines"
    extensions = (".jsonl", ".ndjson", ".geojsonl", ".jsonlines")
    media_types = (
        "application/x-ndjson",
        "application/jsonl",
        "application/x-jsonlines",
    )

    def recognises(self, head: bytes, name: str) -> bool:
        """The first two lines are whole JSON values; for a single line the name decides."""
        lines = [line for line in head.removeprefix(BYTE_ORDER_MARK).split(b"\n") if line.strip()]
        is_named = name.lower().endswith(self.extensions)
        if not lines or lines[0].lstrip()[:1] not in (b"{", b"[") or b"\0" in lines[0]:
            return False
        if len(lines) == 1:
            return is_named and not ARRAY_OF_OBJECTS.match(lines[0])
        whole = [_is_whole(line) for line in lines[:5]]
        return whole[:2] == [True, True] or (is_named and any(whole))

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        shape, schema = _survey(file, limits)
        fragments = tuple(
            JsonLinesRange(file, start, end, shape, limits) for start, end in ranges(file)
        )
        yield TablePlan(
            name=table_name(file.name),
            origin=origin,
            format=self.name,
            schema=schema,
            fragments=fragments,
            size_bytes=file.size or 0,
            details={"encoding": "utf-8", "rows": shape.kind, "header": shape.header},
        )


def blocks(
    file: StoredObject, start: int, end: int | None, block_bytes: int, limits: Limits
) -> Iterator[tuple[int, bytes]]:
    """The lines that begin in the range, in blocks, without a byte order mark."""
    max_line_bytes = ROW_CELLS * limits.max_cell_bytes
    for offset, block in line_blocks(
        file, start, end, block_bytes=block_bytes, max_line_bytes=max_line_bytes
    ):
        if offset == 0 and block.startswith(BYTE_ORDER_MARK):
            yield len(BYTE_ORDER_MARK), block[len(BYTE_ORDER_MARK) :]
        else:
            yield offset, block


def _regular_chunk(block: bytes, schema: pl.Schema, limits: Limits) -> Chunk | None:
    content = block.replace(b"\r\n", b"\n")
    lines = content.rstrip(b"\n")
    rows = regular_rows(lines, schema, limits.max_json_depth)
    if rows is None:
        return None
    blank = max(len(content) - len(lines) - 1, 0)
    return Chunk(
        rows,
        RowAccount(parsed=rows.height, skipped=blank),
        skipped={BLANK: blank} if blank else {},
    )


def _exact_chunk(
    block: bytes,
    offset: int,
    schema: pl.Schema,
    shape: Shape,
    limits: Limits,
    *,
    has_header: bool,
) -> Chunk:
    """The block line by line: every value exact, every bad line a reject."""
    decoder = Decoder()
    rows: list[Mapping[str, Any]] = []
    rejects: list[Reject] = []
    reasons: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    repaired = 0
    for line in io.BytesIO(block):
        raw = line.strip()
        row = None
        if not raw:
            skipped[BLANK] += 1
        elif isinstance(parsed := parse_line(raw, decoder, limits), str):
            rejects.append(Reject(parsed, line.rstrip(b"\r\n"), offset))
        elif has_header and parsed.value == list(shape.names):
            skipped[HEADER] += 1
            has_header = False
        elif (row := shape.row(parsed.value)) is None:
            rejects.append(Reject(shape.misfit, line.rstrip(b"\r\n"), offset))
        else:
            rows.append(row)
            reasons.update(parsed.repairs)
            repaired += bool(parsed.repairs)
        offset += len(line)
    account = RowAccount(len(rows) - repaired, repaired, len(rejects), skipped.total())
    content = frame(rows, schema, limits.max_columns)
    return Chunk(content, account, tuple(rejects), dict(reasons), dict(skipped))


def parse_line(raw: bytes, decoder: Decoder, limits: Limits) -> Parsed | str:
    """The value in the line, or why there is none."""
    if nests_too_deeply(raw, limits.max_json_depth):
        return f"{TOO_DEEP}: more than {limits.max_json_depth} levels (max_json_depth)"
    try:
        return decoder.whole(raw.decode("utf-8", "surrogateescape"))
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} at column {error.colno}"


def _is_whole(line: bytes) -> bool:
    return isinstance(parse_line(line.strip(), Decoder(), Limits()), Parsed)


def ranges(file: StoredObject) -> Iterator[tuple[int, int | None]]:
    if not file.seekable or file.size is None:
        yield 0, None
        return
    for start in range(0, file.size, FRAGMENT_BYTES):
        yield start, min(start + FRAGMENT_BYTES, file.size)


def _survey(file: StoredObject, limits: Limits) -> tuple[Shape, pl.Schema]:
    """The shape and schema that the head and a few other places of the file suggest."""
    decoder = Decoder()
    parsed = [
        parse_line(line.strip(), decoder, limits)
        for block in sample(file, limits)
        for line in block.split(b"\n")
        if line.strip()
    ]
    documents = [found.value for found in parsed if isinstance(found, Parsed)]
    if not parsed:
        raise EmptyInput(f"{file.name} holds only blank lines")
    if not documents:
        reason = str(parsed[0])
        if reason.startswith(TOO_DEEP):
            raise LimitExceeded(f"{file.name}: {reason}", limit="max_json_depth")
        raise CorruptFile(f"{file.name}: no line can be read; the first is {reason}")
    shape = shape_of(documents)
    if shape.header:
        documents = documents[1:]
    rows = [row for document in documents if (row := shape.row(document))]
    if not rows:
        raise EmptyInput(f"{file.name} holds no named value")
    return shape, frame(rows, pl.Schema(), limits.max_columns).schema


def sample(file: StoredObject, limits: Limits) -> Iterator[bytes]:
    """The first lines, and some of a few places further on if the file seeks."""
    size = file.size or 0
    head = min(SAMPLE_BYTES, size) if file.seekable else None
    for _, block in blocks(file, 0, head, SAMPLE_BYTES, limits):
        yield block
        break
    if not file.seekable or size <= SAMPLE_BYTES:
        return
    stride = (size - SAMPLE_BYTES) // SAMPLES
    span = SAMPLE_BYTES // SAMPLES
    for start in range(SAMPLE_BYTES, size, max(stride, span)):
        for _, block in blocks(file, start, min(start + span, size), SAMPLE_BYTES, limits):
            yield block
