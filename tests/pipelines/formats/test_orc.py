"""ORC: stripes as fragments, values as others read them, damage by its name."""

import datetime as dt
import io
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.orc as orc
import pytest
from polars.testing import assert_frame_equal
from samples import MemoryObject

from connectors.errors import CorruptFile, LimitExceeded, UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats.base import Origin, TablePlan
from pipelines.formats.orc import Orc, Stripes
from pipelines.source_plan import plan
from tests.contracts.format_contract import FormatContract, FormatSample, read, table_of

TABLE = pl.DataFrame(
    {
        "id": [1, 2, 3, 9007199254740993],
        "name": ["Ada", "ünï\nline", "", None],
        "score": [1.5, None, -2.0, 1e300],
        "tags": [["a", "b"], [], None, ["]"]],
        "at": [{"x": 1}, {"x": None}, None, {"x": 2}],
        "day": [dt.date(2024, 2, 29)] * 4,
    }
)


def written(table: pa.Table, **options: object) -> bytes:
    content = io.BytesIO()
    orc.write_table(table, content, **options)
    return content.getvalue()


def planned(content: bytes, limits: Limits | None = None) -> TablePlan:
    file = MemoryObject("rows.orc", content)
    (table,) = Orc().tables(file, Origin(file.name), limits or Limits())
    return table


def frame(content: bytes, limits: Limits | None = None) -> pl.DataFrame:
    table = planned(content, limits)
    return table_of(read(table.fragments, table.schema))


class TestOrc(FormatContract):
    @pytest.fixture
    def sample(self):
        content = written(TABLE.to_arrow(), compression="zlib")
        return FormatSample(Orc(), MemoryObject("rows.orc", content), TABLE)


STRIPED = written(
    pa.table({"n": range(40_000), "s": [f"text {i * 7919 % 10007}" for i in range(40_000)]}),
    stripe_size=1 << 16,
    batch_size=1024,
)


def test_stripes_make_fragments_however_they_are_cut():
    """Each stripe comes once and in order."""
    (whole,) = planned(STRIPED).fragments
    file, stripes = whole.file, whole.end
    assert stripes > 2

    for cut in range(1, stripes):
        parts = (Stripes(file, 0, cut, 0, Limits()), Stripes(file, cut, stripes, 0, Limits()))

        assert table_of(read(parts, pl.Schema()))["n"].to_list() == list(range(40_000))


@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "zlib", "lz4", "zstd"])
def test_every_codec_gives_what_was_written(compression):
    """No codec changes a value."""
    assert_frame_equal(frame(written(TABLE.to_arrow(), compression=compression)), TABLE)


NOON = dt.datetime(2024, 2, 29, 12, 30, 1, 123456)


@pytest.mark.parametrize(
    ("array", "dtype", "expected"),
    [
        (pa.array([NOON], pa.timestamp("us")), pl.Datetime("ns"), [NOON]),
        (
            pa.array([NOON.replace(tzinfo=dt.UTC)], pa.timestamp("us", "UTC")),
            pl.Datetime("ns", "UTC"),
            [NOON.replace(tzinfo=dt.UTC)],
        ),
        (pa.array([Decimal("1.50")], pa.decimal128(9, 2)), pl.Decimal(9, 2), [Decimal("1.50")]),
        (pa.array([b"\xff"]), pl.Binary, [b"\xff"]),
        (pa.array([-5], pa.int8()), pl.Int8, [-5]),
        (pa.array([True, None]), pl.Boolean, [True, None]),
        (
            pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
            pl.List(pl.Struct({"key": pl.String, "value": pl.Int64})),
            [[{"key": "k", "value": 1}]],
        ),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else None,
)
def test_types_are_kept(array, dtype, expected):
    """Each type comes as the one of polars that holds the same values."""
    series = frame(written(pa.table({"a": array})))["a"]

    assert series.dtype == dtype
    assert series.to_list() == expected


def test_a_union_is_text():
    """Told with its name; no other column is lost for it."""
    union = pa.UnionArray.from_sparse(
        pa.array([0, 1], pa.int8()), [pa.array([1, None]), pa.array([None, "a"])]
    )
    content = written(pa.table({"a": union, "b": [1, 2]}))

    assert frame(content).rows() == [("1", 1), ("a", 2)]
    assert [(n.code, n.column) for n in planned(content).notices] == [("arrow.likeness", "a")]


def test_times_that_the_library_cannot_hold_are_named():
    """The year 3000 is refused with a sentence, and does not wrap around."""
    content = written(pa.table({"a": pa.array([dt.datetime(3000, 1, 1)], pa.timestamp("us"))}))

    with pytest.raises(UnknownFormat, match="after 2261"):
        frame(content)


def test_a_text_that_begins_like_orc_is_text():
    """Three letters do not make a file binary."""
    (table,) = plan([MemoryObject("a.csv", b"ORC,b\n1,2\n")], Limits()).tables

    assert table.format == "delimited"


def test_a_file_without_rows_keeps_its_columns():
    """No stripe at all is a table of no rows."""
    assert frame(written(pa.table({"a": pa.array([], pa.int64())}))).schema == {"a": pl.Int64}


def test_too_many_columns_are_refused():
    """Before any of them is read."""
    with pytest.raises(LimitExceeded, match="max_columns"):
        planned(written(pa.table({f"c{i}": [1] for i in range(20)})), Limits(max_columns=19))


def test_a_cell_beyond_the_limit_is_refused():
    """One value cannot be larger than a cell may be."""
    with pytest.raises(LimitExceeded, match="max_cell_bytes"):
        frame(written(pa.table({"a": ["x" * 5000]})), Limits(max_cell_bytes=4999))


GOOD = written(
    pa.table(
        {
            "n": range(200),
            "s": [f"text {i % 7}" for i in range(200)],
            "l": [[i] for i in range(200)],
            "t": pa.array([NOON] * 200, pa.timestamp("us")),
        }
    )
)


@pytest.mark.parametrize("cut", [3, 4, 100, len(GOOD) // 2, len(GOOD) - 1])
def test_a_truncated_file_is_corrupt(cut):
    """The footer stands at the end."""
    with pytest.raises(CorruptFile):
        frame(GOOD[:cut])
