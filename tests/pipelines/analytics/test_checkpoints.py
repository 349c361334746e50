import multiprocessing
import os

import pytest

from pipelines.analytics.checkpoints import StrictSerializer, open_checkpointer
from pipelines.formats.base import Origin

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["pipelines.analytics.graph"])


def open_and_close(url):
    with open_checkpointer(url) as checkpointer:
        assert list(checkpointer.list({"configurable": {"thread_id": "1"}})) == []


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def url(request):
    return request.getfixturevalue(request.param)


def test_many_processes_may_make_the_tables_at_once(url):
    """Whoever comes first makes them; nobody fails, and nobody waits for ever."""
    processes = [PROCESSES.Process(target=open_and_close, args=(url,)) for _ in range(6)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0] * 6


class Payload:
    """What an attacker would put into a checkpoint."""

    def __reduce__(self):
        return os.system, ("exit 1",)


def test_nothing_is_unpickled_or_constructed():
    """A checkpoint holds plain values; other types are refused on the way in and on the way out."""
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    strict = StrictSerializer()

    with pytest.raises(TypeError):
        strict.dumps_typed({"a": Payload()})
    with pytest.raises(Exception):  # noqa: B017 - whichever way it is refused
        strict.loads_typed(("pickle", b"cposix\nsystem\n(S'exit 1'\ntR."))
    foreign = JsonPlusSerializer().dumps_typed({"a": Origin("x")})
    assert not isinstance(strict.loads_typed(foreign)["a"], Origin)


def test_plain_values_come_back_as_they_were():
    """Dicts, lists, text, numbers and None survive a checkpoint."""
    value = {"a": [1, 2.5, None, "x", {"b": True}], "big": 1 << 62}

    assert StrictSerializer().loads_typed(StrictSerializer().dumps_typed(value)) == value
