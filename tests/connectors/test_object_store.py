"""The object store: the ranges of one version, by no more requests than reading them takes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.errors import SourceChanged
from connectors.object_store import ObjectStore
from connectors.s3_object import HELD_BYTES


@pytest.fixture
def requests(object_store: ObjectStore) -> Iterator[list[str]]:
    """The methods of the requests that are sent from here on."""
    sent: list[str] = []

    def note(request, **_):
        sent.append(request.method)

    events = object_store.client.meta.events
    events.register("before-send.s3", note)
    yield sent
    events.unregister("before-send.s3", note)


def test_a_small_object_is_fetched_once(object_store, requests):
    """A workbook is asked for in hundreds of ranges, also by another description of it."""
    content = bytes(range(256)) * 40
    object_store.put("held/small.bin", content)
    first, second = (object_store.object("held/small.bin") for _ in range(2))
    requests.clear()

    read = [first.read(at, at + 100) for at in range(0, len(content), 100)]
    streamed = b"".join(second.stream(7, 5000))

    assert b"".join(read) == content
    assert streamed == content[7:5000]
    assert first.read(len(content), len(content) + 9) == b""
    assert requests == ["GET"]


def test_a_new_version_is_another_object(object_store):
    """What is held belongs to an ETag, not to a key."""
    object_store.put("held/changing.bin", b"before")
    before = object_store.object("held/changing.bin")
    assert before.read(0, 9) == b"before"
    object_store.put("held/changing.bin", b"after!")

    after = object_store.object("held/changing.bin")

    assert after.read(0, 9) == b"after!"
    assert before.read(0, 9) == b"before"


def test_a_large_object_is_read_by_ranges_of_its_version(object_store, requests):
    """It is not held, and once it changed it cannot be read."""
    content = b"0123456789abcdef" * (HELD_BYTES // 16) + b"end"
    object_store.put("held/large.bin", content)
    large = object_store.object("held/large.bin")
    requests.clear()

    assert large.read(HELD_BYTES, HELD_BYTES + 9) == b"end"
    assert large.read(3, 7) == b"3456"

    assert requests == ["GET", "GET"]
    object_store.put("held/large.bin", content[::-1])
    with pytest.raises(SourceChanged):
        large.read(0, 4)


@pytest.mark.parametrize("data_folder, is_signed", [("/here", False), ("", True)])
def test_what_is_sent_is_signed_but_to_a_server_on_this_machine(
    data_folder, is_signed, object_store
):
    """Nobody stands between; the digest would take as long as the one that the manifest needs."""
    store = ObjectStore(replace(object_store.config, data_folder=data_folder))
    signed = []
    header = "x-amz-content-sha256"
    note = lambda request, **_: signed.append(request.headers[header] != b"UNSIGNED-PAYLOAD")  # noqa: E731
    store.client.meta.events.register("before-send.s3.PutObject", note)

    store.put("sent/part.bin", b"as it is")

    assert signed == [is_signed]
    assert store.get("sent/part.bin") == b"as it is"
