"""Table reading: whatever comes when, the states are those of the rows that stay, in order."""

import random
from dataclasses import dataclass, replace

import polars as pl
import pytest

from pipelines.formats.base import Origin, RowAccount, TablePlan
from pipelines.ingest import Part
from pipelines.order import JobOrder
from pipelines.runtime.table_reading import TableReading
from pipelines.scan import Fault, FragmentReading, PartResult
from pipelines.statistics import running_merge
from pipelines.statistics.published import written
from pipelines.statistics.table_states import TableStates

SCHEMA = pl.Schema({"x": pl.Float64()})
SIZE = 100
FAULT = Fault("parse.corrupt", "it breaks off", "", retryable=False)
ORDER = JobOrder("table-reading", 1, 0.0, {}, (), None, "")


@dataclass(frozen=True)
class Range:
    """A byte range that says where it begins; what it yields is made up by the test."""

    start: int
    size_bytes: int = 1 << 25

    def starting_at(self, offset: int) -> "Range":
        return replace(self, start=offset)


def one_source(fragments: int) -> TableReading:
    ranges = tuple(Range(SIZE * n) for n in range(fragments))
    plan = TablePlan("t", Origin("t.csv"), "delimited", SCHEMA, ranges, fragments)
    return TableReading.of(0, plan, "t")


def several_sources(*sizes: int) -> TableReading:
    members = tuple(
        TablePlan(
            f"m{n}",
            Origin("all.zip", f"m{n}.csv"),
            "delimited",
            SCHEMA,
            tuple(Range(SIZE * k) for k in range(size)),
            size,
        )
        for n, size in enumerate(sizes)
    )
    ranges = tuple(each for member in members for each in member.fragments)
    plan = TablePlan("t", Origin("all.zip"), "delimited", SCHEMA, ranges, 1, members=members)
    return TableReading.of(0, plan, "t")


def states_of(index: int, start: int) -> TableStates:
    """Of sums that round differently in another order."""
    values = [0.1 * (index + 1) ** 9, 1e16 if index % 2 else -1e16, float(start)]
    frame = pl.DataFrame({"x": values}, schema=SCHEMA)
    return TableStates.of(frame, fragment=index, first_row=0)


def result_of(reading: TableReading, index: int, end: int | None = None) -> PartResult:
    """What scanning the fragment gave; without an `end` it ends where the next one is to begin."""
    start = reading.fragments[index].start
    span = (start, start // SIZE * SIZE + SIZE if end is None else end)
    found = FragmentReading(index, RowAccount(parsed=3), span=span)
    part = Part(f"tables/t/part-{index:05}.parquet", 3, 1, "")
    return PartResult(0, SCHEMA, (found,), part, states_of(index, start))


def wanted(reading: TableReading) -> list[int]:
    return [order.index for order in reading.orders(ORDER)]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("reading", [lambda: one_source(9), lambda: several_sources(3, 1, 4, 1)])
def test_the_order_of_arrival_leaves_no_trace(reading, seed):
    reading = reading()
    arrived = [result_of(reading, index) for index in range(9)]
    expected = written(running_merge.merged(result.states for result in arrived))
    random.Random(seed).shuffle(arrived)

    for result in arrived:
        reading.take(result)
    reading.review()

    assert wanted(reading) == []
    assert written(reading.states()) == expected


@pytest.mark.parametrize("seed", range(20))
def test_a_range_that_began_in_the_wrong_place_is_in_the_states_as_it_was_read_last(seed):
    """Range 3 ends late, so 4 began too early; read again, 4 ends late too, and 5 has to follow."""
    reading = one_source(7)
    arrived = [result_of(reading, n, end=437 if n == 3 else None) for n in range(7)]
    random.Random(seed).shuffle(arrived)

    for result in arrived:
        reading.take(result)
    reading.review()
    assert wanted(reading) == [4]
    reading.take(result_of(reading, 4, end=555))
    reading.review()
    assert wanted(reading) == [5]
    reading.take(result_of(reading, 5))
    reading.review()

    assert wanted(reading) == []
    starts = [0, 100, 200, 300, 437, 555, 600]
    expected = running_merge.merged(states_of(n, start) for n, start in enumerate(starts))
    assert written(reading.states()) == written(expected)


def test_states_of_a_large_file_are_let_go_while_it_is_read():
    """However many fragments there are, those that wait are those that came too soon."""
    reading = one_source(40)

    for index in range(40):
        reading.take(result_of(reading, index))
        assert [each for each in reading.parts() if each.states is not None] == []

    reading.take(result_of(one_source(50), 45))
    assert [each.index for each in reading.parts() if each.states is not None] == [45]


@pytest.mark.parametrize("seed", range(20))
def test_a_source_that_fails_takes_its_rows_out_again(seed):
    """Its first range was read and merged before its second one failed."""
    reading = several_sources(2, 2, 3)
    failed = PartResult(0, SCHEMA, (FragmentReading(3, fault=FAULT),))
    arrived = [result_of(reading, n) for n in (0, 1, 2, 4, 5, 6)] + [failed]
    random.Random(seed).shuffle(arrived)

    for result in arrived:
        reading.take(result)
    reading.review()

    assert wanted(reading) == []
    assert [failure.member for failure in reading.failures()] == ["m1.csv"]
    left = sorted((result for result in arrived if result.index not in {2, 3}), key=_index)
    expected = running_merge.merged(result.states for result in left)
    assert written(reading.states()) == written(expected)


def test_a_wider_type_makes_all_that_was_merged_start_anew():
    reading = one_source(3)
    text = pl.Schema({"x": pl.String()})

    reading.take(result_of(reading, 0))
    reading.take(PartResult(0, text, (FragmentReading(1, span=(100, 200)),)))
    reading.take(result_of(reading, 2))
    reading.review()

    assert wanted(reading) == [0, 1, 2]
    frame = pl.DataFrame({"x": ["a"]})
    again = [TableStates.of(frame, fragment=n, first_row=0) for n in range(3)]
    for n, states in enumerate(again):
        found = replace(result_of(reading, n), schema=text, states=states)
        reading.take(found)
    assert written(reading.states()) == written(running_merge.merged(again))


def _index(result: PartResult) -> int:
    return result.index
