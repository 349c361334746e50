"""Upload: a file that the client puts into the object store through a signed URL."""

import re
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from connectors.errors import InvalidSource

DEFAULT_NAME = "upload.csv"
MAX_NAME = 128
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+*-]+( *;[ -~]*)?", re.ASCII)


class UploadSource(BaseModel):
    """A file to be uploaded. With `sizeBytes` only a body of that length is accepted."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    kind: Literal["upload"] = "upload"
    filename: Annotated[
        str | None,
        Field(
            validation_alias=AliasChoices("filename", "fileName"),
            description="Name of the file; it is stored under a cleaned form of it.",
            examples=["sales-2026.csv"],
        ),
    ] = None
    content_type: Annotated[
        str | None,
        Field(
            validation_alias=AliasChoices("contentType", "content_type"),
            description="Media type; when given it is signed, and the upload must carry it.",
            examples=["text/csv"],
        ),
    ] = None
    size_bytes: Annotated[
        int | None,
        Field(
            ge=0,
            validation_alias=AliasChoices("sizeBytes", "size_bytes"),
            description="Length of the file; when given it is signed too.",
        ),
    ] = None

    @property
    def stored_name(self) -> str:
        return safe_name(self.filename or "")

    @property
    def media_type(self) -> str | None:
        """The content type to sign. Raises InvalidSource if it could not be a header."""
        if not self.content_type:
            return None
        if len(self.content_type) > 255 or not MEDIA_TYPE.fullmatch(self.content_type):
            raise InvalidSource("source_config.contentType must be a media type like text/csv")
        return self.content_type


def safe_name(name: str) -> str:
    r"""The name under which an upload is stored: a base name, safe in a key, a URL and a header.

    >>> safe_name("../My Data.PARQUET"), safe_name(r"C:\temp\a.csv"), safe_name("..")
    ('My_Data.PARQUET', 'a.csv', 'upload.csv')
    """
    base = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^A-Za-z0-9._-]", "_", base).lstrip("._")[:MAX_NAME] or DEFAULT_NAME
