"""Tar: every member, where it lies; odd and hostile headers cost no more than they must."""

import gzip
import io
import pickle
import random
import tarfile
from contextlib import suppress

import pytest
from samples import MemoryObject

from connectors.errors import CorruptFile, LimitExceeded, ReadError, UnknownFormat
from pipelines.containers.base import Member
from pipelines.containers.limits import Limits
from pipelines.containers.tar_archive import Tar
from pipelines.source_plan import plan

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def entry(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = ""):
    header = tarfile.TarInfo(name)
    header.size, header.type, header.linkname = len(content), kind, link
    return header, content


def archive(*entries, form: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as writer:
        for header, content in entries:
            writer.addfile(header, io.BytesIO(content))
    return packed.getvalue()


def members(content: bytes, *, seekable: bool = True) -> list[Member]:
    file = MemoryObject("a.tar", content, seekable=seekable)
    assert Tar().recognises(content[:1024])
    return list(Tar().members(file, Limits()))


def content_of(member: Member) -> bytes:
    assert member.file is not None
    return b"".join(pickle.loads(pickle.dumps(member.file)).stream())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("seekable", [True, False])
def test_members_come_as_they_are(form, seekable):
    """With long names and with names that are not ASCII, in order, each a range that seeks."""
    names = ["a.csv", "data/b.csv", "däta/ü.csv", "x" * 90 + "/" + "y" * 60 + ".csv"]
    found = members(
        archive(*(entry(n, n.encode() * 700) for n in names), form=FORMATS[form]),
        seekable=seekable,
    )

    assert [member.path for member in found] == names
    assert [content_of(member) for member in found] == [n.encode() * 700 for n in names]
    assert all(member.file.seekable for member in found)
    assert found[0].file.read(1, 3) == b".c"


def test_what_holds_no_data_is_skipped_with_a_reason():
    """Folders, links, devices and junk by name; a path that climbs is only a name."""
    found = members(
        archive(
            entry("d", kind=tarfile.DIRTYPE),
            entry("l", kind=tarfile.SYMTYPE, link="/etc/passwd"),
            entry("h", kind=tarfile.LNKTYPE, link="../../x"),
            entry("p", kind=tarfile.FIFOTYPE),
            entry("c", kind=tarfile.CHRTYPE),
            entry("__MACOSX/._a.csv", b"junk"),
            entry("./README.md", b"hello"),
            entry("../../etc/cron.d/a.csv", b"a,b\n1,2\n"),
        )
    )

    assert [member.path for member in found if member.file] == ["../../etc/cron.d/a.csv"]
    assert all(member.skipped for member in found[:-1])


def test_a_truncated_archive_gives_what_is_whole():
    """The member that breaks off is named, the ones before it are read."""
    content = archive(entry("a.csv", b"a\n1\n"), entry("b.csv", b"b" * 5000))

    found = members(content[: 512 + 512 + 512 + 1000])

    assert content_of(found[0]) == b"a\n1\n"
    assert isinstance(found[1].error, CorruptFile)


def test_a_header_that_does_not_match_its_sum_ends_the_archive():
    """What came before it stands."""
    content = bytearray(archive(entry("a.csv", b"a\n1\n"), entry("b.csv", b"b\n2\n")))
    content[1024 + 3] ^= 0xFF

    found = plan([MemoryObject("a.tar", bytes(content))], Limits())

    assert [table.name for table in found.tables] == ["a"]
    assert [failure.code for failure in found.failures] == ["parse.corrupt"]


def test_sparse_members_are_not_read_wrongly():
    """Their holes are not in the archive, so their bytes alone are not the file."""
    content = archive(
        entry("s.csv", b"a\n1\n", kind=tarfile.GNUTYPE_SPARSE), form=tarfile.GNU_FORMAT
    )

    (member,) = members(content)

    assert isinstance(member.error, UnknownFormat)


def pax(content: bytes) -> bytes:
    return archive(entry("pax", content, kind=tarfile.XHDTYPE), entry("a.csv", b"a\n1\n"))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (pax(b"9" * 400_000), CorruptFile),
        (pax(b"1" * (2 << 20)), LimitExceeded),
        (pax(b"12 size=abc\n"), CorruptFile),
        (pax(b"0 =\n"), CorruptFile),
        (pax(b"30 path=x\n"), CorruptFile),
    ],
)
def test_hostile_headers_are_errors_at_once(content, error):
    """Each byte is looked at once, and no more of them than a header may have."""
    with pytest.raises(error):
        members(content)


def test_an_absurd_size_is_cut_short():
    """A member of exabytes is not there."""
    header = bytearray(archive(entry("a.csv", b"a\n1\n"))[:1024])
    header[124:136] = b"\x80\0\0\0" + (1 << 60).to_bytes(8, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])

    (member,) = members(bytes(header))

    assert isinstance(member.error, CorruptFile)


def test_archives_nest():
    """A zip of tars, a tar in gzip of compressed members: all are opened, up to the limit."""
    inner = archive(
        entry("a.csv.gz", gzip.compress(b"a,b\n1,2\n")), entry("b.jsonl", b'{"x": 1}\n')
    )
    outer = archive(entry("deep/inner.tar.gz", gzip.compress(inner)))

    found = plan([MemoryObject("all.tar.gz", gzip.compress(outer))], Limits())

    assert [table.name for table in found.tables] == ["a", "b"]
    assert not found.failures
    shallow = plan([MemoryObject("all.tar.gz", gzip.compress(outer))], Limits(max_depth=3))
    assert [failure.code for failure in shallow.failures] == ["limit.depth"]


@pytest.mark.parametrize("seed", range(60))
def test_whatever_bytes_are_changed_an_error_is_ours(seed):
    """Members, or why not."""
    chosen = random.Random(seed)
    content = bytearray(archive(*(entry(f"{n}.csv", b"a,b\n1,2\n" * 90) for n in range(4))))
    for _ in range(chosen.randint(1, 9)):
        content[chosen.randrange(len(content))] = chosen.randrange(256)

    with suppress(ReadError):
        for member in Tar().members(MemoryObject("a.tar", bytes(content)), Limits()):
            if member.file is not None:
                content_of(member)
