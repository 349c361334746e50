"""Compressed streams: the whole content, within the limits, and nothing cut in silence."""

import bz2
import lzma
import pickle
import random
from collections import deque
from contextlib import suppress

import pytest
import zstandard
from samples import MemoryObject

from connectors.errors import CorruptFile, LimitExceeded, ReadError
from pipelines.containers.compressed_stream import Bzip2, StreamContent, Xz, Zstd
from pipelines.containers.limits import Limits
from pipelines.source_plan import plan

ROWS = b"".join(b'{"a":%d}\n' % index for index in range(150_000))
KINDS = {
    "bz2": (Bzip2(), bz2.compress),
    "xz": (Xz(), lzma.compress),
    "zst": (Zstd(), zstandard.compress),
}
every_kind = pytest.mark.parametrize("suffix", KINDS)


def opened(suffix: str, content: bytes, limits: Limits | None = None) -> StreamContent:
    kind, _ = KINDS[suffix]
    (member,) = kind.members(MemoryObject(f"a.jsonl.{suffix}", content), limits or Limits())
    assert isinstance(member.file, StreamContent)
    return member.file


@every_kind
def test_the_whole_content_comes_out(suffix):
    """Here or elsewhere, in one stream or in several."""
    compress = KINDS[suffix][1]
    for content in (compress(ROWS), compress(ROWS[:777]) + compress(b"") + compress(ROWS[777:])):
        file = pickle.loads(pickle.dumps(opened(suffix, content)))

        assert file.name == "a.jsonl"
        assert b"".join(file.stream()) == ROWS
        assert file.open().read() == ROWS
        assert b"".join(file.stream(0, 1000)) == ROWS[:1000]


@every_kind
@pytest.mark.parametrize("cut", [7, 20, 1000, -9, -1])
def test_a_truncated_stream_is_corrupt(suffix, cut):
    """However much of it is missing."""
    with pytest.raises(CorruptFile):
        b"".join(opened(suffix, KINDS[suffix][1](ROWS)[:cut]).stream())


@every_kind
def test_a_bomb_stops_at_the_limit(suffix):
    """A gigabyte of zeros in some kilobytes is never held."""
    content = KINDS[suffix][1](bytes(1 << 26)) * 8

    stream = opened(suffix, content, Limits(ratio_free_bytes=1 << 20)).stream()

    with pytest.raises(LimitExceeded) as caught:
        deque(stream, maxlen=0)

    assert caught.value.stable_code == "limit.ratio"


@every_kind
@pytest.mark.parametrize("seed", range(25))
def test_whatever_bytes_are_changed_an_error_is_ours(suffix, seed):
    """The content, or why not."""
    chosen = random.Random(seed)
    content = bytearray(KINDS[suffix][1](ROWS[:20_000]))
    for _ in range(chosen.randint(1, 6)):
        content[chosen.randrange(8, len(content))] = chosen.randrange(256)

    with suppress(ReadError):
        b"".join(opened(suffix, bytes(content)).stream())


def test_a_dictionary_of_gigabytes_is_refused():
    """What a stream asks for is looked at before it gets it."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    content = lzma.compress(ROWS, filters=filters)

    with pytest.raises(LimitExceeded):
        b"".join(opened("xz", content).stream())


def test_a_short_name_says_tar():
    """`.txz` is `.tar.xz`."""
    (member,) = Xz().members(MemoryObject("a.TXZ", b""), Limits())

    assert member.path == "a.tar"


def test_bytes_tell_the_compression():
    """Whatever the file is called."""
    found = plan([MemoryObject("rows.dat", zstandard.compress(b"a,b\n1,2\n"))], Limits())

    assert [table.schema.names() for table in found.tables] == [["a", "b"]]
