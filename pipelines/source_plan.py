"""Source plan: objects become table plans; containers are opened, formats detected, Ray unknown."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.base import StoredObject
from connectors.errors import EmptyInput, LimitExceeded, MetricFoundryError, ReadError, SourceError
from pipelines.choices import Overrides
from pipelines.containers.base import Container
from pipelines.containers.limits import Limits
from pipelines.containers.registry import CONTAINERS
from pipelines.formats import chosen
from pipelines.formats.base import Failure, Origin, Plan, SkippedMember, TablePlan
from pipelines.formats.detect import head_of
from pipelines.formats.naming import unique_tables
from pipelines.formats.office_document import ZIP_MAGIC, is_workbook
from pipelines.grouping import grouped

Finding = TablePlan | Failure | SkippedMember


def plan(
    objects: Sequence[StoredObject],
    limits: Limits,
    overrides: Overrides | None = None,
    *,
    group: bool = True,
) -> Plan:
    """What the objects hold. What cannot be read is a failure of that member alone.

    With `group`, like members become one table.

    Raises StorageError: that our storage fails says nothing about the input.
    """
    overrides = overrides or Overrides()
    found = [finding for file in objects for finding in Inspection(limits, overrides).of(file)]
    tables = [finding for finding in found if isinstance(finding, TablePlan)]
    tables = grouped(tables) if group and overrides.group is not False else tables
    names = unique_tables(table.name for table in tables)
    return Plan(
        tables=tuple(map(_renamed, tables, names)),
        failures=tuple(finding for finding in found if isinstance(finding, Failure)),
        skipped=tuple(finding for finding in found if isinstance(finding, SkippedMember)),
    )


class Inspection:
    """One input and all that is nested in it, within limits that they share."""

    def __init__(self, limits: Limits, overrides: Overrides) -> None:
        self._limits = limits
        self._overrides = overrides
        self._members = 0

    def of(self, file: StoredObject) -> Iterator[Finding]:
        found = False
        origin = Origin(file.name)
        for finding in self._look(file, origin, depth=0):
            found = found or not isinstance(finding, SkippedMember)
            yield finding
        if not found:
            yield failure(EmptyInput(f"{file.name} holds no data"), origin)

    def _look(self, file: StoredObject, origin: Origin, depth: int) -> Iterator[Finding]:
        try:
            head = head_of(file)
            container = next((kind for kind in CONTAINERS if kind.recognises(head)), None)
            if container is None or (
                head.startswith(ZIP_MAGIC) and is_workbook(file, self._limits)
            ):
                choices = self._overrides.of_member(origin.member or origin.input)
                yield from chosen.tables(file, head, origin, self._limits, choices)
            else:
                yield from self._open(container, file, origin, depth + 1)
        except (ReadError, SourceError) as error:
            yield failure(error, origin)

    def _open(
        self, container: Container, file: StoredObject, origin: Origin, depth: int
    ) -> Iterator[Finding]:
        limits = self._limits
        if depth > limits.max_depth:
            raise LimitExceeded(
                f"{file.name} is nested in more than {limits.max_depth} containers (max_depth)",
                limit="max_depth",
            )
        for member in container.members(file, limits):
            self._members += 1
            if self._members > limits.max_members:
                raise LimitExceeded(
                    f"{origin.input} holds more than {limits.max_members} members (max_members)",
                    limit="max_members",
                )
            path = f"{origin.member}/{member.path}" if origin.member else member.path
            inner = replace(origin, member=path)
            if member.skipped is not None:
                yield SkippedMember(origin.input, path, member.skipped)
            elif member.error is not None:
                yield failure(member.error, inner)
            elif member.file is not None:
                yield from self._look(member.file, inner, depth)


def failure(error: MetricFoundryError, origin: Origin) -> Failure:
    """The error as a value, for the report of the job."""
    return Failure(
        input=origin.input,
        member=origin.member,
        code=error.stable_code,
        message=str(error),
        hint=error.advice,
        retryable=error.retryable,
    )


def _renamed(table: TablePlan, name: str) -> TablePlan:
    notices = tuple(
        replace(notice, table=name) if notice.table == table.name else notice
        for notice in table.notices
    )
    return replace(table, name=name, notices=notices)
