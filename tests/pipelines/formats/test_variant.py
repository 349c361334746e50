"""Variants: each value of a column that has many kinds of them is told, whatever wrote it."""

import contextlib
import io
import json
import struct

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import TablePlan
from pipelines.formats.variant import json_of
from pipelines.source_plan import plan

EMPTY = bytes([1, 0, 0])


def planned(content: bytes) -> TablePlan:
    (table,) = plan([MemoryObject("a.parquet", content)], Limits()).tables
    return table


def cells(content: bytes, name: str = "v") -> list[object]:
    table = planned(content)
    (chunk,) = table.fragments[0].chunks(table.schema)
    assert chunk.frame.schema == table.schema
    return chunk.frame[name].to_list()


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def object_of(name: bytes, value: bytes) -> dict[str, bytes]:
    """An object with one field."""
    metadata = bytes([1, 1, 0, len(name)]) + name
    return {"metadata": metadata, "value": bytes([2, 1, 0, 0, len(value)]) + value}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("1::TINYINT", "1"),
        ("-300::SMALLINT", "-300"),
        ("100000::INT", "100000"),
        ("1234567890123456789::BIGINT", "1234567890123456789"),
        ("1.1::FLOAT", "1.100000023841858"),
        ("1e300::DOUBLE", "1e+300"),
        ("'nan'::DOUBLE", '"nan"'),
        ("-1.50::DECIMAL(5,2)", "-1.5"),
        ("0.05::DECIMAL(18,2)", "0.05"),
        (
            "99999999999999999999999999999.123456789::DECIMAL(38,9)",
            '"99999999999999999999999999999.123456789"',
        ),
        ("true", "true"),
        ("false", "false"),
        ("DATE '2024-02-29'", '"2024-02-29"'),
        ("TIME '10:00:00.25'", '"10:00:00.25"'),
        ("TIMESTAMP '2024-02-29 10:00:00'", '"2024-02-29T10:00:00"'),
        ("TIMESTAMPTZ '2024-02-29 10:00:00.5+02'", '"2024-02-29T08:00:00.5Z"'),
        ("TIMESTAMP_NS '2024-02-29 10:00:00.123456789'", '"2024-02-29T10:00:00.123456789"'),
        ("'\\x00\\xFF'::BLOB", '"AP8="'),
        (
            "'12345678-1234-1234-1234-123456789abc'::UUID",
            '"12345678-1234-1234-1234-123456789abc"',
        ),
        ("'über'", '"über"'),
        ("repeat('long ', 100)", json.dumps("long " * 100)),
        ("[1, NULL, 300]", "[1,null,300]"),
        ("{'b': {'c': ['x']}, 'a': 1}", '{"a":1,"b":{"c":["x"]}}'),
        ("NULL", None),
    ],
)
def test_what_duckdb_writes_is_told_in_json(said, told, tmp_path):
    """Alone in its column it is shredded, that is, stored by its type; beside others it is not."""
    alone, beside = tmp_path / "alone.parquet", tmp_path / "beside.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table one as select ({said})::VARIANT as v")
        connection.execute(f"copy one to '{alone}' (FORMAT parquet)")
        others = "('x'::VARIANT), ({'k': 1}::VARIANT), ([1]::VARIANT), (false::VARIANT)"
        connection.execute(f"insert into one values {others}")
        connection.execute(f"copy one to '{beside}' (FORMAT parquet)")

    assert cells(alone.read_bytes()) == [told]
    assert cells(beside.read_bytes()) == [told, '"x"', '{"k":1}', "[1]", "false"]


def test_an_object_may_be_shredded_in_part(tmp_path):
    """Its fields of one type stand apart from those of others."""
    path = tmp_path / "a.parquet"
    with duckdb.connect() as connection:
        rows = "{'a': i, 'b': 'x' || i}::VARIANT as v from range(3) t(i)"
        connection.execute(f"create table w as select {rows}")
        connection.execute("insert into w values ({'a': 'u', 'z': 3}::VARIANT), (7::VARIANT)")
        connection.execute(f"copy w to '{path}' (FORMAT parquet)")

    said = [f'{{"a":{i},"b":"x{i}"}}' for i in range(3)]
    assert cells(path.read_bytes()) == [*said, '{"a":"u","z":3}', "7"]


def test_variants_within_other_values_are_told_and_so_is_it_that_they_are_text():
    """No type can be told of the whole then, and the notice says so."""
    seven = object_of(b"a", bytes([12, 7]))
    rows = [{"n": 1, "v": seven}, {"n": 2, "v": None}, None]

    content = parquet(pa.table({"v": rows, "plain": [seven, None, seven]}))

    assert cells(content) == ['{"n":1,"v":{"a":7}}', '{"n":2,"v":null}', None]
    assert cells(content, "plain") == ['{"a":7}', None, '{"a":7}']
    notices = planned(content).notices
    assert [(n.code, n.column) for n in notices] == [
        ("arrow.likeness", "v"),
        ("arrow.likeness", "plain"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        {"metadata": b"\x02\x00\x00", "value": b"\x0c\x07"},
        {"metadata": EMPTY, "value": b""},
        {"metadata": EMPTY, "value": b"\x0c"},
        {"metadata": EMPTY, "value": bytes([1 | 9 << 2]) + b"short"},
        {"metadata": EMPTY, "value": bytes([21 << 2])},
        {"metadata": EMPTY, "value": bytes([2, 1, 0, 0, 2, 12, 7])},
        {"metadata": EMPTY, "value": bytes([3, 200])},
    ],
)
def test_what_is_no_variant_is_told_as_it_stands(value):
    with pytest.raises(ValueError, match="variant"):
        json_of(value)

    said = json.dumps({k: v.decode("latin-1") for k, v in value.items()}, ensure_ascii=False)
    assert cells(parquet(pa.table({"v": [value]}))) == [
        said.replace('": "', '":"').replace('", "', '","')
    ]


def test_parts_that_lie_in_one_another_are_refused():
    """Thirty arrays, each twice the next, would be a thousand million values."""
    value = b"\x0c\x07"
    for _ in range(30):
        length = len(value)
        value = bytes([3 | 1 << 2, 2]) + struct.pack("<HHH", 0, 0, length) + value

    with pytest.raises(ValueError, match="lie in one another"):
        json_of({"metadata": EMPTY, "value": value})


def test_a_long_name_may_not_be_said_without_end():
    name = b"n" * (1 << 16)
    item = bytes([2, 1, 0, 0, 1, 0])
    items = item * 300
    offsets = b"".join(struct.pack("<H", at * len(item)) for at in range(301))
    metadata = bytes([1 | 3 << 6]) + struct.pack("<III", 1, 0, len(name)) + name
    array = bytes([3 | (1 | 1 << 2) << 2]) + struct.pack("<I", 300) + offsets + items

    with pytest.raises(ValueError, match="too long together"):
        json_of({"metadata": metadata, "value": array})


@given(st.binary(max_size=40), st.binary(max_size=10))
def test_any_bytes_are_told_or_refused(value, names):
    with contextlib.suppress(ValueError):
        json.loads(json_of({"metadata": EMPTY if not names else b"\x01" + names, "value": value}))
