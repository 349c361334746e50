"""Table reading: one table while it is read: what is asked of its fragments, what has come back.

A table is consistent when all its fragments were read with one schema, and when each byte range
began where the one before it ended. What is not is read again, with what is known by then.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import polars as pl

from pipelines import artifacts, column_type
from pipelines.formats.alignment import united
from pipelines.formats.base import Failure, TablePlan
from pipelines.order import JobOrder
from pipelines.runtime.engine import FragmentFailure, Scanned
from pipelines.scan import FragmentOrder, FragmentResult


@dataclass
class TableReading:
    """A table on its way. A fragment that cannot be read costs its source, and no other."""

    number: int
    plan: TablePlan
    folder: str
    schema: pl.Schema
    fragments: list[Any]
    results: dict[int, FragmentResult] = field(default_factory=dict)
    widened: dict[str, tuple[str, str]] = field(default_factory=dict)
    _failures: dict[int, FragmentFailure] = field(default_factory=dict)
    _ends: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, number: int, plan: TablePlan, folder: str) -> "TableReading":
        ends = list(accumulate(len(source.fragments) for source in plan.sources))
        return cls(number, plan, folder, plan.schema, list(plan.fragments), _ends=ends)

    def orders(self, order: JobOrder) -> Iterator[FragmentOrder]:
        """What is still to be scanned."""
        for index, fragment in enumerate(self.fragments):
            if index not in self.results and self._source_of(index) not in self._failures:
                yield FragmentOrder(
                    self.number,
                    index,
                    fragment,
                    self.schema,
                    artifacts.part_key(order.job_id, self.folder, index),
                    artifacts.fragment_rejects_key(order.job_id, self.folder, index),
                    order.store,
                    keeps_raw=not order.is_private,
                )

    def take(self, scanned: Scanned) -> None:
        if isinstance(scanned, FragmentFailure):
            source = self._source_of(scanned.index)
            known = self._failures.get(source)
            if known is None or scanned.index < known.index:
                self._failures[source] = scanned
        else:
            self.results[scanned.index] = scanned

    def review(self) -> None:
        """Drop the results that do not fit together, so that they are asked for again."""
        for index in list(self.results):
            if self._source_of(index) in self._failures:
                del self.results[index]
        if not self._widen():
            self._chain()

    def failures(self) -> Iterator[Failure]:
        """The sources that could not be read."""
        for source, failure in sorted(self._failures.items()):
            origin = self.plan.sources[source].origin
            yield Failure(
                origin.input,
                origin.member,
                failure.code,
                failure.message,
                failure.hint,
                failure.retryable,
            )

    def read(self) -> Iterator[tuple[TablePlan, list[FragmentResult]]]:
        """The sources that were read, in their order, with the results of their fragments."""
        for source, plan in enumerate(self.plan.sources):
            if source not in self._failures:
                first = self._ends[source] - len(plan.fragments)
                yield plan, [self.results[index] for index in range(first, self._ends[source])]

    def left_over(self, order: JobOrder) -> Iterator[str]:
        """The parts that a source which failed may have left; earlier rounds wrote some, too."""
        for index in range(len(self.fragments)):
            if self._source_of(index) in self._failures:
                yield artifacts.part_key(order.job_id, self.folder, index)

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
        return True

    def _chain(self) -> None:
        """Ranges that did not begin where the one before ended; each round settles one at least."""
        spans = {i: result.span for i, result in self.results.items() if result.span is not None}
        for index, span in spans.items():
            before = spans.get(index - 1)
            if before is None or self._source_of(index - 1) != self._source_of(index):
                continue
            if span[0] != before[1]:
                self.fragments[index] = self.fragments[index].starting_at(before[1])
                del self.results[index]
