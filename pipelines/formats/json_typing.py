"""JSON typing: rows of parsed values become typed columns; what fits no common type stays text."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

import polars as pl
import pyarrow as pa

from connectors.errors import LimitExceeded
from pipelines.column_type import widest
from pipelines.formats.emptiness import is_too_empty, refuse_emptiness
from pipelines.formats.json_syntax import Digits, Real

INT64 = range(-(1 << 63), 1 << 63)
NULL, BOOLEAN, INTEGER, NUMBER, TEXT = (
    pl.Null(),
    pl.Boolean(),
    pl.Int64(),
    pl.Float64(),
    pl.String(),
)
BIG_INTEGER = pl.Decimal(38, 0)


class Misfit(Exception):
    """A value that its column's type would change."""


def frame(rows: Sequence[Mapping[str, Any]], schema: pl.Schema, max_columns: int) -> pl.DataFrame:
    """The rows as columns: those of the schema, widened where need be, then new ones as met.

    >>> frame([{"a": 1, "b": "x"}, {"b": 1.50}], pl.Schema({"a": pl.Float64()}), 9).dtypes
    [Float64, String]
    """
    names = list(dict.fromkeys(chain(schema, chain.from_iterable(rows))))
    if len(names) > max_columns:
        raise LimitExceeded(
            f"more than {max_columns} different keys (max_columns)", limit="max_columns"
        )
    refuse_emptiness(len(rows), len(names), sum(map(len, rows)))
    return pl.DataFrame(
        [column(name, [row.get(name) for row in rows], schema.get(name, NULL)) for name in names],
        height=len(rows),
    )


def column(name: str, values: list[Any], asked: pl.DataType) -> pl.Series:
    """The values as the narrowest type that holds them and `asked`."""
    dtype = _storable(widest(asked, dtype_of(values)))
    try:
        return _series(name, values, dtype)
    except Misfit:
        return _series(name, values, TEXT)


def dtype_of(values: Sequence[Any]) -> pl.DataType:
    """The type of a column of JSON values.

    >>> dtype_of([1, None, 2.5]), dtype_of([[1], []]), dtype_of([1, "1"])
    (Float64, List(Int64), String)
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {int, float, Real} and kinds:
        if kinds != {int}:
            return NUMBER
        return INTEGER if _within_int64(values) else BIG_INTEGER
    match sorted(kind.__name__ for kind in kinds):
        case []:
            return NULL
        case ["bool"]:
            return BOOLEAN
        case ["list"]:
            return pl.List(dtype_of(list(chain.from_iterable(filter(None, values)))))
        case ["dict"]:
            return _struct_of([value for value in values if value is not None])
        case _:
            return TEXT


def _within_int64(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return min(known) in INT64 and max(known) in INT64


def _struct_of(values: Sequence[dict[str, Any]]) -> pl.DataType:
    names = dict.fromkeys(chain.from_iterable(values))
    if is_too_empty(len(values), len(names), sum(map(len, values))):
        return TEXT  # their keys are data
    return pl.Struct(
        [pl.Field(name, dtype_of([value.get(name) for value in values])) for name in names]
    )


def _storable(dtype: pl.DataType) -> pl.DataType:
    """The type with text instead of structs that have no field: Parquet does not store those."""
    match dtype:
        case pl.Struct() if not dtype.fields:
            return TEXT
        case pl.Struct():
            fields = {field.name: _storable(_concrete(field.dtype)) for field in dtype.fields}
            return pl.Struct([pl.Field(name, kind) for name, kind in fields.items()])
        case pl.List():
            return pl.List(_storable(_concrete(dtype.inner)))
        case _:
            return dtype


def _series(name: str, values: list[Any], dtype: pl.DataType) -> pl.Series:
    kinds = set(map(type, values)) - {type(None)}
    if dtype.is_nested() or not _is_exact(kinds, dtype):
        values = [fit(value, dtype) for value in values]
    if dtype.is_nested():
        series = pl.from_arrow(pa.array(values, arrow_type(dtype)))
        assert isinstance(series, pl.Series)
        return series.rename(name).cast(dtype)
    return pl.Series(name, values, dtype, strict=True)


def _is_exact(kinds: set[type], dtype: pl.DataType) -> bool:
    exact: dict[pl.DataType, set[type]] = {
        NULL: set(),
        BOOLEAN: {bool},
        INTEGER: {int},
        NUMBER: {float, Real},
        TEXT: {str},
    }
    return kinds <= exact.get(dtype, set())


def fit(value: Any, dtype: pl.DataType) -> Any:
    """The value as the type holds it. Raises Misfit where that would change it."""
    match dtype:
        case _ if value is None:
            return None
        case pl.String():
            return str(value) if isinstance(value, str) else text(value)
        case pl.List():
            return [fit(item, _concrete(dtype.inner)) for item in value]
        case pl.Struct():
            return {
                field.name: fit(value.get(field.name), _concrete(field.dtype))
                for field in dtype.fields
            }
        case pl.Float64():
            if type(value) is int and int(float(value)) != value:
                raise Misfit
            return float(value)
        case pl.Decimal():
            return Decimal(value)
        case _:
            return value


def text(value: Any) -> str:
    """The value as JSON, its numbers as they were written.

    >>> text([Real("1.50"), {"a": None}])
    '[1.50,{"a":null}]'
    """
    match value:
        case Real(text=written):
            return written
        case Digits():
            return str(value)
        case dict():
            pairs = (f"{_quoted(key)}:{text(item)}" for key, item in value.items())
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(map(text, value)) + "]"
        case _:
            return _quoted(value)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _concrete(dtype: Any) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()


def arrow_type(dtype: pl.DataType) -> pa.DataType:
    """The Arrow type that pyarrow's JSON reader and builders know for a type of ours."""
    match dtype:
        case pl.List():
            return pa.list_(arrow_type(_concrete(dtype.inner)))
        case pl.Struct():
            return pa.struct(
                [pa.field(field.name, arrow_type(_concrete(field.dtype))) for field in dtype.fields]
            )
        case pl.Decimal():
            return pa.decimal128(38, dtype.scale)
        case pl.Boolean():
            return pa.bool_()
        case pl.Int64():
            return pa.int64()
        case pl.Float64():
            return pa.float64()
        case pl.Null():
            return pa.null()
        case _:
            return pa.string()
