"""Skipped rows: whatever stands around a table, no word of it is lost; and it is bounded."""

import pickle

import pytest
from office_files import ods, ods_cell, xls
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import SPEAKING, SkippedRow
from pipelines.skipped_rows import MOST_CHARACTERS, MOST_ROWS, SkippedRows, together
from pipelines.source_plan import plan
from tests.pipelines.formats.test_excel_workbook import written

LONG = "A note that goes on " + "and on " * 200 + "to its end"
NOTES = [f"Remark {n} of the bureau, which is long enough to be a sentence" for n in range(30)]
ROWS = [[1, "Ann", 10.5], [2, "Bob", 20.5], [3, "Cid", 30.5], [4, "Dee", 40.5]]
NAMES = ["id", "name", "paid"]
TEXT = "id,name,paid\n" + "".join(f"{a},{b},{c}\n" for a, b, c in ROWS)
FIXED = "id  name   paid\n" + "".join(f"{a}   {b}    {c}\n" for a, b, c in ROWS)
IPAC = "\\title = 'All'\n|id  |name|\n|int |char|\n  1    Ann \n  2    Bob \n"
HTML = f"""<table><tr><td colspan=3>{LONG}</td></tr>
<tr>{"".join(f"<td>{name}</td>" for name in NAMES)}</tr>
{"".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ROWS)}</table>"""
ARFF = "% Of irises\n@relation r\n@attribute a {x, y}\n@attribute b real\n@data\nx,1\n% odd\ny,2\n"
LOG = "#Software: IIS\n#Fields: date c-ip\n2025-05-02 10.0.0.1\n#Date: 2025\n2025-05-03 10.0.0.2\n"
SHEET = [
    [LONG],
    *([note] for note in NOTES),
    NAMES,
    *ROWS,
    ["Total", None, 102],
    [],
    ["Source: the bureau"],
]
OF_SHEET = [
    ("preamble", (LONG,), 1),
    *(("preamble", (note,), place) for place, note in enumerate(NOTES, start=2)),
    ("total row", ("Total", "102"), 37),
    ("note", ("Source: the bureau",), 39),
]
SMALL = [["Sold in May"], NAMES, *ROWS]
LONG_SHEET = [*SHEET[:32], *([n, "Ann", n / 2] for n in range(1, 85_000)), *SHEET[-3:]]


def of(*found):
    return [(reason, (text,), None) for reason, text in found]


def _ods_row(row):
    cells = (
        ods_cell("string", "", cell) if isinstance(cell, str) else ods_cell("float", str(cell))
        for cell in row
    )
    return ["".join(cells)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "a.csv",
            f"{LONG}\n\n{TEXT}Total,,102\n\nSource: {LONG}\n".encode(),
            [
                ("preamble", (LONG,), None),
                ("total", ("Total", "102"), None),
                ("note", (f"Source: {LONG}",), None),
            ],
        ),
        (
            "comments.csv",
            f"# {LONG}\n{TEXT}# half of it\n5,Eva,1\n".encode(),
            of(("preamble", f"# {LONG}"), ("comment", "# half of it")),
        ),
        (
            "a.txt",
            f"{NOTES[0]}\n{NOTES[1]}\n\n{FIXED}\nSource: {LONG}\n".encode(),
            of(("preamble", NOTES[0]), ("preamble", NOTES[1]), ("note", f"Source: {LONG}")),
        ),
        ("a.tbl", IPAC.encode(), of(("preamble", "\\title = 'All'"))),
        ("a.html", HTML.encode(), of(("preamble", LONG))),
        (
            "a.arff",
            ARFF.encode(),
            of(*(("header", line) for line in ARFF.splitlines()[:5]), ("comment", "% odd")),
        ),
        (
            "iis.log",
            LOG.encode(),
            of(*(("header", line) for line in LOG.splitlines()[:2]), ("comment", "#Date: 2025")),
        ),
        ("a.xlsx", written(SHEET), OF_SHEET),
        (
            "long.xlsx",
            written(LONG_SHEET),
            [(*each[:2], None if each[0] != "preamble" else each[2]) for each in OF_SHEET],
        ),
        (
            "a.xls",
            xls([(y, x, cell) for y, row in enumerate(SMALL) for x, cell in enumerate(row)]),
            [("preamble", ("Sold in May",), 1)],
        ),
        (
            "a.ods",
            ods([_ods_row(row) for row in SMALL]),
            [("preamble", ("Sold in May",), 1)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_word_around_a_table_is_lost(name, content, said):
    """Titles, notes, totals and comments come whole and in order, and as often as counted."""
    (table,) = plan([MemoryObject(name, content)], Limits()).tables
    chunks = [
        chunk
        for fragment in pickle.loads(pickle.dumps(table.fragments))
        for chunk in fragment.chunks(table.schema)
    ]

    found = [row for chunk in chunks for row in chunk.skipped_rows]

    assert [(row.reason, row.cells, row.row) for row in found] == said
    counted = sum(
        count for chunk in chunks for why, count in chunk.skipped.items() if why in SPEAKING
    )
    assert counted == sum(row.reason in SPEAKING for row in found)


def test_what_is_held_is_bounded():
    """Rows beyond the bounds, by number or by size, are counted; none after them is held."""
    row = SkippedRow("comment", ("x",))
    large = SkippedRow("comment", ("y" * MOST_CHARACTERS,))

    many = SkippedRows().then([row] * (MOST_ROWS + 5))
    long = SkippedRows().then([row]).then([large, row])

    assert (len(many.rows), many.omitted) == (MOST_ROWS, 5)
    assert (long.rows, long.omitted) == ((row,), 2)
    assert together([long, many]).rows == (row,) * MOST_ROWS
    assert together([long, many]).omitted == 2 + 5 + 1
    assert together([SkippedRows(), long, SkippedRows()]) == long
