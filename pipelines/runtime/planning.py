"""Planning: what the inputs hold, looked at in children, the members of archives side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from connectors.base import StoredObject
from connectors.errors import ReadError
from pipelines import source_plan
from pipelines.choices import Overrides
from pipelines.containers.limits import Limits
from pipelines.formats.base import Plan
from pipelines.runtime.engine import SIDE_BY_SIDE
from pipelines.sandbox import ChildLimits, Sandbox
from pipelines.source_plan import Finding, Unread

PACKS = 8  # for each of those side by side; small enough that none waits long for another
LARGEST_PACK = 64
T = TypeVar("T")


@dataclass(frozen=True)
class Planner:
    """Plans one job's inputs. A member that breaks its reader costs itself, and nothing else."""

    name: str
    children: Sandbox
    limits: Limits
    overrides: Overrides
    is_cancelled: Callable[[], bool]

    def plan(self, objects: Sequence[StoredObject], *, group: bool) -> Plan:
        """Raises Cancelled, StorageError, and ReadError where an archive itself is unreadable."""
        found = self._run(source_plan.look, objects, self.limits)
        unread = [each for each in found if isinstance(each, Unread)]
        size = min(LARGEST_PACK, max(1, len(unread) // (SIDE_BY_SIDE * PACKS)))
        packs = [unread[start : start + size] for start in range(0, len(unread), size)]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            read = iter([findings for pack in pool.map(self._read, packs) for findings in pack])
        findings = [
            finding
            for each in found
            for finding in (next(read) if isinstance(each, Unread) else [each])
        ]
        return source_plan.assembled(findings, self.overrides, group=group)

    def _read(self, pack: Sequence[Unread]) -> list[list[Finding]]:
        try:
            return self._run(read_all, pack, self.limits, self.overrides, alone=len(pack) == 1)
        except ReadError as error:
            if len(pack) == 1:
                return [[source_plan.failure(error, pack[0].origin)]]
        return [findings for each in pack for findings in self._read([each])]

    def _run(self, function: Callable[..., T], *args: object, alone: bool = True) -> T:
        return self.children.run(
            function,
            *args,
            limits=ChildLimits(self.limits.reader_memory_bytes, self.limits.reader_cpu_s),
            kind=self.name,
            takes_blame=alone,
            is_cancelled=self.is_cancelled,
        )


def read_all(pack: Sequence[Unread], limits: Limits, overrides: Overrides) -> list[list[Finding]]:
    """The findings of each; runs in a child."""
    return [source_plan.read(unread, limits, overrides) for unread in pack]
