"""JSON: a document of rows (an array, one object, a wrapper around an array), read as a stream."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import polars as pl

from connectors.base import StoredObject
from connectors.errors import EmptyInput
from pipelines.containers.limits import Limits
from pipelines.formats.base import (
    Chunk,
    Guess,
    Notice,
    Origin,
    Reject,
    RowAccount,
    TablePlan,
)
from pipelines.formats.json_beside import Beside
from pipelines.formats.json_elements import Irregular
from pipelines.formats.json_layout import Layout, layouts_of, sample
from pipelines.formats.json_outline import WRAPPERS, Outline
from pipelines.formats.json_regular import regular_rows
from pipelines.formats.json_shape import Shape, shape_of
from pipelines.formats.json_stream import WHITE
from pipelines.formats.json_syntax import Decoder, Parsed, nests_too_deeply
from pipelines.formats.json_typing import frame, text
from pipelines.formats.naming import table_name

CHUNK_CHARACTERS = 4 << 20
CHUNK_ROWS = 65_536
HEADER = "header"
OBJECT_OR_ARRAY = re.compile(  # `[2024-05-01 10:15]` and `[notice]` begin the lines of logs
    rb'\{|\[\s*([\[{"\]]|-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*([,\]]|$)'
    rb"|(true|false|null)\b|$)"
)
BRACKETED = re.compile(r"""\[[^][{}"\n]*\]|\{[^][{}"\n]*\}""")
BETWEEN = " \t\r,"
ANY_VALUE = re.compile(  # alone on its line: a table of cells may have the wrong extension
    rb"""[\[{]|(?:"(?:[^"\\]|\\.)*(?:"|$)|-?[0-9][0-9.eE+-]*|true|false|null)\s*?(?:[\r\n]|$)""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """The rows of one document."""

    file: StoredObject
    layout: Layout
    shape: Shape
    limits: Limits

    @property
    def size_bytes(self) -> int:
        return self.file.size or 0

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        read = 0
        beside = Beside(self.layout.is_sole)
        try:
            for lines in self._regular_lines(beside):
                chunk = self._regular_chunk(lines, schema)
                read += chunk.rows.read
                schema = chunk.frame.schema
                yield chunk
        except Irregular:
            beside = Beside(self.layout.is_sole)
            for chunk in self._exact_chunks(schema, read, beside):
                schema = chunk.frame.schema
                yield chunk
        if beside.rows:
            nothing = pl.DataFrame(schema=schema)
            yield Chunk(nothing, RowAccount(), skipped_rows=tuple(beside.rows))

    def _regular_lines(self, beside: Beside) -> Iterator[bytes]:
        if self.shape.kind != "object":
            raise Irregular
        return self.layout.lines(self.file, self.limits, beside)

    def _regular_chunk(self, lines: bytes, schema: pl.Schema) -> Chunk:
        rows = regular_rows(lines, schema, self.limits.max_json_depth)
        if rows is not None:
            return Chunk(rows, RowAccount(parsed=rows.height))
        if nests_too_deeply(lines, self.limits.max_json_depth):
            raise Irregular
        decoder = Decoder()
        texts = lines.decode("utf-8", "surrogateescape").split("\n")
        try:
            documents = [decoder.whole(text) for text in texts]
        except json.JSONDecodeError as error:
            raise Irregular from error
        return self._chunk(documents, schema, has_header=False)

    def _exact_chunks(self, schema: pl.Schema, skip: int, beside: Beside) -> Iterator[Chunk]:
        """All documents but the first `skip`, one by one; errors say where they stand."""
        has_header = self.shape.header
        documents = islice(self.layout.rows(self.file, self.limits, beside), skip, None)
        for batch in _batches(documents):
            chunk = self._chunk(batch, schema, has_header=has_header)
            has_header = False
            schema = chunk.frame.schema
            yield chunk

    def _chunk(self, documents: list[Parsed], schema: pl.Schema, *, has_header: bool) -> Chunk:
        rows: list[Mapping[str, Any]] = []
        rejects: list[Reject] = []
        reasons: Counter[str] = Counter()
        repaired = 0
        for document in documents[has_header:]:
            row = self.shape.row(document.value)
            if row is None:
                rejects.append(Reject(self.shape.misfit, text(document.value).encode()))
                continue
            rows.append(row)
            reasons.update(document.repairs)
            repaired += bool(document.repairs)
        account = RowAccount(len(rows) - repaired, repaired, len(rejects), int(has_header))
        skipped = {HEADER: 1} if has_header else {}
        content = frame(rows, schema, self.limits.max_columns)
        return Chunk(content, account, tuple(rejects), dict(reasons), skipped)


def _batches(documents: Iterator[Parsed]) -> Iterator[list[Parsed]]:
    batch: list[Parsed] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += document.length
        if characters >= CHUNK_CHARACTERS or len(batch) >= CHUNK_ROWS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


class Json:
    """JSON documents that are not one a line."""

    name = "json"
    extensions = (".json", ".geojson")
    media_types = ("application/json", "application/geo+json", "text/json")

    def recognises(self, head: bytes, name: str) -> bool:
        """It begins like an object or an array; a lone value needs the name."""
        encoding = json.detect_encoding(head[:4])
        start = head.decode(encoding, "replace").lstrip(WHITE).encode()
        if name.lower().endswith(self.extensions):
            return ANY_VALUE.match(start) is not None
        return OBJECT_OR_ARRAY.match(start) is not None and not _goes_on(start.decode())

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        layouts, outline = layouts_of(file, limits)
        stem = table_name(file.name)
        for layout in layouts:
            name = stem if len(layouts) == 1 else f"{stem}_{layout.path[-1]}"
            shape, schema = _sampled(layout, file, limits)
            yield TablePlan(
                name=name,
                origin=origin,
                format=self.name,
                schema=schema,
                fragments=(JsonDocument(file, layout, shape, limits),),
                size_bytes=file.size or 0,
                details={"layout": layout.kind, "rows": shape.kind, "header": shape.header},
                guesses=_guesses(layout, outline),
                notices=_notices(layout, outline, origin, name),
            )


def _sampled(layout: Layout, file: StoredObject, limits: Limits) -> tuple[Shape, pl.Schema]:
    """What the first rows are, and their columns. Raises EmptyInput."""
    documents = sample(layout, file, limits)
    if not documents:
        raise EmptyInput(f"{file.name} holds no rows")
    shape = shape_of(documents)
    rows = [shape.row(document) for document in documents[shape.header :]]
    named = [row for row in rows if row]
    if not named:
        raise EmptyInput(f"{file.name} holds no named value")
    return shape, frame(named, pl.Schema(), limits.max_columns).schema


def _goes_on(text: str) -> bool:
    """Whether words follow the first value in its line, as in rows of cells and in logs.

    >>> _goes_on('["a", "b"];5'), _goes_on("[10:15] [main] so"), _goes_on('{"a": 1}, {"a": 2}')
    (True, True, False)
    """
    line, at = text.partition("\n")[0], 0
    decoder = json.JSONDecoder(strict=False)
    while line[at : at + 1] in ("[", "{"):
        bracketed = BRACKETED.match(line, at)
        try:
            at = decoder.raw_decode(line, at)[1] if bracketed is None else bracketed.end()
        except (ValueError, RecursionError):
            return False
        while at < len(line) and line[at] in BETWEEN:
            at += 1
    return any(map(str.isalnum, line[at:]))


def _guesses(layout: Layout, outline: Outline) -> tuple[Guess, ...]:
    if layout.kind == "documents" and outline.members and outline.is_alone:
        others = (f"the elements of {key!r}" for key in outline.arrays)
        return (Guess("rows", "one object, one row", 0.7, tuple(others)[:5]),)
    if layout.kind in {"array", "documents"}:
        return ()
    chosen = f"wrapped by {'.'.join(layout.path)}" if layout.kind == "wrapped" else layout.kind
    is_usual = layout.kind != "wrapped" or layout.path[-1].lower() in WRAPPERS
    confidence = 0.9 if is_usual else 0.7
    return (Guess("rows", chosen, confidence, ("one object, one row",), outline.others[:5]),)


def _notices(layout: Layout, outline: Outline, origin: Origin, table: str) -> tuple[Notice, ...]:
    place = ".".join(layout.path)
    others = [other for other in outline.others if other != place][:20]
    message = {
        "wrapped": f"the rows are the elements of {place!r}"
        + (f"; not in the table: {', '.join(others)}" if others else ""),
        "groups": f"the rows are the elements of several arrays, whose keys are in {layout.key!r}",
        "keyed": f"the rows are the members of one object, their keys in {layout.key!r}",
        "columns": "the rows were rebuilt from an object of columns",
        "lists": "the rows were rebuilt from an object of columns, each an array",
        "split": "the rows are the arrays in 'data', named by 'columns'; an index is in no column",
    }.get(layout.kind)
    if message is None:
        return ()
    return (Notice("json.layout", message, "INFO", origin.input, origin.member, table),)
