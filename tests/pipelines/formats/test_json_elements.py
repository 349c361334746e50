"""JSON elements: what is read by many rows at a time is what is read one by one, or not at all."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats import json_outline, json_stream
from pipelines.formats.base import Origin
from pipelines.formats.json_elements import Irregular
from pipelines.formats.json_layout import Layout, layouts_of
from pipelines.formats.json_records import Json, JsonDocument
from pipelines.formats.json_stream import JsonStream

LIMITS = Limits()
TEXTS = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
)  # names have no NUL
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(autouse=True, scope="module")
def small_windows():
    """Elements are cut by windows of a few characters."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "WINDOW", 32)
        patch.setattr(json_stream, "BLOCK_BYTES", 48)
        yield


def streams(text: str) -> JsonStream:
    content = text.encode("utf-8", "surrogateescape")
    pieces = [content[start : start + 24] for start in range(0, len(content), 24)]
    return JsonStream(Pieces("rows.json", content, pieces), LIMITS)


class Pieces(MemoryObject):
    """An object that comes in small pieces."""

    def __init__(self, name, content, pieces):
        super().__init__(name, content)
        self._pieces = pieces

    def stream(self, start=0, end=None):
        assert (start, end) == (0, None)
        return iter(self._pieces)


@settings(max_examples=400, deadline=None)
@given(st.lists(VALUES), st.booleans(), st.sampled_from([None, 1, "\t"]))
@example(["]", "[", '"', "\\", '\\"', "},", "é", "\U0001f600"], True, None)
def test_lines_hold_the_elements(values, is_ascii, indent):
    text = json.dumps(values, ensure_ascii=is_ascii, indent=indent)
    expected = [found.value for found in streams(text).elements()]

    lines = [line for some in streams(text).lines() for line in some.split(b"\n")]

    assert [json.loads(line) for line in lines] == values
    assert len(expected) == len(lines)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(TEXTS | st.sampled_from(["data", "rows"]), VALUES))
def test_an_outline_is_the_same_either_way(document):
    text = json.dumps(document)

    quick = json_outline._outline(streams(text), json_outline._elements_in_lines)

    assert quick == json_outline._outline(streams(text), json_outline._elements)


@pytest.mark.parametrize(
    "elements",
    [
        '{"a": "one\nline"}',
        '{"a": NaN}',
        '{"a": "\\ud800"}',
        '{"a": "\udc80"}',
    ],
)
def test_what_the_parser_in_c_refuses_is_read_one_by_one(elements):
    """A raw line feed, NaN, half a pair, a byte that is no UTF-8."""
    text = '{"id": 1, "data": [{"a": "b"}, ' + elements + ', {"a": "c"}]}'
    file = MemoryObject("rows.json", text.encode("utf-8", "surrogateescape"))

    (table,) = Json().tables(file, Origin(file.name), LIMITS)
    (fragment,) = table.fragments

    chunks = list(fragment.chunks(table.schema))
    assert sum(chunk.rows.read for chunk in chunks) == 3
    assert table.details["layout"] == "wrapped"


@pytest.mark.parametrize(
    "text", ["[1,,2]", "[,1]", "[1,]", "[1 2]", "[tr ue]", "[1\t2, 3]", "[1", "[{]", '["a]']
)
def test_what_is_no_array_is_never_taken_for_one(text):
    with pytest.raises(Irregular):
        json_outline._elements_in_lines(streams(text))


def test_rows_in_an_envelope_are_read_many_at_a_time(monkeypatch):
    """Those of the array that was meant, past whatever stands before it."""
    rows = [{"a": n, "b": {"c": [n, None]}} for n in range(500)]
    document = {"query": [1, 2], "result": {"other": [{"x": 1}] * 9, "records": rows}, "z": []}
    file = MemoryObject("rows.json", json.dumps(document).encode())
    (table,) = Json().tables(file, Origin(file.name), LIMITS)
    monkeypatch.setattr(JsonDocument, "_exact_chunks", None)

    (fragment,) = table.fragments
    found = [row for chunk in fragment.chunks(table.schema) for row in chunk.frame.to_dicts()]

    assert layouts_of(file, LIMITS)[0] == (Layout("wrapped", path=("result", "records")),)
    assert found == rows
