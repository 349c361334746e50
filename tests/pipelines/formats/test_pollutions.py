"""Pollutions: one table written in all the wrong ways; what is read of it is right, row by row."""

import polars as pl
import pytest
from pollutions import Polluted, plain, pollutions
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan

# Nothing in the bytes tells code pages of DOS and old Macintoshes from Windows' own.
UNTOLD = {"encoding cp850", "encoding mac-roman"}
# A name too few is missing at the end, or in front, as R leaves out that of the row labels: no
# reading is the right one.
OPEN = {"header shorter"}
FILES = [file for file in pollutions() if file.name not in UNTOLD | OPEN]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_clean_table_comes_out(file: Polluted):
    """Every row that does not itself break the rules, in order, and the names of the columns."""
    (table,) = plan([MemoryObject("data.csv", file.content)], Limits()).tables
    schema = table.schema
    while True:
        chunks = [chunk for part in table.fragments for chunk in part.chunks(schema)]
        if all(chunk.frame.schema == schema for chunk in chunks):
            break
        schema = chunks[-1].frame.schema
    frame = pl.concat([chunk.frame for chunk in chunks])

    wanted = [tuple(map(plain, row)) for at, row in enumerate(file.rows) if at not in file.loose]
    read = [tuple(map(plain, row)) for row in frame.rows()]
    extra = [row for row in read if row not in set(wanted)]

    assert [row for row in read if row in set(wanted)] == wanted
    assert len(extra) <= len(file.loose)
    if file.header is not None:
        named = [name.strip() for name in file.header if name.strip()]
        places = [at for at, name in enumerate(file.header) if name.strip()]
        unnumbered = {"name_2": "name"} if named.count("name") > 1 else {}
        read_names = [frame.columns[at].strip() for at in places]
        assert [unnumbered.get(name, name) for name in read_names] == named
