"""Registry: every source that can be read, and how a request names it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from connectors import announced
from connectors.earlier_job import EarlierJob
from connectors.errors import InvalidSource
from connectors.s3_uri import S3Source, split_uri
from connectors.upload import UploadSource

SourceSpec = UploadSource | S3Source | EarlierJob

SOURCES: tuple[type[BaseModel], ...] = (UploadSource, S3Source)
READ = frozenset({"upload", "s3"})


def source_of(
    source_type: str | None, source_config: Mapping[str, Any], s3_path: str | None = None
) -> SourceSpec:
    """The source that a request describes.

    Raises InvalidSource or UnsupportedSource for one that makes no sense, and pydantic's
    ValidationError where the configuration has the wrong shape.
    """
    kind = (source_type or "").strip().lower()
    if kind in READ and {"fromJob", "from_job"} & source_config.keys():
        return EarlierJob.model_validate({**source_config, "kind": kind})
    if kind == "upload":
        upload = UploadSource.model_validate({**source_config, "kind": kind})
        upload.media_type  # noqa: B018 (raises for one that could not be signed)
        return upload
    if kind == "s3":
        path = s3_path or source_config.get("uri") or source_config.get("path") or ""
        source = S3Source(uri=path)
        split_uri(source.uri)
        return source
    if kind in announced.ANNOUNCED:
        raise announced.refuse(kind, source_config, s3_path)
    raise InvalidSource("Unsupported source_type")
