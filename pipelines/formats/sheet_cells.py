"""Sheet cells: the values of a column become one typed series, or text that says the same."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl

from pipelines.column_type import widest
from pipelines.formats import cell_types
from pipelines.formats.packed_column import PackedColumn
from pipelines.formats.sheet_grid import Cell, ErrorCell

EXACT = 2**53
FEW = 64  # cells that are sooner looked at one by one than by numpy
NUMBERS = {int, float}
KINDS: dict[type, str] = {
    int: "number",
    float: "number",
    str: "text",
    bool: "boolean",
    dt.date: "date",
    dt.datetime: "date",
    dt.time: "time",
    dt.timedelta: "duration",
}
Column = Sequence[Cell | None] | PackedColumn
WORDS = {*cell_types.NULL_WORDS, *cell_types.TYPED_NULL_WORDS}


def text_of(cell: object) -> str:
    """The shortest text that says exactly what the cell says.

    >>> text_of(7.0), text_of(0.1), text_of(True), text_of(dt.timedelta(days=1, minutes=5))
    ('7', '0.1', 'true', '24:05:00')
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, dt.timedelta):
        return _clock(cell)
    return cell.kind if isinstance(cell, ErrorCell) else str(cell)


def _clock(cell: dt.timedelta) -> str:
    sign = "-" if cell < dt.timedelta() else ""
    seconds, microseconds = divmod(abs(cell) // dt.timedelta(microseconds=1), 1_000_000)
    fraction = f".{microseconds:06}".rstrip("0") if microseconds else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"


def kinds_of(cells: Sequence[Cell | None]) -> Counter[str]:
    """How many cells are of each kind.

    >>> kinds_of([1.0, "x", None, 2])
    Counter({'number': 2, 'text': 1})
    """
    counts: Counter[str] = Counter()
    for kind, count in Counter(map(type, cells)).items():
        if kind in KINDS:
            counts[KINDS[kind]] += count
    return counts


def said_by_texts(cells: Sequence[Cell | None]) -> str | None:
    """What texts say all the same, as a careless export leaves it, if all cells are texts.

    >>> said_by_texts(["1", None, "2.5"]), said_by_texts(["2024-02-29"]), said_by_texts(["1", 2])
    ('numbers', 'dates', None)
    """
    present = [cell for cell in cells if cell is not None]
    if not present or not all(isinstance(cell, str) for cell in present):
        return None
    first = str(present[0])
    if not cell_types.may_be_more_than_text(first) or any(cell in WORDS for cell in present):
        return None
    found = cell_types.infer(pl.Series("cells", present, pl.String))
    return "numbers" if found.is_numeric() else "dates" if found.is_temporal() else None


def series(name: str, cells: Column, asked: pl.DataType | None) -> pl.Series:
    """The cells in the narrowest type that holds them, or in text where that is asked for.

    >>> series("a", [1.0, None, 2.0], None).dtype, series("a", [1.0, "x"], None).to_list()
    (Int64, ['1', 'x'])
    """
    typed = _typed(name, cells)
    if typed is None:
        return _text(name, cells)
    if isinstance(typed.dtype, pl.String):
        return typed
    if isinstance(asked, pl.Duration) and typed.dtype == pl.Time:
        return typed.cast(asked)
    wants_text = asked is not None and isinstance(widest(asked, typed.dtype), pl.String)
    return _text(name, cells) if wants_text else typed


def of_texts(name: str, cells: Column, asked: pl.DataType | None) -> cell_types.Converted:
    """The cells of a column whose texts say more, read as delimited text would be."""
    texts = _text(name, cells)
    if isinstance(asked, pl.String) or texts.is_in(list(WORDS)).any():
        return cell_types.Converted(texts)
    return cell_types.convert(texts, cell_types.infer(texts) if asked is None else asked)


def _typed(name: str, cells: Column) -> pl.Series | None:
    """None where the cells are of several kinds."""
    if isinstance(cells, PackedColumn):
        packed = cells.typed(name)
        if packed is not None:
            return _narrowed(packed) if packed.dtype == pl.Float64 else packed
        cells = list(cells)
    kinds = set(map(type, cells)) - {type(None)}
    if not kinds:
        return pl.Series(name, [None] * len(cells), pl.Null)
    if kinds <= NUMBERS:
        return _numbers(name, cells, kinds)
    if kinds == {str}:
        return pl.Series(name, cells, pl.String)
    if kinds == {bool}:
        return pl.Series(name, cells, pl.Boolean)
    if kinds == {dt.date}:
        return pl.Series(name, cells, pl.Date)
    if kinds <= {dt.date, dt.datetime}:
        moments = [
            dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - sheets know no zone
            if type(cell) is dt.date
            else cell
            for cell in cells
        ]
        return pl.Series(name, moments, pl.Datetime("us"))
    if kinds == {dt.time}:
        return pl.Series(name, cells, pl.Time)
    if kinds <= {dt.time, dt.timedelta}:
        return pl.Series(name, list(map(_lasting, cells)), pl.Duration("us"))
    return None


def _lasting(cell: Cell | None) -> dt.timedelta | None:
    """Among durations, a time of day is one of less than a day."""
    if not isinstance(cell, dt.time):
        assert cell is None or isinstance(cell, dt.timedelta)
        return cell
    clock = dt.timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
    return clock + dt.timedelta(microseconds=cell.microsecond)


def _numbers(name: str, cells: Sequence[Cell | None], kinds: set[type]) -> pl.Series:
    if len(cells) <= FEW and kinds == {float}:
        numbers = [cell for cell in cells if isinstance(cell, float)]
        if all(number.is_integer() and abs(number) < EXACT for number in numbers):
            whole = [int(cell) if isinstance(cell, float) else None for cell in cells]
            return pl.Series(name, whole, pl.Int64)
        return pl.Series(name, cells, pl.Float64)
    try:
        found = pl.Series("cells", cells, pl.Float64, strict=int not in kinds)
    except (OverflowError, TypeError):
        return _text(name, cells)
    return _narrowed(found).alias(name)


def _narrowed(numbers: pl.Series) -> pl.Series:
    found = (numbers.drop_nulls() if numbers.null_count() else numbers).to_numpy()
    is_whole = ((np.floor(found) == found) & (np.abs(found) < EXACT)).all()
    return numbers.cast(pl.Int64) if is_whole else numbers


def _text(name: str, cells: Column) -> pl.Series:
    if isinstance(cells, PackedColumn):
        packed = cells.typed(name)
        if packed is not None and packed.dtype == pl.String:
            return packed
    texts = [None if cell is None else text_of(cell) for cell in cells]
    return pl.Series(name, texts, pl.String)
