"""JSON: rows are found wherever a document holds them, and bad documents are named with a place."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import MemoryObject

from connectors.errors import CorruptFile, EmptyInput, LimitExceeded, MetricFoundryError
from pipelines.containers.limits import Limits
from pipelines.formats.base import Origin, RowAccount, TablePlan
from pipelines.formats.json_beside import Beside
from pipelines.formats.json_layout import Layout
from pipelines.formats.json_records import Json, JsonDocument
from pipelines.formats.json_shape import Shape

LIMITS = Limits()
DEEP = 20_000


def planned(content: bytes, limits: Limits = LIMITS) -> TablePlan:
    file = MemoryObject("rows.json", content)
    (table,) = Json().tables(file, Origin(file.name), limits)
    return table


def read(content: bytes, limits: Limits = LIMITS) -> pl.DataFrame:
    table = planned(content, limits)
    (fragment,) = table.fragments
    return pl.concat([chunk.frame for chunk in fragment.chunks(table.schema)])


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        ('[{"a":1},{"b":"x"}]', ["a", "b"], [(1, None), (None, "x")]),
        ('{"a":1,"b":[2]}', ["a", "b"], [(1, [2])]),
        ('{"a":1}\n\n{"a":2} {"a":3}', ["a"], [(1,), (2,), (3,)]),
        ('[{"a":1}]\n[{"a":2}]', ["a"], [(1,), (2,)]),
        ("[1, 2.5, null]", ["value"], [(1.0,), (2.5,), (None,)]),
        ('[[1,"x"],[2]]', ["column_1", "column_2"], [(1, "x"), (2, None)]),
        ('[["id","name"],[1,"x"]]', ["id", "name"], [(1, "x")]),
        ('{"data":[{"a":1},{"a":2}],"next":null}', ["a"], [(1,), (2,)]),
        ('{"whatever":[{"a":1}]}', ["a"], [(1,)]),
        ('{"when":"now","columns":[{"a":1}]}', ["when", "columns"], [("now", [{"a": 1}])]),
        (
            '{"p":{"x":1,"y":2},"q":{"x":3,"y":4},"r":{"y":6,"x":5}}',
            ["key", "x", "y"],
            [("p", 1, 2), ("q", 3, 4), ("r", 5, 6)],
        ),
        ('{"x":{"0":1,"1":2},"y":{"0":"a","1":"b"}}', ["x", "y"], [(1, "a"), (2, "b")]),
        ('{"a":[1,null,3],"b":["x","y","z"]}', ["a", "b"], [(1, "x"), (None, "y"), (3, "z")]),
        ('{"a":[1,2],"b":[3]}', ["a", "b"], [([1, 2], [3])]),
        ('{"a":[1,2],"b":3}', ["a", "b"], [([1, 2], 3)]),
        ('{"a":["x",1],"b":["y",2]}', ["a", "b"], [(["x", "1"], ["y", "2"])]),
        ('{"a":[[1],[2]],"b":[[3],[4]]}', ["a", "b"], [([[1], [2]], [[3], [4]])]),
        (
            '{"columns":["a","b"],"index":[7,8],"data":[[1,"x"],[2,null]]}',
            ["a", "b"],
            [(1, "x"), (2, None)],
        ),
        ('{"columns":["a","b"],"data":[[1],[2]]}', ["columns", "data"], [(["a", "b"], [[1], [2]])]),
        ('"just text"', ["value"], [("just text",)]),
    ],
)
def test_rows_are_found(content, columns, rows):
    """Arrays, single objects, wrappers, keyed objects, pandas' columns, several documents."""
    table = read(content.encode())

    assert table.columns == columns
    assert table.rows() == rows


@pytest.mark.parametrize(
    ("content", "chosen", "notices"),
    [
        (b'{"a":[1,2],"b":[3,4]}', "lists", 1),
        (b'{"columns":["a"],"data":[[1]]}', "split", 1),
        (b'{"n":1,"stations":[{"a":1}],"lines":[{"b":1}]}', "one object, one row", 0),
    ],
)
def test_what_is_taken_for_rows_is_told(content, chosen, notices):
    """One object may be a row, or hold them."""
    table = planned(content)

    assert [(guess.what, guess.chosen) for guess in table.guesses] == [("rows", chosen)]
    assert [notice.code for notice in table.notices] == ["json.layout"] * notices


NODES = '[{"id":1,"tags":[{"t":1}]},{"id":2,"tags":[]}]'


@pytest.mark.parametrize(
    ("content", "place", "beside"),
    [
        ('{"ok":true,"result":{"total":2,"records":%s}}', "result.records", "ok, result.total"),
        ('{"took":1,"hits":{"total":{"value":2},"hits":%s}}', "hits.hits", "hits.total.value"),
        ('{"data":{"a":{"edges":%s,"pageInfo":{}}}}', "data.a.edges", "data.a.pageInfo"),
        ('{"_links":{},"_embedded":{"users":%s}}', "_embedded.users", "_links"),
        ('{"d":{"results":%s,"__next":"u"}}', "d.results", "d.__next"),
        ('{"response":{"numFound":2,"docs":%s}}', "response.docs", "response.numFound"),
    ],
)
def test_envelopes_are_opened(content, place, beside):
    """What an API puts around its rows is told, and is no row."""
    content = (content % NODES).encode()

    assert read(content)["id"].to_list() == [1, 2]
    (notice,) = planned(content).notices
    assert f"the elements of {place!r}; not in the table" in notice.message
    assert beside in notice.message


@pytest.mark.parametrize(
    "content",
    [
        '{"id":5,"order":{"no":7,"items":%s}}',
        '{"data":{"id":5,"lines":%s}}',
        '{"data":{"type":"a","id":"1","relationships":{"comments":{"data":%s}}}}',
        '{"result":{"items":%s},"data":{"rows":%s}}',
        '{"result":{"items":%s},"errors":[{"e":1}]}',
        '{"result":{"values":[1,2]}}',
    ],
)
def test_a_record_is_one_row_whatever_lies_in_it(content):
    """Rows are what an envelope is about, and not what a record holds."""
    assert read(content.replace("%s", NODES).encode()).height == 1


@pytest.mark.parametrize(
    ("count", "beside", "rows"),
    [(10, [1, 2], 10), (9, [1, 2], 1), (10, list(range(10)), 1), (12, [], 12)],
)
def test_one_long_list_is_the_table(count, beside, rows):
    """What else the object says is told; a record with a few things in it stays one."""
    messages = [{"n": n, "text": "x"} for n in range(count)]
    content = json.dumps({"chat": "us", "tags": beside, "messages": messages}).encode()
    table = planned(content)

    assert read(content).height == rows
    told = [notice.message for notice in table.notices]
    assert told == (
        ["the rows are the elements of 'messages'; not in the table: chat, tags"] * (rows > 1)
    )


def test_an_envelope_may_be_larger_than_any_row():
    """It is read as a stream: only one element is held."""
    rows = [{"id": n, "pad": "x" * 200} for n in range(400)]
    content = json.dumps({"hits": {"hits": rows}}).encode()
    limits = Limits(max_cell_bytes=1000)

    assert read(content, limits)["id"].to_list() == list(range(400))


def test_each_array_of_objects_is_a_table():
    """If there is nothing else; one without elements is none."""
    content = b'{"users":[{"a":1},{"a":2}],"none":[],"orders":[{"b":"x"}]}'
    file = MemoryObject("dump.json", content)
    tables = list(Json().tables(file, Origin(file.name), LIMITS))

    assert [table.name for table in tables] == ["dump_users", "dump_orders"]
    frames = [
        chunk.frame.to_dicts()
        for table in tables
        for chunk in table.fragments[0].chunks(table.schema)
    ]
    assert frames == [[{"a": 1}, {"a": 2}], [{"b": "x"}]]


def test_arrays_that_are_alike_are_one_table():
    """By day, by share, by sheet: what parts them is a column."""
    content = b'{"a":[{"n":1},{"n":2,"m":0}],"none":[],"b":[{"m":5,"n":3}]}'

    assert read(content).to_dicts() == [
        {"key": "a", "n": 1, "m": None},
        {"key": "a", "n": 2, "m": 0},
        {"key": "b", "n": 3, "m": 5},
    ]
    assert "in 'key'" in planned(content).notices[0].message


def test_an_object_of_very_many_arrays_is_one_row():
    """Each would be a table, and a pass over the document."""
    content = json.dumps({f"a{n}": [{f"c{n}": n}] for n in range(21)}).encode()

    assert read(content).shape == (1, 21)


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        ('{"range":"A1:B2","values":[["a","b"],[1,"x"]]}', ["a", "b"], [(1, "x")]),
        (
            '{"meta":{"view":{"columns":[{"name":"n"},{"name":"s"}]}},"data":[[1,"x"],[2,null]]}',
            ["n", "s"],
            [(1, "x"), (2, None)],
        ),
        (
            '{"meta":{"view":{"columns":[{"name":"n"}]}},"data":[[1,"x"],[2,"y"]]}',
            ["column_1", "column_2"],
            [(1, "x"), (2, "y")],
        ),
        ('{"at":1,"matrix":[[1,2],[3,4]]}', ["at", "matrix"], [(1, [[1, 2], [3, 4]])]),
    ],
)
def test_rows_may_be_arrays_in_a_wrapper(content, columns, rows):
    """As spreadsheets' APIs give them; Socrata tells their names above, if they are as many."""
    table = read(content.encode())

    assert table.columns == columns
    assert table.rows() == rows


def test_geojson_rows_are_its_features():
    """A feature is a row; what else the collection says is told."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [1, 2]},
            "properties": {"n": n},
        }
        for n in range(3)
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()

    assert read(content).columns == ["type", "geometry", "properties"]
    (notice,) = planned(content).notices
    assert "not in the table: type" in notice.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_encodings_of_the_standard_are_told_by_the_bytes(encoding):
    """RFC 4627, section 3: the first bytes tell."""
    assert read('[{"ä":"ö"}]'.encode(encoding)).rows(named=True) == [{"ä": "ö"}]


def test_rows_of_another_kind_are_rejects():
    """An element that is no object among objects is kept apart."""
    table = planned(b'[{"a":1},5,{"a":2},{"a":3}]')
    (chunk,) = table.fragments[0].chunks(table.schema)

    assert chunk.frame["a"].to_list() == [1, 2, 3]
    assert chunk.rows == RowAccount(parsed=3, rejected=1)
    assert chunk.rejects[0].raw == b"5"


def test_large_arrays_come_in_chunks_and_change_type_on_the_way():
    """A late misfit widens the chunks from its own on, as in any other format."""
    rows = [{"a": index, "pad": "x" * 100} for index in range(100_000)]
    rows[90_000] = {"a": 0.5, "pad": ""}
    table = planned(json.dumps(rows, indent=1).encode())

    chunks = list(table.fragments[0].chunks(table.schema))
    wider = chunks[-1].frame.schema
    again = pl.concat([chunk.frame for chunk in table.fragments[0].chunks(wider)])

    assert len(chunks) > 1
    assert table.schema["a"] == pl.Int64
    assert wider["a"] == pl.Float64
    assert again.height == len(rows)
    assert again["a"].sum() == sum(row["a"] for row in rows)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'[{"a":1},\n {"a":2}\n', "line 3"),
        (b'[{"a":1},\n {"a":2}] x', "line 2, column 11"),
        (b'[{"a":1},\n {"a" 2}]', "line 2, column 7"),
        (b'{"a', "line 1"),
        (b"[1,2", "line 1, column 5"),
        (b'[{"a":tru', "line 1, column 7"),
        (b"[1,]", "line 1, column 4"),
        (b'{"a":1,}', "line 1, column 8"),
        (b'[{"a":1}{"a":2}]', "line 1, column 9"),
    ],
)
def test_invalid_json_is_named_with_its_place(content, place):
    """The line and column are where a person has to look."""
    with pytest.raises(CorruptFile, match=place):
        read(content)


def test_damage_far_into_the_file_is_named_with_its_place():
    """Positions survive that the text is dropped as it is read."""
    rows = ",\n".join(json.dumps({"a": index, "pad": "x" * 50}) for index in range(60_000))
    table = planned(f"[{rows},\n@]".encode())

    with pytest.raises(CorruptFile, match="line 60001, column 1"):
        list(table.fragments[0].chunks(table.schema))


@pytest.mark.parametrize("content", [b"[]", b"{}", b"[{}]"])
def test_documents_without_a_value_are_empty(content):
    """There is no row to show."""
    with pytest.raises(EmptyInput):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b'[{"a":"' + b"]" * 1000 + b'","b":' + b"[" * DEEP,
        b"[" * 1_000_000,
        b'["' + b"x" * ((1 << 20) - 3) + b'\\"",' + b"[" * DEEP,
    ],
)
def test_nesting_is_refused_before_a_parser_recurses(content):
    """Neither strings nor the seams between blocks hide a bracket."""
    with pytest.raises(LimitExceeded, match="max_json_depth"):
        read(content)


def test_brackets_in_strings_do_not_nest():
    """The guard counts structure only, across the seams of blocks."""
    texts = ["[" * 500 + '"\\' * 3] * 5000

    assert read(json.dumps(texts).encode())["value"].to_list() == texts


def test_one_huge_value_reaches_the_limit():
    """Memory is bounded by the longest row that may be."""
    content = b'[{"a":1},{"a":"' + b"x" * 8_000_000 + b'"}]'

    with pytest.raises(LimitExceeded, match="max_cell_bytes"):
        read(content, Limits(max_cell_bytes=1 << 20))


json_text = st.recursive(
    st.sampled_from(
        ["1", "-2.50", "true", "null", '""', '"x, y"', r'"a\"]\\"', '"é{["', "1 2", '"']
    )
    | st.sampled_from([r'"\\"', "{}", "[]", "1e400", "12345678901234567890123", '"\n"', "@"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + " ,".join(items) + "]")
        | inner.map(lambda value: '{"a" : ' + value + "\n}")
    ),
    max_leaves=5,
)
documents = st.lists(json_text.map(lambda value: '{"k":' + value + "}"), min_size=1, max_size=5)


@settings(max_examples=200, deadline=None)
@given(
    documents,
    st.sampled_from([",", " ,\n ", ",,", "", "\n"]),
    st.sampled_from(["]", "", "]]", "] [ ]"]),
)
def test_the_fast_way_agrees_with_the_exact_one(elements, separator, end):
    """An array read by its structure gives what reading it value by value gives, or its error."""
    content = ("[ " + separator.join(elements) + end).encode()
    fragment = JsonDocument(MemoryObject("a", content), Layout("array"), Shape("object"), LIMITS)
    schema = pl.Schema({"k": pl.Int64})

    fast, exact = (
        outcome(fragment.chunks(schema)),
        outcome(fragment._exact_chunks(schema, 0, Beside())),
    )

    assert fast == exact


def outcome(chunks):
    try:
        read = list(chunks)
    except MetricFoundryError as error:
        return str(error)
    return [(repr(chunk.frame.rows()), chunk.frame.schema, chunk.rows) for chunk in read]
