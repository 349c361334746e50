"""Damage: whatever happens to the bytes of a file, it is a table or an error of ours."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from samples import MemoryObject

from connectors.errors import MetricFoundryError, ParserCrashed
from pipelines.sandbox import ChildLimits, Sandbox
from tests.attackpack.mutants import mutants
from tests.attackpack.reading import rows_read
from tests.attackpack.sound import Sound, sound_files

COUNT = 250
SIDE_BY_SIDE = 2
BOUNDS = ChildLimits(memory_bytes=1 << 30, cpu_s=4)
NAMES = list(sound_files())


def outcome(children: Sandbox, sound: Sound, number: int, content: bytes) -> str:
    """What is wrong with the answer, if anything is."""
    file = MemoryObject(sound.name, sound.wrap(content))
    try:
        read = children.run(rows_read, file, limits=BOUNDS, kind=sound.name)
    except ParserCrashed as error:
        return "" if "died on this content" in str(error) else f"{number}: {error}"
    except MetricFoundryError:
        return ""
    wrong = read.foreign or ("rows do not balance" if read.height != read.counted else "")
    return f"{number}: {wrong}" if wrong else ""


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_mutants_are_tables_or_errors_of_ours(children, name):
    """Rows balance, each error is typed, parsers die in children alone, and the server lives on."""
    sound = sound_files()[name]
    server = children._server.pid
    assert children.run(rows_read, MemoryObject(name, sound.file)).height > 0

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        changed = enumerate(mutants(sound.content, COUNT, seed=NAMES.index(name)))
        wrong = list(pool.map(lambda each: outcome(children, sound, *each), changed))

    assert [each for each in wrong if each] == []
    assert children._server.pid == server
    assert children._server.poll() is None
