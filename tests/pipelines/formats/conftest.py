"""Fixtures: the sandbox in which readers meet damaged files."""

import os
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

from pipelines.sandbox import Sandbox


@pytest.fixture(scope="session")
def reading_children() -> Iterator[Sandbox]:
    """A sandbox whose children know every reader, and `tests.contracts.damage`."""
    children = Sandbox(warm=(import_module, ("tests.contracts.damage",)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        children.start()
    yield children
    children.close()
