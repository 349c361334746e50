"""The app: what holds on every route, whatever the request."""

import json
from uuid import uuid4

import pytest
import structlog
from fastapi import FastAPI
from starlette.testclient import TestClient

from serve_app.app import create_app
from serve_app.middleware import MAX_BODY_BYTES

PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "retryable", "requestId"}
ORIGIN = "http://localhost:3000"


@pytest.fixture
def broken(settings, object_store, job_store) -> TestClient:
    """The app with a bug: a route that fails in an unforeseen way."""
    app: FastAPI = create_app(settings, store=object_store, jobs=job_store)

    @app.get("/bug")
    def fail() -> None:
        raise RuntimeError("password=hunter2")

    return TestClient(app)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "route.not_found"),
        ("GET", "/jobs/a/b/c", 404, "route.not_found"),
        ("DELETE", "/health", 405, "request.method"),
        ("PUT", "/jobs", 405, "request.method"),
        ("GET", "/jobs/x", 404, "job.not_found"),
        ("GET", "/jobs?limit=0", 400, "request.invalid"),
        ("POST", "/jobs", 422, "request.shape"),
    ],
)
def test_every_error_is_a_problem(client, method, path, status, code):
    """RFC 9457, on our routes and where there is none."""
    answer = client.request(method, path)

    body = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert body.keys() >= PROBLEM_FIELDS
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:metricfoundry:error:{code}"
    assert body["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/jobs/x", {"code": "job.not_found", "error": "Job not found", "job_id": "x"}),
        ("/jobs?limit=0", {"code": "request.invalid"}),
        ("/nothing", {"code": "route.not_found"}),
    ],
)
def test_the_log_says_why_a_request_was_refused(client, path, said):
    """In the line of the request itself, with its id."""
    with structlog.testing.capture_logs(
        processors=[structlog.contextvars.merge_contextvars]
    ) as lines:
        client.get(path, headers={"x-request-id": "mine"})

    (line,) = lines
    assert line.items() >= {"event": "request", "request_id": "mine", **said}.items()


def test_a_wrong_method_names_the_right_ones(client):
    """405 carries Allow, with the methods of every route of the path."""
    assert client.put("/jobs").headers["allow"] == "GET, HEAD, POST"
    assert client.get(f"/jobs/{uuid4()}/process").headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/health", "/jobs", "/openapi.json", "/jobs/none", "/nowhere"])
def test_head_is_answered_as_get_without_the_body(client, path):
    """Load balancers ask so."""
    get, head = client.get(path), client.head(path)

    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1", 200),
        ("[::1]:8000", 200),
        ("LOCALHOST", 200),
        ("lake.example.org", 200),
        ("evil.example", 421),
        ("localhost.evil.example:8000", 421),
        ("", 421),
    ],
)
def test_behind_serve_other_host_names_are_not_answered(
    settings, object_store, job_store, host, status
):
    """A page whose name points to 127.0.0.1 is refused before any route."""
    known = settings.model_copy(update={"allowed_hosts": ("lake.example.org",)})
    app = create_app(known, store=object_store, jobs=job_store, is_behind_serve=True)

    answer = TestClient(app).get("/jobs", headers={"host": host})

    assert answer.status_code == status
    if status == 421:
        assert answer.json()["code"] == "request.host"


def test_behind_serve_its_proxy_echoes_the_request_id(settings, object_store, job_store):
    """Twice it would be another id; one that we do not take is answered with ours."""
    app = create_app(settings, store=object_store, jobs=job_store, is_behind_serve=True)
    client = TestClient(app, base_url="http://localhost")

    assert "x-request-id" not in client.get("/health", headers={"x-request-id": "r-1"}).headers
    made = client.get("/health", headers={"x-request-id": "a b"}).headers["x-request-id"]
    assert len(made) == 32


def test_a_bug_is_answered_without_details(capsys, broken):
    """The client gets an id, the log gets the cause."""
    answer = broken.get("/bug", headers={"Origin": ORIGIN, "x-request-id": "r-1"})

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "hunter2" not in answer.text
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (failure,) = [line for line in logged if line["event"] == "request.failed"]
    assert failure["request_id"] == "r-1"
    assert failure["exception"][0]["exc_value"] == "password=hunter2"


@pytest.mark.parametrize("given", ["abc-123", "A.b:c/d+e=f@g", "x" * 128])
def test_a_request_id_is_echoed(client, given):
    """The caller's own id goes through."""
    assert client.get("/health", headers={"x-request-id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 129, "a b", 'a"}\\n{"'])
def test_a_request_id_is_made(client, given):
    """Without one, or with one that could harm a log, the request gets a new id."""
    headers = {} if given is None else {"x-request-id": given}

    made = [client.get("/health", headers=headers).headers["x-request-id"] for _ in range(2)]

    assert made[0] != made[1]
    assert given not in made
    assert all(len(each) == 32 for each in made)


def test_each_request_is_a_line_of_json(capsys, client):
    """Request id, job id, status and path: enough to follow a job."""
    body = {"source_type": "s3", "s3_path": "s3://b/k"}
    job_id = client.post("/jobs", json=body, headers={"x-request-id": "r-1"}).json()["jobId"]
    client.get(f"/jobs/{job_id}", headers={"x-request-id": "r-2"})
    client.get("/health")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    made = [line for line in lines if line["event"] == "job.created"]
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["job_id"], line["request_id"]) for line in made] == [(job_id, "r-1")]
    assert [(line["request_id"], line["path"], line["status"]) for line in requests] == [
        ("r-1", "/jobs", 200),
        ("r-2", f"/jobs/{job_id}", 200),
    ]
    assert requests[1]["job_id"] == job_id


def test_log_lines_cannot_be_forged(capsys, client):
    """A newline in a path stays inside its JSON string."""
    client.get("/a%0A%7B%22event%22:%22forged%22%7D")

    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "request"


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:3000"])
def test_pages_of_listed_origins_may_call(client, origin):
    """The preflight allows what the dashboard sends, and the answer may be read."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    preflight = client.options("/jobs", headers=asked)
    answer = client.get("/health", headers={"Origin": origin})

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-origin"] == origin
    assert "x-request-id" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


def test_pages_of_other_origins_may_not(client):
    """No header, so the browser keeps the answer from them."""
    answer = client.get("/health", headers={"Origin": "https://evil.example"})

    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused(client, announced):
    """1 MiB, whether its length is announced or it just keeps coming."""
    body = b'{"source_type": "' + b"x" * MAX_BODY_BYTES + b'"}'
    pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))

    answer = client.post(
        "/jobs",
        content=body if announced else pieces,
        headers={"content-type": "application/json"},
    )

    assert answer.status_code == 413
    assert answer.json()["code"] == "request.too_large"


def test_a_body_in_pieces_is_read(client):
    """Chunked bodies below the limit work like any other."""
    pieces = iter([b'{"source_type":', b' "s3", "s3_path"', b': "s3://b/k"}'])

    answer = client.post("/jobs", content=pieces, headers={"content-type": "application/json"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"source_type": ' + b"9" * 5000 + b"}",
        b"null",
    ],
)
def test_a_body_that_is_no_request(client, body):
    """400 or 422, never a failure of ours."""
    answer = client.post("/jobs", content=body, headers={"content-type": "application/json"})

    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"request.malformed", "request.shape"}


def test_a_body_that_is_not_said_to_be_json(client):
    """A form post of another site's page is no request; the sentence says what to send."""
    answer = client.post("/jobs", content='{"source_type": "s3", "s3_path": "s3://b/k"}')

    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    "options",
    ['{"x": NaN}', '{"x": -Infinity}', '{"x": "\\ud800"}', '{"x": ' + "[" * 40 + "]" * 40 + "}"],
)
def test_options_that_cannot_be_kept_are_refused(client, options):
    """What strict JSON cannot say is the caller's mistake, not a failure later."""
    body = f'{{"source_type": "s3", "s3_path": "s3://b/k", "options": {options}}}'

    answer = client.post("/jobs", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/options"
