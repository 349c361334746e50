"""The quality rules on a table of known defects, and on a healthy one."""

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import duckdb
import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from pipelines import artifacts
from pipelines.analytics import data_quality, location, outliers
from pipelines.analytics.checks.registry import RULES
from pipelines.analytics.checks.settings import QualityOptions, RuleSettings
from pipelines.analytics.ground import Ground
from pipelines.options import JobOptions
from tests.pipelines.analytics import dirty, found
from tests.pipelines.analytics import run as runs

# Rule and column, how many rows, and the first of them.
EXPECTED = {
    ("null_ratio_threshold", "half_empty"): (200, 2),
    ("null_ratio_threshold", "nothing"): (400, 1),
    ("all_null", "nothing"): (400, 1),
    ("mixed_type", "mixed"): (41, 1),
    ("numeric_range", "far"): (6, 100),
    ("duplicate_rows", None): (2, 399),
    ("broken_checksum", "iban"): (1, 120),
    ("padded_values", "city"): (1, 5),
    ("padded_values", "padded"): (2, 9),
    ("case_variants", "city"): (4, 4),
    ("mojibake", "name"): (2, 20),
    ("future_dates", "shipped"): (1, 30),
    ("future_dates", "seen_at"): (1, 42),
    ("impossible_dates", "shipped"): (1, 31),
    ("impossible_dates", "written"): (2, 70),
    ("date_order", "closed"): (2, 60),
    ("key_candidates", "order_id"): (4, 50),
    ("sentinel_values", "shipped"): (1, 33),
    ("sentinel_values", "seen_at"): (2, 40),
    ("sentinel_values", "closed"): (1, 61),
    ("sentinel_values", "temperature"): (2, 80),
    ("sentinel_values", "rating"): (1, 82),
    ("categorical_cardinality", "customer"): (400, 1),
    ("personal_data", "iban"): (400, 1),
    ("personal_data", "mail"): (400, 1),
    ("constant", "currency"): (400, 1),
    ("negative_values", "weight"): (7, 130),
    ("negative_values", "paid"): (2, 140),
    ("skew", "temperature"): (2, 80),
    ("skew", "rating"): (1, 82),
    ("skew", "price"): (1, 90),
    ("skew", "far"): (6, 100),
    ("imbalance", "channel"): (3, 110),
    ("imbalance", "iban"): (1, 120),
}

# For each threshold of each rule a setting that changes what is said of the dirty table.
EFFECTS = {
    ("null_ratio_threshold", "warning"): 0.05,
    ("null_ratio_threshold", "error"): 0.9,
    ("mixed_type", "share"): 0.2,
    ("numeric_range", "warning"): 0.02,
    ("numeric_range", "error"): 0.012,
    ("numeric_range", "deviations"): 1.0,
    ("categorical_cardinality", "distinct"): 100,
    ("categorical_cardinality", "fewest"): 7.0,
    ("categorical_cardinality", "most"): 5.0,
    ("duplicate_rows", "warning"): 0.01,
    ("duplicate_rows", "error"): 0.001,
    ("broken_checksum", "share"): 0.5,
    ("constant", "rows"): 1000,
    ("padded_values", "share"): 0.5,
    ("case_variants", "distinct"): 2,
    ("case_variants", "repeats"): 1000.0,
    ("mojibake", "share"): 0.5,
    ("future_dates", "days"): 30000,
    ("future_dates", "plan"): 0.9,
    ("date_order", "rows"): 1000,
    ("date_order", "share"): 0.001,
    ("date_order", "chance"): 0.9,
    ("impossible_dates", "earliest"): "1000-01-01",
    ("impossible_dates", "latest"): "2030-01-01",
    ("impossible_dates", "share"): 1.0,
    ("key_candidates", "unique"): 1.0,
    ("key_candidates", "rows"): 1000,
    ("sentinel_values", "numbers"): [],
    ("sentinel_values", "dates"): [],
    ("sentinel_values", "gap"): 1000.0,
    ("sentinel_values", "days"): 36500,
    ("negative_values", "share"): 0.001,
    ("negative_values", "rows"): 1000,
    ("skew", "skewness"): 100.0,
    ("skew", "rows"): 1000,
    ("imbalance", "share"): 1.0,
    ("imbalance", "distinct"): 2,
    ("imbalance", "rows"): 1000,
}


class Parts:
    """A frame as Parquet parts in a folder, and the profile of the whole."""

    def __init__(self, frame, folder, rows_a_part=150):
        self.frame, self.profile = frame, found.profile("t", frame)
        self.slices = [
            found.Whole(frame[start : start + rows_a_part], at, start + 1)
            for at, start in enumerate(range(0, frame.height, rows_a_part))
        ]
        for each in self.slices:
            each.frame.write_parquet(folder / f"part-{each.part:05d}.parquet")
        parts = tuple((each.part, each.frame.height) for each in self.slices)
        self.ground = Ground(str(folder), tuple(frame.columns), parts)

    def read(self, columns, matters):
        assert matters({}) is True
        for each in self.slices:
            yield found.Whole(each.frame.select(columns), each.part, each.first_row)

    def assessed(self, masked=(), **rules):
        return data_quality.assess(
            self.profile,
            outliers.far(self.profile, self.read)["zscore"],
            partial(location.locate, slices=self.read, masked=masked),
            options=QualityOptions.model_validate(rules),
            today=dirty.TODAY,
            ground=self.ground,
        )


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    return Parts(dirty.orders(), tmp_path_factory.mktemp("orders"))


@pytest.fixture(scope="module")
def assessed(orders):
    return orders.assessed()


def test_every_defect_is_found_with_its_rows(assessed):
    """Each issue says how many rows it speaks of, and the first of them; and no other is raised."""
    told = {
        (issue["rule"], issue.get("column")): (
            issue["count"],
            min(example["row"] for example in issue["examples"]),
        )
        for issue in assessed["issues"]
    }

    assert told == EXPECTED


def test_every_rule_has_a_defect_here():
    """So that no rule is left untested."""
    assert {rule for rule, _ in EXPECTED} == {rule.name for rule in RULES}


def test_the_sql_of_an_issue_lists_its_rows(orders, assessed):
    """DuckDB finds as many rows as the issue counts, and those which it shows are among them."""
    for issue in assessed["issues"]:
        listed = duckdb.sql(issue["sql"]).fetchall()

        assert len(listed) == issue["count"], issue["message"]
        places = {(artifacts.part_number(path), row) for path, row, *_ in listed}
        shown = {(example["part"], example["partRow"]) for example in issue["examples"]}
        assert len(shown) == min(issue["count"], 20)
        assert shown <= places, issue["message"]


def test_an_example_says_where_it_lies(orders, assessed):
    """The row in the table, and the part with the row in it, name the same value."""
    for issue in assessed["issues"]:
        for example in issue["examples"]:
            assert example["row"] == example["part"] * 150 + example["partRow"]
            if issue["rule"] in {"padded_values", "case_variants", "mojibake"}:
                value = orders.frame.get_column(issue["column"])[example["row"] - 1]
                assert example["value"] == value


def test_sentences_are_specific(assessed):
    """They name the figures, the values and the first row."""
    said = {(i["rule"], i.get("column")): i["message"] for i in assessed["issues"]}

    assert said["sentinel_values", "temperature"] == (
        "-999 in 2 rows, first in row 80, seems to stand for a missing value:"
        " ordinary ones lie between 0 and 24"
    )
    assert said["key_candidates", "order_id"] == (
        "called and filled like a key, but 4 rows of 400 repeat an earlier value, first in row 50"
    )
    assert said["impossible_dates", "written"] == (
        "2 of 400 dates are in no calendar, such as 2023-02-30, first in row 70"
    )


@pytest.mark.parametrize("both", [0, 1])
def test_columns_that_take_turns_lack_nothing(both, tmp_path):
    """Debit and credit: each row fills one of them. A row that fills none ends that."""
    rows = range(200)
    debit = [None if n % 40 == 7 and n > 7 * both else n * 1.5 for n in rows]
    credit = [n + 0.5 if n % 40 == 7 else None for n in rows]

    payload = Parts(pl.DataFrame({"debit": debit, "credit": credit}), tmp_path).assessed()

    empty = [i["column"] for i in payload["issues"] if i["rule"] == "null_ratio_threshold"]
    assert empty == (["credit"] if both else [])
    if not both:
        (verdict,) = (v for v in payload["verdicts"] if v["rule"] == "null_ratio_threshold")
        assert verdict["inconclusive"] == [
            {"column": "credit", "reason": "it is filled where “debit” is empty, and only there"}
        ]


def test_nothing_is_held_against_a_healthy_table(tmp_path):
    """Keys, categories, codes, prose, plans and times cost nothing and raise no alarm."""
    payload = Parts(dirty.healthy(), tmp_path).assessed(personal_data={"enabled": False})

    assert payload["issues"] == []
    assert payload["score"] == 1.0
    assert not any(verdict["failed"] for verdict in payload["verdicts"])


def test_what_cannot_be_judged_says_why(assessed, tmp_path):
    """Plans are not errors, and few rows tell nothing."""
    few = Parts(pl.DataFrame({"a": [1, 1], "b": ["x", "x"]}), tmp_path).assessed()

    reasons = {
        (verdict["rule"], entry.get("column")): entry["reason"]
        for verdict in [*assessed["verdicts"], *few["verdicts"]]
        for entry in verdict["inconclusive"]
    }
    assert reasons["future_dates", "due"] == (
        "46.5 % of its dates lie after 2026-11-24: it may hold plans"
    )
    assert reasons["constant", "b"] == "2 values are too few to tell"
    assert reasons["skew", "a"] == "2 values are too few to speak of a shape"


def test_each_column_has_one_verdict_of_a_rule(assessed):
    """A column has passed, failed or neither, and never two of these."""
    for verdict in assessed["verdicts"]:
        unclear = [entry["column"] for entry in verdict["inconclusive"] if "column" in entry]
        told = [*verdict["passed"], *verdict["failed"], *unclear]

        assert len(told) == len(set(told)), verdict["rule"]
        expected = {column for rule, column in EXPECTED if rule == verdict["rule"]} - {None}
        assert set(verdict["failed"]) == expected


def test_masked_columns_tell_no_value(orders):
    """Examples of a masked column are places alone, and the SQL cites nothing."""
    payload = orders.assessed(masked={"name", "iban", "padded"})

    issues = {(i["rule"], i.get("column")): i for i in payload["issues"]}
    for key in (("mojibake", "name"), ("padded_values", "padded"), ("broken_checksum", "iban")):
        assert all("value" not in example for example in issues[key]["examples"])
    assert "sql" not in issues["broken_checksum", "iban"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_can_be_switched_off(rule, orders):
    """It raises no issue then, gives no verdict, costs nothing, and is said to be off."""
    payload = orders.assessed(**{rule.name: {"enabled": False}})

    assert payload["rulesOff"] == [rule.name]
    assert rule.name not in {issue["rule"] for issue in payload["issues"]}
    assert rule.name not in {verdict["rule"] for verdict in payload["verdicts"]}


def test_a_rule_that_is_off_costs_nothing(assessed, orders):
    """With neither nulls nor sentinels looked at, the table is complete; and so on."""
    off = {"enabled": False}

    payload = orders.assessed(null_ratio_threshold=off, sentinel_values=off, duplicate_rows=off)

    assert payload["dimensions"]["completeness"] == 1.0
    assert payload["dimensions"]["uniqueness"] > assessed["dimensions"]["uniqueness"]
    assert payload["metrics"]["duplicateRows"]["severity"] == "OFF"


THRESHOLDS = [
    (rule.name, name)
    for rule in RULES
    for name in type(rule.settings(QualityOptions())).model_fields
    if name not in RuleSettings.model_fields
]


@pytest.mark.parametrize(("rule", "threshold"), THRESHOLDS)
def test_every_threshold_has_an_effect(rule, threshold, orders, assessed):
    """Another setting of it changes what is said of the dirty table."""
    payload = orders.assessed(**{rule: {threshold: EFFECTS[rule, threshold]}})

    before, after = (
        [*(i for i in each["issues"] if i["rule"] == rule),
         *(v for v in each["verdicts"] if v["rule"] == rule)]
        for each in (assessed, payload)
    )  # fmt: skip
    assert before != after


def test_the_score_is_the_share_of_sound_data(assessed):
    """Nulls and sentinels, repeats, and the cells that a rule speaks of: each costs what it is."""
    cells = 400 * len(dirty.orders().columns)
    nulls, sentinels = 200 + 40 + 400 + 1, 1 + 2 + 2 + 1 + 1
    # Of far, iban, name, shipped, seen_at, closed, written, weight.
    odd_values = 6 + 1 + 2 + (1 + 1) + 1 + 2 + 2 + 7
    odd_writing = 41 + 1 + 2 + 4  # of mixed, city (padded, and by case), padded

    assert assessed["dimensions"] == pytest.approx(
        {
            "completeness": 1 - (nulls + sentinels) / cells,
            "uniqueness": (1 - 2 / 400) * (1 - 4 / cells),
            "validity": 1 - odd_values / cells,
            "consistency": 1 - odd_writing / cells,
        }
    )
    assert assessed["score"] == pytest.approx(math.prod(assessed["dimensions"].values()))


def test_the_options_are_those_of_the_registry():
    """One field a rule, in its order, called as it is."""
    assert list(QualityOptions.model_fields) == [rule.name for rule in RULES]


def test_an_unknown_rule_is_refused_with_those_that_are_known():
    """So is an unknown threshold."""
    with pytest.raises(ValidationError, match=r"no quality rule is called 'skewed'.*imbalance"):
        JobOptions.model_validate({"quality": {"skewed": {}}})
    with pytest.raises(ValidationError, match=r"'limit'; there are: enabled, skewness, rows"):
        JobOptions.model_validate({"quality": {"skew": {"limit": 3}}})


@pytest.mark.parametrize(
    "quality",
    [
        {"null_ratio_threshold": {"warning": 2}},
        {"null_ratio_threshold": {"warning": 0.5, "error": 0.4}},
        {"categorical_cardinality": {"fewest": 50, "most": 2}},
        {"impossible_dates": {"earliest": "2200-01-01", "latest": "1800-01-01"}},
        {"skew": {"enabled": "no"}},
        {"skew": False},
        {"constant": {"rows": 0}},
        {"future_dates": {"days": 1.5}},
        {"sentinel_values": {"dates": ["31.12.9999"]}},
        [],
    ],
)
def test_settings_of_the_wrong_kind_are_refused(quality):
    """Shares lie in 0..1 and in order, switches are booleans, days are ISO dates."""
    with pytest.raises(ValidationError):
        JobOptions.model_validate({"quality": quality})


def test_odd_names_and_values_are_quoted(tmp_path):
    """Quotes in names and values, and columns called as those of the SQL, do no harm."""
    frame = pl.DataFrame(
        {
            'a "b"': ["it's", "it's", "IT'S"] * 10,
            "filename": [None, 1, 2] * 10,
            "x y": ["one", " one", "two"] * 10,
        }
    )

    payload = Parts(frame, tmp_path).assessed()

    told = {(issue["rule"], issue.get("column")) for issue in payload["issues"]}
    assert {("case_variants", 'a "b"'), ("null_ratio_threshold", "filename")} <= told
    for issue in payload["issues"]:
        assert len(duckdb.sql(issue["sql"]).fetchall()) == issue["count"]


def test_every_type_is_looked_at_alike_by_both_engines(tmp_path):
    """Booleans, integers, decimals, NaN, infinities, categories and zoned times: SQL agrees."""
    odd = [None, float("nan"), float("inf"), -999.0]
    frame = pl.DataFrame(
        {
            "n": range(200),
            "flag": [n != 7 for n in range(200)],
            "kind": [1] * 197 + [2, 3, None],
            "money": pl.Series([f"{n % 7}.25" for n in range(198)] + ["-999", "5000.50"]).cast(
                pl.Decimal(20, 2)
            ),
            "real": [*odd, *(n / 10 for n in range(196))],
            "big": pl.Series([2**63 + n for n in range(199)] + [999], dtype=pl.UInt64),
            "small": pl.Series([n % 9 for n in range(198)] + [99, -99], dtype=pl.Int8),
            "word": pl.Series(["red", "Red", "blue", " blue"] * 50, dtype=pl.Categorical),
            "at": pl.Series([datetime(2024, 1, 1, tzinfo=UTC)] * 198
                            + [datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)]),
        },
        strict=False,
    )  # fmt: skip

    payload = Parts(frame, tmp_path).assessed()

    told = {(issue["rule"], issue["column"]): issue["count"] for issue in payload["issues"]}
    assert told == {
        ("padded_values", "word"): 50,
        ("case_variants", "word"): 50,
        ("numeric_range", "kind"): 2,
        ("numeric_range", "small"): 2,
        ("impossible_dates", "at"): 1,
        ("sentinel_values", "big"): 1,
        ("sentinel_values", "money"): 1,
        ("sentinel_values", "real"): 1,
        ("sentinel_values", "small"): 1,
        ("sentinel_values", "at"): 1,
        ("skew", "kind"): 2,
        ("skew", "money"): 1,
        ("skew", "real"): 1,
        ("skew", "big"): 1,
        ("imbalance", "flag"): 1,
        ("imbalance", "kind"): 2,
    }
    for issue in payload["issues"]:
        listed = duckdb.sql(f"SELECT count(*) FROM ({issue['sql']})").fetchall()
        assert listed == [(issue["count"],)], issue["message"]


def test_two_sentinels_of_a_column_are_two_issues(tmp_path):
    """Each is judged by the ordinary values, not by the other one."""
    values = [n % 90 for n in range(95)] + [-999, -999, 99999, 99999, 99999]

    payload = Parts(pl.DataFrame({"n": values}), tmp_path).assessed()

    told = [i["message"] for i in payload["issues"] if i["rule"] == "sentinel_values"]
    assert [text.split(", first")[0] for text in told] == ["99,999 in 3 rows", "-999 in 2 rows"]


def test_two_nines_stand_for_no_answer_where_they_repeat(tmp_path):
    """Of grades from 1 to 5 one 99 may be a slip, several are a code; among ages it is an age."""
    frame = pl.DataFrame(
        {
            "answer": [n % 5 + 1 for n in range(200)] + [99] * 6,
            "once": [n % 5 + 1 for n in range(205)] + [99],
            "age": [n % 80 + 18 for n in range(200)] + [99] * 6,
        }
    )

    payload = Parts(frame, tmp_path).assessed()

    told = {i["column"]: i["count"] for i in payload["issues"] if i["rule"] == "sentinel_values"}
    assert told == {"answer": 6}


def test_what_is_seldom_true_is_not_far_out(tmp_path):
    """Of 0 and 1 alone, neither lies out of a range, whichever is rare."""
    frame = pl.DataFrame({"n": range(400), "flag": [int(n % 12 == 0) for n in range(400)]})

    payload = Parts(frame, tmp_path).assessed()

    assert payload["issues"] == []
    (verdict,) = (v for v in payload["verdicts"] if v["rule"] == "numeric_range")
    assert verdict["inconclusive"][0]["reason"] == "it holds 0 and 1 alone, which have no range"


def test_single_letters_may_be_codes(tmp_path):
    """A and a are not taken for one value, and the verdict says why."""
    payload = Parts(pl.DataFrame({"grade": ["A", "a", "B"] * 20}), tmp_path).assessed()

    (verdict,) = (v for v in payload["verdicts"] if v["rule"] == "case_variants")
    assert verdict["inconclusive"][0]["reason"].endswith("may be different codes")


def test_days_beyond_those_of_python_are_impossible_and_shown(tmp_path):
    """Parquet holds the year 20,000; the issue counts it and tells it in ISO 8601."""
    days = pl.Series([20000 + n for n in range(50)] + [6_600_000]).cast(pl.Int32).cast(pl.Date)

    payload = Parts(pl.DataFrame({"day": days}), tmp_path).assessed()

    (issue,) = (i for i in payload["issues"] if i["rule"] == "impossible_dates")
    assert issue["count"] == 1
    assert issue["examples"][0]["value"] == str(np.datetime64(6_600_000, "D"))


def test_zoned_times_are_compared_in_utc(tmp_path):
    """Five minutes before the end of the grace in UTC are no future, whatever the zone."""
    late = pl.Series(["2026-11-24T23:55:00", "2026-11-25T00:05:00"] + ["2026-01-01T00:00:00"] * 30)
    frame = late.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_zone="UTC").to_frame("at")
    frame = frame.with_columns(pl.col("at").dt.convert_time_zone("Asia/Tokyo"))

    payload = Parts(frame, tmp_path).assessed()

    (issue,) = (i for i in payload["issues"] if i["rule"] == "future_dates")
    assert (issue["count"], issue["examples"][0]["row"]) == (1, 2)
    assert duckdb.sql(f"SELECT count(*) FROM ({issue['sql']})").fetchall() == [(1,)]
    assert date(2026, 11, 24).isoformat() in issue["message"]


def test_a_job_follows_its_options(object_store, sqlite_url, tmp_path):
    """Rules that are off and thresholds that are set reach the phase and the report."""
    quality = {"skew": {"enabled": False}, "null_ratio_threshold": {"warning": 0.9, "error": 0.95}}
    order = runs.order(object_store.config, sqlite_url, "quality-options", quality=quality)

    runs.run(order, tables={"orders": dirty.orders()})

    files = runs.published(object_store, "quality-options")
    payload = json.loads(files["artifacts/quality-options/phases/dq_validate.json"])
    assert payload["rulesOff"] == ["skew"]
    told = {(issue["rule"], issue.get("column")) for issue in payload["issues"]}
    expected = {key for key in EXPECTED if key[0] != "skew"}
    assert told == expected - {("null_ratio_threshold", "half_empty")}
    report = files["artifacts/quality-options/results/report.html"].decode()
    assert "Switched off: skew" in report
    assert "row_number() OVER (PARTITION BY" in report


def test_the_sql_reads_the_tables_of_the_job(object_store, sqlite_url, tmp_path):
    """Its address is that of the Parquet in the store, and lists there what the issue counts."""
    order = runs.order(object_store.config, sqlite_url, "quality-sql")

    runs.run(order, tables={"orders": dirty.orders()})

    files = runs.published(object_store, "quality-sql")
    for key, body in files.items():
        if "/tables/" in key:
            (tmp_path / key.rpartition("/")[2]).write_bytes(body)
    payload = json.loads(files["artifacts/quality-sql/phases/dq_validate.json"])
    folder = object_store.uri("artifacts/quality-sql/tables/orders")
    for issue in payload["issues"]:
        assert f"'{folder}/*.parquet'" in issue["sql"]
        listed = duckdb.sql(issue["sql"].replace(folder, str(tmp_path))).fetchall()
        assert len(listed) == issue["count"]


@pytest.mark.parametrize(
    ("name", "values", "severity"),
    [
        ("unitPrice", [*[4.0] * 19, -2.0], "WARNING"),
        ("Age (years)", [*range(20, 40), -1], "WARNING"),
        ("price_change", [*[4.0] * 19, -2.0], None),
        ("weight", [0.3, -0.2, 0.1, 0.4], None),  # it is called so, and means something else
        ("weight", [*range(20), -999], None),  # a sentinel, of which its own rule speaks
        ("paid", [*range(20, 120), -90], "INFO"),
        ("paid", [*map(float, range(20, 120)), -math.inf], "INFO"),
        ("paid", [*range(-1, 100)], None),  # it goes on below zero as it came
        ("paid", [*range(20, 30), -90], None),  # too few to tell
    ],
)
def test_negative_values_are_held_against_what_cannot_be_negative(name, values, severity, tmp_path):
    """By the name of the column, or by how far they lie from its other values."""
    payload = Parts(pl.DataFrame({name: values}), tmp_path).assessed()

    told = [i for i in payload["issues"] if i["rule"] == "negative_values"]
    assert [issue["severity"] for issue in told] == ([severity] if severity else [])
    assert not told or ("the lowest is -" in told[0]["message"]) == (min(values) > -math.inf)


def test_of_equally_grave_issues_the_one_of_most_rows_comes_first(tmp_path):
    """By severity, then by the share of the table's rows, whatever the rule and the table."""
    many, few = [None] * 30 + ["a"] * 70, [None] * 25 + ["b"] * 75
    small = pl.DataFrame({"few": few, "padded": [" x"] * 20 + ["y"] * 80, "many": many})
    large = pl.DataFrame({"holes": [None] * 280 + ["a"] * 720, "n": list(range(1000))})
    tables = [Parts(small, tmp_path), Parts(large, tmp_path)]
    names = ["small", "large"]

    payload = data_quality.payload(
        [replace(each.profile, name=name) for each, name in zip(tables, names, strict=True)],
        [each.assessed() for each in tables],
    )

    warnings = [i["column"] for i in payload["issues"] if i["severity"] == "WARNING"]
    assert warnings == ["many", "holes", "few", "padded"]
    severities = [issue["severity"] for issue in payload["issues"]]
    assert severities == sorted(severities, key=["ERROR", "WARNING", "INFO"].index)


def test_broken_codes_of_a_column_of_floats_are_located(tmp_path):
    """They were integers before a cell was empty; SQL lists the same rows."""
    heads = [f"4000100000000{n:02d}" for n in range(40)]
    doubled = [[int(c) * (2 - at % 2) for at, c in enumerate(reversed(head))] for head in heads]
    checks = [-sum(d - 9 if d > 9 else d for d in each) % 10 for each in doubled]
    cards = [float(f"{head}{check}") for head, check in zip(heads, checks, strict=True)]
    values = [*cards[:20], None, cards[20] + 1, *cards[21:]]

    parts = Parts(pl.DataFrame({"card": values}), tmp_path, rows_a_part=15)
    payload = parts.assessed()

    (issue,) = (each for each in payload["issues"] if each["rule"] == "broken_checksum")
    assert issue["count"] == 1
    assert [each["row"] for each in issue["examples"]] == [22]
    assert duckdb.sql(issue["sql"]).fetchall()[0][-1] == cards[20] + 1


def test_keys_and_codes_have_no_range(tmp_path):
    """That one branch has a number far from the others is no fault of its rows; of litres it is."""
    values = [100 + n % 40 for n in range(500)] + [99_000] * 6
    frame = pl.DataFrame({"branch_id": values, "litres": values})

    payload = Parts(frame, tmp_path).assessed(duplicate_rows={"enabled": False})

    issues = {(issue["rule"], issue["column"]) for issue in payload["issues"]}
    assert {rule for rule, column in issues if column == "litres"} >= {"numeric_range", "skew"}
    assert not issues & {("numeric_range", "branch_id"), ("skew", "branch_id")}
    unclear = {
        (verdict["rule"], entry["column"]): entry["reason"]
        for verdict in payload["verdicts"]
        for entry in verdict["inconclusive"]
    }
    labels = "its numbers are labels, as keys and codes are, and measure nothing"
    assert unclear["numeric_range", "branch_id"] == unclear["skew", "branch_id"] == labels
    ranges = {entry["column"]: entry for entry in payload["metrics"]["numericRanges"]}
    assert ranges["branch_id"]["violationCount"] == 6


def test_dates_are_no_categories(tmp_path):
    """Days of which each has some rows can be grouped by month."""
    days = [date(2024, 1, 1) + timedelta(days=n % 90) for n in range(500)]
    frame = pl.DataFrame({"day": days, "text": [str(day) + "x" for day in days]})

    payload = Parts(frame, tmp_path).assessed(duplicate_rows={"enabled": False})

    found = [i["column"] for i in payload["issues"] if i["rule"] == "categorical_cardinality"]
    assert found == ["text"]
    listed = [entry["column"] for entry in payload["metrics"]["categoricalCardinality"]]
    assert listed == ["day", "text"]
