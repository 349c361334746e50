"""Stray quotes: the reading of a line with quotes out of place that makes a whole row of it.

A quote is stray that opens a cell which nothing closes, that stands in a cell in quotes and is not
doubled, or that was to be doubled before the one that closes. Of all readings with as many cells as
a row has the one with the fewest stray quotes counts, if there is but one such.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

MOST_STEPS = 200  # and a few for each cell
MOST_LOOKS = 1 << 20  # characters times quotes
FEW_VAIN = 8  # closing quotes behind which a cell would hold others around cells


class _Cell(NamedTuple):
    """A cell as it may be read: its text, the place behind its delimiter, its stray quotes.

    `after` is None at the end of the line.
    """

    text: str
    after: int | None
    strays: int


class _Path(NamedTuple):
    """Cells up to a place, and whether others with as few stray quotes lead there too.

    The cells are the last one and those of the path before it.
    """

    strays: int
    cell: str = ""
    before: "_Path | None" = None
    is_one_of_many: bool = False


def fitting(line: str, quote: str, delimiter: str, width: int) -> list[str] | None:
    r"""The `width` cells of a line without its end; None without such a reading, or with several.

    >>> fitting('"a,b,"c,d"', '"', ",", 3)
    ['"a', 'b', 'c,d']
    >>> fitting('"5"","a "b" c"', '"', ",", 2)
    ['5"', 'a "b" c']
    """
    if len(line) * line.count(quote) > MOST_LOOKS:
        return None
    opening, closing = _patterns(quote, delimiter)[:2]
    opened = opening.search(line)
    if opened is None:
        return None
    if closing.search(line, opened.end()) is None:  # then there is but one reading
        cells = line.split(delimiter)
        is_closed = any(cell.endswith(quote) and cell != quote for cell in cells)
        return None if is_closed or len(cells) != width else cells
    found = _found(line, quote, delimiter, width)
    return None if found is None else list(found)


@cache
def alone(quote: str, delimiter: str) -> re.Pattern[str]:
    r"""What a line is with one quote, which opens a cell with text: as it has no other it is stray.

    >>> [bool(alone('"', ",").fullmatch(line)) for line in ('1,"x\n', '1,5"\n', '1,"x"\n')]
    [True, False, False]
    """
    edge, mark = re.escape(delimiter), re.escape(quote)
    return re.compile(rf"(?:[^{mark}]*{edge})?{mark}(?!{edge})[^{mark}\r\n][^{mark}]*")


@lru_cache(maxsize=64)  # a line is asked for once to see whether it is odd, and then again
def _found(line: str, quote: str, delimiter: str, width: int) -> tuple[str, ...] | None:
    paths = {0: _Path(0)}
    steps = 0
    for place in range(width):
        is_last, beyond = place == width - 1, dict[int, _Path]()
        for at, path in paths.items():
            for cell in _cells(line, at, quote, delimiter):
                steps += 1
                if steps > MOST_STEPS + 4 * width:
                    return None
                if (cell.after is None) == is_last:
                    after = -1 if cell.after is None else cell.after
                    strays = path.strays + cell.strays
                    known = beyond.get(after)
                    if known is None or strays < known.strays:
                        beyond[after] = _Path(strays, cell.text, path, path.is_one_of_many)
                    elif strays == known.strays:
                        beyond[after] = known._replace(is_one_of_many=True)
        paths = beyond
    found = paths.get(-1)
    if found is None or found.is_one_of_many or not found.strays:
        return None
    cells = []
    while found.before is not None:
        cells.append(found.cell)
        found = found.before
    return tuple(reversed(cells))


def _cells(line: str, at: int, quote: str, delimiter: str) -> Iterator[_Cell]:
    """What may be the cell that begins at a place."""
    end = line.find(delimiter, at)
    text = line[at:] if end < 0 else line[at:end]
    is_opened = text.startswith(quote)
    if not text.endswith(quote) or text == quote:
        yield _Cell(text, None if end < 0 else end + len(delimiter), int(is_opened))
    if not is_opened:
        return
    within, vain = at + len(quote), 0
    _, closing, outer, _ = _patterns(quote, delimiter)
    for close in closing.finditer(line, within):
        inner = line[within : close.start()]
        strays, text = _unquoted(inner, quote, delimiter)
        if strays and outer.search(_without_pairs(inner, quote)):
            vain += 1
            if vain > FEW_VAIN:
                return
        else:
            is_end = close.end() == len(line) and not close[0].endswith(delimiter)
            yield _Cell(text, None if is_end else close.end(), strays)


@cache
def _patterns(quote: str, delimiter: str) -> tuple[re.Pattern[str], ...]:
    """A quote that opens a cell, one that closes it, one around another cell, runs of quotes."""
    edge, mark = re.escape(delimiter), re.escape(quote)
    opening, closing = rf"(?:^|{edge}){mark}", rf"{mark} *(?:{edge}|$)"
    outer = rf"(?<={edge}){mark}|{mark} *{edge}"
    return tuple(map(re.compile, (opening, closing, outer, f"((?:{mark})+)")))


def _unquoted(inner: str, quote: str, delimiter: str) -> tuple[int, str]:
    """How many quotes within a cell are not doubled; and its text."""
    runs = _patterns(quote, delimiter)[3].split(inner)
    strays = sum(len(run) % 2 for run in runs[1::2])
    runs[1::2] = [quote * ((len(run) + 1) // 2) for run in runs[1::2]]
    return strays, "".join(runs)


def _without_pairs(inner: str, quote: str) -> str:
    return inner.replace(quote * 2, "")
