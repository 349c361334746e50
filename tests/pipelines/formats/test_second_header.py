"""Second header: two rows that name the columns, and first rows of text that only seem to."""

import polars as pl
import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

NUMBERS = "A,1,2,3,4\nB,5,6,7,8\nC,9,10,11,12\n"


def table_in(text: str):
    (table,) = plan([MemoryObject("data.csv", text.encode())], Limits()).tables
    return table


def frame_in(text: str) -> pl.DataFrame:
    table = table_in(text)
    return table_of(read(table.fragments, table.schema))


@pytest.mark.parametrize(
    ("head", "names"),
    [
        (
            ",2019,,2020,\nregion,male,female,male,female\n",
            ["region", "2019 male", "2019 female", "2020 male", "2020 female"],
        ),
        (
            "region,2019,,2020,\n,male,female,male,female\n",
            ["region", "2019 male", "2019 female", "2020 male", "2020 female"],
        ),
        (
            '"","first group","","second\ngroup",""\nname,a,b,c,d\n',
            ["name", "first group a", "first group b", "second\ngroup c", "second\ngroup d"],
        ),
    ],
)
def test_groups_go_to_the_right_over_blanks(head, names):
    """A group's name stands once, above the first of its columns, and belongs to all of them."""
    frame = frame_in(head + NUMBERS)

    assert frame.columns == names
    assert frame.dtypes == [pl.String, *[pl.Int64] * 4]
    assert frame.row(0) == ("A", 1, 2, 3, 4)


def test_a_group_goes_no_further_than_its_values():
    """A note behind the last group is none of its numbers."""
    text = ",2019,,2020,,\nregion,m,f,m,f,note\n"
    text += "A,1,2,3,4,good\nB,5,6,7,8,\nC,9,10,11,12,so so\n"

    assert frame_in(text).columns == ["region", "2019 m", "2019 f", "2020 m", "2020 f", "note"]


@pytest.mark.parametrize(
    ("units", "names"),
    [
        (",kg,m/s,", ["id", "mass kg", "speed m/s", "place"]),
        (",degrees_north,degree_C,", ["id", "mass degrees_north", "speed degree_C", "place"]),
        ("-,kg,m s-1,-", ["id", "mass kg", "speed m s-1", "place"]),
        ("[no],[anything],[else],", ["id [no]", "mass [anything]", "speed [else]", "place"]),
    ],
)
def test_units_below_the_names_become_part_of_them(units, names):
    """They are no row of data, and no column of numbers turns to text by them."""
    table = table_in(f"id,mass,speed,place\n{units}\n1,2.5,3,Rome\n2,3.5,4,Oslo\n")
    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.columns == names
    assert chunk.frame.rows() == [(1, 2.5, 3, "Rome"), (2, 3.5, 4, "Oslo")]
    assert chunk.skipped == {"header": 2}
    assert [notice.code for notice in table.notices] == ["header.rows"]
    assert table.details["headerRows"] == 2
    assert ("header", "names above units") in [(g.what, g.chosen) for g in table.guesses]


def test_types_below_the_names_are_said():
    """They are left out of the names, and stand in a notice."""
    table = table_in("id,mass,name\nint,float,text\n1,2.5,Rome\n2,3.5,Oslo\n")

    assert table.schema.names() == ["id", "mass", "name"]
    assert table.schema["mass"] == pl.Float64
    assert "`int`, `float`, `text`" in table.notices[0].message


def test_widths_and_types_of_rdb_files_are_no_row():
    """As gauges of water publish them, where even numbers are names: `5s` and `14n`."""
    table = table_in("site\tday\t00060\n15s\t10d\t14n\nA1\t2020-01-01\t5.5\nA2\t2020-01-02\t6\n")

    assert table.schema == {"site": pl.String, "day": pl.Date, "00060": pl.Float64}
    assert [notice.code for notice in table.notices] == ["header.types"]


def test_texts_above_many_columns_of_numbers_are_names_too():
    """Where each of them differs, and each stands above numbers."""
    text = "Mean,Mean,Max\ntemperature,pressure,wind\n"

    assert frame_in(text + "1,2,3\n4,5,6\n7,8,9\n").columns == [
        "Mean temperature",
        "Mean pressure",
        "Max wind",
    ]


@pytest.mark.parametrize(
    ("text", "rows", "has_doubt"),
    [
        ("name,city\nAda,Rome\nBob,Oslo\nLi,Bern\n", 3, False),
        ("id,mass,name\n1,unknown,Rome\n2,3.5,Oslo\n3,4,Bern\n", 3, False),
        ("a,b,c\nunknown,missing,Rome\n2,3.5,Oslo\n3,4,Bern\n", 3, True),
        ("a,b,c\nlost one,void it,no data\n2,3.5,1\n3,4,2\n4,5,6\n", 4, True),
        ("a,b,c\n,lost one,void it\n2,3.5,1\n3,4,2\n4,5,6\n", 4, True),
        ("a,b,c\n,,void it\n2,3.5,1\n3,4,2\n4,5,6\n", 4, False),
        ("sex,age\nm,kg\nf,3\nm,4\nm,5\n", 4, False),
        ("a,b\nNA,NA\n1,2\n3,4\n", 3, False),
        ("id,name,,score\nx1,Ada,b,1\nx2,Bob,c,2\nx3,Li,d,3\n", 3, False),
        ("kg,m\n", 0, False),
        ("mass,speed\nkg,m/s\n", 1, False),
    ],
)
def test_a_first_row_of_text_stays_a_row(text, rows, has_doubt):
    """Words for what is missing, texts among texts, values that come again, lone rows."""
    table = table_in(text)
    frame = table_of(read(table.fragments, table.schema))

    assert frame.height == rows
    assert "headerRows" not in table.details
    assert has_doubt == any(notice.code == "header.doubt" for notice in table.notices)


@pytest.mark.parametrize(
    "head",
    [
        "name\tage\tsex\ns\tc\td\nmeta\t\tclass\n",
        "name\tage\tsex\nstring\tcontinuous\tdiscrete\n\t\t\n",
        "name\tage\tsex\nstring\tcontinuous\tf m\nmeta\t\tclass\n",
        "name\tage\tsex\nstring\t5 6 7\tf m\nmeta type=text\n",
        "name\tage\tsex\nAnn Bob\\ X Bob Cid\tc\td\n\n",
    ],
)
def test_types_and_flags_of_orange_are_no_rows(head):
    """Its files have three rows above the values; a type may be a list of the values."""
    table = table_in(head + "Ann\t5\tf\nBob\t6\tm\nCid\t7\tm\n")

    frame = table_of(read(table.fragments, table.schema))

    assert frame.columns == ["name", "age", "sex"]
    assert frame.rows() == [("Ann", 5, "f"), ("Bob", 6, "m"), ("Cid", 7, "m")]
    assert table.details["headerRows"] == 3


def test_a_list_that_holds_not_all_values_is_no_type_of_orange():
    """Then the second row is a row."""
    assert frame_in("a\tb\ts\nc\tf x\td\n\t\t\n1\tm\tu\n2\tf\tv\n").height == 4


@pytest.mark.parametrize(
    "text",
    [
        "q1,q2\nc,d\nc,c\na,b\nc,d\n",
        "ans1,ans2,ans3\nd,c,d\nc,c,c\na,b,a\nb,c,d\n",
        "sex,kind\nt,s\nm,c\nm,t\nw,s\n",
        "term,kind\ntime,continuous\nweight,meta\nfoo,bar\n",
        "name,type\ntext,string\n,class\nfoo,int\n",
        "size,grade\nc,d\nm,\n5,a\n7,a\nc,d\n",
        "size,grade\nc,d\nm,\n5,a\n7,b\n",
    ],
    ids=["answers", "more", "sexes", "glossary", "words alone", "again", "no value twice"],
)
def test_letters_and_words_that_no_value_bears_out_are_rows(text):
    """Answers from a to d, and words that Orange has for types, are data of others."""
    assert frame_in(text).height == sum(bool(line.strip(",")) for line in text.split("\n")[1:])


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("mass,speed\nkg,m/s\n", ["mass kg", "speed m/s"]),
        ("mass,speed\nint,float\n", ["mass", "speed"]),
    ],
)
def test_two_header_rows_that_come_again_are_no_rows(head, names):
    """As in files that were joined, one below the other."""
    table = table_in(head + "1,2\n3,4\n" + head + "5,6\n7,8\n")

    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.columns == names
    assert chunk.frame.rows() == [(1, 2), (3, 4), (5, 6), (7, 8)]
    assert chunk.skipped == {"header": 2, "header again": 2}


@pytest.mark.parametrize("ruler", ["--,---", "***", "==,===", "-------", "__,____"])
def test_a_ruler_below_the_names_is_no_row(ruler):
    """As sqlcmd writes it, below each name or below all."""
    table = table_in(f"id,n\n{ruler}\n1,5\n2,6\n3,7\n")

    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.to_dicts() == [{"id": 1, "n": 5}, {"id": 2, "n": 6}, {"id": 3, "n": 7}]
    assert chunk.skipped == {"header": 2}
    assert [notice.code for notice in table.notices] == ["header.ruler"]


@pytest.mark.parametrize("row", ["-,-", "--,5", "--,"])
def test_dashes_for_what_is_missing_are_a_row(row):
    """A ruler has more than one sign, and stands below all names."""
    assert frame_in(f"id,n\n{row}\n1,5\n2,6\n3,7\n").height == 4


@pytest.mark.parametrize(
    ("head", "alone", "rows"),
    [
        ("n,k\n--,--\n", "--,--\n", [("1", "a"), ("--", "--"), ("2", "b")]),
        ("n,k\n__,__\n", "__,__\n", [("1", "a"), ("__", "__"), ("2", "b")]),
        ("n,k\n--,--\n", "n,k\n--,--\n", [(1, "a"), (2, "b")]),
    ],
)
def test_dashes_go_again_only_right_below_the_names(head, alone, rows):
    """Elsewhere they stand for what is missing."""
    table = table_in(head + "1,a\n" + alone + "2,b\n")

    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.rows() == rows
    assert chunk.skipped == {"header": 2} | ({"header again": 2} if len(rows) == 2 else {})


SITES = "".join(f"a{n},{n},{n / 2},2024-05-{n:02d}\n" for n in range(1, 20))


@pytest.mark.parametrize(
    ("head", "names"),
    [
        (",kg,m/s,\ntext,float,float,date\n", ["site", "mass kg", "speed m/s", "day"]),
        (
            ",kg,m/s,\nplace,weight of it,how fast,when\n",
            ["site place", "mass kg weight of it", "speed m/s how fast", "day when"],
        ),
        (
            "place,weight,pace,date\nOrt,Gewicht,Tempo,Tag\n",
            ["site place Ort", "mass weight Gewicht", "speed pace Tempo", "day date Tag"],
        ),
        (
            "site,mass,speed,day\nsite,mass,speed,day\n",
            ["site site site", "mass mass mass", "speed speed speed", "day day day"],
        ),
    ],
    ids=["units and types", "units and what they mean", "languages", "the same"],
)
def test_three_rows_may_name_the_columns(head, names):
    """What is no value in columns of values describes them, row by row."""
    table = table_in("site,mass,speed,day\n" + head + SITES)

    assert list(table.schema) == names
    assert table.details["headerRows"] == 3
    assert frame_in("site,mass,speed,day\n" + head + SITES).dtypes[1:3] == [pl.Int64, pl.Float64]


@pytest.mark.parametrize("word", ["unknown", "x"])
def test_a_third_row_of_words_for_what_is_missing_is_a_row(word):
    """And so is one of too little to tell."""
    text = "site,mass,speed,day\n,kg,m/s,\n" + ",".join([word] * 4) + "\n" + SITES

    assert word in frame_in(text)["mass" if "mass" in frame_in(text).columns else "mass kg"]


GROUPED = ["country", "2019 births", "2019 deaths", "2020 births", "2020 deaths"]


@pytest.mark.parametrize(
    ("upper", "lower", "names"),
    [
        ("country,2019,2019,2020,2020", ",births,deaths,births,deaths", GROUPED),
        (
            "country,2018,2019,2020,2021",
            "unit,kg,kg,t,t",
            ["country", "2018 kg", "2019 kg", "2020 t", "2021 t"],
        ),
    ],
    ids=["groups in each column", "years above units"],
)
def test_years_name_columns_with_what_stands_below_them(upper, lower, names):
    """Where the same names stand below each year, or units below all."""
    rows = "A,15,2,31,4\nB,2,35,4,5\nC,4,5,625,7\n"

    assert frame_in(f"{upper}\n{lower}\n{rows}").columns == names
    assert len(frame_in(f"{upper}\n{lower}\n{rows}")) == 3


def test_other_names_below_names_that_come_again_are_told():
    """They may be a row in which words stand for numbers."""
    rows = "A,15,2,31,4\nB,2,35,4,5\nC,4,5,625,7\n"

    for lower in ("x,low,high,high,low", "x,unknown,void,unknown,void"):
        table = table_in(f"country,a,a,b,b\n{lower}\n{rows}")

        assert [notice.code for notice in table.notices if "header" in notice.code] == [
            "header.doubt"
        ]
