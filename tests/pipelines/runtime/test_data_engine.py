"""Packs: which fragments go together into one task of Ray Data."""

import subprocess
import sys
from dataclasses import dataclass

import polars as pl
import pytest

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


WARMED = """
import os, time
import ray
from connectors.store_config import StoreConfig
from pipelines.containers.limits import Limits
from pipelines.runtime import data_engine, resources

STORE = StoreConfig("b", "http://127.0.0.1:9", access_key="a", secret_key="s")
ray.init(num_cpus=2, resources={"ingest": 2}, include_dashboard=False, log_to_driver=False)
data_engine.configure()

@ray.remote(**resources.READ_TASK)
def seen():
    time.sleep(1)  # so that the other one runs elsewhere
    is_warm = data_engine.children_of.cache_info().currsize
    return os.getpid(), is_warm and data_engine.children_of(STORE)._spare is not None

def readers():
    found = ray.get([seen.remote() for _ in range(2)])
    return len({pid for pid, _ in found}), sum(has_child for _, has_child in found)

print("before", *readers())
deadline = time.monotonic() + 120
while readers() != (2, 2) and time.monotonic() < deadline:
    data_engine.warm(STORE, Limits())  # one reader may take the place of one that is still to come
print("after", *readers())
"""


@pytest.mark.ray
def test_readers_are_there_once_they_were_warmed():
    """One on each CPU, with a child that rehearses."""
    done = subprocess.run(
        [sys.executable, "-c", WARMED], capture_output=True, text=True, check=True
    )

    said = done.stdout.splitlines()
    assert "before 2 0" in said
    assert "after 2 2" in said
