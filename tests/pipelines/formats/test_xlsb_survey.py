"""XLSB survey: what a binary workbook would take up is told before it is held."""

import pytest
from samples import MemoryObject

from connectors.errors import LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats import held_sheet
from pipelines.formats.base import Origin
from pipelines.formats.excel_workbook import Workbook
from tests.attackpack.binary_workbook import xlsb

ROWS = 1000


@pytest.fixture(autouse=True)
def _less_text(monkeypatch):
    monkeypatch.setattr(held_sheet, "MOST_TEXT_BYTES", 1 << 20)


def tables(strings_of_rows):
    content = xlsb(
        [(row, 0, which) for row, which in enumerate(strings_of_rows)], ["x" * 5000, "y"]
    )
    return list(Workbook().tables(MemoryObject("a.xlsb", content), Origin("a.xlsb"), Limits()))


def test_one_long_text_among_many_short_ones_is_no_bomb():
    """Each cell counts with the length of its own text, not of the longest."""
    (table,) = tables([1] * ROWS + [0])

    (chunk,) = (chunk for part in table.fragments for chunk in part.chunks(table.schema))
    assert chunk.frame.to_series().str.len_bytes().sum() == ROWS + 5000


def test_a_long_text_in_many_cells_is_a_bomb():
    """They would be copies of it."""
    with pytest.raises(LimitExceeded, match="1 MiB of text"):
        tables([0] * ROWS)
