"""Zip: members are read as they were written; hostile archives are refused before they expand."""

import bz2
import io
import lzma
import pickle
import stat
import struct
import zipfile
import zlib

import inflate64
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import MemoryObject

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded, MetricFoundryError, UnknownFormat
from pipelines.containers.base import Member
from pipelines.containers.limits import Limits
from pipelines.containers.stored_member import StoredMember
from pipelines.containers.zip_archive import Zip
from pipelines.containers.zip_directory import is_behind_other_bytes
from pipelines.containers.zip_methods import unpacked
from pipelines.source_plan import plan
from tests.contracts.format_contract import zipped

ROWS = b'{"a":1}\n' * 1000
CENTRAL = b"PK\x01\x02"


def members(content: bytes, limits: Limits | None = None) -> list[Member]:
    return list(Zip().members(MemoryObject("a.zip", content), limits or Limits()))


def content_of(file: StoredObject | None) -> bytes:
    assert file is not None
    return b"".join(file.stream())


def patched(content: bytes, entry: int, place: int, value: bytes) -> bytes:
    """The archive with some bytes of a directory entry replaced."""
    at = -1
    for _ in range(entry + 1):
        at = content.index(CENTRAL, at + 1)
    return content[: at + place] + value + content[at + place + len(value) :]


def deflated_64(content: bytes) -> bytes:
    packer = inflate64.Deflater()
    return packer.deflate(content) + packer.flush()


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
DEFLATE_64, ZSTD, XZ = 9, 93, 95
STREAMS = {
    DEFLATE_64: deflated_64,
    ZSTD: zstandard.compress,
    XZ: lzma.compress,
    zipfile.ZIP_BZIP2: bz2.compress,
    zipfile.ZIP_LZMA: lambda content: in_zip(lzma.compress(content, lzma.FORMAT_ALONE)),
}


def in_zip(alone: bytes) -> bytes:
    """A stream of LZMA as members are: a version and the length of properties for its size."""
    return b"\x09\x14\x05\0" + alone[:5] + alone[13:]


def packed_as(method: int, content: bytes, flags: int = 0) -> bytes:
    """An archive of one member that Python's own module cannot pack so."""
    stream = STREAMS[method](content)
    archive = zipped({"a.jsonl": stream}, zipfile.ZIP_STORED)
    for place, value in (
        (8, struct.pack("<HH", flags, method)),
        (16, struct.pack("<LLL", zlib.crc32(content), len(stream), len(content))),
    ):
        archive = patched(archive, 0, place, value)
    return archive


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [0, 1, 1 << 16, (1 << 20) + 7, 3 << 20])
def test_members_are_read_as_they_were_written(method, size):
    """Packed in any way, small or large, whole or by a file object, here or elsewhere."""
    written = (bytes(range(251)) * (size // 251 + 1))[:size]

    (member,) = members(zipped({"a.bin": written}, method))
    elsewhere = pickle.loads(pickle.dumps(member.file))

    assert content_of(member.file) == written
    assert elsewhere.open().read() == written
    assert elsewhere.size == size


@pytest.mark.parametrize(
    ("method", "flags"), [(DEFLATE_64, 0), (ZSTD, 0), (XZ, 0), (zipfile.ZIP_LZMA, 2)]
)
def test_members_that_are_streams_of_other_kinds_are_read(method, flags):
    """As newer archivers pack them; of LZMA one whose end is marked."""
    (member,) = members(packed_as(method, ROWS, flags))

    assert content_of(member.file) == ROWS


def test_lzma_whose_end_is_told_by_its_length_is_read():
    """As 7-Zip writes it: without a mark at the end."""
    filters = [{"id": lzma.FILTER_LZMA1, "preset": 6}]
    marked = lzma.compress(ROWS, lzma.FORMAT_RAW, filters=filters)
    archive = packed_as(zipfile.ZIP_LZMA, ROWS)
    head = archive[archive.index(b"\x09\x14\x05\0") :][:9]

    assert unpacked_lzma(head + marked, len(ROWS)) == ROWS
    with pytest.raises(CorruptFile):
        unpacked_lzma(head + marked, len(ROWS) + 1)


def test_lzma_whose_properties_are_zero_is_read():
    """Their byte is 0 where all three are, and so is the first byte of the stream."""
    own = {"id": lzma.FILTER_LZMA1, "preset": 6, "lc": 0, "lp": 0, "pb": 0}
    alone = lzma.compress(ROWS, lzma.FORMAT_ALONE, filters=[own])

    assert alone[0] == 0
    assert unpacked_lzma(in_zip(alone), len(ROWS), flags=2) == ROWS


@pytest.mark.parametrize("method", [DEFLATE_64, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("place", [0, 2, 10, 40, -2])
def test_a_damaged_stream_of_another_kind_is_corrupt(method, place):
    """Whatever byte is another: an error of ours, or the content all the same."""
    content = bytearray(packed_as(method, ROWS, 2 if method == zipfile.ZIP_LZMA else 0))
    start = len("a.jsonl") + 30
    end = content.index(CENTRAL)
    content[start + place if place >= 0 else end + place] ^= 0x55

    (member,) = members(bytes(content))
    try:
        read = content_of(member.file)
    except (CorruptFile, LimitExceeded):
        return
    assert read == ROWS


@pytest.mark.parametrize("method", [DEFLATE_64, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_streams_of_other_kinds_expand_within_the_limits(method):
    """A bomb in any packing stops at the ratio."""
    limits = Limits(ratio_free_bytes=1 << 16, max_ratio=10)
    (member,) = members(packed_as(method, bytes(1 << 22), 2), limits)

    with pytest.raises(LimitExceeded, match="max_ratio"):
        content_of(member.file)


def unpacked_lzma(stream: bytes, size: int, flags: int = 0) -> bytes:
    member = StoredMember(MemoryObject("a.zip", stream), "a.jsonl", len(stream), 0)
    return b"".join(unpacked(member, zipfile.ZIP_LZMA, flags, size, Limits()))


def test_large_stored_members_are_read_by_ranges():
    """What lies in the archive as it is can be split and sought like any object."""
    written = bytes(range(256)) * 8192

    (member,) = members(zipped({"a.bin": written}, zipfile.ZIP_STORED))
    file = member.file

    assert file.seekable
    assert file.read(1000, 1010) == written[1000:1010]
    assert b"".join(file.stream(5, 2_000_000)) == written[5:2_000_000]
    assert file.read(len(written) - 3, len(written) + 100) == written[-3:]
    with file.open() as stream:
        stream.seek(-4, io.SEEK_END)
        assert stream.read() == written[-4:]


def test_deflated_members_refuse_ranges():
    """They are read from the start only."""
    (member,) = members(zipped({"a.bin": ROWS}))

    assert not member.file.seekable
    assert b"".join(member.file.stream(0, 10)) == ROWS[:10]
    with pytest.raises(TypeError):
        member.file.read(1, 2)


def test_a_document_whose_kind_is_packed_in_another_way_is_an_error_of_ours():
    """What is looked at first may be damaged like anything else."""
    content = zipped({"mimetype": b"application/x", "content.xml": b"<a/>"})

    (failure,) = plan(
        [MemoryObject("a.ods", patched(content, 0, 10, b"\x08\x42"))], Limits()
    ).failures

    assert (failure.code, "method 16904" in failure.message) == ("format.unknown", True)


def test_what_was_packed_from_a_pipe_is_a_file():
    """As `zip a.zip -` does it; a pipe that was packed itself holds nothing."""
    piped = zipfile.ZipInfo("-")
    named = zipfile.ZipInfo("pipe")
    for info in (piped, named):
        info.create_system = 3
        info.external_attr = (stat.S_IFIFO | 0o600) << 16
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(piped, ROWS)
        writer.writestr(named, b"")

    first, second = members(archive.getvalue())

    assert content_of(first.file) == ROWS
    assert second.skipped == "a link or device, not a regular file"


def test_what_holds_no_data_is_skipped_with_a_reason():
    """Folders, links and the litter of file managers are listed, not read."""
    litter = ["d/", "__MACOSX/._a.csv", "d/.DS_Store", "Thumbs.db", "README.md", "d/LICENSE", "._x"]
    archive = io.BytesIO(zipped(dict.fromkeys(litter, b"") | {"readme_data.csv": ROWS}))
    with zipfile.ZipFile(archive, "a") as writer:
        link = zipfile.ZipInfo("link.csv")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        writer.writestr(link, "/etc/passwd")

    found = members(archive.getvalue())

    assert {member.path for member in found if member.skipped} == {*litter, "link.csv"}
    assert [member.path for member in found if member.file] == ["readme_data.csv"]


NAMES = [
    "../../etc/passwd.csv",
    "/abs.csv",
    "//server/share.csv",
    "C:\\x.csv",
    "..\\y.csv",
    "CON.csv",
    "a\tb\nc.csv",
    "a.csv\u202e.exe",
    "\u0430.csv",  # Cyrillic
    "a.csv",
    "A.csv",
    "e\u0301.csv",
    "\u00e9.csv",
    "n" * 60_000 + ".csv",
    "d/" * 2000 + "deep.csv",
    "ä日本.csv",
]


def test_names_are_labels():
    """A name that climbs, is absolute, or looks like another's is only text."""
    assert [member.path for member in members(zipped(dict.fromkeys(NAMES, ROWS)))] == NAMES


def test_equal_and_broken_names_lose_nothing():
    """Members of one name are all read, one with a NUL too; each table has its own name."""
    content = zipped({"aXb.jsonl": ROWS, "aYb.jsonl": ROWS, "aZb.jsonl": ROWS})
    content = content.replace(b"aXb.", b"a\0b.").replace(b"aZb.", b"aYb.")

    found = plan([MemoryObject("a.zip", content)], Limits(), group=False)

    assert [table.origin.member for table in found.tables] == ["a\ufffdb.jsonl", *["aYb.jsonl"] * 2]
    assert len({table.name for table in found.tables}) == 3
    assert not found.failures


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (8, b"\x01\x00", "archive.encrypted"),
        (10, b"\x63\x00", "archive.encrypted"),
        (10, b"\x62\x00", "format.unknown"),
    ],
)
def test_one_member_that_cannot_be_read_does_not_hide_the_others(place, value, code):
    """Encrypted members and unknown methods are errors of that member."""
    first, second = members(patched(zipped({"a.jsonl": ROWS, "b.jsonl": ROWS}), 0, place, value))

    assert first.error is not None
    assert first.error.stable_code == code
    assert content_of(second.file) == ROWS


@pytest.mark.parametrize(
    ("place", "value"),
    [(16, b"\0\0\0\0"), (24, b"\xff\0\0\0"), (24, b"\0\0\1\0"), (20, b"\x05\0\0\0")],
    ids=["checksum", "declared shorter", "declared longer", "cut short"],
)
def test_a_member_that_is_not_as_declared_is_corrupt(place, value):
    """Length and checksum are counted, never believed."""
    (member,) = members(patched(zipped({"a.jsonl": ROWS}), 0, place, value))

    with pytest.raises(CorruptFile):
        content_of(member.file)


def test_a_damaged_large_stored_member_is_found_before_it_is_split():
    """Ranges cannot be checked, so the whole is checked first."""
    (member,) = members(
        patched(zipped({"a.bin": bytes(2 << 20)}, zipfile.ZIP_STORED), 0, 16, b"\1\2\3\4")
    )

    assert isinstance(member.error, CorruptFile)


def test_a_bomb_stops_at_the_ratio():
    """Bytes are counted as they come out; at most one block too many."""
    limits = Limits(ratio_free_bytes=1 << 20, max_ratio=10)
    (member,) = members(zipped({"a.txt": bytes(32 << 20)}), limits)
    lengths: list[int] = []

    with pytest.raises(LimitExceeded) as raised:
        lengths.extend(map(len, member.file.stream()))

    assert raised.value.stable_code == "limit.ratio"
    assert sum(lengths) <= 3 << 20


def test_a_bomb_of_declared_sizes_is_refused_at_once():
    """The sum of what the members claim counts before one is read."""
    limits = Limits(max_expanded_bytes=1 << 20)

    with pytest.raises(LimitExceeded, match="max_expanded_bytes"):
        members(zipped({f"{i}.txt": bytes(100_000) for i in range(11)}), limits)


def test_overlapping_members_are_refused():
    """Fifield's bomb shares one kernel among its entries."""
    content = zipped({"a.jsonl": ROWS, "b.jsonl": ROWS})
    first = content.index(CENTRAL)

    with pytest.raises(CorruptFile, match="overlap"):
        members(patched(content, 1, 42, content[first + 42 : first + 46]))


def local_header(name: bytes, content: bytes, packed: bytes) -> bytes:
    fields = (20, 0, 8, 0, 0, zlib.crc32(content), len(packed), len(content), len(name), 0)
    return struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name


def directory_entry(name: bytes, content: bytes, packed: bytes, offset: int) -> bytes:
    fields = (20, 20, 0, 8, 0, 0, zlib.crc32(content), len(packed), len(content), len(name))
    return struct.pack("<4s6H3L5H2L", CENTRAL, *fields, 0, 0, 0, 0, 0, offset) + name


def ended(content: bytes, directory: bytes, count: int) -> bytes:
    """The archive with its directory and both forms of its end."""
    large = (44, 45, 45, 0, 0, count, count, len(directory), len(content))
    locator = (0, len(content) + len(directory), 1)
    small = (0, 0, min(count, 0xFFFF), min(count, 0xFFFF), len(directory), len(content), 0)
    return b"".join(
        [
            content,
            directory,
            struct.pack("<4sQ2H2L4Q", b"PK\6\6", *large),
            struct.pack("<4sLQL", b"PK\6\7", *locator),
            struct.pack("<4s4H2LH", b"PK\5\6", *small),
        ]
    )


def quoted_overlap(count: int) -> bytes:
    """Fifield's better bomb: each member quotes the header of the next, and goes on as that."""
    content = bytes(1 << 20)
    packed = zlib.compress(content, wbits=-15)
    listed: list[tuple[bytes, bytes, bytes]] = []
    whole, step = b"", 0
    for index in reversed(range(count)):
        name = b"%04d" % index
        header = local_header(name, content, packed)
        listed.insert(0, (name, content, packed))
        quote = b"\0" + struct.pack("<2H", len(header), len(header) ^ 0xFFFF)
        whole, step = header + packed, len(header) + len(quote)
        content, packed = header + content, quote + whole
    entries = [directory_entry(*entry, step * index) for index, entry in enumerate(listed)]
    return ended(whole, b"".join(entries), count)


def test_quoted_overlaps_are_refused():
    """Every member is sound by itself, and all of them share one kernel."""
    bomb = quoted_overlap(40)

    assert len(bomb) < 8000
    with pytest.raises(CorruptFile, match="overlap"):
        members(bomb)


def test_a_member_may_not_overlap_the_directory():
    """Nor lie outside the archive."""
    for offset in (b"\xff\xff\0\0", b"\xf0\xff\xff\x7f"):
        with pytest.raises(CorruptFile, match="overlaps the directory"):
            members(patched(zipped({"a.jsonl": ROWS}), 0, 42, offset))


def test_a_member_that_is_not_where_it_should_be_is_corrupt():
    """No header stands there, or one that sends the reader elsewhere."""
    elsewhere = bytearray(zipped({"a.jsonl": ROWS}))
    elsewhere[26:30] = b"\xff\xff\xff\xff"
    nowhere = patched(zipped({"a.jsonl": ROWS}), 0, 42, b"\1\0\0\0")

    for content in (bytes(elsewhere), nowhere):
        (member,) = members(content)
        with pytest.raises(CorruptFile):
            content_of(member.file)


class Counted(MemoryObject):
    """Remembers which ranges were asked for."""

    asked: list[int]

    def read(self, start: int, end: int) -> bytes:
        self.asked.append(min(end, self.size) - start)
        return super().read(start, end)


@pytest.mark.parametrize(("stated", "code"), [(1_000_000, "limit.members"), (5, "parse.corrupt")])
def test_a_million_members_are_refused_before_they_are_listed(stated, code):
    """The count at the end is enough to refuse; one that lies does not help."""
    directory = directory_entry(b"a", b"", b"", 0) * 1_000_000
    file = Counted("a.zip", ended(b"", directory, stated))
    object.__setattr__(file, "asked", [])

    with pytest.raises(MetricFoundryError) as raised:
        list(Zip().members(file, Limits()))

    assert raised.value.stable_code == code
    if code == "limit.members":
        assert sum(file.asked) <= 16 << 20


def test_the_count_of_members_is_limited():
    """To what the setting says."""
    content = zipped({f"{i}": b"" for i in range(50)})

    assert len(members(content, Limits(max_members=50))) == 50
    with pytest.raises(LimitExceeded) as raised:
        members(content, Limits(max_members=49))

    assert raised.value.stable_code == "limit.members"


def test_a_declared_size_of_exabytes_is_a_limit():
    """As the zip64 form can state it."""
    extra = struct.pack("<2HQ", 1, 8, 1 << 60)
    entry = bytearray(directory_entry(b"a.csv", ROWS, b"", 0))
    entry[24:28], entry[30:32] = b"\xff" * 4, struct.pack("<H", len(extra))

    with pytest.raises(LimitExceeded, match="max_expanded_bytes"):
        members(ended(bytes(100), bytes(entry) + extra, 1))


def test_office_documents_are_no_archives_of_tables():
    """A workbook is named as one instead of read as XML."""
    for types, book in (
        ("[Content_Types].xml", "xl/workbook.xml"),
        ("[content_types].xml", "xl\\workbook.xml"),
    ):
        with pytest.raises(UnknownFormat, match="Excel workbook"):
            members(zipped({types: b"<x/>", book: b"<x/>"}))


OTHER = b"x,y\n1,2\n"
SOUND = zipped({"a.jsonl": ROWS, "d/b.csv": OTHER})


@pytest.mark.parametrize("cut", [4, 30, len(SOUND) // 2, len(SOUND) - 22, len(SOUND) - 1])
def test_a_truncated_archive_is_corrupt(cut):
    """The directory stands at the end."""
    with pytest.raises(CorruptFile):
        members(SOUND[:cut])


def test_something_before_the_archive_does_not_matter():
    """Offsets count from where the archive begins."""
    assert content_of(members(b"#!/bin/sh\n" + SOUND)[0].file) == ROWS


@pytest.mark.parametrize("behind", [b"", b"PK\x05\x06" + bytes(18), b"PK\x05\x06" + b"0" * 18])
def test_the_mark_of_an_end_is_none_where_no_directory_stands_before_it(behind):
    """What looks like the end of an archive may stand in any file."""
    assert is_behind_other_bytes(MemoryObject("a.zip", b"#!/bin/sh\n" + SOUND))
    assert not is_behind_other_bytes(MemoryObject("a.zip", bytes(1000) + behind))


def test_zip64_archives_are_read():
    """The large form of the directory, as streaming writers make it."""
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(archive, "w") as writer,
        writer.open("a.jsonl", "w", force_zip64=True) as file,
    ):
        file.write(ROWS)

    assert content_of(members(archive.getvalue())[0].file) == ROWS


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=3)
)
def test_damage_is_an_error_of_ours_or_harmless(flips):
    """Whatever bytes are changed: our own errors, or the content with the right checksum."""
    content = bytearray(SOUND)
    for place, byte in flips:
        content[place] = byte

    try:
        read = [content_of(member.file) for member in members(bytes(content)) if member.file]
    except MetricFoundryError:
        return
    assert set(read) <= {ROWS, OTHER}
