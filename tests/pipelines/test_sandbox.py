"""Sandbox: a reader may crash, hang or eat memory; its caller gets an error that says which."""

import ctypes
import os
import time
from pathlib import Path

import pytest

from connectors.errors import CorruptFile, ParserCrashed, ParserOutOfMemory, ParserTimedOut
from pipelines import sandbox_child
from pipelines.sandbox import Cancelled, ChildLimits, Sandbox


def add(left, right):
    return left + right


def segfault():
    ctypes.string_at(0)


def refuse():
    raise CorruptFile("it is broken", table="t")


def stumble():
    raise ValueError("not ours")


def devour():
    return len(bytearray(8 << 30))


def spin():
    while True:
        pass


def pid(then=lambda: None):
    then()
    return os.getpid()


def remember():
    """Spoils the process for what comes next, as a parser that overwrote memory would."""
    os.environ["SPOILED"] = "yes"
    return os.getpid()


def trip():
    if "SPOILED" in os.environ:
        os.abort()
    return os.getpid()


def tell():
    for step in range(3):
        sandbox_child.report(step)
    return "told"


@pytest.fixture(scope="module")
def children():
    """The functions of this file must be importable by the server, so it is imported by path."""
    children = Sandbox()
    yield children
    children.close()


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (segfault, ParserCrashed),
        (os.abort, ParserCrashed),
        (refuse, CorruptFile),
        (stumble, ParserCrashed),
        (devour, ParserOutOfMemory),
    ],
)
def test_each_way_to_fail_has_its_error(children, function, error):
    """And the sandbox goes on afterwards."""
    with pytest.raises(error):
        children.run(function)

    assert children.run(add, 1, 2) == 3


def test_processor_time_is_limited(children):
    """A reader that never ends is ended."""
    with pytest.raises(ParserTimedOut):
        children.run(spin, limits=ChildLimits(cpu_s=1))


def test_a_call_can_be_given_up(children):
    """The child is killed, not waited for."""
    started = time.monotonic()

    with pytest.raises(Cancelled):
        children.run(spin, is_cancelled=lambda: time.monotonic() - started > 0.3)


def test_progress_is_heard_in_order(children):
    """What the child reports reaches the caller before its answer."""
    heard = []

    assert children.run(tell, on_progress=heard.append) == "told"
    assert heard == [0, 1, 2]


def test_a_killed_server_is_replaced(children):
    """Losing the server costs nothing but a new start."""
    children.run(add, 1, 1)
    children._server.kill()
    children._server.wait()

    assert children.run(add, 2, 2) == 4


def test_no_descriptor_is_leaked(children):
    """A long-lived runner makes a hundred thousand calls."""
    children.run(add, 1, 1)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        children.run(add, 1, 1)
        with pytest.raises(ParserCrashed):
            children.run(segfault)

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_child_waits_for_calls_of_its_kind(children):
    """It keeps its memory for them; another kind, or none, gets a child of its own."""
    first = children.run(pid, kind="a")

    assert children.run(pid, kind="a") == first
    assert first not in {children.run(pid), children.run(pid, kind="b")}


def rehearse():
    """What a rehearsal tells is for nobody, and must not be taken for an answer."""
    sandbox_child.report("nothing")
    os.environ["REHEARSED"] = str(os.getpid())
    yield


def break_down():
    time.sleep(0.2)
    os.abort()
    yield


def wait_for_ever():
    time.sleep(1)
    yield
    time.sleep(600)


def rehearsed():
    return os.environ.get("REHEARSED") == str(os.getpid())


def test_a_child_that_rehearsed_takes_the_next_call_of_its_limits(children):
    """One call: who comes next gets a child of its own."""
    limits = ChildLimits(memory_bytes=1 << 30)
    children.rehearse(rehearse, limits)
    children.rehearse(rehearse, limits)  # it is there already

    heard = []
    assert not children.run(rehearsed)
    assert children.run(rehearsed, limits=limits, on_progress=heard.append)
    assert not children.run(rehearsed, limits=limits)
    assert heard == []


@pytest.mark.parametrize("pause", [0, 0.5])
def test_a_rehearsal_that_fails_costs_nothing(children, pause):
    """Neither when the call comes after it, nor when it comes while the child dies."""
    children.rehearse(break_down, ChildLimits())
    time.sleep(pause)

    assert children.run(add, 1, 2) == 3


def test_a_rehearsal_ends_when_a_call_comes(children):
    """After the step that it is at: what would come next never ends."""
    children.rehearse(wait_for_ever, ChildLimits())

    assert children.run(add, 1, 2) == 3


def test_a_child_that_nobody_needs_ends(children):
    """And whoever comes later gets a new one."""
    first = children.run(pid, kind="a")
    deadline = time.monotonic() + 10
    while Path(f"/proc/{first}/exe").exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not Path(f"/proc/{first}/exe").exists()
    assert children.run(pid, kind="a") != first


def test_a_call_is_not_blamed_for_what_an_earlier_one_did(children):
    """A used child's death is no verdict: the call is made again in a child of its own."""
    spoiled = children.run(remember, kind="c")

    assert children.run(trip, kind="c") != spoiled


def test_a_call_that_takes_no_blame_is_made_once(children):
    """Its caller will find the guilty one among several."""
    children.run(remember, kind="d")

    with pytest.raises(ParserCrashed):
        children.run(trip, kind="d", takes_blame=False)


def test_a_used_child_that_ran_out_of_memory_is_not_asked_again(children):
    """The call is made once more, in a child of its own, and its error is then believed."""
    used = children.run(pid, kind="f")

    with pytest.raises(ParserOutOfMemory):
        children.run(devour, kind="f")
    assert children.run(pid, kind="f") != used


def test_processor_time_is_counted_by_call(children):
    """A child that has served many calls is not out of time."""
    for _ in range(4):
        children.run(pid, burn, kind="e", limits=ChildLimits(cpu_s=2))


def burn():
    until = time.process_time() + 1.2
    while time.process_time() < until:
        pass
