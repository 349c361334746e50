"""Evidence: what the phases look at, read once a process however many of them ask."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from threading import RLock
from typing import Any

import orjson

from pipelines import artifacts
from pipelines.analytics.outliers import Tail, tails
from pipelines.analytics.workspace import Workspace
from pipelines.artifacts import Phase
from pipelines.formats.base import Notice
from pipelines.ingest import IngestResult, TableIngest
from pipelines.profile import TableProfile, profile_table
from pipelines.statistics.table_states import TableStates


class Evidence:
    """The result of the ingest phase, and what follows from it. Safe to share between threads."""

    def __init__(self, workspace: Workspace, ingest: IngestResult) -> None:
        self.ingest = ingest
        self._workspace = workspace
        self._lock = RLock()

    @property
    def tables(self) -> tuple[TableProfile, ...]:
        with self._lock:
            return self._tables

    @property
    def tails(self) -> tuple[Mapping[str, Tail], ...]:
        """The rows beyond three deviations, by column, of each table."""
        with self._lock:
            return self._tails

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
        return tuple(
            _profile(table, self._workspace.states(table), as_of) for table in self.ingest.tables
        )

    @cached_property
    def _tails(self) -> tuple[Mapping[str, Tail], ...]:
        return tuple(
            tails(profile, partial(self._workspace.slices, table))
            for table, profile in zip(self.ingest.tables, self._tables, strict=True)
        )


def _profile(table: TableIngest, states: TableStates, as_of: date) -> TableProfile:
    profile = profile_table(
        table.name,
        table.origins,
        states,
        size_bytes=table.size_bytes,
        null_tokens=table.null_tokens,
        preview=table.preview,
        notices=table.notices,
        as_of=as_of,
    )
    notices = (replace(found, table=found.table or table.name) for found in profile.notices)
    return replace(profile, notices=tuple(notices))
