"""Shared parts: small members go into one part, and each is still accounted for on its own."""

import io
import os
import signal
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import pytest

from connectors.errors import CorruptFile
from connectors.object_store import ObjectStore
from pipelines import artifacts
from pipelines.containers.limits import Limits
from pipelines.formats.base import Chunk, Origin, Plan, RowAccount, TablePlan
from pipelines.ingest import IngestResult
from pipelines.order import JobOrder
from pipelines.runtime.engine import InlineEngine
from pipelines.runtime.ingest_run import ingest
from pipelines.runtime.table_reading import shared_out
from pipelines.sandbox import Sandbox
from pipelines.source_plan import plan
from tests.attackpack.reading import reading_children

LIMITS = Limits()
SCHEMA = pl.Schema({"n": pl.Int64()})


@dataclass(frozen=True)
class Numbers:
    """A fragment that tells its numbers one chunk each, and then ends as it is told."""

    values: tuple[object, ...]
    ending: str = "well"
    size_bytes: int = 10

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        for value in self.values:
            frame = pl.DataFrame({"n": [value]})
            wider = schema["n"] if isinstance(value, int) else pl.String()
            yield Chunk(frame.cast({"n": wider}), RowAccount(parsed=1))
        if self.ending == "corrupt":
            raise CorruptFile("it breaks off")
        if self.ending == "death":
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def children(object_store: ObjectStore) -> Iterator[Sandbox]:
    with reading_children(object_store.config) as sandbox:
        yield sandbox


def read(
    store: ObjectStore, children: Sandbox, job_id: str, found: Plan
) -> tuple[IngestResult, list[int]]:
    """The result, and how many parts were asked for in each round."""
    rounds: list[int] = []

    def choose(orders):
        rounds.append(len(orders))
        return InlineEngine("test", children, LIMITS, lambda *_: None, lambda: False)

    order = JobOrder(job_id, 1, 0.0, {}, (), store.config, "")
    return ingest(order, found, 0, choose, lambda *_: None).result, rounds


def table_of(*members: Numbers) -> Plan:
    plans = tuple(
        TablePlan(f"m{n}", Origin("all.zip", f"m{n}.csv"), "delimited", SCHEMA, (each,), 10)
        for n, each in enumerate(members)
    )
    whole = TablePlan("all", Origin("all.zip"), "delimited", SCHEMA, members, 10, members=plans)
    return Plan((whole,))


def rows_in(store: ObjectStore, result: IngestResult) -> list[object]:
    (table,) = result.tables
    frames = [pl.read_parquet(store.get(part.key)) for part in table.parts]
    assert sum(part.rows for part in table.parts) == table.rows
    return pl.concat(frames)["n"].to_list()


def zipped(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def test_small_members_share_parts_and_keep_their_accounts(object_store, children):
    """200 files of a few rows are a few parts of one row group, and 200 accounts."""
    members = {f"day{n:03}.csv": b"a,b\n" + b"%d,x\n" % n * (n % 3 + 1) for n in range(200)}
    key = artifacts.input_key("shared-parts", "days.zip")
    object_store.put(key, zipped(members))

    found = plan([object_store.object(key)], LIMITS)
    result, rounds = read(object_store, children, "shared-parts", found)

    (table,) = result.tables
    assert rounds == [len(table.parts)]
    assert len(table.parts) < 20
    frames = [pl.read_parquet(object_store.get(part.key)) for part in table.parts]
    frame = pl.concat(frames)
    assert frame["a"].to_list() == [n for n in range(200) for _ in range(n % 3 + 1)]
    assert frame["__source__"].to_list() == [f"day{n:03}.csv" for n in frame["a"]]
    assert [(each.origin.member, each.account.parsed) for each in table.sources] == [
        (f"day{n:03}.csv", n % 3 + 1) for n in range(200)
    ]


@pytest.mark.parametrize("ending", ["corrupt", "death"])
def test_a_member_that_breaks_leaves_nothing_in_the_part_that_it_shared(
    object_store, children, ending
):
    """Neither its rows nor its types; the others are whole, and read again once."""
    members = [Numbers((n, n)) for n in range(40)]
    members[1] = Numbers((7, "seven"), ending)

    result, _ = read(object_store, children, f"shared-{ending}", table_of(*members))

    expected = [n for n in range(40) for _ in range(2) if n != 1]
    assert rows_in(object_store, result) == expected
    assert [each.member for each in result.failures] == ["m1.csv"]
    assert result.tables[0].schema == (("n", "integer"),)
    folder = artifacts.base(f"shared-{ending}") + "tables/"
    stored = {each.key for each in object_store.keys(folder)}
    assert stored == {part.key for part in result.tables[0].parts}


def test_a_member_that_breaks_at_once_costs_no_second_reading(object_store, children):
    """Nothing of it was taken, so the part holds; that of its first member keeps its name."""
    members = [Numbers((), "corrupt"), *(Numbers((n,)) for n in range(1, 40))]

    result, rounds = read(object_store, children, "shared-first", table_of(*members))

    assert rows_in(object_store, result) == list(range(1, 40))
    assert [each.member for each in result.failures] == ["m0.csv"]
    assert len(rounds) == 1


def test_a_late_text_makes_the_column_text_in_all_parts(object_store, children):
    """As it does where each fragment has its own."""
    members = [*(Numbers((n,)) for n in range(39)), Numbers((39, "forty"))]

    result, rounds = read(object_store, children, "shared-wider", table_of(*members))

    assert rows_in(object_store, result) == [*map(str, range(40)), "forty"]
    assert len(rounds) == 2


def test_large_members_and_ranges_have_parts_of_their_own():
    """Only what is small and whole shares one; nothing is left out, and the order is kept."""
    small, large = Numbers(()), Numbers((), size_bytes=64 << 20)
    found = table_of(*[small] * 40, large, *[small] * 40).tables[0]

    shared = shared_out(found)

    assert [number for part in shared for number in part] == list(range(81))
    assert [40] in shared
    assert len(shared) < 9
    ranges = TablePlan("t", Origin("t.csv"), "delimited", SCHEMA, (small,) * 50, 10)
    assert shared_out(ranges) == [[number] for number in range(50)]
