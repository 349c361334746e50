"""Record looks: what records look like by themselves, and as names above others."""

from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

from pipelines.formats import header_row
from pipelines.formats.cell_looks import is_value
from pipelines.formats.records import Record

DEEP = 200


def told_of(records: Sequence[Record]) -> list[Record]:
    """Those that are not blank."""
    return [record for record in records if not is_blank(record)]


def is_blank(record: Record) -> bool:
    """Whether no cell holds anything."""
    return not any(map(str.strip, record.cells))


def filled_in(record: Record) -> int:
    """How many cells hold something."""
    return filled_to(record, width_of(record))


def filled_to(record: Record, columns: int) -> int:
    """How many of the first cells hold something."""
    return sum(map(bool, map(str.strip, record.cells[:columns])))


def width_of(record: Record) -> int:
    """How many cells there are."""
    return len(record.cells)


def is_header(records: Sequence[Record], width: int) -> bool:
    """Whether the first record plainly names the columns of those below it."""
    return (
        len(records) > 1
        and width_of(records[0]) == width
        and all(name.strip() for name in records[0].cells)
        and header_row.evidence(records[0].cells, _below(records[:DEEP])) >= header_row.SURE
    )


def _below(records: Sequence[Record]) -> list[list[str]]:
    """The rows below the first record, but for names that come again."""
    names = records[0].cells
    is_open = any(map(is_value, names))
    rows = cells_of(records[1:])
    return rows if is_open else header_row.below(rows, names)


def cells_of(records: Sequence[Record]) -> list[list[str]]:
    """The cells of those that are not blank."""
    return [record.cells for record in records if not is_blank(record)]


def block(records: Iterable[Record]) -> list[Record]:
    """The first records, up to a blank one, of those that are looked at."""
    near = islice(records, DEEP)
    return list(takewhile(lambda record: not is_blank(record), near))
