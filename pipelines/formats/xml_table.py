"""XML: every run of repeated elements is a table, read as a stream; one fragment each."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import polars as pl

from connectors.base import StoredObject
from connectors.errors import LimitExceeded, UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats.base import Chunk, Guess, Notice, Origin, SkippedRow, TablePlan
from pipelines.formats.naming import table_name
from pipelines.formats.signatures import is_html
from pipelines.formats.text_columns import batches, chunk_of, schema_of
from pipelines.formats.xml_encoding import wide_encoding
from pipelines.formats.xml_rows import Outline, Path, local, outline, rows, rows_at

SAMPLE_ROWS = 1000
MOST_TABLES = 100  # each is read by a pass of its own
NAMED = 20
BESIDE = "beside"
COMMENTS = r"\s*(<!--(?:(?!-->).)*-->\s*)*"
DECLARED = re.compile(COMMENTS + r"<(\?xml|!DOCTYPE)\b", re.IGNORECASE | re.DOTALL)
BARE = re.compile(COMMENTS + r"<(?P<root>[A-Za-z_][\w:.-]*)(\s[^<>]*)?>\s*<", re.DOTALL)
OF_CELLS = (".csv", ".tsv", ".tab", ".psv")  # whose first cell may be markup


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements at one path of a document; `around` is what the document says beside them."""

    file: StoredObject
    path: Path
    limits: Limits
    around: tuple[SkippedRow, ...] = ()

    @property
    def size_bytes(self) -> int:
        return self.file.size or 0

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        around = self.around
        with self.file.open() as stream:
            for batch in batches(rows(stream, self.file.name, self.path)):
                chunk = chunk_of(batch, schema, self.limits, {})
                yield replace(chunk, skipped_rows=around)
                schema, around = chunk.frame.schema, ()


class XmlTable:
    """XML documents in which some element repeats, or else of one row."""

    name = "xml"
    extensions = (".xml",)
    media_types = ("application/xml", "text/xml")

    def recognises(self, head: bytes, name: str) -> bool:
        if is_html(head):
            return False
        text = head.decode(wide_encoding(head) or "utf-8", "replace").lstrip("\ufeff")
        if DECLARED.match(text):
            return True
        bare = BARE.match(text)
        if bare is None or not name.lower().endswith(OF_CELLS):
            return bare is not None
        return text.rstrip().endswith(f"</{bare['root']}>")

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        with file.open() as stream:
            found = outline(stream, file.name)
        if found.root_is_empty:
            raise UnknownFormat(f"{file.name} is an XML document that holds no table")
        paths = found.repeated or ((found.root,),)
        if len(paths) > MOST_TABLES:
            raise LimitExceeded(
                f"{file.name} holds more than {MOST_TABLES} kinds of repeated elements, each of"
                " which would be a table",
                limit="tables",
            )
        around = _around(found) if found.repeated else ()
        for path, sample in _samples(file, paths).items():
            stem = table_name(file.name)
            name = stem if len(paths) == 1 else f"{stem}_{local(path[-1])}"
            yield TablePlan(
                name=name,
                origin=origin,
                format=self.name,
                schema=schema_of(sample, limits),
                fragments=(Elements(file, path, limits, around),),
                size_bytes=file.size or 0,
                details={"rows": "/".join(map(local, path))},
                guesses=_guesses(found, path),
                notices=_notices(found, origin, name),
            )
            around = ()


def _samples(
    file: StoredObject, paths: Collection[Path]
) -> dict[Path, list[dict[str, str | None]]]:
    """The first rows at each of the paths, found in one pass."""
    samples: dict[Path, list[dict[str, str | None]]] = {path: [] for path in paths}
    lacking = set(paths)
    with file.open() as stream:
        for path, row in rows_at(stream, file.name, paths):
            if path in lacking:
                samples[path].append(row)
                if len(samples[path]) >= SAMPLE_ROWS:
                    lacking.discard(path)
                    if not lacking:
                        break
    return samples


def _around(found: Outline) -> tuple[SkippedRow, ...]:
    return tuple(SkippedRow(BESIDE, (place, *said)) for place, said in found.beside.items())


def _guesses(found: Outline, path: Path) -> tuple[Guess, ...]:
    if found.repeated and found.is_whole:
        return ()
    return (Guess("rows", "/".join(map(local, path)), 0.9),)


def _notices(found: Outline, origin: Origin, table: str) -> tuple[Notice, ...]:
    if not found.repeated or not found.beside:
        return ()
    named = ", ".join(islice(found.beside, NAMED))
    message = f"the rows are elements that repeat; in no table: {named}"
    return (Notice("xml.beside", message, "INFO", origin.input, origin.member, table),)
