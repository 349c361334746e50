"""Variant: a value of Parquet that is of another kind in each row, as JSON text.

Apache Parquet, "Variant Binary Encoding" and "Variant Shredding": a column has the names of fields
in `metadata`, values in `value`, and those of one type, or their fields, in `typed_value`. What
JSON has no kind for is text: moments and ids as ISO 8601 and RFC 9562 write them, bytes in base64.
"""

import base64
import datetime as dt
import json
import struct
import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as pa

MOST_NAMES_BYTES = 16 << 20  # of fields, in one value: a short file may repeat a long one
DEEPEST = 200
SCALARS = {
    3: ("<b", 1),
    4: ("<h", 2),
    5: ("<i", 4),
    6: ("<q", 8),
    7: ("<d", 8),
    14: ("<f", 4),
}
CONSTANTS = {0: None, 1: True, 2: False}
DECIMALS = {8: 4, 9: 8, 10: 16}
MOMENTS = {12: ("us", "Z"), 13: ("us", ""), 18: ("ns", "Z"), 19: ("ns", "")}
DATE, BINARY, STRING, TIME, UUID = 11, 15, 16, 17, 20


def is_variant(kind: Any) -> bool:
    """Whether a column is one, by its fields: not all programs say it, and pyarrow does not.

    >>> is_variant(pa.struct([("value", pa.binary()), ("metadata", pa.binary())]))
    True
    """
    if not isinstance(kind, pa.StructType):
        return False
    types = {field.name: field.type for field in kind}
    bare = [types.get(name) for name in ("metadata", "value")]
    is_shredded = kind.num_fields == 3 and "typed_value" in types
    return (kind.num_fields == 2 or is_shredded) and all(map(_is_bytes, bare))


def json_of(value: Mapping[str, Any]) -> str:
    """The value of one row. Raises ValueError if it is none.

    >>> json_of({"metadata": bytes([1, 1, 0, 1]) + b"a", "value": bytes([2, 1, 0, 0, 2, 12, 7])})
    '{"a":7}'
    """
    try:
        decoder = _Decoder(value["metadata"] or b"", _size(value))
        told = decoder.whole(value)
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    except (IndexError, KeyError, TypeError, struct.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a variant: {error}") from error


def _is_bytes(kind: Any) -> bool:
    checks = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
    return kind is not None and any(check(kind) for check in checks)


def _size(value: Any) -> int:
    """How many bytes hold it, of which no part can stand for more than one value."""
    if isinstance(value, Mapping):
        return sum(_size(each) for name, each in value.items() if name != "metadata")
    if isinstance(value, list):
        return sum(map(_size, value))
    return len(value) if isinstance(value, bytes) else 0


class _Decoder:
    """The values below one of them: each costs bytes, of which there are only so many."""

    def __init__(self, metadata: bytes, left: int) -> None:
        self._left = left
        self._names_left = MOST_NAMES_BYTES
        if metadata[:1] and metadata[0] & 15 != 1:
            raise ValueError(f"not a variant of a known version: {metadata[0] & 15}")
        width = (metadata[0] >> 6) + 1 if metadata else 1
        count = _number(metadata, 1, width)
        begin = 1 + width * (count + 2)
        offsets = _numbers(metadata, 1 + width, width, count + 1) if metadata else [0]
        self._names = [
            metadata[begin + start : begin + end].decode() for start, end in pairwise(offsets)
        ]

    def whole(self, value: Mapping[str, Any], depth: int = 0) -> Any:
        """What a group of `value` and `typed_value` stands for."""
        raw, typed = value.get("value"), value.get("typed_value")
        if typed is None:
            return None if raw is None else self._value(raw, 0, depth)
        if isinstance(typed, list):
            return [self.whole(each, depth + 1) for each in typed]
        if not isinstance(typed, dict):
            return _plain(typed)
        fields = {
            name: self.whole(each, depth + 1) for name, each in typed.items() if _is_there(each)
        }
        rest = {} if raw is None else self._value(raw, 0, depth)
        if not isinstance(rest, dict):
            raise TypeError("an object is none")
        return {**rest, **fields}

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ValueError("not a variant: its parts lie in one another")

    def _value(self, raw: bytes, at: int, depth: int) -> Any:
        if depth > DEEPEST:
            raise ValueError("a variant that is too deep")
        self._spend(1)
        basic, header = raw[at] & 3, raw[at] >> 2
        at += 1
        if basic == 0:
            return self._primitive(raw, at, header)
        if basic == 1:
            return self._bytes(raw, at, header).decode()
        is_large = header >> (4 if basic == 2 else 2) & 1
        count = _number(raw, at, 4 if is_large else 1)
        at += 4 if is_large else 1
        width = (header & 3) + 1
        self._spend(count)
        if basic == 3:
            values = at + width * (count + 1)
            starts = _numbers(raw, at, width, count)
            return [self._value(raw, values + start, depth + 1) for start in starts]
        wide = (header >> 2 & 3) + 1
        names = [self._name(index) for index in _numbers(raw, at, wide, count)]
        at += wide * count
        starts = _numbers(raw, at, width, count)
        values = at + width * (count + 1)
        return {
            name: self._value(raw, values + start, depth + 1)
            for name, start in zip(names, starts, strict=True)
        }

    def _name(self, index: int) -> str:
        name = self._names[index]
        self._names_left -= len(name)
        if self._names_left < 0:
            raise ValueError("a variant with names that are too long together")
        return name

    def _bytes(self, raw: bytes, at: int, length: int) -> bytes:
        self._spend(length)
        if at + length > len(raw):
            raise ValueError("not a variant: it is cut off")
        return raw[at : at + length]

    def _primitive(self, raw: bytes, at: int, kind: int) -> Any:
        if kind in CONSTANTS:
            return CONSTANTS[kind]
        if kind in SCALARS:
            layout, length = SCALARS[kind]
            (number,) = struct.unpack(layout, self._bytes(raw, at, length))
            return _plain(number)
        if kind in DECIMALS:
            scale = raw[at]
            whole = int.from_bytes(self._bytes(raw, at + 1, DECIMALS[kind]), "little", signed=True)
            return _plain(Decimal((whole < 0, tuple(map(int, str(abs(whole)))), -scale)))
        if kind in (BINARY, STRING):
            held = self._bytes(raw, at + 4, _number(raw, at, 4))
            return held.decode() if kind == STRING else _plain(held)
        if kind == UUID:
            return str(uuid.UUID(bytes=self._bytes(raw, at, 16)))
        count = int.from_bytes(
            self._bytes(raw, at, 4 if kind == DATE else 8), "little", signed=True
        )
        if kind == DATE:
            return str(np.datetime64(count, "D"))
        if kind == TIME:
            return _short(str(np.datetime64(count, "us")).partition("T")[2])
        unit, zone = MOMENTS[kind]
        return _short(str(np.datetime64(count, unit))) + zone  # type: ignore[call-overload]


def _is_there(field: Mapping[str, Any]) -> bool:
    return any(field.get(name) is not None for name in ("value", "typed_value"))


def _number(raw: bytes, at: int, width: int) -> int:
    return int.from_bytes(raw[at : at + width], "little")


def _numbers(raw: bytes, at: int, width: int, count: int) -> list[int]:
    if at + width * count > len(raw):
        raise ValueError("not a variant: it is cut off")
    return list(_each(raw, at, width, count))


def _each(raw: bytes, at: int, width: int, count: int) -> Iterator[int]:
    return (_number(raw, begin, width) for begin in range(at, at + width * count, width))


def _short(moment: str) -> str:
    """Without noughts at the end of a fraction of a second.

    >>> _short("2024-02-29T10:00:00.500000"), _short("10:00:00")
    ('2024-02-29T10:00:00.5', '10:00:00')
    """
    return moment.rstrip("0").rstrip(".") if "." in moment else moment


def _plain(value: Any) -> Any:
    """As JSON has it; numbers of which it holds fewer digits are text, and so are all others."""
    match value:
        case float() if not isfinite(value):
            return str(value)
        case Decimal():
            number = float(value)
            return number if Decimal(repr(number)) == value else format(value, "f")
        case bytes():
            return base64.b64encode(value).decode()
        case dt.datetime() if value.tzinfo is not None:
            return _short(value.astimezone(dt.UTC).replace(tzinfo=None).isoformat()) + "Z"
        case dt.datetime() | dt.time():
            return _short(value.isoformat())
        case dt.date() | uuid.UUID():
            return str(value)
    return value
