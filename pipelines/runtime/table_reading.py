"""Table reading: one table while it is read: what is asked of its fragments, what has come back.

A table is consistent when all its fragments were read with one schema, and when each byte range
began where the one before it ended. What is not is read again, with what is known by then.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

import polars as pl

from pipelines import artifacts, column_type
from pipelines.formats.alignment import united
from pipelines.formats.base import Failure, TablePlan
from pipelines.order import JobOrder
from pipelines.scan import Fault, FragmentReading, PartOrder, PartResult, Piece
from pipelines.statistics.running_merge import RunningMerge
from pipelines.statistics.table_states import TableStates

PART_BYTES = 16 << 20  # small members share a part of about this size, or of
PART_SHARE = 16  # this share of the table, so that all processors have some
MEMBER_BYTES = 128 << 10  # what a member costs beside its bytes


def shared_out(plan: TablePlan) -> list[list[int]]:
    """The numbers of the fragments that go into one part each: a fragment, or several members.

    It depends on the plan alone, since the parts of a table are the same on every machine.
    """
    cost = [fragment.size_bytes + MEMBER_BYTES for fragment in plan.fragments]
    most = min(PART_BYTES, sum(cost) // PART_SHARE)
    parts: list[list[int]] = []
    size, number = most, 0
    for source in plan.sources:
        is_small = len(source.fragments) == 1
        for _ in source.fragments:
            if is_small and size + cost[number] <= most:
                parts[-1].append(number)
                size += cost[number]
            else:
                parts.append([number])
                size = cost[number] if is_small else most
            number += 1
    return parts


@dataclass
class TableReading:
    """A table on its way. A fragment that cannot be read costs its source, and no other."""

    number: int
    plan: TablePlan
    folder: str
    schema: pl.Schema
    fragments: list[Any]
    results: dict[int, PartResult] = field(default_factory=dict)
    widened: dict[str, tuple[str, str]] = field(default_factory=dict)
    _faults: dict[int, tuple[int, Fault]] = field(default_factory=dict)
    _ends: list[int] = field(default_factory=list)
    _written: set[str] = field(default_factory=set)
    _merging: RunningMerge = field(default_factory=RunningMerge)
    _settled: int = 0

    @classmethod
    def of(cls, number: int, plan: TablePlan, folder: str) -> "TableReading":
        ends = list(accumulate(len(source.fragments) for source in plan.sources))
        return cls(number, plan, folder, plan.schema, list(plan.fragments), _ends=ends)

    def orders(self, order: JobOrder) -> Iterator[PartOrder]:
        """What is still to be scanned."""
        done = {each.index for result in self.results.values() for each in result.readings}
        for together in shared_out(self.plan):
            left = [
                index
                for index in together
                if index not in done and self._source_of(index) not in self._faults
            ]
            if left:
                pieces = tuple(self._piece(order, index) for index in left)
                keeps_raw = not order.is_private
                yield PartOrder(self.number, pieces, self.schema, order.store, keeps_raw)

    def take(self, result: PartResult) -> None:
        for reading in result.readings:
            if reading.fault is not None:
                source = self._source_of(reading.index)
                known = self._faults.get(source)
                if known is None or reading.index < known[0]:
                    self._faults[source] = (reading.index, reading.fault)
        if result.part is not None:
            self._written.add(result.part.key)
        if result.part is not None or result.schema != self.schema:
            self.results[result.index] = result
            self._settle()

    def review(self) -> None:
        """Drop the results that do not fit together, so that they are asked for again."""
        for index, result in list(self.results.items()):
            sound = (each.index for each in result.readings if each.fault is None)
            if any(self._source_of(each) in self._faults for each in sound):
                del self.results[index]
                self._unsettle()
        if not self._widen():
            self._chain()

    def failures(self) -> Iterator[Failure]:
        """The sources that could not be read."""
        for source, (_, fault) in sorted(self._faults.items()):
            origin = self.plan.sources[source].origin
            yield Failure(
                origin.input,
                origin.member,
                fault.code,
                fault.message,
                fault.hint,
                fault.retryable,
            )

    def read(self) -> Iterator[tuple[TablePlan, list[FragmentReading]]]:
        """The sources that were read, in their order, with what became of their fragments."""
        found = {each.index: each for result in self.parts() for each in result.readings}
        for source, plan in enumerate(self.plan.sources):
            if source not in self._faults:
                first = self._ends[source] - len(plan.fragments)
                yield plan, [found[index] for index in range(first, self._ends[source])]

    def parts(self) -> list[PartResult]:
        """What was written, in the order of the rows."""
        return [self.results[index] for index in sorted(self.results)]

    def states(self) -> TableStates:
        """Of all rows; what was not sure to stay before is merged now."""
        for index in sorted(self.results):
            if index >= self._settled and (states := self.results[index].states) is not None:
                self._merging.add(states)
        self.results.clear()
        return self._merging.states()

    def left_over(self, order: JobOrder) -> set[str]:
        """The parts that earlier rounds, or sources that failed, may have left."""
        failed = {
            artifacts.part_key(order.job_id, self.folder, index)
            for index in range(len(self.fragments))
            if self._source_of(index) in self._faults
        }
        published = {result.part.key for result in self.parts() if result.part is not None}
        return (self._written | failed) - published

    def _piece(self, order: JobOrder, index: int) -> Piece:
        return Piece(
            index,
            self.fragments[index],
            artifacts.part_key(order.job_id, self.folder, index),
            artifacts.fragment_rejects_key(order.job_id, self.folder, index),
        )

    def _source_of(self, index: int) -> int:
        return bisect_right(self._ends, index)

    def _widen(self) -> bool:
        joined = self.schema
        for index in sorted(self.results):
            joined = united(joined, self.results[index].schema)
        if joined == self.schema:
            return False
        for name, dtype in joined.items():
            if name in self.schema and dtype != self.schema[name]:
                first = self.widened.get(name, (column_type.word(self.schema[name]), ""))[0]
                self.widened[name] = (first, column_type.word(dtype))
        self.schema = joined
        self.results.clear()
        self._unsettle()
        return True

    def _settle(self) -> None:
        """Merge what comes next while the rest is still being read, if it is sure to stay.

        Where there is one source, its states are let go: together they would take much room. Where
        there are several, each may yet fail and take its rows with it; the others start anew then.
        """
        while (result := self.results.get(self._settled)) is not None:
            if result.states is None or result.schema != self.schema or not self._follows(result):
                return
            self._merging.add(result.states)
            self._settled = result.readings[-1].index + 1
            if len(self.plan.sources) == 1:
                self.results[result.index] = replace(result, states=None)

    def _unsettle(self) -> None:
        self._merging, self._settled = RunningMerge(), 0

    def _chain(self) -> None:
        """Ranges that did not begin where the one before ended; each round settles one at least."""
        torn = [
            (index, end)
            for index, result in self.results.items()
            if (end := self._end_before(index)) is not None and _start(result) != end
        ]
        for index, end in torn:
            self.fragments[index] = self.fragments[index].starting_at(end)
            del self.results[index]

    def _follows(self, result: PartResult) -> bool:
        """Whether it begins where the one before it ended."""
        end = self._end_before(result.index)
        return end is None or _start(result) == end

    def _end_before(self, index: int) -> int | None:
        """Where the byte range before this one ended, if both are ranges of one source."""
        before, result = self.results.get(index - 1), self.results[index]
        if before is None or self._source_of(index - 1) != self._source_of(index):
            return None
        return None if _span(result) is None or (span := _span(before)) is None else span[1]


def _span(result: PartResult) -> tuple[int, int] | None:
    return result.readings[0].span if len(result.readings) == 1 else None


def _start(result: PartResult) -> int | None:
    span = _span(result)
    return None if span is None else span[0]
