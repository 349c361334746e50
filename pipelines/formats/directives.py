"""Directives: what lines marked `#` above the rows say of the columns, in logs of servers.

`#Fields: date time c-ip` is W3C's Extended Log Format, which IIS and CloudFront write; Zeek writes
`#fields`, and which separator and which word for nothing it uses. Such lines may come again below.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.choices import Choices
from pipelines.formats import dialect
from pipelines.formats.base import Guess
from pipelines.formats.dialect import Layout

MARK, UNSET = "#", "-"
FIELDS = re.compile(r"#Fields:\s*(\S.*)", re.IGNORECASE)
ZEEK = re.compile(r"#separator (?:\\x([0-9a-fA-F]{2})|(\S))\s*$")
QUOTED = re.compile(r'"(?:[^"]|"")*"')


@dataclass(frozen=True, slots=True)
class Directives:
    """The names of the columns, what parts them, a word for nothing, and how many lines tell so."""

    names: tuple[str, ...]
    delimiter: str
    lines: int
    unset: str = UNSET


def find(lines: Sequence[str]) -> Directives | None:
    """The directives that these lines begin with, if the first row has as many cells as names.

    >>> find(["#Version: 1.0", "#Fields: date c-ip", "2025-05-02 10.0.0.1"]).names
    ('date', 'c-ip')
    """
    told = [line.rstrip("\r\n") for line in lines]
    above = next((n for n, line in enumerate(told) if line and not line.startswith(MARK)), 0)
    if not above:
        return None
    found = _of_zeek(told[:above]) or _of_w3c(told[:above], told[above])
    if found is None or len(set(found.names)) < len(found.names):
        return None
    width = QUOTED.sub("", told[above]).count(found.delimiter) + 1
    return found if width == len(found.names) > 1 else None


def _of_w3c(above: Sequence[str], row: str) -> Directives | None:
    fields = [found[1] for line in above if (found := FIELDS.match(line))]
    if not fields:
        return None
    delimiter = "\t" if "\t" in row else " "
    return Directives(tuple(fields[-1].split()), delimiter, len(above))


def _of_zeek(above: Sequence[str]) -> Directives | None:
    found = ZEEK.match(above[0])
    if found is None:
        return None
    delimiter = found[2] or chr(int(found[1], 16))
    told = {name: rest for name, _, rest in (line.partition(delimiter) for line in above)}
    names = tuple(told.get("#fields", "").split(delimiter))
    return Directives(names, delimiter, len(above), told.get("#unset_field", UNSET))


def layout_of(lines: Sequence[str], found: Directives, *, is_whole: bool) -> Layout:
    """How the rows are laid out that stand below."""
    chosen = Choices(delimiter=found.delimiter, header=0)
    layout = dialect.detect("".join(lines), chosen, is_whole=is_whole)
    return replace(
        layout,
        dialect=replace(layout.dialect, comment=MARK, is_comment_sure=True),
        columns=len(found.names),
        first_record=0,
        names=found.names,
        headers=(),
        guesses=(Guess("header", "directives of the log", 1.0),),
        notices=(),
        is_echoed=True,
    )
