"""Advance: progress comes as the work is done, and never goes back."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import polars as pl

from pipelines.containers.limits import Limits
from pipelines.formats.base import Chunk, RowAccount
from pipelines.runtime.advance import INGEST_SHARE, PLAN_SHARE, Watch
from pipelines.runtime.engine import InlineEngine
from pipelines.sandbox import Sandbox
from pipelines.scan import FragmentReading, PartOrder, PartResult, Piece

SCHEMA = pl.Schema({"n": pl.Int64()})


@dataclass(frozen=True)
class Lines:
    """A fragment of a chunk for each of its byte ranges, or for each `None` where it has none."""

    spans: tuple[tuple[int, int] | None, ...]
    size_bytes: int = 100

    def chunks(self, _schema: pl.Schema) -> Iterator[Chunk]:
        for span in self.spans:
            yield Chunk(pl.DataFrame({"n": [1]}), RowAccount(parsed=1), span=span)


def heard(watch: Watch, call: Callable[[], None]) -> tuple[float, int, int]:
    call()
    told = watch.advance()
    return round(told.fraction, 3), told.rows_read, told.bytes_read


def result(part: int) -> PartResult:
    return PartResult(0, SCHEMA, (FragmentReading(part),))


def test_progress_grows_with_the_plan_and_with_the_bytes_of_every_part():
    """A part counts by what it has read so far, then by its size, and each but once."""
    watch = Watch()
    watch.on_plan(1000)

    assert heard(watch, watch.on_planned) == (PLAN_SHARE, 0, 0)
    assert heard(watch, lambda: watch.on_read(0, 0, 5, 250)) == (0.185, 5, 250)
    assert heard(watch, lambda: watch.on_read(0, 1, 5, 250)) == (0.34, 10, 500)
    assert heard(watch, lambda: watch.on_result(result(0), 500))[2] == 750
    assert heard(watch, lambda: watch.on_result(result(1), 500))[::2] == (INGEST_SHARE, 1000)


def test_what_is_read_again_takes_nothing_back():
    """A second round begins with few bytes; and members may be larger than their archive."""
    watch = Watch()
    watch.on_plan(100)
    watch.on_result(result(0), 5000)

    assert heard(watch, lambda: watch.on_read(0, 0, 1, 10)) == (INGEST_SHARE, 1, 100)
    assert heard(watch, watch.on_planned)[0] == INGEST_SHARE


def test_a_part_is_told_by_its_chunks_and_its_members(object_store):
    """Not when it is done at last: by byte ranges, and by what the members before it take."""
    told: list[tuple[int, int, int, int]] = []
    fragments = [Lines(((40, 60), (60, 140))), Lines((None, None)), Lines((None,))]
    pieces = tuple(Piece(n, each, "told/part", f"told/{n}") for n, each in enumerate(fragments))
    order = PartOrder(7, pieces, SCHEMA, object_store.config, keeps_raw=True)

    with closing(Sandbox()) as children:
        engine = InlineEngine(
            "told", children, Limits(), lambda *each: told.append(each), lambda: False
        )
        list(engine.scan([order]))

    assert told == [(7, 0, 1, 20), (7, 0, 2, 100), (7, 0, 3, 100), (7, 0, 4, 100), (7, 0, 5, 200)]
