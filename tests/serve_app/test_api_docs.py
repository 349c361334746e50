"""docs/api.md tells of every route, error code, status, field and counter."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import LimitExceeded, MetricFoundryError
from pipelines.choices import Choices
from serve_app.errors import CODES, status_of
from serve_app.jobs import supervision
from serve_app.jobs.model import JobStatus
from serve_app.metrics import Counter
from serve_app.schemas import JobView, Problem

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def every_error(kind: type[MetricFoundryError] = MetricFoundryError) -> Iterator[type]:
    yield kind
    for below in kind.__subclasses__():
        yield from every_error(below)


def row_of(code: str) -> str:
    (row,) = [line for line in TEXT.splitlines() if line.startswith(f"| `{code}`")]
    return row


def test_every_route_is_documented(client):
    """Each method and path of the OpenAPI document has its line."""
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path.replace('{job_id}', '{id}')}`" in TEXT


@pytest.mark.parametrize("kind", list(dict.fromkeys(every_error())), ids=lambda kind: kind.__name__)
def test_every_error_of_ours_is_documented(kind):
    """Each code has one row, which tells the status that it is answered with."""
    row = row_of(kind.code)

    if not row.split("|")[2].strip().startswith("job"):
        assert str(status_of(kind("x"))) in row


@pytest.mark.parametrize(("status", "code"), CODES.items())
def test_every_error_of_http_is_documented(status, code):
    """What goes wrong before our code is asked has a row too."""
    assert str(status) in row_of(code)


def test_every_failure_that_the_supervisor_finds_is_documented():
    """A run that never came to an end by itself has no error of its own, only a code."""
    calls = ast.walk(ast.parse(Path(supervision.__file__).read_text()))
    codes = {
        each.args[0].value
        for each in calls
        if isinstance(each, ast.Call)
        and isinstance(each.func, ast.Name)
        and each.func.id == "RunFailure"
        and isinstance(each.args[0], ast.Constant)
    }

    assert codes >= {"job.crashed", "job.attempts"}
    for code in codes:
        assert "| job |" in row_of(code)


def test_what_overrides_may_be_is_documented():
    """What the schema refuses, the page does not promise."""
    schema = {
        name: field["anyOf"][0]
        for name, field in Choices.model_json_schema()["properties"].items()
        if name in {"header", "quote"}
    }

    assert f"up to {schema['header']['maximum']}" in row_of("header")
    told = set(re.findall("`(.)`", row_of("quote")))
    assert told == set(schema["quote"]["enum"]) - {""}
    assert "empty" in row_of("quote")


def test_a_limit_names_itself():
    """The code of a limit is made of the name of its setting."""
    assert LimitExceeded("x", limit="max_columns").stable_code == "limit.columns"
    assert "`limit.columns`" in TEXT


@pytest.mark.parametrize("word", [*JobStatus, *Counter])
def test_every_status_and_counter_is_documented(word):
    """Words that clients and dashboards match on."""
    assert re.search(rf"\b{word}\b", TEXT)


@pytest.mark.parametrize("model", [JobView, Problem])
def test_every_field_is_documented(model):
    """Fields of a job and of a problem, as they stand on the wire."""
    for name in model.model_json_schema(by_alias=True)["properties"]:
        assert re.search(rf"\b{name}\b", TEXT), name
