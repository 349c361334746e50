"""Feather of version 1: what pyarrow wrote is read without it, and no offset is believed."""

import datetime as dt
import io
import random
import warnings

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_series_equal
from pyarrow import feather
from samples import MemoryObject

from connectors.errors import CorruptFile, EmptyInput, LimitExceeded, ReadError
from pipelines.containers.limits import Limits
from pipelines.formats import feather_v1
from pipelines.formats.base import Chunk, Origin, TablePlan
from pipelines.formats.feather_v1 import FeatherRows, FeatherV1
from pipelines.source_plan import plan
from tests.contracts.format_contract import FormatContract, FormatSample, read, table_of

TABLE = pl.DataFrame(
    {
        "id": [1, 2, 3, 9007199254740993],
        "name": ["Ada", "\u00fcn\u00ef\nline", "", None],
        "score": [1.5, None, -2.0, 1e300],
        "is": [True, None, False, True],
        "day": [dt.date(2024, 2, 29)] * 4,
    }
)


def written(table: pa.Table) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is an old version
        feather.write_feather(table, content, version=1)
    return content.getvalue()


def planned(content: bytes, limits: Limits | None = None) -> TablePlan:
    file = MemoryObject("rows.feather", content)
    (table,) = FeatherV1().tables(file, Origin(file.name), limits or Limits())
    return table


def chunks(content: bytes, limits: Limits | None = None) -> list[Chunk]:
    table = planned(content, limits)
    return read(table.fragments, table.schema)


class TestFeatherV1(FormatContract):
    @pytest.fixture
    def sample(self):
        content = written(TABLE.to_arrow())
        return FormatSample(FeatherV1(), MemoryObject("rows.feather", content), TABLE)


def column(kind: pa.DataType, rows: int, *, with_nulls: bool) -> pa.Array:
    """Numbers, or texts of different lengths, as values of a type."""
    numbers = [None if with_nulls and row % 3 == 1 else row % 100 for row in range(rows)]
    if pa.types.is_dictionary(kind):
        return column(kind.value_type, rows, with_nulls=with_nulls).dictionary_encode()
    if pa.types.is_boolean(kind):
        return pa.array([None if n is None else n % 2 == 0 for n in numbers])
    if kind in (pa.string(), pa.large_string()):
        return pa.array([None if n is None else "\u00fc" * (n % 4) for n in numbers], kind)
    if kind in (pa.binary(), pa.large_binary()):
        return pa.array([None if n is None else bytes([n + 128]) * (n % 3) for n in numbers], kind)
    integers = pa.int64() if kind.bit_width == 64 else pa.int32()
    return pa.array(numbers, integers).cast(kind)


KINDS = (
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()),
    *(pa.uint64(), pa.float32(), pa.float64(), pa.bool_(), pa.string(), pa.binary()),
    *(pa.large_string(), pa.large_binary(), pa.date32(), pa.time32("s"), pa.time32("ms")),
    *(pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("ms", "Europe/Berlin")),
    pa.dictionary(pa.int32(), pa.string()),
)


@pytest.mark.parametrize("rows", [1, 8, 9, 200])
@pytest.mark.parametrize("with_nulls", [False, True])
def test_what_pyarrow_wrote_is_read(with_nulls, rows, monkeypatch):
    """Each type, in pieces of any size."""
    monkeypatch.setattr(feather_v1, "CHUNK_ROWS", 64)
    columns = {str(kind): column(kind, rows, with_nulls=with_nulls) for kind in KINDS}

    found = table_of(chunks(written(pa.table(columns))))

    for kind in KINDS:
        plain = pa.string() if pa.types.is_dictionary(kind) else kind
        expected = pl.Series(str(kind), pl.from_arrow(columns[str(kind)].cast(plain)))
        assert_series_equal(found[str(kind)], expected)


def test_a_large_file_is_cut_into_fragments(monkeypatch):
    monkeypatch.setattr("pipelines.formats.arrow_file.FRAGMENT_BYTES", 1000)
    monkeypatch.setattr(feather_v1, "CHUNK_ROWS", 64)
    content = written(pa.table({"a": range(1000), "s": [str(row) for row in range(1000)]}))

    table = planned(content)

    parts = [part for part in table.fragments if isinstance(part, FeatherRows)]
    assert len(parts) > 5
    assert [part.first for part in parts[1:]] == [part.end for part in parts[:-1]]
    assert table_of(read(parts, table.schema))["a"].to_list() == list(range(1000))


def test_long_texts_come_in_small_pieces(monkeypatch):
    """So many bytes of a column at once, about."""
    monkeypatch.setattr(feather_v1, "CHUNK_BYTES", 8000)
    content = written(pa.table({"s": ["x" * 100] * 1000}))

    assert max(chunk.frame.height for chunk in chunks(content)) <= 80


def test_a_file_without_rows_keeps_its_columns_and_one_without_columns_is_empty():
    content = written(pa.table({"a": pa.array([], pa.int64())}))

    assert table_of(chunks(content)).schema == {"a": pl.Int64}
    with pytest.raises(EmptyInput):
        planned(written(pa.table({})))


def test_too_many_columns_are_refused():
    content = written(pa.table({f"c{index}": [1] for index in range(30)}))

    with pytest.raises(LimitExceeded, match="max_columns"):
        planned(content, Limits(max_columns=20))


@pytest.mark.parametrize("end", [4, 12, 100, -1])
def test_a_file_that_is_cut_is_damaged(end):
    with pytest.raises(CorruptFile):
        planned(written(TABLE.to_arrow())[:end])


@pytest.mark.parametrize("head", [b"FEA1", b"GIF8"])
def test_a_text_that_begins_so_is_text(head):
    """Four letters do not make a file binary."""
    (table,) = plan([MemoryObject("a.csv", head + b",b\n1,2\n")], Limits()).tables

    assert table.format == "delimited"


def test_damage_is_told_and_no_byte_is_believed():
    """Any byte may be any other: there is a table, or an error of ours."""
    sound = written(
        pa.table(
            {
                "a": [1, None],
                "s": ["x", None],
                "c": column(pa.dictionary(pa.int32(), pa.string()), 2, with_nulls=False),
            }
        )
    )
    chance = random.Random(8)
    outcomes = set()
    for place in range(len(sound) - 8):
        damaged = bytearray(sound)
        damaged[place] = chance.choice([0, 1, 127, 128, 255])
        try:
            outcomes.add(table_of(chunks(bytes(damaged))).height)
        except ReadError as error:
            outcomes.add(error.stable_code)

    assert {2, "parse.corrupt"} <= outcomes
