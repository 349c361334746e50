"""Dialect: where the names are, and what lies between cells, in files as programs write them."""

import pytest

from pipelines.formats.dialect import detect


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"","x"\n"1",0.5\n"2",0.7\n', ("", "x")),
        ('"","1940","1945"\n"food",22.2,44.5\n"home",10.5,15.5\n', ("", "1940", "1945")),
        ('"",1,2,3\n1,50,19,26\n2,16,40,34\n', ("", "1", "2", "3")),
        (
            "country,code,1960,1961,1962\nArt,A,1.5,2,3\nBel,B,4,5.5,6\n",
            ("country", "code", "1960", "1961", "1962"),
        ),
        ("1,2,3\n2,3,4\n3,4,5\n", None),
        ("1.5,2.5\n3.5,4.5\n", None),
        ("id;name\n1;a\n2;b\n", ("id", "name")),
        ("OBS GPA GRADE\n1 2.66 0\n2 2.89 0\n", ("OBS", "GPA", "GRADE")),
        ("  OBS   GPA\n    1  2.66\n   12  2.89\n", ("OBS", "GPA")),
        ("'a';'b'\n'1';'x;y'\n'2';'z'\n", ("a", "b")),
        ("name\nAda Lovelace\nLi Wei\nAnn Lee\n", ("name",)),
        ("id,name\n1,a\nid,name\n2,b\n", ("id", "name")),
        ("#\n1\n2\n", ("#",)),
        ("#,%,!\n1,2,3\n4,5,6\n", ("#", "%", "!")),
        ("?,.\n1,2\n4,5\n", None),
        ("+,+\n1,2\n4,5\n", None),
        ("1/5/2024 10:15 AM\n2/5/2024 10:15 PM\n3/5/2024 10:15 PM\n", None),
        ("9:15AM\n9:30AM\n9:45AM\n", None),
        ("room,10:00 AM,11:00 AM\na,Ann,Bob\nb,Cyd,Dan\n", ("room", "10:00 AM", "11:00 AM")),
        ("AD,Andorra\nAE,Emirates\nAF,Afghanistan\nAG,Antigua\nAI,Anguilla\nAL,Albania\n", None),
        (
            "ID,Name\nAE,Emirates\nAF,Afghanistan\nAG,Antigua\nAI,Anguilla\nAL,Albania\n",
            ("ID", "Name"),
        ),
        ("CC,LAND\nDE,GERMANY\nES,SPAIN\nFR,FRANCE\nGB,BRITAIN\nIT,ITALY\n", ("CC", "LAND")),
        ("EA,City\nEB,Rome\nEC,Oslo\nED,Bern\nEE,Nice\nEF,Bonn\n", ("EA", "City")),
        ("ABBR\nAMER\nASIA\nEURO\nMEAS\nOCEA\nPACI\n", ("ABBR",)),
    ],
)
def test_names_are_found_where_they_are(text, names):
    """With an empty corner, years for names, aligned by spaces, in single quotes; or nowhere."""
    layout = detect(text, is_whole=True)

    assert layout.names == names
    assert layout.first_record == 0


def test_blanks_at_the_ends_of_lines_part_nothing():
    """They follow the last cell of each."""
    layout = detect("10.0 280.0 16.7 \n20.0 19.5 13.8 \n100.0 5.5 7.1 \n", is_whole=True)

    assert (layout.columns, layout.dialect.delimiter) == (3, " ")


def test_what_parts_names_parts_rows():
    """Though something else parts the rows into more cells; unless it is their decimal mark."""
    rows = "".join(f"A/{n}|KF7{n}|2013|H3/1-{n},2013.4{n},here\n" for n in range(5))
    decimals = "Place,Sum\nNord;1,50\nSued;2,75\nWest;3,10\n"

    assert detect("name,n,where\n" + rows, is_whole=True).names == ("name", "n", "where")
    assert detect(decimals, is_whole=True).dialect.delimiter == ";"


def test_names_may_end_before_the_rows_do():
    """The last one is that of several columns; the first row of such a table says nothing."""
    rows = "".join(f"a{n},{n},b,c,d,e,f\n" for n in range(4))

    assert detect("name,n,more,,,,\n" + rows, is_whole=True).names is not None
    assert detect("a9,,b,,,,\n" + rows, is_whole=True).names is None


def test_a_delimiter_that_all_lines_have_parts_them():
    """Commas that blanks follow stand in most cells, though not in all."""
    text = "A, LATIN\t00C1\nA, SMALL\t0061\nMoon, Sun, Star\t1F311\nB\t0062\n" * 3

    assert detect(text, is_whole=True).dialect.delimiter == "\t"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (" 7.68  0.00 10.00\n-1.50 12.25  0.50\n", 3),
        ("a b\n1 \n2 x\n", 2),
        ("1684.6    1505.3\n1757.2    1632.8\n1800.1    1700.0\n", 2),
        ("note\nleft: at noon\ngone: home\n", 1),
        ("1:2.5:x\n2:3.5:y\n", 3),
        ("time\n10:15\n10:30\n", 1),
        ("time\n2024-05-01 10:15:00\n2024-05-01 10:30:00Z\n", 1),
        ("2024-05-01  10:15:00\n2024-05-02  10:15:00\n2024-05-03  10:15:00\n", 2),
        ("2024-05-01 10:15:00 +0200\n2024-05-02 10:15:00 +0200\n2024-05-03 10:15:00 +0200\n", 1),
        ("2024-05-01 10:15 AM\n2024-05-02 10:15 PM\n2024-05-03 10:15 PM\n", 3),
        ("1/5/2024 10:15 AM\n2/5/2024 10:15 PM\n3/5/2024 10:15 PM\n", 1),
        ("price\n$1,234.50\n$2,345.00\n", 1),
        ('"x"\n"1 2"\n"3 4"\n', 1),
        ("10:15:a\n10:30:b\n", 3),
        ('1.2.3.4 - [1/May/2024:10:15:00 +0200] "GET /a" 200\n' * 3, 6),
        ("+1 1:0.5 3:2\n-1 2:1 4:5\n+1 1:3 2:2\n", 3),
        ("10:15 Ann: so it is\n10:16 Bob: oh\n10:17 Ann: it is: so\n", 1),
        ("id:qty:price\n10:12:15.50\n11:10:20.25\n12:40:33.10\n", 3),
        ("\n".join(f"2024-05-01 10:15:00,12{n} INFO a: b{', c' * n}" for n in range(4)), 1),
        ("2024-05-01 10:15:10 INFO a b\n2024-05-01 10:15:11 INFO a b c\n" * 2, 1),
        ("2024-05-01 10:15:10 INFO a\n2024-05-01 10:15:11 INFO a b c\n" * 2, 1),
        ("name age town\n1 Ann 5 Rome\n2 Bob 6 Oslo\n3 Cyd 7 Bonn\n", 4),
        ("- a\n- b\n- c\n", 1),
        ("size\n36 KB\n5 KB\n8 MB\n", 1),
        ("Stations\n36 5\n5 7\n8 9\n", 2),
        ("Stations\na  5\nb  7\nc  9\n", 2),
        ("name\nDoe, John\nRoe, Jane\nPoe, Al\n", 1),
        ("Places\nOslo, 5\nRome, 7\nBonn, 9\n", 2),
        ("$1,234.50\n$2,345.00\n$5,000.00\n", 1),
        ("1.234,50 €\n2.345,00 €\n", 1),
        ("$1,234\n$2,34\n$5,000\n", 2),
        ("fe80::14:c0c\nfe80::4:15b6\nfe80::1\n", 1),
        ("9a:d6:1f:4c:31:54\nf9:dd:38:1d:b7:a2\n9d:12:9c:e7:10:b0\n", 1),
        ("1:2:3:4\n5:6:7:8\n9:8:7:6\n", 4),
        ('% of us\n% \n"so":"r":"v"\nFoo:12.5:85.4\nBar:14.1:87.6\nBaz:14.3:89.0\n', 3),
        ("- mended (#12)\n- made\n- told (#155)\n- took (#3, #4)\n", 1),
        ("this is all\nof xml, html, and more\n", 1),
        ("http://a.org/x?y=1&amp;z\nhttp://b.org/x\nhttp://c.org/?a&amp;b;c\n", 1),
        ("all is well\nso it is\nsee you, bye\n", 1),
        ("INFO: a\nINFO: b, c\nINFO: d\n", 1),
        ("2024-05-01 10:15:00,123 Elm St,5\n2024-05-01 10:15:01,125 Oak St,7\n", 3),
        ("2024-05-01 10:15:00,123\n2024-05-01 10:15:01,125\n2024-05-01 10:15:02,126\n", 2),
        ("time,n\n2024-05-01 10:15:00,123 m\n2024-05-01 10:15:01,125 m\n", 2),
        ("time,n\n2024-05-01 10:15:00,2\n2024-05-01 10:30:00,7\n", 2),
    ],
)
def test_spaces_and_colons_part_cells_only_where_values_stand(text, columns):
    """They are common in names, times and prose."""
    assert detect(text, is_whole=True).columns == columns


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_comma_in_all_rows_but_the_first_parts_none_of_them(delimiter):
    """What parts all lines evenly does; another, which the names lack, stands within a column."""
    rows = [
        "name|path|n",
        "Doe, Ann|/usr/a|+1 55",
        "Roe, Bob|/usr/b|+1 56",
        "Poe, Cid|/usr/c|+1 57",
    ]
    layout = detect("\n".join(rows).replace("|", delimiter) + "\n", is_whole=True)

    assert (layout.dialect.delimiter, layout.names) == (delimiter, ("name", "path", "n"))


def test_a_mark_within_all_cells_of_a_column_parts_none_of_them():
    """Where tabs part all lines evenly."""
    layout = detect("#\tTag\n1\t#a\n2\t#b\n# so\n3\t#c\n", is_whole=True)

    assert (layout.dialect.delimiter, layout.names) == ("\t", ("#", "Tag"))


def test_nothing_parts_the_cells_of_one_column():
    """Commas in a few of them are text, and so is what stands behind a few."""
    text = "note\nnone\nyes, all of it, again\n" + "ok\n" * 9 + "so;\n"
    layout = detect(text, is_whole=True)

    assert layout.columns == 1
    assert layout.dialect.delimiter not in text
    assert next(g.chosen for g in layout.guesses if g.what == "delimiter") == "none"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("k,v\nA,1\nB,2\n" + "".join(f"n{i}\n" for i in range(60)), ("k", "v")),
        ("full name,ratio\nCyd Poe\nDan Joy\nGil Roe\nEve Fox\n", ("full name", "ratio")),
        ("sep=,\na\n1\n2\n", ("a",)),
        ("sep=;\na;b,c\n1;x,y\n2;z,y\n", ("a", "b,c")),
        ("id\tk\tv\tw\nid1\nid2\nid3\n", ("id", "k", "v", "w")),
        ("k|v\n" + "".join(f"n{i}\n" for i in range(9)), ("k", "v")),
    ],
)
def test_what_parts_the_first_line_parts_all(text, names):
    """Two names stay two, however few rows have two cells."""
    layout = detect(text, is_whole=True)

    assert layout.names == names
    assert layout.dialect.delimiter == next(each for each in "\t;|," if each in text)


def test_rows_that_have_much_of_the_first_are_rows():
    """They are not its names again, and what is left says nothing of them."""
    text = "Anno Domini,AH Safar,Showa May,BE Mai\n" * 3 + (
        "Anno Domini,AH Safar,Showa June,BE Mai\nAnno Domini,AH Safar,Showa May,BE Juni\n" * 4
        + "Anno 1,AH 5,Showa 9,BE 3\n"
    )

    assert detect(text, is_whole=True).names is None


@pytest.mark.parametrize("years", ["2020 \t2021 ", "2020 "])
def test_tabs_part_cells_that_hold_commas(years):
    """Several keys stand in the first column of the tables of Eurostat."""
    cells = "\t".join(["1.5 "] * (years.count("\t") + 1))
    text = f"freq,unit,geo\\TIME_PERIOD\t{years}\n" + "".join(
        f"A,EUR,{place}\t{cells}\n" for place in ("DE", "FR", "IT")
    )
    layout = detect(text, is_whole=True)

    assert (layout.dialect.delimiter, layout.columns) == ("\t", 2 + years.count("\t"))


@pytest.mark.parametrize(
    "text",
    [
        "id,no\n1,007\t\n2,008\t\n",
        "no,id\n007\t,1\n008\t,2\n",
        "a,b,one\ttwo\nc,d,three\tfour\n",
    ],
)
def test_a_tab_that_only_ends_cells_parts_none(text):
    """Programs put it there, lest a spreadsheet takes the cell for a number; or it is of prose."""
    assert detect(text, is_whole=True).dialect.delimiter == ","


@pytest.mark.parametrize("mark", [":", "#", "~"])
def test_names_of_people_part_nothing_below_names(mark):
    """A comma that the first line lacks, and blanks follow, is one of prose."""
    text = f"name{mark}age\nDoe, John{mark}30\nRoe, Jane{mark}31\nPoe, Bob{mark}32\n"

    assert detect(text, is_whole=True).names == ("name", "age")


@pytest.mark.parametrize("first", ["Paris, France", "No. 5, 6", "level=info a,b", "1,2 and 3"])
def test_a_delimiter_in_a_first_line_of_words_parts_nothing(first):
    """What no line below has parts names alone, and no sentence nor place."""
    layout = detect(f"{first}\nalpha\nbeta gamma\ndelta\n", is_whole=True)

    assert (layout.columns, layout.guesses[0].chosen) == (1, "none")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("2011.0.170-S,a\n2011.0.629-T,b\n2012.0.1-S,c\n", None),
        ("2011.0.170-S,a\nshort,b\n2012.0.1-S,c\n", ("2011.0.170-S", "a")),
        ("n,EU27_2007\n1,EU27_2007\n2,EU27_2007\n3,\n", ("n", "EU27_2007")),
        ("1100..115F ,L\n1160 ,V\nAC00 ,T\n", None),
        ("/usr/lib/x50/y.txt\n/usr/lib/x20/y.txt\n/usr/lib/x7/y.txt\n", None),
        ("#bd565d\n#96b56d\n#572562\n", None),
        ("PT1H\nPT30M\nP1DT5H\n", None),
        ('"{""a"": 1}"\n"{""a"": 2}"\n"{""a"": 3}"\n', None),
        ("1. Sex\t2. Age\n1. M\t2. Young\n2. F\t1. Old\n", ("1. Sex", "2. Age")),
        ("Q1-2020,n\nA62-8,5\nB1-2,7\n", ("Q1-2020", "n")),
        ("Name,1929,1930\nA,3230,2678\nB,6002,5201\n", ("Name", "1929", "1930")),
        ("# start: 2024;END\n1100..115F ;L\n1160 ;V\nAC00 ;T\n", None),
        ("id-2,a\n2011.0.629-T,b\n2012.0.1-S,c\n", ("id-2", "a")),
    ],
)
def test_a_code_like_all_below_it_is_no_name(text, names):
    """Letters, figures and marks in the same order make a row."""
    assert detect(text, is_whole=True).names == names


@pytest.mark.parametrize(
    "line",
    [
        "2024-05-01T10:15:1{}Z {}",
        "May  1 10:15:1{} host app[12]: {}",
        "[10:1{}] Ann: {}",
        "[notice] {}{}",
        "INFO: {}{}",
        "{}. {}",
        "level=info n={} {}",
        "{{3F-{}}} {}",
    ],
)
def test_the_first_line_of_a_log_is_a_row(line):
    """It begins as all others do, as no name above them would."""
    said = ["start", "all is well", "user logged in", "bye, see you"]
    text = "".join(line.format(n, words) + "\n" for n, words in enumerate(said))

    layout = detect(text, is_whole=True)

    assert (layout.columns, layout.names, layout.first_record) == (1, None, 0)


@pytest.mark.parametrize(
    ("text", "escape"),
    [
        ('"a","b"\n"1","say \\"hi\\" now"\n"2","x"\n', "\\"),
        ('"a","b"\n"1","C:\\temp\\"\n"2","x"\n', None),
        ('a, b\n1, "say \\" now"\n2, "x"\n', "\\"),
        ('"a","b"\n"C:\\temp\\","x, y"\n"D:\\","z"\n', None),
        ('"a","b"\n"1","say ""hi"" now"\n"2","x"\n', None),
        ("a,b\n1,C:\\temp\n", None),
    ],
)
def test_a_backslash_escapes_only_where_that_makes_sense(text, escape):
    """Windows' paths end in backslashes too."""
    assert detect(text, is_whole=True).dialect.escape == escape


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("# a note, in words\n# another\n1,2.5,3\n2,3.5,3\n", None, 2),
        ("# a note, in words\nx,y\n1,2.5\n2,3.5\n", ("x", "y"), 1),
        ("% made by\n% a tool, of ours, here\nx,y,z\n1,2,3\n4,5,6\n", ("x", "y", "z"), 2),
        ("# a note\n# x,y\n1,2.5\n2,3.5\n", ("# x", "y"), 1),
        ("# time flux\n1 2.5\n2 3.5\n", ("time", "flux"), 0),
        ("# made by us\n# in two lines\n# a b c\n1 2 3\n4 5 6\n", ("a", "b", "c"), 2),
        ("# a comment of many words here\na b c\n1 2 3\n4 5 6\n", ("a", "b", "c"), 1),
        ("#ff0000,red,1\n#00ff00,green,2\n0000ff,blue,3\n", None, 0),
        ("#ff0000,red\n#00ff00,green\n", ("#ff0000", "red"), 0),
        ("#1001,Ann,5\n#1002,Bob\n1003,Cid,7\n1004,Dan,8\n", None, 0),
        ("#tag,count\n#love,5\n#art,6,extra\nplain,7\nbar,9\n", ("#tag", "count"), 0),
        ("# one\na,b,c\n# two\nd,e,f\n# three\ng,h,i\n", ("a", "b", "c"), 1),
        ("# by us\n#code,what\n\n####\n# acids\n####\nx1,y\nx2,z\n", ("#code", "what"), 1),
        ("#,code,what\n# acids\nx1,y z\nx2,z\n", ("code", "what"), 0),
        ("# by us, here.\n# acids\nx1,1.5\nx2,2.5\n", None, 2),
        ("# by us\n# a b c d\n# and so\n1 2 3 4\n2 3 4 5\n", None, 3),
        ("# a,b\n# c,d\n# acids\nx1,1.5\nx2,2.5\n", None, 3),
    ],
)
def test_comments_above_the_rows_name_nothing(text, names, first):
    """However many commas stand in them; the last may hold the names, behind a mark or not."""
    layout = detect(text, is_whole=True)

    assert layout.names == names
    assert layout.first_record == first
    last = text.splitlines()[-1]
    assert layout.columns == len(last.split("," if "," in last else " "))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "v,name,made,out,eol,late\n4.1,W,2004-01-01\n5.1,H,2005-01-01\n7.0,F,2007,8,9,10\n",
            ("v", "name", "made", "out", "eol", "late"),
        ),
        ("id,name,,name\n1,ann\n2,bob\n3,cy,1,2,3\n", ("id", "name", "", "name")),
        ("title\na,b,c,d\n1,x\n2,y\n", ("a", "b", "c", "d")),
        ("Report, made by, Smith\nname,value\nA,1\nB,2\n", ("name", "value")),
        ("Report;of;us;here\nname;value\nA;1\nB;2\n", ("name", "value")),
        ("id,name,age\n11,John\n12,Julie,26,Potatoes\n", ("id", "name", "age")),
        ("1,2,3,4\n1,2\n3,4\n5,6\n", None),
        ("a,b,,\n1,2\n3,4\n", ("a", "b")),
    ],
)
def test_rows_may_leave_out_what_is_empty_behind(text, names):
    """Then the names say how many columns there are; a title above other names does not."""
    layout = detect(text, is_whole=True)

    assert layout.names == names
    assert layout.columns == len(names or "12")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("museum,2011,2010\nA,23.824,17.518\nB,closed,closed\n", ("museum", "2011", "2010")),
        ('"a","1969  ","1970  ","1971  "\n"x",1 ,2 ,3 \n"y",4 ,5 ,6 \n', ("a", "1969", "1970")),
        ("id,1022,1025\nx,TRUE,FALSE\ny,FALSE,TRUE\n", ("id", "1022", "1025")),
        ("x,TRUE,FALSE\ny,FALSE,TRUE\nz,TRUE,TRUE\n", None),
        ("Ada,1915,1952\nBob,1920,1980\nCy,1931,1999\n", None),
        ("Ada,1915,1952\nBob,1920,\nCy,,\n", None),
        ("7,a,2018-01-01\n7,a,2018-01-01\nx,b,\n,c,3\n", None),
        ("Country,2019\nAland,5.5\nBorg,6.1\nCad,7\n", ("Country", "2019")),
        ("Country Code,2019\nAland,5.5\nBorg,6.1\nCad,7\n", ("Country Code", "2019")),
        ("cultivar,2019,n\nGala,5.5,7\nFuji,6.1,6\nIdared,7,5\n", ("cultivar", "2019", "n")),
        ("Rome,2020,north\nOslo,5,south\nBern,7,west\nKyiv,9,east\n", None),
        ("Mexico City,2020\nOslo,5\nBern,7\nKyiv,9\n", None),
        ("Ann,1987\nBob,1991\nCid,2004\nDan,5\n", None),
        ("bolt,1950\nnut,30\n", None),
        ("bolt,1950\nnut,30\nbolt,45\ngear,7\n", None),
    ],
)
def test_numbers_name_columns_of_other_values(text, names):
    """Years, however padded; any above true and false. But a row that is there twice is a row."""
    found = detect(text, is_whole=True).names

    assert (found and tuple(name.strip() for name in found)[: len(names or ())]) == names


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("Date:,2020-01-01,\nname,a,b\nx,1,2\ny,2,3\n", ("name", "a", "b"), 1),
        ("Made by,Joe,,\nname,a,b,c\nx,1,2,3\ny,2,3,4\n", ("name", "a", "b", "c"), 1),
        ("name,,speed\n,kg,m/s\nx,1,2\ny,3,4\n", ("name", "", "speed"), 0),
        ("a,,,\nb,c,d,e\nf,g,h,i\n", None, 1),
        (
            "9:48,,,\n,,,\nName:,Joe,,\nNumber,4,,\n,,,\nday,ref,of,sum\n2024-05-01,a,b,2.5\n,,,6\n",
            ("day", "ref", "of", "sum"),
            5,
        ),
        ("a,1,,\nb,2,,\nc,3,4,5\nd,,6,7\n", None, 0),
    ],
)
def test_a_note_in_a_few_cells_names_nothing_above_a_row_of_names(text, names, first):
    """Where that row stands above numbers; else the first row of several cells is taken."""
    layout = detect(text, is_whole=True)

    assert layout.first_record == first
    assert names is None or layout.names == names


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Device:,T9,Serial:,007\nEvery:,10 min,,\n,,,\nn,t,u,v\n1,2,3,4\n2,3,4,5\n", 3),
        ("Device:,T9\n\nn,t\n1,2\n2,3\n", 2),
        ("Device,T9,Serial,007\nEvery,10 min,,\n,,,\nn,t,u,v\n1,2,3,4\n2,3,4,5\n", 0),
        ("n:,t:,u:\n1,2,3\n\n4,5,6\n7,8,9\n", 0),
        ("a:,b:\n,\nx,y\nz,w\n", 0),
    ],
)
def test_keys_with_colons_stand_above_a_blank_line_and_the_names(text, first):
    """Though they are as wide; without colons, or sure names below, they are rows."""
    assert detect(text, is_whole=True).first_record == first


def test_tabs_align_columns_as_spaces_do():
    """But not within quotes."""
    text = ' "a\tb"  c \t\t d\nval1   "v\tw"  \t2\n val3   val4      3\nval5\tval6\t   4\n'

    layout = detect(text, is_whole=True)

    assert layout.names == ("a\tb", "c", "d")


def test_ragged_rows_without_names_have_as_many_columns_as_the_longest():
    """None is rejected, and none is a title; tabs in every line part cells, however many."""
    rows = ["1\tx, y", "2\tz", "3\tu, v, w, t", "4\tr", "5\ts, t", "6\tq"]
    more = [1, 1, 4, 1, 7, 1]
    text = "".join(r + "\tmore" * n + "\n" for r, n in zip(rows * 3, more * 3, strict=True))

    layout = detect(text, is_whole=True)

    assert layout.dialect.delimiter == "\t"
    assert (layout.columns, layout.first_record, layout.names) == (9, 0, None)


def test_empty_cells_behind_those_of_a_note_make_no_row_wider():
    """Nor do they make it the names."""
    above = "Account: ,***33,,,,\nBalance: ,63.8,,,,\nAvailable: ,63.8,,,,\n"
    rows = "".join(f"0{n} Nov 2009,text,{n}.75,,{n}2.74\n" for n in range(1, 5))

    layout = detect(above + "Date,What,Debits,Credits,Balance\n\n" + rows, is_whole=True)

    assert layout.names == ("Date", "What", "Debits", "Credits", "Balance")
    assert (layout.columns, layout.first_record) == (5, 3)


def test_some_of_the_wider_rows_may_be_as_wide_by_an_empty_cell():
    """As long as others fill it."""
    rows = ["1.5,a b,\n"] * 6 + ["2.5,c d\n"] * 10 + ["3.5,e,f\n"] * 4

    assert detect("x,y z,\n" + "".join(rows), is_whole=True).columns == 3


def test_blanks_part_what_tabs_only_set_apart():
    """As where a comment or a name stands behind a tab at the end of aligned numbers."""
    rows = "".join(f'{n}.5   {n}   30{n}.0    {n * 7}\t"a b"\n' for n in range(1, 9))

    layout = detect("x y\tz u\tname\n" + rows, is_whole=True)

    assert layout.names == ("x", "y", "z", "u", "name")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "id\tname/K\t200\t250\t300\t400\na1\tX\t10.5\t12.5\t13.5\t14.5\nb2\tY\t5.5\t6.5\t7.5\t\n",
            "id",
        ),
        ("a,1,5,7,9\nb,2,4,8,10\nc,3,4,5,6\n", None),
        ("born\n3/4/2021\n4/4/2021\n5/6/2020\n", "born"),
    ],
)
def test_rising_numbers_and_words_over_dates_are_names(text, names):
    """Not where the rows rise as well."""
    found = detect(text, is_whole=True).names

    assert (found and found[0]) == names


@pytest.mark.parametrize(
    ("text", "delimiter", "columns"),
    [
        ("a@b@c\n6:00 - 7:30@x@\n7:30 - 7:45@y@z\n8:00 - 9:00@w@v\n", "@", 3),
        ("mail\nann@x.org\nbob@y.org\n", None, 1),
        ("from,to\nann@x.org,bob@y.org\ncy@z.org,di@x.org\n", ",", 2),
        ("a\x1fb\n1\x1f2\n3\x1f4\n", "\x1f", 2),
    ],
)
def test_rare_delimiters_part_cells_where_nothing_better_does(text, delimiter, columns):
    """Signs of addresses part none."""
    layout = detect(text, is_whole=True)

    assert layout.columns == columns
    assert delimiter in {None, layout.dialect.delimiter}


@pytest.mark.parametrize(
    ("text", "names", "columns"),
    [
        ("NUM\n123,\n234,  \n345,\n", ("NUM",), 1),
        ("123,\n234,\n345,\n", None, 2),
        ("X,Y,\n1,1,\n2,2,\n", ("X", "Y", ""), 3),
    ],
)
def test_a_delimiter_behind_the_only_cell_hides_no_row(text, names, columns):
    """Rows of one value are none the less rows."""
    layout = detect(text, is_whole=True)

    assert (layout.names, layout.columns, layout.first_record) == (names, columns, 0)


@pytest.mark.parametrize(
    ("text", "is_echoed"),
    [
        ("ok,yes\nok,yes\nok,yes\n", True),
        ("ok,yes\nok,yes\nno,yes\n", True),
        ("id,name\nid,name\n1,a\n2,b\n", False),
        ("id,name\n1,a\nid,name\n", False),
    ],
)
def test_a_row_with_the_cells_of_the_names_may_be_a_row(text, is_echoed):
    """Where it stands right below them, and no numbers tell the names from the rows."""
    assert detect(text, is_whole=True).is_echoed == is_echoed


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("a,b\n1,2\n3,4\n\n\nc,d\n5,6\n7,8\n", True),
        ("a,b\n1,2\n\nx,y,z\n5,6,7\n7,8,9\n", True),
        ("a,b\n1,2\n\na,b\n5,6\n", False),
        ("a,b\n1,2\n\n3,4\n\n5,6\n", False),
        ("a,b\nx,2\n\ny,4\n", False),
        ("a,b\nx,y\n\nz,w\nu,v\n", False),
        ("a,b\nx,y\n\nz,w,t\nu,v,s\n", True),
        ("a,b,c\nx,y,z\nu,v,w\n\nx,y\nu,v\n", True),
        ("a,b\nx,1\ny,2\n\nQ\nz,w\nu,v\n", True),
        ("a,b\nx,1\ny,2\n\nQ\nz,3\nu,4\n", False),
        ("a,b,c\nx,y,z\nu,v,w\n\nx,y\nu,v,w\n", False),
    ],
)
def test_another_table_below_a_blank_line_is_told(text, is_told):
    """Its rows are read as rows of the first, so that silence would be a wrong answer."""
    codes = [notice.code for notice in detect(text, is_whole=True).notices]

    assert ("table.another" in codes) == is_told


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("a,b\nx,y\n\nz,w\nu,v\n", True),
        ("a,b\nx,y\n\nz,w\nu,5\n", False),
        ("a,b\nx,y\n\nz,w\n", False),
        ("a\nx\n\nz\nu\n", False),
        ("a,b\nx,y\n\n" * 5, False),
    ],
)
def test_a_blank_line_among_words_is_told(text, is_told):
    """It may part tables, of which no figures would tell the names."""
    codes = [notice.code for notice in detect(text, is_whole=True).notices]

    assert ("rows.parted" in codes) == is_told


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("1001,\n1002,Ann\n1003,Bob\n", None, 0),
        ("1001\n1002,Ann\n1003,Bob\n1004,Cid\n", None, 0),
        ("1001,,\n1002,,\n1003,Bob,6\n1004,Cid,7\n", None, 0),
        ("12,,kg,\n13,4,kg,5\n14,5,g,6\n15,6,g,7\n", None, 0),
        ("Anna,,\nBob,1,Oslo\nCid,3,Rome\n", None, 0),
        ("pau,\nnull,\ney,ej\nae,a\niy,i\n", None, 0),
        ("name,,\nAnna,5,2\nBob,1,2\nCid,3,4\n", None, 0),
        ("name,,city,job\nAnna,x,Rome,cook\nBob,y,Oslo,cook\n", ("name", "", "city", "job"), 0),
        (
            "# by place\n#code\tn\t\t\tnote\nA\t1\nB\t2\nC\t3\tx\nD\t4\ty\n",
            ("#code", "n", "note"),
            1,
        ),
        ("1,2,3\n1,2,3,4\n1,2,3,4\n3,4,5\n6,7,8\n", None, 0),
        ("of 2019\n13,4,5\n14,5,6\n", None, 1),
        ("of all our members,,\n13,4,5\n14,5,6\n", None, 1),
        ("178,2,red,green\n" + "1.5,2,3,4,5,6,7,8\n" * 3, None, 1),
        ("1001,\nid,name\n1002,Ann\n1003,Bob\n", ("id", "name"), 1),
        ("2019,,\nname,city,job\nAnn,Rome,Cook\nBob,Oslo,Nurse\n", ("name", "city", "job"), 1),
        ("of,us\nday,2024-05-01\n\nid,name,n\n1,Ann,2\n2,Bob,4\n", ("id", "name", "n"), 3),
        ("made,by us\n\nid,name,n\n1,Ann,2\n2,Bob,4\n", ("id", "name", "n"), 2),
        ("# made by A, of B, in C\n1,2,3\n4,5,6\n", None, 1),
        ("made by us, for all of you\n1,2,x\n4,5,y\n", None, 1),
        ("year, town\n1,2,x\n4,5,y\n", ("year", " town", ""), 0),
        ("to the point,,\n,,2\nin a word,7,\nno,8,3\n,9,\nlast of all,,\n", None, 0),
        ("# words, of all\n# kinds\nred\nblue\n", ("red",), 2),
    ],
)
def test_a_title_looks_like_one_and_is_told(text, names, first):
    """A first row with few cells is a row, unless names stand below it or it is words alone."""
    layout = detect(text, is_whole=True)

    assert layout.names == names
    assert layout.first_record == first
    assert [n.code for n in layout.notices if n.code == "rows.above"] == ["rows.above"] * bool(
        first
    )


@pytest.mark.parametrize(
    ("above", "names"),
    [
        (
            "#   1 NUMBER  Running number\n#   2 X_IMAGE  [pixel]\n#   3 MAG\n",
            ("NUMBER", "X_IMAGE", "MAG"),
        ),
        ("# 1 NUMBER\n# 2 FLUX_APER  in two\n", ("NUMBER", "FLUX_APER", "FLUX_APER")),
        ("# 1 NUMBER\n# 2 X\n# 4 Y of it, at last\n", None),
        ("# 2 X\n# 3 Y of it, at last\n", None),
        ("# 1 NUMBER\n# of us\n# 3 X of it, at last\n", None),
        ("# 1 We did so\n# 2 Then that, of it, at last\n", None),
    ],
)
def test_numbered_comments_name_the_columns(above, names):
    """As SExtractor writes them, all of them and in order; each row is one none the less."""
    layout = detect(above + "   1  100.50  15.2\n   2  200.50  16.2\n", is_whole=True)

    assert layout.names == names
    assert (layout.first_record, layout.headers) == (above.count("\n"), ())


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ("name,value\na,1\nb,2\n", ("name", "value")),
        ("name value\na 1\nb 2\n", ("name", "value")),
        ("a,1\nb,2\n", None),
    ],
)
def test_numbered_comments_above_names_or_commas_are_notes(rows, names):
    """The names are those right above the rows, and such programs part cells by blanks."""
    layout = detect("# 1 ROW removed\n# 2 ROWS merged\n" + rows, is_whole=True)

    assert (layout.names, layout.first_record) == (names, 2)


def test_what_stands_above_is_shown_in_part():
    """The first lines, and how many more there are."""
    text = "".join(f"note-{i}\n" for i in range(8)) + "\na,b\n" + "1,2\n" * 8

    (notice,) = detect(text, is_whole=True).notices

    assert notice.count == 8
    assert "'note-0'; 'note-1'" in notice.message
    assert "note-7" not in notice.message
    assert notice.message.endswith("and 3 more, which the receipt holds")


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("# a,b,c\n1,2,3\n4,5,6\n", True),
        ("# time flux\n1 2.5\n2 3.5\n", True),
        ("#tag,count\n#love,5\n#art,6\n", False),
        ("a,b,c\n1,2,3\n4,5,6\n", False),
        ("# a,b,c\n1,2,3\n# note\n4,5,6\n", True),
    ],
)
def test_names_in_a_comment_are_told(text, is_told):
    """They may have been meant for a comment."""
    codes = [notice.code for notice in detect(text, is_whole=True).notices]

    assert ("header.comment" in codes) == is_told


def test_marks_alone_are_no_names():
    """Of a first row without a letter or a digit no later row is a repetition."""
    assert detect("-;-;-\na;b;c\n-;-;-\nd;e;f\n", is_whole=True).names is None


@pytest.mark.parametrize(
    "value",
    [
        "{}@example.org",
        "https://example.org/{}",
        "10.0.0.{}",
        "123e4567-e89b-12d3-a456-42661417400{}",
    ],
)
def test_a_first_row_of_addresses_is_a_row(value):
    """Nobody calls a column as its own cells are called; a file of contacts loses no one."""
    rows = "".join(f"{name},{value.format(n)},Rome\n" for n, name in enumerate(["Ann", "Bo", "Cy"]))

    assert detect(rows, is_whole=True).names is None
    assert detect("name,address,city\n" + rows, is_whole=True).names == ("name", "address", "city")


@pytest.mark.parametrize(
    ("text", "delimiter", "columns"),
    [
        ("101:Doe, John:30\n102:Roe, Jane:31\n103:Poe, Bob:44\n", ":", 3),
        ("ann:a;b:5\nbob:c;d:6\ncyd:e;f:7\n", ":", 3),
        ("Umsatz 2024, netto\nNord;1,50\nSued;2,75\nWest;3,10\n", ";", 2),
        ("Umsatz 2024, netto\nNord\t1,50\nSued\t2,75\nWest\t3,10\n", "\t", 2),
        ('"fox\nwest"|a|Gil, Hal\nsun|b|Poe, Bob\nx|c|Doe, Ann\n', "|", 3),
        ("name;age\nDoe, Ann;35\nRoe, Bob;41\nPoe, Cyd;27\n", ";", 2),
    ],
)
def test_names_of_people_do_not_part_rows(text, delimiter, columns):
    """Nor does what a title holds."""
    layout = detect(text, is_whole=True)

    assert (layout.dialect.delimiter, layout.columns) == (delimiter, columns)


@pytest.mark.parametrize(
    "rows",
    [
        "[10:15] Ann: hi there\n[10:16] Bob: hi\n[10:17] Ann: how are you\n",
        "[    0.000000] Linux version 6\n[    0.100000] cpus:\n[    0.200000]   Intel\n",
        "[8, 2];x\n[9, 3];y\n",
    ],
)
def test_a_first_line_of_a_log_is_a_row(rows):
    """What begins with a number in brackets as all below it names no column, nor does a list."""
    assert detect(rows, is_whole=True).names is None
    assert detect("line;k\n" + rows, is_whole=True).names is not None


@pytest.mark.parametrize("name", ["\x1e0", "2020\x1f", "7" * 5000], ids=["control", "year", "long"])
def test_whole_numbers_in_a_first_row_are_taken_for_what_they_are(name):
    """Python strips more characters than it takes in numbers, and takes no number so long."""
    text = f"{name},b\n" + "1,x\n" * 20

    assert detect(text, is_whole=True).columns == 2
