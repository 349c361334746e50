"""Source plan: objects become table plans; containers are opened, formats detected, Ray unknown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.base import StoredObject
from connectors.errors import (
    EmptyInput,
    LimitExceeded,
    MetricFoundryError,
    NothingInside,
    ReadError,
    SourceChanged,
    SourceError,
)
from pipelines.choices import Overrides
from pipelines.containers.base import Container
from pipelines.containers.limits import Limits
from pipelines.containers.registry import CONTAINERS
from pipelines.containers.zip_archive import Zip
from pipelines.containers.zip_directory import is_behind_other_bytes
from pipelines.formats import chosen, pattern_names
from pipelines.formats.base import Failure, Notice, Origin, Plan, SkippedMember, TablePlan
from pipelines.formats.detect import head_of
from pipelines.formats.naming import unique_tables
from pipelines.formats.office_document import ZIP_MAGIC, is_workbook
from pipelines.grouping import grouped

NONE = Overrides()
UNPACKING = (".zip", ".exe")  # what may have other bytes, such as a program, before an archive
Finding = TablePlan | Failure | SkippedMember


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, or a member of an archive, that is no archive; nothing more of it is known yet."""

    file: StoredObject
    origin: Origin


def plan(
    objects: Sequence[StoredObject],
    limits: Limits,
    overrides: Overrides = NONE,
    *,
    group: bool = True,
) -> Plan:
    """What the objects hold. What cannot be read is a failure of that member alone.

    With `group`, like members become one table.

    Raises StorageError: that our storage fails says nothing about the input.
    """
    found: list[Finding] = []
    for each in look(objects, limits):
        found += read(each, limits, overrides) if isinstance(each, Unread) else [each]
    return assembled(found, overrides, group=group)


def look(objects: Sequence[StoredObject], limits: Limits) -> list[Finding | Unread]:
    """What lies in the objects, however deeply nested; archives are opened, files are not read.

    Raises SourceChanged, after which nothing that was found holds.
    """
    return [found for file in objects for found in _Inspection(limits).of(file)]


def read(unread: Unread, limits: Limits, overrides: Overrides) -> list[Finding]:
    """The tables of a file, or why there are none. Raises SourceChanged: then no finding holds."""
    file, origin = unread.file, unread.origin
    choices = overrides.of_member(origin.member or origin.input)
    found: list[Finding] = []
    try:
        tables = chosen.tables(file, head_of(file), origin, limits, choices)
        found.extend(map(pattern_names.without, tables))
    except NothingInside as error:
        path = origin.member or origin.input
        found.append(SkippedMember(origin.input, path, str(error), is_sound=True))
    except SourceChanged:
        raise
    except (ReadError, SourceError) as error:
        found.append(failure(error, origin))
    return found


def assembled(found: Sequence[Finding], overrides: Overrides, *, group: bool) -> Plan:
    """One plan of all findings, in their order; tables have names of their own."""
    tables = [finding for finding in found if isinstance(finding, TablePlan)]
    tables = grouped(tables) if group and overrides.group is not False else tables
    names = unique_tables(table.name for table in tables)
    tables = list(map(_renamed, tables, names))
    if tables:
        tables[0] = replace(tables[0], notices=(*tables[0].notices, *_idle(found, overrides)))
    return Plan(
        tables=tuple(tables),
        failures=tuple(finding for finding in found if isinstance(finding, Failure)),
        skipped=tuple(finding for finding in found if isinstance(finding, SkippedMember)),
    )


def _idle(found: Sequence[Finding], overrides: Overrides) -> Iterator[Notice]:
    """What of the overrides is about archives, and names nothing that was found."""
    if overrides.group is not None and not any(_is_member(each) for each in found):
        yield Notice(
            "override.idle", "the override of `group` changed nothing here: there is no archive"
        )
    for pattern in overrides.idle(frozenset(map(_path, found))):
        yield Notice("override.idle", f"no member is called `{pattern}`, as the overrides have it")


def _is_member(found: Finding) -> bool:
    place = found.origin if isinstance(found, TablePlan) else found
    return place.member is not None


def _path(found: Finding) -> str:
    place = found.origin if isinstance(found, TablePlan) else found
    return place.member or place.input


class _Inspection:
    """One input and all that is nested in it, within limits that they share."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._members = 0
        self._expanded = 0
        self._most_expanded = limits.max_expanded_bytes

    def of(self, file: StoredObject) -> Iterator[Finding | Unread]:
        limits = self._limits
        # What lies in archives as it is counts again in each, and yet does not expand.
        self._most_expanded = limits.max_expanded_bytes + limits.max_depth * (file.size or 0)
        found = False
        origin = Origin(file.name)
        for finding in self._look(file, origin, depth=0):
            found = found or not isinstance(finding, SkippedMember)
            yield finding
        if not found:
            yield failure(EmptyInput(f"{file.name} holds no data"), origin)

    def _look(self, file: StoredObject, origin: Origin, depth: int) -> Iterator[Finding | Unread]:
        try:
            head = head_of(file)
            container = next((kind for kind in CONTAINERS if kind.recognises(head)), None)
            if container is None and file.name.lower().endswith(UNPACKING) and file.seekable:
                container = Zip() if is_behind_other_bytes(file) else None
            if container is None or (
                head.startswith(ZIP_MAGIC) and is_workbook(file, self._limits)
            ):
                yield Unread(file, origin)
            else:
                yield from self._open(container, file, origin, depth + 1)
        except SourceChanged:
            raise
        except (ReadError, SourceError) as error:
            yield failure(error, origin)

    def _open(
        self, container: Container, file: StoredObject, origin: Origin, depth: int
    ) -> Iterator[Finding | Unread]:
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
                self._expanded += member.file.size or 0
                if self._expanded > self._most_expanded:
                    raise LimitExceeded(
                        f"what {origin.input} holds expands to more than"
                        f" {limits.max_expanded_bytes} bytes (max_expanded_bytes)",
                        limit="max_expanded_bytes",
                    )
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
