"""Fixtures: a store, and the children that read what lies in it."""

from collections.abc import Iterator

import pytest

from connectors.store_config import StoreConfig
from pipelines.sandbox import Sandbox
from serve_app.embedded.seaweedfs import SeaweedFS
from tests.attackpack.reading import reading_children


@pytest.fixture(scope="session")
def store(s3_server: SeaweedFS) -> StoreConfig:
    return s3_server.store


@pytest.fixture(scope="session")
def children(store: StoreConfig) -> Iterator[Sandbox]:
    """One server of children for all hostile files."""
    with reading_children(store) as children:
        yield children
