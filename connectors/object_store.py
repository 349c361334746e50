"""Object store: everything is S3; the only importer of boto3."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connectors.block_relay import BlockRelay
from connectors.errors import (
    InvalidRequest,
    SourceChanged,
    SourceNotFound,
    StorageError,
    StorageFull,
    StorageUnavailable,
)
from connectors.store_config import StoreConfig as StoreConfig  # noqa: PLC0414 - re-exported

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLOCK_BYTES = 4 << 20
DIGEST_BYTES = 32 << 20
HELD_BYTES, HELD = 4 << 20, 4  # objects up to this size are held by a process, so many of them
MULTIPART_BYTES = 64 << 20
CONDITION_LOST = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
FULL = {"InsufficientStorage", "XMinioStorageFull", "507"}
FAILED = {"InternalError", "ServiceUnavailable", "SlowDown", "500", "502", "503", "504"}
MISSING = {"NoSuchKey", "NoSuchBucket", "404", "NotFound"}


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a listing or a HEAD tells of an object; `modified` is ISO 8601 UTC."""

    key: str
    size: int
    etag: str
    modified: str
    storage_class: str = "STANDARD"
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of keys."""

    objects: tuple[ObjectInfo, ...]
    prefixes: tuple[str, ...]
    next_token: str | None


@lru_cache(maxsize=16)
def _client(config: StoreConfig, endpoint: str) -> "S3Client":
    """One client per process and address; boto3 clients are thread-safe."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=config.region,
        aws_access_key_id=config.access_key or None,
        aws_secret_access_key=config.secret_key or None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "auto"},
            retries={"mode": "standard", "max_attempts": 5},
            max_pool_connections=32,
            connect_timeout=10,
            read_timeout=60,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def _translated(what: str, config: StoreConfig) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
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


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """Put, get, list and presign in one bucket (or, with `bucket=`, in another). Picklable."""

    config: StoreConfig

    @property
    def client(self) -> "S3Client":
        return _client(self.config, self.config.endpoint)

    @property
    def bucket(self) -> str:
        return self.config.bucket

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        with _translated(key, self.config):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def put_if_absent(self, key: str, body: bytes, content_type: str) -> bool:
        """Write once: False when the key already exists. This is how a manifest commits."""
        with _translated(key, self.config):
            try:
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ContentType=content_type,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if str(error.response.get("Error", {}).get("Code", "")) in CONDITION_LOST:
                    return False
                raise
        return True

    def put_file(self, key: str, stream: BinaryIO, content_type: str) -> None:
        """Stream a file object of any size, in parts."""
        from boto3.s3.transfer import TransferConfig

        transfer = TransferConfig(multipart_threshold=MULTIPART_BYTES, use_threads=False)
        with _translated(key, self.config):
            self.client.upload_fileobj(
                stream,
                self.bucket,
                key,
                ExtraArgs={"ContentType": content_type},
                Config=transfer,
            )

    def get(self, key: str) -> bytes:
        with _translated(key, self.config):
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def head(self, key: str, bucket: str | None = None) -> ObjectInfo | None:
        """What lies at the key, or None."""
        with _translated(key, self.config):
            try:
                answer = self.client.head_object(Bucket=bucket or self.bucket, Key=key)
            except ClientError as error:
                if str(error.response.get("Error", {}).get("Code", "")) in MISSING:
                    return None
                raise
        return ObjectInfo(
            key=key,
            size=answer["ContentLength"],
            etag=answer["ETag"],
            modified=answer["LastModified"].isoformat(),
            content_type=answer.get("ContentType", ""),
        )

    def page(
        self,
        prefix: str,
        *,
        delimiter: str = "",
        token: str | None = None,
        size: int = 1000,
        bucket: str | None = None,
    ) -> Listing:
        extra: dict[str, Any] = {"ContinuationToken": token} if token else {}
        with _translated(prefix, self.config):
            answer = self.client.list_objects_v2(
                Bucket=bucket or self.bucket,
                Prefix=prefix,
                Delimiter=delimiter,
                MaxKeys=size,
                **extra,
            )
        objects = tuple(
            ObjectInfo(
                key=entry["Key"],
                size=entry["Size"],
                etag=entry["ETag"],
                modified=entry["LastModified"].isoformat(),
                storage_class=entry.get("StorageClass", "STANDARD"),
            )
            for entry in answer.get("Contents", [])
        )
        prefixes = tuple(entry["Prefix"] for entry in answer.get("CommonPrefixes", []))
        return Listing(objects, prefixes, answer.get("NextContinuationToken"))

    def keys(self, prefix: str, bucket: str | None = None) -> Iterator[ObjectInfo]:
        """Every object under a prefix."""
        token: str | None = None
        while True:
            listing = self.page(prefix, token=token, bucket=bucket)
            yield from listing.objects
            token = listing.next_token
            if token is None:
                return

    def delete(self, keys: list[str]) -> None:
        for start in range(0, len(keys), 1000):
            with _translated("delete", self.config):
                self.client.delete_objects(
                    Bucket=self.bucket,
                    Delete={"Objects": [{"Key": key} for key in keys[start : start + 1000]]},
                )

    def presign_get(self, key: str, expires_s: int, filename: str | None = None) -> str:
        parameters: dict[str, Any] = {"Bucket": self.bucket, "Key": key}
        if filename:
            parameters["ResponseContentDisposition"] = f'attachment; filename="{filename}"'
        return self._signer.generate_presigned_url(
            "get_object", Params=parameters, ExpiresIn=expires_s
        )

    def presign_put(
        self,
        key: str,
        expires_s: int,
        *,
        content_type: str | None = None,
        size_bytes: int | None = None,
    ) -> str:
        """A PUT URL; only what is given here is signed, so that a bare PUT works."""
        parameters: dict[str, Any] = {"Bucket": self.bucket, "Key": key}
        if content_type:
            parameters["ContentType"] = content_type
        if size_bytes is not None:
            parameters["ContentLength"] = size_bytes
        return self._signer.generate_presigned_url(
            "put_object", Params=parameters, ExpiresIn=expires_s
        )

    @property
    def _signer(self) -> "S3Client":
        return _client(self.config, self.config.public_endpoint or self.config.endpoint)

    def ensure_bucket(self, origins: list[str]) -> None:
        """Create the bucket if need be, and let pages of these origins use presigned URLs."""
        with _translated(self.bucket, self.config):
            try:
                self.client.head_bucket(Bucket=self.bucket)
            except ClientError:
                self.client.create_bucket(Bucket=self.bucket)
            if not origins:
                return
            self.client.put_bucket_cors(
                Bucket=self.bucket,
                CORSConfiguration={
                    "CORSRules": [
                        {
                            "AllowedOrigins": origins,
                            "AllowedMethods": ["GET", "PUT", "HEAD"],
                            "AllowedHeaders": ["*"],
                            "ExposeHeaders": ["ETag"],
                            "MaxAgeSeconds": 3600,
                        }
                    ]
                },
            )

    def check(self) -> None:
        """Raise StorageError unless the bucket answers."""
        with _translated(self.bucket, self.config):
            self.client.head_bucket(Bucket=self.bucket)

    def object(self, key: str, bucket: str | None = None) -> "S3Object":
        """The object as something to read. Raises SourceNotFound."""
        info = self.head(key, bucket)
        if info is None:
            raise SourceNotFound(f"s3://{bucket or self.bucket}/{key} does not exist")
        name = key.rsplit("/", 1)[-1]
        return S3Object(self.config, bucket or self.bucket, key, name, info.size, info.etag)


@dataclass(frozen=True, slots=True)
class S3Object:
    """A stored object, read by ranges; every range is of the planned version (ETag).

    With a `relay`, what is read is left there for another reader.
    """

    config: StoreConfig
    bucket: str
    key: str
    name: str
    size: int
    etag: str
    seekable: bool = True
    relay: BlockRelay | None = None

    def _get(self, start: int, end: int) -> Any:
        return _client(self.config, self.config.endpoint).get_object(
            Bucket=self.bucket,
            Key=self.key,
            Range=f"bytes={start}-{end - 1}",
            IfMatch=self.etag,
        )["Body"]

    def read(self, start: int, end: int) -> bytes:
        end = min(end, self.size)
        if start >= end:
            return b""
        if self.size <= HELD_BYTES:
            return _whole(self)[start:end]
        return self.fetched(start, end)

    def fetched(self, start: int, end: int) -> bytes:
        """The range, asked of the store whatever is held."""
        with _translated(f"s3://{self.bucket}/{self.key}", self.config):
            content: bytes = self._get(start, end).read()
        self._leave(start, content)
        return content

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.size if end is None else min(end, self.size)
        if start >= stop:
            return
        if self.size <= HELD_BYTES:
            yield _whole(self)[start:stop]
            return
        with _translated(f"s3://{self.bucket}/{self.key}", self.config):
            for content in self._get(start, stop).iter_chunks(BLOCK_BYTES):
                self._leave(start, content)
                start += len(content)
                yield content

    def _leave(self, start: int, content: bytes) -> None:
        if self.relay is not None:
            self.relay.leave(start, content)

    def open(self) -> BinaryIO:
        return io.BufferedReader(_RangeReader(self), BLOCK_BYTES)

    def sha256(self) -> str:
        """The digest of all bytes, in hexadecimal."""
        digest = hashlib.sha256()
        # A server that prefetches for a long stream works twice as hard as for the same in ranges.
        for start in range(0, self.size, DIGEST_BYTES):
            digest.update(self.read(start, start + DIGEST_BYTES))
        return digest.hexdigest()


@lru_cache(maxsize=HELD)
def _whole(source: S3Object) -> bytes:
    """A small object at once: a workbook or a database asks for it in many ranges, and again."""
    return source.fetched(0, source.size)


class _RangeReader(io.RawIOBase):
    """A seekable file object over range requests."""

    def __init__(self, source: S3Object) -> None:
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}
        self._position = max(0, base[whence] + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        content = self._source.read(self._position, self._position + len(buffer))
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)
