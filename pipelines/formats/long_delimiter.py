"""Long delimiters: several characters between cells, read as if they were one that no text has."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
QUOTED = re.compile(r'"[^"]*"')
LONGEST = 10_000


def find(lines: Sequence[str]) -> str | None:
    """The delimiter of several characters that parts all but a few lines into as many cells.

    >>> find(["1::Heat (1995)::Action", "2::Sabrina::Comedy"])
    '::'
    """
    near = "".join(lines[:LOOKED_AT])
    candidates = [each for each in KNOWN if each in near]
    if not candidates or any(ONE in line for line in lines):
        return None
    told = [QUOTED.sub("", line) for line in _joined(lines) if line.strip()]
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
    counts = Counter(line.count(delimiter) for line in lines)
    count, fitting = counts.most_common(1)[0]
    if count < FEWEST or len(lines) - fitting > max(len(lines) >= FEW, MISFITS * len(lines)):
        return False
    sign = delimiter[0]
    alone = sum(sign in line.replace(delimiter, "") for line in lines)  # as where cells are empty
    return delimiter.count(sign) < len(delimiter) or alone * 2 < len(lines)


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
