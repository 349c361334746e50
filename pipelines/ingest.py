"""Ingest results: what reading the inputs yielded, small enough to live in a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from pipelines.formats.base import Failure, Guess, Notice, Origin, RowAccount, SkippedMember


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
class TableIngest:
    """One table as read. `folder` is its slug in keys; `schema` holds (name, type word).

    `preview` holds the first five rows as JSON values. `size_bytes` counts source bytes.
    """

    name: str
    folder: str
    origin: Origin
    format: str
    schema: tuple[tuple[str, str], ...]
    rows: int
    size_bytes: int
    parts: tuple[Part, ...]
    account: RowAccount
    states_key: str
    preview: tuple[Mapping[str, Any], ...] = ()
    repaired: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    null_tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    guesses: tuple[Guess, ...] = ()
    notices: tuple[Notice, ...] = ()
    rejects_key: str | None = None


@dataclass(frozen=True)
class IngestResult:
    """All that the ingest phase found; `failures` make the job PARTIAL, or FAILED."""

    inputs: tuple[InputFile, ...]
    tables: tuple[TableIngest, ...]
    bytes_read: int
    failures: tuple[Failure, ...] = ()
    skipped: tuple[SkippedMember, ...] = ()

    def to_state(self) -> dict[str, Any]:
        """A JSON value, for checkpoints."""
        state: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "IngestResult":
        return _ADAPTER.validate_python(state)


_ADAPTER = TypeAdapter(IngestResult)
