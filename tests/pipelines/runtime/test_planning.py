"""Planning: members side by side in children, in the order in which they lie."""

import io
import os
import zipfile
from collections.abc import Iterator

import pytest

from connectors.object_store import ObjectStore
from pipelines.choices import Overrides
from pipelines.containers.limits import Limits
from pipelines.formats.base import Plan
from pipelines.formats.delimited import Delimited
from pipelines.runtime.planning import Planner
from pipelines.sandbox import Sandbox
from pipelines.source_plan import plan


def zipped(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


@pytest.fixture
def children() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


def planned(store: ObjectStore, children: Sandbox, key: str, content: bytes) -> Plan:
    store.put(key, content)
    planner = Planner("test", children, Limits(), Overrides(), lambda: False)
    return planner.plan([store.object(key)], group=False)


def test_it_is_the_plan_of_one_process_whatever_the_packs(object_store, children):
    """Tables, failures and skipped members, each in its order."""
    members = {f"t{n}.csv": b"a,b\n1,2\n" for n in range(150)}
    members |= {"README": b"x", "bad.json": b'[{"a":1},', "in.zip": zipped({"z.csv": b"q\n1\n"})}
    content = zipped(members)

    found = planned(object_store, children, "plan/all.zip", content)

    alone = plan([object_store.object("plan/all.zip")], Limits(), group=False)
    assert len(found.tables) == 151
    assert found == alone


def arm() -> None:
    """Make children die of members of a certain name, as of a reader that crashes."""
    tables = Delimited.tables

    def deadly(self, file, origin, limits):
        if "deadly" in str(origin.member):
            os.abort()
        return tables(self, file, origin, limits)

    Delimited.tables = deadly


def test_a_member_that_kills_its_reader_costs_itself_alone(object_store):
    """The others of its pack are planned, and the failure names the member."""
    members = {f"t{n}.csv": b"a,b\n1,2\n" for n in range(40)} | {"t9-deadly.csv": b"a\n1\n"}
    armed = Sandbox(warm=(arm, ()))

    found = planned(object_store, armed, "plan/deadly.zip", zipped(members))

    armed.close()
    assert len(found.tables) == 40
    assert [(each.member, each.code) for each in found.failures] == [
        ("t9-deadly.csv", "parse.crashed")
    ]
