"""Wrong files: cut short, empty, or called what they are not; each is read rightly or says why."""

import pytest
from samples import MemoryObject

from tests.attackpack.reading import rows_read
from tests.attackpack.sound import COUNT, sound_files

NAMES = [name for name in sound_files() if name.startswith("rows.")]
EXTENSIONS = (
    "csv",
    "json",
    "jsonl",
    "xml",
    "html",
    "xlsx",
    "parquet",
    "sav",
    "sqlite",
    "zip",
    "gz",
)
HALVES = {  # of what tells its rows apart, those that are there; a tar is half padding here
    "rows.logfmt": 31,
    "rows.csv": 31,
    "rows.tsv": 31,
    "rows.dat": 30,
    "rows.jsonl": 30,
    "rows.html": 30,
    "rows.mht": 29,
    "rows.tar": 60,
}


@pytest.fixture
def answer(children):
    """How many rows there are in a file of these bytes and this name, or the error."""

    def read(content: bytes, name: str) -> int | str:
        found = children.run(rows_read, MemoryObject(name, content), kind="wrong")
        assert (found.height, found.foreign) == (found.counted, "")
        return found.codes[0] if found.codes else found.height

    return read


@pytest.mark.parametrize("name", NAMES)
def test_half_a_file_is_the_rows_that_are_there_or_corrupt(answer, name):
    """Never the rows of another file, and never a crash."""
    content = sound_files()[name].file

    assert answer(content[: len(content) // 2], name) == HALVES.get(name, "parse.corrupt")


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_is_empty(answer, name):
    """Whatever it is called."""
    assert answer(b"", name) == "input.empty"


@pytest.mark.parametrize("name", NAMES)
def test_the_bytes_decide_and_not_the_name(answer, name):
    """With any extension, or none, the same rows come."""
    content = sound_files()[name].file
    expected = answer(content, name)

    assert expected >= COUNT - 1
    for extension in ("", *(f".{each}" for each in EXTENSIONS)):
        assert answer(content, f"data{extension}") == expected, extension
