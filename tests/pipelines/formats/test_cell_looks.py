"""Cell looks: a text that no number or date is as long as is neither."""

import pytest

from pipelines.formats.cell_looks import LONGEST_LOOK, is_typed, is_value


@pytest.mark.parametrize("look", [is_typed, is_value])
def test_a_text_of_many_digits_is_no_number(look):
    """Blanks around it do not count. Patterns would take the square of its length."""
    assert look(" " * 10_000 + "7" * LONGEST_LOOK + " " * 10_000)
    assert not look("7" * (LONGEST_LOOK + 1))
