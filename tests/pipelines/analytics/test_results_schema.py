import json
import tomllib
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from jsonschema import Draft202012Validator, ValidationError

from pipelines.analytics.finalize import GENERATOR
from pipelines.artifacts import Phase
from pipelines.formats.base import Failure, SkippedMember
from tests.pipelines.analytics import dirty, learnable
from tests.pipelines.analytics import run as runs
from tests.pipelines.analytics.test_masking import people

ROOT = Path(__file__).parents[3]
SCHEMA_FILE = ROOT / "pipelines/schema/results-1.json"
SCHEMA = json.loads(SCHEMA_FILE.read_text())
BROKEN = Failure("sales.zip", "bad.csv", "parse.corrupt", "It is cut short.", "Export it again.")
BLANK = SkippedMember("a.xlsx", "a.xlsx", "no cell with a value", is_sound=True)

EVERY_TYPE = pl.DataFrame(
    {
        "integer": [1, 2, None],
        "huge": pl.Series([1 << 63, 1, 2], dtype=pl.UInt64),
        "number": [1.5, float("nan"), float("inf")],
        "decimal": pl.Series([Decimal("1.10"), None, Decimal("2.20")]),
        "boolean": [True, False, None],
        "text": ["a", "", " b"],
        "date": [date(2009, 8, 16), None, date(1, 1, 1)],
        "time": pl.Series([0, 1, 2], dtype=pl.Time),
        "datetime": [datetime(2009, 8, 16, tzinfo=UTC), None, None],
        "duration": [timedelta(days=1), None, timedelta(seconds=-1)],
        "binary": [b"\xff", None, b""],
        "list": [[1], [], None],
        "struct": [{"a": 1}, {"a": None}, None],
        "null": pl.Series([None] * 3, dtype=pl.Null),
    },
    strict=False,
)
NESTED = pl.DataFrame(
    {
        "user": [{"name": "a", "at": {"city": None, "geo": [1.5, 2.5]}}, None] * 20,
        "events": [[{"on": date(2024, 1, 2), "v": 1}], []] * 20,
        "deep": [[[1, None], None], None] * 20,
    }
)


# What the original's clients read: at each place the fields that are always there.
KEPT = {
    "": "jobId analysisVersion generatedAt summary schema links phases metrics correlations"
    " outliers mlInference artifactManifest phaseArtifactKeys",
    "summary": "rows columns bytesRead datasetCompleteness dqScore",
    "schema/0": "name type",
    "links": "resultsManifest resultsJson",
    "phases": " ".join(Phase),
    "phases/ingest": "rows columns bytesRead sourceFormat preview",
    "phases/profile": "columnProfiles datasetCompleteness",
    "phases/profile/columnProfiles/0": "name inferredType nullCount nullRatio nonNullCount"
    " sampleValues distinctSample",
    "phases/dq_validate": "rulesEvaluated issues score severitySummary metrics",
    "phases/dq_validate/issues/0": "rule severity message",
    "phases/dq_validate/severitySummary": "bySeverity maxSeverity penalty issueCount",
    "phases/dq_validate/metrics": "duplicateRows numericRanges categoricalCardinality",
    "phases/descriptive_stats": "numericColumns descriptiveTable correlations outliers",
    "phases/descriptive_stats/descriptiveTable/0": "column count mean stddev min max"
    " q5 q25 q50 q75 q95",
    "phases/ml_inference": "status target problemType rowsUsed featureColumns bestModel"
    " candidateModels trainTestSplit featureStats targetDistribution predictionPreview artifacts"
    " mode clusterSummary silhouetteScores",
    "phases/nl_report": "summary highlights reportArtifacts",
    "phases/nl_report/reportArtifacts": "text html",
    "phases/finalize": "metrics manifest mlInference correlations outliers",
    "metrics": "rows columns bytesRead datasetCompleteness dqScore dqSeveritySummary dqMetrics",
    "correlations/0": "left right correlation sampleSize",
    "outliers/0": "column method threshold values",
    "outliers/0/values/0": "value zscore",
    "artifactManifest": "jobId basePath artifacts dataQuality",
    "artifactManifest/artifacts/0": "name key contentType description",
    "artifactManifest/dataQuality": "severitySummary metrics",
    "phaseArtifactKeys": " ".join(Phase),
}
# What statistics say of a column is told where they are tested.
OPEN: set[str] = set()


def closed(node, name=""):
    """The schema without the leave to add fields: what a result has must be described."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict) or name in OPEN:
        return node
    shut = {} if "additionalProperties" in node else {"additionalProperties": False}
    parts = {key: closed(value, key) for key, value in node.items()}
    return parts | (shut if isinstance(node.get("properties"), dict) and "type" in node else {})


def results_of(object_store, sqlite_url, options=None, **facts):
    """The results.json of such a run, which is strict JSON."""
    order = runs.order(object_store.config, sqlite_url, str(uuid.uuid4()), **(options or {}))
    outcome = runs.run(order, **facts)
    return json.loads(object_store.get(outcome.result_key), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    "tables",
    [
        {"sales": runs.sales()},
        {"every": EVERY_TYPE},
        {"one": runs.sales(), "two": EVERY_TYPE},
        {"nested": NESTED},
        {"people": people()},
        {"customers": learnable.customers()},
        {"prices": learnable.prices(100)},
        {"orders": dirty.orders()},
        {"blobs": learnable.blobs()},
        {"noise": learnable.noise()},
        {"empty": EVERY_TYPE.clear()},
        {"bare": pl.DataFrame({"a": [1]})},
    ],
    ids="+".join,
)
def test_results_follow_their_schema(tables, object_store, sqlite_url):
    """Whatever the types and however many tables, results.json is strict JSON of this shape."""
    results = results_of(object_store, sqlite_url, tables=tables)

    Draft202012Validator(closed(SCHEMA)).validate(results)
    assert [table["name"] for table in results["tables"]] == list(tables)


def test_every_figure_of_a_column_is_described(object_store, sqlite_url):
    """No profile of any type has a field that the schema does not know."""
    tables = {"sales": runs.sales(), "every": EVERY_TYPE, "nested": NESTED}

    results = results_of(object_store, sqlite_url, tables=tables)

    found = {
        field
        for table in results["tables"]
        for column in table["columnProfiles"]
        for field in column
    }
    assert found <= set(SCHEMA["$defs"]["columnProfile"]["properties"])


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"options": {"privacy": "mask"}, "tables": {"people": people()}}, "SUCCEEDED"),
        ({"options": {"privacy": "mask"}, "tables": {"p": people(), "n": NESTED}}, "SUCCEEDED"),
        ({"options": {"ml": {"enabled": False}}}, "SUCCEEDED"),
        ({"failures": (BROKEN,)}, "PARTIAL"),
        ({"failures": (replace(BROKEN, member=None),), "tables": {"n": NESTED}}, "PARTIAL"),
        ({"tables": {}, "skipped": (BLANK,)}, "SUCCEEDED"),
    ],
    ids=["masked", "masked, several", "without ml", "partial", "partial, an input", "blank"],
)
def test_every_kind_of_result_follows_the_schema(facts, status, object_store, sqlite_url):
    """Masked, partly read, without models and without any table."""
    results = results_of(object_store, sqlite_url, **facts)

    Draft202012Validator(closed(SCHEMA)).validate(results)
    assert results["status"] == status


def test_the_schema_holds_results_to_what_clients_rely_on(object_store, sqlite_url):
    """Without any of these fields, or with another kind of value there, they are refused."""
    results = results_of(object_store, sqlite_url)
    validator = Draft202012Validator(SCHEMA)
    assert validator.is_valid(results)

    for path, names in KEPT.items():
        place = results
        for step in filter(None, path.split("/")):
            place = place[int(step) if step.isdigit() else step]
        for name in names.split():
            kept = place.pop(name)
            assert not validator.is_valid(results), f"{path} without {name}"
            if name not in {"value", "min", "max"}:
                place[name] = lambda: None
                assert not validator.is_valid(results), f"{path} with any {name}"
            place[name] = kept


def test_the_schema_is_one_that_can_be_broken():
    """It is a valid schema, and nothing is not a result."""
    Draft202012Validator.check_schema(SCHEMA)

    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate({})


def test_no_part_of_the_schema_is_told_twice():
    """No name stands twice in an object, of which a reader would see the last."""

    def once(pairs):
        assert len(dict(pairs)) == len(pairs), [name for name, _ in pairs]
        return dict(pairs)

    json.loads(SCHEMA_FILE.read_text(), object_pairs_hook=once)


def test_the_generator_is_this_version():
    """What manifests name is what pyproject names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert GENERATOR["version"] == project["version"]


def test_outliers_of_very_many_columns_stand_whole_in_one_place(object_store, sqlite_url):
    """The other places have the first thousand entries, and say how many more there are."""
    columns = {f"c{n}": [float(n + k % 7) for k in range(40)] + [1e6 + n] for n in range(400)}

    results = results_of(object_store, sqlite_url, tables={"wide": pl.DataFrame(columns)})

    Draft202012Validator(closed(SCHEMA)).validate(results)
    whole = results["phases"]["descriptive_stats"]["outliers"]
    assert len(whole) == 1200
    for told in (results, results["phases"]["finalize"]):
        assert told["outliers"] == whole[:1000]
        assert told["outliersOmitted"] == 200


def test_metrics_of_very_many_columns_stand_whole_in_one_place(object_store, sqlite_url):
    """What repeats them, the manifest too, has the first thousand, and says how many more."""
    columns = {f"c{n}": [float(n + k) for k in range(3)] for n in range(1100)}

    results = results_of(object_store, sqlite_url, tables={"wide": pl.DataFrame(columns)})

    Draft202012Validator(closed(SCHEMA)).validate(results)
    whole = results["phases"]["dq_validate"]["metrics"]
    assert len(whole["numericRanges"]) == 1100
    assert "omitted" not in whole
    for metrics, manifest in (
        (results["metrics"], results["artifactManifest"]),
        (results["phases"]["finalize"]["metrics"], results["phases"]["finalize"]["manifest"]),
    ):
        for told in (metrics["dqMetrics"], manifest["dataQuality"]["metrics"]):
            assert told["numericRanges"] == whole["numericRanges"][:1000]
            assert told["omitted"] == {"numericRanges": 100}
            assert told["duplicateRows"] == whole["duplicateRows"]
