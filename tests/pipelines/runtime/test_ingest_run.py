"""Ingest run: fragments become tables that hold together, in a real store, without Ray."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from connectors.errors import SourceChanged
from connectors.object_store import ObjectStore
from pipelines import artifacts
from pipelines.choices import Overrides
from pipelines.containers.limits import Limits
from pipelines.ingest import Ingested, IngestResult
from pipelines.order import JobOrder
from pipelines.profile import profile_table
from pipelines.receipt import receipt
from pipelines.runtime.engine import InlineEngine
from pipelines.runtime.ingest_run import ingest
from pipelines.sandbox import Sandbox
from pipelines.source_plan import plan
from pipelines.statistics import published

LIMITS = Limits()


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


def read(*asked: Any, **overrides: Any) -> IngestResult:
    """The tables of one stored file."""
    return scanned(*asked, **overrides).result


def scanned(
    store: ObjectStore, children: Sandbox, job_id: str, name: str, content: bytes, **overrides: Any
) -> Ingested:
    """One stored file, read as a runner reads a small one."""
    key = artifacts.input_key(job_id, name)
    store.put(key, content)
    order = JobOrder(job_id, 1, 0.0, {}, (), store.config, "")
    engine = InlineEngine("test", children, LIMITS, lambda *_: None, lambda: False)
    planned = plan([store.object(key)], LIMITS, Overrides.model_validate(overrides))
    return ingest(order, planned, len(content), lambda _: engine, lambda *_: None)


def stored(members: dict[str, bytes]) -> bytes:
    """A zip whose members lie in it as they are."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def numbers(start: int) -> bytes:
    """Some megabytes of CSV, so that the plan sees no more than their beginning."""
    return b"n,text\n" + b"".join(b"%d,%032d\n" % (n, n) for n in range(start, start + 60_000))


def test_a_member_that_breaks_costs_the_group_its_rows_and_nothing_else(object_store, children):
    """The other members are whole, the failure names its member, and no part of it stays behind."""
    content = stored({f"day{day}.csv": numbers(day * 100_000) for day in range(3)})
    at = content.index(b"159999,")
    broken = content[:at] + b"x" + content[at + 1 :]

    result = read(object_store, children, "grouped-broken", "days.zip", broken)

    (table,) = result.tables
    assert table.rows == 120_000
    assert [origin.member for origin in table.origins] == ["day0.csv", "day2.csv"]
    assert [(found.member, found.code) for found in result.failures] == [
        ("day1.csv", "parse.corrupt")
    ]
    folder = artifacts.base("grouped-broken") + "tables/"
    assert [found.key for found in object_store.keys(folder)] == [part.key for part in table.parts]
    frame = pl.concat(pl.read_parquet(object_store.get(part.key)) for part in table.parts)
    assert frame["n"].to_list() == [*range(60_000), *range(200_000, 260_000)]
    assert frame["__source__"].value_counts(sort=True).rows() == [
        ("day0.csv", 60_000),
        ("day2.csv", 60_000),
    ]


def test_members_of_a_group_are_read_again_in_the_type_that_holds_all(object_store, children):
    """A late text in one of them makes the column text in all, each cell as it stood."""
    late = numbers(0) + b"007x,late\n" + numbers(200_000)[7:] + numbers(300_000)[7:]
    content = stored({"a1.csv": numbers(100_000), "a2.csv": late})

    result = read(object_store, children, "grouped-late", "all.zip", content)

    (table,) = result.tables
    frame = pl.concat(pl.read_parquet(object_store.get(part.key)) for part in table.parts)
    assert frame["n"].dtype == pl.String
    assert frame["n"][120_000] == "007x"
    assert table.schema == (("n", "text"), ("text", "text"), ("__source__", "text"))
    assert [notice.code for notice in table.notices] == ["members.grouped", "type.widened"]


@pytest.mark.parametrize(
    ("name", "of"), [("a.csv", bytes), ("a.zip", lambda content: stored({"m.csv": content}))]
)
def test_an_input_that_changes_is_no_failure_of_a_member(object_store, children, name, of):
    """Whether it is planned or read by then: the attempt ends, and another begins anew."""
    key = artifacts.input_key(f"changed-{name}", name)
    object_store.put(key, of(numbers(0) * 5))  # more than is held
    before = object_store.object(key)
    planned = plan([before], LIMITS)
    order = JobOrder(f"changed-{name}", 1, 0.0, {}, (), object_store.config, "")
    engine = InlineEngine("test", children, LIMITS, lambda *_: None, lambda: False)
    object_store.put(key, of(numbers(7) * 5))

    with pytest.raises(SourceChanged):
        plan([before], LIMITS)
    with pytest.raises(SourceChanged):
        ingest(order, planned, 1, lambda _: engine, lambda *_: None)


def test_a_type_that_the_cells_deny_is_not_said_to_be_seen_in_a_sample(object_store, children):
    """It was the user's choice."""
    result = read(object_store, children, "denied", "a.csv", b"a\nx\n", types={"a": "integer"})

    (notice,) = result.tables[0].notices
    assert (notice.code, notice.severity, notice.column) == ("override.denied", "WARNING", "a")
    assert "integer" in notice.message
    assert "sample" not in notice.message


def test_the_receipt_accounts_for_every_member_of_a_group(object_store, children):
    """Each stands with its own rows, and says which table they went into."""
    members = {"x/1.csv": b"a,b\n1,2\n\n3,4\n", "x/2.csv": b"a,b\n5,6\n"}

    found = receipt(read(object_store, children, "grouped-receipt", "x.zip", stored(members)))

    assert found["rows"] == {"read": 6, "parsed": 3, "repaired": 0, "rejected": 0, "skipped": 3}


def test_every_rejected_row_is_kept_with_its_place(object_store, children):
    """However many: in order, by member, byte for byte; and nothing is left of the way there."""
    long_row = b"1,2,3\n"
    members = dict.fromkeys(("x.csv", "y.csv"), b"a,b\n" + b"1,2\n" * 9000 + long_row * 2500)

    result = read(object_store, children, "rejects", "all.zip", stored(members))

    (table,) = result.tables
    assert (table.rows, table.account.rejected) == (18_000, 5000)
    kept = pl.read_parquet(object_store.get(table.rejects_key))
    assert kept.columns == ["file", "member", "line", "offset", "reason", "raw"]
    assert kept["member"].to_list() == ["x.csv"] * 2500 + ["y.csv"] * 2500
    assert kept["reason"].unique().to_list() == ["3 cells where 2 belong"]
    start = len(b"a,b\n" + b"1,2\n" * 9000)
    assert kept["offset"].to_list()[:2500] == [start + len(long_row) * n for n in range(2500)]
    assert kept["raw"].unique().to_list() == [long_row]
    scratch = artifacts.base("rejects") + "scratch/"
    assert list(object_store.keys(scratch)) == []


def test_days_that_python_has_not_are_read_and_shown(object_store, children):
    """A table of dates before the year 1 and after 9999 is a table like any other."""
    days = pl.Series("day", [-1_500_000, 4_000_000], dtype=pl.Int32).cast(pl.Date)
    stream = io.BytesIO()
    pl.DataFrame([days, days.rename("list").reshape((2, 1))]).write_parquet(stream)

    (table,) = read(object_store, children, "far-days", "far.parquet", stream.getvalue()).tables

    assert [row["day"] for row in table.preview] == ["-2137-02-21", "12921-08-18"]


def test_what_stood_in_cells_is_in_the_states(object_store, children):
    """Words for nothing and offsets from UTC, by member too; the states of two jobs add them up."""
    members = {
        "d/1.csv": b"n,at\n1,2024-01-01T00:00:00+01:00\nNA,2024-07-01T00:00:00+02:00\n",
        "d/2.csv": b"n,at\n-,\n7,\nNA,2024-02-01T00:00:00+01:00\n",
    }

    ingested = scanned(object_store, children, "as-read", "d.zip", stored(members))

    result, (states,) = ingested.result, ingested.states
    assert states.as_read.result("n") == {"nullTokens": {"-": 1, "NA": 2}}
    assert states.as_read.result("at") == {
        "nullTokens": {"": 2},
        "utcOffsets": {"+01:00": 2, "+02:00": 1},
    }
    both = published.merged([states, states])
    n, at, _ = profile_table("both", (), both, size_bytes=0).columns
    assert n.figures["nullTokens"] == {"-": 2, "NA": 4}
    assert at.figures["utcOffsets"] == {"+01:00": 4, "+02:00": 2}
    assert (n.null_count, at.non_null_count) == (6, 6)
    second = result.tables[0].sources[1]
    assert second.null_tokens == {"at": {"": 2}, "n": {"-": 1, "NA": 1}}
    assert second.utc_offsets == {"at": {"+01:00": 1}}
