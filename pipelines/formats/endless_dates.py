"""Endless dates: days and moments that a column holds and no calendar of polars does.

pandas writes the least of all integers for no time at all; DuckDB and PostgreSQL the greatest and
its opposite for infinity. polars stops with what lies beyond the years of its library, which are
about 262,000 in either direction.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

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
    for series in frame.select(pl.selectors.temporal() - pl.selectors.time()).get_columns():
        plain, none = _without_no_time(series)
        if none:
            words[series.name] = {NO_TIME_WORD: none}
        if not isinstance(series.dtype, pl.Duration):
            plain = _spelled(plain)
        if plain is not series:
            changed.append(plain)
    return frame.with_columns(changed) if changed else frame, words


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
