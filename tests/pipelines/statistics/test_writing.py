"""How texts are written, and which spellings of a category are alike."""

from collections import Counter
from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.statistics import patterns, spellings
from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.runs import TextRuns
from pipelines.statistics.text_values import TextValues
from pipelines.statistics.writing import Writing


def written(*texts):
    return Writing.of(ColumnView(pl.Series("c", texts, dtype=pl.String), Budget())).result()[
        "writing"
    ]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (
            "numeric",
            [
                "0",
                "-12.5",
                "+.5",
                "1e-9",
                " 7 ",
                "\u00a08",
                "1,234,567.8",
                "1" * 70,
                " " * 70 + "7",
            ],
        ),
        ("boolean", ["true", "FALSE", "Yes", "no " + " " * 40]),
        ("date", ["2024-02-29", "29/02/2024", "2/29/2024", "31.12.1999", "2024-01-01T10:00:00Z"]),
        ("text", ["", " ", "12-AB", "1,23,4", "12 34", "nothing", "e5", "2024-1"]),
    ],
)
def test_each_text_is_of_one_kind(kind, texts):
    """Numbers, booleans and dates are told from text by their form."""
    assert written(*texts) == {kind: len(texts)}


def test_the_days_of_a_calendar_are_dates_and_no_others():
    """As Python's calendar has it, in leap years and others, of centuries and others."""
    for year in (1900, 2000, 2023, 2024):
        start = date(year, 1, 1)
        days = {start + timedelta(days=n) for n in range(366)}
        real = {f"{d:%Y-%m-%d}" for d in days if d.year == year}
        asked = [f"{year}-{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 32)]

        found = written(*asked)

        assert found["date"] == len(real)
        assert found["impossibleDate"] == len(asked) - len(real)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize("text", ["é", "ü", "ß", "Ä", "ñ", "£", "°", "–", "“", "€", "Привет"])
def test_what_was_read_in_a_wrong_encoding_is_garbled(text, encoding):
    """UTF-8 read as Windows-1252 or Latin-1 is told from the letters that it stands for."""
    garbled = text.encode().decode(encoding, "replace")

    assert written(f"a{garbled}b", f"a{text}b", "\ufffd")["mojibake"] == 2


def test_foreign_texts_are_not_garbled():
    """Languages with many letters beyond ASCII are left alone."""
    texts = ["São João", "“MANHÔ", "Ångström", "ÂME", "Ñandú", "東京", "Ďábel", "Ðorður", "1 €"]

    assert "mojibake" not in written(*texts)


def test_repeats_are_counted_as_often_as_they_stand():
    """Whether distinct texts were counted first or not makes no difference."""
    texts = ["7", "x", "2023-02-30", "Ã©"] * 3000

    assert written(*texts) == {
        "numeric": 3000,
        "text": 9000,
        "impossibleDate": 3000,
        "mojibake": 3000,
    }


def test_spellings_are_alike_but_for_case_and_white_space():
    """The usual one is the most frequent; the others are told with their counts."""
    texts = ["New York"] * 5 + ["NEW  YORK"] * 3 + ["new york "] + ["Newark"] * 2 + ["São", "SÃO"]

    found = spellings.of(TextRuns.of(pl.Series(texts)))

    assert [(each["value"], each["count"], each["usual"]) for each in found] == [
        ("NEW  YORK", 3, "New York"),
        ("São", 1, "SÃO"),
        ("new york ", 1, "New York"),
    ]


def test_too_many_values_are_no_spellings():
    """What is not compared is not told, rather than told to be empty."""
    view = ColumnView(pl.Series("c", [f"v{n}" for n in range(6000)]), Budget())

    assert "spellings" not in TextValues.of(view).result()


@pytest.mark.parametrize("few", [0, 10**6])
def test_shapes_are_counted_alike_one_by_one_and_by_columns(few, monkeypatch):
    """The most frequent first, of equals the first by code point, of every script."""
    monkeypatch.setattr(patterns, "FEW", few)
    texts = [f"{'é' * (n % 3)}{'A' * (n % 5)}-{n % 7}" for n in range(900)] + ["東京 1", "ǅ", ""]

    found, _ = patterns.of(TextRuns.of(pl.Series(texts)), len(texts))

    counted = Counter(patterns.shapes(pl.Series(texts)).to_list())
    best = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))[:10]
    assert [(each["pattern"], each["count"]) for each in found] == best
