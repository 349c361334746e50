"""ISO 8601: every instant that 64 bits can hold, far beyond the years that Python knows."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

_ZEROS = re.compile(r"(?:\.0+|(\.\d*?[1-9])0+)(?=$|[+\-Z])")
_PER_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9}
KNOWN = (-62_135_510_400, 253_402_214_400)  # the years 1 to 9999, whatever the time zone


def instants(codes: npt.NDArray[np.int64], unit: str, zone: str | None) -> list[Any]:
    """Dates (`unit` D) and times; those with a zone have its offset.

    >>> instants(np.array([14472]), "D", None), instants(np.array([1500]), "ms", "Europe/Paris")
    (['2009-08-16'], ['1970-01-01T01:00:01.5+01:00'])
    """
    if zone is None:
        return [_trimmed(text) for text in codes.view(f"datetime64[{unit}]").astype(str).tolist()]
    return [_zoned(int(code), unit, zone) for code in codes]


def times(codes: npt.NDArray[np.int64]) -> list[Any]:
    """Times of day, from nanoseconds."""
    return [text and text.partition("T")[2] for text in instants(codes, "ns", None)]


def durations(codes: npt.NDArray[np.int64], unit: str) -> list[str]:
    """Days are of 24 hours.

    >>> durations(np.array([90_061_500, -1]), "ms")
    ['P1DT1H1M1.5S', '-PT0.001S']
    """
    return [_duration(int(code), _PER_SECOND[unit]) for code in codes]


def duration(code: int, unit: str) -> str:
    """One duration, however long.

    >>> duration(366, "D"), duration(90_061_000_000_500, "ns")
    ('P366D', 'P1DT1H1M1.0000005S')
    """
    return f"P{code}D" if unit == "D" else _duration(code, _PER_SECOND[unit])


def _zoned(code: int, unit: str, zone: str) -> str | None:
    if not KNOWN[0] <= code // _PER_SECOND[unit] < KNOWN[1]:
        text = instants(np.array([code]), unit, None)[0]
        return text and f"{text}Z"
    dtype = pl.Datetime(unit, zone)  # type: ignore[arg-type]
    return _trimmed(pl.Series([code]).cast(dtype).dt.to_string("iso:strict").item())


def _trimmed(text: str) -> str | None:
    """Without zeros behind the last digit; years before 0 have four digits too, beside their sign.

    >>> _trimmed("-044-03-15"), _trimmed("2024-02-29T12:00:00.500000")
    ('-0044-03-15', '2024-02-29T12:00:00.5')
    """
    if text.startswith("-"):
        year, dash, rest = text[1:].partition("-")
        text = f"-{year:0>4}{dash}{rest}"
    return None if text == "NaT" else _ZEROS.sub(r"\1", text)


def _duration(code: int, per_second: int) -> str:
    seconds, fraction = divmod(abs(code), per_second)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    digits = f"{fraction / per_second:.9f}"[1:].rstrip("0").rstrip(".") if fraction else ""
    exact = f"{seconds}{digits}S" if seconds or fraction else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + exact
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if code < 0 else "") + "P" + (text or "T0S")
