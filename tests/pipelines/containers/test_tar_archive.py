"""Tar: members are read as they were written, whatever dialect; hostile headers cost nothing."""

import gzip
import io
import os
import pickle
import sys
import tarfile
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import MemoryObject

from connectors.base import StoredObject
from connectors.errors import CorruptFile, MetricFoundryError, UnknownFormat
from pipelines.containers.base import Member
from pipelines.containers.compressed_stream import CODECS, StreamContent
from pipelines.containers.limits import Limits
from pipelines.containers.tar_archive import Tar
from pipelines.formats.detect import head_of
from pipelines.sandbox import Sandbox
from tests.contracts.format_contract import tarred

ROWS = b'{"a":1}\n' * 1000
OTHER = b"x,y\n1,2\n"
DIALECTS = {"ustar": tarfile.USTAR_FORMAT, "GNU": tarfile.GNU_FORMAT, "PAX": tarfile.PAX_FORMAT}
BLOCK = 512


def opened(file: StoredObject) -> tuple[list[Member], MetricFoundryError | None]:
    """The members, and the error that ended the list."""
    found: list[Member] = []
    try:
        for member in Tar().members(file, Limits()):
            found.append(member)  # noqa: PERF402 - those before an error count
    except MetricFoundryError as error:
        return found, error
    return found, None


def members(content: bytes) -> list[Member]:
    found, error = opened(MemoryObject("a.tar", content))
    assert error is None
    return found


def compressed(content: bytes) -> StreamContent:
    (member,) = CODECS["gzip"].members(MemoryObject("a.tar.gz", content), Limits())
    assert isinstance(member.file, StreamContent)
    return member.file


def content_of(member: Member) -> bytes:
    assert member.file is not None
    return b"".join(member.file.stream())


def written(*entries: tarfile.TarInfo, dialect: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive of entries, with data where they have a size."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=dialect) as writer:
        for entry in entries:
            writer.addfile(entry, io.BytesIO(bytes(entry.size)))
    return archive.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, **attributes: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for attribute, value in attributes.items():
        setattr(info, attribute, value)
    return info


def header(
    name: bytes, kind: bytes = b"0", size: bytes = b"00000000000", magic: bytes = b""
) -> bytes:
    """A header block with a right checksum, of fields as they are given."""
    block = bytearray(BLOCK)
    block[: len(name)] = name
    block[124 : 124 + len(size)] = size
    block[156:157] = kind
    block[257 : 257 + len(magic)] = magic
    return resealed(bytes(block))


def resealed(block: bytes) -> bytes:
    summed = sum(block[:148] + b" " * 8 + block[156:])
    return block[:148] + b"%06o\0 " % summed + block[156:]


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % BLOCK)


def pax(records: bytes, kind: bytes = b"x") -> bytes:
    return header(b"PaxHeader", kind, b"%011o" % len(records)) + padded(records)


END = bytes(2 * BLOCK)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 3 << 20])
def test_members_are_read_as_they_were_written(dialect, size):
    """In every dialect, whole or by ranges, here or elsewhere."""
    content = (bytes(range(251)) * (size // 251 + 1))[:size]

    first, second = members(tarred({"a.bin": content, "d/b.csv": OTHER}, dialect))
    file = pickle.loads(pickle.dumps(first.file))

    assert (first.path, second.path) == ("a.bin", "d/b.csv")
    assert file.seekable
    assert file.size == size
    assert file.open().read() == content
    assert file.read(size // 2, size + 9) == content[size // 2 :]
    assert content_of(second) == OTHER


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_names_are_labels_of_any_length(dialect):
    """Long ones and those of other alphabets come whole; one that climbs is only text."""
    names = ["../../etc/passwd.csv", "d" * 90 + "/" + "f" * 90 + ".csv", "ä日本.csv"]
    if dialect != tarfile.USTAR_FORMAT:
        names += ["x/" * 200 + "a.csv", "n" * 300]

    assert [
        member.path for member in members(tarred(dict.fromkeys(names, OTHER), dialect))
    ] == names


def test_names_in_no_known_encoding_are_kept_as_they_can_be():
    """A byte that is not UTF-8 is taken for Latin-1."""
    (member,) = members(header(b"caf\xe9.csv") + END)

    assert member.path == "café.csv"


def test_old_archives_have_neither_magic_nor_type():
    """The checksum tells that it is a tar archive, over signed or unsigned bytes."""
    old = header(b"a.csv", b"\0", b"%11o " % len(OTHER)) + padded(OTHER) + END
    signed = bytearray(header(b"\xe9.csv", b"\0") + END)
    signed[148:156] = b"%06o\0 " % (int(bytes(signed[148:154]), 8) - 256)

    assert Tar().recognises(old[:BLOCK])
    assert [content_of(member) for member in members(old)] == [OTHER]
    assert [member.path for member in members(bytes(signed))] == ["é.csv"]


def test_no_text_is_taken_for_a_tar():
    """Only the magic or the checksum is."""
    assert not Tar().recognises(b"a,b\n" * 500)
    assert not Tar().recognises(b"a,b\n1,2\n")
    assert not Tar().recognises(bytes(BLOCK))


@pytest.mark.parametrize(
    "size", [b"%011o" % 8, b"%12o" % 8, b"10 ", b"\x80" + bytes(10) + b"\x08", b"0" * 10 + b"10"]
)
def test_sizes_come_in_many_forms(size):
    """Octal with spaces or NULs, and base 256."""
    (member,) = members(header(b"a.csv", size=size) + padded(OTHER) + END)

    assert content_of(member) == OTHER


def test_pax_says_more_than_the_header():
    """Path, size and target; for the next member, or for all that follow."""
    content = (
        pax(b"30 path=one/of/the/long/names\n" + b"9 size=8\n" + b"13 comment=a\n")
        + header(b"short")
        + padded(OTHER)
        + pax(b"15 path=theirs\n", b"g")
        + header(b"b", size=b"%011o" % 8)
        + padded(OTHER)
        + header(b"c")
        + END
    )

    found = members(content)

    assert [member.path for member in found] == ["one/of/the/long/names", "theirs", "theirs"]
    assert [content_of(member) for member in found] == [OTHER, OTHER, b""]


def test_what_holds_no_data_is_skipped_with_a_reason():
    """Folders, links, devices, pipes and litter are listed, not read; what follows is found."""
    content = written(
        entry("d", tarfile.DIRTYPE),
        entry("hard.csv", tarfile.LNKTYPE, linkname="a.csv"),
        entry("soft.csv", tarfile.SYMTYPE, linkname="../../etc/passwd"),
        entry("far.csv", tarfile.SYMTYPE, linkname="t" * 300),
        entry("null", tarfile.CHRTYPE),
        entry("disk", tarfile.BLKTYPE),
        entry("pipe", tarfile.FIFOTYPE),
        entry("volume", b"V"),
        entry("d/._a.csv", size=10),
        entry("README", size=700),
        entry("last.csv", size=1),
    )

    found = members(content)

    assert {member.path: member.skipped for member in found if member.skipped} == {
        "d/": "a folder",
        "hard.csv": "a link to a.csv",
        "soft.csv": "a link to ../../etc/passwd",
        "far.csv": "a link to " + "t" * 300,
        "null": "a link or device, not a regular file",
        "disk": "a link or device, not a regular file",
        "pipe": "a link or device, not a regular file",
        "volume": "of the kind 'V', not a regular file",
        "d/._a.csv": "holds no data by its name",
        "README": "holds no data by its name",
    }
    assert [member.path for member in found if member.file] == ["last.csv"]


def sparse_blocks() -> bytes:
    block = bytearray(header(b"holes.csv", b"S", b"%011o" % 8, b"ustar  \0"))
    block[482] = 1
    goes_on, ends = bytearray(BLOCK), bytes(BLOCK)
    goes_on[504] = 1
    return resealed(bytes(block)) + bytes(goes_on) + ends + padded(OTHER)


@pytest.mark.parametrize(
    "sparse",
    [
        sparse_blocks(),
        pax(b"22 GNU.sparse.major=1\n29 GNU.sparse.name=holes.csv\n")
        + header(b"GNUSparseFile.0/holes.csv", size=b"%011o" % 8)
        + padded(OTHER),
        pax(b"26 GNU.sparse.map=0,1,5,1\n")
        + header(b"holes.csv", size=b"%011o" % 8)
        + padded(OTHER),
    ],
    ids=["GNU", "PAX 1.0", "PAX 0.1"],
)
def test_a_sparse_file_is_an_error_of_that_member(sparse):
    """Its holes are not in the archive; what follows is read all the same."""
    holes, after = members(sparse + header(b"b.csv") + END)

    assert holes.path == "holes.csv"
    assert isinstance(holes.error, UnknownFormat)
    assert "sparse" in str(holes.error)
    assert after.path == "b.csv"


SOUND = tarred({"a.jsonl": ROWS, "d/b.csv": OTHER, "c.csv": OTHER})
SECOND = BLOCK + len(ROWS) + -len(ROWS) % BLOCK


@pytest.mark.parametrize(
    ("cut", "whole"),
    [(BLOCK + 5, 0), (SECOND, 1), (SECOND + 100, 1), (SECOND + BLOCK, 1), (SECOND + 2 * BLOCK, 2)],
)
@pytest.mark.parametrize("is_compressed", [False, True])
def test_a_truncated_archive_gives_what_came_before_the_cut(cut, whole, is_compressed):
    """And says that it is cut, be it in a member, in a header or between two."""
    file: StoredObject = MemoryObject("a.tar", SOUND[:cut])
    if is_compressed:
        file = compressed(gzip.compress(SOUND[:cut])[:-1])

    found, error = opened(file)
    readable = [member for member in found if member.file]
    failed = [member.error for member in found if member.error]

    assert [content_of(member) for member in readable] == [ROWS, OTHER][:whole]
    assert all(isinstance(fault, CorruptFile) for fault in [*failed, error] if fault)
    assert failed or error
    assert isinstance(error, CorruptFile) or not is_compressed


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (header(b"a.csv")[:-1] + b"x" + END, "header before byte 1024 is damaged"),
        (header(b"a.csv", size=b"\xff" * 12) + END, "negative"),
        (header(b"a.csv", size=b"12x45") + END, "no number"),
        (header(b"x", b"L", b"%011o" % (2 << 20)) + bytes(3 << 20), "extended header"),
        (pax(b"30 path=a\n") + header(b"a") + END, "PAX header is damaged"),
        (pax(b"0 path=a\n") + header(b"a") + END, "PAX header is damaged"),
        (pax(b"8 path=a\n") + header(b"a") + END, "PAX header is damaged"),
        (pax(b"9 path a\n") + header(b"a") + END, "PAX header is damaged"),
        (pax(b"1" * 400_000) + header(b"a") + END, "PAX header is damaged"),
        (pax(b"11 size=-1\n") + header(b"a") + END, "no sound size"),
        (pax(b"28 size=" + b"9" * 19 + b"\n") + header(b"a") + END, None),
        (header(b"a.csv", size=b"\x80" + b"\xff" * 11) + END, None),
        (SOUND + SOUND, "goes on after its end mark"),
    ],
)
def test_absurd_headers_are_corrupt(content, says):
    """Each is refused for what it is, at once."""
    found, error = opened(MemoryObject("a.tar", MAGIC_FIRST + content))

    if says is None:
        assert isinstance(found[-1].error, CorruptFile)
    else:
        assert isinstance(error, CorruptFile)
        assert says in str(error)


MAGIC_FIRST = header(b"first", magic=b"ustar\x0000")


def test_a_member_of_a_compressed_archive_seeks():
    """The archive is unpacked once, to a copy without a name; members are ranges of it."""
    content = {f"{index}.csv": b"a\n%d\n" % index * 100 for index in range(200)}
    file = compressed(gzip.compress(tarred(content)))

    found = pickle.loads(pickle.dumps(opened(file)[0]))

    assert {member.path: content_of(member) for member in found} == content
    assert all(member.file.seekable for member in found)


class Counted(MemoryObject):
    """Remembers which ranges were asked for."""

    asked: list[int]

    def read(self, start: int, end: int) -> bytes:
        self.asked.append(end - start)
        return super().read(start, end)


def test_listing_reads_headers_and_not_data():
    """Small members come many to a request, the middle of large ones is passed over."""
    large = Counted("a.tar", tarred({"a.bin": bytes(20 << 20), "b.bin": bytes(20 << 20)}))
    small = Counted("b.tar", tarred({f"{index}.csv": OTHER for index in range(1000)}))

    for file, most in ((large, 3), (small, 1)):
        object.__setattr__(file, "asked", [])
        found, error = opened(file)
        assert error is None
        assert found
        assert len(file.asked) <= most
        assert sum(file.asked) < 20 << 20


@pytest.fixture(scope="module")
def children():
    """A sandbox that can import this file."""
    children = Sandbox(warm=(import_module, (__name__,)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        children.start()
    yield children
    children.close()


def contents_read(content: bytes) -> tuple[list[bytes], bool]:
    """What members yield, and whether anything was found to be wrong."""
    file = MemoryObject("a.tar", content)
    if not Tar().recognises(head_of(file)):
        return [], True
    found, error = opened(file)
    strange = error is not None or any(member.error or member.skipped for member in found)
    return [content_of(member) for member in found if member.file], strange


MUTABLE = tarred({"a.jsonl": ROWS, "n" * 200: OTHER, "c.csv": OTHER}, tarfile.GNU_FORMAT)
HEADERS = (0, SECOND, SECOND + 2 * BLOCK, SECOND + 4 * BLOCK)  # the second names the third
FLIPS = st.lists(
    st.tuples(st.sampled_from(HEADERS), st.integers(0, BLOCK - 1), st.integers(0, 255)),
    min_size=1,
    max_size=5,
)


def mutant(flips: list[tuple[int, int, int]]) -> bytearray:
    content = bytearray(MUTABLE)
    for start, place, byte in flips:
        content[start + place] = byte
    return content


@settings(max_examples=150, deadline=None)
@given(FLIPS)
def test_damaged_headers_are_told_by_their_checksum(flips):
    """Whatever bytes of a header are changed, it is an error of ours or nothing happened."""
    read, is_strange = contents_read(bytes(mutant(flips)))

    assert is_strange or sorted(read) == sorted([ROWS, OTHER, OTHER])


@settings(max_examples=150, deadline=None)
@given(FLIPS)
def test_headers_that_lie_end_in_errors_of_ours(children, flips):
    """Also with the right checksum: no crash and no hang."""
    content = mutant(flips)
    for start in HEADERS:
        content[start : start + BLOCK] = resealed(bytes(content[start : start + BLOCK]))

    read, is_strange = children.run(contents_read, bytes(content))

    assert is_strange or read
