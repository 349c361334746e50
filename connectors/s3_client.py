"""S3 client: boto3 and its errors; the only importer of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connectors.errors import (
    InvalidRequest,
    SourceChanged,
    SourceNotFound,
    StorageError,
    StorageFull,
    StorageUnavailable,
)
from connectors.store_config import StoreConfig

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["IN_PARTS", "MISSING", "ClientError", "client", "code_of", "translated"]

MULTIPART_BYTES = 64 << 20
IN_PARTS = TransferConfig(multipart_threshold=MULTIPART_BYTES, use_threads=False)
FULL = {"InsufficientStorage", "XMinioStorageFull", "507"}
FAILED = {"InternalError", "ServiceUnavailable", "SlowDown", "500", "502", "503", "504"}
MISSING = {"NoSuchKey", "NoSuchBucket", "404", "NotFound"}


@lru_cache(maxsize=16)
def client(config: StoreConfig, endpoint: str) -> "S3Client":
    """One client per process and address; boto3 clients are thread-safe."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=config.region,
        aws_access_key_id=config.access_key or None,
        aws_secret_access_key=config.secret_key or None,
        config=Config(
            signature_version="s3v4",
            s3={
                "addressing_style": "path" if endpoint else "auto",
                # On the way to a server on this machine no one can change what is sent.
                "payload_signing_enabled": not config.data_folder,
            },
            retries={"mode": "standard", "max_attempts": 5},
            max_pool_connections=32,
            connect_timeout=10,
            read_timeout=60,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def translated(what: str, config: StoreConfig) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in MISSING:
            raise SourceNotFound(f"{what} does not exist") from error
        if code in {"AccessDenied", "403", "Forbidden"}:
            raise SourceNotFound(
                f"{what} may not be read with the service's credentials"
            ) from error
        if code in {"PreconditionFailed", "412"}:
            raise SourceChanged(f"{what} changed while it was read") from error
        if code == "InvalidArgument":
            raise InvalidRequest(
                f"the object store cannot make sense of what is asked of {what}"
            ) from error
        if code in FULL or (code in FAILED and config.disk_is_full()):
            raise StorageFull(f"the object store has no space left for {what}") from error
        if code in FAILED:
            raise StorageUnavailable(f"the object store failed at {what}: {code}") from error
        raise StorageError(f"the object store refused {what}: {code}") from error
    except (BotoCoreError, OSError) as error:
        raise StorageUnavailable(
            f"the object store did not answer for {what}: {type(error).__name__}"
        ) from error


def code_of(error: ClientError) -> str:
    """What the server calls its refusal: a name, or a status."""
    return str(error.response.get("Error", {}).get("Code", ""))
