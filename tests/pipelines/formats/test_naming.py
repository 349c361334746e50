"""Naming: names are kept, and whatever they hold, what follows can use them."""

import polars as pl
import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"a\0b,c\n1,2\n"),
        ("a.json", b'[{"a\\u0000b": 1, "c": {"x\\u0000": 2}}]'),
        ("a.jsonl", b'{"a\\u0000b": 1, "c": 2}\n'),
    ],
)
def test_a_nul_in_a_name_stops_nothing(name, content):
    """Arrow's names end at one, and its bridges abort."""
    (table,) = plan([MemoryObject(name, content)], Limits()).tables

    frames = [chunk.frame for part in table.fragments for chunk in part.chunks(table.schema)]

    assert pl.concat(frames).to_arrow().column_names == ["a\ufffdb", "c"]
