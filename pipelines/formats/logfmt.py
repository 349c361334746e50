"""logfmt: a line of `key=value` pairs is a row, as many programs write their logs.

`time=2025-01-01T00:00:00Z level=info msg="took 3 s" status=200`. Cells are typed as those of CSV.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from connectors.base import StoredObject
from connectors.errors import UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats import text_encoding
from pipelines.formats.base import Chunk, Guess, Origin, Reject, RowAccount, TablePlan
from pipelines.formats.json_lines import BLANK, BYTE_ORDER_MARK, CHUNK_BYTES, blocks, ranges, sample
from pipelines.formats.naming import table_name
from pipelines.formats.text_columns import chunk_of, schema_of

LOOKED_AT = 100  # lines
LEAST = 0.9  # of them
FEWEST = 2  # lines, and pairs in each
MISFIT = "not pairs of keys and values"
PAIR = re.compile(r'([A-Za-z_@][\w.@/:-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?=\s|$)')
LINE = re.compile(rf"(?:{PAIR.pattern}\s*){{{FEWEST},}}")
ESCAPE = re.compile(r"\\(.)")
ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}

Row = Mapping[str, str | None]


def row_of(line: str) -> Row | None:
    r"""The cells of a line by their keys, or None. A key that comes again is numbered.

    >>> row_of('level=info msg="it is \\"on\\"" tag=a tag=b empty=')
    {'level': 'info', 'msg': 'it is "on"', 'tag': 'a', 'tag_2': 'b', 'empty': ''}
    """
    line = line.strip()
    if not LINE.fullmatch(line):
        return None
    cells: dict[str, str | None] = {}
    numbers: dict[str, int] = {}  # the last one that each key has had
    for key, quoted, bare in PAIR.findall(line):
        name = key
        while name in cells:
            numbers[key] = numbers.get(key, 1) + 1
            name = f"{key}_{numbers[key]}"
        cells[name] = bare or ESCAPE.sub(lambda found: ESCAPED.get(found[1], found[1]), quoted)
    return cells


@dataclass(frozen=True, slots=True)
class LogfmtRange:
    """The lines that begin in the bytes [start, end); `end` None means all of them."""

    file: StoredObject
    start: int
    end: int | None
    limits: Limits

    @property
    def size_bytes(self) -> int:
        return (self.end if self.end is not None else self.file.size or 0) - self.start

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        for offset, block in blocks(self.file, self.start, self.end, CHUNK_BYTES, self.limits):
            chunk = _chunk(block, offset, schema, self.limits)
            schema = chunk.frame.schema
            yield chunk


class Logfmt:
    """Text in UTF-8 whose lines are pairs of keys and values, two or more."""

    name = "logfmt"
    extensions = (".logfmt",)
    media_types = ("application/logfmt",)

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes decide
        lines = head.removeprefix(BYTE_ORDER_MARK).split(b"\n")[: LOOKED_AT + 1]
        if len(lines) > 1:
            lines.pop()  # it may be cut off
        told = [line.decode("utf-8", "replace") for line in lines if line.strip()]
        rows = [row for line in told if (row := row_of(line))]
        if len(rows) < max(FEWEST, LEAST * len(told)):
            return False
        keys = Counter(key for row in rows for key in row)
        return max(keys.values()) >= LEAST * len(rows)

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        rows = [
            row
            for block in sample(file, limits)
            for line in io.BytesIO(block)
            if (row := row_of(text_encoding.decoded(line, "utf-8")))
        ]
        if not rows:
            raise UnknownFormat(f"{file.name} holds no line of keys and values")
        yield TablePlan(
            name=table_name(file.name),
            origin=origin,
            format=self.name,
            schema=schema_of(rows, limits),
            fragments=tuple(LogfmtRange(file, start, end, limits) for start, end in ranges(file)),
            size_bytes=file.size or 0,
            details={"encoding": "utf-8"},
            guesses=(Guess("rows", "pairs of keys and values", 0.95),),
        )


def _chunk(block: bytes, offset: int, schema: pl.Schema, limits: Limits) -> Chunk:
    rows: list[Row] = []
    rejects: list[Reject] = []
    blank = mended = 0
    for raw in io.BytesIO(block):
        line, is_mended = text_encoding.to_utf8(raw, "utf-8")
        if not line.strip():
            blank += 1
        elif (row := row_of(line.decode())) is None:
            rejects.append(Reject(MISFIT, raw.rstrip(b"\r\n"), offset))
        else:
            rows.append(row)
            mended += is_mended
        offset += len(raw)
    return replace(
        chunk_of(rows, schema, limits, {BLANK: blank} if blank else {}),
        rows=RowAccount(len(rows) - mended, mended, len(rejects), blank),
        rejects=tuple(rejects),
        repaired={text_encoding.MENDED: mended} if mended else {},
    )
