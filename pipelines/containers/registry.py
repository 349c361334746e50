"""Containers: every kind that is opened; the one line to add."""

from pipelines.containers.base import Container
from pipelines.containers.gzip_stream import Gzip
from pipelines.containers.zip_archive import Zip

CONTAINERS: tuple[Container, ...] = (Zip(), Gzip())
