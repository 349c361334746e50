"""Rehearsal: it reads as a scan does, so that nothing is new to a child when it is called."""

from pipelines import rehearsal
from pipelines.formats.byte_range import CHUNK_BYTES
from pipelines.statistics.table_fold import TableFold


def test_all_that_is_made_up_is_read_folded_and_written(monkeypatch):
    """As the columns are meant: a rehearsal of texts alone would be none."""
    folded, written = [], []
    add = TableFold.add

    def note(fold, frame):
        folded.append(frame)
        add(fold, frame)

    monkeypatch.setattr(TableFold, "add", note)
    monkeypatch.setattr(rehearsal, "ROWS", (50, 1_000))
    finish = rehearsal.PartMaking.finish
    monkeypatch.setattr(
        rehearsal.PartMaking, "finish", lambda making: written.append(finish(making))
    )
    for _ in rehearsal.rehearse():
        pass

    assert [frame.height for frame in folded] == [50, 1_000] == [part.rows for part in written]
    for frame in folded:
        assert {str(dtype) for dtype in frame.dtypes} == {"Int64", "Float64", "Date", "String"}
        assert frame.equals(rehearsal._made_up(frame.height))


def test_the_last_step_is_as_large_as_a_fragment():
    size = len(rehearsal._made_up(rehearsal.ROWS[-1]).write_csv().encode())

    assert 0.8 * CHUNK_BYTES < size <= CHUNK_BYTES
