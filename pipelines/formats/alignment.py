"""Alignment: a typed frame gets the columns that the scan asked for, wider where values need it."""

import json
from itertools import chain

import polars as pl
from polars._typing import PolarsDataType

from pipelines.column_type import widest
from pipelines.formats.list_elements import in_lists


def aligned(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The columns of the schema in its order, then what the frame has beyond it.

    >>> aligned(pl.DataFrame({"b": [1]}), pl.Schema({"a": pl.Date(), "b": pl.Float64()})).rows()
    [(None, 1.0)]
    """
    if frame.schema == schema and frame.columns == schema.names():
        return frame
    present = dict(zip(frame.columns, frame.get_columns(), strict=True))
    names = dict.fromkeys(chain(schema, present))
    return pl.DataFrame(
        [
            _column(present[name], schema.get(name, pl.Null()))
            if name in present
            else pl.Series(name, [None] * frame.height, schema[name])
            for name in names
        ],
        height=frame.height,
    )


def united(left: pl.Schema, right: pl.Schema) -> pl.Schema:
    """The columns of both in the order met, each in the type that holds the values of both.

    >>> united(pl.Schema({"a": pl.Int64()}), pl.Schema({"b": pl.Date(), "a": pl.Float64()}))
    Schema([('a', Float64), ('b', Date)])
    """
    names = dict.fromkeys(chain(left, right))
    return pl.Schema(
        {name: widest(left.get(name, pl.Null()), right.get(name, pl.Null())) for name in names}
    )


def _column(series: pl.Series, asked: pl.DataType) -> pl.Series:
    dtype = widest(asked, series.dtype)
    if dtype == series.dtype:
        return series
    if isinstance(dtype, pl.String):
        return _as_text(series)
    if isinstance(dtype, pl.Struct) and isinstance(series.dtype, pl.Struct):
        return _as_struct(series, dtype)
    if isinstance(dtype, pl.List) and isinstance(series.dtype, pl.List):
        return _as_list(series, dtype)
    try:
        return series.cast(dtype)
    except pl.exceptions.InvalidOperationError:
        return _as_text(series)


def _as_struct(series: pl.Series, dtype: pl.Struct) -> pl.Series:
    """Field by field, by name; one that is not there is null."""
    present = {field.name for field in dtype.fields} & set(series.struct.fields)
    fields = [
        _column(series.struct.field(field.name), _plain(field.dtype)).alias(field.name)
        if field.name in present
        else pl.Series(field.name, [None] * len(series), field.dtype)
        for field in dtype.fields
    ]
    whole = pl.DataFrame(fields, height=len(series)).to_struct(series.name)
    return whole.set(series.is_null(), None)


def _as_list(series: pl.Series, dtype: pl.List) -> pl.Series:
    return in_lists(series, lambda elements: _column(elements, _plain(dtype.inner)))


def _plain(dtype: PolarsDataType) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()


def _as_text(series: pl.Series) -> pl.Series:
    if not series.dtype.is_nested():
        return series.cast(pl.String)
    values = [None if value is None else _json(value) for value in series.to_list()]
    return pl.Series(series.name, values, pl.String)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
