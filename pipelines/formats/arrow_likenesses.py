"""Arrow likenesses: columns of types that no table has, as what is most like them.

Views of lists and runs of values are what they stand for. What is of one kind here and of another
there, holds nothing, or lasts for months is text, and so is what holds variants.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from pipelines.formats import variant
from pipelines.formats.base import Notice, Origin
from pipelines.formats.variant import is_variant

LISTS = (pa.ListType, pa.LargeListType, pa.ListViewType, pa.LargeListViewType)
VALUE_BYTES = 16  # at least, as an object of Python
UNLIKE = (pa.UnionType, pa.RunEndEncodedType, pa.ListViewType, pa.LargeListViewType)


def is_unlike(kind: Any) -> bool:
    """Whether it is, or holds, a type that has no like in polars or Parquet.

    >>> is_unlike(pa.list_(pa.list_view(pa.int8()))), is_unlike(pa.list_(pa.int8()))
    (True, False)
    """
    match kind:
        case pa.BaseExtensionType():
            return is_unlike(kind.storage_type)
        case pa.DictionaryType():
            return is_unlike(kind.value_type)
        case pa.StructType() if kind.num_fields == 0:
            return True
    if isinstance(kind, UNLIKE) or pa.types.is_interval(kind) or is_variant(kind):
        return True
    return any(is_unlike(kind.field(index).type) for index in range(kind.num_fields))


def is_worded(kind: Any) -> bool:
    """Whether it becomes text, being none.

    >>> is_worded(pa.list_view(pa.struct([]))), is_worded(pa.list_view(pa.string()))
    (True, False)
    """
    if isinstance(kind, (*LISTS, pa.RunEndEncodedType)):
        return is_worded(kind.value_type)
    return is_unlike(kind)


def like(kind: Any) -> Any:
    """The type of what such a column becomes.

    >>> like(pa.list_view(pa.int8())), like(pa.month_day_nano_interval())
    (ListType(list<item: int8>), DataType(string))
    """
    if is_worded(kind):
        return pa.string()
    if isinstance(kind, pa.RunEndEncodedType):
        return like(kind.value_type)
    return pa.list_(like(kind.value_type)) if is_unlike(kind) else kind


def likened(schema: Any) -> Any:
    """The schema with what its columns become."""
    return pa.schema([field.with_type(like(field.type)) for field in schema], schema.metadata)


def in_likeness(batch: Any, spend: Callable[[int], None]) -> Any:
    """The batch with what its columns become; the size of each value is told before the next."""
    if not any(is_unlike(field.type) for field in batch.schema):
        return batch
    columns = [
        pa.array(_values(column, spend), like(column.type)) if is_unlike(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=likened(batch.schema))


def _values(column: Any, spend: Callable[[int], None]) -> Iterator[Any]:
    in_words, are_variants = is_worded(column.type), is_variant(column.type)
    for item in column:
        value = item.as_py()
        if are_variants:
            value = variant_text(value)
        elif in_words:
            value = text_of(_told(value, column.type))
        spend(VALUE_BYTES + (len(value) if isinstance(value, str | bytes | list) else 0))
        yield value


def notices(schema: Any, origin: Origin) -> Iterator[Notice]:
    """What became of columns that are no more what they were."""
    for field in schema:
        if is_worded(field.type):
            message = f"column {field.name!r} is of a type that no table has, and was read as text:"
            told = "variants, in JSON" if is_variant(field.type) else str(field.type)
            where = (origin.input, origin.member, None, field.name)
            yield Notice("arrow.likeness", f"{message} {told}", "WARNING", *where)


def variant_text(value: Any) -> str | None:
    """What a row holds of a variant, in JSON; its parts where they make up none."""
    try:
        told = None if value is None else variant.json_of(value)
    except ValueError:
        return text_of(value)
    return None if told == "null" else told


def _told(value: Any, kind: Any) -> Any:
    """The value with what the variants in it say."""
    if value is None or isinstance(kind, pa.UnionType):
        return value
    if is_variant(kind):
        try:
            return json.loads(variant.json_of(value))
        except ValueError:
            return value
    if isinstance(kind, pa.StructType):
        return {field.name: _told(value[field.name], field.type) for field in kind}
    if isinstance(kind, LISTS):
        return [_told(each, kind.value_type) for each in value]
    if isinstance(kind, pa.MapType):
        return [(key, _told(each, kind.item_type)) for key, each in value]
    return value


def text_of(value: Any) -> str | None:
    """A value of a type that no column has: text as it is, how long it lasts, the rest as JSON.

    >>> text_of("a"), text_of(1), text_of({"b": b"x"}), text_of(pa.MonthDayNano([14, 3, -5]))
    ('a', '1', '{"b":"x"}', 'P14M3DT-0.000000005S')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, pa.MonthDayNano):
        return lasting(*value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_in_json)


def _in_json(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def lasting(months: int, days: int, nanoseconds: int) -> str:
    """How long that is, in ISO 8601.

    >>> lasting(3, 0, 0), lasting(0, 1, 7_200_000_000_000), lasting(0, 0, 0)
    ('P3M', 'P1DT7200S', 'P0D')
    """
    whole, parts = divmod(abs(nanoseconds), 1_000_000_000)
    fraction = f".{parts:09}".rstrip("0") if parts else ""
    clock = f"T{'-' if nanoseconds < 0 else ''}{whole}{fraction}S" if nanoseconds else ""
    date = (f"{months}M" if months else "") + (f"{days}D" if days or not (months or clock) else "")
    return f"P{date}{clock}"
