"""Endless dates: days and moments that a column holds and no calendar of polars does.

pandas writes the least of all integers for no time at all; DuckDB and PostgreSQL the greatest and
its opposite for infinity. polars stops with what lies beyond the years of its library, which are
about 262,000 in either direction. Lists and structs may hold them as well.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from pipelines.formats.list_elements import in_lists

MOST_DAYS = 95_000_000  # of either sign, since 1970
A_DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
NO_TIME = np.iinfo(np.int64).min
NO_TIME_WORD = "NaT"
INFINITE = {sign * np.iinfo(kind).max: sign for kind in (np.int32, np.int64) for sign in (1, -1)}


def mended(frame: pl.DataFrame) -> tuple[pl.DataFrame, Mapping[str, Mapping[str, int]]]:
    """The frame with nulls for no time, and columns with endless dates as text; and how many such
    nulls there are in which column, by their word.

    >>> days = pl.Series("d", [2**31 - 1, 0, None], pl.Int32).cast(pl.Date)
    >>> mended(pl.DataFrame([days]))[0].rows()
    [('infinity',), ('1970-01-01',), (None,)]
    """
    words: dict[str, Mapping[str, int]] = {}
    changed: list[pl.Series] = []
    for series in frame.get_columns():
        if not _may_be_endless(series.dtype):
            continue
        counts: list[int] = []
        plain = _plain(series, counts)
        if none := sum(counts):
            words[series.name] = {NO_TIME_WORD: none}
        if plain is not series:
            changed.append(plain)
    return frame.with_columns(changed) if changed else frame, words


def _may_be_endless(dtype: Any) -> bool:
    """Whether it is, or holds, a type of days, moments or durations."""
    if isinstance(dtype, pl.Struct):
        return any(_may_be_endless(field.dtype) for field in dtype.fields)
    if isinstance(dtype, pl.List | pl.Array):
        return _may_be_endless(dtype.inner)
    return isinstance(dtype, pl.Date | pl.Datetime | pl.Duration)


def _plain(series: pl.Series, counts: list[int]) -> pl.Series:
    """The series mended, itself if nothing is wrong with it; `counts` takes how many have no time.

    An array of a set length becomes a list where its elements do not stay what they are.
    """
    dtype = series.dtype
    if isinstance(dtype, pl.Struct):
        return _plain_struct(series, counts)
    if isinstance(dtype, pl.List):
        return in_lists(series, lambda elements: _plain(elements, counts))
    if isinstance(dtype, pl.Array):
        lists = series.arr.to_list()
        plain = _plain(lists, counts)
        return series if plain is lists else plain
    if not _may_be_endless(dtype):
        return series
    plain, none = _without_no_time(series)
    if none:
        counts.append(none)
    return plain if isinstance(dtype, pl.Duration) else _spelled(plain)


def _plain_struct(series: pl.Series, counts: list[int]) -> pl.Series:
    fields = [series.struct.field(name) for name in series.struct.fields]
    plain = [_plain(field, counts) for field in fields]
    if all(one is other for one, other in zip(plain, fields, strict=True)):
        return series
    whole = pl.DataFrame(plain, height=len(series)).to_struct(series.name)
    return whole.set(series.is_null(), None)


def _without_no_time(series: pl.Series) -> tuple[pl.Series, int]:
    numbers = series.to_physical()
    if numbers.min() != NO_TIME:
        return series, 0
    is_none = numbers == NO_TIME
    return series.zip_with(~is_none, _nulls(series)), int(is_none.sum())


def _spelled(series: pl.Series) -> pl.Series:
    """As text, if some of it is endless."""
    numbers = series.to_physical()
    unit = series.dtype.time_unit if isinstance(series.dtype, pl.Datetime) else None
    most = MOST_DAYS * (A_DAY[unit] if unit else 1)
    least, greatest = numbers.min(), numbers.max()
    if least is None or -most <= int(least) <= int(greatest) <= most:  # type: ignore[arg-type]
        return series
    is_endless = (numbers < -most) | (numbers > most)
    texts = series.zip_with(~is_endless, _nulls(series)).cast(pl.String)
    said = {number: _said(number, unit or "D") for number in numbers.filter(is_endless).unique()}
    endless = numbers.replace_strict(said, default=None, return_dtype=pl.String)
    return texts.zip_with(~is_endless.fill_null(value=False), endless)


def _said(number: int, unit: str) -> str:
    if sign := INFINITE.get(number):
        return "infinity" if sign > 0 else "-infinity"
    return str(np.datetime64(number, unit))  # type: ignore[call-overload]


def _nulls(series: pl.Series) -> pl.Series:
    return pl.Series(series.name, [None], series.dtype).new_from_index(0, len(series))
