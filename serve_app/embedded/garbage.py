"""Garbage: volumes that hold deleted objects alone, given back to a disk that is full.

SeaweedFS has a vacuum, but not for then: its master passes over volumes that take no writes, and on
a full disk none does; and a volume is only copied where there is room for all of it, its garbage
too (4.48). What holds nothing else needs no copy. The volume server is asked itself, by gRPC.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from connectors.errors import ServiceUnavailable

METHODS = "/volume_server_pb.VolumeServer/"
TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Volume:
    """What the server says of a volume: how many objects it took, and how many went again.

    `garbage` is the share of its bytes that went, counted apart from the objects.
    """

    is_read_only: bool
    files: int
    deleted: int
    garbage: float

    @property
    def is_garbage(self) -> bool:
        return self.files > 0 and self.files == self.deleted and self.garbage >= 1


def drop(folder: Path, address: str) -> int:
    """Remove the volumes of a server's folder that hold no object any more; how many.

    `address` is the volume server's for gRPC. Raises ServiceUnavailable.
    """
    key, certificate = (folder / name for name in ("node.key", "node.crt"))
    credentials = grpc.ssl_channel_credentials(
        (folder / "ca.crt").read_bytes(), key.read_bytes(), certificate.read_bytes()
    )
    try:
        with grpc.secure_channel(address, credentials) as channel:
            return sum(_drop(channel, number) for number in sorted(_numbers(folder / "data")))
    except grpc.RpcError as error:
        raise ServiceUnavailable("the embedded S3 server could not free its space") from error


def _drop(channel: Any, number: int) -> bool:
    """It is closed to writes before it is looked at for good: none comes in between."""
    before = _status(channel, number)
    if not before.is_garbage:
        return False
    _ask(channel, "VolumeMarkReadonly", number)
    if _status(channel, number).is_garbage:
        _ask(channel, "VolumeDelete", number)
        return True
    if not before.is_read_only:
        _ask(channel, "VolumeMarkWritable", number)
    return False


def _numbers(data: Path) -> set[int]:
    """Of files called `7.dat`, or `collection_7.dat`."""
    names = (path.stem.rpartition("_")[2] for path in data.glob("*.dat"))
    return {int(name) for name in names if name.isdecimal()}


def _status(channel: Any, number: int) -> Volume:
    found = dict(_fields(_ask(channel, "VolumeStatus", number)))
    share = _ask(channel, "VacuumVolumeCheck", number)[1:9]  # a message of one double, if not 0
    (garbage,) = struct.unpack("<d", share or bytes(8))
    return Volume(bool(found.get(1)), found.get(3, 0), found.get(4, 0), garbage)


def _ask(channel: Any, method: str, number: int) -> bytes:
    """All of these requests have the number of a volume as their first field."""
    request = b"\x08" + _varint(number)
    answer: bytes = channel.unary_unary(METHODS + method)(request, timeout=TIMEOUT_S)
    return answer


def _varint(number: int) -> bytes:
    """As protocol buffers write it: seven bits a byte, the lowest first.

    >>> _varint(300).hex()
    'ac02'
    """
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _fields(message: bytes) -> Iterator[tuple[int, int]]:
    """The numbers and values of a message's fields, as long as they are integers.

    >>> dict(_fields(bytes.fromhex("08011896012003")))
    {1: 1, 3: 150, 4: 3}
    """
    numbers: list[int] = []
    value = shift = 0
    for byte in message:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            numbers.append(value)
            value = shift = 0
    for tag, content in zip(numbers[::2], numbers[1::2], strict=False):
        if tag & 7:
            return
        yield tag >> 3, content
