"""Packs: which fragments go together into one task of Ray Data."""

from dataclasses import dataclass

import polars as pl

from connectors.object_store import StoreConfig
from pipelines.runtime.data_engine import packed
from pipelines.scan import PartOrder, Piece

STORE = StoreConfig(bucket="b", endpoint="", region="", access_key="", secret_key="")


@dataclass(frozen=True)
class Sized:
    """A fragment of so many bytes."""

    size_bytes: int


def orders(*sizes: int) -> list[PartOrder]:
    return [
        PartOrder(0, (Piece(index, Sized(size), "part", "rejects"),), pl.Schema(), STORE)
        for index, size in enumerate(sizes)
    ]


def test_packs_hold_all_fragments_in_their_order():
    """None is lost, none is read twice."""
    all_of_them = orders(*range(1, 200_000_000, 7_000_000))

    packs = packed(all_of_them, 0.125)

    assert [order for pack in packs for order in pack] == all_of_them


def test_packs_become_smaller_towards_the_end():
    """So that no processor waits long for another."""
    packs = packed(orders(*[32 << 20] * 40), 0.125)

    assert len(packs[0]) > len(packs[-1]) == 1


def test_many_small_fragments_are_shared_out_too():
    """Each costs something, however few its bytes."""
    packs = packed(orders(*[500] * 2000), 0.125)

    assert len(packs) > 8
    assert max(map(len, packs)) <= 257
