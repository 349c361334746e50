import csv
import io
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from connectors.errors import AnalysisError
from pipelines.analytics import inference
from pipelines.options import MlOptions
from pipelines.publish import json_bytes
from tests.pipelines.analytics import learnable
from tests.pipelines.analytics.found import profile

ROOT = Path(__file__).parents[3]


def infer(*frames, **options):
    """The payload, and the bodies of the files by their names."""
    tables = [profile(f"t{place}", frame) for place, frame in enumerate(frames)]
    payload, files = inference.infer(tables, MlOptions(**options), "job")
    return payload, {file.path.removeprefix("results/"): file.body for file in files}


def reasons(payload):
    return {entry["column"]: entry["reason"] for entry in payload["excludedColumns"]}


def scores(payload, measure):
    return {each["name"]: each["metrics"][measure]["mean"] for each in payload["candidateModels"]}


def test_models_that_fail_cost_the_job_no_more_than_themselves():
    def fails(*_):
        raise AnalysisError("a@b.de is no number")

    found, files = inference.infer([profile("t", learnable.flowers())], MlOptions(), "job", fails)

    assert (found["status"], files) == ("skipped", [])
    assert found["reason"] == found["message"] == inference.FAILED


def test_what_can_be_told_apart_is_predicted_and_clearly_beats_guessing():
    payload, files = infer(learnable.flowers())

    reached = scores(payload, "accuracy")
    assert payload["status"] == "succeeded"
    assert (payload["mode"], payload["problemType"]) == ("supervised", "classification")
    assert (payload["target"], payload["targetChosen"]) == ("class", "named")
    assert payload["beatsBaseline"] is True
    assert reached[payload["bestModel"]] > 0.9 > 0.4 > reached["baseline"]
    assert payload["featureStats"][0]["column"].startswith("petal")
    assert set(files) == {"predictions.csv", "model.skops"}
    assert payload["artifacts"] == {
        "predictions": "artifacts/job/results/predictions.csv",
        "model": "artifacts/job/results/model.skops",
    }


@pytest.mark.parametrize("seed", range(6))
def test_of_noise_it_says_that_nothing_is_better_than_guessing(seed):
    """And no model is published."""
    payload, files = infer(learnable.noise(seed=seed))

    assert payload["target"] == "target"
    assert payload["beatsBaseline"] is False
    assert "no better than guessing" in payload["message"]
    assert set(files) == {"predictions.csv"}


def test_many_useless_columns_do_not_look_useful():
    """Columns are chosen by the rows that teach, never by those that test."""
    payload, _ = infer(learnable.noise(rows=120, columns=300))

    assert payload["beatsBaseline"] is False


def test_a_number_is_predicted_by_regression():
    payload, _ = infer(learnable.prices())

    assert payload["problemType"] == "regression"
    assert set(payload["candidateModels"][0]["metrics"]) == {"r2", "rmse", "mae"}
    assert scores(payload, "r2")["linear"] == pytest.approx(0.98, abs=0.01)
    assert scores(payload, "mae")["linear"] == pytest.approx(0.4, abs=0.05)
    assert abs(scores(payload, "r2")["baseline"]) < 0.05
    assert [entry["column"] for entry in payload["featureStats"]][:2] == ["size", "age"]
    assert payload["targetDistribution"]["mean"] == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("target", [(1.0, 2.5, 4.0), ("low", "mid", "top")])
def test_categories_alone_can_predict(target):
    """A table without a number among its features is learned from as any other."""
    rows = range(240)
    frame = pl.DataFrame(
        {
            "soil": ["abc"[row % 3] for row in rows],
            "site": ["pq"[row * 7 % 2] for row in rows],
            "target": [target[row % 3 if row % 11 else row % 2] for row in rows],
        }
    )
    if isinstance(target[0], float):
        drift = pl.Series([row * 37 % 101 / 100 for row in rows])
        frame = frame.with_columns(pl.col("target") + drift)

    told, _ = infer(frame, target="target")

    assert told["status"] == "succeeded"
    assert told["beatsBaseline"]
    assert told["featureColumns"] == ["soil", "site"]


def test_a_rare_class_is_judged_by_macro_f1():
    """Where one answer is nearly always right, accuracy tells nothing."""
    payload, _ = infer(learnable.rare())

    reached = scores(payload, "macroF1")
    assert payload["decidingScore"] == "macroF1"
    assert payload["beatsBaseline"] is True
    assert reached["baseline"] < 0.5 < 0.7 < reached[payload["bestModel"]]
    assert "`no` alone is right in 96.2 % of rows" in payload["message"]


def test_a_rare_class_that_nothing_tells_is_an_honest_no():
    frame = learnable.rare().with_columns(pl.col("a").shuffle(seed=1))

    assert infer(frame)[0]["beatsBaseline"] is False


def test_what_gives_the_target_away_is_left_out_and_named():
    """A code of it, its negation, a copy with noise, and a cell that is filled after the fact."""
    frame = learnable.customers().with_columns(
        code=pl.col("churn").cast(pl.Int64) * 7 + 3,
        word=pl.when("churn").then(pl.lit("gone")).otherwise(pl.lit("here")),
        left_on=pl.when("churn").then(pl.col("joined").dt.offset_by("1y")),
    )

    payload, _ = infer(frame)

    found = reasons(payload)
    assert "goes with one value of the target `churn`" in found["code"]
    assert "goes with one value of the target `churn`" in found["word"]
    assert "whether it is empty tells the target" in found["left_on"]
    assert set(payload["featureColumns"]) == {
        "months", "monthly", "contract", "paperless", "joined",
    }  # fmt: skip


def test_a_number_that_says_the_same_as_the_target_is_left_out():
    """In proportion, or only in order."""
    frame = learnable.prices().with_columns(
        cents=pl.col("outcome") * 100 + 1, steep=(pl.col("outcome") / 3).exp()
    )

    found = reasons(infer(frame)[0])

    assert set(found) == {"cents", "steep"}
    assert all("says the same as the target `outcome`" in reason for reason in found.values())


def test_what_cannot_be_a_feature_is_named_with_its_reason():
    rows = 1000
    frame = learnable.customers(rows).with_columns(
        same=pl.lit("x"),
        nothing=pl.lit(None, pl.String),
        hardly=pl.when(pl.col("customer") < 50).then(1.5),
        prose=pl.Series([f"some {number * 7919 % 700} words" for number in range(rows)]),
        trip_id=pl.Series([f"T{number * 7919 % 700}" for number in range(rows)]),
        at=pl.Series([f"{25 + number * 7919 % 700}:00" for number in range(rows)]),
        tags=pl.Series([["a"]] * rows),
    )

    found = reasons(infer(frame)[0])

    assert "identifier" in found["customer"]
    assert "identifier" in found["note"]
    assert found["same"] == "it holds one value only"
    assert found["nothing"] == "it is empty in every row"
    assert found["hardly"] == "it is 95 % empty"
    assert found["prose"].startswith("it is free text, not a category: 700 different values")
    assert found["trip_id"].startswith("it is a key or code: 700 different values")
    assert found["at"].startswith("it has too many values for a category: 700 different values")
    assert found["tags"].startswith("its type is list")


def test_persons_are_not_learned_by_heart():
    """Each pupil stands in many rows with one class, and a name would give it away."""
    names = [f"{first} {last}" for first in ("Ann", "Ben", "Cleo", "Dan") for last in ("Lee", "Ng")]
    rows = range(400)
    frame = pl.DataFrame(
        {
            "student": [names[n % 8] for n in rows],
            "born": [date(2010, 1, 1 + n % 8) for n in rows],
            "score": [n * 37 % 101 for n in rows],
            "class": [f"7{'AB'[n % 8 // 4]}" for n in rows],
        }
    )

    payload, _ = infer(frame)

    assert "tells persons apart" in reasons(payload)["student"]
    assert "born" in payload["featureColumns"]


def test_a_target_may_be_asked_for():
    """In whatever case; and its reasons are its own."""
    payload, _ = infer(learnable.customers(), target="Contract")

    assert (payload["target"], payload["targetChosen"]) == ("contract", "asked")
    assert payload["problemType"] == "classification"
    assert payload["rowsUsed"] < 1000


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nowhere", "`nowhere` was to be predicted, but there is no such column."),
        ("note", "`note` was to be predicted, but it differs in every row"),
        ("joined", "`joined` was to be predicted, but its type is date"),
    ],
)
def test_a_target_that_cannot_be_one_is_refused_with_the_reason(target, reason):
    payload, files = infer(learnable.customers(), target=target)

    assert payload["status"] == "skipped"
    assert payload["reason"].startswith(reason)
    assert files == {}


def test_numbers_whose_squares_vanish_are_no_target():
    """Their errors would all be 0, and no model better than another."""
    frame = learnable.prices().with_columns(pl.col("outcome") * 1e-200)

    payload, _ = infer(frame, target="outcome")

    assert payload["reason"].endswith("its numbers are too close together to reckon with.")


def test_a_job_that_wants_no_model_gets_none():
    payload, files = infer(learnable.flowers(), enabled=False)

    assert (payload["status"], payload["reason"]) == ("skipped", inference.NOT_WANTED)
    assert files == {}


def test_without_a_named_target_the_most_predictable_column_is_taken():
    frame = learnable.flowers().rename({"class": "kind of flower"})

    payload, _ = infer(frame)

    assert (payload["target"], payload["targetChosen"]) == ("kind of flower", "found")
    assert "No column is named like a target; this one can be predicted best." in payload["notes"]


def test_what_nobody_would_predict_is_not_chosen():
    """A year follows from the date, and a key from whatever it was given out by."""
    rows = range(400)
    frame = pl.DataFrame(
        {
            "day": [date(2018, 1, 1) + timedelta(days=7 * n) for n in rows],
            "branch_id": [n // 80 for n in rows],
            "lat": [52.5 + n // 80 / 100 for n in rows],
            "jahr": [(date(2018, 1, 1) + timedelta(days=7 * n)).year for n in rows],
        }
    )

    payload, _ = infer(frame)
    named, _ = infer(frame.rename({"branch_id": "kind"}))

    assert (payload["mode"], payload["target"]) == ("unsupervised", None)
    assert named["target"] == "kind"


def visits(patients: int = 120) -> pl.DataFrame:
    """Five visits of each patient, of one weight or nearly so; sex goes with nothing."""
    draw = learnable.random()
    age, weight, sex = (
        draw.randint(20, 80, patients),
        draw.randn(patients).round(3) * 12 + 75,
        draw.choice(["f", "m"], patients),
    )
    who = np.repeat(np.arange(patients), 5)
    return pl.DataFrame(
        {
            "patient": [f"P{n:04d}" for n in who],
            "age": age[who],
            "weight": (weight[who] + draw.randn(len(who)) / 20).round(2),
            "sex": sex[who],
        }
    )


def test_what_rows_of_one_thing_share_is_no_finding():
    """A patient whom a model has seen it knows again by his weight, and has learned nothing."""
    frame = visits()

    payload, _ = infer(frame)
    alone, _ = infer(frame.drop("patient"))

    assert payload["target"] is None
    assert alone["target"] == "sex"


@pytest.mark.parametrize(
    ("name", "of_a_day"),
    [
        ("month", lambda day: day.month),
        ("weekday", lambda day: f"{day:%a}"),
        ("days open", lambda day: (date(2030, 1, 1) - day).days),
    ],
)
def test_what_follows_from_a_date_is_no_finding(name, of_a_day):
    """Neither from that date, nor from another of the same row that comes soon after."""
    ordered = [date(2020, 1, 1) + timedelta(days=n * 37 % 700) for n in range(900)]
    shipped = [day + timedelta(days=n % 3) for n, day in enumerate(ordered)]
    said = [of_a_day(day) for day in ordered]
    size = [n * n % 7 for n in range(900)]
    frame = pl.DataFrame({"ordered": ordered, "shipped": shipped, "size": size, name: said})

    payload, _ = infer(frame)
    wanted, _ = infer(frame, target=name)

    assert payload["target"] is None
    assert "target" in reasons(wanted)["ordered"]


@pytest.mark.parametrize("parted", [date(2022, 3, 9), date(2022, 1, 1)])
def test_a_class_that_dates_part_in_two_is_a_finding(parted):
    ordered = [date(2020, 1, 1) + timedelta(days=n * 37 % 1400) for n in range(900)]
    frame = pl.DataFrame(
        {"ordered": ordered, "kind": ["old" if d < parted else "new" for d in ordered]}
    )

    assert infer(frame)[0]["target"] == "kind"


def test_small_differences_of_large_numbers_are_measured_as_they_are():
    """Of 1e9 and some last digits, the deviation is that of the digits: none is lost."""
    steps = [n % 11 for n in range(330)]  # their median is 5, and they lie 3 from it
    frame = pl.DataFrame({"n": [1e9 + each * 2.0**-23 for each in [*steps, 30]]})

    payload, _ = infer(frame)

    (reason,) = payload["anomalies"][0]["because"]
    assert reason["deviation"] == pytest.approx(25 / (1.4826 * 3), rel=1e-4)


def test_a_value_as_rare_as_all_of_its_column_is_not_odd():
    """Of 60 articles each is in 2 % of the rows; a state that two rows have is odd."""
    rows = range(600)
    frame = pl.DataFrame(
        {
            "article": [f"a{n % 60}" for n in rows],
            "state": ["broken" if n in (77, 401) else "sound" for n in rows],
            "size": [float(n * 7919 % 101) for n in rows],
        }
    )

    payload, _ = infer(frame)

    reasons = [reason for entry in payload["anomalies"] for reason in entry["because"]]
    assert {"state"} == {reason["column"] for reason in reasons}


def test_a_rare_category_is_told_by_its_own_share():
    """Models see the rarer of many categories as one; the reason speaks of the value itself."""
    rows = range(1200)
    frame = pl.DataFrame(
        {
            "place": ["usual" if n % 25 else f"p{n // 25:02d}" for n in rows],
            "size": [float(n * 7919 % 101) + (400 if n % 25 == 0 else 0) for n in rows],
        }
    )

    payload, _ = infer(frame)

    shares = {
        reason["share"]
        for entry in payload["anomalies"]
        for reason in entry["because"]
        if reason["column"] == "place"
    }
    assert shares == {0.000833333}


def test_rows_odd_for_the_same_number_are_told_once():
    """Twelve rents of one amount among small expenses are one finding."""
    rows = 600
    paid = [1150.0 if n % 50 == 7 else float(n * 37 % 400) / 10 for n in range(rows)]
    frame = pl.DataFrame({"paid": paid, "day": [n * 7 % 30 for n in range(rows)]})

    told = infer(frame)[0]["anomalies"]

    assert [entry["because"][0]["value"] for entry in told].count(1150.0) == 1


def test_a_day_far_from_the_others_is_told_beside_a_day():
    """The middle of dates is a date; nobody knows one as a number."""
    days = [date(2024, 1, 1) + timedelta(days=n * 37 % 60) for n in range(300)]
    days[9] = date(2031, 5, 1)
    frame = pl.DataFrame({"day": days, "size": [n * 31 % 17 for n in range(300)]})

    told = infer(frame)[0]["anomalies"]

    (why,) = (why for why in told[0]["because"] if why["column"] == "day")
    assert (why["value"], why["median"]) == ("2031-05-01", str(sorted(days)[150]))


def test_rows_odd_for_the_same_rare_value_are_told_by_the_first():
    """Of 24 trips that nobody may board one is named, beside the one that is far as well."""
    rows = 600
    frame = pl.DataFrame(
        {
            "boarding": ["no" if n % 25 == 7 else "yes" for n in range(rows)],
            "stop": [n % 3 for n in range(rows)],
            "metres": [90_000 if n == 32 else n * 37 % 400 for n in range(rows)],
        }
    )

    told = infer(frame)[0]["anomalies"]

    reasons = [tuple(why["column"] for why in entry["because"]) for entry in told]
    assert reasons.count(("boarding",)) == 1
    assert [entry["row"] for entry in told if "metres" in str(entry["because"])] == [33]


def test_rows_that_fall_into_groups_are_grouped():
    payload, files = infer(learnable.blobs())

    sizes = [group["size"] for group in payload["clusterSummary"]]
    best = max(payload["silhouetteScores"], key=payload["silhouetteScores"].get)
    assert best == "3"
    assert sizes == [167, 167, 166]
    assert set(payload["silhouetteScores"]) == set("2345678")
    assert {"clusters.csv", "clustering_metrics.json"} <= set(files)
    labels = pl.read_csv(files["clusters.csv"])["cluster"].to_list()
    assert [labels[at % 3] for at in range(500)] == labels


def test_numbers_without_any_order_are_neither_predicted_nor_grouped():
    payload, files = infer(learnable.noise(rows=800).drop("target"))

    assert (payload["status"], payload["mode"]) == ("succeeded", "unsupervised")
    assert payload["target"] is payload["bestModel"] is None
    assert payload["clusterSummary"] == []
    assert "none can be predicted well enough" in payload["message"]
    assert "do not fall into clear groups" in payload["message"]
    assert set(files) == {"clustering_metrics.json"}


def test_a_row_that_stands_apart_is_named_with_what_is_odd_about_it():
    frame = learnable.customers().with_columns(
        monthly=pl.when(pl.col("customer") == 76).then(9999.0).otherwise("monthly"),
        contract=pl.when(pl.col("customer") == 76).then(pl.lit("odd")).otherwise("contract"),
    )

    payload, _ = infer(frame)

    first = payload["anomalies"][0]
    found = {why["column"]: why for why in first["because"]}
    assert first["row"] == 77
    assert found["monthly"]["value"] == 9999.0
    assert found["monthly"]["deviation"] > 50
    assert found["contract"] == {"column": "contract", "value": "odd", "share": 0.001}


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.DataFrame({"a": [1, 2, 3], "target": [0, 1, 0]}), "3 rows"),
        (learnable.flowers().clear(), "no rows"),
        (pl.DataFrame({"a": pl.Series([None] * 50, dtype=pl.Null)}), "it is empty in every row"),
        (pl.DataFrame({"a": ["x"] * 50, "b": [2] * 50}), "it holds one value only"),
    ],
    ids=["three rows", "no rows", "all null", "constants"],
)
def test_too_little_is_skipped_with_the_reason(frame, said):
    payload, files = infer(frame)

    assert payload["status"] == "skipped"
    assert said in payload["reason"]
    assert payload["message"] == payload["reason"]
    assert files == {}


def test_a_target_of_one_value_is_named_and_something_else_is_looked_for():
    frame = learnable.flowers().rename({"class": "kind"}).with_columns(target=pl.lit(1))

    payload, _ = infer(frame)

    assert payload["target"] == "kind"
    assert "`target` is called like a target, but it holds one value only." in payload["notes"]
    assert reasons(payload)["target"] == "it holds one value only"


def test_a_class_that_hardly_occurs_is_left_out_and_counted():
    frame = learnable.flowers()
    odd = frame.head(2).with_columns(pl.lit("unknown").alias("class"))

    payload, _ = infer(pl.concat([frame, odd]))

    classes = payload["targetDistribution"]["classes"]
    assert [entry["value"] for entry in classes] == ["setosa", "versicolor", "virginica"]
    assert payload["rowsUsed"] == 150
    assert any(note.startswith("2 rows with a value of `class`") for note in payload["notes"])


def test_a_score_that_is_too_good_is_doubted():
    frame = learnable.flowers(300)
    frame = frame.with_columns(
        score=pl.col("class").replace_strict({"setosa": 0.5, "versicolor": 0.1, "virginica": 0.9})
        + pl.Series(learnable.random().rand(300) / 100)
    )

    payload, _ = infer(frame)

    assert any(note.startswith("That is almost too good. Check") for note in payload["notes"])


def test_of_several_tables_the_largest_is_looked_at_or_the_one_with_the_target():
    small, large = learnable.flowers(60), learnable.customers()

    largest, _ = infer(small, large)
    wanted, _ = infer(small, large, target="class")

    assert (largest["table"], largest["target"]) == ("t1", "churn")
    assert "Of 2 tables only `t1`, the largest, was looked at." in largest["notes"]
    assert (wanted["table"], wanted["target"]) == ("t0", "class")


def test_a_large_table_is_learned_from_a_sample_and_says_so():
    frame = learnable.customers(9000)

    payload, _ = infer(frame)
    more, _ = infer(frame, rows=4000)

    assert payload["rowsUsed"] == 2000
    assert "A random sample of 2,000 rows of 9,000 was looked at." in payload["notes"]
    assert more["rowsUsed"] == 4000


HOSTILE = [
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "`back`tick",
    "日本語 🙈",
    'a,b\n"c"',
    "\u202ereversed",
    "../../x",
]  # fmt: skip


def test_names_and_values_may_be_anything():
    """Nothing is confused by them, and a spreadsheet takes no cell for a formula."""
    frame = learnable.flowers(210)
    kinds = pl.Series([HOSTILE[at % 7] for at in range(210)])
    names = dict(zip(frame.columns[:4], HOSTILE[:4], strict=True))
    frame = frame.drop("class").rename(names).with_columns(kinds.alias(HOSTILE[4]))
    frame = frame.with_columns(
        pl.Series(HOSTILE[0], [float(at % 7) * 9 for at in range(210)]) + 0.1
    )
    frame = frame.with_columns(pl.col(HOSTILE[0]) + pl.Series(learnable.random().rand(210)))

    payload, files = infer(frame, target=HOSTILE[4])

    lines = list(csv.DictReader(io.StringIO(files["predictions.csv"].decode())))
    assert payload["beatsBaseline"] is True
    assert payload["target"] == HOSTILE[4]
    assert set(payload["featureColumns"]) == set(HOSTILE[:4])
    assert len(lines) == 210
    assert not any(line["actual"].startswith("=") for line in lines)
    assert {line["actual"].removeprefix("'") for line in lines} == set(HOSTILE)


def test_every_name_is_there_whatever_was_found():
    """A reader of the payload needs no case for skipped, supervised and grouped."""
    found = [
        infer(learnable.flowers())[0],
        infer(learnable.blobs())[0],
        infer(learnable.flowers(), enabled=False)[0],
        infer(pl.DataFrame({"a": [1]}))[0],
        inference.infer([], MlOptions(), "job")[0],
    ]

    assert len({frozenset(payload) for payload in found}) == 1
    assert {
        "status", "target", "problemType", "rowsUsed", "featureColumns", "bestModel",
        "candidateModels", "trainTestSplit", "featureStats", "targetDistribution",
        "predictionPreview", "artifacts", "mode", "clusterSummary", "silhouetteScores",
    } <= set(found[0])  # fmt: skip
    for payload in found:
        json.loads(json_bytes(payload), parse_constant=pytest.fail)


def test_without_a_model_scikit_learn_is_not_loaded():
    """It takes a second, which nothing but this phase should pay."""
    code = "import sys, pipelines.analytics.graph; assert 'sklearn' not in sys.modules"

    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


SCRIPT = """
import hashlib, sys
from tests.pipelines.analytics import learnable
from tests.pipelines.analytics.test_inference import infer
from pipelines.publish import json_bytes
for make in (learnable.customers, learnable.prices, learnable.flowers, learnable.blobs):
    payload, files = infer(make())
    for body in (json_bytes(payload), *files.values()):
        print(hashlib.sha256(body).hexdigest())
"""


def test_the_same_data_gives_the_same_bytes_in_any_process():
    """Whatever the seed of hashes, the number of threads and the addresses in memory."""

    def bytes_of(seed, threads):
        told = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        )
        return told.stdout

    first = bytes_of("1", "1")

    assert len(first.split()) > 10
    assert bytes_of("2", "2") == first
