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
    ],
)
def test_names_are_found_where_they_are(text, names):
    """With an empty corner, years for names, aligned by spaces, in single quotes; or nowhere."""
    layout = detect(text, is_whole=True)

    assert layout.names == names
    assert layout.first_record == 0


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (" 7.68  0.00 10.00\n-1.50 12.25  0.50\n", 3),
        ("a b\n1 \n2 x\n", 2),
        ("1684.6    1505.3\n1757.2    1632.8\n1800.1    1700.0\n", 2),
        ("note\nleft: at noon\ngone: home\n", 1),
        ("1:2.5:x\n2:3.5:y\n", 3),
    ],
)
def test_spaces_and_colons_part_cells_only_where_values_stand(text, columns):
    """They are common in names, times and prose."""
    assert detect(text, is_whole=True).columns == columns


@pytest.mark.parametrize(
    ("text", "escape"),
    [
        ('"a","b"\n"1","say \\"hi\\" now"\n"2","x"\n', "\\"),
        ('"a","b"\n"1","C:\\temp\\"\n"2","x"\n', None),
        ('"a","b"\n"1","say ""hi"" now"\n"2","x"\n', None),
        ("a,b\n1,C:\\temp\n", None),
    ],
)
def test_a_backslash_escapes_only_where_that_makes_sense(text, escape):
    """Windows' paths end in backslashes too."""
    assert detect(text, is_whole=True).dialect.escape == escape
