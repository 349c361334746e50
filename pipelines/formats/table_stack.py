"""Table stack: several tables one below the other in a text, below blank lines or other names."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.formats import header_row
from pipelines.formats.base import Notice
from pipelines.formats.cell_looks import is_typed, is_value
from pipelines.formats.records import Record
from pipelines.formats.table_top import MOST_KEYS

TITLE_LINES = 2
MOST = 100
SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Head:
    """What names the columns of a block: how many cells its record has, and what stands below.

    `typed` tells of each column whether all its cells are values; None where it has none.
    """

    names: tuple[str, ...]
    cells: int
    has_title: bool
    typed: tuple[bool | None, ...]


def starts(records: Sequence[Record], first: int) -> list[int]:
    """The records with which other tables begin below the one that begins at `first`, if any do.

    Each begins with names of its own, or with a title above them, below a blank line; or with most
    of the names of the first and others among them. Where rows without names stand below one, there
    is but one table. Names of more columns than all rows above have need be no plain ones; those of
    as many must tell that they are no row with words for what is missing.
    """
    blocks = list(_named_blocks(records, _blocks(records, first)))[: MOST + 1]
    widths = [[_width(records[place]) for place in block] for block in blocks]
    wider = [
        min(own) > max(itertools.chain(*widths[:at]), default=0) for at, own in enumerate(widths)
    ]
    heads = [
        _head(records, block, 0.0 if is_wider else header_row.SURE)
        for block, is_wider in zip(blocks, wider, strict=True)
    ]
    above = heads[0] if heads else None
    if len(blocks) < 2 or above is None or _are_keys(records, blocks[0], heads):
        return []
    known, found, title = {_folded(above)}, [], -1
    for block, own in zip(blocks[1:], heads[1:], strict=True):
        begin = block.start if title < 0 else title
        if own is None:
            if any(_filled(records[place]) > 1 for place in block):
                return []
            title = begin
            continue
        if _folded(own) not in known and (title >= 0 or own.has_title or _differs(own, above)):
            found.append(begin)
            known.add(_folded(own))
            above = own
        title = -1
    return found


def told(lines: Sequence[str]) -> Notice:
    """What to say of a text that was parted into tables of these lines.

    >>> told(["1-4", "5-7"]).message[:65]
    'the text was parted into 2 tables, one below the other: lines 1-4'
    """
    more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return Notice(
        "table.stack",
        f"the text was parted into {len(lines)} tables, one below the other: lines"
        f" {', '.join(lines[:SHOWN])}{more}; if they are one, give overrides.header",
        "INFO",
        count=len(lines),
    )


def _differs(own: _Head, above: _Head) -> bool:
    """Whether names are of another table than those above, as no row of that one can be.

    They are of other columns, or some are names there too, or no column is of values in both, or
    all are and nothing of a row is left.
    """
    if own.cells != above.cells or len(own.names) > len(above.names):
        return True
    pairs = list(zip(own.typed, above.typed, strict=False))
    shared = [a and b for a, b in pairs if a is not None and b is not None]
    is_name_kept = any(a == b for a, b in zip(own.names, above.names, strict=False))
    is_of_values = len(shared) == len(above.names) == len(own.names) and all(shared)
    return is_name_kept or is_of_values or not any(shared)


def _folded(head: _Head) -> tuple[str, ...]:
    return tuple(name.casefold() for name in head.names)


def _blocks(records: Sequence[Record], first: int) -> list[range]:
    """The runs of records between blank ones."""
    filled = [place for place in range(first, len(records)) if _filled(records[place])]
    edges = [at for at, (a, b) in enumerate(itertools.pairwise(filled), start=1) if b > a + 1]
    bounds = itertools.pairwise([0, *edges, len(filled)])
    return [range(filled[a], filled[b - 1] + 1) for a, b in bounds if b > a]


def _named_blocks(records: Sequence[Record], blocks: Sequence[range]) -> Iterator[range]:
    """The blocks, each parted where the names of the first come again with others among them.

    So they do where files were put one behind the other, of which one has a column more.
    """
    names = records[blocks[0].start].cells if blocks else []
    for block in blocks:
        others = (at for at in block[1:] if are_others(records[at].cells, names))
        edges = [block.start, *others, block.stop]
        yield from (range(a, b) for a, b in itertools.pairwise(edges))


def are_others(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether cells are most of the names, and others."""
    return cells != names and header_row.is_again(cells, names)


def _head(records: Sequence[Record], block: range, fewest: float) -> _Head | None:
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
    if header_row.evidence(names, body) < fewest:
        return None
    typed = tuple(_are_values(body, place) for place in range(width))
    return _Head(names, len(cells), len(rows) < len(block), typed)


def _are_values(body: Sequence[Sequence[str]], place: int) -> bool | None:
    """Whether all cells of a column are values; None if it has none."""
    cells = [row[place] for row in body if place < len(row) and row[place].strip()]
    return all(is_typed(cell) or is_value(cell) for cell in cells) if cells else None


def _are_keys(records: Sequence[Record], block: range, heads: Sequence[_Head | None]) -> bool:
    """Whether the first block may be keys and values above a table that is wider."""
    keys = [records[place].cells[0].strip() for place in block if records[place].cells]
    widths = [len(head.names) if head else 0 for head in heads]
    is_wider = max(widths) > 2
    are_few = len(keys) <= MOST_KEYS
    return widths[0] == 2 and is_wider and are_few and not any(map(is_value, keys))


def _width(record: Record) -> int:
    return len(record.cells)


def _filled(record: Record) -> int:
    return sum(bool(cell.strip()) for cell in record.cells)
