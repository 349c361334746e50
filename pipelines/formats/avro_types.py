"""Avro types: a schema becomes Arrow types, and a way to fit decoded values into them."""

import struct
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.errors import LimitExceeded, UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats.arrow_likenesses import lasting, text_of

Fit = Callable[[Any], Any]
PRIMITIVES = {
    "null": pa.null(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.string(),
}
LOGICAL = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "time-micros"): pa.time64("us"),
    ("long", "timestamp-millis"): pa.timestamp("ms", "UTC"),
    ("long", "timestamp-micros"): pa.timestamp("us", "UTC"),
    ("long", "timestamp-nanos"): pa.timestamp("ns", "UTC"),
    ("long", "local-timestamp-millis"): pa.timestamp("ms"),
    ("long", "local-timestamp-micros"): pa.timestamp("us"),
    ("long", "local-timestamp-nanos"): pa.timestamp("ns"),
}
# Mixtures that one number type holds exactly.
NUMBERS = (({"int", "long"}, pa.int64()), ({"int", "float", "double"}, pa.float64()))
LARGEST_DECIMAL = 76
ANY_PRECISION = 1000
UUID_BYTES = 16
NARROW = 32  # bits
DURATION = struct.Struct("<LLL")  # months, days, milliseconds


@dataclass(frozen=True, slots=True)
class Typed:
    """An Arrow type; `fit` makes of a decoded value what pyarrow takes for it, None: it does."""

    arrow: Any
    fit: Fit | None = None


def stored(schema: Any) -> Any:
    """The schema without the logical types that Arrow holds as the numbers which they are.

    Decimals in bytes are decoded at any length: the library would round what is too long.
    """
    if isinstance(schema, list):
        return [stored(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: stored(part) for key, part in schema.items()}
    if plain.get("logicalType") != "decimal":
        plain.pop("logicalType", None)
    elif plain["type"] == "bytes":
        plain["precision"] = max(plain["precision"], ANY_PRECISION)
    return plain


class Translation:
    """One schema, as fastavro parsed it (so that names are whole), becomes Arrow types."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._name, self._limits = name, limits
        self._named: dict[str, Mapping[str, Any]] = {}
        self._open: set[str] = set()
        self._count = 0
        self.is_recursive = False

    def enter(self, record: Mapping[str, Any]) -> None:
        """The record whose fields are the columns."""
        self._named[record["name"]] = record
        self._open.add(record["name"])

    def of(self, schema: Any) -> Typed:
        """A record within one of its own type is text. Raises UnknownFormat, LimitExceeded."""
        self._count += 1
        if self._count > 2 * self._limits.max_columns:
            raise LimitExceeded(
                f"{self._name} has more than {self._limits.max_columns} fields (max_columns)",
                limit="max_columns",
            )
        if isinstance(schema, list):
            return self._union(schema)
        if isinstance(schema, str):
            kind = PRIMITIVES.get(schema)
            return Typed(kind) if kind is not None else self._complex(self._known(schema))
        return self._complex(schema)

    def _known(self, name: str) -> Mapping[str, Any]:
        if name not in self._named:
            raise UnknownFormat(f"{self._name} has a schema that names the unknown type {name!r}")
        return self._named[name]

    def _complex(self, schema: Mapping[str, Any]) -> Typed:
        kind = schema["type"]
        if "name" in schema and kind in {"record", "error", "enum", "fixed"}:
            self._named[schema["name"]] = schema
        if isinstance(kind, dict | list):
            return self.of(kind)
        if kind in {"record", "error"}:
            return self._record(schema)
        logical = self._logical(kind, schema)
        if logical is not None:
            return logical
        match kind:
            case "enum":
                return Typed(pa.string())
            case "fixed":
                return Typed(pa.binary(schema["size"]))
            case "array":
                inner = self.of(schema["items"])
                if self._is_weightless(schema["items"]):
                    raise UnknownFormat(
                        f"{self._name} has lists of values that take no bytes, so that a few bytes"
                        " may claim any number of them"
                    )
                return _list_of(inner)
            case "map":
                return _map_of(self.of(schema["values"]))
            case _:
                return self.of(kind)

    def _is_weightless(self, schema: Any) -> bool:
        """Whether a value of the type takes no bytes."""
        if isinstance(schema, str):
            return schema == "null" or (
                schema not in PRIMITIVES and self._is_weightless(self._known(schema))
            )
        if isinstance(schema, list):
            return False
        match schema["type"]:
            case "record" | "error":
                return all(self._is_weightless(field["type"]) for field in schema["fields"])
            case "fixed":
                return not schema["size"]
            case "enum" | "array" | "map":
                return False
            case inner:
                return self._is_weightless(inner)

    def _logical(self, kind: str, schema: Mapping[str, Any]) -> Typed | None:
        logical = schema.get("logicalType")
        if logical == "decimal" and kind in {"bytes", "fixed"}:
            precision, scale = schema["precision"], schema.get("scale", 0)
            if precision > LARGEST_DECIMAL:
                return Typed(pa.string(), _digits)
            return Typed(pa.decimal256(precision, scale))
        if (kind, logical) == ("fixed", "uuid") and schema["size"] == UUID_BYTES:
            return Typed(pa.string(), _id)
        if (kind, logical) == ("fixed", "duration") and schema["size"] == DURATION.size:
            return Typed(pa.string(), _duration)
        known = LOGICAL.get((kind, str(logical)))
        return None if known is None else Typed(known)

    def _record(self, schema: Mapping[str, Any]) -> Typed:
        name = schema["name"]
        if name in self._open:
            self.is_recursive = True
            return Typed(pa.string(), text_of)  # of any depth, as no type of a table is
        self._open.add(name)
        fields = {field["name"]: self.of(field["type"]) for field in schema["fields"]}
        self._open.remove(name)
        kind = pa.struct([pa.field(key, typed.arrow) for key, typed in fields.items()])
        fits = {key: typed.fit for key, typed in fields.items() if typed.fit is not None}
        if not fits:
            return Typed(kind)
        return Typed(
            kind, lambda value: value | {key: fit(value[key]) for key, fit in fits.items()}
        )

    def _union(self, branches: list[Any]) -> Typed:
        values = [branch for branch in branches if branch != "null"]
        if not values:
            return Typed(pa.null())
        typed = [self.of(branch) for branch in values]
        if len(values) == 1:
            fit = typed[0].fit
            if fit is None:
                return typed[0]
            return Typed(typed[0].arrow, lambda value: None if value is None else fit(value))
        kinds = {branch if isinstance(branch, str) else "" for branch in values}
        for numbers, kind in NUMBERS:
            if kinds <= numbers:
                return Typed(kind)
        meant = _meant(typed)
        return Typed(pa.string(), lambda value: text_of(_said(value, meant)))


def _meant(branches: list[Typed]) -> Mapping[type, Typed]:
    """Of what Python holds whole numbers and bytes in a union for, where only one branch has them.

    >>> [*_meant([Typed(pa.date32()), Typed(pa.string())])]
    [<class 'int'>]
    """
    moments = [each for each in branches if pa.types.is_temporal(each.arrow)]
    whole = [each for each in branches if pa.types.is_integer(each.arrow)]
    words = [each for each in branches if each.fit in (_id, _duration)]
    raw = [each for each in branches if _is_raw(each.arrow)]
    found: dict[type, Typed] = {}
    if len(moments) == 1 and not whole:
        found[int] = moments[0]
    if len(words) == 1 and not raw:
        found[bytes] = words[0]
    return found


def _is_raw(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _said(value: Any, meant: Mapping[type, Typed]) -> Any:
    typed = meant.get(type(value))
    if typed is None:
        return value
    if typed.fit is not None:
        return typed.fit(value)
    stored_as = pa.int32() if typed.arrow.bit_width == NARROW else pa.int64()
    told = str(pa.scalar(value, stored_as).cast(typed.arrow).cast(pa.string()))
    return value if told.startswith("<") else told  # pyarrow says so where no calendar goes


def _fitted(fits: Mapping[str, Fit], value: Mapping[str, Any]) -> dict[str, Any]:
    return {**value, **{key: fit(value[key]) for key, fit in fits.items()}}


def _list_of(inner: Typed) -> Typed:
    kind = pa.list_(inner.arrow)
    fit = inner.fit
    return Typed(kind) if fit is None else Typed(kind, lambda value: [fit(item) for item in value])


def _map_of(inner: Typed) -> Typed:
    kind = pa.map_(pa.string(), inner.arrow)
    fit = inner.fit
    if fit is None:
        return Typed(kind, lambda value: list(value.items()))
    return Typed(kind, lambda value: [(key, fit(item)) for key, item in value.items()])


def _id(raw: bytes) -> str:
    """Text at once: pyarrow takes no ids from Python within lists and records."""
    return str(uuid.UUID(bytes=raw))


def _duration(raw: bytes) -> str:
    months, days, milliseconds = DURATION.unpack(raw)
    return lasting(months, days, milliseconds * 1_000_000)


def _digits(value: Any) -> str:
    return f"{value:f}"
