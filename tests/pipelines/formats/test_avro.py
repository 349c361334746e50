"""Avro: every type and codec, blocks wherever a file is cut, bombs and damage by their names."""

import bz2
import datetime as dt
import io
import json
import lzma
import uuid
import zlib
from decimal import Decimal

import fastavro
import polars as pl
import pyarrow as pa
import pytest
import zstandard
from polars.testing import assert_frame_equal
from samples import MemoryObject

from connectors.errors import (
    CorruptFile,
    EmptyInput,
    LimitExceeded,
    ParserOutOfMemory,
    UnknownFormat,
)
from pipelines.containers.limits import Limits
from pipelines.formats import avro, avro_blocks
from pipelines.formats.avro import Avro, AvroRange
from pipelines.formats.avro_blocks import Block, encoded, framed, framed_block
from pipelines.formats.base import Origin, TablePlan
from tests.contracts.format_contract import FormatContract, FormatSample, read, table_of

SYNC = bytes(range(16))
NOON = dt.datetime(2024, 2, 29, 12, 30, 1, 123456)


def record(*fields: tuple[str, object]) -> dict[str, object]:
    named = [{"name": name, "type": kind} for name, kind in fields]
    return {"type": "record", "name": "Row", "namespace": "org.example", "fields": named}


def written(schema: object, rows: list[object], **options: object) -> bytes:
    content = io.BytesIO()
    fastavro.writer(content, schema, rows, sync_marker=SYNC, **options)
    return content.getvalue()


def planned(content: bytes, limits: Limits | None = None) -> TablePlan:
    file = MemoryObject("rows.avro", content)
    (table,) = Avro().tables(file, Origin(file.name), limits or Limits())
    return table


def frame(content: bytes, limits: Limits | None = None) -> pl.DataFrame:
    table = planned(content, limits)
    return table_of(read(table.fragments, table.schema))


def column(kind: object, values: list[object]) -> pl.Series:
    return frame(written(record(("a", kind)), [{"a": value} for value in values]))["a"]


AT = {"type": "record", "name": "At", "fields": [{"name": "x", "type": ["null", "long"]}]}
SCHEMA = record(
    ("id", "long"),
    ("name", ["null", "string"]),
    ("score", ["null", "double"]),
    ("ok", "boolean"),
    ("tags", ["null", {"type": "array", "items": "string"}]),
    ("at", ["null", AT]),
)
TABLE = pl.DataFrame(
    {
        "id": [1, 2, 3, 9007199254740993],
        "name": ["Ada", "ünï\nline", "", None],
        "score": [1.5, None, -2.0, 1e300],
        "ok": [True, False, True, False],
        "tags": [["a", "b"], [], None, ["]"]],
        "at": [{"x": 1}, {"x": None}, None, {"x": 2}],
    }
)


class TestAvro(FormatContract):
    @pytest.fixture
    def sample(self):
        content = written(SCHEMA, TABLE.to_dicts(), sync_interval=1)
        return FormatSample(Avro(), MemoryObject("rows.avro", content), TABLE)

    def cuts(self, sample):
        (whole,) = sample.plan().fragments
        for cut in range(whole.start, sample.file.size):
            yield (
                AvroRange(sample.file, whole.header, whole.start, cut, Limits()),
                AvroRange(sample.file, whole.header, cut, sample.file.size, Limits()),
            )


def test_polars_and_we_read_the_same():
    """What polars wrote comes back as polars itself reads it."""
    table = TABLE.drop("at", "tags").with_columns(day=dt.date(2024, 2, 29), at=NOON)
    content = io.BytesIO()
    table.write_avro(content, compression="deflate")

    independent = pl.read_avro(io.BytesIO(content.getvalue()))

    assert_frame_equal(frame(content.getvalue()), independent)


def snappy(plain: bytes) -> bytes:
    packed = pa.Codec("snappy").compress(plain, asbytes=True)
    return packed + zlib.crc32(plain).to_bytes(4, "big")


def deflated(plain: bytes) -> bytes:
    return zlib.compress(plain, 9, wbits=-15)


PACK = {
    "null": bytes,
    "deflate": deflated,
    "snappy": snappy,
    "zstandard": zstandard.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


def packed(codec: str, block: Block) -> bytes:
    key = b"avro.codec"
    header = framed(b'{"type":"record","name":"r","fields":[{"name":"a","type":"long"}]}', SYNC)
    header = header[: -len(SYNC) - 1] + encoded(1) + encoded(len(key)) + key
    header += encoded(len(codec)) + codec.encode() + encoded(0) + SYNC
    return header + framed_block(Block(block.records, PACK[codec](block.content)), SYNC)


@pytest.mark.parametrize("codec", PACK)
def test_every_codec_of_the_specification_is_read(codec):
    """No codec changes a value, and the receipt names it."""
    content = packed(codec, Block(3, b"\x02\x04\x06"))

    assert frame(content)["a"].to_list() == [1, 2, 3]
    assert planned(content).details["codec"] == codec


@pytest.mark.parametrize("codec", ["deflate", "zstandard", "bzip2", "xz"])
def test_fastavro_and_we_read_the_same(codec):
    """What fastavro packed comes back as it reads it itself."""
    rows = [{"a": number * 7} for number in range(5000)]
    content = written(record(("a", "long")), rows, codec=codec)

    assert frame(content).to_dicts() == list(fastavro.reader(io.BytesIO(content))) == rows


def logical(kind: str, meaning: str, **more: object) -> dict[str, object]:
    return {"type": kind, "logicalType": meaning, **more}


KEY = uuid.UUID("12345678-1234-5678-1234-567812345678")
TIME = dt.time(1, 2, 3, 4000)


@pytest.mark.parametrize(
    ("kind", "values", "dtype", "expected"),
    [
        (logical("int", "date"), [NOON.date()], pl.Date, [NOON.date()]),
        (logical("int", "time-millis"), [TIME], pl.Time, [TIME]),
        (logical("long", "time-micros"), [TIME], pl.Time, [TIME]),
        (
            logical("long", "timestamp-millis"),
            [NOON.replace(microsecond=123000, tzinfo=dt.UTC)],
            pl.Datetime("ms", "UTC"),
            [NOON.replace(microsecond=123000, tzinfo=dt.UTC)],
        ),
        (
            logical("long", "timestamp-micros"),
            [NOON.replace(tzinfo=dt.UTC)],
            pl.Datetime("us", "UTC"),
            [NOON.replace(tzinfo=dt.UTC)],
        ),
        (logical("long", "local-timestamp-micros"), [NOON], pl.Datetime("us"), [NOON]),
        (
            logical("bytes", "decimal", precision=9, scale=2),
            [Decimal("1.50"), Decimal("-0.01")],
            pl.Decimal(9, 2),
            [Decimal("1.50"), Decimal("-0.01")],
        ),
        (
            logical("fixed", "decimal", name="D", size=4, precision=9, scale=2),
            [Decimal("-1.50")],
            pl.Decimal(9, 2),
            [Decimal("-1.50")],
        ),
        (
            logical("bytes", "decimal", precision=100, scale=1),
            [Decimal("1" + "0" * 90 + ".5")],
            pl.String,
            ["1" + "0" * 90 + ".5"],
        ),
        (logical("string", "uuid"), [str(KEY)], pl.String, [str(KEY)]),
        (logical("fixed", "uuid", name="U", size=16), [KEY.bytes], pl.String, [str(KEY)]),
        (
            {"type": "array", "items": logical("fixed", "uuid", name="U", size=16)},
            [[KEY.bytes], []],
            pl.List(pl.String),
            [[str(KEY)], []],
        ),
        (
            {**record(("u", logical("fixed", "uuid", name="U", size=16))), "name": "Inner"},
            [{"u": KEY.bytes}],
            pl.Struct({"u": pl.String}),
            [{"u": str(KEY)}],
        ),
        (
            logical("fixed", "duration", name="L", size=12),
            [bytes([14, 0, 0, 0, 3, 0, 0, 0, 0xDC, 5, 0, 0]), bytes(12)],
            pl.String,
            ["P14M3DT1.5S", "P0D"],
        ),
        (
            ["null", "string", logical("int", "date"), logical("fixed", "uuid", name="U", size=16)],
            [NOON.date(), "soon", None, KEY.bytes],
            pl.String,
            [str(NOON.date()), "soon", None, str(KEY)],
        ),
        (
            [logical("long", "timestamp-millis"), "string"],
            [NOON.replace(microsecond=5000, tzinfo=dt.UTC), "soon"],
            pl.String,
            [f"{NOON:%Y-%m-%d %H:%M:%S}.005Z", "soon"],
        ),
        (
            ["string", logical("int", "date"), "long"],
            [1 << 40, "soon"],
            pl.String,
            [str(1 << 40), "soon"],
        ),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, ["B"], pl.String, ["B"]),
        ("bytes", [b"\xff"], pl.Binary, [b"\xff"]),
        ({"type": "fixed", "name": "F", "size": 2}, [b"ab"], pl.Binary, [b"ab"]),
        (["null", "int", "long"], [1, None, 1 << 40], pl.Int64, [1, None, 1 << 40]),
        (["int", "double"], [1, 2.5], pl.Float64, [1.0, 2.5]),
        (["null", "long", "string"], [1, "1", None, "x"], pl.String, ["1", "1", None, "x"]),
        (
            {"type": "map", "values": ["null", "int"]},
            [{"k": 1, "l": None}],
            pl.List(pl.Struct({"key": pl.String, "value": pl.Int32})),
            [[{"key": "k", "value": 1}, {"key": "l", "value": None}]],
        ),
        (
            {"type": "array", "items": {"type": "map", "values": ["int", "string"]}},
            [[{"k": 1}]],
            pl.List(pl.List(pl.Struct({"key": pl.String, "value": pl.String}))),
            [[[{"key": "k", "value": "1"}]]],
        ),
        ("null", [None], pl.Null, [None]),
    ],
    ids=str,
)
def test_types_are_kept(kind, values, dtype, expected):
    """Each type comes as the one of polars that holds the same values."""
    series = column(kind, values)

    assert series.dtype == dtype
    assert series.to_list() == expected


def test_a_type_may_be_used_twice():
    """A name stands for the record that was defined under it."""
    kind = {"type": "record", "name": "At", "fields": [{"name": "x", "type": "int"}]}
    row = {"a": {"x": 1}, "b": {"x": 2}}

    assert frame(written(record(("a", kind), ("b", "At")), [row])).to_dicts() == [row]


def test_values_that_are_no_records_are_one_column():
    """An Avro file may hold bare numbers."""
    assert frame(written("long", [1, 2])).to_dicts() == [{"value": 1}, {"value": 2}]


def test_a_large_file_is_cut_into_ranges(monkeypatch):
    """Fragments begin wherever they are told to, and find the next block."""
    monkeypatch.setattr(avro, "FRAGMENT_BYTES", 1000)
    monkeypatch.setattr(avro_blocks, "SEARCH_BYTES", 64)
    rows = [{"a": number} for number in range(20_000)]
    content = written(record(("a", "long")), rows, sync_interval=300)

    table = planned(content)

    assert len(table.fragments) == -(-(len(content) - table.fragments[0].start) // 1000)
    assert frame(content).to_dicts() == rows


def test_a_file_without_rows_keeps_its_columns():
    """No block at all is a table of no rows."""
    assert frame(written(record(("a", "long")), [])).schema == {"a": pl.Int64}


def test_a_record_without_fields_is_empty():
    """There is nothing to read in it."""
    with pytest.raises(EmptyInput):
        planned(written(record(), [{}]))


def test_a_record_within_one_of_its_own_type_is_json():
    """A list of linked records, and a tree: the fields of the outermost are columns."""
    linked = record(("n", "long"), ("next", ["null", "org.example.Row"]))
    tree = record(("s", "string"), ("of", {"type": "array", "items": "org.example.Row"}))
    far = {"n": 1, "next": {"n": 2, "next": {"n": 3, "next": None}}}
    grown = {"s": "a", "of": [{"s": "ü", "of": []}, {"s": "c", "of": [{"s": "d", "of": []}]}]}

    assert frame(written(linked, [far, {"n": 4, "next": None}])).to_dicts() == [
        {"n": 1, "next": '{"n":2,"next":{"n":3,"next":null}}'},
        {"n": 4, "next": None},
    ]
    assert frame(written(tree, [grown])).to_dicts() == [
        {"s": "a", "of": ['{"s":"ü","of":[]}', '{"s":"c","of":[{"s":"d","of":[]}]}']}
    ]


def test_a_record_far_within_its_own_type_is_refused():
    """Far deeper than anyone writes, it is called damaged, and its reader survives it."""
    schema = record(("next", ["null", "org.example.Row"]))

    def of_depth(depth: int) -> bytes:
        block = Block(1, b"\x02" * depth + b"\0")
        return framed(json.dumps(schema).encode(), SYNC) + framed_block(block, SYNC)

    assert frame(of_depth(100))["next"].item().count("{") == 100
    with pytest.raises(CorruptFile, match="nested too deeply"):
        frame(of_depth(5_000))


def test_an_unknown_codec_is_named():
    """What packs the blocks stands in the message."""
    content = packed("xz", Block(1, b"\x02")).replace(b"\x04xz", b"\x04qq", 1)

    with pytest.raises(UnknownFormat, match="codec 'qq'"):
        planned(content)


def test_a_nested_record_without_fields_is_text():
    """Parquet stores no such column."""
    kind = {"type": "record", "name": "N", "fields": []}

    content = written(record(("a", ["null", kind])), [{"a": {}}, {"a": None}])

    assert frame(content)["a"].to_list() == ["{}", None]
    assert [notice.column for notice in planned(content).notices] == ["a"]


@pytest.mark.parametrize("items", ["null", {"type": "record", "name": "N", "fields": []}], ids=str)
def test_a_list_of_nothing_is_named(items):
    """A few bytes could claim any number of such items."""
    with pytest.raises(UnknownFormat, match="take no bytes"):
        planned(written(record(("a", {"type": "array", "items": items})), []))


def test_a_schema_that_doubles_at_each_level_is_refused():
    """Thirty types of two fields each would be a billion columns."""
    kind: object = "int"
    for level in range(30):
        fields = [{"name": "l", "type": kind}, {"name": "r", "type": f"T{level - 1}"}]
        kind = {"type": "record", "name": f"T{level}", "fields": fields[: 2 if level else 1]}

    with pytest.raises(LimitExceeded, match="max_columns"):
        planned(written(kind, []))


def test_a_schema_that_is_nested_too_deeply_is_corrupt():
    """A hundred thousand brackets do not end the process."""
    with pytest.raises(CorruptFile):
        planned(framed(b"[" * 100_000, SYNC))


@pytest.mark.parametrize("codec", ["deflate", "zstandard", "bzip2", "xz"])
def test_a_block_that_expands_beyond_memory_is_refused(codec, monkeypatch):
    """No more of it is unpacked than is held."""
    monkeypatch.setattr(avro_blocks, "LARGEST_BLOCK_BYTES", 1 << 20)

    with pytest.raises(ParserOutOfMemory):
        frame(packed(codec, Block(1, bytes(2 << 20))))


def test_blocks_that_expand_too_often_are_refused():
    """What they expand to is counted against the size of the file."""
    content = packed("deflate", Block(1 << 20, bytes(1 << 20)))

    with pytest.raises(LimitExceeded) as raised:
        frame(content, Limits(ratio_free_bytes=1 << 10))

    assert raised.value.stable_code == "limit.ratio"


def test_records_that_take_no_bytes_are_counted():
    """A quadrillion of nothing is refused."""
    content = framed(b'{"type":"record","name":"r","fields":[{"name":"a","type":"null"}]}', SYNC)

    with pytest.raises(LimitExceeded, match="claims"):
        frame(content + framed_block(Block(10**15, b""), SYNC))


def test_a_decimal_beyond_its_precision_is_not_rounded():
    """What the schema does not allow is corrupt, not another number."""
    schema = record(("a", logical("bytes", "decimal", precision=2, scale=0)))
    header = written(schema, [])

    with pytest.raises(CorruptFile):
        frame(header + framed_block(Block(1, b"\x04" + (1234).to_bytes(2, "big")), SYNC))


GOOD = written(SCHEMA, TABLE.to_dicts() * 50, codec="deflate", sync_interval=1000)
START = GOOD.index(SYNC) + len(SYNC)


@pytest.mark.parametrize("cut", [4, 5, 100, START + 1, len(GOOD) // 2, len(GOOD) - 1])
def test_a_truncated_file_is_corrupt(cut):
    """A block is whole or not there."""
    with pytest.raises(CorruptFile):
        frame(GOOD[:cut])


def test_a_wrong_checksum_is_corrupt():
    """Snappy has no other guard."""
    content = packed("snappy", Block(3, b"\x02\x04\x06"))
    place = content.rindex(SYNC) - 1

    with pytest.raises(CorruptFile):
        frame(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
