"""Long delimiters: several characters between cells, read as if they were one that no text has."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from pipelines.formats.cell_looks import is_value
from pipelines.formats.sequential import Sequential

KNOWN = (
    *("||", "::", ";;", "~~", "^^", "@@", "##", "$$", "%%", "&&", "<>"),
    *("|~|", "~|~", "^|^", "|^|", "|;|", "|#|", "#|#", "~^~", "^~^", "|:|", "|||", "@|@", "]|["),
)
ONE = "\x1f"  # what stands for it: the separator of units, of ASCII
FEWEST = 2  # in a line; and lines
LOOKED_AT = 50  # lines, of which some have it if any does
MISFITS = 0.05  # of all lines; and one, of a few
FEW = 8
COMMENT = "#"
RIVALS = (",", "\t", ";", "|")
WORDY = ":"  # doubled, it stands in names too
QUOTED = re.compile(r'"[^"]*"')
LONGEST = 10_000


def find(lines: Sequence[str]) -> str | None:
    """The delimiter of several characters that parts all but a few lines into as many cells.

    The first line below comments is none of the few. A delimiter of one character that parts the
    lines as evenly goes before it: `std::m::T` below `path` is a cell.

    >>> find(["1::Heat (1995)::Action", "2::Sabrina::Comedy"])
    '::'
    """
    near = "".join(lines[:LOOKED_AT])
    candidates = [each for each in KNOWN if each in near]

    def has_any(line: str) -> bool:
        return any(each in line for each in candidates)

    if not candidates or any(ONE in line for line in lines):
        return None
    filled = (line for line in _joined(lines) if line.strip())
    below = dropwhile(lambda line: line.startswith(COMMENT) and not has_any(line), filled)
    told = [QUOTED.sub('""', line) for line in below]
    if len(told) < FEWEST:
        return None
    return max((each for each in candidates if _parts(each, told)), key=len, default=None)


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """The lines, those that begin or end within quotes as one."""
    held = ""
    for line in lines:
        held += line
        if held.count('"') % 2 == 0 or len(held) > LONGEST:
            yield held
            held = ""
    yield held


def _parts(delimiter: str, lines: Sequence[str]) -> bool:
    if lines[0].count(delimiter) < FEWEST or not _is_even(delimiter, lines):
        return False
    rivals = (each for each in RIVALS if each not in delimiter and each in lines[0])
    if any(_is_even(each, lines) for each in rivals):
        return False
    if delimiter[0] == WORDY and not _has_values(delimiter, lines):
        return False
    return len(set(delimiter)) > 1 or _stands_whole(delimiter, lines)


def _is_even(delimiter: str, lines: Sequence[str]) -> bool:
    """Whether it stands as often in all but a few lines as in the first."""
    count = lines[0].count(delimiter)
    misfits = sum(line.count(delimiter) != count for line in lines)
    return misfits <= max(len(lines) >= FEW, MISFITS * len(lines))


def _has_values(delimiter: str, lines: Sequence[str]) -> bool:
    """Whether a column holds numbers or dates alone, below what may be its name."""
    rows = [line.split(delimiter) for line in lines[1:]]
    width = lines[0].count(delimiter) + 1
    columns = zip(*(row for row in rows if len(row) == width), strict=True)
    return any(all(map(is_value, column)) for column in columns)


def _stands_whole(delimiter: str, lines: Sequence[str]) -> bool:
    """Whether the sign that a delimiter repeats parts nothing by itself, as around empty cells.

    In the first line, where no cell is empty, it is only ever so long; alone it may stand within
    a cell, of less than half of the lines and of none that has more or fewer cells.
    """
    sign = delimiter[0]
    if sign in lines[0].replace(delimiter, "") or delimiter * 2 in lines[0]:
        return False
    count = lines[0].count(delimiter)
    alone = [line.count(delimiter) for line in lines if sign in line.replace(delimiter, "")]
    return alone.count(count) == len(alone) and len(alone) * 2 < len(lines)


@dataclass(frozen=True)
class Rejoined(Sequential):
    """A stored object with `ONE` for a delimiter of several characters."""

    delimiter: str

    def _blocks(self) -> Iterator[bytes]:
        long, one = self.delimiter.encode(), ONE.encode()
        rest = b""
        for block in self.inner.stream():
            content = (rest + block).replace(long, one)
            begun = next((n for n in range(len(long) - 1, 0, -1) if content.endswith(long[:n])), 0)
            rest = content[len(content) - begun :]
            if len(content) > begun:
                yield content[: len(content) - begun]
        if rest:
            yield rest
