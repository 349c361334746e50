"""The scan: parts go to the store while others are read, and lie there once they are told of."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl
import pytest

from connectors.errors import StorageError
from pipelines.formats.base import Chunk, RowAccount
from pipelines.scan import PartOrder, Piece, scan_parts

SCHEMA = pl.Schema({"n": pl.Int64()})


@dataclass(frozen=True)
class Waiting:
    """A fragment of one row, that cannot be read before something has happened."""

    value: int
    may_go: Callable[[], object] = lambda: True
    size_bytes: int = 8

    def chunks(self, _: pl.Schema) -> Iterator[Chunk]:
        deadline = time.monotonic() + 30
        while not self.may_go():
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.01)
        yield Chunk(pl.DataFrame({"n": [self.value]}), RowAccount(parsed=1))


def order(store, index, fragment):
    key = f"scan/{index}.parquet"
    return PartOrder(0, (Piece(index, fragment, key, f"{key}.rejects"),), SCHEMA, store.config)


def test_a_part_is_stored_while_the_next_one_is_read(object_store):
    """The second fragment waits for the first part to lie in the store."""
    is_there = lambda: object_store.head("scan/0.parquet") is not None  # noqa: E731
    orders = [order(object_store, 0, Waiting(7)), order(object_store, 1, Waiting(8, is_there))]

    results = list(scan_parts(orders))

    assert [result.index for result in results] == [0, 1]
    parts = [pl.read_parquet(io.BytesIO(object_store.get(each.part.key))) for each in results]
    assert [part["n"].to_list() for part in parts] == [[7], [8]]


def test_a_part_that_cannot_be_stored_is_not_told_of(object_store, monkeypatch):
    """Not even when others follow."""

    def refuse(self, key, *_):
        raise StorageError(key)

    monkeypatch.setattr(type(object_store), "put_file", refuse)
    results = scan_parts(order(object_store, index, Waiting(index)) for index in range(2))

    with pytest.raises(StorageError, match=r"scan/0\.parquet"):
        next(results)
