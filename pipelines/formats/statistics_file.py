"""Statistics files: what SAS, SPSS and Stata write, by ReadStat, so many rows at a time.

Value labels are told, and not put in the place of values; what the user declared missing is null.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from connectors.base import StoredObject
from connectors.errors import CorruptFile, EmptyInput, LimitExceeded, PasswordProtected
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats.alignment import aligned
from pipelines.formats.base import Chunk, Origin, RowAccount, TablePlan
from pipelines.formats.naming import table_name, unique_tables
from pipelines.formats.statistics_layout import SPSS_ENCRYPTED, layout_of
from pipelines.formats.statistics_rows import about, rows
from pipelines.formats.table_width import refuse_columns
from pipelines.formats.transport_file import datasets

HEAD_BYTES = 1024
FRAGMENT_BYTES = 64 << 20
CHUNK_BYTES = 32 << 20
CHUNK_CELLS = 1 << 20
CHUNK_ROWS = 65_536
SAMPLE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows [first, end) of a file; `end` None means up to the last."""

    file: StoredObject
    family: str
    layout: str
    first: int
    end: int | None
    chunk_rows: int
    size_bytes: int
    limits: Limits

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        at = self.first
        while self.end is None or at < self.end:
            limit = self.chunk_rows if self.end is None else min(self.chunk_rows, self.end - at)
            frame = rows(self.file, self.family, self.layout, at, limit)
            chunk = _chunk(frame, schema, self.limits)
            schema = chunk.frame.schema
            if frame.height or at == self.first:
                yield chunk
            at += frame.height
            if frame.height < limit:
                break
        if self.end is not None and at < self.end:
            raise CorruptFile(f"{self.file.name} is cut short: row {at + 1} is not there")


@dataclass(frozen=True, slots=True)
class StatisticsFile:
    """The files of one statistics package."""

    name: str
    extensions: tuple[str, ...]
    layouts: tuple[str, ...]
    media_types: tuple[str, ...] = ()

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes are enough
        return layout_of(head) in self.layouts

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        source = as_seekable(file)
        head = source.read(0, HEAD_BYTES)
        if head.startswith(SPSS_ENCRYPTED, 8):
            raise PasswordProtected(f"{file.name} is an encrypted SPSS file")
        layout = layout_of(head) or self.layouts[0]
        whole = table_name(file.name)
        found = datasets(source) if layout == "xport" else []
        if len(found) < 2:
            plan = self._table(source, layout, origin, limits, is_split=file.seekable)
            yield replace(plan, name=whole)
            return
        names = unique_tables([each.title or whole for each in found])
        for name, each in zip(names, found, strict=True):
            place = replace(origin, table=each.title or None)
            plan = self._table(each, layout, place, limits, is_split=file.seekable)
            yield replace(plan, name=name)

    def _table(
        self, source: StoredObject, layout: str, origin: Origin, limits: Limits, *, is_split: bool
    ) -> TablePlan:
        told = about(source, layout)
        refuse_columns(source.name, told.number_columns or 0, limits)
        sample = rows(source, self.name, layout, 0, SAMPLE_ROWS)
        if not sample.width:
            raise EmptyInput(f"{source.name} has no variables")
        fragments = _fragments(source, self.name, layout, told, limits, is_split=is_split)
        return TablePlan(
            name=source.name,
            origin=origin,
            format=self.name,
            schema=sample.schema,
            fragments=tuple(fragments),
            size_bytes=source.size or 0,
            details=_details(told, layout),
        )


def _chunk(frame: pl.DataFrame, schema: pl.Schema, limits: Limits) -> Chunk:
    """Blank texts are how these packages write that there is none."""
    words: dict[str, dict[str, int]] = {}
    for name, dtype in frame.schema.items():
        if dtype != pl.String:
            continue
        lengths = frame[name].str.len_bytes()
        if (lengths > limits.max_cell_bytes).any():
            raise LimitExceeded(
                f"{name} holds a longer value than {limits.max_cell_bytes} (max_cell_bytes)",
                limit="max_cell_bytes",
            )
        if blank := int((lengths == 0).sum()):
            words[name] = {"": blank}
            kept = frame[name].set(lengths == 0, None)
            frame = frame.with_columns(kept)
    return Chunk(aligned(frame, schema), RowAccount(parsed=frame.height), null_tokens=words)


def _fragments(
    file: StoredObject, family: str, layout: str, told: Any, limits: Limits, *, is_split: bool
) -> Iterator[Rows]:
    size, height = file.size or 0, told.number_rows or 0
    columns = max(told.number_columns or 0, 1)
    width = max(sum(told.variable_storage_width.values()), 1)
    chunk_rows = max(1, min(CHUNK_ROWS, CHUNK_CELLS // columns, CHUNK_BYTES // width))
    count = min(-(-size // FRAGMENT_BYTES), height) if is_split else 1
    step = -(-height // max(count, 1))
    for first in range(0, max(height, 1), max(step, 1)):
        end = first + step if first + step < height else None
        part = size // max(count, 1)
        yield Rows(file, family, layout, first, end, chunk_rows, part, limits)


def _details(told: Any, layout: str) -> dict[str, object]:
    details: dict[str, object] = {"layout": layout, "encoding": told.file_encoding}
    more = {
        "label": told.file_label,
        "variableLabels": {k: v for k, v in told.column_names_to_labels.items() if v},
        "valueLabels": {
            column: {_plain(value): label for value, label in labels.items()}
            for column, labels in told.variable_value_labels.items()
        },
        "formats": {k: v for k, v in told.original_variable_types.items() if v},
    }
    return details | {key: value for key, value in more.items() if value}


def _plain(value: Any) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)


SAS = StatisticsFile("sas", (".sas7bdat", ".xpt", ".xport"), ("sas7bdat", "xport"))
SPSS = StatisticsFile("spss", (".sav", ".zsav", ".por"), ("sav", "por"))
STATA = StatisticsFile("stata", (".dta",), ("dta",))
