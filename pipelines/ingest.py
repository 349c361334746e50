"""Ingest results: what reading the inputs yielded, small enough to live in a checkpoint."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from pipelines.formats.base import Failure, Guess, Notice, Origin, RowAccount, SkippedMember
from pipelines.skipped_rows import SkippedRows
from pipelines.statistics.table_states import TableStates


@dataclass(frozen=True)
class InputFile:
    """An input as it was read: where it lies, and the SHA-256 of its bytes."""

    name: str
    uri: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Part:
    """One Parquet part: the rows of one fragment."""

    key: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class SourceIngest:
    """A member (or a whole input) as read: how, and what became of its rows."""

    origin: Origin
    format: str
    account: RowAccount
    repaired: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    skipped_rows: SkippedRows = field(default_factory=SkippedRows)
    null_tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    utc_offsets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    guesses: tuple[Guess, ...] = ()


@dataclass(frozen=True)
class TableIngest:
    """One table as read. `folder` is its slug in keys; `schema` holds (name, type word).

    `sources` are what its rows come from, in their order: one, or the like members that it unites.
    `preview` holds the first five rows as JSON values. `size_bytes` counts source bytes. `masked`
    are the columns whose values are withheld, and what kind of personal data each holds.
    """

    name: str
    folder: str
    sources: tuple[SourceIngest, ...]
    schema: tuple[tuple[str, str], ...]
    rows: int
    size_bytes: int
    parts: tuple[Part, ...]
    states_key: str
    preview: tuple[Mapping[str, Any], ...] = ()
    notices: tuple[Notice, ...] = ()
    rejects_key: str | None = None
    masked: Mapping[str, str] = field(default_factory=dict)

    @property
    def origins(self) -> tuple[Origin, ...]:
        return tuple(source.origin for source in self.sources)

    @property
    def account(self) -> RowAccount:
        return sum((source.account for source in self.sources), RowAccount())


@dataclass(frozen=True)
class IngestResult:
    """All that the ingest phase found; `failures` make the job PARTIAL, or FAILED.

    `privacy` is the option of this name.
    """

    inputs: tuple[InputFile, ...]
    tables: tuple[TableIngest, ...]
    bytes_read: int
    failures: tuple[Failure, ...] = ()
    skipped: tuple[SkippedMember, ...] = ()
    privacy: str = "none"

    def to_state(self) -> dict[str, Any]:
        """A JSON value, for checkpoints."""
        state: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "IngestResult":
        return _ADAPTER.validate_python(state)


@dataclass(frozen=True)
class Ingested:
    """What the scan hands to the phases: its result, and the states of its tables, in order."""

    result: IngestResult
    states: tuple[TableStates, ...]


def summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The counts of each word together, by word."""
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))


_ADAPTER = TypeAdapter(IngestResult)
