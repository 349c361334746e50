"""The contract for programs: complete, stable, and shown without asking another host."""

import re

import pytest
from jsonschema import Draft202012Validator

from pipelines.analytics.checks.registry import RULES
from pipelines.analytics.finalize import ANALYSIS_VERSION

OPERATIONS = {
    "getHealth": ("get", "/health"),
    "getReadiness": ("get", "/ready"),
    "createJob": ("post", "/jobs"),
    "listJobs": ("get", "/jobs"),
    "getJob": ("get", "/jobs/{job_id}"),
    "processJob": ("post", "/jobs/{job_id}/process"),
    "cancelJob": ("post", "/jobs/{job_id}/cancel"),
    "getManifest": ("get", "/jobs/{job_id}/manifest"),
    "listArtifacts": ("get", "/jobs/{job_id}/artifacts"),
    "listResultFiles": ("get", "/jobs/{job_id}/results/files"),
    "getResult": ("get", "/jobs/{job_id}/results"),
    "downloadArtifact": ("get", "/jobs/{job_id}/download"),
    "listTables": ("get", "/jobs/{job_id}/tables"),
    "listConnectors": ("get", "/connectors"),
    "listFormats": ("get", "/formats"),
    "getSchema": ("get", "/schemas/{name}"),
}


@pytest.fixture
def document(client) -> dict:
    return client.get("/openapi.json").json()


def test_operation_ids_are_stable(document):
    """Generated clients are named after them."""
    found = {
        operation["operationId"]: (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }

    assert document["openapi"].startswith("3.1")
    assert found == OPERATIONS


def test_every_operation_is_described_and_can_fail_as_a_problem(document):
    """A sentence each, and the one error shape everywhere."""
    reference = {"$ref": "#/components/schemas/Problem"}
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["description"]
            for status, answer in operation["responses"].items():
                if status == "200":
                    assert "application/json" in answer["content"]
                else:
                    assert answer["content"] == {"application/problem+json": {"schema": reference}}
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_quality_rule_is_described(document):
    """The options of a job name each rule, and each of its thresholds says what it does."""
    schemas = document["components"]["schemas"]
    rules = schemas["QualityOptions"]["properties"]

    assert list(rules) == [rule.name for rule in RULES]
    for rule in rules.values():
        described = schemas[rule["$ref"].rpartition("/")[2]]
        assert described["description"]
        assert all("description" in field for field in described["properties"].values())


def test_every_reference_leads_somewhere(document):
    """A generator meets no hole."""
    references = set(re.findall(r"'\$ref': '([^']+)'", str(document)))

    assert references <= {
        f"#/components/schemas/{name}" for name in document["components"]["schemas"]
    }


def test_examples_fit_their_schemas(document):
    """What the document shows is what the service takes."""
    schema = document["components"]["schemas"]["CreateJob"]

    assert len(schema["examples"]) == 3
    for example in schema["examples"]:
        Draft202012Validator(schema).validate(example)


def test_examples_are_accepted(client, document):
    """An example that is sent makes a job."""
    for example in document["components"]["schemas"]["CreateJob"]["examples"]:
        assert client.post("/jobs", json=example).status_code == 200


def test_answers_fit_their_schemas(client, document):
    """A job as answered is a job as described, and so is a problem."""
    job_id = client.post("/jobs", json={"source_type": "s3", "s3_path": "s3://b/k"}).json()["jobId"]
    answers = {
        "JobView": client.get(f"/jobs/{job_id}"),
        "JobList": client.get("/jobs"),
        "Problem": client.get("/jobs/nobody"),
        "Readiness": client.get("/ready"),
    }

    for name, answer in answers.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json())


def test_docs_need_no_other_host(client, document):
    """One page with every route; no script, no address of anyone else."""
    answer = client.get("/docs")

    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert "<script" not in answer.text
    for _, path in OPERATIONS.values():
        assert path in answer.text


def test_connectors_are_described_by_schemas(client):
    """A form can be drawn for each source."""
    connectors = client.get("/connectors").json()["connectors"]

    assert [each["sourceType"] for each in connectors] == ["upload", "s3"]
    for each in connectors:
        Draft202012Validator.check_schema(each["schema"])
        assert each["description"]


def test_formats_are_listed(client):
    """Each format by its name and the extensions that hint at it."""
    formats = {
        each["name"]: each["extensions"] for each in client.get("/formats").json()["formats"]
    }

    assert ".parquet" in formats["parquet"]
    assert len(formats) >= 4


def test_the_schema_of_results_is_served(client):
    """By the version that results.json names; what was never published is not found."""
    answer = client.get(f"/schemas/results-{ANALYSIS_VERSION}")

    schema = answer.json()
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:metricfoundry:results:{ANALYSIS_VERSION}"
    assert schema["properties"]["analysisVersion"] == {"const": ANALYSIS_VERSION}
    assert client.get("/schemas/results-0").status_code == 404
    assert client.get("/schemas/..%2Fresults-1").status_code == 404
