"""7z: members are read as they were written; what is packed together is unpacked once."""

import io
import os
import pickle
import random
import sys
from importlib import import_module

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py7zr.helpers import calculate_crc32
from samples import MemoryObject

from connectors.errors import (
    CorruptFile,
    LimitExceeded,
    PasswordProtected,
)
from pipelines.containers.base import Member
from pipelines.containers.limits import Limits
from pipelines.containers.seven_zip_archive import SevenZip
from pipelines.containers.spooled import _cached_copy
from pipelines.sandbox import Sandbox

ROWS = b"".join(b'{"a":%d}\n' % index for index in range(20_000))
OTHER = b"x,y\n1,2\n"
CODE = random.Random(5).randbytes(3000) + b"\xe8\x01\x02\0\0\xe9\xff\xff\xff\xff" * 500
NONE = {"id": py7zr.FILTER_COPY}
CHAINS = {
    "LZMA2 and BCJ": None,
    "LZMA2": [{"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "LZMA": [{"id": py7zr.FILTER_LZMA, "preset": 1}],
    "LZMA and BCJ": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA, "preset": 1}],
    "LZMA2 and delta": [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "LZMA2 and ARM": [{"id": py7zr.FILTER_ARM}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "Deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "Zstandard": [{"id": py7zr.FILTER_ZSTD, "level": 3}],
    "Copy": [NONE],
    "Copy and BCJ": [{"id": py7zr.FILTER_X86}, NONE],
}


def archived(
    contents: dict[str, bytes],
    filters: list[dict[str, int]] | None = None,
    password: str | None = None,
    *,
    is_solid: bool = True,
    hides_names: bool = False,
) -> bytes:
    """An archive; py7zr packs what it appends by itself, and the rest together."""
    archive = io.BytesIO()
    groups = [contents] if is_solid else [{name: content} for name, content in contents.items()]
    for index, group in enumerate(groups):
        archive.seek(0)
        with py7zr.SevenZipFile(
            archive,
            "a" if index else "w",
            filters=filters,
            password=password,
            header_encryption=hides_names,
        ) as writer:
            for name, content in group.items():
                writer.writestr(content, name)
    return archive.getvalue()


def members(content: bytes, limits: Limits | None = None) -> list[Member]:
    return list(SevenZip().members(MemoryObject("a.7z", content), limits or Limits()))


def content_of(member: Member) -> bytes:
    assert member.file is not None
    return b"".join(member.file.stream())


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("is_solid", [True, False])
def test_members_are_read_as_they_were_written(chain, is_solid):
    """In every chain of methods, packed together or each by itself, here or elsewhere."""
    contents = {"a.jsonl": ROWS, "d/code.bin": CODE, "empty.csv": b"", "ä日本.csv": OTHER}

    found = members(archived(contents, chain, is_solid=is_solid))
    elsewhere = pickle.loads(pickle.dumps(found))

    assert {member.path: content_of(member) for member in found} == contents
    assert {member.path: member.file.open().read() for member in elsewhere} == contents
    assert [member.file.size for member in found] == [*map(len, contents.values())]


def test_members_that_are_packed_together_are_unpacked_once():
    """They are ranges of one copy, so that their number costs nothing."""
    contents = {f"{index}.csv": b"a\n%d\n" % index * 50 for index in range(300)}
    _cached_copy.cache_clear()

    found = members(archived(contents))

    assert {member.path: content_of(member) for member in found} == contents
    assert all(member.file.seekable for member in found)
    assert _cached_copy.cache_info().misses == 1


def test_what_holds_no_data_is_skipped_with_a_reason(tmp_path):
    """Folders, links and litter are listed, not read, nor unpacked for themselves."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.csv").write_bytes(OTHER)
    (tmp_path / "d" / "README.md").write_bytes(b"read me")
    (tmp_path / "d" / "link.csv").symlink_to("a.csv")
    archive = io.BytesIO()
    with py7zr.SevenZipFile(archive, "w") as writer:
        writer.writeall(tmp_path / "d", "d")

    found = {member.path: member for member in members(archive.getvalue())}

    assert {path: member.skipped for path, member in found.items() if member.skipped} == {
        "d": "a folder",
        "d/README.md": "holds no data by its name",
        "d/link.csv": "a link or device, not a regular file",
    }
    assert content_of(found["d/a.csv"]) == OTHER


def test_encrypted_members_are_errors_of_their_own():
    """Their names can be read without the password."""
    found = members(archived({"a.csv": OTHER, "b.csv": OTHER}, password="secret"))

    assert [member.path for member in found] == ["a.csv", "b.csv"]
    assert all(isinstance(member.error, PasswordProtected) for member in found)


def test_an_archive_with_hidden_names_is_encrypted():
    """Then there is nothing to list."""
    with pytest.raises(PasswordProtected, match="names"):
        members(archived({"a.csv": OTHER}, password="secret", hides_names=True))


@pytest.mark.parametrize(
    ("method", "name"),
    [
        (py7zr.FILTER_PPMD, "PPMd"),
        (py7zr.FILTER_BROTLI, "Brotli"),
        (py7zr.FILTER_X86, "BCJ"),
    ],
)
def test_methods_that_keep_within_no_block_are_named(method, name):
    """Their decoders would expand without bounds, or wait for ever on damage."""
    options = {py7zr.FILTER_PPMD: {"order": 6, "mem": 24}, py7zr.FILTER_BROTLI: {"level": 5}}
    chain = [{"id": method, **options.get(method, {})}]

    (member,) = members(archived({"a.csv": OTHER}, chain))

    assert member.error is not None
    assert member.error.stable_code == "format.unknown"
    assert name in str(member.error)


@pytest.mark.parametrize("chain", ["LZMA2", "Deflate", "bzip2", "Zstandard"])
def test_a_bomb_stops_at_the_ratio(chain):
    """Packed together or not; its memory is a block."""
    limits = Limits(ratio_free_bytes=1 << 20, max_ratio=10)
    contents = {"a.csv": bytes(32 << 20), "b.csv": OTHER}

    together = members(archived(contents, CHAINS[chain]), limits)
    alone = members(archived(contents, CHAINS[chain], is_solid=False), limits)

    assert {member.error.stable_code for member in together} == {"limit.ratio"}
    with pytest.raises(LimitExceeded, match="max_ratio"):
        content_of(alone[0])
    assert content_of(alone[1]) == OTHER


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(max_members=2), "limit.members"),
        (Limits(max_expanded_bytes=10_000), "limit.expanded_bytes"),
    ],
)
def test_what_the_directory_declares_is_limited(limits, code):
    """Before anything is unpacked."""
    with pytest.raises(LimitExceeded) as raised:
        members(archived({"a.csv": ROWS, "b.csv": OTHER, "c.csv": OTHER}), limits)

    assert raised.value.stable_code == code


def test_a_large_dictionary_is_a_limit():
    """The decoder would take its memory at once."""
    chain = [{"id": py7zr.FILTER_LZMA2, "dict_size": 8 << 20}]

    (member,) = members(archived({"a.csv": OTHER}, chain), Limits(max_window_bytes=4 << 20))

    assert isinstance(member.error, LimitExceeded)
    assert member.error.stable_code == "limit.window_bytes"


SOUND = archived({"a.jsonl": ROWS, "b.csv": OTHER})


def test_deflate64_is_read():
    """Of short repeats it makes what deflate does, under a number of its own."""
    archive = io.BytesIO()
    with py7zr.SevenZipFile(archive, "w", filters=CHAINS["Deflate"]) as writer:
        writer.set_encoded_header_mode(False)
        writer.writestr(ROWS[:5000], "a.jsonl")
    content = bytearray(archive.getvalue())
    at = content.rindex(b"\x04\x01\x08")
    content[at : at + 3] = b"\x04\x01\x09"

    (member,) = members(resealed(content))
    assert content_of(member) == ROWS[:5000]

    content[40] ^= 0x55
    (member,) = members(resealed(content))
    with pytest.raises(CorruptFile):
        content_of(member)


@pytest.mark.parametrize("cut", [6, 20, 32, 100, -1000, -1])  # its length differs from day to day
def test_a_truncated_archive_is_corrupt(cut):
    """The directory stands at the end."""
    with pytest.raises(CorruptFile):
        members(SOUND[:cut])


def test_damaged_members_are_found_by_their_checksum():
    """Where nothing is compressed, only the damaged one is lost."""
    for is_solid in (True, False):
        content = bytearray(archived({"a.jsonl": ROWS, "b.csv": OTHER}, [NONE], is_solid=is_solid))
        content[content.index(ROWS) + 5000] ^= 1

        first, second = members(bytes(content))

        with pytest.raises(CorruptFile, match="checksum"):
            raise first.error or ensure_damaged(first)
        assert content_of(second) == OTHER


def ensure_damaged(member: Member) -> AssertionError:
    content_of(member)
    return AssertionError("it was read")


@pytest.fixture(scope="module")
def children():
    """A sandbox that can import this file."""
    children = Sandbox(warm=(import_module, (__name__,)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        children.start()
    yield children
    children.close()


def contents_read(content: bytes) -> set[bytes]:
    return {content_of(member) for member in members(content) if member.file}


MUTABLE = archived({"a.jsonl": ROWS[:2000], "b.csv": OTHER})
FLIPS = st.lists(
    st.tuples(st.integers(6, len(MUTABLE) - 1), st.integers(0, 255)), min_size=1, max_size=4
)


def resealed(content: bytearray) -> bytes:
    """The archive with the checksums of its header made right again."""
    offset, size = (int.from_bytes(content[at : at + 8], "little") for at in (12, 20))
    header = bytes(content[32 + offset : 32 + offset + size])
    content[28:32] = calculate_crc32(header).to_bytes(4, "little")
    content[8:12] = calculate_crc32(bytes(content[12:32])).to_bytes(4, "little")
    return bytes(content)


@settings(max_examples=150, deadline=None)
@given(FLIPS, st.booleans())
def test_damage_is_an_error_of_ours_or_harmless(children, flips, is_sealed):
    """Whatever bytes are changed, with right checksums of the headers or without."""
    content = bytearray(MUTABLE)
    for place, byte in flips:
        content[place] = byte
    mutant = resealed(content) if is_sealed else bytes(content)

    try:
        read = children.run(contents_read, mutant)
    except (CorruptFile, LimitExceeded, PasswordProtected):
        return

    assert is_sealed or read <= {ROWS[:2000], OTHER}
