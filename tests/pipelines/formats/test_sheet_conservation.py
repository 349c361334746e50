"""No cell of a sheet is lost: it is in one table, in a name of a column, or in a note."""

import datetime as dt
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.formats.sheet_cells import text_of
from pipelines.formats.sheet_layout import chosen_table, one_table, tables

TEXTS = ("a", "Name", "Total", "Grand total", "Source: x", "* foot", "2020", "x y z", "long " * 30)
CELLS = st.one_of(
    st.sampled_from(TEXTS),
    st.integers(0, 3000).map(float),
    st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)),
    st.booleans(),
)


@st.composite
def blocks(draw):
    """Some cells that are alike by column, mostly below names, at a place of the sheet."""
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    left = draw(st.integers(0, 3))
    kinds = [draw(CELLS) for _ in range(width)]
    is_named, share = draw(st.booleans()), draw(st.sampled_from([0, 1, 4]))
    block = {}
    for row in range(height):
        for column, kind in enumerate(kinds):
            cell = f"h{column}" if is_named and not row else kind
            if not draw(st.integers(0, 9)) >= 10 - share:
                block[row, left + column] = draw(CELLS) if not draw(st.integers(0, 9)) else cell
    return height, block


@st.composite
def sheets(draw):
    """Blocks below each other, with blank rows between some of them."""
    grid, top = {}, 0
    for height, block in draw(st.lists(blocks(), min_size=1, max_size=4)):
        top += draw(st.integers(0, 3))
        for (row, column), cell in block.items():
            grid.setdefault(top + row, {})[column] = cell
        top += height
    places = [(row, column) for row, cells in grid.items() for column in cells]
    merged = draw(st.lists(st.sampled_from(places), max_size=3)) if places else []
    wide = [((row, column), (row, column + 2)) for row, column in merged]
    return {row: grid[row] for row in sorted(grid)}, wide


def unseen(grid, found):
    """The cells in no table, of which no name and no note has the text; a note counts once."""
    said = Counter(text for layout in found for note in layout.notes for text in note.cells)
    named = " ".join(" ".join(name.split()) for layout in found for name in layout.names if name)
    lost = []
    for row, cells in grid.items():
        for column, cell in cells.items():
            owners = [l for l in found if l.first <= row <= l.last and column in l.columns]
            text = text_of(cell).strip()
            if owners:
                assert len(owners) == 1
            elif said[text]:
                said[text] -= 1
            elif " ".join(text.split()) not in named:
                lost.append((row, column, cell))
    return lost


@settings(max_examples=300, deadline=None)
@given(sheets())
def test_no_cell_of_a_sheet_is_lost(sheet):
    """However its tables are told apart, and where it is taken for one."""
    grid, merged = sheet
    if not grid:
        return

    assert unseen(grid, tables(grid, merged)) == []
    assert unseen(grid, [chosen_table(grid, None, merged)]) == []
    assert unseen(grid, [one_table(grid, max(grid), 1, None, merged)]) == []
    assert unseen(grid, [chosen_table(grid, 0, merged)]) == []
