"""Workspace: all that a phase may touch of the world, so that everything else in it stays pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

from pipelines import artifacts
from pipelines.analytics.retelling import Draft, Retelling
from pipelines.artifacts import Artifact
from pipelines.ingest import Ingested, TableIngest
from pipelines.options import MlOptions
from pipelines.order import JobOrder
from pipelines.profile import TableProfile
from pipelines.publish import sha256
from pipelines.statistics.table_states import TableStates

Bounds = Mapping[str, tuple[Any, Any]]


class RunCancelled(Exception):
    """The job was cancelled: nothing may be published any more."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to publish. `path` is relative to the job; the manifest's name follows from it."""

    path: str
    body: bytes = field(repr=False)
    content_type: str
    description: str
    name: str | None = None


Answer = tuple[dict[str, Any], list[File]]  # what models said: fields of a payload, and files


def artifact_of(job_id: str, file: File) -> Artifact:
    """What the manifest says of a file.

    >>> artifact_of("1", File("results/a.csv", b"a", "text/csv", "Some.")).name
    'results_a.csv'
    """
    return Artifact(
        name=file.name or file.path.replace("/", "_"),
        key=artifacts.base(job_id) + file.path,
        content_type=file.content_type,
        description=file.description,
        size=len(file.body),
        sha256=sha256(file.body),
    )


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive rows of a table; the first of them is row `first_row` (from 1) of the table.

    `part` is the number in the name of the Parquet part that holds them.
    """

    first_row: int
    frame: pl.DataFrame
    part: int = 0


class Workspace(Protocol):
    """What a run may touch: its order, its objects in the store, and the one who asked for it."""

    @property
    def order(self) -> JobOrder: ...

    def uri(self, key: str) -> str:
        """The `s3://` address of a key."""
        ...

    def ingest(self) -> Ingested:
        """Plan and scan the inputs. May raise RunCancelled."""
        ...

    def inquire(self, table: TableProfile, options: MlOptions) -> Answer:
        """Ask what models say of the table. May raise RunCancelled."""
        ...

    def retell(self, draft: Draft) -> Retelling | None:
        """Ask a chat model to retell the draft; None where none is configured."""
        ...

    def put(self, files: Iterable[File]) -> list[Artifact]:
        """Write the files, side by side, and return what was written in the order given."""
        ...

    def get(self, key: str) -> bytes: ...

    def find(self, key: str) -> bytes | None:
        """What lies at the key in the store at this moment, if anything does."""
        ...

    def measure(self, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
        """The size and SHA-256 of what others wrote at the keys."""
        ...

    def commit(self, key: str, body: bytes) -> None:
        """Write a manifest once. Raises StorageError if another one lies there."""
        ...

    def sweep(self, keep: frozenset[str]) -> None:
        """Remove every object of the job but those to keep, the inputs and the manifests."""
        ...

    def states(self, table: TableIngest) -> TableStates:
        """The states of a table as an earlier attempt has published them."""
        ...

    def slices(
        self, table: TableIngest, columns: Sequence[str], matters: Callable[[Bounds], bool]
    ) -> Iterator[Slice]:
        """The table's own Parquet, only these columns, in row order and bounded pieces.

        A row group is read only if `matters` says so of its bounds: the (min, max) of each column
        that has statistics there.
        """
        ...

    def cancelled(self) -> bool:
        """Whether the job should stop; asked between phases."""
        ...

    def on_phase(self, phase: str, fraction: float) -> None:
        """The phase works; `fraction` (0..1) of the whole job is done."""
        ...
