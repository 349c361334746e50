"""7-Zip: members as they are, unpacked once; what cannot be read says why."""

import io
import pickle
import random
from contextlib import suppress

import py7zr
import pytest
from samples import MemoryObject

from connectors.errors import CorruptFile, LimitExceeded, PasswordProtected, ReadError
from pipelines.containers.base import Member
from pipelines.containers.limits import Limits
from pipelines.containers.seven_zip import SevenZip
from pipelines.source_plan import plan

ROWS = b"a,b\n" + b"1,2\n" * 50_000


def archive(members: dict[str, bytes], password: str | None = None, **options: object) -> bytes:
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w", password=password, **options) as writer:
        for name, content in members.items():
            writer.writestr(content, name)
    return packed.getvalue()


def members(content: bytes, limits: Limits | None = None, *, seekable: bool = True) -> list[Member]:
    file = MemoryObject("a.7z", content, seekable=seekable)
    return list(SevenZip().members(file, limits or Limits()))


@pytest.mark.parametrize("seekable", [True, False])
def test_members_come_as_they_are(seekable):
    """In order, each to be read here or elsewhere, by ranges too."""
    names = ["a.csv", "data/b.csv", "däta/ü.csv"]

    found = members(archive({n: n.encode() + ROWS for n in names}), seekable=seekable)

    assert [member.path for member in found] == names
    for member in pickle.loads(pickle.dumps(found)):
        assert b"".join(member.file.stream()) == member.path.encode() + ROWS
        assert member.file.open().read(3) == member.file.read(0, 3)


def test_junk_is_skipped():
    """By its name, as in other archives."""
    found = members(archive({"__MACOSX/._a.csv": b"x", "a.csv": ROWS}))

    assert [bool(member.skipped) for member in found] == [True, False]


@pytest.mark.parametrize("hides_names", [True, False])
def test_an_encrypted_archive_says_so(hides_names):
    """Whether its list of members can be read or not."""
    content = archive({"a.csv": ROWS}, password="x", header_encryption=hides_names)

    with pytest.raises(PasswordProtected):
        members(content)


@pytest.mark.parametrize("cut", [10, 40, -20, -1])
def test_a_truncated_archive_is_corrupt(cut):
    """Its list of members stands at its end."""
    with pytest.raises(CorruptFile):
        members(archive({"a.csv": ROWS})[:cut])


def test_a_bomb_stops_at_the_limit():
    """By the sizes that it states itself, before anything is unpacked."""
    content = archive({"zeros.csv": bytes(1 << 26)})

    with pytest.raises(LimitExceeded):
        members(content, Limits(ratio_free_bytes=1 << 20))


@pytest.mark.parametrize("at", [40, 100, 150])
def test_a_changed_byte_is_never_read_in_silence(at):
    """Stored content does not notice; the checksum does."""
    rows = random.Random(1).randbytes(300)
    content = bytearray(archive({"a.bin": rows}, filters=[{"id": py7zr.FILTER_COPY}]))
    content[at] ^= 1

    (member,) = members(bytes(content))

    with pytest.raises(CorruptFile):
        b"".join(member.file.stream())


@pytest.mark.parametrize("seed", range(60))
def test_whatever_bytes_are_changed_an_error_is_ours(seed):
    """Members, or why not."""
    chosen = random.Random(seed)
    content = bytearray(archive({"a.csv": ROWS[:4000], "b.csv": ROWS[:500]}))
    for _ in range(chosen.randint(1, 5)):
        content[chosen.randrange(6, len(content))] = chosen.randrange(256)

    with suppress(ReadError):
        for member in members(bytes(content)):
            if member.file is not None:
                b"".join(member.file.stream())


def test_tables_come_out():
    """Through the plan, as for any archive."""
    found = plan(
        [MemoryObject("a.7z", archive({"x.csv": ROWS, "y.jsonl": b'{"k": 1}\n'}))], Limits()
    )

    assert [table.name for table in found.tables] == ["x", "y"]
