"""Format contract: what every reader keeps, whatever the bytes are."""

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl
import py7zr
import pytest
import zstandard
from polars.testing import assert_frame_equal
from samples import MemoryObject

from pipelines.analytics import report
from pipelines.containers.limits import Limits
from pipelines.formats.base import Chunk, Format, Fragment, Origin, RowAccount, TablePlan
from pipelines.formats.detect import detect, head_of
from pipelines.ingest import IngestResult, InputFile, SourceIngest, TableIngest
from pipelines.receipt import receipt
from pipelines.source_plan import plan
from tests.pipelines.analytics.found import findings, sales

PACKINGS = ("gz", "zip", "bz2", "xz", "zst", "tar", "zip.gz", "tar.gz", "tar.zst", "gz.tar", "7z")


@dataclass(frozen=True)
class FormatSample:
    """A file of a format, and the table that it holds."""

    format: Format
    file: MemoryObject
    table: pl.DataFrame

    def plan(self) -> TablePlan:
        origin = Origin(self.file.name)
        (table,) = self.format.tables(self.file, origin, Limits())
        return table


def read(fragments: Sequence[Fragment], schema: pl.Schema) -> list[Chunk]:
    return [chunk for fragment in fragments for chunk in fragment.chunks(schema)]


def table_of(chunks: Sequence[Chunk]) -> pl.DataFrame:
    return pl.concat([chunk.frame for chunk in chunks])


class FormatContract:
    """Every format runs these; a subclass gives `sample`, and `cuts` where a file can be cut."""

    may_grow = True
    """Whether a fragment can meet columns that the plan does not know."""

    @pytest.fixture
    def sample(self) -> FormatSample:
        raise NotImplementedError

    def cuts(self, sample: FormatSample) -> Iterator[Sequence[Fragment]]:
        """Other ways to cut the file into fragments."""
        yield sample.plan().fragments

    def test_bytes_alone_tell_the_format(self, sample):
        """A file is recognised without its name."""
        assert detect(head_of(sample.file), "unnamed").name == sample.format.name

    def test_the_table_is_read_as_it_is(self, sample):
        """Values, types, order of rows and of columns are those of the file."""
        planned = sample.plan()

        assert_frame_equal(table_of(read(planned.fragments, planned.schema)), sample.table)

    def test_the_report_tells_how_it_was_read(self, sample):
        """What the format says of a table hides nothing of the receipt, and fits the page."""
        planned = sample.plan()
        rows = RowAccount(parsed=sample.table.height)
        source = SourceIngest(planned.origin, planned.format, rows, details=planned.details)
        table = TableIngest("so called", "so", (source,), (), rows.parsed, 1, (), "")
        inputs = (InputFile(sample.file.name, "", 1, ""),)
        told = receipt(IngestResult(inputs, (table,), 1))

        page = report.html(findings({"sales": sales(20)}, receipt=told)).decode()

        (member,) = told["inputs"][0]["members"]
        assert (member["table"], member["format"]) == ("so called", planned.format)
        assert member["rows"]["parsed"] == rows.parsed
        assert "so called" in page

    def test_rows_balance_in_every_chunk(self, sample):
        """The rows of a frame are those that were parsed or repaired; rejects are counted."""
        planned = sample.plan()

        for chunk in read(planned.fragments, planned.schema):
            assert chunk.frame.height == chunk.rows.parsed + chunk.rows.repaired
            assert len(chunk.rejects) == chunk.rows.rejected
            assert sum(chunk.skipped.values()) == chunk.rows.skipped

    def test_fragments_concatenate_to_the_whole(self, sample):
        """However the file is cut, each row comes once and in order."""
        planned = sample.plan()

        for fragments in self.cuts(sample):
            assert_frame_equal(table_of(read(fragments, planned.schema)), sample.table)

    def test_plans_survive_pickling(self, sample):
        """A plan made here is read elsewhere."""
        planned = pickle.loads(pickle.dumps(sample.plan()))

        assert_frame_equal(table_of(read(planned.fragments, planned.schema)), sample.table)

    def test_a_wider_schema_is_honoured(self, sample):
        """Columns that another fragment widened to text, or brought in, come in every chunk."""
        planned = sample.plan()
        brought_in = {"elsewhere": pl.Float64()} if self.may_grow else {}
        wider = pl.Schema(dict.fromkeys(planned.schema, pl.String()) | brought_in)

        for chunk in read(planned.fragments, wider):
            assert chunk.frame.schema == wider
            assert all(chunk.frame[name].is_null().all() for name in brought_in)

    def test_text_keeps_which_cells_are_null(self, sample):
        """Widening to text neither loses a value nor makes one up."""
        planned = sample.plan()
        wider = pl.Schema({name: pl.String() for name in planned.schema})

        texts = table_of(read(planned.fragments, wider))

        assert texts.null_count().row(0) == sample.table.null_count().row(0)

    @pytest.mark.parametrize("suffix", PACKINGS)
    def test_containers_change_nothing(self, sample, suffix):
        """The same bytes in any archive or compression give the same table."""
        (planned,) = plan([packed(sample.file, suffix)], Limits()).tables

        assert planned.name == sample.plan().name
        assert planned.schema == sample.plan().schema
        assert_frame_equal(table_of(read(planned.fragments, planned.schema)), sample.table)


def packed(file: MemoryObject, suffix: str) -> MemoryObject:
    content, name = file.content, file.name
    for kind in suffix.split("."):
        content = PACK[kind](name, content)
        name = f"{name}.{kind}"
    return MemoryObject(name, content)


def tarred(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=form) as writer:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            writer.addfile(header, io.BytesIO(content))
    return archive.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as writer:
        for name, content in members.items():
            writer.writestr(name, content)
    return archive.getvalue()


def seven_zipped(members: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with py7zr.SevenZipFile(archive, "w") as writer:
        for name, content in members.items():
            writer.writestr(content, name)
    return archive.getvalue()


PACK: dict[str, Callable[[str, bytes], bytes]] = {
    "gz": lambda _, content: gzip.compress(content),
    "bz2": lambda _, content: bz2.compress(content),
    "xz": lambda _, content: lzma.compress(content),
    "zst": lambda _, content: zstandard.compress(content),
    "zip": lambda name, content: zipped({name: content}),
    "tar": lambda name, content: tarred({name: content}),
    "7z": lambda name, content: seven_zipped({name: content}),
}
