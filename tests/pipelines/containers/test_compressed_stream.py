"""Compressed stream: every part of it, nothing beyond the limits, nothing cut in silence."""

import bz2
import gzip
import lzma
import pickle
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
import zstandard
from samples import MemoryObject

from connectors.errors import CorruptFile, LimitExceeded, ReadError, UnknownFormat
from pipelines.containers.compressed_stream import CODECS, Codec, StreamContent
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.source_plan import plan

ROWS = b"".join(b'{"a":%d}\n' % index for index in range(40_000))


@dataclass(frozen=True)
class Kind:
    """A compression as its own library writes it."""

    name: str
    compress: Callable[[bytes], bytes]
    suffix: str
    suffix_of_tar: str
    leaves_the_rest: bool = False
    """Whether its tool leaves alone what follows a stream and is none."""
    has_checksum: bool = True

    @property
    def codec(self) -> Codec:
        return CODECS[self.name]

    def opened(self, content: bytes, limits: Limits | None = None, name: str = "") -> StreamContent:
        file = MemoryObject(name or f"a.csv{self.suffix}", content)
        (member,) = self.codec.members(file, limits or Limits())
        assert isinstance(member.file, StreamContent)
        return member.file


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def zstd_of_window(content: bytes, log: int) -> bytes:
    window = zstandard.ZstdCompressionParameters(window_log=log)
    compressor = zstandard.ZstdCompressor(compression_params=window).compressobj()
    return compressor.compress(content) + compressor.flush()


def old_lzma(content: bytes) -> bytes:
    return lzma.compress(content, lzma.FORMAT_ALONE)


GZIP = Kind("gzip", gzip.compress, ".gz", ".tgz", leaves_the_rest=True)
BZIP2 = Kind("bzip2", bz2.compress, ".bz2", ".tbz2", leaves_the_rest=True)
XZ = Kind("xz", lzma.compress, ".xz", ".txz")
LZMA = Kind("lzma", old_lzma, ".lzma", ".tlz", has_checksum=False)
ZSTD = Kind("zstd", zstd, ".zst", ".tzst")
KINDS = [GZIP, BZIP2, XZ, LZMA, ZSTD]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


def whole(file: StreamContent) -> bytes:
    return b"".join(file.stream())


def test_every_codec_is_tried_here():
    """What the table gains, these tests gain."""
    assert [kind.name for kind in KINDS] == [*CODECS]


def test_the_whole_content_comes_out(kind):
    """Several parts are one content, also with padding; here or elsewhere."""
    pack = kind.compress
    for packed in (
        pack(ROWS),
        pack(ROWS[:777]) + pack(b"") + pack(ROWS[777:]),
        pack(ROWS[:777]) + bytes(8) + pack(ROWS[777:]) + bytes(1000),
        b"".join(pack(ROWS[start : start + 5000]) for start in range(0, len(ROWS), 5000)),
    ):
        file = pickle.loads(pickle.dumps(kind.opened(packed)))

        assert whole(file) == ROWS
        assert file.open().read() == ROWS
        assert b"".join(file.stream(0, 1000)) == ROWS[:1000]


def test_it_is_read_from_its_start_only(kind):
    """A range would have to be expanded for."""
    file = kind.opened(kind.compress(ROWS))

    assert not file.seekable
    with pytest.raises(TypeError):
        file.read(1, 2)
    with pytest.raises(TypeError):
        file.stream(1)


def test_what_follows_is_what_its_own_tool_makes_of_it(kind):
    """gunzip and bunzip2 leave alone what is not theirs; xz and zstd call it damage."""
    file = kind.opened(kind.compress(ROWS) + b"something else")

    if kind.leaves_the_rest:
        assert whole(file) == ROWS
    else:
        with pytest.raises(CorruptFile):
            whole(file)


def test_bytes_alone_tell_the_compression(kind):
    """Each is recognised by its own bytes only, an empty one too, and no text is."""
    for content in (kind.compress(ROWS), kind.compress(b"")):
        assert [codec.name for codec in CODECS.values() if codec.recognises(content)] == [kind.name]
    assert not kind.codec.recognises(b"BZh9 is a column,b\n1,2\n")
    assert not kind.codec.recognises("],b\n1,2\n".encode("utf-32-le"))
    assert not kind.codec.recognises(b"")
    found = plan([MemoryObject("rows.dat", kind.compress(b"a,b\n1,2\n"))], Limits())
    assert [table.schema.names() for table in found.tables] == [["a", "b"]]


def test_the_name_loses_its_suffix(kind):
    """The content is named as it was before it was compressed."""
    for name, meant in {
        f"A.CSV{kind.suffix.upper()}": "A.CSV",
        f"a{kind.suffix_of_tar}": "a.tar",
        f"a.tar{kind.suffix}": "a.tar",
        "data": "data",
        kind.suffix: kind.suffix,
    }.items():
        assert kind.opened(b"", name=name).name == meant


@pytest.mark.parametrize("cut", [3, 15, 1000, -9, -1])
def test_a_truncated_stream_is_corrupt(kind, cut):
    """Also where only the checksum at the end is missing."""
    with pytest.raises(CorruptFile, match="cut short"):
        whole(kind.opened(kind.compress(ROWS)[:cut]))


def test_a_truncated_last_part_is_corrupt(kind):
    """That earlier parts are sound does not make the whole sound."""
    with pytest.raises(CorruptFile, match="cut short"):
        whole(kind.opened(kind.compress(ROWS) + kind.compress(ROWS)[:50]))


def test_damage_is_corrupt(kind):
    """Wherever it lies, the checksum at the end tells at the latest; the old lzma has none."""
    packed = kind.compress(ROWS)

    for place in range(20, len(packed) - 4, len(packed) // 20):
        damaged = bytearray(packed)
        damaged[place] ^= 0x10
        if kind.has_checksum:
            with pytest.raises(CorruptFile):
                whole(kind.opened(bytes(damaged)))
        else:
            with suppress(CorruptFile):
                whole(kind.opened(bytes(damaged)))


@pytest.mark.parametrize("seed", range(25))
def test_whatever_bytes_are_changed_an_error_is_ours(kind, seed):
    """The content, or why not."""
    chosen = random.Random(seed)
    content = bytearray(kind.compress(ROWS[:20_000]))
    for _ in range(chosen.randint(1, 6)):
        content[chosen.randrange(len(content))] = chosen.randrange(256)

    with suppress(ReadError):
        whole(kind.opened(bytes(content)))


def test_a_bomb_stops_at_the_ratio(kind):
    """Memory and time end with the limit, not with the bomb; parts do not start the count anew."""
    limits = Limits(ratio_free_bytes=1 << 20, max_ratio=10)
    for packed in (kind.compress(bytes(4 << 20)) * 16, kind.compress(bytes(64 << 20))):
        lengths: list[int] = []

        with pytest.raises(LimitExceeded) as raised:
            lengths.extend(map(len, kind.opened(packed, limits).stream()))

        assert raised.value.stable_code == "limit.ratio"
        assert sum(lengths) <= 3 << 20
        assert max(lengths) <= 1 << 20


def test_the_total_is_limited(kind):
    """Also of content that hardly compresses."""
    with pytest.raises(LimitExceeded, match="max_expanded_bytes"):
        whole(kind.opened(kind.compress(ROWS), Limits(max_expanded_bytes=1000)))


def test_many_tiny_parts_take_no_longer_than_their_bytes(kind):
    """What is left of a block is not copied for each of them."""
    packed = kind.compress(b"x")

    assert whole(kind.opened(packed * 20_000)) == b"x" * 20_000


def test_a_spooled_copy_seeks(kind):
    """What a format has to seek in is copied once to an unnamed file."""
    file = pickle.loads(pickle.dumps(as_seekable(kind.opened(kind.compress(ROWS)))))

    assert file.size == len(ROWS)
    assert file.read(100, 200) == ROWS[100:200]
    assert b"".join(file.stream(7, 300_000)) == ROWS[7:300_000]
    assert file.open().read() == ROWS


@pytest.mark.parametrize(
    ("kind", "packed"),
    [(XZ, lzma.compress(ROWS)), (LZMA, old_lzma(ROWS)), (ZSTD, zstd_of_window(ROWS, 24))],
    ids=["xz", "lzma", "zstd"],
)
def test_a_larger_window_than_allowed_is_a_limit(kind, packed):
    """A stream takes the memory that it asks for, so that is bounded, by a setting."""
    with pytest.raises(LimitExceeded, match="max_window_bytes") as raised:
        whole(kind.opened(packed, Limits(max_window_bytes=1 << 20)))

    assert raised.value.stable_code == "limit.window_bytes"


def test_a_window_of_gigabytes_is_refused_by_default():
    """What a stream asks for is looked at before it gets it."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]

    with pytest.raises(LimitExceeded, match="max_window_bytes"):
        whole(XZ.opened(lzma.compress(ROWS, filters=filters)))
    with pytest.raises(LimitExceeded, match="max_window_bytes"):
        whole(ZSTD.opened(b"\x28\xb5\x2f\xfd\x00\xa0" + bytes(20)))  # a window of a gigabyte


def test_the_largest_common_windows_are_read():
    """xz -9 takes 64 MiB, zstd --ultra 128 MiB."""
    assert whole(XZ.opened(lzma.compress(ROWS[:999], preset=9))) == ROWS[:999]
    assert whole(ZSTD.opened(zstd_of_window(ROWS, 27))) == ROWS


def test_skippable_frames_are_skipped():
    """pzstd writes one before each frame."""
    frame = b"\x5a\x2a\x4d\x18\x04\0\0\0abcd"
    packed = frame + zstd(ROWS[:999]) + frame + zstd(ROWS[999:]) + frame

    assert ZSTD.codec.recognises(packed)
    assert whole(ZSTD.opened(packed)) == ROWS


def test_a_missing_zstd_dictionary_is_named():
    """The content is sound, but cannot be read without what it was made with."""
    samples = [ROWS[start : start + 200] for start in range(0, 40_000, 200)]
    dictionary = zstandard.train_dictionary(4096, samples)
    packed = zstandard.ZstdCompressor(dict_data=dictionary).compress(ROWS[:500])

    with pytest.raises(UnknownFormat, match="dictionary"):
        whole(ZSTD.opened(packed))
