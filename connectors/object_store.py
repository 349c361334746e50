"""Object store: everything is S3: what lies in a bucket, by key."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from connectors import s3_client
from connectors.errors import SourceNotFound
from connectors.s3_client import IN_PARTS, MISSING, ClientError, code_of, translated
from connectors.s3_object import S3Object
from connectors.store_config import StoreConfig as StoreConfig  # noqa: PLC0414 - re-exported

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONDITION_LOST = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


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


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """Put, get, list and presign in one bucket (or, with `bucket=`, in another). Picklable."""

    config: StoreConfig

    @property
    def client(self) -> "S3Client":
        return s3_client.client(self.config, self.config.endpoint)

    @property
    def bucket(self) -> str:
        return self.config.bucket

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        with translated(key, self.config):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def put_if_absent(self, key: str, body: bytes, content_type: str) -> bool:
        """Write once: False when the key already exists. This is how a manifest commits."""
        with translated(key, self.config):
            try:
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ContentType=content_type,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) in CONDITION_LOST:
                    return False
                raise
        return True

    def put_file(self, key: str, stream: BinaryIO, content_type: str) -> None:
        """Stream a file object of any size, in parts."""
        with translated(key, self.config):
            self.client.upload_fileobj(
                stream,
                self.bucket,
                key,
                ExtraArgs={"ContentType": content_type},
                Config=IN_PARTS,
            )

    def get(self, key: str) -> bytes:
        with translated(key, self.config):
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def head(self, key: str, bucket: str | None = None) -> ObjectInfo | None:
        """What lies at the key, or None."""
        with translated(key, self.config):
            try:
                answer = self.client.head_object(Bucket=bucket or self.bucket, Key=key)
            except ClientError as error:
                if code_of(error) in MISSING:
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
        with translated(prefix, self.config):
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
            with translated("delete", self.config):
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
        return s3_client.client(self.config, self.config.public_endpoint or self.config.endpoint)

    def ensure_bucket(self, origins: list[str]) -> None:
        """Create the bucket if need be, and let pages of these origins use presigned URLs."""
        with translated(self.bucket, self.config):
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
        with translated(self.bucket, self.config):
            self.client.head_bucket(Bucket=self.bucket)

    def object(self, key: str, bucket: str | None = None) -> S3Object:
        """The object as something to read. Raises SourceNotFound."""
        info = self.head(key, bucket)
        if info is None:
            raise SourceNotFound(f"s3://{bucket or self.bucket}/{key} does not exist")
        name = key.rsplit("/", 1)[-1]
        return S3Object(self.config, bucket or self.bucket, key, name, info.size, info.etag)
