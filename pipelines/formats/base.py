"""Format contract: what a reader promises to the scan, whatever the bytes are.

A format turns a stored object into table plans; a plan holds fragments; a fragment yields chunks.
Plans and fragments are small picklable values: they are made in one process and read in another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import polars as pl

from connectors.base import StoredObject
from pipelines.containers.limits import Limits

Severity = Literal["INFO", "WARNING", "ERROR"]


@dataclass(frozen=True, slots=True)
class RowAccount:
    """What became of the rows: read = parsed + repaired + rejected + skipped, always."""

    parsed: int = 0
    repaired: int = 0
    rejected: int = 0
    skipped: int = 0

    @property
    def read(self) -> int:
        return self.parsed + self.repaired + self.rejected + self.skipped

    @property
    def data(self) -> int:
        """Rows that are data: no header, preamble, footer or blank line."""
        return self.read - self.skipped

    def __add__(self, other: "RowAccount") -> "RowAccount":
        return RowAccount(
            self.parsed + other.parsed,
            self.repaired + other.repaired,
            self.rejected + other.rejected,
            self.skipped + other.skipped,
        )


@dataclass(frozen=True, slots=True)
class Guess:
    """One thing that the reader decided, how sure it was, and what it decided against."""

    what: str
    chosen: str
    confidence: float
    rejected: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a careful person would mention; `warnings[]` on the wire."""

    code: str
    message: str
    severity: Severity = "WARNING"
    input: str | None = None
    member: str | None = None
    table: str | None = None
    column: str | None = None
    row: int | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that could not be read as it stands: where (byte offset from 0), and its bytes."""

    reason: str
    raw: bytes
    offset: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is none of the table's and yet says something: a title, note, total or comment.

    `reason` is that of its count, `cells` are the texts of what it holds, whole and in order, and
    `row` is its place in the sheet from 1, where that is known.
    """

    reason: str
    cells: tuple[str, ...]
    row: int | None = None

    @classmethod
    def of(cls, reason: str, cells: Iterable[str], row: int | None = None) -> "SkippedRow":
        """The row without its empty cells and the blanks around the others."""
        return cls(reason, tuple(text for cell in cells if (text := cell.strip())), row)


SPEAKING = frozenset({"preamble", "note", "total", "total row", "comment"})
"""The reasons for which rows are skipped that say something."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some consecutive rows of a fragment, typed.

    The frame has the columns of the schema that was asked for, in that order. A column whose values
    do not fit its type comes back in the wider type that holds them (`column_type.widest`), and so
    do the chunks after it; the scan then reads the table again with the wider schema.
    `repaired` says why rows were changed, by reason; `skipped` counts rows that are none, of which
    `skipped_rows` are those that say something; `null_tokens` how many cells of a column were null
    by which word, and `utc_offsets` how many times were written with which offset.
    `span` is the byte range [start, end) that the rows took up, where the fragment is a byte range
    whose start is a guess: the next one must begin where this one ended, or is read again.
    """

    frame: pl.DataFrame
    rows: RowAccount
    rejects: tuple[Reject, ...] = ()
    repaired: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    skipped_rows: tuple[SkippedRow, ...] = ()
    null_tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    utc_offsets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    span: tuple[int, int] | None = None


class Fragment(Protocol):
    """One independently readable part of a table. Frozen and picklable."""

    @property
    def size_bytes(self) -> int:
        """An estimate of the bytes to read, for packing fragments into tasks."""
        ...

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        """The rows, in order, in chunks of bounded size. Raises ReadError or SourceError."""
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a table comes from, as the user knows it."""

    input: str
    member: str | None = None
    sheet: str | None = None
    table: str | None = None
    range: str | None = None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table: its fragments in row order, the schema that a sample suggests, and why.

    `size_bytes` is what reading it takes (compressed where it lies compressed). `details` goes into
    the receipt as it is: encoding, dialect, header and whatever else the format knows. Where like
    members were united, `members` holds the table of each; their fragments are this table's.
    """

    name: str
    origin: Origin
    format: str
    schema: pl.Schema
    fragments: tuple[Fragment, ...]
    size_bytes: int
    details: Mapping[str, object] = field(default_factory=dict)
    guesses: tuple[Guess, ...] = ()
    notices: tuple[Notice, ...] = ()
    members: tuple["TablePlan", ...] = ()

    @property
    def sources(self) -> tuple["TablePlan", ...]:
        """The members, or the table itself: each can be read, or fail, without the others."""
        return self.members or (self,)


@dataclass(frozen=True, slots=True)
class Failure:
    """An input or member that could not be planned or read; the rest of the job goes on."""

    input: str
    member: str | None
    code: str
    message: str
    hint: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class SkippedMember:
    """A member that holds no data by its nature: a README, a `__MACOSX/` entry, a directory.

    `is_sound` says that it was read, and nothing was missing but data: a workbook of blank sheets.
    """

    input: str
    member: str
    reason: str
    is_sound: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job will read. It depends on the input alone, never on the machine."""

    tables: tuple[TablePlan, ...]
    failures: tuple[Failure, ...] = ()
    skipped: tuple[SkippedMember, ...] = ()


class Format(Protocol):
    """A kind of file. Instances are stateless; the registry holds one of each."""

    @property
    def name(self) -> str: ...

    @property
    def extensions(self) -> tuple[str, ...]: ...

    @property
    def media_types(self) -> tuple[str, ...]: ...

    def recognises(self, head: bytes, name: str) -> bool:
        """Whether the first bytes (up to 64 KiB) are of this format; the name only breaks ties."""
        ...

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        """The tables in the file. Raises ReadError."""
        ...
