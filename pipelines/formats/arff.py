"""ARFF: what the lines above `@data` say of the columns of a delimited text, as Weka writes it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from connectors.errors import UnknownFormat
from pipelines.choices import Choices
from pipelines.formats import dialect
from pipelines.formats.base import Guess, Notice
from pipelines.formats.dialect import Layout

COMMENT = "%"
MISSING = "?"
RELATION = re.compile(r"\s*@relation\b", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"""\s*@attribute\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s{]+))\s*\S""", re.IGNORECASE
)
DATA = re.compile(r"\s*@data\b", re.IGNORECASE)
SPACED = re.compile(r",\s")
WEIGHT = re.compile(r",\s*\{[\d.eE+-]+\}\s*$")
WEIGHT_NAME = "weight"
OTHER_QUOTES = Notice(
    "quotes.odd",
    "cells stand in single and in double quotes; those of the rarer kind are kept as characters",
)
ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Attributes:
    """The names of the columns, and how many lines stand above the rows."""

    names: tuple[str, ...]
    lines: int


def begins(lines: Iterable[str]) -> bool:
    """Whether the first lines, but for comments, are those of a relation and an attribute."""
    told = (line for line in lines if line.strip() and not line.startswith(COMMENT))
    first, second = next(told, ""), next(told, "")
    return bool(RELATION.match(first) and ATTRIBUTE.match(second))


def find(lines: Sequence[str]) -> Attributes | None:
    """The attributes of a relation that these lines begin with.

    >>> find(["@relation r", "@attribute 'a b' real", "@attribute c {x, y}", "@data", "1,x"]).names
    ('a b', 'c')
    """
    names: list[str] = []
    is_relation = False
    for place, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(COMMENT):
            continue
        if not is_relation:
            if not RELATION.match(line):
                return None
            is_relation = True
        elif found := ATTRIBUTE.match(line):
            names.append(ESCAPED.sub(r"\1", next(filter(None, found.groups()), "")))
        else:
            return Attributes(tuple(names), place) if names and DATA.match(line) else None
    return None


def layout_of(lines: Sequence[str], found: Attributes, name: str, *, is_whole: bool) -> Layout:
    """How the rows are laid out that stand below. Raises UnknownFormat for sparse ones.

    Where weights stand behind the rows, `1,x,{0.5}`, they are one column more.
    """
    told = [line for line in lines if line.strip() and not line.startswith(COMMENT)]
    if told and told[0].lstrip().startswith("{"):
        raise UnknownFormat(f"{name} is ARFF with sparse rows, which are not read")
    is_parted = bool(told) and len(found.names) > 1
    delimiter = next((mark for mark in ",\t " if is_parted and mark in told[0]), ",")
    names = found.names
    if delimiter == "," and any(map(WEIGHT.search, told)):
        names = (*names, WEIGHT_NAME)
    rows = Choices(delimiter=delimiter, header=0)
    layout = dialect.detect("".join(lines), rows, is_whole=is_whole)
    quoted = re.compile(rf"""(?:^|{delimiter})\s*(['"])""")
    quotes = Counter(quote for line in told for quote in quoted.findall(line))
    quote = max("'\"", key=lambda quote: quotes[quote])
    return replace(
        layout,
        dialect=replace(
            layout.dialect,
            comment=COMMENT,
            is_comment_sure=True,
            quote=quote,
            escape="\\" if any(f"\\{quote}" in line for line in told) else layout.dialect.escape,
            skips_space=delimiter == " " or any(SPACED.search(line) for line in told),
        ),
        columns=len(names),
        first_record=0,
        names=names,
        guesses=(Guess("header", "attributes of ARFF", 1.0),),
        notices=(OTHER_QUOTES,) if all(quotes[each] for each in "'\"") else (),
        is_echoed=True,
    )
