"""XLSB survey: what a binary workbook would take up is told before it is held, and its errors."""

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


def test_error_cells_are_told():
    """They are null, and it is said which errors they were and how many."""
    cells = [(0, 0, 0), (0, 1, 1)]
    cells += [(row, 0, float(row)) for row in range(1, 6)]
    cells += [(1, 1, 0.5), (2, 1, b"\x07"), (3, 1, b"\x07"), (4, 1, b"\x2a"), (5, 1, b"\x2b")]
    content = xlsb(sorted(cells, key=lambda cell: cell[:2]), ["n", "share"])
    (table,) = Workbook().tables(MemoryObject("a.xlsb", content), Origin("a.xlsb"), Limits())

    (chunk,) = (chunk for part in table.fragments for chunk in part.chunks(table.schema))
    assert chunk.frame["share"].to_list() == [0.5, None, None, None, None]
    (told,) = (notice for notice in table.notices if notice.code == "sheet.errors")
    assert told.message.endswith("read as null: #DIV/0! 2, #GETTING_DATA 1, #N/A 1")
    assert told.count == 4
    assert "errors" not in table.details["unseen"]
