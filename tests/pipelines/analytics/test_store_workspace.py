import uuid

import numpy as np
import polars as pl
import pytest

from pipelines.analytics import store_workspace
from pipelines.analytics.outliers import far
from pipelines.analytics.store_workspace import StoreWorkspace
from pipelines.analytics.workspace import File
from pipelines.profile import profile_table
from pipelines.statistics.table_states import TableStates
from tests.pipelines.analytics import run as runs


@pytest.fixture
def order(object_store, sqlite_url):
    return runs.order(object_store.config, sqlite_url, str(uuid.uuid4()))


def stored(order, frame):
    workspace = runs.workspace(order, tables={"t": frame})
    (table,) = workspace.ingest().result.tables
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
    frame = pl.DataFrame({"a": values, "b": np.arange(1000) % 10})
    workspace, table = stored(order, frame)
    states = TableStates.of(frame, fragment=0, first_row=0)
    profile = profile_table("t", table.origins, states, size_bytes=1)

    found = far(profile, lambda *asked: workspace.slices(table, *asked))["zscore"]

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


class Counting(StoreWorkspace):
    """A workspace that counts the cells that it decodes."""

    cells = 0

    def slices(self, *asked):
        for piece in super().slices(*asked):
            self.cells += piece.frame.height * piece.frame.width
            yield piece


def read_for_outliers(order, frame):
    """The profile, what the second pass finds, and the cells that it decodes for it."""
    workspace = Counting(order, runs.Scan(order, tables={"t": frame}))
    ingested = workspace.ingest()
    (table,), (states,) = ingested.result.tables, ingested.states
    profile = profile_table("t", table.origins, states, size_bytes=1)
    found = far(profile, lambda *asked: workspace.slices(table, *asked))
    return found, workspace.cells


def test_a_far_value_costs_its_row_group_and_its_column(order):
    """Of 1,200 rows and 6 columns, the 50 rows around the one far value are decoded, and no more.

    Parts hold 150 rows, their row groups 50; the value in row 777 lies in part 5.
    """
    steady = np.tile(np.arange(10.0), 120)
    frame = pl.DataFrame({f"c{k}": steady for k in range(6)}).with_columns(
        c3=pl.Series(np.where(np.arange(1200) == 776, 1e4, steady))
    )

    found, cells = read_for_outliers(order, frame)

    assert cells == 50
    for method in ("zscore", "tukey", "mad"):
        assert list(found[method]) == ["c3"]
        (example,) = found[method]["c3"].examples
        assert (example["value"], example["part"], example["row"]) == (1e4, 5, 777)


def test_without_a_far_value_nothing_is_decoded(order):
    """Uniform columns cross no fence of any method."""
    _, cells = read_for_outliers(order, pl.DataFrame({"a": np.tile(np.arange(10.0), 60)}))

    assert cells == 0


def test_pruning_loses_nothing(order):
    """What is found in the row groups that matter is what all rows hold."""
    generator = np.random.default_rng(21)
    values = np.sort(generator.standard_t(2, 1500))
    frame = pl.DataFrame({"a": values, "b": generator.normal(size=1500)})

    found, cells = read_for_outliers(order, frame)

    q1, middle, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    step, mad = 1.5 * (q3 - q1), np.median(np.abs(values - middle))
    counts = {
        "zscore": (np.abs(values - values.mean()) >= 3 * values.std(ddof=1)).sum(),
        "tukey": ((values < q1 - step) | (values > q3 + step)).sum(),
        "mad": (0.6745 * np.abs(values - middle) > 3.5 * mad).sum(),
    }
    assert {method: found[method]["a"].count for method in counts} == counts
    assert 0 < cells < 3000


def test_days_that_python_has_not_bound_nothing(order):
    """Row groups whose ends cannot be told are read."""
    days = pl.Series("day", [4_000_000, 0, -2_000_000], dtype=pl.Int32).cast(pl.Date)
    workspace, table = stored(order, pl.DataFrame([days, pl.Series("n", [1, 2, 3])]))
    asked = []

    def matters(bounds):
        asked.append(bounds)
        return True

    (piece,) = workspace.slices(table, ["day", "n"], matters)

    assert piece.frame["day"].to_physical().to_list() == [4_000_000, 0, -2_000_000]
    assert asked == [{"n": (1, 3)}]
