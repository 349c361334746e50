"""Blank places: which places are blank in the lines of a text, and which of them part columns.

What parts two columns is blank in nearly every line, with values on both sides of it in enough
lines that prose would hardly do so by chance.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DEEPEST_TITLE = 12
DEEPEST_FOOTER = 6
TOLERATED = 50  # one line in so many may break a gap, and one
ENOUGH = 6
FEWEST_NUMBERS = 4
WEIGHTS = (0, 1, 3, 4)  # how much a line says for a gap, by how many blanks it has there
FEW = 8  # of fewer lines, none may break a gap

NUMBER = re.compile(r"[-+]?[$€£]?(\d[\d.,]*|\.\d+)(e[-+]?\d+)?%?", re.IGNORECASE)

Gaps = tuple[tuple[int, int], ...]
Bits = np.ndarray[tuple[int, int], np.dtype[np.bool_]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Counts = np.ndarray[tuple[int, int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Filled:
    """Which places of the lines are filled."""

    lines: tuple[str, ...]
    filled: Bits

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Filled":
        width = max(map(len, lines), default=0)
        text = "".join(line.ljust(width) for line in lines)
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).reshape(len(lines), width)
        return cls(tuple(lines), codes != ord(" "))

    def without_ends(self) -> "Filled":
        """It without the deepest title and footer that there may be."""
        rows = slice(DEEPEST_TITLE, len(self.lines) - DEEPEST_FOOTER)
        return Filled(self.lines[rows], self.filled[rows])

    def runs(self) -> list[tuple[int, int]]:
        """The blank places between filled ones, when a few lines that bridge a gap are left out."""
        counts = self.filled.sum(axis=0)
        lines = len(self.lines)
        for few in range(1 + lines // TOLERATED if lines >= FEW else 0, 0, -1):
            bridging = self._bridging(counts, few)
            if bridging is None:
                break
            counts = counts - self.filled[bridging]
        ends = len(counts)
        return [(start, end) for start, end in _true_runs(counts == 0) if start and end < ends]

    def _bridging(self, counts: Counts, few: int) -> int | None:
        """Of the few lines that alone fill the places between two columns, the worst."""
        tally: Counter[int] = Counter()
        for start, end in _true_runs(counts <= few):
            if start and end < len(counts) and counts[start:end].all():
                lines = np.flatnonzero(self.filled[:, start:end].any(axis=1)).tolist()
                tally.update(lines if len(lines) <= few else ())
        return tally.most_common(1)[0][0] if tally else None


@dataclass(frozen=True, slots=True)
class Matrix(Filled):
    """Which places are filled; the last one before each, the next one behind it."""

    before: Counts
    behind: Counts

    @classmethod
    def around(cls, found: Filled) -> "Matrix":
        width = found.filled.shape[1]
        at = np.arange(width)
        before = np.maximum.accumulate(np.where(found.filled, at, -1), axis=1)
        next_ones = np.where(found.filled, at, width)[:, ::-1]
        behind = np.minimum.accumulate(next_ones, axis=1)[:, ::-1]
        return cls(found.lines, found.filled, before, behind)

    def within(self, top: int, bottom: int) -> "Matrix":
        rows = slice(top, len(self.lines) - bottom)
        return Matrix(self.lines[rows], self.filled[rows], self.before[rows], self.behind[rows])

    def gaps(self) -> Gaps:
        """The runs of blank places that enough lines vouch for; the others are within a value."""
        gaps = self.runs()
        weights = [self._weight(gaps, place) for place in range(len(gaps))]
        while weights and min(weights) < ENOUGH:
            lightest = weights.index(min(weights))
            del gaps[lightest], weights[lightest]
            for beside in (lightest - 1, lightest):
                if 0 <= beside < len(gaps):
                    weights[beside] = self._weight(gaps, beside)
        return self._loosened(gaps)

    def _loosened(self, gaps: Sequence[tuple[int, int]]) -> Gaps:
        """The gaps as they are without the one line that leaves but one blank of a wide gap."""
        counts = self.filled.sum(axis=0)
        return tuple(
            next(
                filter(None, (self._without(line, gap, counts) for line in self._beside(gap))), gap
            )
            for gap in gaps
        )

    def _beside(self, gap: tuple[int, int]) -> tuple[int, int]:
        """A line each that ends right before the gap, and that begins right behind it."""
        return int(self.filled[:, gap[0] - 1].argmax()), int(self.filled[:, gap[1]].argmax())

    def _without(self, line: int, gap: tuple[int, int], counts: Counts) -> tuple[int, int] | None:
        """The gap without this line, if it is wide then, but one blank with it."""
        if gap[1] - gap[0] > 1 or len(self.lines) < FEW:
            return None
        rest = np.flatnonzero(counts - self.filled[line])
        start = int(rest[rest < gap[0]].max(initial=-1)) + 1
        end = int(rest[rest >= gap[1]].min(initial=len(counts)))
        return (start, end) if start > 0 and end < len(counts) and end - start > 2 else None

    def _weight(self, gaps: list[tuple[int, int]], place: int) -> int:
        start, end = gaps[place]
        left = gaps[place - 1][1] if place else 0
        right = gaps[place + 1][0] if place + 1 < len(gaps) else self.filled.shape[1]
        last, following = self.before[:, start], self.behind[:, end - 1]
        vouching = np.flatnonzero((last >= left) & (following < right) & (last < following))
        blanks = (following - last - 1)[vouching].tolist()
        lines = vouching.tolist()
        # Values that repeat have their blanks in the same places, whatever those mean.
        told = {self.lines[line][left:right]: n for line, n in zip(lines, blanks, strict=True)}
        weight = sum(WEIGHTS[min(n, len(WEIGHTS) - 1)] for n in told.values())
        if weight < 2 * len(told) and len(lines) < len(self.lines) / 4:
            return 0  # lone blanks in a few long lines
        if 0 < weight < ENOUGH and self._parts_numbers(left, start, end, right):
            return ENOUGH
        return weight

    def _parts_numbers(self, left: int, start: int, end: int, right: int) -> bool:
        """Whether a column is numbers, but would not be with its neighbour's few values."""
        for first, last in ((left, start), (end, right)):
            cells = [cell for line in self.lines if (cell := line[first:last].strip())]
            numbers = sum(NUMBER.fullmatch(cell) is not None for cell in cells)
            if numbers >= max(FEWEST_NUMBERS, len(cells) - 1):
                return True
        return False


def _true_runs(flags: Flags) -> list[tuple[int, int]]:
    padded = np.concatenate(([False], flags, [False]))
    edges = np.flatnonzero(padded[1:] != padded[:-1]).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
