"""JSON beside: what a document holds beside its rows is in the receipt, exactly and bounded."""

import json

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats import json_beside
from pipelines.source_plan import plan

ROWS = [{"id": n, "name": f"n{n}"} for n in range(20)]
LINE = json.dumps(ROWS)


def beside(text: str) -> list[tuple[str, ...]]:
    found = []
    for table in plan([MemoryObject("a.json", text.encode())], Limits()).tables:
        for fragment in table.fragments:
            chunks = list(fragment.chunks(table.schema))
            assert sum(chunk.frame.height for chunk in chunks) == len(ROWS)
            found += [row for chunk in chunks for row in chunk.skipped_rows]
    assert {row.reason for row in found} <= {"beside"}
    return [row.cells for row in found]


@pytest.mark.parametrize("rows", [LINE, LINE.replace('"n3"', "NaN")], ids=["regular", "exact"])
def test_what_an_envelope_says_is_held(rows):
    """Numbers as they are written, and arrays and objects as JSON."""
    text = (
        '{"count": 12345678901234567890123, "next": null, "meta": {"a": [1.50, "x"]},'
        f' "data": {{"total": 7, "items": {rows}}}, "warnings": ["old", {{"n": 1.0}}]}}'
    )

    assert [(place, value.replace(" ", "")) for place, value in beside(text)] == [
        ("count", "12345678901234567890123"),
        ("next", "null"),
        ("meta", '{"a":[1.50,"x"]}'),
        ("data.total", "7"),
        ("warnings", '["old",{"n":1.0}]'),
    ]


def test_the_index_of_split_is_held():
    rows = json.dumps([[n, "x"] for n in range(20)])

    assert beside(f'{{"columns": ["a", "b"], "index": {list(range(20))}, "data": {rows}}}') == [
        ("index", f"[{','.join(map(str, range(20)))}]")
    ]


def test_other_tables_are_not_beside():
    """Two arrays of objects are two tables, of which neither is told as what stands beside one."""
    text = f'{{"a": {LINE}, "b": {LINE.replace("name", "called")}}}'

    assert beside(text) == []


def test_what_is_held_is_bounded(monkeypatch):
    """The places of long values are told; of very many members the first are."""
    monkeypatch.setattr(json_beside, "LONGEST_ARRAY", 100)
    monkeypatch.setattr(json_beside, "MOST_CHARACTERS", 300)
    monkeypatch.setattr(json_beside, "MOST", 5)
    many = ", ".join(f'"k{n}": {n}' for n in range(10))
    text = f'{{"list": {list(range(90))}, "long": "{"x" * 400}", {many}, "rows": {LINE}}}'

    assert beside(text) == [("list",), ("long",), ("k0",), ("k1",), ("k2",)]


@pytest.mark.parametrize("rows", [LINE, LINE.replace('"n3"', "NaN")], ids=["regular", "exact"])
def test_halves_of_characters_can_be_written(rows):
    """A lone surrogate cannot be written in UTF-8, and would break the receipt."""
    found = beside(f'{{"\\ud800": "\\udfff", "list": ["\\ud800"], "rows": {rows}}}')

    assert len(found) == 2
    assert all(cell.encode() for cells in found for cell in cells)


@pytest.mark.parametrize(("is_wanted", "made"), [(True, 101), (False, 0)])
def test_little_of_a_long_array_is_made_json_of(monkeypatch, is_wanted, made):
    """All its elements are taken, since what follows stands behind them."""
    monkeypatch.setattr(json_beside, "LONGEST_ARRAY", 1000)
    elements = iter(range(100_000))
    seen = []

    found = json_beside.Beside(is_wanted)
    found.hold_array(("a",), elements, lambda each: seen.append(each) or "123456789")

    assert next(elements, None) is None
    assert len(seen) == made
    assert [row.cells for row in found.rows] == ([("a",)] if is_wanted else [])
