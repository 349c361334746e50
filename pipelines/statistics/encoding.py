"""Encoding: dates, decimals and booleans are integers while they are computed with."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.column_type import word
from pipelines.statistics import iso

Codes = npt.NDArray[Any]

LARGEST = 2**53  # the last integer that every JSON reader reads exactly
LONGEST = 2**63 - 1  # of 64 bits


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a column's values are held: int64, float64 or, where 64 bits do not do, Python integers.

    `unit` and `zone` are those of a datetime or duration, `scale` that of a decimal.
    """

    word: str
    unit: str | None = None
    zone: str | None = None
    scale: int = 0

    @classmethod
    def of(cls, dtype: pl.DataType) -> Self:
        if isinstance(dtype, pl.Datetime):
            return cls("datetime", dtype.time_unit, dtype.time_zone)
        if isinstance(dtype, pl.Duration):
            return cls("duration", dtype.time_unit)
        scale = dtype.scale if isinstance(dtype, pl.Decimal) else 0
        return cls(word(dtype), scale=scale or 0)

    @property
    def is_numeric(self) -> bool:
        return self.word in {"integer", "number", "decimal"}

    def codes(self, series: pl.Series) -> Codes:
        """The values of a series without nulls; negative zero becomes zero."""
        if self.word == "number":
            return series.cast(pl.Float64).to_numpy() + 0.0
        physical = series.cast(pl.Int64) if self.word == "boolean" else series.to_physical()
        if physical.dtype == pl.Int64:
            return physical.to_numpy()
        narrow = physical.cast(pl.Int64, strict=False)
        if narrow.null_count() == 0:
            return narrow.to_numpy()
        return np.array(physical.to_list(), dtype=object)

    def reals(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The numbers that numeric codes stand for."""
        reals = codes.astype(np.float64)
        return reals / 10.0**self.scale if self.scale else reals

    def decode(self, codes: Codes) -> list[Any]:
        """Values for JSON: large integers and decimals as strings, times in ISO 8601.

        >>> Encoding("date").decode(np.array([14472])), Encoding("decimal", scale=2).decode([125])
        (['2009-08-16'], ['1.25'])
        """
        match self.word:
            case "number":
                return [number(code) for code in codes]
            case "integer":
                return [int(c) if abs(int(c)) <= LARGEST else str(c) for c in codes]
            case "decimal":
                return [decimal(int(code), self.scale) for code in codes]
            case "boolean":
                return [bool(code) for code in codes]
        whole = np.asarray(codes, dtype=np.int64)
        match self.word:
            case "time":
                return iso.times(whole)
            case "duration":
                return list(iso.durations(whole, self.unit or "us"))
        return iso.instants(whole, self.unit or "D", self.zone)

    def span(self, low: float, high: float) -> Any:
        """How far two codes are apart: a number, or for times a duration in ISO 8601.

        >>> Encoding("date").span(14472, 14502), Encoding("decimal", scale=2).span(100, 225)
        ('P30D', '1.25')
        """
        if self.word == "number":
            return finite(high - low)
        if self.is_numeric:
            return self.decode(np.array([high - low], dtype=object))[0]
        return iso.duration(int(high - low), self.unit or ("D" if self.word == "date" else "ns"))


def offsets(codes: Codes, pivot: float) -> npt.NDArray[np.float64]:
    """How far codes lie from a pivot; integers are subtracted before they become floats.

    >>> offsets(np.array([2**60 + 1, 2**60 + 3]), 2**60 + 1)
    array([0., 2.])
    """
    if codes.dtype == np.int64 and len(codes):
        reach = max(abs(int(codes.min()) - int(pivot)), abs(int(codes.max()) - int(pivot)))
        is_wide = reach > LONGEST or abs(pivot) > LONGEST
        codes, pivot = codes.astype(object) if is_wide else codes, int(pivot)
    return np.asarray(codes - pivot, np.float64)


def number(value: float) -> float | str:
    """A float as a value in JSON; what JSON has no number for is named."""
    value = float(value)
    if np.isfinite(value):
        return value
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def decimal(code: int, scale: int) -> str:
    return format(Decimal(code).scaleb(-scale) if abs(code) < 10**27 else _long(code, scale), "f")


def _long(code: int, scale: int) -> Decimal:
    sign, digits, _ = Decimal(code).as_tuple()
    return Decimal((sign, digits, -scale))


def finite(value: float | None) -> float | None:
    """A figure for JSON: what overflowed or does not exist is None."""
    return float(value) if value is not None and np.isfinite(value) else None
