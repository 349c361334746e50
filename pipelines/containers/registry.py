"""Containers: every kind that is opened; the one line to add."""

from pipelines.containers.base import Container
from pipelines.containers.compressed_stream import CODECS
from pipelines.containers.seven_zip_archive import SevenZip
from pipelines.containers.tar_archive import Tar
from pipelines.containers.zip_archive import Zip

CONTAINERS: tuple[Container, ...] = (Zip(), Tar(), SevenZip(), *CODECS.values())
