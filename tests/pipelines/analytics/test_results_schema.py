import json
import tomllib
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from jsonschema import Draft202012Validator, ValidationError

from pipelines.analytics.finalize import GENERATOR
from tests.pipelines.analytics import learnable
from tests.pipelines.analytics import run as runs

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs/schema/results-1.json").read_text())

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


@pytest.mark.parametrize(
    "tables",
    [
        {"sales": runs.sales()},
        {"every": EVERY_TYPE},
        {"one": runs.sales(), "two": EVERY_TYPE},
        {"customers": learnable.customers()},
        {"prices": learnable.prices(100)},
        {"blobs": learnable.blobs()},
        {"noise": learnable.noise()},
        {"empty": EVERY_TYPE.clear()},
        {"bare": pl.DataFrame({"a": [1]})},
    ],
    ids="+".join,
)
def test_results_follow_their_schema(tables, object_store, sqlite_url):
    """Whatever the types and however many tables, results.json is strict JSON of this shape."""
    order = runs.order(object_store.config, sqlite_url, str(uuid.uuid4()))

    outcome = runs.run(order, tables=tables)

    results = json.loads(object_store.get(outcome.result_key), parse_constant=pytest.fail)
    Draft202012Validator(SCHEMA).validate(results)
    assert [table["name"] for table in results["tables"]] == list(tables)


def test_every_figure_of_a_column_is_described(object_store, sqlite_url):
    """No profile of any type has a field that the schema does not know."""
    order = runs.order(object_store.config, sqlite_url, str(uuid.uuid4()))
    tables = {"sales": runs.sales(), "every": EVERY_TYPE}

    outcome = runs.run(order, tables=tables)

    results = json.loads(object_store.get(outcome.result_key))
    found = {
        field
        for table in results["tables"]
        for column in table["columnProfiles"]
        for field in column
    }
    assert found <= set(SCHEMA["$defs"]["columnProfile"]["properties"])


def test_the_schema_is_one_that_can_be_broken():
    """It is a valid schema, and nothing is not a result."""
    Draft202012Validator.check_schema(SCHEMA)

    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate({})


def test_the_generator_is_this_version():
    """What manifests name is what pyproject names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert GENERATOR["version"] == project["version"]
