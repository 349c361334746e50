"""Cells: what a column holds as Python values and as JSON, days that Python has not among them."""

from typing import Any

import polars as pl

from pipelines.json_value import json_value
from pipelines.statistics.encoding import Encoding


def json_values(column: pl.Series) -> list[Any]:
    """The cells for JSON; dates and times as ISO 8601, with all the digits that they have.

    >>> json_values(pl.Series([4_000_000, None]).cast(pl.Int32).cast(pl.Date))
    ['12921-08-18', None]
    """
    if not column.dtype.is_temporal():
        return [json_value(value) for value in python_values(column)]
    encoding = Encoding.of(column.dtype)
    told = iter(encoding.decode(encoding.codes(column.drop_nulls())))
    return [next(told) if there else None for there in column.is_not_null()]


def python_values(column: pl.Series) -> list[Any]:
    """The cells as Python has them. Where some lie in years that it has not, dates are texts."""
    try:
        return column.to_list()
    except (ValueError, OverflowError):
        return column.cast(_spelled(column.dtype)).to_list()


def _spelled(dtype: Any) -> Any:
    """The type with texts in the place of dates and times."""
    if isinstance(dtype, pl.Struct):
        return pl.Struct([pl.Field(field.name, _spelled(field.dtype)) for field in dtype.fields])
    if isinstance(dtype, pl.List):
        return pl.List(_spelled(dtype.inner))
    if isinstance(dtype, pl.Array):
        return pl.Array(_spelled(dtype.inner), dtype.size)
    return pl.String() if isinstance(dtype, pl.Date | pl.Datetime | pl.Duration) else dtype
