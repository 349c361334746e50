"""Emptiness: nearly empty tables are refused, wide ones whose rows fill a part are read."""

import json

import polars as pl
import pytest
from samples import MemoryObject

from connectors.errors import LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats.base import Origin
from pipelines.formats.json_lines import JsonLines
from pipelines.formats.json_typing import frame

LIMITS = Limits()


def rows(count: int, keys: int, filled: int) -> list[dict[str, int]]:
    """Each row has the next so many of the keys."""
    return [{f"k{(n * filled + k) % keys}": n for k in range(filled)} for n in range(count)]


def test_events_of_many_kinds_are_a_table():
    """A thousand names, of which each row has ten."""
    read = frame(rows(10_000, 1_000, 10), pl.Schema(), LIMITS.max_columns)

    assert read.shape == (10_000, 1_000)
    assert sum(read.count().row(0)) == 100_000


def test_few_rows_may_be_as_empty_as_they_like():
    """A matrix of one value a row, which is diagonal."""
    assert frame(rows(1_000, 1_000, 1), pl.Schema(), LIMITS.max_columns).shape == (1_000, 1_000)


def test_many_rows_of_a_name_each_are_refused():
    with pytest.raises(LimitExceeded) as caught:
        frame(rows(20_000, 1_000, 1), pl.Schema(), LIMITS.max_columns)

    assert caught.value.stable_code == "limit.empty_cells"
    assert "20,000 rows name 1,000 different columns" in str(caught.value)
    assert "operator" not in caught.value.advice  # there is no setting to raise


def test_an_object_whose_keys_are_data_is_text():
    """No struct of a thousand fields: its cells are as they stand in the file."""
    lines = [json.dumps({"id": n, "scores": {f"k{n % 1000}": n}}) for n in range(20_000)]
    file = MemoryObject("rows.jsonl", "\n".join(lines).encode())
    (table,) = JsonLines().tables(file, Origin(file.name), LIMITS)

    chunks = [chunk.frame for part in table.fragments for chunk in part.chunks(table.schema)]

    read = pl.concat(chunks, how="vertical_relaxed")
    assert read.schema["scores"] == pl.String
    assert json.loads(read["scores"][-1]) == {"k999": 19_999}
