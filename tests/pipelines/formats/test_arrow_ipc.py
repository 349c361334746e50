"""Arrow IPC: both layouts, every type or a sentence, nothing done with what is not valid."""

import datetime as dt
import io
import struct
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal
from samples import MemoryObject

from connectors.errors import CorruptFile, EmptyInput, LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats import arrow_file
from pipelines.formats.arrow_ipc import ArrowIpc, RecordBatches
from pipelines.formats.base import Origin, TablePlan
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


def written(table: pa.Table, *, stream: bool = False, rows: int = 2, **options: object) -> bytes:
    content = io.BytesIO()
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(content, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return content.getvalue()


def planned(content: bytes, limits: Limits | None = None) -> TablePlan:
    file = MemoryObject("rows.arrow", content)
    (table,) = ArrowIpc().tables(file, Origin(file.name), limits or Limits())
    return table


def frame(content: bytes, limits: Limits | None = None) -> pl.DataFrame:
    table = planned(content, limits)
    return table_of(read(table.fragments, table.schema))


class TestArrowFile(FormatContract):
    @pytest.fixture
    def sample(self):
        content = written(TABLE.to_arrow(), rows=1, compression="zstd")
        return FormatSample(ArrowIpc(), MemoryObject("rows.feather", content), TABLE)

    def cuts(self, sample):
        for cut in range(1, TABLE.height):
            yield (
                RecordBatches(sample.file, 0, cut, 0, Limits()),
                RecordBatches(sample.file, cut, TABLE.height, 0, Limits()),
            )


class TestArrowStream(FormatContract):
    @pytest.fixture
    def sample(self):
        content = written(TABLE.to_arrow(), stream=True)
        return FormatSample(ArrowIpc(), MemoryObject("rows.arrows", content), TABLE)


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_polars_and_we_read_the_same(compression):
    """What polars wrote comes back as polars itself reads it."""
    content = io.BytesIO()
    TABLE.write_ipc(content, compression=compression)

    assert_frame_equal(frame(content.getvalue()), pl.read_ipc(content.getvalue()))


@pytest.mark.parametrize("write", [pl.DataFrame.write_ipc, pl.DataFrame.write_ipc_stream])
def test_categories_of_polars_are_texts(write):
    """Their words are views, which pyarrow casts to nothing; nested ones too."""
    table = pl.DataFrame(
        {
            "c": pl.Series(["a", "b", None], dtype=pl.Categorical()),
            "e": pl.Series(["a", "b", None], dtype=pl.Enum(["b", "a"])),
            "l": pl.Series([["a"], None, ["b", None]], dtype=pl.List(pl.Categorical())),
            "r": pl.Series([["a"], None, ["b"]], dtype=pl.Array(pl.Categorical(), 1)),
            "s": pl.Series([{"x": "a"}, {"x": None}, None], dtype=pl.Struct({"x": pl.Enum(["a"])})),
        }
    )
    content = io.BytesIO()
    write(table, content)

    read = frame(content.getvalue())

    assert read.to_dict(as_series=False) == table.to_dict(as_series=False)
    assert read.dtypes == [
        *(pl.String(), pl.String(), pl.List(pl.String())),
        *(pl.Array(pl.String(), 1), pl.Struct({"x": pl.String()})),
    ]


@pytest.mark.parametrize(
    ("array", "dtype", "expected"),
    [
        (pa.array(["x", None, "x"]).dictionary_encode(), pl.String, ["x", None, "x"]),
        (pa.array(["x" * 20, None], pa.string_view()), pl.String, ["x" * 20, None]),
        (
            pa.array([["x"], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
            pl.List(pl.String),
            [["x"], None],
        ),
        (
            pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None], pa.int8())),
            pl.Boolean,
            [True, False, None],
        ),
        (pa.array([b"\xff"], pa.binary(1)), pl.Binary, [b"\xff"]),
        (pa.array([Decimal(1200)], pa.decimal128(3, -2)), pl.Decimal(5, 0), [Decimal(1200)]),
        (pa.array([Decimal("1.5")], pa.decimal32(5, 1)), pl.Decimal(5, 1), [Decimal("1.5")]),
        (pa.array([5], pa.duration("s")), pl.Duration("ms"), [dt.timedelta(seconds=5)]),
        (pa.array([5], pa.time32("s")), pl.Time, [dt.time(0, 0, 5)]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else None,
)
@pytest.mark.parametrize("stream", [False, True])
def test_types_that_parquet_does_not_have_are_kept(array, dtype, expected, stream):
    """Dictionaries, views and small decimals come as the type that holds the same values."""
    series = frame(written(pa.table({"a": array}), stream=stream))["a"]

    assert series.dtype == dtype
    assert series.to_list() == expected


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (
            pa.UnionArray.from_dense(
                pa.array([0, 1, 0, 1], pa.int8()),
                pa.array([0, 1, 1, 0], pa.int32()),
                [pa.array([1, None]), pa.array([None, "a"])],
            ),
            ["1", "a", None, None],
        ),
        (
            pa.UnionArray.from_sparse(
                pa.array([0, 1], pa.int8()), [pa.array([[1], None]), pa.array(["a", "\u00fc"])]
            ),
            ["[1]", "\u00fc"],
        ),
        (
            pa.array([(14, 3, -5), None, (0, 0, 0)], pa.month_day_nano_interval()),
            ["P14M3DT-0.000000005S", None, "P0D"],
        ),
        (pa.array([{}, None], pa.struct([])), ["{}", None]),
        (pa.array([[{}], None], pa.list_(pa.struct([]))), ["[{}]", None]),
        (
            pa.RunEndEncodedArray.from_arrays(
                pa.array([2, 3], pa.int32()), pa.array([{}, None], pa.struct([]))
            ),
            ["{}", "{}", None],
        ),
    ],
    ids=lambda array: str(array.type) if isinstance(array, pa.Array) else "",
)
def test_a_type_that_has_no_like_is_text(array, texts):
    """That is told; what stands beside it is what it was."""
    content = written(pa.table({"a": array, "b": range(len(array))}), rows=1)

    assert frame(content).rows() == list(zip(texts, range(len(array)), strict=True))
    (notice,) = planned(content).notices
    assert (notice.code, notice.column) == ("arrow.likeness", "a")
    assert str(array.type) in notice.message


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (pa.array([[1, None], None, [], [2]], pa.list_view(pa.int8())), [[1, None], None, [], [2]]),
        (pa.array([["a"], None], pa.large_list_view(pa.string())), [["a"], None]),
        (pa.array([[[1]], [None]], pa.list_(pa.list_view(pa.int8()))), [[[1]], [None]]),
        (
            pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", None])),
            ["a", "a", None],
        ),
        (
            pa.RunEndEncodedArray.from_arrays(
                pa.array([1, 3], pa.int16()), pa.array([dt.date(2024, 2, 29), None])
            ),
            [dt.date(2024, 2, 29), None, None],
        ),
    ],
    ids=lambda array: str(array.type) if isinstance(array, pa.Array) else "",
)
@pytest.mark.parametrize("batch_rows", [1, 9])
def test_views_and_runs_are_what_they_stand_for(array, values, batch_rows):
    content = written(pa.table({"a": array}), rows=batch_rows)

    assert frame(content)["a"].to_list() == values
    assert not planned(content).notices


@pytest.mark.parametrize(("value", "times"), [("x" * (1 << 20), 100_000), (1, 10_000_000)])
def test_a_run_that_expands_beyond_measure_is_refused(value, times):
    """A long value, or one that is there too often."""
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([times], pa.int32()), [value])

    with pytest.raises(LimitExceeded, match="max_ratio"):
        frame(written(pa.table({"a": runs}), rows=times), Limits(ratio_free_bytes=1 << 20))


def test_a_large_file_is_cut_into_fragments(monkeypatch):
    """Adjacent batches share a fragment, of about so many bytes."""
    table = pa.table({"a": range(10_000)})
    content = written(table, rows=1000)
    monkeypatch.setattr(arrow_file, "FRAGMENT_BYTES", len(content) // 4)

    parts = planned(content).fragments

    assert [(part.first, part.end) for part in parts] == [(0, 2), (2, 4), (4, 6), (6, 8), (8, 10)]
    assert frame(content)["a"].to_list() == list(range(10_000))


def test_a_file_without_rows_keeps_its_columns():
    """No batch at all is a table of no rows."""
    assert frame(written(pa.table({"a": pa.array([], pa.int64())}))).schema == {"a": pl.Int64}


def test_a_file_without_columns_is_empty():
    """There is nothing to read in it."""
    with pytest.raises(EmptyInput):
        planned(written(pa.table({})))


def test_a_stream_of_the_first_form_is_known():
    """Its messages have no mark before their lengths."""
    content = written(TABLE.to_arrow(), stream=True, use_legacy_format=True)
    assert not content.startswith(b"\xff\xff\xff\xff")

    (table,) = plan([MemoryObject("a", content)], Limits()).tables

    assert table.format == "arrow"
    assert_frame_equal(table_of(read(table.fragments, table.schema)), TABLE)


def dictionary_bomb() -> pa.Array:
    indices = pa.array([0] * 1_000_000, pa.int32())
    return pa.DictionaryArray.from_arrays(indices, pa.array(["x" * (1 << 20)]))


def dictionary_of_views_bomb() -> pa.Array:
    indices = pa.array([0] * 1_000_000, pa.uint32())
    return pa.DictionaryArray.from_arrays(indices, pa.array(["x" * (1 << 20)], pa.string_view()))


def view_bomb() -> pa.Array:
    size = 1 << 20
    view = size.to_bytes(4, "little") + b"xxxx" + bytes(8)
    buffers = [None, pa.py_buffer(view * 10_000), pa.py_buffer(b"x" * size)]
    return pa.Array.from_buffers(pa.string_view(), 10_000, buffers)


@pytest.mark.parametrize("bomb", [dictionary_bomb, dictionary_of_views_bomb, view_bomb])
def test_values_that_many_rows_share_are_counted(bomb):
    """A megabyte in each of a million rows is refused before it is there."""
    with pytest.raises(LimitExceeded) as raised:
        frame(written(pa.table({"a": bomb()}), rows=1_000_000, compression="zstd"))

    assert raised.value.stable_code == "limit.ratio"


def test_too_many_columns_are_refused():
    """Before any of them is read."""
    with pytest.raises(LimitExceeded, match="max_columns"):
        planned(written(pa.table({f"c{i}": [1] for i in range(20)})), Limits(max_columns=19))


GOOD = written(
    pa.table(
        {
            "n": range(200),
            "s": [f"text {i % 7}" for i in range(200)],
            "d": pa.array([f"text {i % 7}" for i in range(200)]).dictionary_encode(),
            "v": pa.array([f"a longer text {i}" for i in range(200)], pa.string_view()),
            "l": [[i] for i in range(200)],
        }
    ),
    rows=50,
)


@pytest.mark.parametrize("cut", [6, 7, 100, len(GOOD) // 2, len(GOOD) - 1])
def test_a_truncated_file_is_corrupt(cut):
    """The footer stands at the end."""
    with pytest.raises(CorruptFile):
        frame(GOOD[:cut])


def test_offsets_that_point_elsewhere_are_corrupt():
    """What pyarrow would crash on is found by validating it."""
    content = written(pa.table({"a": ["x", "y"]}))
    offsets, wrong = (struct.pack("<3i", 0, 1, end) for end in (2, 1 << 30))
    place = content.rindex(offsets)

    with pytest.raises(CorruptFile):
        frame(content[:place] + wrong + content[place + len(wrong) :])
