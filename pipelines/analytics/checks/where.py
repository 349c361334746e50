"""Where: the rows that an issue speaks of, said once for polars and for DuckDB.

Both must list the same rows, so both compare numbers as doubles, leave NaN aside, and read the
same patterns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipelines.analytics.fences import Spread
from pipelines.profile import ColumnProfile
from pipelines.semantic_types.kind import Kind

Reach = Callable[[Any, Any], bool]


def _anywhere(_low: Any, _high: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Where:
    """Rows by the values of one column, or of some side by side.

    `reaches` tells whether rows whose values lie between two bounds may be among them. `sql` is
    None where SQL can only name the values that were found. `beside` are other columns that the
    condition reads.
    """

    column: str
    sql: str | None
    rows: pl.Expr
    reaches: Reach = _anywhere
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """Rows that are in these columns as an earlier row is; with `filled`, only without nulls."""

    columns: tuple[str, ...]
    filled: bool = False


def quoted(name: str) -> str:
    """A name as SQL writes it.

    >>> print(quoted('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def empty(column: str) -> Where:
    return Where(column, f"{quoted(column)} IS NULL", pl.col(column).is_null())


def filled(column: str) -> Where:
    return Where(column, f"{quoted(column)} IS NOT NULL", pl.col(column).is_not_null())


def matching(column: str, pattern: str, *but: str, is_so: bool = True) -> Where:
    """Texts that match a pattern (or, if not `is_so`, do not) and none of the others."""
    texts = pl.col(column).cast(pl.String)
    sql, rows = _match(column, pattern), texts.str.contains(pattern)
    if not is_so:
        sql, rows = f"NOT {sql}", ~rows
    for other in but:
        sql, rows = f"{sql} AND NOT {_match(column, other)}", rows & ~texts.str.contains(other)
    return Where(column, sql, rows)


def _match(column: str, pattern: str) -> str:
    return f"regexp_matches({quoted(column)}::VARCHAR, {literal(pattern)})"


def one_of(column: str, texts: Sequence[str], *, is_so: bool = True) -> Where:
    """Texts that are one of these, or any other one."""
    found = pl.col(column).cast(pl.String).is_in(list(texts))
    listed = ", ".join(map(literal, texts))
    return Where(
        column,
        f"{quoted(column)}::VARCHAR {'' if is_so else 'NOT '}IN ({listed})",
        found if is_so else ~found,
    )


def other_than(column: ColumnProfile, value: Any) -> Where:
    """Values that are not this one; `value` as the profile tells it."""
    name = column.name
    if isinstance(value, bool):
        return Where(
            name, f"{quoted(name)} = {'false' if value else 'true'}", pl.col(name) != value
        )
    if column.is_numeric:
        other = pl.col(name).cast(pl.Float64) != float(value)
        return Where(name, f"{_double(name)} <> {_number(float(value))}", other)
    return one_of(name, [str(value)], is_so=False)


def unproven(column: str, kind: Kind) -> Where:
    """Texts or whole numbers that have the form of a kind, and not its check digits."""

    def test(values: pl.Series) -> pl.Series:
        if values.dtype.is_float():
            whole = values.set(values != values.floor(), None)
            values = whole.cast(pl.Int64, strict=False)
        texts = values.cast(pl.String).str.strip_chars(" \t\r\n")
        shortest, longest = kind.lengths
        sizes = texts.str.len_bytes()
        form = f"^{kind.form(is_called=kind.is_called(column))}$"
        near = texts.str.contains(form) & (sizes >= shortest) & (sizes <= longest)
        places = np.flatnonzero(near.fill_null(value=False).to_numpy())
        mask = np.zeros(len(texts), np.bool_)
        if kind.sound is not None and len(places):
            mask[places] = ~kind.sound(texts.gather(places))
        return pl.Series(mask)

    rows = pl.col(column).map_batches(test, return_dtype=pl.Boolean())
    return Where(column, None, rows)


def numbers(column: str, values: Sequence[float]) -> Where:
    """Numbers that are one of these."""
    listed = ", ".join(_number(float(value)) for value in values)
    return Where(
        column,
        f"{_double(column)} IN ({listed})",
        pl.col(column).cast(pl.Float64).is_in([float(value) for value in values]),
        lambda low, high: any(float(low) <= value <= float(high) for value in values),
    )


def deviating(spread: Spread, deviations: float) -> Where:
    """Finite numbers more than so many standard deviations from the mean."""
    column, centre, stddev, rest = spread.column, spread.centre, spread.stddev, spread.rest
    reals, double = spread.distance(pl.col(column)), _double(column)
    if spread.pivot:
        double = f"({quoted(column)}::HUGEINT - {spread.pivot})::DOUBLE"
    off = f"{double} - {_number(centre)}" + (f" - {_number(rest)}" if rest else "")
    lower, upper = spread.mean - deviations * stddev, spread.mean + deviations * stddev
    return Where(
        column,
        f"isfinite({_double(column)}) AND abs({off}) / {_number(stddev)} > {_number(deviations)}",
        reals.is_finite() & ((reals - centre - rest).abs() / stddev > deviations),
        lambda low, high: float(low) <= lower or float(high) >= upper,
    )


def beyond(column: str, bound: float, *, above: bool) -> Where:
    """Finite numbers above, or below, a bound."""
    reals, side = pl.col(column).cast(pl.Float64), ">" if above else "<"
    return Where(
        column,
        f"isfinite({_double(column)}) AND {_double(column)} {side} {_number(bound)}",
        reals.is_finite() & ((reals > bound) if above else (reals < bound)),
        lambda low, high: float(high) >= bound if above else float(low) <= bound,
    )


def negative(column: str) -> Where:
    """Numbers below zero, minus infinity among them."""
    reals = pl.col(column).cast(pl.Float64)
    return Where(
        column,
        f"{_double(column)} < 0",
        (reals < 0) & reals.is_not_nan(),
        lambda low, _high: float(low) < 0,
    )


def _double(column: str) -> str:
    return f"{quoted(column)}::DOUBLE"


def _number(value: float) -> str:
    """A float as DuckDB reads it back, bit for bit; a bare 0.1 would be a decimal."""
    return f"{value!r}::DOUBLE"
