"""Table stack: several tables one below the other in a text, blank lines between them."""

import itertools
from collections.abc import Sequence

from pipelines.formats import header_row
from pipelines.formats.cell_looks import is_value
from pipelines.formats.records import Record

TITLE_LINES = 2
MOST = 100


def starts(records: Sequence[Record], first: int) -> list[int]:
    """The records with which other tables begin below the one that begins at `first`, if any do.

    Each begins with names of its own, or with a title above them, below a blank line. Where rows
    without names stand below one, there is but one table. Names of more columns than all rows above
    have need be no plain ones.
    """
    blocks = _blocks(records, first)[: MOST + 1]
    widths = [[_width(records[place]) for place in block] for block in blocks]
    wider = [
        min(own) > max(itertools.chain(*widths[:at]), default=0) for at, own in enumerate(widths)
    ]
    names = [
        _names(records, block, 0.0 if is_wider else header_row.SURE)
        for block, is_wider in zip(blocks, wider, strict=True)
    ]
    if len(blocks) < 2 or names[0] is None or _are_keys(records, blocks[0], names):
        return []
    known, found, title = {names[0]}, [], -1
    for block, own in zip(blocks[1:], names[1:], strict=True):
        begin = block.start if title < 0 else title
        if own is None:
            if any(_filled(records[place]) > 1 for place in block):
                return []
            title = begin
            continue
        if own not in known:
            found.append(begin)
            known.add(own)
        title = -1
    return found


def _blocks(records: Sequence[Record], first: int) -> list[range]:
    """The runs of records between blank ones."""
    filled = [place for place in range(first, len(records)) if _filled(records[place])]
    edges = [at for at, (a, b) in enumerate(itertools.pairwise(filled), start=1) if b > a + 1]
    bounds = itertools.pairwise([0, *edges, len(filled)])
    return [range(filled[a], filled[b - 1] + 1) for a, b in bounds if b > a]


def _names(records: Sequence[Record], block: range, fewest: float) -> tuple[str, ...] | None:
    """What names the columns of a block, below titles of one cell; None if that is not plain."""
    rows = [records[place] for place in block]
    while len(rows) > len(block) - TITLE_LINES and rows and _filled(rows[0]) == 1:
        del rows[0]
    if len(rows) < 2:
        return None
    cells = [cell.strip() for cell in rows[0].cells]
    width = next((at for at, cell in enumerate(cells) if not cell), len(cells))
    names, body = tuple(cells[:width]), [row.cells[:width] for row in rows[1:]]
    fits = not any(cells[width:]) and not any(
        cell.strip() for row in rows[1:] for cell in row.cells[width:]
    )
    if width < 2 or not fits or any(map(is_value, names)) or len(set(names)) < width:
        return None
    return names if header_row.evidence(names, body) >= fewest else None


def _are_keys(
    records: Sequence[Record], block: range, names: Sequence[tuple[str, ...] | None]
) -> bool:
    """Whether the first block may be keys and values above a table that is wider."""
    keys = [records[place].cells[0].strip() for place in block if records[place].cells]
    is_wider = any(len(each) > 2 for each in names if each)
    return len(names[0] or ()) == 2 and is_wider and not any(map(is_value, keys))


def _width(record: Record) -> int:
    return len(record.cells)


def _filled(record: Record) -> int:
    return sum(bool(cell.strip()) for cell in record.cells)
