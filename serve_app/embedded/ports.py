"""Ports: chosen free on loopback, below the ephemeral range, so that no client socket takes one."""

import random
import socket
from collections.abc import Iterator

from connectors.errors import ServiceUnavailable

FIRST, LAST = 20_000, 22_700
GRPC_OFFSET = 10_000  # SeaweedFS derives each gRPC port from the HTTP port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def is_pair_free(port: int) -> bool:
    """Whether a port and the gRPC port derived from it are free."""
    return is_free(port) and is_free(port + GRPC_OFFSET)


def free_pairs(count: int) -> tuple[int, ...]:
    """So many ports whose gRPC ports are free too."""
    pairs = _free(count)
    ports = tuple(port for port, _ in zip(pairs, range(count), strict=False))
    if len(ports) < count:
        raise ServiceUnavailable(f"no {count} free ports between {FIRST} and {LAST}")
    return ports


def _free(count: int) -> Iterator[int]:
    candidates = random.sample(range(FIRST, LAST), k=min(200 * count, LAST - FIRST))
    return (port for port in candidates if is_pair_free(port))
