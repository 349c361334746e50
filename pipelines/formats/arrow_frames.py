"""Arrow frames: Arrow columns become polars columns, value for value; expansion is counted."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats.arrow_likenesses import in_likeness, likened
from pipelines.formats.list_elements import in_lists
from pipelines.formats.naming import unique_columns

PIECE_BYTES = 64 << 20
WIDE_BYTES = 1 << 10  # repeated values that are longer count towards the ratio
LARGEST_DECIMAL = 38


def to_frame(batch: Any) -> pl.DataFrame:
    """A record batch or table as polars holds it. Repeated names are numbered."""
    names = unique_columns(batch.schema.names)
    columns = {name: _column(column) for name, column in zip(names, batch.columns, strict=True)}
    return pl.DataFrame(
        [pl.Series(name, column) for name, column in columns.items()], height=batch.num_rows
    )


def frame_schema(schema: Any) -> pl.Schema:
    """The schema of the frames that batches of an Arrow schema become."""
    return to_frame(empty(likened(schema))).schema


def empty(schema: Any) -> Any:
    """A table without rows; of ids within lists pyarrow makes no empty one itself.

    >>> empty(pa.schema([("ids", pa.list_(pa.uuid()))])).num_rows
    0
    """
    return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def _column(column: Any) -> Any:
    if isinstance(column.type, pa.UuidType):
        return _uuid_text(pl.Series(column.cast(pa.binary(16))))
    if _has_ids(column.type):
        return _with_ids(pl.Series(column.cast(plain_type(column.type))), column.type)
    if isinstance(column.type, pa.Bool8Type):
        return column.cast(pa.bool_())
    if _has_viewed_words(column.type):  # pyarrow casts none of them
        series = pl.Series(column)
        return series.cast(_worded(series.dtype))
    plain = plain_type(column.type)
    return column if plain == column.type else column.cast(plain)


def _has_ids(kind: Any) -> bool:
    return isinstance(kind, pa.UuidType) or any(
        _has_ids(kind.field(index).type) for index in range(kind.num_fields)
    )


def _with_ids(series: pl.Series, kind: Any) -> pl.Series:
    """A column of bytes, or one that holds such, with texts for those that are ids in `kind`."""
    match kind:
        case pa.UuidType():
            return _uuid_text(series).alias(series.name)
        case pa.MapType():
            return _with_ids(series, _unfolded(kind))
        case pa.ListType() | pa.LargeListType():
            return in_lists(series, lambda found: _with_ids(found, kind.value_type))
        case pa.FixedSizeListType():
            return in_lists(series.arr.to_list(), lambda found: _with_ids(found, kind.value_type))
        case pa.StructType():
            names = series.struct.fields
            fields = [_with_ids(series.struct.field(n), kind.field(n).type) for n in names]
            whole = pl.DataFrame(fields, height=len(series)).to_struct(series.name)
            return whole.set(series.is_null(), None)
    return series


def _uuid_text(raw: pl.Series) -> pl.Series:
    digits = raw.bin.encode("hex")
    places = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
    parts = [pl.col("uuid").str.slice(start, length) for start, length in places]
    return pl.DataFrame({"uuid": digits}).select(pl.concat_str(parts, separator="-"))["uuid"]


def _has_viewed_words(kind: Any) -> bool:
    """Whether it is, or holds, a dictionary whose texts are views, as polars writes categories."""
    if isinstance(kind, pa.DictionaryType):
        return bool(pa.types.is_string_view(kind.value_type))
    return any(_has_viewed_words(kind.field(index).type) for index in range(kind.num_fields))


def _worded(dtype: Any) -> Any:
    """The type with texts for categories."""
    match dtype:
        case pl.Categorical() | pl.Enum():
            return pl.String()
        case pl.List():
            return pl.List(_worded(dtype.inner))
        case pl.Array():
            return pl.Array(_worded(dtype.inner), dtype.size)
        case pl.Struct():
            return pl.Struct([pl.Field(each.name, _worded(each.dtype)) for each in dtype.fields])
    return dtype


def plain_type(kind: Any) -> Any:
    """The type that holds the same values and that polars knows.

    >>> plain_type(pa.list_(pa.dictionary(pa.int32(), pa.string())))
    ListType(list<item: string>)
    """
    match kind:
        case pa.BaseExtensionType():
            return plain_type(kind.storage_type)
        case pa.DictionaryType():
            return plain_type(kind.value_type)
        case pa.MapType():
            return plain_type(_unfolded(kind))
        case pa.FixedSizeListType():
            return pa.list_(plain_type(kind.value_type), kind.list_size)
        case pa.ListType() | pa.LargeListType():
            return pa.list_(pa.field(kind.value_field.name, plain_type(kind.value_type)))
        case pa.StructType():
            fields = [kind.field(index) for index in range(kind.num_fields)]
            return pa.struct([pa.field(field.name, plain_type(field.type)) for field in fields])
        case pa.Decimal256Type() if kind.scale >= 0:
            fits = kind.precision <= LARGEST_DECIMAL
            return pa.decimal128(kind.precision, kind.scale) if fits else pa.string()
        case _ if pa.types.is_decimal(kind) and kind.scale < 0:
            digits = kind.precision - kind.scale
            return pa.decimal128(digits, 0) if digits <= LARGEST_DECIMAL else pa.string()
        case pa.TimestampType() if kind.tz is not None and kind.tz not in available_timezones():
            return pa.timestamp(kind.unit, "UTC")
        case _ if pa.types.is_float16(kind):
            return pa.float32()
        case _ if pa.types.is_date64(kind):
            return pa.date32()
    return kind


def _unfolded(kind: Any) -> Any:
    return pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)]))


class Expansion:
    """Counts what dictionaries expand to, before they do, and cuts batches into small pieces."""

    def __init__(self, name: str, file_bytes: int, limits: Limits) -> None:
        self._name, self._file_bytes, self._limits = name, file_bytes, limits
        self._total = 0
        self._wide = 0

    def pieces(self, batch: Any) -> Iterator[Any]:
        """Slices of the batch, each small when expanded. Raises LimitExceeded."""
        yield from self._halves(in_likeness(batch, self._spend_wide))

    def _halves(self, batch: Any) -> Iterator[Any]:
        sizes = [size for column in batch.columns for size in _sizes(column)]
        total = sum(size for size, _, _ in sizes)
        if total > PIECE_BYTES and batch.num_rows > 1:
            half = batch.num_rows // 2
            yield from self._halves(batch.slice(0, half))
            yield from self._halves(batch.slice(half))
            return
        self._spend(total + batch.nbytes, sum(wide for _, wide, _ in sizes))
        if max((longest for _, _, longest in sizes), default=0) > self._limits.max_cell_bytes:
            raise self._refused("holds a longer value than", "max_cell_bytes")
        yield batch

    def _spend_wide(self, length: int) -> None:
        self._spend(0, length)

    def _spend(self, total: int, wide: int) -> None:
        self._total += total
        self._wide += wide
        limits = self._limits
        if self._total > limits.max_expanded_bytes:
            raise self._refused("expands beyond", "max_expanded_bytes")
        if self._wide > limits.ratio_free_bytes + limits.max_ratio * self._file_bytes:
            raise self._refused("expands, times its own size, beyond", "max_ratio")

    def _refused(self, what: str, limit: str) -> LimitExceeded:
        value = getattr(self._limits, limit)
        return LimitExceeded(f"{self._name} {what} {value} ({limit})", limit=limit)


def _sizes(array: Any) -> Iterator[tuple[int, int, int]]:
    """For each string or binary leaf: bytes when expanded, those of wide repeats, the longest."""
    kind = array.type
    if isinstance(kind, pa.StructType):
        for child in array.flatten():
            yield from _sizes(child)
    elif isinstance(kind, pa.MapType):
        yield from _sizes(array.cast(_unfolded(kind)).flatten())
    elif isinstance(kind, (pa.ListType, pa.LargeListType)):
        yield from _sizes(array.flatten())
    elif isinstance(kind, pa.DictionaryType):
        if _is_text(kind.value_type) or _is_view(kind.value_type):
            words = array.dictionary
            words = words.cast(pa.large_binary()) if _is_view(kind.value_type) else words
            lengths = pc.binary_length(words).cast(pa.int64()).take(array.indices)
            wide = pc.sum(lengths.filter(pc.greater(lengths, pa.scalar(WIDE_BYTES)))).as_py()
            yield pc.sum(lengths).as_py() or 0, wide or 0, pc.max(lengths).as_py() or 0
    elif _is_view(kind):
        lengths = _view_lengths(array)
        wide = int(lengths[lengths > WIDE_BYTES].sum())
        yield int(lengths.sum()), wide, int(lengths.max(initial=0))
    elif _is_text(kind):
        lengths = pc.binary_length(array).cast(pa.int64())
        yield pc.sum(lengths).as_py() or 0, 0, pc.max(lengths).as_py() or 0


def _view_lengths(array: Any) -> Any:
    """The lengths of texts that are views, of which many may show the same bytes."""
    views = np.frombuffer(array.buffers()[1], np.int32).reshape(-1, 4)
    lengths = views[array.offset : array.offset + len(array), 0].astype(np.int64)
    return lengths[np.asarray(array.is_valid(), dtype=bool)]


def _is_view(kind: Any) -> bool:
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))


def _is_text(kind: Any) -> bool:
    return any(
        check(kind)
        for check in (
            pa.types.is_string,
            pa.types.is_binary,
            pa.types.is_large_string,
            pa.types.is_large_binary,
        )
    )
