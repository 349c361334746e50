"""Column grid: the gaps between columns at fixed positions, and how a line is parted at them.

Every character of a line goes into exactly one cell. A value may reach into a gap as long as blanks
still part it from its neighbour; where none do, the line cannot be parted, and is never cut.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Unit = Literal["characters", "cells of a terminal", "bytes"]

BLANKS = re.compile(" +")
FILLER = "\ufdd0"  # no character: it stands for the places that a wide one takes besides its own
CROSSES = "a value crosses from one column into the next"


@dataclass(frozen=True, slots=True)
class Parted:
    """The cells of a line, trimmed; `is_tight` where one blank alone told two values apart."""

    cells: list[str]
    is_tight: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Gaps [start, end) between the columns, in order, counted from 0 in the unit of the file."""

    gaps: tuple[tuple[int, int], ...]
    unit: Unit = "characters"

    @property
    def columns(self) -> int:
        return len(self.gaps) + 1

    @property
    def slices(self) -> tuple[tuple[int, int | None], ...]:
        """Where each column begins and ends; the last one has no end."""
        starts = (0, *(end for _, end in self.gaps))
        ends = (*(start for start, _ in self.gaps), None)
        return tuple(zip(starts, ends, strict=True))

    @property
    def words(self) -> str:
        """The columns as people count them: `1-11, 13-20, 22-`."""
        return ", ".join(f"{start + 1}-{end or ''}" for start, end in self.slices)

    def part(self, line: str) -> Parted | None:
        """The cells of a line that is `spread`; None where a value crosses a gap.

        >>> Grid(((3, 5),)).part("abc  def"), Grid(((3, 5),)).part("abcdefg h")
        (Parted(cells=['abc', 'def'], is_tight=False), None)
        """
        cells: list[str] = []
        begin, is_tight = 0, False
        line = self._filled(line)
        for (start, end), runs in zip(self.gaps, _blanks(line, self.gaps), strict=True):
            wide = [run for run in runs if run[1] - run[0] > 1]
            if not runs or (len(runs) > 1 and len(wide) != 1):
                return None
            first, last = wide[0] if wide else runs[0]
            if start < first and last < end and last - first == 1:
                return None  # a lone blank between two values that both leave their columns
            is_tight = is_tight or len(runs) > 1 or last - first < min(2, end - start)
            cut = max(first, start)
            cells.append(line[begin:cut].strip(" "))
            begin = cut
        cells.append(line[begin:].strip(" "))
        return Parted([cell.replace(FILLER, "") for cell in cells], is_tight)

    def narrowed(self, lines: Sequence[str]) -> "Grid":
        """With the gaps that remain where values of these lines reach into them."""
        gaps = list(self.gaps)
        for line in map(self._filled, lines):
            for place, runs in enumerate(_blanks(line, tuple(gaps))):
                start, end = gaps[place]
                if len(runs) == 1 and runs[0][1] - runs[0][0] > 1:
                    gaps[place] = max(start, runs[0][0]), min(end, runs[0][1])
        return replace(self, gaps=tuple(gaps))

    def _filled(self, line: str) -> str:
        return line.ljust(self.gaps[-1][1] + 2)


def spread(line: str, unit: Unit) -> str:
    """The line with as many characters as it has places in this unit.

    >>> [len(spread("né 東", unit)) for unit in ("characters", "cells of a terminal", "bytes")]
    [4, 5, 7]
    """
    if unit == "characters" or line.isascii():
        return line
    if unit == "bytes":
        return "".join(char + FILLER * (len(char.encode()) - 1) for char in line)
    return "".join(
        char + FILLER if unicodedata.east_asian_width(char) in "WF" else char for char in line
    )


def _blanks(line: str, gaps: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """For each gap, the runs of blanks that lie in it, or reach into it, in full length."""
    runs = [run.span() for run in BLANKS.finditer(line)]
    first = 0
    for start, end in gaps:
        while first < len(runs) and runs[first][1] <= start:
            first += 1
        last = first
        while last < len(runs) and runs[last][0] < end:
            last += 1
        yield runs[first:last]
