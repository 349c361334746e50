"""Active content: what in a workbook would run or be fetched when it is opened; we only name it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Active:
    """A kind of active content: its notice's code and sentence, and the parts that show it."""

    code: str
    message: str
    parts: re.Pattern[str]


MACROS = Active(
    "workbook.macros",
    "the workbook holds macros; they were not run",
    re.compile(r"(.*/)?(vbaproject\.bin|macrosheets/.+|_vba_project.*)|(basic|scripts)/.+"),
)
LINKS = Active(
    "workbook.links",
    "the workbook refers to other files, data sources or programs; none was asked,"
    " the values saved in it were read",
    re.compile(r"(.*/)?(externallinks/.+|connections\.(xml|bin)|querytables/.+)"),
)
OBJECTS = Active(
    "workbook.objects",
    "the workbook holds embedded objects or controls; they were not opened",
    re.compile(r"(.*/)?(embeddings/.+|activex/.+)|object \d+/.+|mbd[0-9a-f]{8}"),
)
KINDS = (MACROS, LINKS, OBJECTS)


def active_in(parts: Iterable[str]) -> Iterator[Active]:
    """The kinds of active content that a package with these parts, or streams, holds.

    >>> [active.code for active in active_in(["xl/workbook.xml", "xl/vbaProject.bin"])]
    ['workbook.macros']
    """
    paths = [path.lower() for path in parts]
    for kind in KINDS:
        if any(map(kind.parts.fullmatch, paths)):
            yield kind
