"""Odd requests: whatever is sent, the fault is never ours."""

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WORDS = st.text(max_size=12)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), WORDS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)
TYPES = st.sampled_from(["upload", "s3", "http", "https", "database", "warehouse", "", "S3"])
FIELDS = st.sampled_from(
    [
        *("filename", "fileName", "contentType", "sizeBytes", "uri", "path", "url", "query"),
        *("type", "warehouseType", "connection", "secretArn", "kind"),
    ]
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "source_type": TYPES | VALUES,
        "sourceType": TYPES | VALUES,
        "source_config": st.dictionaries(FIELDS | WORDS, VALUES, max_size=4) | VALUES,
        "s3_path": st.just("s3://b/k") | VALUES,
        "options": st.dictionaries(WORDS, VALUES, max_size=3) | VALUES,
    },
)
QUERIES = st.dictionaries(
    st.sampled_from(["status", "sourceType", "since", "q", "limit", "cursor"])
    | st.sampled_from(["prefix", "continuationToken", "pageSize", "delimiter", "path", "key"]),
    st.text(max_size=30) | st.integers().map(str),
    max_size=4,
)
ROUTES = st.sampled_from(
    [
        *("", "/process", "/cancel", "/manifest", "/artifacts", "/results", "/results/files"),
        *("/download", "/tables"),
    ]
)
often = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def fits(answer) -> None:
    assert answer.status_code < 500, answer.text
    kind = "application/json" if answer.status_code < 400 else "application/problem+json"
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-request-id"]


@often
@given(body=BODIES | VALUES)
def test_any_json_may_be_posted(client, body):
    """A job or a problem; and what was accepted can be read back."""
    answer = client.post("/jobs", json=body)

    fits(answer)
    if answer.status_code == 200:
        fits(client.get(f"/jobs/{answer.json()['jobId']}"))
    fits(client.get("/jobs"))


@often
@given(query=QUERIES)
def test_any_query_may_be_asked(client, query):
    """A list or a problem."""
    fits(client.get("/jobs", params=query))


@often
@given(query=QUERIES, route=ROUTES, job_id=st.text(max_size=20).filter(bool))
def test_any_job_may_be_asked_for(client, query, route, job_id):
    """An id that is none of ours is a 404, however it is written."""
    method = "POST" if route in {"/process", "/cancel"} else "GET"
    answer = client.request(method, f"/jobs/{quote(job_id, safe='')}{route}", params=query)

    fits(answer)


@often
@given(query=QUERIES, route=ROUTES)
def test_any_question_may_be_asked_of_a_job(client, query, route):
    """Every route takes every parameter without failing."""
    made = client.post("/jobs", json={"source_type": "s3", "s3_path": "s3://b/k"}).json()
    method = "POST" if route in {"/process", "/cancel"} else "GET"

    fits(client.request(method, f"/jobs/{made['jobId']}{route}", params=query))
