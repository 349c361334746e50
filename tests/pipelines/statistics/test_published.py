"""Published states: those of two files, read back and merged, are those of both read as one."""

import importlib.util
import uuid
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines import artifacts
from pipelines.profile import profile_table
from pipelines.statistics import published, running_merge
from pipelines.statistics.row_sample import RowSample
from pipelines.statistics.table_states import TableStates
from tests.pipelines.analytics import run as runs

RNG = np.random.default_rng(12)
EXAMPLE = Path(__file__).parents[3] / "examples" / "merge_states.py"


def rows(n):
    frame = pl.DataFrame(
        {
            "amount": 1e6 + RNG.normal(size=n),
            "code": RNG.integers(0, 50, n),
            "name": [f"name {k}" for k in RNG.integers(0, n, n)],
            "at": pl.Series(RNG.integers(0, 10**12, n)).cast(pl.Datetime("ms")),
        }
    )
    return frame.with_columns(pl.when(pl.col("code") > 4).then("amount"))


def job(frame):
    """A table of two fragments, as a job leaves it."""
    half = frame.height // 2
    parts = (frame[:half], frame[half:])
    return running_merge.merged(
        TableStates.of(part, fragment=number, first_row=0) for number, part in enumerate(parts)
    )


def as_one(*frames):
    """The same tables as fragments of one job."""
    parts = [part for f in frames for part in (f[: f.height // 2], f[f.height // 2 :])]
    pairs = [
        running_merge.merged(
            TableStates.of(parts[number], fragment=number, first_row=0)
            for number in (start, start + 1)
        )
        for start in range(0, len(parts), 2)
    ]
    return running_merge.merged(pairs)


def test_states_that_are_read_back_are_those_that_were_written():
    """Byte for byte."""
    content = published.written(job(rows(500)))

    assert published.written(published.read(content)) == content


@pytest.mark.parametrize("sizes", [(700, 300), (9000, 800), (100, 200, 300)], ids=str)
def test_merged_states_are_those_of_all_files_read_as_one(sizes):
    """Byte for byte, the row sample too where it holds all rows of the later files."""
    frames = [rows(n) for n in sizes]

    merged = published.merged(published.read(published.written(job(f))) for f in frames)

    assert published.written(merged) == published.written(as_one(*frames))


def test_samples_of_large_files_merge_to_a_fair_one():
    """All else is the same; of the rows of both files as many as they have of all."""
    frames = [rows(12_000), rows(36_000)]

    merged = published.merged(published.read(published.written(job(f))) for f in frames)

    one = as_one(*frames)
    lines = [found.to_arrow().to_pylist() for found in (merged, one)]
    differing = [a["statistic"] for a, b in zip(*lines, strict=True) if a != b]
    assert differing == [RowSample.name]
    found = profile_table("t", (), merged, size_bytes=0)
    assert found.sample.equals(pl.concat(frames)[found.sample_rows - 1])
    assert found.sample.height == 5000
    assert np.mean(found.sample_rows > 12_000) == pytest.approx(0.75, abs=0.03)


def test_tables_of_other_columns_are_refused():
    """Nothing is merged that is not the same."""
    states = job(rows(10))

    with pytest.raises(TypeError, match="different schemas"):
        published.merged([states, job(rows(10).drop("code"))])


def test_the_states_of_two_jobs_profile_as_one_file(object_store, sqlite_url, tmp_path):
    """What jobs publish is enough: the example prints what a profile of both files has."""
    frames = [rows(400), rows(250)]
    paths = []
    for frame in frames:
        order = runs.order(object_store.config, sqlite_url, str(uuid.uuid4()))
        runs.run(order, tables={"days": frame})
        content = object_store.get(artifacts.states_key(order.job_id, "days"))
        paths.append(tmp_path / f"{len(paths)}.arrow")
        paths[-1].write_bytes(content)

    found = example().profile(paths)

    whole = TableStates.of(pl.concat(frames), fragment=0, first_row=0)
    expected = profile_table("merged", (), whole, size_bytes=0)
    assert found.rows == 650
    for left, right in zip(found.columns, expected.columns, strict=True):
        assert left.to_wire().keys() == right.to_wire().keys()
        for name, figure in right.to_wire().items():
            is_float = isinstance(figure, float)
            assert left.to_wire()[name] == (pytest.approx(figure, rel=1e-9) if is_float else figure)


def example():
    spec = importlib.util.spec_from_file_location("merge_states", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
