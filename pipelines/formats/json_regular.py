"""Regular JSON: the fast way for lines of which pyarrow provably makes what the exact way would.

pyarrow's reader is strict about types once it is given a schema: whatever it refuses, and the few
things that it would read differently, is left to the exact way.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.json as pj

from pipelines.formats.json_syntax import brackets, depths
from pipelines.formats.json_typing import arrow_type

EXACT_IN_A_DOUBLE = float(1 << 53)


def regular_rows(lines: bytes, schema: pl.Schema, max_depth: int) -> pl.DataFrame | None:
    """The rows of lines that each hold one object, or None if the exact way has to read them."""
    count = lines.count(b"\n") + 1
    each_is_an_object = (
        lines[:1] == b"{"
        and lines[-1:] == b"}"
        and lines.count(b"\n{") == count - 1
        and lines.count(b"}\n") == count - 1
    )
    if not each_is_an_object or not schema or not _nests_regularly(lines, count, max_depth):
        return None
    asked = pa.schema([pa.field(name, arrow_type(dtype)) for name, dtype in schema.items()])
    if any(pa.types.is_decimal(leaf) for leaf in _leaf_types(asked)):
        return None  # pyarrow would take a string for a decimal
    try:
        table = pj.read_json(
            io.BytesIO(lines),
            pj.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            pj.ParseOptions(explicit_schema=asked, unexpected_field_behavior="error"),
        )
        table.validate(full=True)
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    if table.num_rows != count or not _numbers_are_exact(table):
        return None
    rows = pl.from_arrow(table.select(asked.names))
    assert isinstance(rows, pl.DataFrame)
    return rows.cast(dict(schema.items()))


def _nests_regularly(lines: bytes, count: int, max_depth: int) -> bool:
    """Whether every line closes what it opens, within the limit."""
    if lines.count(b"{") == count == lines.count(b"}") and b"[" not in lines:
        return True
    structure = brackets(lines)
    nesting = depths(structure)
    line_ends = nesting[np.frombuffer(structure, np.uint8) == ord("\n")]
    return bool(nesting.max(initial=0) <= max_depth and not line_ends.any())


def _leaf_types(parent: pa.Schema | pa.DataType) -> Iterator[pa.DataType]:
    fields = (
        parent if isinstance(parent, pa.Schema) else map(parent.field, range(parent.num_fields))
    )
    for field in fields:
        if field.type.num_fields:
            yield from _leaf_types(field.type)
        else:
            yield field.type


def _numbers_are_exact(table: pa.Table) -> bool:
    """Whether no whole number can have been rounded to a double."""
    for leaf in _leaves(chunk for column in table.columns for chunk in column.chunks):
        if pa.types.is_floating(leaf.type):
            numbers = pl.Series(leaf).abs()
            if bool(((numbers >= EXACT_IN_A_DOUBLE) & numbers.is_finite()).any()):
                return False
    return True


def _leaves(arrays: Iterable[Any]) -> Iterator[Any]:
    for array in arrays:
        if pa.types.is_struct(array.type):
            yield from _leaves(array.flatten())
        elif pa.types.is_list(array.type):
            yield from _leaves([array.flatten()])
        else:
            yield array
