"""Byte ranges: however a file is cut, the rows are those of the whole, each once."""

import codecs
import csv
import io
import random
from collections import Counter
from dataclasses import replace
from itertools import accumulate, pairwise

import polars as pl
import pytest
from samples import MemoryObject

from connectors.errors import EmptyInput, LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats import delimited, mended_rows, records, regular_rows
from pipelines.formats.base import Origin, RowAccount
from pipelines.formats.byte_range import ByteRange
from pipelines.formats.delimited import Delimited
from pipelines.formats.records import Dialect
from pipelines.formats.text_encoding import UNREADABLE

TRICKY = (
    "plain",
    'has "quotes"',
    "a,comma",
    "two\nlines",
    "",
    "ünïcode",
    "x" * 40,
    '"',
    "tail\r\n",
)


def planned(content: bytes, name: str = "data.csv"):
    (plan,) = Delimited().tables(MemoryObject(name, content), Origin(name), Limits())
    return plan


def rows_of(fragments, schema):
    """All rows, as the driver would get them: a wrongly guessed start is corrected."""
    frames, account, end = [], RowAccount(), None
    for fragment in fragments:
        chunks = list(fragment.chunks(schema))
        if end is not None and chunks[0].span[0] != end:
            chunks = list(fragment.starting_at(end).chunks(schema))
        end = chunks[-1].span[1]
        frames += [chunk.frame for chunk in chunks]
        account = sum((chunk.rows for chunk in chunks), account)
    return pl.concat(frames, how="vertical_relaxed"), account


def cut(fragment: ByteRange, boundaries: list[int], size: int):
    edges = [fragment.start, *boundaries, size]
    return [
        replace(
            fragment,
            start=start,
            end=end,
            is_guess=index > 0,
            lead=fragment.lead if index == 0 else {},
        )
        for index, (start, end) in enumerate(pairwise(edges))
    ]


def tricky_file(seed: int, rows: int = 60) -> tuple[bytes, list[list[str]]]:
    chosen = random.Random(seed)
    table = [[str(i), *(chosen.choice(TRICKY) for _ in range(3))] for i in range(rows)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=chosen.choice(["\n", "\r\n"]))
    writer.writerows([["id", "a", "b", "c"], *table])
    return text.getvalue().encode(), table


@pytest.mark.parametrize("seed", range(25))
def test_any_cut_gives_the_rows_of_the_whole(seed):
    """Random cuts, also inside quoted cells with newlines, lose and repeat nothing."""
    content, table = tricky_file(seed)
    plan = planned(content)
    fragment = plan.fragments[0]
    schema = pl.Schema(dict.fromkeys(fragment.columns, pl.String))
    inside = range(fragment.start + 1, len(content) - 1)
    boundaries = sorted(random.Random(seed).sample(inside, 7))

    frame, account = rows_of(cut(fragment, boundaries, len(content)), schema)

    expected = [[cell.replace("\r\n", "\n") or None for cell in row] for row in table]
    assert [list(row) for row in frame.rows()] == expected
    assert account == RowAccount(parsed=len(table), skipped=1)


@pytest.mark.parametrize("chunk_bytes", [1, 7, 64, 1000])
def test_any_chunk_size_gives_the_same_rows(chunk_bytes):
    """How much is read at once changes nothing."""
    content, table = tricky_file(3)
    fragment = replace(planned(content).fragments[0], chunk_bytes=chunk_bytes)

    frame = pl.concat(
        [
            c.frame
            for c in fragment.chunks(pl.Schema(dict.fromkeys(["id", "a", "b", "c"], pl.String)))
        ]
    )

    assert frame.height == len(table)


def test_both_readers_agree():
    """What polars may read, the exact reader reads alike."""
    content, _ = tricky_file(11)
    fragment = planned(content).fragments[0]
    body = content[fragment.start :]

    fast = regular_rows.read(body, fragment._form, None, is_last=True)
    exact = mended_rows.read(body, fragment._form, None, is_last=True)

    assert fast is not None
    assert exact[0].frame.fill_null("").equals(fast[0].frame.fill_null(""))
    assert exact[1] == fast[1] == len(body)


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b'1,5" pipe\n2,x\n', [("1", '5" pipe'), ("2", "x")]),
        (b'1,"open\n2,x\n', [("1", '"open'), ("2", "x")]),
        (b'1,"q"x\n2,y\n', [("1", "qx"), ("2", "y")]),
        (b'1,"says "hi""\n2,y\n', [("1", 'says "hi"'), ("2", "y")]),
        (b'"5" x","a ""b"""\n2,"y"\n', [('5" x', 'a "b"'), ("2", "y")]),
        (b"1,a\n\n2,b\n", [("1", "a"), ("2", "b")]),
        (b"1\n2,b\n", [("1", None), ("2", "b")]),
        (b"1,a,\n2,b\n", [("1", "a"), ("2", "b")]),
        (b"1,a\x00b\n2,c\n", [("1", "a\x00b"), ("2", "c")]),
        (b"1,caf\xe9\n2,\xc3\xa9\n", [("1", "café"), ("2", "é")]),
    ],
)
def test_dirt_is_mended_and_never_swallows_rows(body, rows):
    """Lone quotes, short rows, blank lines and stray bytes cost no row and no cell."""
    content = b"id,text\n" + body
    fragment = ByteRange(
        MemoryObject("x.csv", content),
        "utf-8",
        planned(b"id,text\n1,2\n").fragments[0].dialect,
        ("id", "text"),
        8,
        None,
        len(content),
    )

    chunks = list(fragment.chunks(pl.Schema({"id": pl.String, "text": pl.String})))

    assert [row for chunk in chunks for row in chunk.frame.rows()] == rows


def test_quotes_within_quotes_are_told():
    """Where they are kept, and where one is lost; an ordinary one is none of them."""
    plan = planned(b'n,text\n1,"a "b" c"\n2,"a"b\n3,5" x\n4,"a" \n5,"a ""b"""\n6,x\n')

    (chunk,) = plan.fragments[0].chunks(plan.schema)

    assert chunk.frame["text"].to_list() == ['a "b" c', "ab", '5" x', "a ", 'a "b"', "x"]
    assert chunk.repaired == {"quote within a quoted cell that is not doubled": 2}


def test_a_long_cell_with_many_quotes_is_kept_whole():
    """Each of its quotes; to copy the rest of the line at each would take minutes."""
    quotes = 400_000

    (record,) = records.read(['1,"aaaaaaaa' + '"ab' * quotes + '"'], Dialect(), is_last=True)

    assert record.is_mended
    assert len(record.cells[1]) == 8 + 3 * quotes


def test_a_row_with_too_many_cells_is_rejected_with_its_bytes():
    """It is in no table, but nothing of it is lost."""
    plan = planned(b"a,b\n1,2\n3,4,5\n6,7\n")

    (chunk,) = plan.fragments[0].chunks(plan.schema)

    assert chunk.frame.rows() == [(1, 2), (6, 7)]
    assert [(reject.reason, reject.raw) for reject in chunk.rejects] == [
        ("3 cells where 2 belong", b"3,4,5\n")
    ]
    assert chunk.rows == RowAccount(parsed=2, rejected=1, skipped=1)


def test_a_late_surprise_widens_the_column():
    """A type that the sample suggested and a later row denies costs no value."""
    body = b"n\n" + b"1\n" * 10 + b"007\n"
    fragment = planned(body).fragments[0]

    (chunk,) = fragment.chunks(pl.Schema({"n": pl.Int64}))

    assert chunk.frame["n"].to_list()[-1] == "007"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_encodings_are_seen_through(encoding):
    """The same table, whatever bytes it was written in."""
    text = "name,city\nJosé,Köln\nZoë,Málaga\nRené,Besançon\nJürgen,Größe\n"

    plan = planned(text.encode(encoding))
    frame = pl.concat([chunk.frame for chunk in plan.fragments[0].chunks(plan.schema)])

    assert frame.rows()[0] == ("José", "Köln")
    assert frame.height == 4


def test_carriage_returns_alone_end_rows():
    """Old Macintosh files are read too."""
    plan = planned(b"a;b\r1;2\r3;4\r")

    frame = pl.concat([chunk.frame for chunk in plan.fragments[0].chunks(plan.schema)])

    assert frame.rows() == [(1, 2), (3, 4)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_carriage_return_between_rows_of_other_ends_ends_one_too(end):
    """Where what it parts are rows alike, however the file is cut; else it belongs to the cell."""
    lines = [b"1,x", b"2,y\r3,z\r4,w", b"5,one\rtwo", b'6,"a\rb"'] * 5
    content = b"a,b" + end + end.join(lines) + end
    plan = planned(content)
    each = [(1, "x"), (2, "y"), (3, "z"), (4, "w"), (5, "one\rtwo"), (6, "a\rb")]

    (chunk,) = plan.fragments[0].chunks(plan.schema)
    cuts = range(plan.fragments[0].start + 1, len(content), 7)

    assert chunk.frame.rows() == each * 5
    assert chunk.repaired == {
        "carriage return for a line end": 10,
        "carriage return within a cell": 5,
    }
    for at in cuts:
        assert (
            rows_of(cut(plan.fragments[0], [at], len(content)), plan.schema)[0].rows() == each * 5
        )


def test_rows_like_the_names_are_kept_where_all_is_text():
    """A header that comes again among numbers is none of data; rows that are all alike are."""
    equal, again = planned(b"ok,yes\n" * 5), planned(b"a,b\n1,2\na,b\n3,4\n")

    (kept,) = equal.fragments[0].chunks(equal.schema)
    (left,) = again.fragments[0].chunks(again.schema)

    assert kept.frame.rows() == [("ok", "yes")] * 4
    assert left.frame.rows() == [(1, 2), (3, 4)]


@pytest.mark.parametrize("names", [b"a,b", b"a"])
@pytest.mark.parametrize("rows", [2, 400_000])
@pytest.mark.parametrize("seekable", [True, False])
@pytest.mark.parametrize("end", [b"\r\n\x1a", b"\x1a", b"\r\n\x1a\x1a\x1a"])
def test_the_mark_of_the_end_that_dos_writes_is_no_row(names, rows, seekable, end):
    """It would turn a column of numbers to text; it is left out, and counted."""
    row = b"\r\n" + b",".join([b"12"] * len(names.split(b",")))
    file = MemoryObject("data.csv", names + row * rows + end, seekable=seekable)
    (plan,) = Delimited().tables(file, Origin("data.csv"), Limits())

    chunks = [chunk for part in plan.fragments for chunk in part.chunks(plan.schema)]

    assert all(chunk.frame.schema == plan.schema for chunk in chunks)
    assert set(plan.schema.dtypes()) == {pl.Int64()}
    assert sum(chunk.frame.height for chunk in chunks) == rows
    assert sum((Counter(chunk.skipped) for chunk in chunks), Counter()) == {
        "header": 1,
        "mark of the end": 1,
    }
    assert Delimited().recognises(names + row * 2 + end, "data.csv")


@pytest.mark.parametrize(
    ("content", "names", "rows"),
    [
        (b"a,b\r1,2\n3,4\n5,6\n", ["a", "b"], [(1, 2), (3, 4), (5, 6)]),
        (b"a,b\r1,2\r3,4\r5,6\n", ["a", "b"], [(1, 2), (3, 4), (5, 6)]),
        (b"a,b\r\n\r1,2\r\n3,4\r\n", ["a", "b"], [(1, 2), (3, 4)]),
        (b"a,b\n\r1,2\n\r3,4\n\r", ["a", "b"], [(1, 2), (3, 4)]),
        (b"a,b\rint,int\n1,2\n3,4\n5,6\n", ["a", "b"], [(1, 2), (3, 4), (5, 6)]),
        (b"of us\na,b\rint,int\r1,2\n3,4\n5,6\n", ["a", "b"], [(1, 2), (3, 4), (5, 6)]),
        (b'"a","b"\r"x,y","2"\n"z","4"\n', ["a", "b"], [("x,y", 2), ("z", 4)]),
        (b"a,b\rc\n1,2\n3,4\n", ["a", "b\nc"], [(1, 2), (3, 4)]),
        (b"a,b\rc,d\n1,2,3\n4,5,6\n", ["a", "b\nc", "d"], [(1, 2, 3), (4, 5, 6)]),
    ],
)
def test_a_carriage_return_in_the_header_ends_it_or_belongs_to_a_name(content, names, rows):
    """Whichever makes it as wide as its rows; it is read once, and no row is."""
    plan = planned(content)

    frame, _ = rows_of(plan.fragments, plan.schema)

    assert frame.columns == names
    assert frame.rows() == rows


@pytest.mark.parametrize("mark", ["#", "//", "!"])
@pytest.mark.parametrize("above", ["{}id,title,state\n", "{} issues\nid,title,state\n"])
def test_where_rows_begin_with_the_mark_of_comments_there_are_none(mark, above):
    """Ragged rows among them are mended or rejected, as ever, and none is skipped."""
    body = "{0}39,s,open\n{0}40,t,open\n{0}41,fix a, then b,open\n{0}42,closed\n{0}43,u,open\n"
    plan = planned((above + body).replace("{}", mark).replace("{0}", mark).encode())

    (chunk,) = plan.fragments[0].chunks(plan.schema)

    assert chunk.frame.to_series().to_list() == [f"{mark}{n}" for n in (39, 40, 42, 43)]
    assert [reject.raw for reject in chunk.rejects] == [f"{mark}41,fix a, then b,open\n".encode()]
    assert chunk.repaired == {"cells missing at the end": 1}
    assert "comment" not in chunk.skipped


def test_of_few_rows_with_the_mark_of_comments_the_ragged_ones_are_rows_too():
    """Where nothing stands apart behind the mark, which then is part of a cell."""
    rows = b"38,r,shut\n" * 9 + b"#39,s,open\n#42,closed\n"
    plan = planned(b"#id,title,state\n" + rows)

    (chunk,) = plan.fragments[0].chunks(plan.schema)

    assert chunk.frame.rows()[-1] == ("#42", "closed", None)


def test_a_row_that_is_commented_out_leaves_comments_what_they_are():
    """Whole or ragged it is a row, as its mark may be a tag; a line of words is none."""
    body = b"##\n# acids\n##\nx1,y,1\n#x2,z,2\n#x3,z\n# others\nx4,u,4\nx5,v,5\nx6,w,6\n"

    plan = planned(b"# by us\n#code,what,n\n" + body)

    frame, _ = rows_of(plan.fragments, plan.schema)
    assert plan.schema.names() == ["#code", "what", "n"]
    assert frame["#code"].to_list() == ["x1", "#x2", "#x3", "x4", "x5", "x6"]


def test_names_again_and_a_comment_as_wide_as_a_row_leave_comments_what_they_are():
    """Neither is a row that begins with the mark."""
    content = b"#t,flux\n1,2\n# then, later\n#t,flux\n# so\n3,4\n5,6\n7,8\n"

    (chunk,) = planned(content).fragments[0].chunks(planned(content).schema)

    assert chunk.skipped["comment"] == 1


def test_comments_between_rows_are_none():
    """Where they are marked like those above the table, and are not as wide as a row."""
    plan = planned(b"# of us\na,b\n1,2\n# more\n# a, b, and c\n3,4\n#5,6\n# end\n")

    (chunk,) = plan.fragments[0].chunks(plan.schema)

    assert chunk.frame.rows() == [("1", 2), ("3", 4), ("#5", 6)]
    assert chunk.skipped["comment"] == 3


def test_the_word_for_nothing_is_kept_where_a_backslash_escapes():
    r"""`\\N` is no `N`, as it is in no other text."""
    plan = planned(b'a,b\n"x \\"y\\"",\\N\n\\N,2\n"z, \\"\\N",3\n')

    (chunk,) = plan.fragments[0].chunks(plan.schema)

    assert chunk.frame.rows() == [('x "y"', "\\N"), ("\\N", "2"), ('z, "N', "3")]


def test_a_ragged_row_that_only_begins_as_a_comment_is_none():
    """Where a blank stands behind the mark of those above the table."""
    rows = b"w,1,x\n" * 600
    plan = planned(b"# of us\ntag,n,note\n" + rows + b"#a,1\n#b,2,y\n# so, then\n#so\n")

    chunks = list(plan.fragments[0].chunks(plan.schema))

    assert chunks[-1].frame.rows()[-2:] == [("#a", 1, None), ("#b", 2, "y")]
    assert sum(chunk.skipped.get("comment", 0) for chunk in chunks) == 2


@pytest.mark.parametrize(
    ("body", "rows", "repaired"),
    [
        ("1,x\n\ufeff2,y\n3,z\n", [(1, "x"), (2, "y"), (3, "z")], 1),
        ("1,x\n\ufeffid,b\n3,z\n", [(1, "x"), (3, "z")], 1),
        ('1,x\n\ufeff"2","y"\n3\n', [(1, "x"), (2, "y"), (3, None)], 2),
        ("1,x\ufeff\n2,\ufeffy\n", [(1, "x\ufeff"), (2, "\ufeffy")], 0),
    ],
)
def test_byte_order_marks_of_files_that_were_joined_are_no_text(body, rows, repaired):
    """Before a row, or before the names again; elsewhere they are what they are."""
    plan = planned(("\ufeffid,b\n" + body).encode())

    (chunk,) = plan.fragments[0].chunks(plan.schema)

    assert plan.schema["id"] == pl.Int64
    assert chunk.frame.rows() == rows
    assert sum(chunk.repaired.values()) == repaired


def test_escapes_count_where_carriage_returns_part_rows():
    """An escaped delimiter parts nothing there either."""
    rows = b"1,x\\,y,2\r2,x\\,y,3\n" + b"3,x\\,z,4\n" * 4
    plan = planned(b"a,b,c\n" + rows)

    (chunk,) = plan.fragments[0].chunks(plan.schema)

    assert chunk.frame.rows() == [(1, "x,y", 2), (2, "x,y", 3), *[(3, "x,z", 4)] * 4]
    assert not chunk.rejects


def test_a_carriage_return_in_a_cell_parts_no_row_into_others_that_are_none():
    """Its pieces are as wide as each other, but not as the table."""
    plan = planned(b"id,name,n\n1,a,2.5\n9,fo\ro,3.5\n10,b,4.5\n")

    frame, _ = rows_of(plan.fragments, plan.schema)

    assert frame.rows() == [(1, "a", 2.5), (9, "fo\ro", 3.5), (10, "b", 4.5)]


def test_nothing_but_white_space_is_empty():
    """There is no table in it, and the error says so."""
    with pytest.raises(EmptyInput):
        planned(b"\n\n  \n")


def test_too_many_columns_are_refused_by_name_of_the_limit():
    """The limit stands in the code of the error."""
    content = ",".join(f"c{i}" for i in range(50)).encode() + b"\n" + b"1," * 49 + b"1\n"

    with pytest.raises(LimitExceeded) as caught:
        list(
            Delimited().tables(
                MemoryObject("w.csv", content), Origin("w.csv"), Limits(max_columns=40)
            )
        )

    assert caught.value.stable_code == "limit.columns"


def test_a_stream_reads_like_a_range():
    """What cannot be cut, because it is compressed, gives the same rows in sequence."""
    content, table = tricky_file(5)
    plan = planned(content)
    (streamed,) = Delimited().tables(
        MemoryObject("data.csv", content, seekable=False), Origin("data.csv"), Limits()
    )

    frames = [c.frame for c in streamed.fragments[0].chunks(plan.schema)]

    assert pl.concat(frames).equals(
        pl.concat([c.frame for c in plan.fragments[0].chunks(plan.schema)])
    )
    assert pl.concat(frames).height == len(table)


def test_a_sample_from_within_a_quoted_cell_misleads_nobody():
    """Whatever the middle of a large file looks like, numbers stay numbers."""
    rows = [f'{i},{i / 4},"first line\nsecond, line",{i % 7}' for i in range(60_000)]
    for padding in range(12):
        content = (
            "id,half,text,code\n" + "\n".join([*rows, "1,0.5," + "x" * padding + ",1"])
        ).encode()

        schema = planned(content).schema

        assert schema == {"id": pl.Int64, "half": pl.Float64, "text": pl.String, "code": pl.Int64}


@pytest.mark.parametrize("seekable", [True, False])
def test_short_cells_are_parsed_in_smaller_chunks(seekable):
    """Parsed cells take the memory, not the bytes of the file: 20 MB of digits are 10 M cells."""
    content = b"a,b\n" + b"1,2\n" * (5 << 20)
    file = MemoryObject("data.csv", content, seekable=seekable)
    (plan,) = Delimited().tables(file, Origin("data.csv"), Limits())

    cells = [chunk.frame.height * 2 for chunk in plan.fragments[0].chunks(plan.schema)]

    assert sum(cells) == 10 << 20
    assert max(cells) <= 5 << 20


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda raw: raw, {}),
        (lambda raw: raw.replace("é".encode("utf-16-le"), b"\x00\xd8"), {UNREADABLE: 3}),
        (lambda raw: raw + b"x", {UNREADABLE: 1}),
    ],
)
def test_what_a_wide_encoding_cannot_say_is_counted(damage, told):
    """Half a surrogate pair, or half a character at the end; a row that has several counts once."""
    text = "a,b\n" + "1,café é\n2,tea\n" * 3 + "3,end"
    content = codecs.BOM_UTF16_LE + damage(text.encode("utf-16-le"))

    plan = planned(content)

    chunks = list(plan.fragments[0].chunks(plan.schema))
    repaired = sum(told.values())
    assert sum((Counter(chunk.repaired) for chunk in chunks), Counter()) == told
    assert sum((chunk.rows for chunk in chunks), RowAccount()) == RowAccount(
        parsed=7 - repaired, repaired=repaired, skipped=1
    )


def test_the_last_ranges_are_half_as_long(monkeypatch):
    """Else all processors but one wait for the last of them."""
    monkeypatch.setattr(delimited, "FRAGMENT_BYTES", 2 << 20)
    content = b"n,word\n" + b"".join(b"%d,word\n" % n for n in range(1_000_000))

    ranges = planned(content).fragments

    sizes = [each.end - each.start for each in ranges]
    assert [each.start for each in ranges] == [*accumulate(sizes[:-1], initial=len(b"n,word\n"))]
    assert ranges[-1].end == len(content)
    assert sizes[:-4] == [2 << 20] * (len(sizes) - 4)
    assert max(sizes[-4:]) <= 1 << 20


def test_ranges_within_one_long_line_read_none_of_it(monkeypatch):
    """No row begins in them, and nothing is mended to find that out."""
    monkeypatch.setattr("pipelines.formats.byte_range.SPOT_BYTES", 64)
    content = b"a,b\n1," + b"x" * 2000 + b"\n2,y\n"
    whole = planned(content)
    (fragment,) = whole.fragments
    within = cut(fragment, [500, 1000, 1500], len(content))
    monkeypatch.setattr(mended_rows, "read", None)

    frame, account = rows_of(within, whole.schema)

    assert frame["a"].to_list() == [1, 2]
    assert [*map(len, frame["b"])] == [2000, 1]
    assert account.parsed == 2
    for inner in within[1:3]:
        (chunk,) = inner.chunks(whole.schema)
        assert chunk.frame.height == 0
        assert chunk.span == (inner.end, inner.end)


def test_irregular_rows_of_many_columns_are_mended_many_at_a_time():
    """A piece costs a look at each of its columns, so a few hundred rows are few pieces."""
    rows = [b",".join([b"1"] * (2000 - number)) for number in range(500)]
    plan = planned(b"\n".join(rows) + b"\n")

    chunks = list(plan.fragments[0].chunks(plan.schema))

    assert sum(chunk.frame.height for chunk in chunks) == len(rows)
    assert len(chunks) <= 2
