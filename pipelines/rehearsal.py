"""Rehearsal: a made-up fragment, read once, so that a child has code and memory at hand.

A fragment takes its reader some 400 MiB, and a virtual machine may get each page from its host: a
fresh child spends 0.7 s on that, as much as on the reading itself.
"""

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import polars as pl

from connectors.object_store import ObjectStore, StoreConfig
from pipelines.formats.byte_range import ByteRange
from pipelines.formats.records import Dialect
from pipelines.scan import PartMaking, PartOrder, Piece

ROWS = (1_000, 200_000)  # of some 160 bytes: the second text is as large as a fragment
WORDS = 10_000
NOWHERE = StoreConfig(bucket="", endpoint="")


def rehearse() -> Iterator[None]:
    """First little, which loads the code, then as much as a fragment may hold."""
    for rows in ROWS:
        frame = _made_up(rows)
        text = frame.write_csv(include_header=False).encode()
        yield
        _read(text, frame.schema)
        yield


def _made_up(rows: int) -> pl.DataFrame:
    """Numbers, dates and texts, few and many different ones, as most tables have them."""
    random = np.random.default_rng(0)
    words = pl.Series([f"word {number} of many" for number in range(WORDS)])
    return pl.DataFrame(
        {
            **{f"id{n}": random.integers(0, 10**7, rows) for n in range(2)},
            **{f"count{n}": random.integers(0, 50, rows) for n in range(3)},
            **{f"price{n}": random.integers(0, 10**7, rows) / 100 for n in range(3)},
            **{f"day{n}": random.integers(9_000, 12_000, rows) for n in range(3)},
            **{f"kind{n}": words.head(5).gather(random.integers(0, 5, rows)) for n in range(3)},
            **{f"text{n}": words.gather(random.integers(0, WORDS, rows)) for n in range(2)},
        }
    ).with_columns(pl.selectors.starts_with("day").cast(pl.Date))


def _read(text: bytes, schema: pl.Schema) -> None:
    fragment = ByteRange(
        file=_Text(text),
        encoding="utf-8",
        dialect=Dialect(","),
        columns=tuple(schema),
        start=0,
        end=None,
        size_bytes=len(text),
    )
    piece = Piece(0, fragment, part_key="", rejects_key="")
    with tempfile.SpooledTemporaryFile(len(text)) as spool:
        making = PartMaking(PartOrder(0, (piece,), schema, NOWHERE), spool)
        making.read(piece, ObjectStore(NOWHERE))
        making.finish()
        making.fold.states()


@dataclass(frozen=True, slots=True)
class _Text:
    """A text in memory, to be read as an object is."""

    content: bytes
    name: str = "rehearsal.csv"
    seekable: bool = True

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, start: int, end: int) -> bytes:
        return self.content[start:end]

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        yield self.content[start:end]

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)
