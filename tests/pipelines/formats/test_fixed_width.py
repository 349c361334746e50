"""Fixed-width text: columns that stand at the same positions, and what only looks like them."""

import io
import random
from dataclasses import replace

import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from samples import MemoryObject

from connectors.errors import LimitExceeded, UnknownFormat
from pipelines.choices import Overrides
from pipelines.containers.limits import Limits
from pipelines.formats.base import Origin, RowAccount
from pipelines.formats.blank_places import Filled, Matrix
from pipelines.formats.column_grid import CROSSES
from pipelines.formats.detect import detect
from pipelines.formats.fixed_width import FRAGMENT_BYTES, FixedWidth
from pipelines.formats.fixed_width_rows import TIGHT
from pipelines.source_plan import plan
from tests.contracts.format_contract import FormatContract, FormatSample, read, table_of

STATIONS = """\
ACW00011604  17.1167  -61.7833   10.1    ST JOHNS COOLIDGE FLD
ACW00011647  17.1333  -61.7833   19.2    ST JOHNS
AE000041196  25.3330   55.5170   34.0    SHARJAH INTER. AIRP            GSN     41196
AEM00041194  25.2550   55.3640   10.4    DUBAI INTL                             41194
AF000040930  35.3170   69.0170 3366.0    NORTH-SALANG                   GSN     40930
AFM00040938  34.2100   62.2280  977.2    HERAT                                  40938
USC00010008  31.5700  -85.2500  140.2 AL ABBEVILLE                      HCN
USC00010063  34.2108  -87.1783  239.6 AL ADDISON
CA1AB000001  51.0600 -114.1000 1053.1 AB CALGARY 4.5 WNW
"""
STATION_COLUMNS = [(0, 11), (12, 20), (21, 30), (31, 37), (38, 71), (72, 75), (76, 90)]
PEOPLE = """\
id   name            born            height city
0001 Ada Lovelace    1815-12-10        1.65 London
0002 Zoë Müller      1980-01-31             São Paulo
0003 Li Wei                            1.80 Beijing
0004 Pat             2001-07-04       12.50
0005 Anne Lee        1990-03-09        1.75 New York
0006 José Ángel      1964-11-30        1.68 Bern
"""
QUERY = """\
id          name        city
----------- ----------- --------------------
          1 Ada Lovelac New York
         20 Bob

(2 rows affected)
"""
PROSE = (
    "It was a bright cold day in April, and the clocks were striking thirteen.\n"
    "Nobody who was there that day would speak of it afterwards, and few knew\n"
    "what it was that they had seen.  The wind had dropped; dust lay on every\n"
    "window sill, and a poster with one corner torn flapped in the last of it.\n"
)
LOG = "".join(
    f"2024-05-0{day} 12:0{day}:00 {level:5s} worker {day} has read {day * 31} rows of the table\n"
    for day, level in enumerate(["INFO", "WARN", "ERROR", "DEBUG"] * 2, 1)
)
CODE = """\
static const int sizes[] = {
    0x01,   /* one    */
    0x02,   /* two    */
    0x04,   /* four   */
    0x08,   /* eight  */
    0x10,   /* more   */
};
"""
SETTINGS = "".join(f"{key:12s} = {key}\n" for key in ("host", "port", "user", "secret", "depth"))
HELP = "".join(
    f"  {flag:12s} {text}\n"
    for flag, text in (
        ("--help", "show this message and exit at once"),
        ("--verbose", "say more of what is done, and why"),
        ("--out FILE", "the file that the rows are written to"),
        ("--limit N", "stop when so many rows have been read"),
        ("--quiet", "say nothing at all unless it is an error"),
        ("--force", "write over files that are there already"),
        ("--depth N", "how deep archives may be nested in others"),
    )
)


def planned(text: str | bytes, name: str = "data.txt"):
    content = text if isinstance(text, bytes) else text.encode()
    (table,) = plan([MemoryObject(name, content)], Limits()).tables
    return table


def frame_of(text: str | bytes) -> pl.DataFrame:
    table = planned(text)
    assert table.format == "fixed-width"
    return table_of(read(table.fragments, table.schema))


class TestFixedWidth(FormatContract):
    may_grow = False

    @pytest.fixture
    def sample(self):
        table = pl.DataFrame(
            {
                "id": ["0001", "0002", "0003", "0004", "0005", "0006"],
                "name": ["Ada Lovelace", "Zoë Müller", "Li Wei", "Pat", "Anne Lee", "José Ángel"],
                "born": [
                    "1815-12-10",
                    "1980-01-31",
                    None,
                    "2001-07-04",
                    "1990-03-09",
                    "1964-11-30",
                ],
                "height": [1.65, None, 1.8, 12.5, 1.75, 1.68],
                "city": ["London", "São Paulo", "Beijing", None, "New York", "Bern"],
            }
        ).with_columns(pl.col("born").str.to_date())
        return FormatSample(FixedWidth(), MemoryObject("people.txt", PEOPLE.encode()), table)

    def cuts(self, sample):
        (whole,) = sample.plan().fragments
        for cut in range(whole.start + 1, sample.file.size):
            yield (replace(whole, end=cut), replace(whole, start=cut, lead={}))


@pytest.mark.parametrize("text", [STATIONS, STATIONS.replace("\n", "\r\n"), STATIONS * 40])
def test_values_are_those_of_pandas_with_the_true_positions(text):
    """NOAA's stations: blanks within names, missing cells, numbers that stand to the right."""
    truth = pd.read_fwf(
        io.StringIO(text.replace("\r\n", "\n")),
        colspecs=STATION_COLUMNS,
        header=None,
        keep_default_na=False,
    )
    truth[4] = truth[4].str.replace(r"^([A-Z]{2}) ", "", regex=True)

    frame = frame_of(text)

    # No two states are enough to tell their column from the names; the names are compared without.
    names = frame["column_5"].str.replace(r"^[A-Z]{2} ", "")
    assert frame.width == truth.shape[1]
    assert frame["column_1"].to_list() == truth[0].to_list()
    for place in (1, 2, 3):
        assert frame.to_series(place).to_list() == truth[place].to_list()
    assert names.to_list() == truth[4].to_list()
    assert frame["column_6"].fill_null("").to_list() == truth[5].to_list()
    assert frame["column_7"].to_list() == [int(cell) if cell else None for cell in truth[6]]


@pytest.mark.parametrize("seed", range(12))
def test_random_tables_are_read_as_they_were_written(seed):
    """Left or right aligned, with missing cells and inner blanks; as pandas reads positions."""
    chance = random.Random(seed)
    widths = [chance.randint(8, 16) for _ in range(5)]
    sides = [chance.choice("<>") for _ in widths]
    names = ["alpha", "beta", "gamma", "delta", "eps"]
    words = ["x", "long one", "7up", "ünï", "a b c", ""]
    rows = [
        [
            str(number),
            chance.choice(words),
            f"{chance.uniform(-99, 99):.3f}",
            chance.choice(words),
            str(chance.randint(0, 9999)) if chance.random() < 0.8 else "",
        ]
        for number in range(100, 180)
    ]
    lines = [
        " ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        )
        for row in [names, *rows]
    ]
    spans = [(sum(widths[:i]) + i, sum(widths[: i + 1]) + i) for i in range(5)]
    text = "\n".join(lines) + "\n"
    truth = pd.read_fwf(io.StringIO(text), colspecs=spans, dtype=str, keep_default_na=False)

    frame = frame_of(text)

    assert frame.columns == names
    table = planned(text)
    texts = table_of(read(table.fragments, pl.Schema(dict.fromkeys(names, pl.String()))))
    assert texts.fill_null("").rows() == [tuple(row) for row in truth.to_numpy().tolist()]
    assert list(map(str, frame.dtypes)) == [
        "Int64",
        "String",
        "Float64",
        "String",
        "Int64",
    ]


@pytest.mark.parametrize(
    "text", [PROSE, PROSE * 20, LOG, CODE, SETTINGS, HELP, "name\nAda Lovelace\nLi Wei\nAnn Lee\n"]
)
def test_what_only_aligns_is_no_table(text):
    """Prose, logs, programs, settings, lists of options, and one column of words."""
    assert detect(text.encode(), "data.txt").name == "delimited"


@pytest.mark.parametrize(
    "text",
    [
        "OBS   GPA\n  1  2.66\n 12  2.89\n 13  3.00\n",
        "id  ;name    ;n\n1   ;Ada L   ;1\n22  ;Bob     ;2\n333 ;Li Wei  ;3\n",
        "| id | name |\n|  1 | Ada  |\n|  2 | Bob  |\n| 33 | Li W |\n",
        "a, b,  c\n1, x,  2\n3, y, 44\n5, z,  6\n",
        "a\tb c\n1\tAda L\n2\tBob M\n3\tLiz N\n4\tTom O\n5\tTim P\n6\tJan Q\n7\tEva R\n8\tUwe S\n",
        '"t"\n"2024-01-01 10:00:00"\n' + '"2024-01-01 11:00:00"\n' * 9,
        "day,t\n2024-01-01 10:00,1\n2024-01-01 11:00,2\n" + "2024-01-01 12:00,3\n" * 9,
    ],
)
def test_plausible_delimiters_come_first(text):
    """Blanks part every line alike, or another delimiter does, in cells that need not be padded."""
    assert detect(text.encode(), "data.txt").name == "delimited"


def test_a_comma_within_padded_names_is_no_delimiter():
    """Each line has one, but its cells would be padded in their middle."""
    names = ["SMITH, JOHN", "LEE, ANN", "MILLER, ZOE", "ADAMS, PAT", "O'BRIEN, SEAN"]
    text = "".join(f"{i:04d}  {name:20s}{i * 7.5:8.2f}\n" for i, name in enumerate(names))

    assert frame_of(text)["column_2"].to_list() == names


def test_a_ruler_gives_the_columns():
    """Its dashes show widths that the values alone would not; it is no row, nor are notes below."""
    table = planned(QUERY)
    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.to_dicts() == [
        {"id": 1, "name": "Ada Lovelac", "city": "New York"},
        {"id": 20, "name": "Bob", "city": None},
    ]
    assert chunk.skipped == {"header": 1, "ruler": 1, "blank line": 1, "note": 1}
    assert chunk.rows == RowAccount(parsed=2, skipped=4)
    assert [notice.code for notice in table.notices] == ["rows.footer"]


def test_names_on_two_lines_above_a_ruler_are_joined():
    """As in reports whose columns are narrower than their names."""
    text = "station    mean  last\nname       temp  seen\n-------  ------  ----\n"
    text += "Bern       12.5  2001\nOslo        3.0  2002\n"

    assert frame_of(text).columns == ["station name", "mean temp", "last seen"]


def test_units_below_the_names_become_part_of_them():
    """As in delimited text."""
    text = (
        "STATION      LAT     LON\n"
        "             deg     deg\n"
        "Bern          46.9     7.4\n"
        "Oslo          59.9    10.7\n"
        "New York      40.7   -74.0\n"
        "Lima         -12.0   -77.0\n"
    )
    table = planned(text)
    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.columns == ["STATION", "LAT deg", "LON deg"]
    assert chunk.frame["LON deg"].to_list() == [7.4, 10.7, -74.0, -77.0]
    assert chunk.skipped == {"header": 2}
    assert [notice.code for notice in table.notices] == ["header.rows"]


def test_titles_above_and_totals_below_are_no_rows():
    """They are counted, and said."""
    text = (
        "Stations of the north, as of May 2024, in the order of their foundation\n\n"
        "STATION NAME        ELEV   LAT\n"
        "Abbeville AL       140.2 31.57\n"
        "Addison            239.6 34.21\n"
        "Calgary           1053.1 51.06\n"
        "San Juan            45.1      \n"
        "\n"
        "Total             1478.0\n"
    )
    table = planned(text)
    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.columns == ["STATION NAME", "ELEV", "LAT"]
    assert chunk.frame["ELEV"].to_list() == [140.2, 239.6, 1053.1, 45.1]
    assert chunk.skipped == {"preamble": 1, "blank line": 2, "header": 1, "total": 1}
    assert [notice.code for notice in table.notices] == ["rows.above", "rows.footer"]


def test_pages_repeat_their_header():
    """A header that comes again, with its ruler, is no row."""
    page = "code  name         qty\n----  ----------  ----\n"
    text = (
        page
        + "A1    Bolt          12\nB2    Nut            7\n\n"
        + page
        + "C3    Ring ring     90\n"
    )
    table = planned(text)
    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame["qty"].to_list() == [12, 7, 90]
    assert chunk.skipped == {"header": 1, "ruler": 2, "blank line": 1, "header again": 1}


def test_a_value_that_crosses_a_gap_is_never_cut():
    """The line is rejected with its bytes and its place, and the others are read."""
    long = STATIONS[:41] + "KANDAHAR INTERNATIONAL AIRPORT, GATE 4 GSN 40990\n"
    table = planned(STATIONS * 3 + long + STATIONS)
    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.height == 36
    assert [(r.reason, r.raw, r.offset) for r in chunk.rejects] == [
        (CROSSES, long.encode().rstrip(b"\n"), len(STATIONS) * 3)
    ]
    assert chunk.rows == RowAccount(parsed=36, rejected=1)


def test_a_value_may_reach_into_a_gap_while_blanks_part_it():
    """A name longer than any before it belongs to its column; where one blank is left, is said."""
    names = ("a name", "another", "one more name", "x")
    rows = [f"{i:<4d}  {names[i % 4]:14s}  {i * 3:6d}\n" for i in range(1000, 1200)]
    table = planned("".join(rows))
    (whole,) = table.fragments
    rows += ["1200  no name at all    12345\n", "1201  a name much large 3603\n"]
    later = replace(whole, file=MemoryObject("later.txt", "".join(rows).encode()))
    (chunk,) = read((later,), table.schema)

    assert chunk.frame.rows()[-2:] == [
        (1200, "no name at all", 12345),
        (1201, "a name much large", 3603),
    ]
    assert chunk.rows == RowAccount(parsed=201, repaired=1)
    assert chunk.repaired == {TIGHT: 1}


@pytest.mark.parametrize(
    ("encoding", "unit"),
    [
        ("utf-8", "characters"),
        ("cp1252", "characters"),
        ("utf-8-sig", "characters"),
        ("utf-16", "characters"),
        ("utf-8", "bytes"),
    ],
)
def test_positions_are_counted_in_what_aligns(encoding, unit):
    """Python pads by characters, C by bytes; a mark at the beginning takes no place."""
    cities = ["Köln", "Málaga", "São Paulo", "Besançon", "Évreux", "Größe", "Rome", "New York"]
    text = "city          people\n"
    for number, city in enumerate(cities * 2):
        pad = 14 - (len(city) if unit == "characters" else len(city.encode()))
        text += f"{city}{' ' * pad}{number * 1000 + 100_000:6d}\n"

    table = planned(text.encode(encoding))
    frame = table_of(read(table.fragments, table.schema))

    assert table.details["positions"] == f"counted in {unit}"
    assert frame["city"].to_list() == cities * 2
    assert frame["people"].to_list() == [number * 1000 + 100_000 for number in range(16)]


def test_wide_characters_take_two_places():
    """As in a terminal."""
    cities = ["東京", "大阪市", "Kyoto", "名古屋", "札幌 north"]
    wide = {"東京": 4, "大阪市": 6, "Kyoto": 5, "名古屋": 6, "札幌 north": 10}
    text = "".join(
        f"{city}{' ' * (12 - wide[city])}{n:4d}\n" for n, city in enumerate(cities * 3, 95)
    )

    frame = frame_of(text)

    assert frame["column_1"].to_list() == cities * 3
    assert frame["column_2"].to_list() == list(range(95, 110))


def test_a_large_file_is_cut_at_any_byte():
    """Each line belongs to the fragment that it begins in; ids may grow wider than at the start."""
    row = "{:>7d}  {:<20s}{:>10.2f}\n"
    names = ("Ada Lovelace", "Li", "Zoë Müller-Lüdenscheidt"[:18], "")
    count = FRAGMENT_BYTES // 30
    text = "".join(row.format(n, names[n % 4], n / 4) for n in range(count))
    table = planned(text.encode())
    frame = table_of(read(table.fragments, table.schema))

    assert len(table.fragments) == 2
    assert frame["column_1"].to_list() == list(range(count))
    assert frame["column_3"].sum() == sum(n / 4 for n in range(count))
    assert frame["column_2"].null_count() == sum(not names[n % 4] for n in range(count))


def test_a_stream_reads_like_a_range():
    """What cannot be cut gives the same rows in sequence, without what stands below them."""
    content = (PEOPLE + "\nSource: the club\n").encode()
    (streamed,) = FixedWidth().tables(
        MemoryObject("p.txt", content, seekable=False), Origin("p.txt"), Limits()
    )

    assert_frame_equal(table_of(read(streamed.fragments, streamed.schema)), frame_of(content))


def test_what_was_guessed_is_said():
    """The positions, as people count them, stand in the receipt with how sure it is."""
    table = planned(PEOPLE)
    guess = next(guess for guess in table.guesses if guess.what == "columns at positions")

    assert guess.chosen == table.details["columns"] == "1-4, 6-17, 22-31, 38-43, 45-"
    assert 0.5 < guess.confidence < 1
    assert table.details["header"] == 1


@pytest.mark.parametrize(
    ("overrides", "columns", "rows"),
    [
        ({"header": 0}, ["column_1", "column_2"], [("id", "n"), ("1", "-1"), ("2", "2,5")]),
        ({"header": 3}, ["1", "-1"], [("2", "2.5")]),
        ({"nullTokens": ["-1"]}, ["id", "n"], [("1", None), ("2", "2.5")]),
        ({"decimal": ","}, ["id", "n"], [("1", "-1.0"), ("2", "2.5")]),
    ],
)
def test_choices_replace_what_would_be_found_out(overrides, columns, rows):
    """As in delimited text: the header, words for nothing, the decimal mark."""
    text = "id     n\n--  ----\n 1    -1\n 2   2,5\n"
    choices = Overrides.model_validate(overrides)
    (table,) = plan([MemoryObject("a.txt", text.encode())], Limits(), choices).tables
    frame = table_of(read(table.fragments, table.schema))

    assert table.format == "fixed-width"
    assert frame.columns == columns
    assert frame.cast(pl.String).rows() == rows


def test_a_chosen_delimiter_says_that_the_text_is_delimited():
    """It is then no longer looked for columns at fixed positions."""
    choices = Overrides.model_validate({"delimiter": " "})
    (table,) = plan([MemoryObject("a.txt", PEOPLE.encode())], Limits(), choices).tables

    assert table.format == "delimited"


def test_a_chosen_header_that_is_not_there_is_an_error_of_the_choice():
    """It names the row."""
    choices = Overrides.model_validate({"header": 90})
    found = plan([MemoryObject("a.txt", PEOPLE.encode())], Limits(), choices)

    assert [failure.code for failure in found.failures] == ["override.invalid"]


def test_text_without_columns_is_refused():
    """The reader itself claims no table where it sees none."""
    with pytest.raises(UnknownFormat, match="no columns at fixed positions"):
        list(FixedWidth().tables(MemoryObject("a.txt", PROSE.encode()), Origin("a.txt"), Limits()))


def test_too_many_columns_are_refused_by_name_of_the_limit():
    """The limit stands in the code of the error."""
    with pytest.raises(LimitExceeded) as caught:
        list(
            FixedWidth().tables(
                MemoryObject("a.txt", PEOPLE.encode()), Origin("a.txt"), Limits(max_columns=4)
            )
        )

    assert caught.value.stable_code == "limit.columns"


@pytest.mark.parametrize("end", ["\n\x1a", "\x1a"])
def test_the_mark_of_the_end_that_dos_writes_is_no_row(end):
    """Nor does it belong to the last cell."""
    lines = "id   name     n\n1    Ann Lee  5\n2    Bob Ray  6\n3    Cid Poe  7"

    frame = frame_of(lines + end)

    assert frame.rows() == [(1, "Ann Lee", 5), (2, "Bob Ray", 6), (3, "Cid Poe", 7)]


def test_lines_that_go_on_otherwise_have_no_columns():
    """What the first lines prove, most of the others deny: then each line is one cell."""
    head = "".join(
        f"{n:5d}  {n % 90 / 8:8.3f}  {'north of it' if n % 2 else 'up':12s}\n" for n in range(3000)
    )
    body = "".join(f"of {n} there is no {'more ' * (n % 5)}to say\n" for n in range(30_000))
    (table,) = plan([MemoryObject("a.dat", (head + body).encode())], Limits()).tables
    chunks = read(table.fragments, table.schema)

    assert table.format == "delimited"
    assert not any(chunk.rejects for chunk in chunks)
    assert table_of(chunks).width == 1


@pytest.mark.parametrize(
    "rows",
    [
        ["(696) 769-6299", "(782) 368-2991", "(691) 396-8139"] * 3,
        ["POINT(4 2)", "POINT(3 8)", "POINT(0 3)"] * 3,
        ["B-AB 7922", "B-CD 6672", "M-XY 6777"] * 3,
    ],
)
def test_values_of_one_width_are_one_column(rows):
    """A blank at the same place of each is within it, below a name."""
    (table,) = plan(
        [MemoryObject("a.csv", "\n".join(["value", *rows, ""]).encode())], Limits()
    ).tables
    frame = table_of(read(table.fragments, table.schema))

    assert frame.to_dict(as_series=False) == {"value": rows}


def test_a_gap_that_goes_is_weighed_with_its_neighbours_only(monkeypatch):
    """Words that repeat leave hundreds of gaps, which go one by one; all were weighed each time."""
    weighed = 0

    def weigh(matrix, gaps, place, weight=Matrix._weight):
        nonlocal weighed
        weighed += 1
        return weight(matrix, gaps, place)

    monkeypatch.setattr(Matrix, "_weight", weigh)
    matrix = Matrix.around(Filled.of(["ab " * 600 + "c"] * 40))

    assert matrix.gaps() == ()
    assert 600 <= weighed <= 3 * 600
