"""Input digests: right whatever was left for them, and a followed input is fetched once."""

import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.block_relay import LEAST_BYTES
from connectors.errors import SourceChanged
from connectors.object_store import ObjectStore
from connectors.s3_object import S3Object
from pipelines.containers.limits import Limits
from pipelines.formats import delimited, json_lines
from pipelines.formats.base import Plan
from pipelines.runtime import input_digest
from pipelines.runtime.input_digest import InputDigests, input_digests
from pipelines.sandbox import Cancelled
from pipelines.scan import FragmentReading, PartResult
from pipelines.source_plan import plan

FRAGMENT_BYTES = 2 * LEAST_BYTES


def csv() -> bytes:
    lines = "".join(f"{n},name {n * 7919 % 1000},{n / 8}\n" for n in range(300_000))
    return ("id,name,share\n" + lines).encode()


def lines() -> bytes:
    return b"".join(
        b'{"id": %d, "name": "name %d"}\n' % (n, n * 7919 % 1000) for n in range(250_000)
    )


FILES = {"rows.csv": csv(), "rows.jsonl": lines()}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs of some megabytes count as large ones do."""
    monkeypatch.setattr(input_digest, "RELAYED_BYTES", FRAGMENT_BYTES)
    monkeypatch.setattr(delimited, "FRAGMENT_BYTES", FRAGMENT_BYTES)
    monkeypatch.setattr(json_lines, "FRAGMENT_BYTES", FRAGMENT_BYTES)


@pytest.fixture
def fetched(object_store: ObjectStore) -> Iterator[list[int]]:
    """How many bytes each request asks for, from here on."""
    asked: list[int] = []

    def note(request, **_):
        if request.method == "GET" and "Range" in request.headers:
            start, _, end = request.headers["Range"].decode().removeprefix("bytes=").partition("-")
            asked.append(int(end) + 1 - int(start))

    events = object_store.client.meta.events
    events.register("before-send.s3", note)
    yield asked
    events.unregister("before-send.s3", note)


def stored(store: ObjectStore, name: str, content: bytes) -> S3Object:
    store.put(f"digests/{name}", content)
    return store.object(f"digests/{name}")


def planned(digests: InputDigests) -> Plan:
    found = plan(digests.objects, Limits())
    digests.follow(found)
    return found


def read(found: Plan, digests: InputDigests, number: int) -> None:
    """Scan a fragment, as far as its bytes are concerned."""
    (table,) = found.tables
    for _ in table.fragments[number].chunks(table.schema):
        pass
    digests.on_result(PartResult(0, table.schema, (FragmentReading(number),)))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", FILES)
def test_an_input_in_ranges_is_fetched_once(object_store, fetched, name):
    """In whatever order its fragments are read."""
    content = FILES[name]
    with input_digests([stored(object_store, name, content)], lambda: False) as digests:
        found = planned(digests)
        order = list(range(len(found.tables[0].fragments)))
        assert len(order) > 3
        random.Random(5).shuffle(order)
        fetched.clear()
        for number in order:
            read(found, digests, number)
        scanned = sum(fetched)
        assert digests.finish() == [sha256(content)]

    assert scanned >= len(content) - LEAST_BYTES  # what of the head is known from planning
    assert sum(fetched) - scanned < LEAST_BYTES


def test_nothing_stays_behind(object_store):
    """Neither while the input is being read, nor after it."""
    content = FILES["rows.csv"]
    with input_digests([stored(object_store, "kept.csv", content)], lambda: False) as digests:
        found = planned(digests)
        relay = digests.objects[0].relay
        assert relay is not None
        for number in range(len(found.tables[0].fragments)):
            read(found, digests, number)
        digests.finish()
        assert relay.blocks() == []

    assert not Path(relay.folder).parent.exists()


def test_what_is_left_is_hashed_at_once(object_store):
    """Before its reader says that it has done: blocks that wait take memory."""
    content = FILES["rows.csv"]
    with input_digests([stored(object_store, "early.csv", content)], lambda: False) as digests:
        (table,) = planned(digests).tables
        relay = digests.objects[0].relay
        assert relay is not None
        for _ in table.fragments[1].chunks(table.schema):
            pass
        assert relay.blocks()  # it waits for the one before it
        for _ in table.fragments[0].chunks(table.schema):
            pass
        deadline = time.monotonic() + 30
        while relay.blocks() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not relay.blocks()
        assert digests.finish() == [sha256(content)]


def spoil(path: Path, how: str) -> None:
    if how == "removed":
        path.unlink()
    elif how == "cut":
        path.write_bytes(path.read_bytes()[: 300 << 10])
    else:
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize("how", ["removed", "cut", "no file"])
def test_what_was_not_left_is_fetched(object_store, how):
    """A reader on another machine, a full disk, somebody who tidies up."""
    content = FILES["rows.csv"]
    with input_digests([stored(object_store, "spoilt.csv", content)], lambda: False) as digests:
        found = planned(digests)
        (table,) = found.tables
        assert digests.objects[0].relay is not None
        for number in range(2, len(table.fragments), 2):
            for _ in table.fragments[number].chunks(table.schema):
                pass
        left = digests.objects[0].relay.blocks()
        assert len(left) > 1
        for block in left[::2]:
            spoil(block.path, how)
        read(found, digests, 0)
        assert digests.finish() == [sha256(content)]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n"])
def test_small_inputs_have_digests_too(object_store, content):
    with input_digests([stored(object_store, "small.csv", content)], lambda: False) as digests:
        assert digests.objects[0].relay is None
        assert digests.finish() == [sha256(content)]


def test_each_of_several_inputs_has_its_own(object_store):
    one, two = FILES.values()
    objects = [stored(object_store, "one.csv", one), stored(object_store, "two.jsonl", two)]
    with input_digests(objects, lambda: False) as digests:
        planned(digests)
        assert digests.finish() == [sha256(one), sha256(two)]


def test_who_cancels_waits_for_no_digest(object_store):
    file = stored(object_store, "cancelled.csv", FILES["rows.csv"])
    with input_digests([file], lambda: True) as digests, pytest.raises(Cancelled):
        digests.finish()


def test_an_input_that_changed_has_no_digest(object_store):
    """What was read is of one version, and so is what is hashed."""
    file = stored(object_store, "changing.csv", FILES["rows.csv"])
    stored(object_store, "changing.csv", FILES["rows.csv"][:-1])
    with input_digests([replace(file)], lambda: False) as digests, pytest.raises(SourceChanged):
        digests.finish()
