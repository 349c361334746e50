from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import polars as pl
import pytest

from pipelines.analytics import report
from pipelines.analytics.report_view import warnings
from pipelines.analytics.wording import visible
from pipelines.formats.base import Failure, Notice, RowAccount, SkippedMember
from pipelines.profile import ColumnProfile
from tests.pipelines.analytics import learnable
from tests.pipelines.analytics.found import findings, inference_of, learned, sales

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "</title><body onload=alert(1)>",
    "--><iframe src=http://evil.example>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "a\x00b\x1b[31m\x07",
    "x\u202egnp.exe",
    "&lt;script&gt;",
    "日本語 Ωμέγα ё א",
    "long " * 2000,
    "]]><![CDATA[",
]
EMPTY = {"meta", "path"}
OURS = {
    *("html", "head", "meta", "title", "style", "body", "div", "header", "main", "nav", "section"),
    *("footer", "p", "h1", "h2", "h3", "h4", "dl", "dt", "dd", "ul", "ol", "li", "a", "code"),
    *("span", "i", "small", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "svg", "desc", "path", "text"),
}


class Page(HTMLParser):
    """What a browser would make of the page, if it is well formed."""

    def __init__(self, body: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.ids: list[str] = []
        self.words: list[str] = []
        self.feed(body.decode("utf-8"))
        self.close()
        assert self.open == []

    @property
    def text(self) -> str:
        return "".join(self.words)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def check(body: bytes) -> Page:
    """The page holds our elements only, and nothing in it runs or loads."""
    page = Page(body)
    assert page.tags <= OURS
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "srcset", "action", "data", "xlink:href"}
        assert name != "href" or value.startswith("#")
    assert len(page.ids) == len(set(page.ids))
    targets = {value[1:] for name, value in page.attributes if name == "href"}
    assert targets <= set(page.ids)
    return page


def everywhere(payload: str):
    """Findings in which everything that a stranger can name is named so."""
    frame = pl.DataFrame(
        {
            payload: [1.0, 2.0, 3.0, 900.0] * 5,
            f"{payload}2": [2.0, 4.1, 6.0, 1.0] * 5,
            f"{payload}3": [payload, None] * 10,
        }
    )
    member = {
        "path": payload, "table": payload, "format": payload, "encoding": payload,
        "dialect": {payload: payload}, "header": payload,
        "guesses": [{"what": payload, "chosen": payload, "confidence": 0.5,
                     "rejected": [payload], "examples": [payload]}],
        "rows": {"read": 1, "parsed": 1, "repaired": 0, "rejected": 0, "skipped": 0},
        "repaired": {payload: 1}, "skipped": {payload: 1},
    }  # fmt: skip
    return findings(
        {payload: frame},
        source_name=payload,
        notices=(Notice(payload, payload, "WARNING", payload, payload, payload, payload),),
        failures=(Failure(payload, payload, payload, payload, payload),),
        skipped=(SkippedMember(payload, payload, payload),),
        receipt={"inputs": [{"name": payload, "members": [member, member]}]},
        inference=inference_of(payload),
    )


@pytest.mark.parametrize("payload", HOSTILE, ids=lambda text: repr(text[:24]))
def test_foreign_text_stays_text_wherever_it_appears(payload):
    """Files, members, tables, columns, cells, messages: nothing becomes markup or is executed."""
    page = check(report.html(everywhere(payload)))

    assert visible(payload)[:40] in page.text


def test_half_a_character_in_a_file_name_is_shown_and_not_fatal():
    """A lone surrogate cannot be encoded; the report spells it out."""
    found = findings({"sales": sales()}, source_name="bad\ud800.csv")

    assert "bad<U+D800>.csv" in check(report.html(found)).text
    assert "bad<U+D800>.csv" in report.text(found).decode()


@pytest.mark.parametrize("payload", HOSTILE, ids=lambda text: repr(text[:24]))
def test_the_text_report_holds_no_control_characters_and_fits_a_terminal(payload):
    """Nothing in a file can move the cursor of who reads about it."""
    lines = report.text(everywhere(payload)).decode().splitlines()

    assert all(line.isprintable() for line in lines)


def test_plain_tables_fit_80_columns():
    """An ordinary table's report needs no sideways scrolling in a terminal."""
    lines = report.text(findings({"sales": sales()})).decode().splitlines()

    assert max(map(len, lines)) <= 80


def test_the_page_says_what_was_found():
    """Headline, warnings, receipt, columns, correlations, outliers and rows are all there."""
    found = findings(
        {"sales": sales()},
        notices=(Notice("a", "Look here", "INFO"), Notice("b", "Look first", "ERROR")),
        rows=RowAccount(398, 2, 3, 1),
    )

    page = check(report.html(found))

    for words in ("400", "404 rows read = 398 parsed + 2 repaired + 3 rejected + 1 skipped"):
        assert words in page.text
    assert page.text.index("Look first") < page.text.index("Look here")
    sections = {"t1", "t1-quality", "t1-columns", "t1-correlations", "t1-outliers", "t1-rows"}
    assert sections | {"warnings", "reading", "highlights"} <= set(page.ids)
    order = [name for name in page.ids if name in {"warnings", "highlights", "t1", "reading"}]
    assert order == ["warnings", "highlights", "t1", "reading"]
    text = report.text(found).decode()
    headings = ("\nWarnings\n", "\nHighlights\n", "\nTable sales\n", "\nHow it was read\n")
    assert [text.index(each) for each in headings] == sorted(text.index(each) for each in headings)
    assert " = completeness 95.8 % × uniqueness 100 % ×" in page.text


def test_an_issue_says_where_and_how_its_rows_are_found():
    """The first rows with their values, the bounds, and the SQL; in the card of the column too."""
    found = findings({"sales": sales()})
    issue = {
        "rule": "numeric_range",
        "severity": "WARNING",
        "message": "2 values lie far off",
        "column": "amount",
        "bounds": {"lower": 1.0, "upper": 20.0},
        "examples": [{"row": 5113, "value": -2.5}, {"row": 5114, "value": None}],
        "sql": "SELECT * FROM 'a' WHERE \"amount\" < 1",
    }

    page = check(report.html(replace(found, quality=({**found.quality[0], "issues": [issue]},))))

    assert "· row 5,113: -2.5; row 5,114: empty" in page.text
    assert "SELECT * FROM 'a' WHERE \"amount\" < 1" in page.text
    assert page.text.count("2 values lie far off") == 2


def test_many_issues_fold_and_the_rest_is_counted():
    """25 are open, 75 unfold, and those beyond are said to be in results.json."""
    found = findings({"sales": sales()})
    issues = [
        {"rule": "mixed_type", "severity": "INFO", "message": f"issue number {n}"}
        for n in range(130)
    ]

    page = check(report.html(replace(found, quality=({**found.quality[0], "issues": issues},))))

    assert page.text.count("issue number") == 100
    assert "75 more issues" in page.text
    assert "30 more issues in results.json" in page.text


def test_nested_values_are_shown_as_json():
    """A cell of the first rows reads as it does in results.json."""
    found = findings({"t": pl.DataFrame({"a": [1]})})
    (table,) = found.tables
    preview = ({"a": {"x": ["y", None, True]}},)

    page = check(report.html(replace(found, tables=(replace(table, preview=preview),))))

    assert '{"x":["y",null,true]}' in page.text


def test_marks_are_as_wide_as_they_are_drawn():
    """No rule of the style sheet overrides the width of lines and dots, which would hide them."""
    page = report.html(findings({"sales": sales()})).decode()

    assert 'class="s d bar" stroke-width="5"' in page
    assert "stroke-width:" not in page


def member(path, encoding="utf-8", **skipped):
    counted = {"read": 3, "parsed": 2, "repaired": 0, "rejected": 0, "skipped": 1}
    return {
        "path": path,
        "table": "sales",
        "format": "delimited",
        "encoding": encoding,
        "dialect": None,
        "header": 1,
        "guesses": [
            {"what": "header", "chosen": "1", "confidence": 0.9, "rejected": [], "examples": []}
        ],
        "rows": counted,
        "skipped": skipped,
        "skippedRows": [{"reason": "preamble", "cells": [f"title of {path}"]}],
    }


def test_members_that_were_read_alike_are_told_of_together():
    """A hundred of them fill no page, their rows are summed, and the odd one stands alone."""
    alike = [member(f"day{day}.csv", header=1) for day in range(100)]
    receipt = {"inputs": [{"members": [*alike, member("odd.csv", "cp1252", header=1)]}]}

    page = check(report.html(findings({"sales": sales()}, receipt=receipt)))

    assert "day0.csv and 99 more" in page.text
    assert "300 rows read = 200 parsed" in page.text
    assert "Skipped: header (100)" in page.text
    assert "odd.csv" in page.text
    assert "day1.csv" not in page.text


def test_what_stands_around_the_rows_is_shown():
    """Titles and totals of a sheet, some of them if they are many; of like members none."""
    rows = [{"reason": "preamble", "row": n, "cells": [f"Title {n}", "May"]} for n in range(1, 61)]
    one = member("sales.xlsx") | {"skippedRows": rows}
    receipt = {"inputs": [{"members": [one]}]}

    page = check(report.html(findings({"sales": sales()}, receipt=receipt)))
    two = check(
        report.html(findings({"sales": sales()}, receipt={"inputs": [{"members": [one] * 2}]}))
    )

    assert "What stands around its rows (60)" in page.text
    assert "Title 50 · May preamble, row 50" in page.text
    assert "Title 51" not in page.text
    assert "10 more rows in ingest_receipt.json" in page.text
    assert "Title" not in two.text


def test_names_in_warnings_stand_out():
    """What stands between backticks is code; a backtick of the data's own is one."""
    notices = (Notice("a", "`<b>` is odd"), Notice("b", "one ` more"))

    page = report.html(findings({"sales": sales()}, notices=notices)).decode()

    assert "<code>&lt;b&gt;</code> is odd" in page
    assert "One ` more" in page


def test_the_page_says_what_the_data_can_predict():
    """The target, its score beside that of guessing, what matters, and what was left out."""
    frames = {"customers": learnable.customers()}
    found = findings(frames, inference=learned(frames))

    page = check(report.html(found))

    assert "prediction" in page.ids
    assert "churn can be predicted from the other columns: the best model" in page.text
    for words in (
        "always the same answer",
        "Columns that it needs",
        "months",
        "2 columns not used",
    ):
        assert words in page.text
    told = report.text(found).decode()
    assert "What the data can predict" in told
    assert "- `customer`: it differs in every row, as an identifier does" in told


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (learnable.noise(), "no better than guessing, so no model is published"),
        (learnable.blobs(), "the rows fall into 3 groups, of 167, 167 and 166"),
        (sales(3), "The table has 3 rows; what is learned from fewer than 30 rows"),
    ],
    ids=["noise", "groups", "few rows"],
)
def test_the_page_says_why_nothing_can_be_predicted_or_what_else_there_is(frame, words):
    frames = {"t": frame}
    found = findings(frames, inference=learned(frames))

    assert words in check(report.html(found)).text
    assert words in " ".join(report.text(found).decode().split())


def test_an_estimate_is_shown_with_its_bound():
    """What is not exact never looks as if it were."""
    found = findings({"sales": sales()})
    (table,) = found.tables
    bound = {"distinctCount": {"method": "kmv", "lower": 392, "upper": 408, "confidence": 0.99}}
    first = replace(table.columns[0], figures={**table.columns[0].figures, "estimates": bound})
    table = replace(table, columns=(first, *table.columns[1:]))

    shown = check(report.html(replace(found, tables=(table,)))).text

    assert "≈ 400 ± 2 %" in shown
    assert "Distinct values estimated (kmv), 392 to 408, with 99 % confidence" in shown


@pytest.mark.parametrize(
    "frames",
    [
        {},
        {"empty": pl.DataFrame()},
        {"no rows": pl.DataFrame({"a": pl.Series([], dtype=pl.String)})},
        {"one": pl.DataFrame({"a": [1]})},
        {"nulls": pl.DataFrame({"a": [None, None], "b": pl.Series([None, None], dtype=pl.Date)})},
        {"nested": pl.DataFrame({"a": [[1, 2], []], "b": [{"x": 1}, {"x": None}]})},
        {"odd": pl.DataFrame({"a": [float("nan"), float("inf"), -float("inf")]})},
        {"north": sales(20), "south": sales(30), "<b>": sales(10)},
    ],
    ids=["no table", "no columns", "no rows", "one cell", "nulls", "nested", "odd", "several"],
)
def test_every_shape_of_data_has_a_report(frames):
    """Nothing, little or strange data is reported as such."""
    found = findings(frames)

    check(report.html(found))

    assert report.text(found).endswith(b"\n")
    assert report.xlsx(found).startswith(b"PK")


def test_the_same_findings_give_the_same_bytes():
    """A repeated phase publishes what the first did."""
    found = findings({"sales": sales()})

    assert report.html(found) == report.html(found)
    assert report.text(found) == report.text(found)
    assert report.xlsx(found) == report.xlsx(found)


def test_five_thousand_columns_make_a_page_that_still_opens():
    """The index names every column, cards go to the first 200, and flagged ones are among them."""
    found = findings({"sales": sales()})
    (table,) = found.tables
    model = table.columns[1]
    columns = tuple(
        ColumnProfile(f"column_{n}", model.type, model.inferred_type, 400, 0, model.figures)
        for n in range(5000)
    )
    issue = {"rule": "mixed_type", "severity": "WARNING", "message": "m", "column": "column_4990"}
    quality = {**found.quality[0], "issues": [issue]}
    found = replace(found, tables=(replace(table, columns=columns),), quality=(quality,))

    body = report.html(found)

    page = check(body)
    assert len(body) < 5_000_000
    assert "t1-c4991" in page.ids
    assert sum(name.startswith("t1-c") and name[4:].isdigit() for name in page.ids) == 200
    assert all(f"column_{n}" in page.text for n in (0, 2500, 4999))


def test_write_report_publishes_pages_and_pictures():
    """The phase's payload speaks of the files that come with it."""
    payload, files = report.write_report(findings({"sales": sales()}))

    paths = {file.path: file.content_type for file in files}
    assert paths["results/report.html"] == "text/html; charset=utf-8"
    assert paths["results/report.txt"] == "text/plain; charset=utf-8"
    assert paths["results/report.xlsx"].endswith("spreadsheetml.sheet")
    assert paths["results/graphs/amount_histogram.png"] == "image/png"
    assert set(payload) == {"summary", "highlights", "reportArtifacts"}


def test_a_card_says_what_a_column_means():
    """Semantic type, coverage, check digits and the reason why a column is personal."""
    frame = pl.DataFrame({"iban": ["DE89370400440532013000"] * 19 + ["x"]})

    page = report.html(findings({"t": frame})).decode()

    assert "iban, 95 % of the values, check digits hold in 100 %" in page
    assert "19 of 20 values are bank accounts" in page


def card_of(column_type, **figures):
    """The page of a table whose only column has these figures."""
    found = findings({"t": pl.DataFrame({"a": ["x", "y"]})})
    (table,) = found.tables
    column = ColumnProfile("a", column_type, "text", 200, 0, figures)
    return check(report.html(replace(found, tables=(replace(table, columns=(column,)),))))


def test_a_card_shows_into_which_kinds_the_values_fall():
    """Shapes with their shares, unless the texts tell as much; the fields of structs."""
    shapes = [{"pattern": "AA-9999", "count": 150}, {"pattern": "", "count": 20}]

    text = card_of("text", patterns=shapes, distinctCount=90).text
    assert "AA-9999150(empty)20" in "".join(text.split())
    assert "Shapes" not in card_of("text", patterns=shapes, distinctCount=3).text
    rare = [{"pattern": "a", "count": 9}]
    assert "Shapes" not in card_of("text", patterns=rare, distinctCount=190).text
    fields = [{"name": f"f{n}", "type": "text", "present": 90} for n in range(20)]
    text = card_of("struct", fields=fields).text
    assert "Fields, and in how many values they are (the first 12 of 20)" in text
    assert "f11 text" in text
    assert "f12 text" not in text


def test_a_card_shows_lengths_and_calendars():
    """A small chart each, with its figures in words; none where all is in one bar."""
    lengths = {"edges": [0.0, 5.0, 10.0], "counts": [150, 50]}

    text = card_of("text", lengthHistogram=lengths).text
    assert "Lengths in characters" in text
    assert "0 150, 5 50" in text
    assert "Lengths in items" in card_of("list", lengthHistogram=lengths).text
    text = card_of("date", byWeekday=[100, 0, 0, 0, 0, 0, 100], byMonth=[200] + [0] * 11).text
    assert "By day of the week" in text
    assert "Mon 100, Sun 100" in text
    assert "By month" not in text


def test_numbers_of_a_column_have_their_thousands_set_apart():
    """Its ends and percentiles are written as its mean is; those of years are years."""
    big = pl.Series("big", [1234567, 4983, 2000000])
    money = pl.Series("money", ["12345.50", "9000000.25", "10000.00"]).cast(pl.Decimal(12, 2))
    years = pl.Series("year", [1998, 2004, 2024])

    page = check(report.html(findings({"t": pl.DataFrame([big, money, years])})))

    for shown in ("4,983", "2,000,000", "12,345.50", "9,000,000.25", "1,079,850", "1998", "2024"):
        assert shown in page.text
    for wrong in ("1,998", "2,024", "2,008"):
        assert wrong not in page.text
    assert "2008.67" in page.text


def test_issues_of_whole_columns_list_no_rows():
    """That all rows hold one value, or too many, is told without naming every row."""
    rows = range(400)
    frame = pl.DataFrame(
        {
            "kind": ["web"] * 400,
            "customer": [f"c{row % 60}" for row in rows],
            "gap": [None if row % 3 else row for row in rows],
        }
    )

    told = findings({"t": frame})
    page = check(report.html(told))

    assert "one value only" in page.text
    assert "60 distinct values" in page.text
    of_rows = [
        each
        for each in told.quality[0]["issues"]
        if each["rule"] not in {"constant", "categorical_cardinality"}
    ]
    assert 0 < len(of_rows) < len(told.quality[0]["issues"])
    assert page.text.count("SQL that lists them") == len(of_rows)
    assert "constant · " not in page.text
    assert "categorical cardinality · " not in page.text


def test_blanks_around_a_value_are_seen():
    """Two values that differ by a blank at an end do not look the same."""
    frame = pl.DataFrame({"city": [" Berlin"] * 30 + ["Berlin"] * 20 + ["Bonn "] * 10})
    text = check(report.html(findings({"t": frame}))).text
    assert "␣Berlin" in text
    assert "Bonn␣" in text


def test_the_last_bin_of_integers_ends_at_their_maximum():
    """No number is written below a chart that the column does not hold."""
    text = check(report.html(findings({"t": pl.DataFrame({"n": [*range(100, 1337)]})}))).text
    assert "from 100 to 1,336" in text


def test_a_page_that_warns_of_nothing_is_not_headed_by_warnings():
    """That dates are read day first is a note; a lost file beside it makes it a warning."""
    note = Notice("text.date", "`day` is read as dates written like D.M.Y", "INFO")
    failure = Failure("b.csv", None, "corrupt_file", "The file is cut off", "Send it again")

    calm = findings({"t": sales()}, notices=(note,))
    alarmed = findings({"t": sales()}, notices=(note,), failures=(failure,))

    assert "Notes on the reading" in check(report.html(calm)).text
    assert "Warnings" not in check(report.html(calm)).text
    assert "Warnings" in check(report.html(alarmed)).text
    calm_text, alarmed_text = (report.text(each).decode() for each in (calm, alarmed))
    assert calm_text.index("\nHighlights\n") < calm_text.index("\nNotes on the reading\n")
    assert alarmed_text.index("\nWarnings\n") < alarmed_text.index("\nHighlights\n")
    calm_page, alarmed_page = (report.html(each).decode() for each in (calm, alarmed))
    assert calm_page.index('id="highlights"') < calm_page.index('id="warnings"')
    assert alarmed_page.index('id="warnings"') < alarmed_page.index('id="highlights"')


def test_columns_that_are_read_alike_are_told_together():
    """Five columns of decimal commas are one line; another layout is its own."""
    read = [
        Notice(
            "numbers.layout", f"`{name}` is read as numbers written like {way}", "INFO", column=name
        )
        for name, way in [*((name, "1.234,5") for name in "abcde"), ("f", "1 234,5"), ("g", "1'2")]
    ]
    other = Notice("b", "`h` is left out", "INFO", column="h")

    said = [each.message for each in warnings(findings({"t": sales()}, notices=(*read, other)))]

    assert said == [
        "`a`, `b`, `c` and 2 more are read as numbers written like 1.234,5",
        "`f` is read as numbers written like 1 234,5",
        "`g` is read as numbers written like 1'2",
        "`h` is left out",
    ]


def test_many_warnings_of_one_kind_leave_room_for_others():
    """Ten of three thousand, and how many more; what happened once is not lost behind them."""
    mixed = [Notice("mixed", f"`{n}` mixes kinds", column=str(n)) for n in range(3_000)]
    few = [Notice("few", f"`{n}` is cut", column=str(n)) for n in range(11)]
    once = Notice("once", "a page is broken")

    text = report.text(findings({"t": sales()}, notices=(*mixed, *few, once))).decode()

    warned = text[text.index("\nWarnings\n") : text.index("\nHighlights\n")]
    assert "`9` mixes kinds" in warned
    assert "`10` mixes kinds" not in warned
    assert "WARNING 2,990 more like these, in results.json" in warned
    assert "`10` is cut" in warned
    assert "A page is broken" in warned


def test_no_number_is_cut_within_its_digits():
    """Half of the digits of a long integer are another number."""
    values = [*range(2**60, 2**60 + 300), 2**62]

    text = report.text(findings({"t": pl.DataFrame({"a": values})})).decode()

    line = next(line for line in text.splitlines() if line.startswith("  a ") and "301" not in line)
    assert "4.6117 × 10¹⁸" in text[text.index("Outliers\n---") :]
    assert "…" not in text[text.index("Outliers\n---") :].splitlines()[3], line


def test_truth_has_no_least_and_no_largest_value():
    """Its line is filled like those of the other columns."""
    frame = pl.DataFrame({"finished": [n % 3 == 0 for n in range(60)]})

    text = report.text(findings({"t": frame})).decode()

    line = next(line for line in text.splitlines() if line.split()[:2] == ["finished", "boolean"])
    assert line.split()[-3:] == ["–", "–", "–"]


def test_three_values_have_no_shape():
    """They are listed, and nobody is told of their kurtosis, quantiles or lengths all alike."""
    few = check(
        report.html(findings({"t": pl.DataFrame({"n": [3, 5, 9], "c": ["ab", "cd", "ef"]})}))
    )
    more = check(
        report.html(findings({"t": pl.DataFrame({"n": [*range(9)], "c": ["ab", "c"] + ["d"] * 7})}))
    )

    for word in ("kurtosis", "at or below", "median length", "Most frequent values"):
        assert word in more.text
        assert word not in few.text


def test_pairs_that_say_nothing_are_counted_and_not_listed():
    """Of keys, and below 0.1, no pair stands in the table of correlations."""
    rows = range(400)
    frame = pl.DataFrame(
        {
            "customer_id": [n * 37 % 101 for n in rows],
            "a": [float(n * 37 % 101) for n in rows],
            "b": [n * 37 % 101 * 2.0 + n % 7 for n in rows],
            "c": [float(n % 2) for n in rows],
        }
    )
    found = findings({"t": frame})

    shown = check(report.html(found)).text

    assert len(found.descriptive["correlations"]) == 6
    assert "5 more pairs, below 0.1 or of keys and codes, in correlations.csv." in shown


@pytest.mark.parametrize(("step", "is_told"), [(1, True), (40, False)])
def test_days_are_missing_only_where_days_are_expected(step, is_told):
    """A calendar has gaps; dates of birth merely lie apart."""
    days = [date(1960, 1, 1) + timedelta(days=n * step) for n in range(200) if n % 50 != 7]

    shown = check(report.html(findings({"t": pl.DataFrame({"day": days})}))).text

    assert ("without a value" in shown) is is_told
