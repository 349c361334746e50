"""Column types: the words that users see, and the lattice along which a wrong guess widens."""

import polars as pl
from polars._typing import PolarsDataType

WORDS: tuple[tuple[type[pl.DataType], str], ...] = (
    (pl.Null, "null"),
    (pl.Boolean, "boolean"),
    (pl.Decimal, "decimal"),
    (pl.String, "text"),
    (pl.Categorical, "text"),
    (pl.Enum, "text"),
    (pl.Binary, "binary"),
    (pl.Date, "date"),
    (pl.Time, "time"),
    (pl.Datetime, "datetime"),
    (pl.Duration, "duration"),
    (pl.List, "list"),
    (pl.Array, "list"),
    (pl.Struct, "struct"),
)


def word(dtype: pl.DataType) -> str:
    """The wire name of a type.

    >>> [word(t) for t in (pl.Int32(), pl.Float64(), pl.String(), pl.List(pl.Int8()))]
    ['integer', 'number', 'text', 'list']
    """
    if dtype.is_integer():
        return "integer"
    if dtype.is_float():
        return "number"
    return next(name for kind, name in WORDS if isinstance(dtype, kind))


def widest(left: pl.DataType, right: pl.DataType) -> pl.DataType:
    """The narrowest type that holds every value of both without losing one; text when none does.

    >>> widest(pl.Int64(), pl.Float64()), widest(pl.Date(), pl.Int64())
    (Float64, String)
    """
    if left == right or isinstance(right, pl.Null):
        return left
    if isinstance(left, pl.Null):
        return right
    if left.is_numeric() and right.is_numeric():
        return _widest_number(left, right)
    kinds = {type(left), type(right)}
    if kinds == {pl.Date, pl.Datetime}:
        return left if isinstance(left, pl.Datetime) else right
    if isinstance(left, pl.Datetime) and isinstance(right, pl.Datetime):
        return _finer(left, right)
    if isinstance(left, pl.List) and isinstance(right, pl.List):
        return pl.List(widest(_concrete(left.inner), _concrete(right.inner)))
    if isinstance(left, pl.Struct) and isinstance(right, pl.Struct):
        return _united(left, right)
    return pl.String()


def _finer(left: pl.Datetime, right: pl.Datetime) -> pl.DataType:
    """A year that the finer one does not reach makes the column text, when it is met."""
    if left.time_zone != right.time_zone:
        return pl.String()
    units = ("ms", "us", "ns")
    return max(left, right, key=lambda each: units.index(each.time_unit))


def _widest_number(left: pl.DataType, right: pl.DataType) -> pl.DataType:
    if left.is_integer() and right.is_integer():
        return pl.Int64()
    if isinstance(left, pl.Decimal) or isinstance(right, pl.Decimal):
        both = {type(left), type(right)}
        if both == {pl.Decimal}:
            scale = max(getattr(left, "scale", 0), getattr(right, "scale", 0))
            return pl.Decimal(38, scale)
        return (
            pl.String()
            if any(t.is_float() for t in (left, right))
            else next(t for t in (left, right) if isinstance(t, pl.Decimal))
        )
    return pl.Float64()


def _united(left: pl.Struct, right: pl.Struct) -> pl.Struct:
    fields = {field.name: _concrete(field.dtype) for field in left.fields}
    for field in right.fields:
        known = fields.get(field.name)
        dtype = _concrete(field.dtype)
        fields[field.name] = dtype if known is None else widest(known, dtype)
    return pl.Struct([pl.Field(name, dtype) for name, dtype in fields.items()])


def _concrete(dtype: PolarsDataType) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()
