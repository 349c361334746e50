"""Folds: the same bytes, however the reader cut the rows into chunks."""

import io

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipelines.statistics import running_merge
from pipelines.statistics.table_fold import TableFold

RNG = np.random.default_rng(9)
N = 3000


def table():
    """Floats whose sums round, texts of very different lengths, lists, and nulls in all of them."""
    lengths = (RNG.pareto(1.2, N) * 20).astype(int) % 900
    texts = [f"{k % 700}" + "x" * n for k, n in enumerate(lengths)]
    frame = pl.DataFrame(
        {
            "noise": 1e9 + RNG.normal(size=N),
            "heavy": RNG.pareto(1.0, N),
            "few": RNG.integers(0, 9, N),
            "text": texts,
            "list": [["ab"] * (k % 5) for k in range(N)],
            "struct": [{"a": k, "b": "y" * (k % 40)} for k in range(N)],
            "at": pl.Series(RNG.integers(0, 10**12, N)).cast(pl.Datetime("ms")),
        }
    )
    holes = pl.Series(RNG.random(N) < 0.1)
    return frame.with_columns(
        pl.when(holes).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("heavy", "text", "list", "struct")
    )


def published(states):
    """The bytes of the states as a file."""
    found = states.to_arrow()
    stream = io.BytesIO()
    with pa.ipc.new_file(stream, found.schema) as writer:
        writer.write_table(found)
    return stream.getvalue()


class Watched(TableFold):
    """Notes the size of each block."""

    def __init__(self, *args, **limits):
        super().__init__(*args, **limits)
        self.sizes = []

    def _fold(self):
        self.sizes.append(self._waiting_bytes)
        super()._fold()


def folded(frame, cuts, fragment=0, **limits):
    fold = TableFold(frame.schema, fragment=fragment, **limits)
    for start, stop in zip([0, *cuts], [*cuts, frame.height], strict=True):
        fold.add(frame[start:stop])
    return fold.states()


CUTS = {
    "whole": [],
    "single rows": list(range(1, N)),
    "sevens": list(range(7, N, 7)),
    "thousands": [1000, 2000],
    "at random": sorted(RNG.choice(np.arange(1, N), 40, replace=False).tolist()),
    "with empty ones": [0, 0, 500, 500, N],
}


@pytest.mark.parametrize("limits", [{"rows": 256}, {"size_bytes": 30_000}, {}], ids=str)
def test_chunks_of_any_size_give_the_same_bytes(limits):
    """Blocks end where the rows say, whether their number or their size is the limit."""
    frame = table()

    found = {name: published(folded(frame, cuts, **limits)) for name, cuts in CUTS.items()}

    assert len(set(found.values())) == 1


@pytest.mark.parametrize("columns", [["n"], ["n", "t"]], ids=str)
def test_a_frame_in_pieces_is_like_a_whole_one(columns):
    """Frames that were joined hold each column in several pieces of memory."""
    whole = pl.DataFrame({"n": range(900), "t": [str(n) for n in range(900)]}).select(columns)
    pieces = pl.concat([whole[:300], whole[300:301], whole[301:]], rechunk=False)
    assert pieces.n_chunks() == 3

    assert published(folded(pieces, [], rows=256)) == published(folded(whole, [], rows=256))


def test_blocks_stay_within_their_size():
    """One long row aside, a block holds no more than it may; so memory stays bounded."""
    frame = pl.DataFrame({"t": ["x" * 400] * 50 + ["y" * 5000] + ["z" * 400] * 50})

    fold = Watched(frame.schema, fragment=0, size_bytes=2000)
    fold.add(frame)
    fold.states()

    *others, long = sorted(fold.sizes)
    assert long == 5008
    assert others[-1] <= 2000


def test_fragments_that_arrive_in_any_order_give_the_same_bytes():
    """They are merged in the order of their numbers, whichever is read first."""
    frame = table()
    parts = [
        folded(frame[start : start + 600], [100 * (start % 7 + 1) % 600], fragment=number, rows=128)
        for number, start in enumerate(range(0, N, 600))
    ]
    orders = [list(range(5)), [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]]

    found = set()
    for order in orders:
        arrived = {number: parts[number] for number in order}
        found.add(published(running_merge.merged(arrived[number] for number in sorted(arrived))))

    assert len(found) == 1
