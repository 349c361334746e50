"""Evidence: what the phases look at, read once a process however many of them ask."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from threading import RLock
from typing import Any

import orjson

from pipelines import artifacts
from pipelines.analytics import to_come
from pipelines.analytics.checks.base import Found, Suspicion
from pipelines.analytics.exact_pairs import over_all_rows
from pipelines.analytics.ground import Ground
from pipelines.analytics.location import locate
from pipelines.analytics.outliers import Far, Tails, far
from pipelines.analytics.workspace import Workspace
from pipelines.artifacts import Phase
from pipelines.formats.base import Notice
from pipelines.ingest import IngestResult, TableIngest
from pipelines.profile import TableProfile, profile_table
from pipelines.statistics.table_states import TableStates


class Evidence:
    """The result of the ingest phase, and what follows from it. Safe to share between threads.

    The states of the tables are taken as they are given, or else read as they were published.
    """

    def __init__(
        self, workspace: Workspace, ingest: IngestResult, states: Sequence[TableStates] = ()
    ) -> None:
        self.ingest = ingest
        self._states = states
        self._workspace = workspace
        self._lock = RLock()

    @property
    def tables(self) -> tuple[TableProfile, ...]:
        with self._lock:
            return self._tables

    @property
    def far(self) -> tuple[Far, ...]:
        """The values beyond the fences of each method, by column, of each table."""
        with self._lock:
            return self._far

    @property
    def tails(self) -> tuple[Tails, ...]:
        """The rows beyond three deviations, by column, of each table."""
        return tuple(found["zscore"] for found in self.far)

    def look(self, at: int) -> Callable[[Sequence[Suspicion]], Sequence[Found]]:
        """How the rows of a table are looked at; a masked column does not tell its values."""
        table = self.ingest.tables[at]
        return partial(locate, slices=partial(self._workspace.slices, table), masked=table.masked)

    def ground(self, at: int) -> Ground:
        """Where the rows of a table lie in the store."""
        table = self.ingest.tables[at]
        prefix = artifacts.table_prefix(self._workspace.order.job_id, table.folder)
        return Ground(
            self._workspace.uri(prefix.rstrip("/")),
            tuple(name for name, _ in table.schema),
            tuple((artifacts.part_number(part.key), part.rows) for part in table.parts),
        )

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tuple(notice for table in self.tables for notice in table.notices)

    def payload(self, phase: Phase) -> dict[str, Any]:
        """The payload of a finished phase, always as it reads from its file."""
        key = artifacts.phase_key(self._workspace.order.job_id, phase)
        found: dict[str, Any] = orjson.loads(self._workspace.get(key))
        return found

    @cached_property
    def _tables(self) -> tuple[TableProfile, ...]:
        as_of = datetime.fromtimestamp(self._workspace.order.created_at, UTC).date()
        states = self._states or map(self._workspace.states, self.ingest.tables)
        found = tuple(
            self._looked_up(table, each, as_of)
            for table, each in zip(self.ingest.tables, states, strict=True)
        )
        self._states = ()  # the profiles hold what is asked for from now on
        return found

    def _looked_up(self, table: TableIngest, states: TableStates, as_of: date) -> TableProfile:
        """What the states tell of a table, and what only a second pass can."""
        profile = _profile(table, states, as_of)
        slices = partial(self._workspace.slices, table)
        return to_come.with_rows(over_all_rows(profile, slices), slices)

    @cached_property
    def _far(self) -> tuple[Far, ...]:
        return tuple(
            far(profile, partial(self._workspace.slices, table))
            for table, profile in zip(self.ingest.tables, self._tables, strict=True)
        )


def _profile(table: TableIngest, states: TableStates, as_of: date) -> TableProfile:
    profile = profile_table(
        table.name,
        table.origins,
        states,
        size_bytes=table.size_bytes,
        preview=table.preview,
        notices=table.notices,
        as_of=as_of,
    )
    notices = (replace(found, table=found.table or table.name) for found in profile.notices)
    return replace(profile, notices=tuple(notices))
