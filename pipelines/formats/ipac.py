"""IPAC tables: bars in the lines above the rows say where columns are, and what they are called.

As the archives of NASA write them: https://irsa.ipac.caltech.edu/applications/DDGEN/Doc/ipac_tbl.html
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile

from pipelines.formats import table_notices
from pipelines.formats.base import Guess, SkippedRow
from pipelines.formats.column_grid import Grid
from pipelines.formats.fixed_width_header import Header
from pipelines.formats.grid_search import Survey
from pipelines.formats.records import Record

KEYWORD = "\\"
BAR = re.compile(r"\|")
TYPES = frozenset({"char", "double", "float", "real", "int", "long", "date", *"cdfril"})
MOST_LINES = 4  # of bars: names, types, units, what stands where nothing is known


def find(lines: Sequence[str]) -> tuple[Survey, Header] | None:
    r"""The columns between the bars of the header, and their names; None if there is no such one.

    >>> survey, header = find(["\\n = 1", "|ra  |name|", "|real|char|", " 1.5  x"])
    >>> header.names, survey.grid.words, survey.first
    (('ra', 'name'), '1-5, 7-', 3)
    """
    above = sum(1 for _ in takewhile(lambda line: line.startswith(KEYWORD), lines))
    barred = [line.rstrip() for line in takewhile(_is_barred, lines[above:])]
    places = [found.start() for found in BAR.finditer(barred[0])] if barred else []
    if len(places) < 3 or len(barred) > MOST_LINES:
        return None
    if any([found.start() for found in BAR.finditer(line)] != places for line in barred):
        return None
    names, *others = (tuple(cell.strip() for cell in line[1:-1].split("|")) for line in barred)
    if not others or not TYPES.issuperset(map(str.lower, others[0])):
        return None
    first = above + len(barred)
    told = [Record([line], place, 1) for place, line in enumerate(lines[:above])]
    notice = table_notices.left_out(told)
    grid = Grid(tuple((place, place + 1) for place in places[1:-1]))
    parted = [grid.part(line) for line in lines[first:] if line.strip()]
    cells = tuple(tuple(row.cells) for row in parted if row is not None)
    if len(cells) * 2 < len(parted):
        return None
    return (
        Survey(grid, first, len(lines), cells=cells, misfits=len(parted) - len(cells)),
        Header(
            names,
            (),
            above + 1,
            first,
            Counter({"header": len(barred), "preamble": above}),
            tuple(SkippedRow.of("preamble", record.cells) for record in told),
            Guess("header", "between bars, as IPAC has it", 0.95, ("none",), names[:5]),
            () if notice is None else (notice,),
        ),
    )


def _is_barred(line: str) -> bool:
    return line.startswith("|") and line.rstrip().endswith("|")
