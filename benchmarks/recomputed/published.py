"""Published: a table as any reader of its Parquet sees it, by pyarrow alone."""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

LARGEST = 2**53
WORDS = (
    ("integer", pa.types.is_integer),
    ("number", pa.types.is_floating),
    ("boolean", pa.types.is_boolean),
    ("decimal", pa.types.is_decimal),
    ("date", pa.types.is_date),
    ("time", pa.types.is_time),
    ("datetime", pa.types.is_timestamp),
    ("duration", pa.types.is_duration),
    ("null", pa.types.is_null),
    ("struct", pa.types.is_struct),
)
NUMERIC = {"integer", "number", "decimal"}
TEMPORAL = {"date", "time", "datetime", "duration"}


@dataclass(frozen=True)
class Column:
    """A column: `cells` has None where a cell is null, else what Python has for the value.

    Dates and times are whole numbers of `unit`s: days, or s, ms, us, ns (of times: since midnight).
    """

    name: str
    kind: pa.DataType
    data: pa.ChunkedArray

    @cached_property
    def word(self) -> str:
        for word, is_so in WORDS:
            if is_so(self.kind):
                return word
        if pa.types.is_string(self.kind) or pa.types.is_large_string(self.kind):
            return "text"
        if pa.types.is_string_view(self.kind):
            return "text"
        return "binary" if "binary" in str(self.kind) else "list"

    @property
    def unit(self) -> str:
        return "D" if self.word == "date" else self.kind.unit

    @property
    def zone(self) -> str | None:
        return self.kind.tz if self.word == "datetime" else None

    @cached_property
    def cells(self) -> list[Any]:
        if self.word not in TEMPORAL:
            return self.data.to_pylist()
        wide = pa.int32() if self.kind.bit_width == 32 else pa.int64()
        return self.data.cast(wide).to_pylist()

    @cached_property
    def values(self) -> list[Any]:
        """What is not null; zero has no sign."""
        present = [cell for cell in self.cells if cell is not None]
        return [cell + 0.0 for cell in present] if self.word == "number" else present

    @cached_property
    def finite(self) -> list[Any]:
        if self.word != "number":
            return self.values
        return [value for value in self.values if math.isfinite(value)]


@dataclass(frozen=True)
class Table:
    """The parts of a table in the order of their numbers, and how many rows each has."""

    data: pa.Table
    parts: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, files: Mapping[str, bytes], prefix: str) -> "Table":
        keys = sorted(key for key in files if key.startswith(prefix))
        read = [pq.ParquetFile(io.BytesIO(files[key])).read() for key in keys]
        numbers = (int(key.rpartition("-")[2].partition(".")[0]) for key in keys)
        parts = tuple(zip(numbers, (each.num_rows for each in read), strict=True))
        return cls(pa.concat_tables(read), parts)

    @cached_property
    def columns(self) -> list[Column]:
        fields = zip(self.data.schema, self.data.columns, strict=True)
        return [Column(field.name, field.type, data) for field, data in fields]


def wire(column: Column, value: Any) -> Any:
    """A value as results.json writes it."""
    match column.word:
        case "number":
            if math.isnan(value):
                return "NaN"
            return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")
        case "integer":
            return value if abs(value) <= LARGEST else str(value)
        case "decimal":
            return format(value, "f")
        case "binary":
            return value.hex()[:1000]
        case "text":
            return value[:1000]
        case "duration":
            return duration(value, column.unit)
        case "date" | "datetime" | "time":
            return moment(column, value)
    return value


def moment(column: Column, value: int) -> str:
    """ISO 8601 without a fraction that says nothing; a date has no time, a time no date."""
    unit = column.unit
    if column.word == "date":
        return in_full(str(np.datetime64(value, "D")))
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    offset, suffix = zone_offset(column.zone, value // per_second)
    seconds, rest = divmod(value + offset * per_second, per_second)
    text = in_full(str(np.datetime64(seconds, "s")))
    if rest:
        text += "." + f"{rest:0{len(str(per_second)) - 1}d}".rstrip("0")
    return text.partition("T")[2] if column.word == "time" else text + suffix


def in_full(text: str) -> str:
    """Years before 0 have four digits too, which numpy leaves out."""
    year, dash, rest = text[1:].partition("-")
    return f"-{year:0>4}{dash}{rest}" if text.startswith("-") else text


def zone_offset(zone: str | None, second: int) -> tuple[int, str]:
    """Seconds east of Greenwich at an instant, and as ISO 8601 writes them."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    if zone is None:
        return 0, ""
    if not -62_135_510_400 <= second < 253_402_214_400:
        return 0, "Z"
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    east = at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    seconds = int(east.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    text = f"{'-' if seconds < 0 else '+'}{hours:02d}:{rest // 60:02d}"
    return seconds, text


def duration(value: int, unit: str) -> str:
    """ISO 8601, days of 24 hours."""
    if unit == "D":
        return f"P{value}D"
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    seconds, rest = divmod(abs(value), per_second)
    days, seconds = divmod(seconds, 86400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    digits = "." + f"{rest:0{len(str(per_second)) - 1}d}".rstrip("0") if rest else ""
    clock = "".join(f"{n}{u}" for n, u in ((hours, "H"), (minutes, "M")) if n)
    clock += f"{seconds}{digits}S" if seconds or rest else ""
    told = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if value < 0 else "") + "P" + (told or "T0S")
