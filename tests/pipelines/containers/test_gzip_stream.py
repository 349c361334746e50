"""gzip: every part of the stream, nothing beyond the limits, nothing silently cut."""

import gzip
import pickle

import pytest
from samples import MemoryObject

from connectors.errors import CorruptFile, LimitExceeded
from pipelines.containers.gzip_stream import Gzip, GzipContent
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable

ROWS = b"".join(b'{"a":%d}\n' % index for index in range(200_000))


def opened(content: bytes, limits: Limits | None = None, name: str = "a.csv.gz") -> GzipContent:
    (member,) = Gzip().members(MemoryObject(name, content), limits or Limits())
    assert isinstance(member.file, GzipContent)
    return member.file


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(ROWS),
        gzip.compress(ROWS[:777]) + gzip.compress(b"") + gzip.compress(ROWS[777:]),
        gzip.compress(ROWS) + bytes(1000),
        gzip.compress(ROWS) + b"something else",
    ],
    ids=["one part", "three parts", "padded", "followed by something else"],
)
def test_the_whole_content_comes_out(packed):
    """Several parts are one content, as gunzip has it; here or elsewhere."""
    file = pickle.loads(pickle.dumps(opened(packed)))

    assert b"".join(file.stream()) == ROWS
    assert file.open().read() == ROWS
    assert b"".join(file.stream(0, 1000)) == ROWS[:1000]


def test_the_name_loses_its_suffix():
    """The content is named as it was before it was compressed."""
    assert opened(b"", name="A.CSV.GZ").name == "A.CSV"
    assert opened(b"", name="data").name == "data"
    assert opened(b"", name="a.tgz").name == "a.tar"


@pytest.mark.parametrize("cut", [3, 15, 1000, -9, -1])
def test_a_truncated_stream_is_corrupt(cut):
    """Also where only the checksum at the end is missing."""
    with pytest.raises(CorruptFile, match="cut short"):
        b"".join(opened(gzip.compress(ROWS)[:cut]).stream())


def test_a_wrong_checksum_is_corrupt():
    """The content came out, but it is not what went in."""
    packed = bytearray(gzip.compress(ROWS))
    packed[-6] ^= 1

    with pytest.raises(CorruptFile, match="damaged"):
        b"".join(opened(bytes(packed)).stream())


def test_a_bomb_stops_at_the_ratio():
    """Memory and time end with the limit, not with the bomb; parts do not start the count anew."""
    limits = Limits(ratio_free_bytes=1 << 20, max_ratio=10)
    lengths: list[int] = []

    with pytest.raises(LimitExceeded) as raised:
        lengths.extend(map(len, opened(gzip.compress(bytes(4 << 20)) * 16, limits).stream()))

    assert raised.value.stable_code == "limit.ratio"
    assert sum(lengths) <= 3 << 20


def test_the_total_is_limited():
    """Also of content that hardly compresses."""
    with pytest.raises(LimitExceeded, match="max_expanded_bytes"):
        b"".join(opened(gzip.compress(ROWS), Limits(max_expanded_bytes=1000)).stream())


def test_a_spooled_copy_seeks():
    """What a format has to seek in is copied once to an unnamed file."""
    file = pickle.loads(pickle.dumps(as_seekable(opened(gzip.compress(ROWS)))))

    assert file.size == len(ROWS)
    assert file.read(100, 200) == ROWS[100:200]
    assert b"".join(file.stream(7, 3_000_000)) == ROWS[7:3_000_000]
    assert file.open().read() == ROWS
