"""Parquet: types as they are, memory that does not believe metadata, damage by its name."""

import base64
import datetime as dt
import io
import uuid
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption
import pytest
from samples import MemoryObject

from connectors.errors import CorruptFile, LimitExceeded, PasswordProtected
from pipelines.containers.limits import Limits
from pipelines.formats.base import Chunk, Origin, TablePlan
from pipelines.formats.parquet import Parquet, RowGroups


def written(table: pa.Table, **options: object) -> bytes:
    content = io.BytesIO()
    pq.write_table(table, content, **options)
    return content.getvalue()


def planned(content: bytes, limits: Limits | None = None) -> TablePlan:
    file = MemoryObject("rows.parquet", content)
    (table,) = Parquet().tables(file, Origin(file.name), limits or Limits())
    return table


def chunks(content: bytes, limits: Limits | None = None) -> list[Chunk]:
    table = planned(content, limits)
    return [chunk for part in table.fragments for chunk in part.chunks(table.schema)]


def column(array: pa.Array) -> pl.Series:
    return pl.concat([chunk.frame for chunk in chunks(written(pa.table({"a": array})))])["a"]


def test_ids_within_lists_and_structs_are_text_as_they_are_by_themselves(tmp_path):
    """pyarrow can neither make an empty column of such nor one of values from Python."""
    path, said = tmp_path / "a.parquet", "12345678-1234-1234-1234-123456789abc"
    one = f"'{said}'::UUID"
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT * FROM (VALUES ([{one}, NULL], {{'a': {one}, 'b': 1}},"
            f" MAP {{{one}: 2}}), ([], NULL, NULL)) t(l, s, m)) TO '{path}' (FORMAT PARQUET)"
        )
    (chunk,) = chunks(path.read_bytes())

    assert chunk.frame.rows() == [
        ([said, None], {"a": said, "b": 1}, [{"key": said, "value": 2}]),
        ([], None, None),
    ]
    assert planned(path.read_bytes()).schema == chunk.frame.schema


def test_an_interval_within_a_list_is_bytes_and_told(tmp_path):
    path = tmp_path / "a.parquet"
    with duckdb.connect() as database:
        query = "SELECT [INTERVAL '1 month'] AS l, {'s': INTERVAL '3 days'} AS s"
        database.execute(f"COPY ({query}) TO '{path}' (FORMAT PARQUET)")
    content = path.read_bytes()

    (chunk,) = chunks(content)

    assert chunk.frame.row(0) == ([b"\1" + bytes(11)], {"s": bytes(4) + b"\3" + bytes(7)})
    notices = planned(content).notices
    assert [(n.code, n.column) for n in notices] == [("arrow.likeness", name) for name in "ls"]


def test_an_interval_is_text(tmp_path):
    """In ISO 8601, and it is told; twelve bytes by themselves are bytes."""
    path = tmp_path / "a.parquet"
    with duckdb.connect() as database:
        database.execute(
            "COPY (SELECT * FROM (VALUES (INTERVAL '14 months'), (NULL),"
            " (INTERVAL '3 days 1.5 seconds')) t(a), (VALUES ('abcdefghijkl'::BLOB)) u(b))"
            f" TO '{path}' (FORMAT PARQUET)"
        )
    content = path.read_bytes()

    (chunk,) = chunks(content)

    assert chunk.frame["a"].to_list() == ["P14M", None, "P3DT1.5S"]
    assert chunk.frame["b"].to_list() == [b"abcdefghijkl"] * 3
    (notice,) = planned(content).notices
    assert (notice.code, notice.column) == ("arrow.likeness", "a")


NOON = dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC)
KEY = uuid.UUID("12345678-1234-5678-1234-567812345678")


@pytest.mark.parametrize(
    ("array", "dtype", "expected"),
    [
        (pa.array([255, None], pa.uint8()), pl.UInt8, [255, None]),
        (pa.array([(1 << 64) - 1], pa.uint64()), pl.UInt64, [(1 << 64) - 1]),
        (pa.array([1.5], pa.float16()), pl.Float32, [1.5]),
        (pa.array(["", None]), pl.String, ["", None]),
        (pa.array([b"\xff"]), pl.Binary, [b"\xff"]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), pl.String, ["x", "y", "x"]),
        (pa.array([Decimal("1.50")], pa.decimal128(9, 2)), pl.Decimal(9, 2), [Decimal("1.50")]),
        (pa.array([Decimal("1.50")], pa.decimal256(76, 2)), pl.String, ["1.50"]),
        (pa.array([dt.date(2024, 2, 29)]), pl.Date, [dt.date(2024, 2, 29)]),
        (pa.array([dt.time(1, 2, 3)]), pl.Time, [dt.time(1, 2, 3)]),
        (pa.array([NOON], pa.timestamp("us", "+02:00")), pl.Datetime("us", "UTC"), [NOON]),
        (pa.array([[1, None], []]), pl.List(pl.Int64), [[1, None], []]),
        (pa.array([{"x": 1}, None]), pl.Struct({"x": pl.Int64}), [{"x": 1}, None]),
        (
            pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
            pl.List(pl.Struct({"key": pl.String, "value": pl.Int64})),
            [[{"key": "k", "value": 1}], None],
        ),
        (pa.array([KEY.bytes], pa.uuid()), pl.String, [str(KEY)]),
        (pa.nulls(2), pl.Null, [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else None,
)
def test_types_are_kept(array, dtype, expected):
    """Each Arrow type comes as the one of polars that holds the same values."""
    read = column(array)

    assert read.dtype == dtype
    assert read.to_list() == expected


def test_int96_timestamps_reach_beyond_the_nanosecond_range():
    """The year 3000 does not wrap around to 1830."""
    far = dt.datetime(3000, 1, 1)
    table = pa.table({"at": pa.array([far], pa.timestamp("us"))})

    (chunk,) = chunks(written(table, use_deprecated_int96_timestamps=True))

    assert chunk.frame["at"].to_list() == [far]


def test_an_empty_file_keeps_its_schema():
    """No rows is still a table with columns."""
    (chunk,) = chunks(written(pa.table({"a": pa.array([], pa.int64())})))

    assert chunk.frame.schema == {"a": pl.Int64}
    assert chunk.rows.read == 0


def test_repeated_names_are_numbered():
    """Both columns are there."""
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["x"])], names=["a", "a"])

    (chunk,) = chunks(written(table))

    assert chunk.frame.rows(named=True) == [{"a": 1, "a_2": "x"}]


def test_an_index_of_pandas_is_a_column():
    """It is what every other reader shows."""
    frame = pa.table({"a": [1, 2]}).to_pandas()
    frame.index = ["x", "y"]

    (chunk,) = chunks(written(pa.Table.from_pandas(frame)))

    assert chunk.frame.columns == ["a", "__index_level_0__"]


@pytest.mark.parametrize(("name", "told"), [("id", 1), (None, 0)])
def test_an_index_of_pandas_that_is_no_column_is_told_if_it_has_a_name(name, told):
    """pandas writes where it begins and its steps, and no values."""
    frame = pa.table({"a": [1, 2]}).to_pandas()
    frame.index = pd.RangeIndex(10, 30, 10, name=name)

    table = planned(written(pa.Table.from_pandas(frame)))

    assert [notice.code for notice in table.notices] == ["parquet.index"] * told
    assert all("'id', from 10 in steps of 10" in notice.message for notice in table.notices)


@pytest.mark.parametrize("told", [b"{", b"[]", b'{"index_columns": [{}]}', b"[" * 9999, b"\xff"])
def test_what_pandas_tells_may_be_nonsense(told):
    """It is no part of the data."""
    table = pa.table({"a": [1]}).replace_schema_metadata({b"pandas": told})

    assert planned(written(table)).notices == ()


def test_small_row_groups_share_a_fragment():
    """A hundred groups of a few bytes are not a hundred tasks."""
    table = planned(written(pa.table({"a": range(100)}), row_group_size=1))

    (fragment,) = table.fragments
    assert fragment.indices == tuple(range(100))


def bomb(rows: int, value: str) -> bytes:
    indices = pa.array([0] * rows, pa.int32())
    repeated = pa.DictionaryArray.from_arrays(indices, pa.array([value]))
    return written(pa.table({"a": repeated}), compression="zstd")


def test_a_repeated_megabyte_is_refused():
    """2.6 KB that stand for a terabyte (security.md, section 2) never become gigabytes."""
    content = bomb(1_000_000, "x" * (1 << 20))

    with pytest.raises(LimitExceeded) as raised:
        chunks(content)

    assert raised.value.stable_code == "limit.ratio"


def test_repeated_values_within_the_limits_come_in_small_chunks():
    """A chunk is small by what it expands to, not by its rows."""
    read = chunks(bomb(400, "x" * (1 << 19)), Limits(ratio_free_bytes=1 << 30))

    assert sum(chunk.frame.height for chunk in read) == 400
    assert max(chunk.frame.estimated_size() for chunk in read) <= 64 << 20


def test_constant_columns_are_no_bomb():
    """A short value may be repeated as often as it likes."""
    read = chunks(bomb(5_000_000, "United States of America"))

    assert sum(chunk.frame.height for chunk in read) == 5_000_000


def test_a_cell_beyond_the_limit_is_refused():
    """One value cannot be larger than a cell may be."""
    with pytest.raises(LimitExceeded, match="max_cell_bytes"):
        chunks(written(pa.table({"a": ["x" * 5000]})), Limits(max_cell_bytes=4999))


def test_too_many_columns_are_refused():
    """Before any of them is read."""
    with pytest.raises(LimitExceeded, match="max_columns"):
        planned(written(pa.table({f"c{i}": [1] for i in range(20)})), Limits(max_columns=19))


class Keys(encryption.KmsClient):
    """Keys that are wrapped by nothing at all."""

    def wrap_key(self, key_bytes, master_key_identifier):
        return base64.b64encode(master_key_identifier.encode() + key_bytes)

    def unwrap_key(self, wrapped_key, master_key_identifier):
        return base64.b64decode(wrapped_key)[len(master_key_identifier) :]


@pytest.mark.parametrize("plaintext_footer", [True, False])
def test_encrypted_columns_are_named(plaintext_footer):
    """Under a footer that anyone can read, too, where the library would abort."""
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    factory = encryption.CryptoFactory(lambda _: Keys())
    settings = encryption.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["a"]}, plaintext_footer=plaintext_footer
    )
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), settings)

    with pytest.raises(PasswordProtected):
        planned(written(table, encryption_properties=properties))


def test_an_encrypted_footer_is_named():
    """The magic of encrypted files is another one."""
    with pytest.raises(PasswordProtected):
        planned(b"PARE" + bytes(100) + b"PARE")


GOOD = written(
    pa.table(
        {
            "n": range(200),
            "s": [f"text {i % 7}" for i in range(200)],
            "l": [[i] for i in range(200)],
        }
    ),
    row_group_size=50,
)


@pytest.mark.parametrize("cut", [4, 5, 100, len(GOOD) // 2, len(GOOD) - 1])
def test_a_truncated_file_is_corrupt(cut):
    """The footer stands at the end."""
    with pytest.raises(CorruptFile):
        chunks(GOOD[:cut])


def test_a_row_group_that_is_gone_is_corrupt():
    """A fragment that was planned on another file does not crash."""
    with pytest.raises(CorruptFile):
        list(RowGroups(MemoryObject("x", GOOD), (99,), 0, Limits()).chunks(pl.Schema()))


def test_who_wrote_a_file_need_not_be_a_text():
    """The rest of it is read all the same."""
    content = written(pa.table({"a": [1, 2]}))
    changed = content.replace(b"parquet-cpp-arrow", b"\xffarquet-cpp-arrow")

    assert changed != content
    assert planned(changed).details["createdBy"] is None
    (chunk,) = chunks(changed)
    assert chunk.frame["a"].to_list() == [1, 2]
