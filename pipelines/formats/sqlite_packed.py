"""SQLite packed: rows as columns of one class each, as SQLite itself would give their values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.formats.regular_markup import LOW_BYTES, WORD, Flags
from pipelines.formats.sqlite_cells import Values, affinity, typed_at_once
from pipelines.formats.sqlite_connection import Database
from pipelines.formats.sqlite_pages import Integers, Records, Unusual, records
from pipelines.formats.sqlite_rows import Selection
from pipelines.formats.sqlite_schema import Column, quoted

NULL, REAL, ZERO, ONE, FIRST_BLOB, FIRST_TEXT = 0, 7, 8, 9, 12, 13
WIDTHS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
INTEGERS = {*WIDTHS, ZERO, ONE}
INLINE_BYTES = 12
EXACT = 2**53


@dataclass(frozen=True, slots=True)
class PackedRows:
    """Some rows of a table, column by column; `last` is the rowid of the last one."""

    values: Sequence[Values]
    last: int
    rows: int
    repaired: int = 0
    weight: int = 0

    def frame(self, columns: Sequence[Column], schema: pl.Schema) -> pl.DataFrame:
        return pl.DataFrame(
            [
                typed_at_once(column, values, schema.get(column.title, pl.Null()))
                for column, values in zip(columns, self.values, strict=True)
            ]
        )


def packed_rows(database: Database, selection: Selection, cell_bytes: int) -> Iterator[PackedRows]:
    """The rows of a selection, some at a time. SQLite is asked for the first and last of them.

    Raises Unusual where it must be asked for all.
    """
    relation = selection.relation
    if relation.kind != "table" or relation.is_computed or relation.rowid is None:
        raise Unusual
    width = len(relation.columns)
    are_real = [affinity(column.declared) == pl.Float64() for column in relation.columns]
    are_rowids: list[bool] | None = None
    for found in records(
        database.blocks, relation.root, width, (selection.after, selection.last), cell_bytes
    ):
        first = _asked(database, selection, int(found.rowids[0]))
        if are_rowids is None:
            # SQLite gives a rowid where the record has NULL, if the column is its other name.
            are_rowids = [
                not types[0] and cell == found.rowids[0]
                for types, cell in zip(found.types, first, strict=True)
            ]
        values = [
            _values(found, place, is_rowid=is_rowid, is_real=is_real)
            for place, (is_rowid, is_real) in enumerate(zip(are_rowids, are_real, strict=True))
        ]
        last = _asked(database, selection, int(found.rowids[-1]))
        for row, place in ((first, 0), (last, -1)):
            if not all(map(_is_same, row, [column.cells(place) for column in values])):
                raise Unusual
        yield PackedRows(values, int(found.rowids[-1]), len(found.rowids))


def _asked(database: Database, selection: Selection, rowid: int) -> tuple[Any, ...]:
    relation = selection.relation
    names = ", ".join(f"t.{quoted(column.name)}" for column in relation.columns)
    sql = (
        f"SELECT {names} FROM main.{quoted(relation.name)} AS t NOT INDEXED"  # noqa: S608 - quoted
        f" WHERE t.{relation.rowid} = ?"
    )
    try:
        row = next(database.rows(sql, (rowid,)), None)
    except UnicodeDecodeError as error:
        raise Unusual from error
    if row is None:
        raise Unusual
    return row


def _is_same(cell: object, other: object) -> bool:
    return type(cell) is type(other) and cell == other


def _values(records: Records, place: int, *, is_rowid: bool, is_real: bool) -> Values:
    """The values of a column. Raises Unusual where they are blobs or of several classes.

    `is_rowid` is whether it is another name of the rowid; of a column that `is_real`, whole
    numbers are kept as integers, but are none.
    """
    types, offsets, content = records.types[place], records.offsets[place], records.content
    if is_rowid:
        if types.any():
            raise Unusual
        return Values(pl.Series("cells", records.rowids))
    classes = np.bincount(np.minimum(types, FIRST_BLOB + (types & 1)))
    found = set(np.flatnonzero(classes).tolist())
    is_null = types == NULL if NULL in found else None
    found.discard(NULL)
    if not found:
        return Values(pl.Series("cells", [None] * len(types), pl.Null))
    if found == {FIRST_TEXT}:
        return Values(_texts(content, types, offsets, is_null))
    if found <= INTEGERS and not is_real:
        return Values(_nulled(_integers(content, types, offsets), is_null))
    if not found <= {*INTEGERS, REAL}:
        raise Unusual
    words = np.ndarray((len(content) - WORD + 1,), ">f8", content, 0, (1,))
    if found == {REAL} and is_null is None:
        return Values(_reals(words[offsets].astype(np.float64), None))
    integers = _integers(content, types, offsets)
    if (abs(integers) > EXACT).any():
        raise Unusual
    numbers = _reals(np.where(types == REAL, words[offsets], integers), is_null)
    are_integers = None if is_real or found == {REAL} else (types != REAL) & (types != NULL)
    return Values(numbers, are_integers)


def _integers(content: bytes, types: Integers, offsets: Integers) -> Integers:
    words = np.ndarray((len(content) - WORD + 1,), ">i8", content, 0, (1,))
    values: Integers = (types == ONE).astype(np.int64)
    for type_, width in WIDTHS.items():
        rows = np.flatnonzero(types == type_)
        if len(rows):
            values[rows] = words[offsets[rows]].astype(np.int64) >> 8 * (WORD - width)
    return values


def _reals(values: np.ndarray, is_null: Flags | None) -> pl.Series:
    return _nulled(values, is_null).fill_nan(None)  # what is no number is NULL to SQLite


def _nulled(values: np.ndarray, is_null: Flags | None) -> pl.Series:
    found = pl.Series("cells", values)
    return found if is_null is None else found.set(pl.Series(is_null), None)


def _texts(content: bytes, types: Integers, offsets: Integers, is_null: Flags | None) -> pl.Series:
    """Views of the content (https://arrow.apache.org/docs/format/Columnar.html)."""
    words = np.ndarray((len(content) - WORD + 1,), "<u8", content, 0, (1,))
    lengths = np.maximum(types - FIRST_TEXT, 0) >> 1
    views = np.zeros((len(types), 2), np.uint64)
    first = words[offsets] & LOW_BYTES[np.minimum(lengths, WORD)]
    views[:, 0] = lengths.astype(np.uint64) | first << np.uint64(32)
    views[:, 1] = first >> np.uint64(32)
    longer = np.flatnonzero(lengths > WORD)
    if len(longer):
        rest = np.clip(lengths[longer] - WORD, 0, INLINE_BYTES - WORD)
        second = words[offsets[longer] + WORD] & LOW_BYTES[rest]
        views[longer, 1] |= second << np.uint64(32)
        long = longer[lengths[longer] > INLINE_BYTES]
        views[long, 1] = offsets[long].astype(np.uint64) << np.uint64(32)
    validity = None
    if is_null is not None:
        validity = pa.py_buffer(np.packbits(~is_null, bitorder="little").tobytes())
    array = pa.Array.from_buffers(
        pa.string_view(),
        len(types),
        [validity, pa.py_buffer(views.tobytes()), pa.py_buffer(content)],
    )
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:  # it is not UTF-8
        raise Unusual from error
    return pl.Series("cells", array)
