"""XLS records: what an old workbook would take up is told before it is held."""

from collections.abc import Iterator

import pytest
from office_files import xls
from samples import MemoryObject

from connectors.errors import LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats import held_sheet
from pipelines.formats.base import Origin
from pipelines.formats.excel_workbook import Workbook
from pipelines.formats.xls_records import told_by

LONG, SHORT = "x" * 5000, "y"
ROWS = 1000


@pytest.fixture(autouse=True)
def _less_text(monkeypatch):
    monkeypatch.setattr(held_sheet, "MOST_TEXT_BYTES", 1 << 20)


def book(texts: list[str]) -> MemoryObject:
    return MemoryObject("a.xls", xls(list(cells(texts)), shared=(LONG, SHORT)))


def cells(texts: list[str]) -> Iterator[tuple[int, int, str]]:
    for row, text in enumerate(texts):
        yield row, 0, text


def test_one_long_text_among_many_short_ones_is_no_bomb():
    """Each cell counts with the length of its own text, not of the longest."""
    assert not told_by(book([LONG, *[SHORT] * ROWS]), Limits()).has_links


def test_a_long_text_in_many_cells_is_a_bomb():
    """They would be copies of it."""
    with pytest.raises(LimitExceeded, match="1 MiB of text"):
        told_by(book([LONG] * ROWS), Limits())


def test_a_wide_sheet_of_few_cells_is_a_bomb():
    """Whatever its texts are."""
    content = xls([(0, 0, SHORT), (65_000, 255, SHORT)], shared=(SHORT,))

    with pytest.raises(LimitExceeded, match="8000000 cells"):
        told_by(MemoryObject("a.xls", content), Limits())


def test_blank_cells_with_a_format_take_up_nothing():
    """Whole columns are formatted, and calamine holds none of their blank cells."""
    content = xls([(0, 0, 1.0), (60_000, 200, None)])

    assert not told_by(MemoryObject("a.xls", content), Limits()).has_long_results


@pytest.mark.parametrize("length", [10, 4000, 4001, 12_000])
def test_the_text_of_a_formula_is_read_to_its_end(length):
    """However many records it takes."""
    text = "ä" + "x" * (length - 1)
    file = MemoryObject("a.xls", xls([(0, 0, "t"), (0, 1, "n"), (1, 0, text), (1, 1, 1.0)]))

    (table,) = Workbook().tables(file, Origin(file.name), Limits())
    (chunk,) = (chunk for part in table.fragments for chunk in part.chunks(table.schema))

    assert chunk.frame["t"].to_list() == [text]
    assert not table.notices
