"""Cell looks: what a cell is by itself, told in time that grows with its length."""

import pytest

from pipelines.formats.cell_looks import is_typed, is_value


@pytest.mark.parametrize("look", [is_typed, is_value])
def test_long_cells_are_looked_at_once(look):
    """Where each character were tried as a start, a million would take hours."""
    blanks, digits = " " * 1_000_000, "7" * 1_000_000

    assert look(blanks + digits + blanks)
    assert not look(digits + "x")
    assert not look("7" + blanks + "x")


def test_a_line_of_many_numbers_is_a_value():
    """A text of nothing else has no names, however long its only line is."""
    assert is_value("0.320369972991 0.338972466 " * 500)
