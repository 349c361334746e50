"""S3: an object that lies in a bucket which the service may read."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.errors import InvalidSource

URI = re.compile(r"s3://(?P<bucket>[A-Za-z0-9._-]{1,255})/(?P<key>[^\x00-\x1f\x7f]+)")
MAX_KEY_BYTES = 1024  # S3's own limit


class S3Source(BaseModel):
    """An object in S3. Whether it exists is found out when the job runs."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["s3"] = "s3"
    uri: Annotated[
        str,
        Field(description="s3://bucket/key", examples=["s3://my-bucket/raw/sales-2026.csv"]),
    ]


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key. Raises InvalidSource.

    >>> split_uri("s3://bucket/folder/file.csv")
    ('bucket', 'folder/file.csv')
    """
    match = URI.fullmatch(uri)
    if match is None or len(match["key"].encode(errors="replace")) > MAX_KEY_BYTES:
        raise InvalidSource("s3_path must be like s3://bucket/key")
    return match["bucket"], match["key"]
