"""Published states: the files under `states/`, read back and merged across jobs.

>>> import polars as pl
>>> days = [TableStates.of(pl.DataFrame({"x": x}), fragment=0, first_row=0) for x in ([1, 2], [3])]
>>> merged([read(written(day)) for day in days]).rows
3
"""

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from pipelines.statistics import running_merge
from pipelines.statistics.row_sample import RowSample
from pipelines.statistics.table_states import TableStates


def written(states: TableStates) -> bytes:
    """The file: Arrow IPC, one row for every column and statistic."""
    table, sink = states.to_arrow(), pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def read(content: bytes) -> TableStates:
    """The states in a file. Raises ValueError when they are of another version."""
    return TableStates.from_arrow(pa.ipc.open_file(content).read_all())


def merged(jobs: Iterable[TableStates]) -> TableStates:
    """Tables with the same columns and types, one below the other, as if they had been read as one.

    Every figure is that of all the rows. The row sample is a fair one of all rows too; it holds the
    very rows that one job would have chosen as long as it holds all rows of the later files.
    Raises TypeError when the schemas differ, ValueError when there is nothing to merge.
    """
    before = 0
    numbered = []
    for states in jobs:
        numbered.append(_renumbered(states, before))
        before += 1 + max((fragment for fragment, _ in states.fragments), default=0)
    return running_merge.merged(numbered)


def _renumbered(states: TableStates, by: int) -> TableStates:
    """The fragments of every job count from 0; here they follow those of the jobs before."""
    if not by:
        return states
    return replace(
        states,
        fragments=tuple((fragment + by, rows) for fragment, rows in states.fragments),
        table=tuple(
            state.renumbered(by, is_whole=len(state.rows) == states.rows)
            if isinstance(state, RowSample)
            else state
            for state in states.table
        ),
    )
