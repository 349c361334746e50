"""Job routes: every field, status and sentence that clients rely on."""

import base64
import re
import time
from dataclasses import replace

import httpx2
import pytest

from connectors.errors import ServiceUnavailable
from serve_app.jobs.model import JobFailure, JobStatus, Progress
from serve_app.jobs.service import order_inputs

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
URI = "s3://bucket/folder/file.csv"
JOB_FIELDS = {
    *("jobId", "status", "createdAt", "updatedAt", "resultKey", "source", "error"),
    *("phase", "phaseIndex", "phaseCount", "progress", "rowsRead", "bytesRead", "bytesTotal"),
    *("tables", "attempt", "startedAt", "completedAt", "errorDetail", "options", "warnings"),
    "cancelRequested",
}


def create_upload(client, **config):
    answer = client.post("/jobs", json={"source_type": "upload", "source_config": config})
    assert answer.status_code == 200, answer.text
    return answer.json()


def create_s3(client, uri=URI):
    answer = client.post("/jobs", json={"source_type": "s3", "s3_path": uri})
    assert answer.status_code == 200, answer.text
    return answer.json()["jobId"]


def test_an_upload_waits_for_its_bytes(client, object_store, supervisor, counts):
    """The answer holds what a client needs to upload, and nobody is woken yet."""
    created = create_upload(client, filename="../My Data.PARQUET", contentType="text/csv")

    key = f"artifacts/{created['jobId']}/input/My_Data.PARQUET"
    assert UUID.fullmatch(created["jobId"])
    assert created["status"] == "CREATED"
    assert created["source"] == {
        "type": "upload",
        "bucket": object_store.bucket,
        "key": key,
        "filename": "My_Data.PARQUET",
        "contentType": "text/csv",
    }
    assert key in created["uploadUrl"]
    assert "X-Amz-Expires=900" in created["uploadUrl"]
    assert created["uploadHeaders"] == {"Content-Type": "text/csv"}
    assert supervisor.nudges == 0
    assert counts.counted == {("JobCreated", "upload"): 1}


def test_what_is_not_said_is_not_stored(client):
    """Without a content type there is none in the source, and any may be sent."""
    created = create_upload(client)

    assert created["source"].keys() == {"type", "bucket", "key", "filename"}
    assert created["source"]["filename"] == "upload.csv"
    assert created["uploadHeaders"] == {"Content-Type": "application/octet-stream"}
    assert "X-Amz-SignedHeaders=host&" in created["uploadUrl"]


def test_a_bare_put_reaches_the_store(client, object_store):
    """The signed URL takes any body and any header, as long as nothing else was signed."""
    created = create_upload(client, filename="a.csv")

    for headers in ({}, {"Content-Type": "text/plain"}):
        answer = httpx2.put(created["uploadUrl"], content=b"a\n1\n", headers=headers)
        assert answer.status_code == 200, answer.text

    assert object_store.get(created["source"]["key"]) == b"a\n1\n"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [(b"123", "text/csv", 200), (b"1234", "text/csv", 403), (b"123", "text/html", 403)],
)
def test_what_was_said_is_signed(client, body, content_type, status):
    """A length or type other than the announced one is refused by the store itself."""
    created = create_upload(client, filename="a.csv", contentType="text/csv", sizeBytes=3)

    answer = httpx2.put(created["uploadUrl"], content=body, headers={"Content-Type": content_type})

    assert answer.status_code == status


def test_an_s3_job_is_queued_at_once(client, supervisor, counts):
    """There is nothing to upload, so the supervisor is woken."""
    answer = client.post("/jobs", json={"sourceType": "s3", "sourceConfig": {"uri": URI}}).json()

    assert answer["uploadUrl"] is None
    assert answer["status"] == "QUEUED"
    assert answer["source"] == {"type": "s3", "uri": URI}
    assert supervisor.nudges == 1
    assert counts.counted == {("JobCreated", "s3"): 1, ("JobQueued", "s3"): 1}


def test_a_job_outlives_a_lost_supervisor(client, supervisor, counts):
    """The job is written down; that nobody could be woken is counted, not told."""
    supervisor.is_lost = True

    job_id = create_s3(client)

    assert client.get(f"/jobs/{job_id}").json()["status"] == "QUEUED"
    assert counts.counted["JobWorkflowStartFailed", "s3"] == 1


@pytest.mark.parametrize(
    ("body", "detail", "code", "counted"),
    [
        ({}, "Unsupported source_type", "source.invalid", "unknown"),
        ({"source_type": None}, "Unsupported source_type", "source.invalid", "unknown"),
        ({"source_type": "ftp"}, "Unsupported source_type", "source.invalid", "unknown"),
        ({"source_type": "s3"}, "s3_path must be like s3://bucket/key", "source.invalid", "s3"),
        (
            {"source_type": "s3", "s3Path": "bucket/key"},
            "s3_path must be like s3://bucket/key",
            "source.invalid",
            "s3",
        ),
        (
            {"source_type": "http", "source_config": {}},
            "source_config.url is required for http jobs",
            "source.invalid",
            "http",
        ),
        (
            {"source_type": "database"},
            "database jobs require query in source_config",
            "source.invalid",
            "database",
        ),
        (
            {"source_type": "http", "source_config": {"url": "https://example.org"}},
            "source_type http is not supported yet by this version; it reads upload and s3",
            "source.unsupported",
            "http",
        ),
    ],
)
def test_a_source_that_makes_no_sense(client, counts, body, detail, code, counted):
    """The sentences that clients match on, as 400, and counted."""
    answer = client.post("/jobs", json=body)

    assert answer.status_code == 400
    assert (answer.json()["detail"], answer.json()["code"]) == (detail, code)
    assert counts.counted == {("JobValidationError", counted): 1}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ("text", ""),
        ({"source_type": 5}, "/source_type"),
        ({"source_type": "s3", "s3_path": {}}, "/s3_path"),
        ({"source_type": "upload", "source_config": []}, "/source_config"),
        ({"source_type": "upload", "source_config": {"filename": 1}}, "/source_config/filename"),
        ({"source_type": "upload", "source_config": {"sizeBytes": -1}}, "/source_config/sizeBytes"),
        (
            {"source_type": "upload", "source_config": {"overrides": {"header": "x"}}},
            "/source_config/overrides/header",
        ),
        ({"source_type": "s3", "s3_path": URI, "options": 3}, "/options"),
        ({"source_type": "s3", "s3_path": URI, "options": {"group": "no"}}, "/options/group"),
        ({"source_type": "s3", "s3_path": URI, "options": {"privacy": "hide"}}, "/options/privacy"),
        ({"source_type": "s3", "s3_path": URI, "options": {"privcy": "mask"}}, "/options"),
        (
            {"source_type": "s3", "s3_path": URI, "options": {"quality": {"skewed": {}}}},
            "/options/quality",
        ),
        (
            {"source_type": "s3", "s3_path": URI, "options": {"quality": {"skew": {"rows": 0}}}},
            "/options/quality/skew/rows",
        ),
    ],
)
def test_json_of_the_wrong_shape(client, body, pointer):
    """422, with a pointer to each wrong value."""
    answer = client.post("/jobs", json=body)

    assert answer.status_code == 422
    assert answer.json()["code"] == "request.shape"
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


def test_an_upload_larger_than_a_put_is_refused(client):
    """The limit is named, and the way around it too."""
    body = {"source_type": "upload", "source_config": {"sizeBytes": (5 << 30) + 1}}

    answer = client.post("/jobs", json=body)

    assert answer.status_code == 413
    assert answer.json()["code"] == "limit.single_put_bytes"


def again(client, job_id, kind="s3", **config):
    body = {"source_type": kind, "source_config": {"fromJob": job_id, **config}}
    return client.post("/jobs", json=body)


def test_the_input_of_an_earlier_job_is_read_again_by_other_choices(client, supervisor):
    """It is queued at once; the choices are the new ones alone, and are shown."""
    body = {
        "source_type": "s3",
        "s3_path": URI,
        "source_config": {"overrides": {"delimiter": ";"}},
    }
    first = client.post("/jobs", json=body).json()
    assert first["source"] == {"type": "s3", "uri": URI, "overrides": {"delimiter": ";"}}

    second = again(client, first["jobId"], overrides={"header": 3}).json()

    assert (second["status"], second["uploadUrl"]) == ("QUEUED", None)
    assert second["source"] == {
        "type": "s3",
        "uri": URI,
        "fromJob": first["jobId"],
        "overrides": {"header": 3},
    }
    assert supervisor.nudges == 2


def test_an_earlier_job_must_be_there_of_that_type_and_have_its_input(client):
    """Each with a sentence of its own."""
    upload = create_upload(client)["jobId"]

    answers = [again(client, "nobody"), again(client, upload), again(client, upload, "upload")]

    assert [answer.status_code for answer in answers] == [400, 400, 409]
    assert "there is no job nobody" in answers[0].json()["detail"]
    assert "has source_type upload, not s3" in answers[1].json()["detail"]
    assert "not received its upload" in answers[2].json()["detail"]


def test_a_job_that_cannot_be_stored_is_not_accepted(client, job_store, counts):
    """Nothing is promised that was not written down."""
    from serve_app.migrations import downgrade

    downgrade(job_store.url, "base")

    answer = client.post("/jobs", json={"source_type": "s3", "s3_path": URI})

    assert answer.status_code == 503
    assert answer.json()["retryable"]
    assert answer.headers["retry-after"]
    assert counts.counted == {("JobPersistenceFailed", "s3"): 1}


def test_options_and_request_id_stay_with_the_job(client, job_store):
    """What the caller said comes back; the id of the request leads from log to job."""
    body = {
        "source_type": "s3",
        "s3_path": URI,
        "options": {"group": False, "ml": {"target": None}},
    }

    answer = client.post("/jobs", json=body, headers={"x-request-id": "trace-1"})

    job_id = answer.json()["jobId"]
    assert client.get(f"/jobs/{job_id}").json()["options"] == body["options"]
    assert job_store.get(job_id).request_id == "trace-1"


def test_a_new_job_shows_every_field(client):
    """All fields are there from the start; times are what the API says they are."""
    before = int(time.time())

    job = client.get(f"/jobs/{create_s3(client)}").json()

    assert job.keys() == JOB_FIELDS
    assert isinstance(job["createdAt"], int)
    assert before <= job["createdAt"] <= job["updatedAt"] <= time.time() + 1
    assert (job["status"], job["phase"], job["progress"]) == ("QUEUED", None, 0)
    assert (job["resultKey"], job["error"], job["errorDetail"]) == (None, None, None)
    assert (job["tables"], job["warnings"], job["attempt"]) == ([], [], 0)


def test_a_running_job_shows_its_progress(client, job_store):
    """Phase, percent and counts are those of the last heartbeat."""
    job_id = create_s3(client)
    job_store.claim("me", 60)
    job_store.heartbeat(job_id, 1, 60, Progress("profile", 2, 7, 0.3333, 10, 20, 80))

    job = client.get(f"/jobs/{job_id}").json()

    assert (job["status"], job["attempt"], job["progress"]) == ("RUNNING", 1, 33.3)
    assert (job["phase"], job["phaseIndex"], job["phaseCount"]) == ("profile", 2, 7)
    assert (job["rowsRead"], job["bytesRead"], job["bytesTotal"]) == (10, 20, 80)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", job["startedAt"])
    assert job["completedAt"] is None


def test_an_ended_job_shows_its_outcome(client, job_store):
    """Tables by their figures, warnings as they were raised."""
    job_id = create_s3(client)
    job_store.claim("me", 60)
    warning = {"code": "member.unreadable", "message": "locked", "severity": "warning", "count": 1}
    job_store.finish(
        job_id,
        1,
        JobStatus.PARTIAL,
        result_key=f"artifacts/{job_id}/results/results.json",
        tables=({"name": "t", "rows": 3, "columns": 2, "bytes": 9},),
        warnings=(warning,),
    )

    job = client.get(f"/jobs/{job_id}").json()

    assert job["status"] == "PARTIAL"
    assert job["resultKey"] == f"artifacts/{job_id}/results/results.json"
    assert job["tables"] == [{"name": "t", "rows": 3, "columns": 2}]
    assert job["warnings"] == [warning]
    assert job["completedAt"].endswith("Z")


def test_a_failed_job_says_why(client, job_store):
    """A sentence for old clients, and a code, a hint and whether to retry for new ones."""
    job_id = create_s3(client)
    job_store.fail(job_id, JobFailure("parse.corrupt", "it is cut short", "export it again"))

    job = client.get(f"/jobs/{job_id}").json()

    assert (job["status"], job["error"]) == ("FAILED", "it is cut short")
    assert job["errorDetail"] == {
        "code": "parse.corrupt",
        "message": "it is cut short",
        "hint": "export it again",
        "retryable": False,
    }


@pytest.mark.parametrize(
    "job_id", ["nobody", "ünïcode", "%00", "a%20b", "null", "-1", "x" * 3000, "'; DROP TABLE jobs"]
)
@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", ""),
        ("POST", "/process"),
        ("POST", "/cancel"),
        ("GET", "/manifest"),
        ("GET", "/artifacts"),
        ("GET", "/results"),
        ("GET", "/results/files"),
        ("GET", "/download?key=x"),
        ("GET", "/tables"),
    ],
)
def test_an_unknown_job(client, method, rest, job_id):
    """Any text may stand where the id stands; it names no job, on every route."""
    answer = client.request(method, f"/jobs/{job_id}{rest}")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "Job not found"
    assert answer.json()["code"] == "job.not_found"


def test_process_starts_an_upload_that_is_there(client, object_store, supervisor, counts):
    """The run starts now, and again asking finds the same run."""
    created = create_upload(client, filename="a.csv")
    object_store.put(created["source"]["key"], b"a\n1\n")

    answers = [client.post(f"/jobs/{created['jobId']}/process") for _ in range(2)]

    for answer in answers:
        assert answer.status_code == 200
        assert answer.json() == {
            "ok": True,
            "jobId": created["jobId"],
            "status": "QUEUED",
            "resultKey": None,
            "manifestKey": None,
        }
    assert supervisor.nudges == 1
    assert counts.counted["JobQueued", "upload"] == 1


def test_what_is_put_after_the_job_was_queued_is_refused(client, job_store):
    """The upload URL works on, but the job is for what lay there when it was queued."""
    created = create_upload(client, filename="a.csv")
    job_id, url = created["jobId"], created["uploadUrl"]
    first = httpx2.put(url, content=b"a\n1\n").headers["etag"]
    assert client.post(f"/jobs/{job_id}/process").status_code == 200
    httpx2.put(url, content=b"a\n1\n")  # a client that repeats itself changes nothing
    assert client.post(f"/jobs/{job_id}/process").status_code == 200

    httpx2.put(url, content=b"a\n2\n")
    answer = client.post(f"/jobs/{job_id}/process")

    assert (answer.status_code, answer.json()["code"]) == (409, "upload.changed")
    assert answer.json()["retryable"] is False
    (wanted,) = order_inputs(job_store.get(job_id))
    assert wanted.etag == first


def test_an_upload_is_read_again_as_the_earlier_job_read_it(client, job_store):
    """`fromJob` takes the version over with the address."""
    created = create_upload(client, filename="a.csv")
    first = httpx2.put(created["uploadUrl"], content=b"a\n1\n").headers["etag"]
    client.post(f"/jobs/{created['jobId']}/process")

    second = again(client, created["jobId"], "upload").json()

    assert job_store.get(second["jobId"]).input_etag == first
    assert "input_etag" not in second["source"]


def test_process_without_an_upload(client):
    """404 tells that the input is missing, and the job goes on waiting."""
    created = create_upload(client, filename="a.csv")

    answer = client.post(f"/jobs/{created['jobId']}/process")

    assert answer.status_code == 404
    assert answer.json()["code"] == "source.not_found"
    assert created["source"]["key"] in answer.json()["detail"]
    assert client.get(f"/jobs/{created['jobId']}").json()["status"] == "CREATED"


def test_process_of_an_s3_object_that_is_missing(client):
    """The job was accepted, but its input is not there."""
    answer = client.post(f"/jobs/{create_s3(client)}/process")

    assert answer.status_code == 404
    assert answer.json()["code"] == "source.not_found"


@pytest.mark.parametrize("status", ["SUCCEEDED", "PARTIAL", "FAILED"])
def test_process_of_an_ended_job_says_how_it_ended(client, job_store, status):
    """Nothing starts anew."""
    job_id = create_s3(client)
    job_store.claim("me", 60)
    job_store.finish(job_id, 1, JobStatus(status), result_key="r", manifest_key="m")

    answer = client.post(f"/jobs/{job_id}/process")

    assert answer.status_code == 200
    assert answer.json()["status"] == status
    assert (answer.json()["resultKey"], answer.json()["manifestKey"]) == ("r", "m")


def test_process_of_a_cancelled_job_is_a_conflict(client):
    """What was stopped stays stopped."""
    job_id = create_s3(client)
    client.post(f"/jobs/{job_id}/cancel")

    answer = client.post(f"/jobs/{job_id}/process")

    assert answer.status_code == 409
    assert answer.json()["code"] == "job.conflict"


def test_cancel_before_the_run(client, supervisor):
    """A waiting job ends at once, without results."""
    job_id = create_s3(client)

    answer = client.post(f"/jobs/{job_id}/cancel")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["resultKey"]) == ("CANCELLED", None)
    assert supervisor.nudges == 2
    assert client.post(f"/jobs/{job_id}/cancel").status_code == 409


def test_cancel_during_the_run(client, job_store):
    """A running job is asked to stop; it says so until it has."""
    job_id = create_s3(client)
    job_store.claim("me", 60)

    answer = client.post(f"/jobs/{job_id}/cancel").json()

    assert (answer["status"], answer["cancelRequested"]) == ("RUNNING", True)


def test_jobs_are_listed_newest_first_in_pages(client, job_store):
    """Following the cursor meets each job once."""
    made = [create_s3(client, f"s3://bucket/{number}.csv") for number in range(5)]
    seen, cursor = [], None

    while True:
        page = client.get(
            "/jobs", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [job["jobId"] for job in page["jobs"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break

    assert seen == [job.job_id for job in job_store.page().jobs]
    assert sorted(seen) == sorted(made)
    assert client.get("/jobs").json()["jobs"][0].keys() == JOB_FIELDS


def test_jobs_are_filtered(client, job_store):
    """By status, kind of source, time and words."""
    s3 = create_s3(client, "s3://bucket/Sales.csv")
    upload = create_upload(client, filename="stock.csv")["jobId"]
    old = replace(job_store.get(s3), job_id="old", created_at=1_000_000_000.0)
    job_store.create(old)

    def ids(**parameters):
        answer = client.get("/jobs", params=parameters)
        assert answer.status_code == 200, answer.text
        return {job["jobId"] for job in answer.json()["jobs"]}

    assert ids(status="CREATED") == {upload}
    assert ids(sourceType="s3") == {s3, "old"}
    assert ids(since="2020-01-01T00:00:00Z") == {s3, upload}
    assert ids(since="1600000000") == {s3, upload}
    assert ids(q="SALES") == {s3, "old"}
    assert ids(q=upload[:13]) == {upload}
    assert ids(status="RUNNING") == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "ten"),
        ("status", "DONE"),
        ("since", "yesterday"),
        ("since", "9" * 400),
        ("cursor", "made-up"),
        ("cursor", base64.urlsafe_b64encode(b'[1.0, " \\ud800"]').decode()),
        ("cursor", base64.urlsafe_b64encode(b'[1.0, "\\u0000"]').decode()),
        ("cursor", base64.urlsafe_b64encode(b"[1.0, 7]").decode()),
        ("sourceType", "s3\x00"),
        ("q", "x" * 201),
    ],
)
def test_a_parameter_that_makes_no_sense(client, name, value):
    """400, and the sentence names the parameter."""
    answer = client.get("/jobs", params={name: value})

    assert answer.status_code == 400
    assert answer.json()["code"] == "request.invalid"
    assert name in answer.json()["detail"]


def test_a_database_that_is_away_is_a_passing_fault(client, job_store):
    """503, and when to come again."""
    from serve_app.migrations import downgrade

    job_id = create_s3(client)
    downgrade(job_store.url, "base")

    answer = client.get(f"/jobs/{job_id}")

    assert answer.status_code == 503
    assert answer.json()["code"] == ServiceUnavailable.code
    assert int(answer.headers["retry-after"]) > 0


def test_an_address_that_no_text_can_hold_is_refused(client):
    """A lone surrogate, which JSON can write and no database can keep."""
    body = b'{"source_type": "s3", "s3_path": "s3://b/\\ud800.csv"}'

    answer = client.post("/jobs", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/s3")


def test_options_may_be_null_as_the_other_fields_may(client):
    body = {"source_type": "upload", "source_config": None, "s3_path": None, "options": None}

    assert client.post("/jobs", json=body).status_code == 200
