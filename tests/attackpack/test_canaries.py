"""Canaries: no file of ours is opened, no address asked and no command run, whatever is read."""

import ctypes
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from office_files import ods_cell, sheet_xml, xlsx_parts, zipped

from pipelines.containers.limits import Limits
from tests.attackpack import columnar
from tests.attackpack.documents import ods_rows, page, records, table
from tests.attackpack.reading import outcome_of

OPENED = 0x20  # IN_OPEN
ENTITY = '<!DOCTYPE a [<!ENTITY x SYSTEM "{0}">]>'
PARAMETER = '<!DOCTYPE a [<!ENTITY % x SYSTEM "{0}">%x;]>'
EXTERNAL = '<!DOCTYPE a SYSTEM "{0}">'
INCLUDED = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{0}" parse="text"/>'


def with_type(path: str, document_type: str) -> bytes:
    parts = xlsx_parts({"S": sheet_xml(table())}, strings="<si><t>&x;</t></si>")
    return zipped(parts | {path: document_type + str(parts[path])})


def linked(target: str) -> bytes:
    """A workbook whose parts lie elsewhere."""
    parts = xlsx_parts({"S": sheet_xml(table())})
    relations = str(parts["xl/_rels/workbook.xml.rels"])
    outside = relations.replace(
        "</Relationships>",
        f'<Relationship Id="x" Type="x/externalLink" Target="{target}" TargetMode="External"/>'
        "</Relationships>",
    )
    return zipped(parts | {"xl/_rels/workbook.xml.rels": outside, "xl/externalLinks/a.xml": "<a/>"})


CASES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "a sheet.xlsx": (
        "parse.corrupt",
        lambda target: with_type("xl/worksheets/sheet1.xml", ENTITY.format(target)),
    ),
    "the texts.xlsx": (
        "parse.corrupt",
        lambda target: with_type("xl/sharedStrings.xml", ENTITY.format(target)),
    ),
    "the types.xlsx": (
        "parse.corrupt",
        lambda target: with_type("[Content_Types].xml", PARAMETER.format(target)),
    ),
    "a link.xlsx": ("3 rows", linked),
    "a cell.ods": (
        "parse.corrupt",
        lambda target: ods_rows(ods_cell("string", "&x;"), 1, ENTITY.format(target)),
    ),
    "an entity.xml": ("format.unknown", lambda target: records("&x;", ENTITY.format(target))),
    "a parameter entity.xml": (
        "format.unknown",
        lambda target: records("1", PARAMETER.format(target)),
    ),
    "a document type.xml": ("2 rows", lambda target: records("1", EXTERNAL.format(target))),
    "an inclusion.xml": ("2 rows", lambda target: records(INCLUDED.format(target))),
    "a picture.html": (
        "2 rows",
        lambda target: page(
            f'<link rel=stylesheet href="{target}"><tr><td>1<td><img src="{target}">'
            f'<tr><td>1<td><iframe src="{target}"></iframe>'
        ),
    ),
}


@contextmanager
def unopened(path: Path) -> Iterator[None]:
    """Nobody opens the file meanwhile, from whatever language."""
    library = ctypes.CDLL(None, use_errno=True)
    watch = library.inotify_init1(os.O_NONBLOCK)
    assert library.inotify_add_watch(watch, bytes(path), OPENED) >= 0
    try:
        yield
        with pytest.raises(BlockingIOError):
            os.read(watch, 4096)
    finally:
        os.close(watch)


@contextmanager
def unasked(door: socket.socket) -> Iterator[None]:
    """Nobody connects meanwhile."""
    yield
    door.setblocking(False)
    with pytest.raises(BlockingIOError):
        door.accept()


@pytest.mark.parametrize("name", CASES)
def test_nothing_outside_a_document_is_looked_at(children, store, tmp_path, name):
    """Neither a file nor an address that it names; a file that is opened would be noticed."""
    answer, build = CASES[name]
    canary = tmp_path / "canary.txt"
    canary.write_text("secret")

    with socket.create_server(("127.0.0.1", 0)) as door, unopened(canary), unasked(door):
        for target in (canary.as_uri(), f"http://127.0.0.1:{door.getsockname()[1]}/x"):
            outcome = outcome_of(build(target), name, children, store, Limits())
            assert outcome.answer == answer


def test_an_opened_file_would_be_noticed(tmp_path):
    """Else the test above would prove nothing."""
    canary = tmp_path / "canary.txt"
    canary.write_text("secret")

    with pytest.raises(pytest.fail.Exception), unopened(canary):
        canary.read_text()


@pytest.mark.parametrize("write", [columnar.parquet, columnar.arrow], ids=["parquet", "feather"])
def test_pickles_in_metadata_are_never_loaded(children, store, tmp_path, write):
    """The command in them is not run."""
    canary = tmp_path / "canary"
    build = partial(columnar.pickled, write, f"touch {canary}")

    outcome = outcome_of(build(), f"x.{write.__name__}", children, store, Limits())

    assert outcome.answer == "3 rows"
    assert not canary.exists()
