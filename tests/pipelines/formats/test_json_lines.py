"""JSON Lines: every value exact, every bad line accounted for, two ways of reading that agree."""

import json
from decimal import Decimal
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from samples import MemoryObject

from connectors.errors import CorruptFile, EmptyInput, LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats.alignment import united
from pipelines.formats.base import Chunk, Origin, RowAccount
from pipelines.formats.json_lines import JsonLines, JsonLinesRange
from pipelines.formats.json_regular import regular_rows
from pipelines.formats.json_shape import Shape
from pipelines.formats.json_syntax import Decoder
from pipelines.formats.json_typing import frame

LIMITS = Limits()


def chunks(content: bytes, schema: pl.Schema | None = None, limits: Limits = LIMITS) -> list[Chunk]:
    file = MemoryObject("rows.jsonl", content)
    (table,) = JsonLines().tables(file, Origin(file.name), limits)
    asked = table.schema if schema is None else schema
    return [chunk for fragment in table.fragments for chunk in fragment.chunks(asked)]


def chunk(content: bytes, schema: pl.Schema | None = None) -> Chunk:
    (only,) = chunks(content, schema)
    return only


def column(*values: str) -> pl.Series:
    return chunk("".join(f'{{"a": {value}}}\n' for value in values).encode()).frame["a"]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (["1", "2"], pl.Int64, [1, 2]),
        (["1", "2.5"], pl.Float64, [1.0, 2.5]),
        (["9223372036854775808", "1"], pl.Decimal(38, 0), [Decimal(1 << 63), Decimal(1)]),
        (["1" * 39, "1"], pl.String, ["1" * 39, "1"]),
        (["9007199254740993", "0.5"], pl.String, ["9007199254740993", "0.5"]),
        (["1e400", "1.10"], pl.String, ["1e400", "1.10"]),
        (["true", "null"], pl.Boolean, [True, None]),
        (["true", "1"], pl.String, ["true", "1"]),
        (['"x"', "1.50"], pl.String, ["x", "1.50"]),
        (['""', "null"], pl.String, ["", None]),
        (['"2024-01-01"', "null"], pl.String, ["2024-01-01", None]),
        (["[1]", "[2.5, null]"], pl.List(pl.Float64), [[1.0], [2.5, None]]),
        (["[1]", "7"], pl.String, ["[1]", "7"]),
        (['{"x": 1}', '{"y": "z"}'], pl.Struct({"x": pl.Int64, "y": pl.String}), None),
        (['{"x": 1.0}', "5"], pl.String, ['{"x":1.0}', "5"]),
        (["null", "null"], pl.Null, [None, None]),
        (["{}", "{}"], pl.String, ["{}", "{}"]),
        (["NaN", "-Infinity"], pl.Float64, None),
    ],
)
def test_values_keep_what_they_say(values, dtype, expected):
    """The type is the narrowest that changes no value; where none is, the text stays."""
    read = column(*values)

    assert read.dtype == dtype
    if expected is not None:
        assert read.to_list() == expected


def test_nan_and_infinity_are_the_numbers_that_they_name():
    """What Python's json writes for them is read as it."""
    assert str(column("NaN", "Infinity", "-Infinity").to_list()) == "[nan, inf, -inf]"


def test_bad_lines_are_rejects_with_their_offset():
    """A bad line is kept with its place and reason; the lines around it are read."""
    content = b'{"a":1}\n{"a":\n5\n{"a":2}TRAILER\n{"a":3}\n'

    read = chunk(content)

    assert read.frame["a"].to_list() == [1, 3]
    assert read.rows == RowAccount(parsed=2, rejected=3)
    assert [(reject.offset, reject.raw) for reject in read.rejects] == [
        (8, b'{"a":'),
        (14, b"5"),
        (16, b'{"a":2}TRAILER'),
    ]


def test_blank_lines_are_skipped_and_counted():
    """White space is no row, wherever it stands; CR LF and a byte order mark are no content."""
    read = chunk(b'\xef\xbb\xbf{"a":1}\r\n\r\n  \r\n{"a":2}\r\n\r\n')

    assert read.frame["a"].to_list() == [1, 2]
    assert read.rows == RowAccount(parsed=2, skipped=3)
    assert read.skipped == {"blank line": 3}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b'"caf\xe9"', "café"), (rb'"\ud800!"', "\ufffd!"), (rb'"\\ud800"', "\\ud800")],
)
def test_broken_text_is_mended_and_counted(value, expected):
    """Bytes that are not UTF-8 and lone surrogates do not lose their row."""
    read = chunk(b'{"a":' + value + b'}\n{"a":"x"}\n')

    assert read.frame["a"].to_list() == [expected, "x"]
    assert read.rows.repaired == (value != rb'"\\ud800"')


def test_the_last_of_repeated_keys_counts_and_is_told():
    """As every reader does; but not in silence."""
    read = chunk(b'{"a":1,"a":2}\n')

    assert read.frame["a"].to_list() == [2]
    assert read.rows == RowAccount(repaired=1)


def test_columns_come_in_the_order_of_first_sight():
    """A key that only some rows have is null elsewhere."""
    read = chunk(b'{"b":1}\n{"a":2,"b":3}\n{"c":null}\n').frame

    assert read.columns == ["b", "a", "c"]
    assert read["b"].to_list() == [1, 3, None]


def test_arrays_are_rows_under_a_header_if_there_is_one():
    """An array of names before typed rows is the header."""
    named = chunk(b'["id","name"]\n[1,"x"]\n[2]\n')
    unnamed = chunk(b'["a","b"]\n["c","d"]\n')

    assert named.frame.rows() == [(1, "x"), (2, None)]
    assert named.frame.columns == ["id", "name"]
    assert named.skipped == {"header": 1}
    assert unnamed.frame.columns == ["column_1", "column_2"]


def test_a_late_misfit_widens_its_chunk_and_those_after_it():
    """What the sample did not show comes back wider, and the next reading is asked for that."""
    rows = [f'{{"a":{index},"pad":"{"x" * 100}"}}' for index in range(100_000)]
    rows[70_001] = '{"a":"seventy","new":1}'
    content = "\n".join(rows).encode()
    file = MemoryObject("rows.jsonl", content)
    (table,) = JsonLines().tables(file, Origin(file.name), LIMITS)

    first = [chunk for fragment in table.fragments for chunk in fragment.chunks(table.schema)]
    wider = table.schema
    for read in first:
        wider = united(wider, read.frame.schema)
    second = [chunk for fragment in table.fragments for chunk in fragment.chunks(wider)]

    assert table.schema == {"a": pl.Int64, "pad": pl.String}
    assert wider == {"a": pl.String, "pad": pl.String, "new": pl.Int64}
    assert all(read.frame.schema == wider for read in second)
    whole = pl.concat([read.frame for read in second])
    assert whole["a"].to_list()[70_000:70_003] == ["70000", "seventy", "70002"]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=6,
)
json_rows = st.lists(st.dictionaries(st.sampled_from("abc"), json_values, min_size=1), min_size=1)


@settings(max_examples=50, deadline=None)
@given(json_rows)
def test_the_fast_way_agrees_with_the_exact_one(rows):
    """Where pyarrow reads the lines at all, it gives the same frame as the exact reader."""
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    decoder = Decoder()
    parsed = [decoder.whole(line).value for line in lines.decode().split("\n")]
    exact = frame(parsed, pl.Schema(), LIMITS.max_columns)

    fast = regular_rows(lines, exact.schema, LIMITS.max_json_depth)

    if fast is not None:
        assert_frame_equal(fast, exact)


@settings(max_examples=40, deadline=None)
@given(json_rows)
def test_asking_for_what_came_back_gives_just_that(rows):
    """Types reach a fixed point: a table is read twice, not for ever."""
    once = frame(rows, pl.Schema(), LIMITS.max_columns)
    left = frame(rows[: len(rows) // 2], once.schema, LIMITS.max_columns)

    assert left.schema == once.schema
    assert frame(rows, once.schema, LIMITS.max_columns).schema == once.schema


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from([b'{"a":1}', b"", b'{"a":"x\\n"}', b"bad", b'{"a":2}\r']), min_size=1),
    st.lists(st.integers(0, 60), max_size=4),
    st.booleans(),
)
def test_any_cut_gives_every_line_once(lines, cuts, ends_with_feed):
    """A line belongs to the range that it begins in."""
    content = b"\n".join(lines) + b"\n" * ends_with_feed
    file = MemoryObject("rows.jsonl", content)
    places = sorted({0, len(content), *(min(cut, len(content)) for cut in cuts)})
    schema = pl.Schema({"a": pl.String})

    parts = [
        chunk
        for start, end in pairwise(places)
        for chunk in JsonLinesRange(file, start, end, Shape("object"), LIMITS).chunks(schema)
    ]

    whole = list(JsonLinesRange(file, 0, len(content), Shape("object"), LIMITS).chunks(schema))
    assert sum((part.rows for part in parts), RowAccount()) == sum(
        (part.rows for part in whole), RowAccount()
    )
    assert [value for part in parts for value in part.frame["a"]] == [
        value for part in whole for value in part.frame["a"]
    ]
    assert [reject for part in parts for reject in part.rejects] == [
        reject for part in whole for reject in part.rejects
    ]


DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000


def test_a_line_nested_too_deeply_is_one_reject():
    """The brackets are counted before a parser recurses."""
    read = chunk(b'{"a":1}\n' + DEEP + b'\n{"a":2}\n')

    assert read.frame["a"].to_list() == [1, 2]
    assert "max_json_depth" in read.rejects[0].reason


@pytest.mark.parametrize(
    ("content", "error", "code"),
    [
        (DEEP, LimitExceeded, "limit.json_depth"),
        (b"[" * 1_000_000, LimitExceeded, "limit.json_depth"),
        (b"{'a':1}\n{'a':2}\n", CorruptFile, "parse.corrupt"),
        (b"\n\n \n", EmptyInput, "input.empty"),
        (b"{}\n{}\n", EmptyInput, "input.empty"),
    ],
)
def test_files_without_a_row_say_why(content, error, code):
    """A file of which nothing can be read is an error with its own code."""
    with pytest.raises(error) as raised:
        chunks(content)

    assert raised.value.stable_code == code


def test_too_many_keys_reach_the_limit():
    """Rows that are keyed by their values do not become a million columns."""
    content = b"".join(b'{"k%d":1}\n' % index for index in range(50))

    with pytest.raises(LimitExceeded, match="max_columns"):
        chunks(content, limits=Limits(max_columns=20))


def test_an_endless_line_reaches_the_limit():
    """Memory is bounded by the longest line that may be."""
    content = b'{"a":1}\n{"a":"' + b"x" * 6_000_000 + b'"}\n'

    with pytest.raises(LimitExceeded, match="max_cell_bytes"):
        chunks(content, limits=Limits(max_cell_bytes=1 << 20))


def test_a_number_of_a_million_digits_is_text():
    """It is neither rounded nor computed."""
    digits = "9" * 1_000_000

    assert column(digits, "1").to_list() == [digits, "1"]
