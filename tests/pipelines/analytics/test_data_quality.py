import polars as pl
import pytest

from pipelines.analytics import data_quality
from pipelines.analytics.outliers import Tail
from tests.pipelines.analytics import found
from tests.pipelines.analytics.profiles import numbers, table, text


def rules(payload):
    return {(issue["rule"], issue.get("column"), issue["severity"]) for issue in payload["issues"]}


@pytest.mark.parametrize(
    ("nulls", "severity"),
    [(20, None), (21, "WARNING"), (39, "WARNING"), (40, "ERROR"), (100, "ERROR")],
)
def test_more_than_a_fifth_of_nulls_is_a_warning_and_two_fifths_an_error(nulls, severity):
    """The thresholds of null_ratio_threshold are > 0.2 and >= 0.4."""
    payload = data_quality.assess(table(text("a", 100, nulls)), {})

    expected = {("null_ratio_threshold", "a", severity)} if severity else set()
    expected |= {("all_null", "a", "WARNING")} if nulls == 100 else set()
    assert rules(payload) == expected


@pytest.mark.parametrize(
    ("count", "severity"), [(0, None), (1, "WARNING"), (49, "WARNING"), (50, "ERROR")]
)
def test_any_repeated_row_is_a_warning_and_a_twentieth_of_them_an_error(count, severity):
    """The thresholds of duplicate_rows are > 0 and >= 5 %."""
    duplicates = {"count": count, "ratio": count / 1000}

    payload = data_quality.assess(
        table(text("a", 1000), text("b", 1000), duplicates=duplicates), {}
    )

    assert rules(payload) == ({("duplicate_rows", None, severity)} if severity else set())
    assert payload["metrics"]["duplicateRows"] == {
        "duplicates": count,
        "ratio": count / 1000,
        "severity": severity or "OK",
    }


def test_the_values_of_a_lone_column_may_repeat():
    """They are counted, and neither an issue nor a cost."""
    duplicates = {"count": 900, "ratio": 0.9}

    payload = data_quality.assess(table(text("a", 1000), duplicates=duplicates), {})

    assert (payload["issues"], payload["score"]) == ([], 1.0)
    assert payload["metrics"]["duplicateRows"]["duplicates"] == 900
    (verdict,) = (v for v in payload["verdicts"] if v["rule"] == "duplicate_rows")
    assert verdict["inconclusive"] == [{"reason": "of one column values repeat, not rows"}]


@pytest.mark.parametrize(
    ("beyond", "severity"), [(9, None), (10, "WARNING"), (49, "WARNING"), (50, "ERROR")]
)
def test_values_beyond_three_deviations_are_judged_by_their_share(beyond, severity):
    """The thresholds of numeric_range are >= 1 % and >= 5 % of all rows."""
    column = numbers("a", range(1000))

    payload = data_quality.assess(table(column), {"a": Tail(beyond, beyond)})

    assert rules(payload) == ({("numeric_range", "a", severity)} if severity else set())
    (found,) = payload["metrics"]["numericRanges"]
    assert (found["violationCount"], found["sampleCount"]) == (beyond, 1000)
    assert found["lowerBound"] == pytest.approx(499.5 - 3 * 288.8194, abs=0.001)


@pytest.mark.parametrize(
    ("counts", "mixed"),
    [
        ({"numeric": 5, "text": 95}, True),
        ({"numeric": 4, "text": 96}, False),
        ({"numeric": 99, "text": 1}, True),
        ({"numeric": 100}, False),
        ({}, False),
    ],
)
def test_numbers_among_words_make_a_mixed_column(counts, mixed):
    """A column of text is mixed if at least 5 % of it, but not all, are numbers."""
    payload = data_quality.assess(table(text("a", 100, writing=counts)), {})

    assert rules(payload) == ({("mixed_type", "a", "WARNING")} if mixed else set())


@pytest.mark.parametrize(
    ("distinct", "thin"), [(49, False), (50, True), (499, True), (500, False), (1000, False)]
)
def test_thin_categories_are_noted_and_free_text_is_not(distinct, thin):
    """Only 2 to 20 rows a value, and at least 50 values, are remarked on; and only as an INFO."""
    payload = data_quality.assess(table(text("a", 999, distinctCount=distinct)), {})
    of_keys = data_quality.assess(table(text("customer_id", 999, distinctCount=distinct)), {})

    assert rules(payload) == ({("categorical_cardinality", "a", "INFO")} if thin else set())
    assert not any(rule == "categorical_cardinality" for rule, *_ in rules(of_keys))
    assert payload["score"] == 1.0


def test_a_healthy_table_scores_one():
    """Free text, identifiers and plain numbers cost nothing."""
    healthy = table(
        numbers("n", range(100)), text("comment", 100, distinctCount=100), text("c", 100)
    )

    payload = data_quality.assess(healthy, {})

    assert payload["score"] == 1.0
    assert payload["severitySummary"] == {
        "bySeverity": {"ERROR": 0, "WARNING": 0, "INFO": 0},
        "maxSeverity": None,
        "penalty": 0.0,
        "issueCount": 0,
    }


def test_the_score_follows_how_much_is_affected():
    """Two errors in one column of ten cost a tenth of the data, not all of it."""
    columns = [text(f"c{index}", 100) for index in range(9)]

    payload = data_quality.assess(table(text("empty", 100, 100), *columns), {})

    assert payload["score"] == pytest.approx(0.9)
    assert payload["severitySummary"]["maxSeverity"] == "ERROR"


def test_an_empty_table_is_judged_without_a_division_by_zero():
    """No row, no issue."""
    payload = data_quality.assess(table(text("a", 0)), {})

    assert (payload["issues"], payload["score"]) == ([], 1.0)


def test_the_payload_of_several_tables_gives_back_that_of_each():
    """by_table undoes payload."""
    tables = [
        table(text("a", 100, 50), numbers("b", range(100)), name="one"),
        table(text("a", 10), text("b", 10), name="two", duplicates={"count": 2, "ratio": 0.2}),
    ]
    assessed = [data_quality.assess(each, {}) for each in tables]

    whole = data_quality.payload(tables, assessed)

    assert data_quality.by_table(whole) == assessed
    assert all("table" in issue for issue in whole["issues"])
    assert whole["metrics"]["duplicateRows"]["duplicates"] == 2
    assert min(e["score"] for e in assessed) < whole["score"] < max(e["score"] for e in assessed)


IBAN = "DE89370400440532013000"


def test_a_broken_checksum_is_a_warning_with_examples():
    """Three of 10,000 IBANs are wrong: the issue counts them and shows them."""
    wrong = ["DE89370400440532013001", "DE89370400440532013002", "DE89370400440532013003"]
    frame = pl.DataFrame({"iban": [IBAN] * 9_997 + wrong})

    assessed = data_quality.assess(found.profile("t", frame), {})

    (issue,) = (each for each in assessed["issues"] if each["rule"] == "broken_checksum")
    assert (issue["severity"], issue["column"], issue["count"]) == ("WARNING", "iban", 3)
    assert [example["value"] for example in issue["examples"]] == wrong


def test_personal_columns_are_named_and_cost_nothing():
    """Each personal column is an INFO; the score is that of sound data."""
    frame = pl.DataFrame({"mail": ["a@b.de", "c@d.de"], "id": [1, 2]})

    assessed = data_quality.assess(found.profile("t", frame), {})

    (issue,) = assessed["issues"]
    assert (issue["rule"], issue["severity"], issue["column"]) == ("personal_data", "INFO", "mail")
    assert assessed["score"] == 1
