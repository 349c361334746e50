import uuid

import numpy as np
import polars as pl
import pytest

from pipelines.analytics import store_workspace
from pipelines.analytics.outliers import tails
from pipelines.analytics.workspace import File
from pipelines.profile import profile_table
from tests.pipelines.analytics import run as runs


@pytest.fixture
def order(object_store, sqlite_url):
    return runs.order(object_store.config, sqlite_url, str(uuid.uuid4()))


def stored(order, frame):
    workspace = runs.workspace(order, tables={"t": frame})
    (table,) = workspace.ingest().tables
    return workspace, table


ROWS = pl.DataFrame(
    {
        "n": range(400),
        "nested": [{"n": -number, "deep": {"n": 0}} for number in range(400)],
        "nested.n": [float(number % 7) for number in range(400)],
        "text": [str(number) for number in range(400)],
    }
)


@pytest.mark.parametrize("cells", [1, 100, 1 << 22])
def test_slices_are_the_table_in_order(cells, order, monkeypatch):
    """Whatever their size, the pieces put together are the rows, with their numbers."""
    monkeypatch.setattr(store_workspace, "SLICE_CELLS", cells)
    workspace, table = stored(order, ROWS)

    slices = list(workspace.slices(table, ["n", "nested.n"], lambda _: True))

    read = pl.concat([piece.frame.select("n") for piece in slices])
    assert read["n"].to_list() == list(range(400))
    assert [piece.first_row for piece in slices] == [1 + piece.frame["n"][0] for piece in slices]


def test_only_row_groups_that_matter_are_read(order):
    """Bounds are those of the row group's own column, not of a field of the same name."""
    workspace, table = stored(order, ROWS)
    asked = []

    def matters(bounds):
        asked.append(bounds)
        return bounds["n"][1] >= 399

    (piece,) = workspace.slices(table, ["n", "nested.n"], matters)

    # parts of 150 rows hold groups of 50 rows, so the last group holds rows 351 to 400
    assert piece.first_row == 351
    assert piece.frame["n"].to_list() == list(range(350, 400))
    assert asked[0] == {"n": (0, 49), "nested.n": (0.0, 6.0)}
    assert len(asked) == 8


def test_the_second_pass_finds_what_numpy_finds(order):
    """Counts over parts and row groups equal those over the whole column."""
    values = np.random.default_rng(3).standard_t(3, 1000)
    workspace, table = stored(order, pl.DataFrame({"a": values, "b": np.arange(1000) % 10}))
    profile = profile_table("t", table.origins, workspace.states(table), size_bytes=1)

    found = tails(profile, lambda *asked: workspace.slices(table, *asked))

    scores = np.abs(values - values.mean()) / values.std(ddof=1)
    assert found.keys() == {"a"}
    assert found["a"].count == (scores >= 3).sum() > 0
    assert [each["row"] for each in found["a"].examples] == (1 + np.argsort(-scores))[
        : len(found["a"].examples)
    ].tolist()


def test_what_is_put_is_measured_as_it_lies_there(order, object_store):
    """An artifact's size and hash are those of the stored bytes, in the order given."""
    workspace, _ = stored(order, ROWS)
    files = [File(f"results/{n}.txt", bytes([n]) * n, "text/plain", "Some.") for n in range(20)]

    written = workspace.put(files)

    assert [artifact.key.rpartition("/")[2] for artifact in written] == [
        f"{n}.txt" for n in range(20)
    ]
    assert [object_store.get(artifact.key) for artifact in written] == [file.body for file in files]
    assert runs.workspace(order).measure([artifact.key for artifact in written]) == {
        artifact.key: (artifact.size, artifact.sha256) for artifact in written
    }
