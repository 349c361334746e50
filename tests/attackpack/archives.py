"""Archives: the simplest bombs; `tests/pipelines/containers` has the rest."""

import bz2
import gzip
import lzma
import struct
from collections.abc import Callable
from functools import partial

import zstandard

from tests.attackpack.attack import Attack
from tests.contracts.format_contract import tarred, zipped

CSV = b"a,b\n1,2\n"
PIECE = b"1,2\n" * (1 << 18)


def bomb(compress: Callable[[bytes], bytes], mebibytes: int) -> bytes:
    return compress(b"a,b\n" + PIECE * mebibytes)


def members(compress: Callable[[bytes], bytes], count: int) -> bytes:
    """Many streams, one after the other; each of them is small."""
    return compress(PIECE) * count


def nested(depth: int) -> bytes:
    content, name = CSV, "rows.csv"
    for level in range(depth):
        content, name = zipped({name: content}), f"level{level}.zip"
    return content


def encrypted() -> bytes:
    content = bytearray(zipped({"rows.csv": CSV}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    return bytes(content)


def overlapping() -> bytes:
    """Two entries that share their bytes."""
    content = zipped({"a.csv": CSV, "b.csv": CSV})
    second = content.rindex(b"PK\1\2") + 42
    return content[:second] + struct.pack("<L", 0) + content[second + 4 :]


def escaping(write: Callable[[dict[str, bytes]], bytes]) -> bytes:
    return write({"../../etc/cron.d/x.csv": CSV, "/etc/passwd.csv": CSV, "C:\\x.csv": CSV})


ATTACKS = (
    Attack("128 MB.csv.gz", partial(bomb, gzip.compress, 128), "limit.ratio"),
    Attack("256 MB in 256 members.csv.gz", partial(members, gzip.compress, 256), "limit.ratio"),
    Attack("70 MB.csv.bz2", partial(bomb, bz2.compress, 70), "limit.ratio"),
    Attack("256 MB.csv.xz", partial(bomb, partial(lzma.compress, preset=0), 256), "limit.ratio"),
    Attack("256 MB.csv.zst", partial(bomb, zstandard.compress, 256), "limit.ratio"),
    Attack("256 MB.zip", partial(bomb, lambda raw: zipped({"rows.csv": raw}), 256), "limit.ratio"),
    Attack("12 archives deep.zip", partial(nested, 12), "limit.depth"),
    Attack("a member with a password.zip", encrypted, "archive.encrypted"),
    Attack("entries that overlap.zip", overlapping, "parse.corrupt"),
    Attack("names that lead elsewhere.zip", partial(escaping, zipped), "1 row × 3"),
    Attack("names that lead elsewhere.tar", partial(escaping, tarred), "1 row × 3"),
)
