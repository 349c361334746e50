"""Source plan: every input and member is a table, a failure or skipped; never lost."""

import bz2
import gzip
import lzma
import pickle
import random

import pytest
import zstandard
from samples import MemoryObject

from connectors.errors import CorruptFile
from pipelines.containers.limits import Limits
from pipelines.formats.base import Plan
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, seven_zipped, tarred, zipped

PACKERS = [gzip.compress, bz2.compress, lzma.compress, zstandard.compress]
ROWS = b'{"a":1}\n{"a":2}\n'


def planned(name: str, content: bytes, limits: Limits | None = None) -> Plan:
    return plan([MemoryObject(name, content)], limits or Limits(), group=False)


def nested(levels: int) -> bytes:
    content, name = ROWS, "rows.jsonl"
    for level in range(levels):
        content, name = zipped({name: content}), f"level{level}.zip"
    return content


def test_a_single_table_is_called_after_the_stem_of_its_file():
    """Compression suffixes and folders are no part of it."""
    (table,) = planned("orders.v2.jsonl.gz", gzip.compress(ROWS)).tables

    assert table.name == "orders.v2"
    assert (table.origin.input, table.origin.member) == ("orders.v2.jsonl.gz", "orders.v2.jsonl")


def test_members_come_in_order_with_names_of_their_own():
    """Each member is a table; equal stems are numbered."""
    content = zipped({"b.jsonl": ROWS, "x/a.csv": b"p,q\n1,2\n", "y/a.json": b'[{"c":1}]'})

    found = planned("all.zip", content)

    assert [table.name for table in found.tables] == ["b", "a", "a_2"]
    assert [table.origin.member for table in found.tables] == ["b.jsonl", "x/a.csv", "y/a.json"]
    assert [table.format for table in found.tables] == ["json-lines", "delimited", "json"]


@pytest.mark.parametrize("name", ["all.zip", "ALL.EXE"])
@pytest.mark.parametrize("before", [b"MZ\x90\0" + bytes(60), b"#!/bin/sh\nunzip $0\n"])
def test_an_archive_behind_a_program_that_unpacks_it_is_opened(name, before):
    """Its directory stands at its end; other tools read it too."""
    (table,) = planned(name, before + zipped({"a.jsonl": ROWS})).tables

    assert table.origin.member == "a.jsonl"
    (chunk,) = read(table.fragments, table.schema)
    assert chunk.frame["a"].to_list() == [1, 2]


def test_what_is_only_called_an_archive_is_read_as_what_it_is():
    """The bytes decide."""
    (table,) = planned("a.zip", ROWS).tables

    assert (table.origin.member, table.format) == (None, "json-lines")


def test_one_bad_member_does_not_hide_the_others():
    """Failures carry their member, code and hint; the rest goes on."""
    members = {
        "bad.json": b'[{"a":1},',
        "good.jsonl": ROWS,
        "empty.csv": b"",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(20),
        "inner.zip": zipped({"deep.jsonl": ROWS, "deep.json": b"{"}),
        "README": b"read me",
    }

    found = pickle.loads(pickle.dumps(planned("all.zip", zipped(members))))

    assert [table.name for table in found.tables] == ["good", "deep"]
    assert {failure.member: failure.code for failure in found.failures} == {
        "bad.json": "parse.corrupt",
        "empty.csv": "input.empty",
        "picture.png": "format.unknown",
        "inner.zip/deep.json": "parse.corrupt",
    }
    assert [skipped.member for skipped in found.skipped] == ["README"]
    assert all(failure.hint for failure in found.failures)


DBASE = (
    b"\x03g\x06\x11\x90\1\0\0A\0\4\0" + bytes(20) + b"AREA" + bytes(7) + b"N" + bytes(20) + b"\r"
)


def test_columns_called_as_a_sylk_file_begins_are_columns():
    (table,) = planned("a.csv", b"ID;Part;Code\nB;X12;Y3\nC;X13;Y4\n").tables

    assert table.schema.names() == ["ID", "Part", "Code"]


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("a.csv", b"", "input.empty", "empty"),
        ("a.json", b" \r\n\t", "input.empty", "empty"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(50), "format.unknown", "PNG picture"),
        ("a.csv", b"%PDF-1.7\n%", "format.unknown", "PDF document"),
        ("a.db", bytes(8) + b"DUCK@" + bytes(90), "format.unknown", "DuckDB database"),
        ("a.rda", b"RDX3\nX\n" + bytes(90), "format.unknown", "saved R workspace"),
        ("a.mat", b"MATLAB 5.0 MAT-file" + bytes(106) + b"\1IM\0\0", "format.unknown", "MATLAB"),
        ("a.shp", b"\0\0\x27\x0a" + bytes(90), "format.unknown", "shapefile"),
        ("a.tif", b"II*\0\x08\0\0\0" + b"xyz" * 900, "format.unknown", "TIFF picture"),
        ("a.txt", b"\0\0\0\x18ftypmp42" + b"xyz" * 900, "format.unknown", "MPEG-4 film"),
        ("a.txt", b"RIFF1234WAVEfmt " + b"xyz" * 900, "format.unknown", "RIFF film"),
        ("a.json", b"<!DOCTYPE html><html>", "format.unknown", "HTML page"),
        ("a.csv", b"<?xml version='1.0'?><a/>", "format.unknown", "XML document"),
        ("a.db", b"SQLite format 3\0" + bytes(84), "parse.corrupt", "cut short"),
        ("a.rar", b"Rar!\x1a\x07\x01\0" + bytes(50), "format.unknown", "RAR archive"),
        ("a.csv", b"%PDF-1.7", "format.unknown", "in zip, tar, 7z, gzip, bzip2, xz, lzma, zstd"),
        ("a.tar", b"a.csv" + bytes(252) + b"ustar\x0000" + bytes(300), "parse.corrupt", "tar"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50), "parse.corrupt", "7z"),
        ("a.xz", b"\xfd7zXZ\0" + bytes(50), "parse.corrupt", "xz"),
        ("a.zst", b"\x28\xb5\x2f\xfd\x00" + b"x" * 50, "parse.corrupt", "zstd"),
        ("a.csv", bytes(range(256)) * 4, "format.unknown", "binary"),
        (
            "a.csv",
            b"0707071" + b"0" * 69 + b"a.csv\0a,b\n1,2\n",
            "format.unknown",
            "a cpio archive",
        ),
        (
            "a.csv",
            b"070701" + b"0" * 104 + b"a.csv\0a,b\n1,2\n",
            "format.unknown",
            "a cpio archive",
        ),
        (
            "a.a",
            b"!<arch>\na.csv/          0           0     0     644     8",
            "format.unknown",
            "an AR archive",
        ),
        ("a.wim", b"MSWIM\0\0\0" + b"a,b\n1,2\n" * 400, "format.unknown", "a WIM image"),
        ("a.warc", b"WARC/1.1\r\nWARC-Type: warcinfo\r\n", "format.unknown", "a web archive"),
        ("a.dbf", DBASE + b" 1 \n" * 400, "format.unknown", "a dBase table"),
        (
            "a.slk",
            b'ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K"id"\r\n',
            "format.unknown",
            "a SYLK table",
        ),
        ("a.csv", b'ID;PCALC\nC;X1;Y1;K"id"\nC;X1;Y2;K1\n', "format.unknown", "a SYLK table"),
        ("a.dif", b'TABLE\n0,1\n"EXCEL"\nVECTORS\n0,2\n""\n', "format.unknown", "a DIF table"),
        ("a.ged", b"0 HEAD\n1 SOUR X\n0 TRLR\n", "format.unknown", "a GEDCOM"),
        ("a.fa", b">s1 x\nACGTACGTACGT\nACG\n>s2\nACGTACGTAAAA\n", "format.unknown", "a FASTA"),
        ("a.fq", b"@r\nACGTN\n+\n!!IIF\n@r2\nACGTN\n+\nIIIII\n", "format.unknown", "a FASTQ"),
        ("a.js", b'window.a.b0 = [ {\n"a": 1}\n]', "format.unknown", "a script around JSON"),
        ("a.json", b'f({"a": [{"b": 1}]});', "format.unknown", "a script around JSON"),
        ("a.json", b'// by us\n/* so */ [{"a": 1}]', "format.unknown", "with comments"),
        ("a.yml", b"---\n# by us\n- a: 1\n  b: x\n", "format.unknown", "a YAML document"),
        (
            "a.sql",
            b"-- by us\n/*!40101 SET a */;\n\nCREATE TABLE `t` (a int);\n",
            "format.unknown",
            "an SQL script",
        ),
        ("a.js", b'var a = {"b": 1}, c = 2\n', "format.unknown", "a script around JSON"),
        ("a.js", b'a = [{"b": 1},\n{"b": 2}];', "format.unknown", "a script around JSON"),
        ("a.json", b'// by us\n{\n"a": 1\n}', "format.unknown", "with comments"),
        ("a.yml", b"- a: 1\n  b: x\n- a: 2\n  b: y\n", "format.unknown", "a YAML document"),
        (
            "a.sql",
            b"insert into a.b (c) values ('x;'),\n('y');\n",
            "format.unknown",
            "an SQL script",
        ),
        (
            "a.mbox",
            b"From a@b.c Mon Jan  1 10:00:00 2024\nFrom: a@b.c\n\nHello\n",
            "format.unknown",
            "a mailbox",
        ),
        (
            "a.ics",
            b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\n",
            "format.unknown",
            "a calendar",
        ),
        ("a.vcf", b"BEGIN:VCARD\nFN:A\nEND:VCARD\n", "format.unknown", "a list of contacts"),
        ("a.bib", b"% us\n@article{a,\n  title = {x}\n}\n", "format.unknown", "a bibliography"),
        ("a.ris", b"TY  - JOUR\nAU  - A\nER  - \n", "format.unknown", "a bibliography"),
        (
            "a.ldif",
            b"version: 1\n\ndn: cn=a,dc=b\ncn: a\n\ndn: cn=c,dc=b\ncn: c\n",
            "format.unknown",
            "a directory",
        ),
        (
            "a.nt",
            b'<urn:a> <urn:b> "x, y" .\n<urn:a> <urn:b> <urn:c> .\n',
            "format.unknown",
            "a graph",
        ),
        ("a.ttl", b"# us\n@prefix e: <urn:e/> .\ne:a e:b e:c .\n", "format.unknown", "a graph"),
        ("a.tex", b"\\documentclass{article}\nHi\n", "format.unknown", "a LaTeX document"),
        ("a.sh", b"#!/bin/sh\necho a, b\n", "format.unknown", "a script"),
        ("a.sql", b"DROP TABLE IF EXISTS `a b`;\n", "format.unknown", "an SQL script"),
        (
            "a.txt",
            b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a INT);\n",
            "format.unknown",
            "an SQL script",
        ),
        ("a.csv.Z", b"\x1f\x9d\x90a,b", "format.unknown", "packed by compress"),
        ("a.zip", zipped({}), "input.empty", "no data"),
        ("a.zip", zipped({"README": b"x", "d/": b""}), "input.empty", "no data"),
        ("a.zip", b"PK\x03\x04" + bytes(50), "parse.corrupt", "zip"),
        ("a.z01", b"PK\x07\x08PK\x03\x04" + bytes(50), "format.unknown", "first part of a zip"),
        ("a.7z.001", b"7z\xbc\xaf\x27\x1c" + bytes(50), "format.unknown", "first part of a 7z"),
        (
            "a.xlsx",
            zipped({"x.xml": b"", "[Content_Types].xml": b"", "xl/a.xml": b""}),
            "parse.corrupt",
            "workbook part",
        ),
        (
            "a.docx",
            zipped({"[Content_Types].xml": b"", "word/document.xml": b""}),
            "format.unknown",
            "Word document",
        ),
        ("a.parquet", b"PAR1" + bytes(50), "parse.corrupt", "Parquet"),
        ("a.zip", nested(9), "limit.depth", "max_depth"),
    ],
)
def test_an_input_that_cannot_be_read_is_a_failure_that_says_what_it_is(name, content, code, says):
    """One sentence names what the bytes look like, whatever their name."""
    found = planned(name, content)

    (failure,) = found.failures
    assert not found.tables
    assert failure.code == code
    assert says in failure.message


@pytest.mark.parametrize(
    "content",
    [
        b"f(x),g(y)\n1,2\n",
        b'a = 1,b = 2\n"[{",2\n',
        b"//srv/a,1\n//srv/b,2\n",
        b"- a: b\n- c: d\n",
        b"SET a;1\nSET b;2\n",
        b"From here Mon Jan\nTo: there\n",
        b"BEGIN:VCARD,1\nEND:VCARD,2\n",
        b"@ann{x,y\n@bob{z,w\n",
        b"TY  - a\nAU  - b\n",
        b"dn: 5\ndm: 6\n",
        b"<a> <b>,1\n<c> <d>,2\n",
        b"@prefix,1\n@base,2\n",
        b"#! a,b\n1,2\n",
        b"query,n\nCREATE TABLE t (a int),1\n",
        b"Create table of contents,open\nWrite intro,done\n",
        b"Create table plan (first draft),open\nWrite intro,done\n",
        b"Create table plan (first draft),open\nWrite intro (short),note;\n",
        b"Insert into tray A,ok,5\nClose lid,ok,6\n",
        b"INSERT INTO statements,count,ms\na,1,2\nb,3,4\n",
        b"Drop table reservations\nCall Ann\n",
        b'event={"id":1},5\nevent={"id":2},6\n',
        b'request={"a":1} status=200\nrequest={"a":2} status=404\n',
        b'event={"id":1}\nevent={"id":2}\n',
        b'// c\n{"a":1},5\n{"a":2},6\n',
        b"- Buy: milk\n  Note: two\n",
        b"[    0.000000] Linux version 6\n[    0.000012] Command line\n",
        b"[2024-05-01] INFO so\n[2024-05-01] INFO oh\n",
        b"[1234] started\n[1235] stopped\n",
        b"[1] [notice] so\n[2] [notice] oh\n",
        b"[8, 2];x\n[9, 3];y\n",
        b'["a"];x\n["b]"];y\n',
        b'{"a": 1}\tx\n{"a": 2}\ty\n',
        b"{3F2504E0-4F89},5\n{3F2504E0-4F90},6\n",
        b'[{"a": [1]}] started\n[{"a": [2]}] stopped\n',
        b"[2024-05-01 10:15] INFO: so\n[2024-05-01 10:16] INFO: oh\n",
        b"[notice] so it is\n[notice] oh\n",
    ],
)
def test_what_only_begins_like_another_kind_is_text(content):
    """Names of functions, paths, lists, sentences, events and logs."""
    assert [table.format for table in planned("a.csv", content).tables] == ["delimited"]


@pytest.mark.parametrize(
    "content",
    [
        b'["a]b;x", "c"]',
        b"[1, 2] [3, 4]",
        b'[{"a": "' + b"x" * 99_999 + b'"}] ',
    ],
)
def test_values_with_nothing_but_values_behind_them_are_json(content):
    """Brackets in strings close nothing, and what is cut short is no cell."""
    assert [table.format for table in planned("a.txt", content).tables] == ["json"]


def test_nesting_up_to_the_limit_is_read():
    """Eight containers in each other are allowed."""
    (table,) = planned("a.zip", nested(8)).tables

    assert table.name == "rows"


def test_any_container_lies_in_any_other():
    """Each says where its tables lie, whatever the names."""
    inner = {"x/rows.jsonl": ROWS}
    deep = tarred(
        {
            "a.zip": zipped(inner),
            "b.csv.gz": gzip.compress(b"p,q\n1,2\n"),
            "c.tar": tarred(inner),
            "d.tgz": gzip.compress(tarred(inner)),
            "misnamed.txt": bz2.compress(ROWS),
            "e.txz": lzma.compress(tarred({"y.tar.zst": zstandard.compress(tarred(inner))})),
        }
    )

    found = planned("all.zip", zipped({"all.tar.gz": gzip.compress(deep)}))

    assert not found.failures
    assert [table.origin.member for table in found.tables] == [
        "all.tar.gz/all.tar/" + path
        for path in (
            "a.zip/x/rows.jsonl",
            "b.csv.gz/b.csv",
            "c.tar/x/rows.jsonl",
            "d.tgz/d.tar/x/rows.jsonl",
            "misnamed.txt/misnamed.txt",
            "e.txz/e.tar/y.tar.zst/y.tar/x/rows.jsonl",
        )
    ]
    for table in pickle.loads(pickle.dumps(found)).tables:
        chunks = read(table.fragments, table.schema)
        assert sum(chunk.frame.height for chunk in chunks) == (1 if table.name == "b" else 2)


@pytest.mark.parametrize("pack", PACKERS)
def test_compressions_in_each_other_are_limited(pack):
    """By how deep they are, and by what all of them together expand to."""
    deep = ROWS
    for _ in range(9):
        deep = pack(deep)
    bomb = pack(pack(tarred({"a.csv": bytes(32 << 20)})))

    too_deep = planned("a", deep)
    too_large = planned("a", bomb, Limits(ratio_free_bytes=1 << 20))

    assert [found.code for found in too_deep.failures] == ["limit.depth"]
    assert [found.code for found in too_large.failures] == ["limit.ratio"]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize(
    "spoils", [lambda packed: packed[:-8], lambda packed: packed[:-12] + b"!" * 12]
)
def test_a_spoiled_compressed_archive_is_read_as_far_as_it_goes(pack, spoils):
    """Cut or damaged: what came whole is a table, and a failure says that it is not all."""
    noise = random.Random(1).randbytes(1 << 20)  # so that the end is far from the first members
    packed = pack(tarred({"a.jsonl": ROWS, "b.jsonl": ROWS * 9, "z.bin": noise}))

    found = planned("all.tar.x", spoils(packed))

    assert [table.name for table in found.tables] == ["a", "b"]
    for table in pickle.loads(pickle.dumps(found)).tables:
        assert sum(chunk.frame.height for chunk in read(table.fragments, table.schema)) in (2, 18)
    last = found.failures[-1]
    assert (last.member, last.code) == ("all.tar.x", "parse.corrupt")
    assert "could not be checked" in last.message


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("cut", range(40, 2000, 150))
def test_no_member_is_lost_in_silence(pack, cut):
    """Wherever a compressed archive ends, all members come, or a failure does."""
    noise = random.Random(2).randbytes(300).hex().encode()
    names = [f"{index}.csv" for index in range(5)]
    content = tarred(dict.fromkeys(names, b"a,b\n" + noise[:200] + b",1\n"))

    found = planned("all.tar.x", pack(content)[:cut])

    assert len(found.tables) == len(names) or found.failures


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize(
    "content",
    [
        b"p,q\n" + b"1,2\n" * 5000,
        ROWS * 5000,
        b'[{"a":1},{"a":2}]' + b" " * 5000,
        b"<rows>" + b"<row><a>1</a></row>" * 5000 + b"</rows>",
        b"<table><tr><th>a<th>b</tr>" + b"<tr><td>1<td>2</tr>" * 500 + b"</table>",
        b" " * 50,
    ],
    ids=["delimited", "JSON Lines", "JSON", "XML", "HTML", "blank"],
)
@pytest.mark.parametrize("cut", [-1, -5])
def test_what_is_cut_short_is_never_passed_off_as_the_whole(pack, content, cut):
    """The rows that came are no table without an error, however small the file."""
    found = planned("a", pack(content)[:cut])

    for table in found.tables:
        with pytest.raises(CorruptFile):
            read(table.fragments, table.schema)
    assert found.tables or [failure.code for failure in found.failures] == ["parse.corrupt"]


@pytest.mark.parametrize("pack", [zipped, tarred, seven_zipped])
def test_archives_in_each_other_are_limited(pack):
    """Whatever their kind: one that holds itself ends at the same depth."""
    deep = pack({"rows.jsonl": ROWS})
    for _ in range(8):
        deep = pack({"again": deep})

    assert [failure.code for failure in planned("a", deep).failures] == ["limit.depth"]


def test_what_all_archives_expand_to_is_limited_together():
    """As in 42.zip, where each archive holds sixteen more, and each is within the limits."""
    content = zipped({"a.csv": b"a,b\n" + b"1,2\n" * 25_000})
    for _ in range(4):
        content = zipped({f"{index}.zip": content for index in range(16)})

    found = planned("42.zip", content, Limits(max_expanded_bytes=3 << 20))

    assert {failure.code for failure in found.failures} == {"limit.expanded_bytes"}
    assert len(found.failures) < 50
    assert len(found.tables) < 40


def test_what_lies_in_archives_as_it_is_does_not_count_as_expanded():
    """However often it is wrapped."""
    content = tarred({"a.csv": b"a,b\n" + b"1,2\n" * 5000})
    for index in range(5):
        content = tarred({f"{index}.tar": content})

    found = planned("a.tar", content, Limits(max_expanded_bytes=10_000))

    assert [table.name for table in found.tables] == ["a"]
    assert not found.failures


def test_members_are_counted_over_the_whole_tree():
    """An archive of archives has one budget."""
    inner = zipped({f"{index}.jsonl": ROWS for index in range(6)})

    found = planned("a.zip", zipped({"p.zip": inner, "q.zip": inner}), Limits(max_members=10))

    assert [failure.code for failure in found.failures] == ["limit.members"]


def test_bytes_win_over_names():
    """Extensions lie; the content does not."""
    names = {"a.parquet": ROWS, "a.zip": b"p,q\n1,2\n3,4\n", "a.csv": b'[{"a": 1}]'}

    formats = [planned(name, content).tables[0].format for name, content in names.items()]

    assert formats == ["json-lines", "delimited", "json"]
