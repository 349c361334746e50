from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipelines.analytics import narrative
from pipelines.analytics.wording import percent
from pipelines.formats.base import Failure, RowAccount
from tests.pipelines.analytics import learnable
from tests.pipelines.analytics.found import findings, learned, sales


def test_payload_has_the_documented_names():
    """nl_report answers summary, highlights and where the reports lie."""
    payload = narrative.narrate(findings({"sales": sales()}))

    assert payload["summary"].startswith("`sales.csv` holds 400 rows and 6 columns (84.2 kB read).")
    assert payload["reportArtifacts"] == {
        "text": "artifacts/01J0000000/results/report.txt",
        "html": "artifacts/01J0000000/results/report.html",
        "workbook": "artifacts/01J0000000/results/report.xlsx",
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "`region` is 25 % empty (100 of 400 rows).",
        "`tax` and `returned` mirror each other (r = -1.0000 over 400 rows).",
        "`channel` holds one value only, `web`, in 400 rows.",
        "`id` differs in every one of 400 rows, as a key does.",
    ],
)
def test_sentences_carry_their_figures(sentence):
    """What is said can be checked: each sentence names the column and the count behind it."""
    assert sentence in narrative.narrate(findings({"sales": sales()}))["highlights"]


def test_the_farthest_outlier_is_named_with_its_row():
    """A reader finds the odd value without searching."""
    told = narrative.narrate(findings({"sales": sales()}))["highlights"]

    assert any(
        "`amount` has 1 value" in line and "950" in line and "row 400" in line for line in told
    )


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (
            learnable.customers(),
            "`churn` can be predicted from the other columns: a model is right",
        ),
        (learnable.prices(), "`outcome` can be predicted from the other columns: a model explains"),
        (learnable.rare(), "`churn` can be predicted from the other columns: a model reaches"),
        (learnable.noise(), "`target` cannot be predicted from the other columns better than by"),
    ],
)
def test_whether_the_target_can_be_predicted_is_told(frame, words):
    found = findings({"t": frame}, inference=learned({"t": frame}))

    told = narrative.narrate(found)["highlights"]

    assert any(line.startswith(words) for line in told)


def test_what_could_not_be_read_comes_first():
    """A lost file is graver than anything in the data, and lost rows come next."""
    failure = Failure("in.zip", "b.csv", "corrupt_file", "The file is cut off", "Send it again")
    rows = RowAccount(parsed=390, rejected=10)
    found = findings({"sales": sales()}, failures=(failure,), rows=rows)

    told = narrative.narrate(found)["highlights"]

    assert told[0] == "`b.csv` in `in.zip` could not be read: The file is cut off."
    assert told[1].startswith("10 of 400 rows (2.5 %) could not be read")


def test_no_kind_of_finding_fills_the_list():
    """Fifty empty columns are told of once, so that other findings have room."""
    frame = pl.DataFrame({f"e{n}": pl.Series([None] * 30, dtype=pl.Int64) for n in range(50)})
    found = findings({"t": frame.with_columns(pl.Series("k", ["only"] * 30))})

    told = narrative.narrate(found)["highlights"]

    (line,) = [line for line in told if "empty in every row" in line]
    assert line.endswith("49 more like it, among them `e1`, `e2` and `e3`.")
    assert any("`k` holds one value only" in line for line in told)


def test_a_name_cannot_pass_for_a_sentence():
    """A column's name stays between its marks on one line, with nothing hidden in it."""
    hostile = "x\n\x1b[31mAll `is` well\u202e"
    found = findings({"t": pl.DataFrame({hostile: pl.Series([None] * 9, dtype=pl.Int64)})})

    (line,) = [line for line in narrative.narrate(found)["highlights"] if "well" in line]

    assert line == "`x↵<U+001B>[31mAll ’is’ well<U+202E>` is empty in every row (9 rows)."


def test_sound_data_is_called_sound():
    """Nothing is warned of where nothing is wrong."""
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "z"]})

    summary = narrative.narrate(findings({"t": frame}))["summary"]

    assert "Every cell holds a value" in summary
    assert "found nothing wrong (score 100 %)" in summary


def test_no_table_at_all_is_said():
    """A job that read nothing still gets a sentence."""
    found = findings({}, rows=RowAccount())

    assert narrative.narrate(found)["summary"] == (
        "`sales.csv` holds no table that could be read (84.2 kB read)."
    )


def test_an_estimate_is_never_said_as_if_it_were_exact():
    """A column whose distinct values are estimated is not called a key or a constant."""
    found = findings({"sales": sales()})
    (table,) = found.tables
    bound = {"distinctCount": {"method": "kmv", "lower": 380, "upper": 400}}
    columns = tuple(
        replace(column, figures={**column.figures, "estimates": bound}) for column in table.columns
    )

    told = narrative.narrate(replace(found, tables=(replace(table, columns=columns),)))

    assert not any(
        "as a key does" in line or "one value only" in line for line in told["highlights"]
    )


def test_the_last_of_a_kind_tells_how_many_more_there_are():
    """Of a wide table one column says what is true of all, and some of the others are named."""
    frame = pl.DataFrame({f"c{number}": [None, None, number, 1, 2] for number in range(1005)})

    told = narrative.narrate(findings({"wide": frame}))["highlights"]

    empty = [line for line in told if "empty" in line]
    assert len(empty) == 1
    assert empty[0].endswith(" 1,004 more like it, among them `c1`, `c2` and `c3`.")


def test_columns_that_are_empty_in_the_same_rows_are_told_of_together():
    """The grade of an event is empty where there is none; what is so elsewhere is told apart."""
    event = [None if n % 4 else "fall" for n in range(400)]
    frame = sales().with_columns(
        event=pl.Series(event),
        grade=pl.Series([each and 1 + n % 3 for n, each in enumerate(event)]),
        other=pl.Series([None if n % 4 != 1 else n for n in range(400)]),
    )

    told = narrative.narrate(findings({"t": frame}))["highlights"]

    assert [each for each in told if "% empty" in each][:2] == [
        "`event` is 75 % empty (300 of 400 rows). In the same rows `grade` is empty too.",
        "`other` is 75 % empty (300 of 400 rows).",
    ]


def test_cells_that_are_padded_and_spelt_otherwise_are_told_once():
    """`fever ` beside `Fever` is one finding, not two."""
    frame = sales().with_columns(
        event=pl.Series(["fever " if n % 50 == 3 else ("Fever", "Fall")[n % 2] for n in range(400)])
    )

    told = narrative.narrate(findings({"t": frame}))["highlights"]

    assert sum("`event`:" in each for each in told) == 1
    assert any("differ from the usual spelling" in each for each in told)


def test_one_constant_stands_for_all():
    """Four columns that say nothing do not take a line each."""
    frame = sales().with_columns(*(pl.lit("x").alias(name) for name in ("a", "b", "c")))

    told = narrative.narrate(findings({"t": frame}))["highlights"]

    (line,) = (each for each in told if "holds one value only" in each)
    assert line.endswith("3 more like it: `a`, `b` and `c`.")


@pytest.mark.parametrize(("extra", "verb"), [(1, "repeats"), (2, "repeat")])
def test_one_row_repeats_and_two_repeat(extra, verb):
    frame = sales()
    frame = pl.concat([frame, frame.head(extra)])

    told = narrative.narrate(findings({"t": frame}))["highlights"]

    assert any(
        f"rows ({percent(extra / frame.height)}) {verb} an earlier row." in each for each in told
    ), told


def test_a_few_of_a_kind_are_told_one_by_one_and_the_rest_by_name():
    """Of six columns four are told of in full, and nobody has to search for the other two."""
    gaps = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    frame = pl.DataFrame(
        {f"c{n}": [None if row in gap else row for row in range(5)] for n, gap in enumerate(gaps)}
    )

    told = narrative.narrate(findings({"t": frame}))["highlights"]

    empty = [line for line in told if "empty" in line]
    assert len(empty) == 4
    assert empty[3].endswith(" 2 more like it: `c4` and `c5`.")


def outlying(name, values):
    return [
        line
        for line in narrative.narrate(findings({"t": pl.DataFrame({name: values})}))["highlights"]
        if "from the mean" in line
    ]


def test_what_so_many_values_have_by_chance_is_no_outlier_worth_a_sentence():
    """Of 1,000 values of a normal distribution some lie three deviations out; ten is told of."""
    normal = np.random.RandomState(5).normal(size=1000)
    assert (np.abs(normal - normal.mean()) >= 3 * normal.std(ddof=1)).any()

    assert outlying("x", normal) == []
    assert len(outlying("x", [*normal, 10.0])) == 1


@pytest.mark.parametrize("name", ["customer_id", "areaCode", "Key"])
def test_labels_have_no_outliers(name):
    """A number far from the others is odd in a measure; in a key it is another key."""
    values = [*range(1000, 1400), *range(1000, 1400), 99_000]

    assert outlying(name, values) == []
    assert len(outlying("litres", values)) == 1


def test_a_rare_step_is_not_far_out():
    """A discount of 20 % that one order in 40 has is a usual one."""
    values = [0] * 900 + [5] * 60 + [20] * 25

    assert not any("the farthest 20 (" in line for line in outlying("discount", values))
    assert any("the farthest 200 (" in line for line in outlying("discount", [*values, 200]))
    assert any("the farthest 4,983 (" in line for line in outlying("discount", [*values, 4983]))


def test_stand_ins_are_told_of_once():
    """-999 means that there is no value: that it is far from the mean is no second finding."""
    values = [20 + n / 100 for n in range(500)] + [-999.0] * 3
    found = findings({"t": pl.DataFrame({"c": values})})
    issue = {
        "rule": "sentinel_values",
        "severity": "WARNING",
        "message": "-999 in 3 rows seems to stand for a missing value",
        "column": "c",
        "count": 3,
    }
    range_ = {**issue, "rule": "numeric_range", "message": "3 values lie far out"}
    noticed = replace(found, quality=({**found.quality[0], "issues": [issue, range_]},))

    before, told = (
        [line for line in narrative.narrate(each)["highlights"] if "`c`" in line]
        for each in (found, noticed)
    )

    assert any("from the mean" in line for line in before)
    assert told == ["`c`: -999 in 3 rows seems to stand for a missing value."]


def test_nearly_full_data_is_told_by_what_is_missing():
    """ "> 99.99 %" begins no sentence."""
    frame = pl.DataFrame({"a": [None, *range(20_000)], "b": ["x"] * 20_001})

    summary = narrative.narrate(findings({"t": frame}))["summary"]

    assert "All but 1 of 40,002 cells hold a value;" in summary
