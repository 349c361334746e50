"""Columnar: hostile Parquet, Arrow, ORC and Avro files."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from tests.attackpack.attack import Attack

MIB = 1 << 20
SYNC = bytes(range(16))


def repeated(length: int, rows: int) -> pa.Table:
    """One long text in every row, held once."""
    indices = pa.array(np.zeros(rows, np.int32))
    return pa.table({"a": pa.DictionaryArray.from_arrays(indices, pa.array(["x" * length]))})


def parquet(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def zeros(groups: int, rows: int = 1 << 20) -> bytes:
    sink = io.BytesIO()
    table = pa.table({"a": np.zeros(rows, np.int64)})
    with pq.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        for _ in range(groups):
            writer.write_table(table)
    return sink.getvalue()


def arrow(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue()


def wrong_offsets() -> bytes:
    content = arrow(pa.table({"a": ["x", "y"]}))
    place = content.rindex(struct.pack("<3i", 0, 1, 2))
    return content[:place] + struct.pack("<3i", 0, 1, 1 << 30) + content[place + 12 :]


def wrong_length() -> bytes:
    """A buffer of 2^42 bytes, by its word in the batch's head."""
    content = arrow(pa.table({"a": pa.array([7] * 999, pa.int64())}))
    length = struct.pack("<q", 999 * 8)
    place = content.index(length, 300)
    return content[:place] + struct.pack("<q", 1 << 42) + content[place + 8 :]


def view_bomb() -> bytes:
    view = MIB.to_bytes(4, "little") + b"xxxx" + bytes(8)
    buffers = [None, pa.py_buffer(view * 10_000), pa.py_buffer(b"x" * MIB)]
    column = pa.Array.from_buffers(pa.string_view(), 10_000, buffers)
    return arrow(pa.table({"a": column}), compression="zstd")


def compressed_zeros() -> bytes:
    return arrow(pa.table({"a": np.zeros(32 * MIB, np.int64)}), compression="zstd")


def pickle_of(command: str) -> bytes:
    """A pickle that runs the command when it is loaded."""
    return f"cos\nsystem\n(S'{command}'\ntR.".encode()


def pickled(write: Callable[[pa.Table], bytes], command: str = "true") -> bytes:
    """Metadata that a reader which unpickles it would run."""
    pickle = pickle_of(command)
    extension = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle,
    }
    field = pa.field("a", pa.int64(), metadata=extension)
    meaning = {b"pandas": json.dumps({"columns": [{"metadata": pickle.decode()}]}), b"x": pickle}
    return write(pa.table({"a": [1, 2, 3]}).cast(pa.schema([field], metadata=meaning)))


def orc_file(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    orc.write_table(table, sink, **options)
    return sink.getvalue()


def orc_texts(length: int, rows: int) -> bytes:
    table = pa.table({"a": ["x" * length] * rows})
    return orc_file(table, compression="zstd", dictionary_key_size_threshold=1.0)


def long(value: int) -> bytes:
    """A number as Avro writes it."""
    number, raw = (value << 1) ^ (value >> 63), b""
    while number & ~0x7F:
        raw += bytes([number & 0x7F | 0x80])
        number >>= 7
    return raw + bytes([number])


def avro(kind: object, *blocks: tuple[int, bytes], codec: str = "null") -> bytes:
    schema = {"type": "record", "name": "r", "fields": [{"name": "a", "type": kind}]}
    words = {b"avro.schema": json.dumps(schema).encode(), b"avro.codec": codec.encode()}
    head = b"Obj\x01" + long(len(words))
    for key, value in words.items():
        head += long(len(key)) + key + long(len(value)) + value
    body = b"".join(long(count) + long(len(raw)) + raw + SYNC for count, raw in blocks)
    return head + long(0) + SYNC + body


def deflated(size: int, rows: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = b"".join(packer.compress(bytes(MIB)) for _ in range(size // MIB)) + packer.flush()
    return avro("int", (rows, raw), codec="deflate")


def doubling() -> bytes:
    kind: object = "int"
    for level in range(30):
        fields = [{"name": "l", "type": kind}, {"name": "r", "type": f"T{level - 1}"}]
        kind = {"type": "record", "name": f"T{level}", "fields": fields[: 2 if level else 1]}
    return avro(kind)


NULLS = {"type": "array", "items": "null"}
ATTACKS = (
    Attack(
        "1 MB in each of a million rows.parquet",
        lambda: parquet(repeated(MIB, 1_000_000)),
        "limit.ratio",
    ),
    Attack(
        "100 KB in each of a million rows.parquet",
        lambda: parquet(repeated(100_000, 1_000_000)),
        "limit.ratio",
    ),
    Attack(
        "1,000 bytes in each of a million rows.parquet",
        lambda: parquet(repeated(1000, 1_000_000)),
        "1,000,000 rows",
        seconds=10,
    ),
    Attack("32 million zeros.parquet", partial(zeros, 32), "33,554,432 rows", seconds=10),
    Attack("268 million zeros.parquet", partial(zeros, 256), "268,435,456 rows", seconds=20),
    Attack(
        "30,001 columns.parquet",
        lambda: parquet(pa.table({f"c{i}": [1] for i in range(30_001)})),
        "limit.columns",
    ),
    Attack("lists within lists, 60 deep.parquet", lambda: parquet(nested(60)), "parse.corrupt"),
    Attack(
        "a footer of 2^31 bytes.parquet",
        lambda: parquet(repeated(9, 9))[:-8] + b"\xff\xff\xff\x7fPAR1",
        "parse.corrupt",
    ),
    Attack(
        "an encrypted footer.parquet", lambda: b"PARE" + bytes(100) + b"PARE", "archive.encrypted"
    ),
    Attack("pickles in its metadata.parquet", partial(pickled, parquet), "3 rows"),
    Attack("pickles in its metadata.feather", partial(pickled, arrow), "3 rows"),
    Attack(
        "a pickle.pkl", lambda: b"\x80\x04\x95" + bytes(8) + pickle_of("true"), "format.unknown"
    ),
    Attack("wrong offsets.feather", wrong_offsets, "parse.corrupt"),
    Attack("a buffer of 2^42 bytes.feather", wrong_length, "parse.corrupt"),
    Attack(
        "1 MB in each of a million rows.feather",
        lambda: arrow(repeated(MIB, 1_000_000), compression="zstd"),
        "limit.ratio",
    ),
    Attack("1 MB in each of 10,000 views.feather", view_bomb, "limit.ratio"),
    Attack("256 MB of zeros in one batch.feather", compressed_zeros, "33,554,432 rows"),
    Attack("1 MB in each of 2,000 rows.orc", partial(orc_texts, MIB, 2000), "limit.ratio"),
    Attack(
        "32 million zeros.orc",
        lambda: orc_file(pa.table({"a": np.zeros(32 * MIB, np.int64)}), compression="zstd"),
        "33,554,432 rows",
        seconds=10,
    ),
    Attack("1 GB in a block.avro", partial(deflated, 1024 * MIB, 1 << 30), "parse.memory_limit"),
    Attack(
        "60 MB in a block.avro", partial(deflated, 60 * MIB, 60 * MIB), "limit.ratio", seconds=10
    ),
    Attack("2^60 rows of nothing.avro", lambda: avro("null", (1 << 60, b"")), "limit.ratio"),
    Attack(
        "a text of 2^62 bytes.avro",
        lambda: avro("string", (1, long(1 << 62) + b"x")),
        "parse.corrupt",
    ),
    Attack(
        "a list of 2^60 nulls.avro",
        lambda: avro(NULLS, (1, long(1 << 60) + b"\0")),
        "format.unknown",
    ),
    Attack(
        "a list of 100 million nulls.avro",
        lambda: avro(NULLS, (1, long(100_000_000) + b"\0")),
        "format.unknown",
    ),
    Attack("a type that doubles 30 times.avro", doubling, "limit.columns"),
    Attack(
        "100,000 brackets for a schema.avro",
        lambda: avro("null").replace(b'"null"', b"[" * 100_000),
        "parse.corrupt",
    ),
    Attack("a negative count of rows.avro", lambda: avro("int", (-5, b"\0" * 5)), "parse.corrupt"),
)


def nested(depth: int) -> pa.Table:
    column = pa.array([1, 2, 3])
    for _ in range(depth):
        column = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), column)
    return pa.table({"a": column})
