"""Result routes: what readers see of a job's objects, and when."""

import json
import re
from urllib.parse import quote
from uuid import uuid4

import httpx2
import pytest

from serve_app.jobs.model import Job, JobStatus

FILES = {
    "input/a.csv": b"a\n1\n",
    "phases/profile.json": b"{}",
    "results/results.json": json.dumps(
        {
            "tables": [
                {
                    "name": "a",
                    "origin": [{"input": "a.csv"}],
                    "rows": 1,
                    "columns": 1,
                    "bytes": 4,
                    "prefix": "tables/a/",
                    "schema": [{"name": "a", "type": "integer"}],
                    "columnProfiles": [],
                }
            ]
        }
    ).encode(),
    "results/report.html": b"<!doctype html>",
    "results/graphs/a_histogram.png": b"png",
    "manifest.json": b'{"artifacts": [], "jobId": "x"}',
}


@pytest.fixture
def publish(job_store, object_store):
    """Makes a job in some status with some objects, and tells its id."""

    def make(status=JobStatus.SUCCEEDED, files=FILES) -> str:
        job_id = str(uuid4())
        base = f"artifacts/{job_id}/"
        for name, content in files.items():
            object_store.put(base + name, content)
        ended = status is JobStatus.SUCCEEDED
        job_store.create(
            Job(
                job_id,
                status,
                {"type": "upload"},
                created_at=1.0,
                updated_at=1.0,
                owner="me",
                lease_until=1.0,
                result_key=f"{base}results/results.json" if ended else None,
                manifest_key=f"{base}manifest.json" if ended else None,
            )
        )
        return job_id

    return make


def keys(page) -> list[str]:
    return [found["key"].split("/", 2)[2] for found in page["objects"]]


def test_the_manifest(client, publish):
    """The manifest as published, with what the store says of it."""
    job_id = publish()

    answer = client.get(f"/jobs/{job_id}/manifest")

    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"jobId", "manifest", "etag", "contentLength"}
    assert body["jobId"] == job_id
    assert body["manifest"] == json.loads(FILES["manifest.json"])
    assert body["contentLength"] == len(FILES["manifest.json"])
    assert body["etag"].strip('"')


@pytest.mark.parametrize("route", ["manifest", "results", "results/files", "tables"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (JobStatus.CREATED, "result.not_ready"),
        (JobStatus.QUEUED, "result.not_ready"),
        (JobStatus.RUNNING, "result.not_ready"),
        (JobStatus.CANCELLED, "artifact.not_found"),
    ],
)
def test_results_before_the_end(client, publish, route, status, code):
    """Files that lie there already are no results until the job has ended with them."""
    job_id = publish(status)

    answer = client.get(f"/jobs/{job_id}/{route}")

    assert answer.status_code == 404
    assert answer.json()["code"] == code
    assert status in answer.json()["detail"]


def test_artifacts_fold_folders(client, publish):
    """By default what lies deeper is folded into common prefixes."""
    job_id = publish()

    body = client.get(f"/jobs/{job_id}/artifacts").json()

    base = f"artifacts/{job_id}/"
    assert body["jobId"] == job_id
    assert body["prefix"] == base
    assert keys(body) == ["manifest.json"]
    assert body["commonPrefixes"] == [f"{base}{name}/" for name in ("input", "phases", "results")]
    assert (body["isTruncated"], body["nextToken"]) == (False, None)
    (manifest,) = body["objects"]
    assert manifest.keys() == {"key", "size", "lastModified", "etag", "storageClass"}
    assert manifest["size"] == len(FILES["manifest.json"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]+(\+00:00|Z)", manifest["lastModified"])


def test_artifacts_without_a_delimiter(client, publish):
    """An empty delimiter lists every object."""
    body = client.get(f"/jobs/{publish()}/artifacts", params={"delimiter": ""}).json()

    assert sorted(keys(body)) == sorted(FILES)
    assert body["commonPrefixes"] == []


def test_artifacts_in_pages(client, publish):
    """Following the token meets each object once."""
    job_id = publish()
    seen, token = [], None
    while True:
        parameters = {"delimiter": "", "pageSize": 2} | (
            {"continuationToken": token} if token else {}
        )
        body = client.get(f"/jobs/{job_id}/artifacts", params=parameters).json()
        seen += keys(body)
        token = body["nextToken"]
        assert body["isTruncated"] == (token is not None)
        if token is None:
            break

    assert sorted(seen) == sorted(FILES)


FORGED = ["zzz", "0", "[]", "WyJhIl0", "bnVsbA", "W10", "WzEsMl0", "artifacts/", "é", "[" * 3000]


@pytest.mark.parametrize("route", ["artifacts", "results/files"])
@pytest.mark.parametrize("token", FORGED)
def test_a_token_that_was_not_given_out_is_refused(client, publish, route, token):
    """It is no place in the listing, whatever the object store would make of it."""
    answer = client.get(f"/jobs/{publish()}/{route}", params={"continuationToken": token})

    assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid")
    assert "continuationToken" in answer.json()["detail"]


def test_a_token_is_good_for_its_own_listing(client, publish):
    """Not for another prefix, nor for another job."""
    one, other = publish(), publish()
    first = {"delimiter": "", "pageSize": 1}
    token = client.get(f"/jobs/{one}/artifacts", params=first).json()["nextToken"]
    on = {**first, "continuationToken": token}

    answers = [
        client.get(f"/jobs/{one}/artifacts", params=on),
        client.get(f"/jobs/{one}/artifacts", params={**on, "prefix": "results/"}),
        client.get(f"/jobs/{other}/artifacts", params=on),
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 400]


@pytest.mark.parametrize("full", [True, False])
def test_a_prefix_narrows_the_list(client, publish, full):
    """A full key prefix and one below the job's folder mean the same."""
    job_id = publish()
    base = f"artifacts/{job_id}/"

    body = client.get(
        f"/jobs/{job_id}/artifacts", params={"prefix": base * full + "results/"}
    ).json()

    assert body["prefix"] == f"{base}results/"
    assert keys(body) == ["results/report.html", "results/results.json"]
    assert body["commonPrefixes"] == [f"{base}results/graphs/"]


@pytest.mark.parametrize("prefix", ["artifacts/", "artifacts/other/", "../", "/etc", "a/../../b"])
def test_a_prefix_that_leaves_the_job(client, publish, prefix):
    """400 for whatever lies outside."""
    answer = client.get(f"/jobs/{publish()}/artifacts", params={"prefix": prefix})

    assert answer.status_code == 400
    assert answer.json()["code"] == "request.path"


@pytest.mark.parametrize(
    ("name", "value"), [("pageSize", "0"), ("pageSize", "1001"), ("delimiter", "x")]
)
def test_a_listing_parameter_out_of_range(client, publish, name, value):
    """400, and the sentence names it."""
    answer = client.get(f"/jobs/{publish()}/artifacts", params={name: value})

    assert answer.status_code == 400
    assert name in answer.json()["detail"]


def test_result_files(client, publish):
    """The same shape, below `results/`."""
    job_id = publish()

    body = client.get(f"/jobs/{job_id}/results/files", params={"delimiter": ""}).json()

    assert body["prefix"] == f"artifacts/{job_id}/results/"
    assert sorted(keys(body)) == sorted(name for name in FILES if name.startswith("results/"))


def test_no_result_files(client, publish):
    """An ended job without any answers 404."""
    job_id = publish(JobStatus.FAILED, files={"input/a.csv": b"a"})

    answer = client.get(f"/jobs/{job_id}/results/files")

    assert answer.status_code == 404
    assert answer.json()["code"] == "artifact.not_found"


@pytest.mark.parametrize("path", [None, "report.html", "graphs/a_histogram.png"])
def test_a_link_to_a_result(client, publish, path):
    """The link downloads the very bytes, as an attachment, for ten minutes."""
    job_id = publish()

    answer = client.get(f"/jobs/{job_id}/results", params={"path": path} if path else {})

    body = answer.json()
    name = path or "results.json"
    assert body.keys() == {"jobId", "downloadUrl", "key"}
    assert body["key"] == f"artifacts/{job_id}/results/{name}"
    assert "X-Amz-Expires=600" in body["downloadUrl"]
    download = httpx2.get(body["downloadUrl"])
    assert download.content == FILES[f"results/{name}"]
    assert download.headers["content-disposition"].startswith("attachment")


def test_a_failed_job_still_links_its_error(client, publish):
    """error.json is the result of a job that failed."""
    job_id = publish(JobStatus.FAILED, files={"results/error.json": b"{}"})

    assert client.get(f"/jobs/{job_id}/results?path=error.json").status_code == 200


@pytest.mark.parametrize("path", ["missing.json", "graphs", "graphs/", ""])
def test_a_result_that_is_not_there(client, publish, path):
    """404; a folder is no file."""
    answer = client.get(f"/jobs/{publish()}/results", params={"path": path})

    assert answer.status_code == 404
    assert answer.json()["code"] == "artifact.not_found"


@pytest.mark.parametrize("path", ["../manifest.json", "/etc/passwd", "a/../../x", "..%2fx", "a\0b"])
def test_a_path_that_leaves_the_results(client, publish, path):
    """400, also when it stays inside the job."""
    answer = client.get(f"/jobs/{publish()}/results?path={quote(path, safe='%/')}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "request.path"


@pytest.mark.parametrize("name", ["manifest.json", "input/a.csv", "results/report.html"])
def test_download_any_object_of_the_job(client, publish, name):
    """Any key inside the job has a link."""
    job_id = publish()
    key = f"artifacts/{job_id}/{name}"

    body = client.get(f"/jobs/{job_id}/download", params={"key": key}).json()

    assert (body["jobId"], body["key"]) == (job_id, key)
    assert httpx2.get(body["downloadUrl"]).content == FILES[name]


def test_download_of_another_jobs_object(client, publish):
    """One job's id opens no other job's objects."""
    key = f"artifacts/{publish()}/manifest.json"

    answer = client.get(f"/jobs/{publish()}/download", params={"key": key})

    assert answer.status_code == 400
    assert answer.json()["code"] == "request.path"


def test_download_needs_a_key(client, publish):
    """400 names the parameter that is missing."""
    answer = client.get(f"/jobs/{publish()}/download")

    assert answer.status_code == 400
    assert "key" in answer.json()["detail"]


def test_results_are_not_downloaded_before_the_end(client, publish):
    """The way round by the full key is closed too; the input may be fetched."""
    job_id = publish(JobStatus.RUNNING)

    early = client.get(f"/jobs/{job_id}/download?key=artifacts/{job_id}/results/results.json")
    given = client.get(f"/jobs/{job_id}/download?key=artifacts/{job_id}/input/a.csv")

    assert (early.status_code, early.json()["code"]) == (404, "result.not_ready")
    assert given.status_code == 200


def test_tables(client, publish):
    """Each normalised table with its schema and where its Parquet lies."""
    job_id = publish()

    body = client.get(f"/jobs/{job_id}/tables").json()

    assert body == {
        "jobId": job_id,
        "tables": [
            {
                "name": "a",
                "origin": [{"input": "a.csv"}],
                "rows": 1,
                "columns": 1,
                "bytes": 4,
                "prefix": "tables/a/",
                "schema": [{"name": "a", "type": "integer"}],
            }
        ],
    }
