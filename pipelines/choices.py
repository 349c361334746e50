"""Choices: what a user has decided about the reading of an input, in place of the reader.

Whatever is left out is found out from the bytes. A choice that the data denies loses nothing: the
column stays text, and a notice says so.
"""

import codecs
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar, Literal, Self

import polars as pl
from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from pipelines.known import Known

TYPES: Mapping[str, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}
TypeWord = Literal["text", "integer", "number", "boolean", "date", "datetime"]
A1 = r"^[A-Za-z]{1,3}[1-9][0-9]{0,6}:[A-Za-z]{1,3}[1-9][0-9]{0,6}$"
NOT_OF_FILES = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}


def _known_encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
        b"ab".decode(codec, "replace")  # base64 and its like say here that they are not of text
    except (LookupError, UnicodeError) as error:
        raise ValueError(f"{name!r} is no text encoding that is known here") from error
    if codec in NOT_OF_FILES:
        raise ValueError(f"{name!r} is no encoding of files")
    return codec


class Choices(Known):
    """How one member, or everything in an input, is to be read."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    what: ClassVar[str] = "override"

    format: Annotated[
        str | None, Field(description="Name of the format, as GET /formats lists it.")
    ] = None
    encoding: Annotated[
        str | None,
        AfterValidator(lambda name: None if name is None else _known_encoding(name)),
        Field(max_length=40, examples=["cp1252"]),
    ] = None
    delimiter: Annotated[
        str | None, Field(min_length=1, max_length=1, pattern=r'^[^\r\n"]$', examples=[";"])
    ] = None
    quote: Annotated[
        Literal['"', "'", ""] | None, Field(description="Empty: quotes mean nothing.")
    ] = None
    header: Annotated[
        int | None,
        Field(ge=0, le=400, description="Row of the column names, from 1; 0 means none."),
    ] = None
    types: Annotated[
        Mapping[str, TypeWord], Field(description="By column.", examples=[{"zip": "text"}])
    ] = {}
    decimal: Annotated[
        Literal[".", ","] | None, Field(description="The decimal mark of numbers.")
    ] = None
    date_order: Annotated[
        Literal["DMY", "MDY", "YMD"] | None, Field(description="What 03/04/2025 means.")
    ] = None
    sheet: Annotated[
        str | tuple[str, ...] | None, Field(description="The only sheet to read, or the sheets.")
    ] = None
    range: Annotated[
        str | None,
        Field(pattern=A1, description="The only cells to read of a sheet.", examples=["B3:F120"]),
    ] = None
    null_tokens: Annotated[
        tuple[str, ...], Field(max_length=100, description="Cells that mean nothing.")
    ] = ()

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of the only sheets to read; none means all."""
        return (self.sheet,) if isinstance(self.sheet, str) else self.sheet or ()

    @property
    def given(self) -> frozenset[str]:
        """The names of the choices that were made, as they are written on the wire."""
        return frozenset(self.to_wire())

    def to_wire(self) -> dict[str, object]:
        """The choices that were made, as JSON."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def over(self, other: "Choices") -> "Choices":
        """These, and the other's where these say nothing."""
        both = {**other.to_wire(), **self.to_wire()}
        return Choices.model_validate({**both, "types": {**other.types, **self.types}})


class Overrides(Choices):
    """Choices for everything in an input, and others for some of its members."""

    group: Annotated[
        bool | None, Field(description="False: a table for each of several like members.")
    ] = None
    members: Annotated[
        Mapping[str, Choices],
        Field(
            max_length=1000,
            description="By the path of a member; `*` and `?` stand for any characters.",
        ),
    ] = {}

    @classmethod
    def of(cls, source: Mapping[str, object]) -> Self:
        """Those that a job's source names."""
        return cls.model_validate(source.get("overrides") or {})

    def of_member(self, path: str) -> Choices:
        """What holds for the member; the last pattern that names it wins."""
        own = self.model_dump(by_alias=True, exclude_defaults=True, exclude=OWN)
        chosen = Choices.model_validate(own)
        for pattern, choices in self.members.items():
            if _names(pattern, path):
                chosen = choices.over(chosen)
        return chosen

    def idle(self, paths: frozenset[str]) -> Iterator[str]:
        """The patterns that name none of these members."""
        for pattern in self.members:
            if not any(_names(pattern, path) for path in paths):
                yield pattern


OWN = {"group", "members"}


def _names(pattern: str, path: str) -> bool:
    """Whether the pattern names the member, or the compressed file that it alone lies in.

    >>> _names("*.csv", "a/b.csv"), _names("a[1].csv", "a1.csv"), _names("b.gz", "b.gz/b")
    (True, False, True)
    """
    plain = pattern.replace("[", "[[]")
    paths = [path, path.rpartition("/")[0]]
    return any(each and fnmatchcase(each, plain) for each in paths)
