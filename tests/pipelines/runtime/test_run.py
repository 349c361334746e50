"""Run: an attempt reads the version of the upload that its job is for, and no other."""

import uuid
from dataclasses import replace

import pytest

from pipelines import artifacts
from pipelines.order import JobOrder
from pipelines.runtime.advance import Watch
from pipelines.runtime.learner import Learner
from pipelines.runtime.run import run_job
from pipelines.sandbox import Sandbox
from tests.pipelines.analytics.run import order

CONTENT = b"id,amount\n1,2.5\n2,3.5\n"


@pytest.fixture
def children():
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture
def wanted(object_store, sqlite_url) -> JobOrder:
    """The order of a job that was queued as its upload lay there."""
    ordered = order(object_store.config, sqlite_url, str(uuid.uuid4()), ml={"enabled": False})
    (item,) = ordered.inputs
    object_store.put(item.key, CONTENT)
    etag = object_store.object(item.key).etag
    return replace(ordered, inputs=(replace(item, etag=etag),))


def test_the_upload_of_the_job_is_read(wanted, children, object_store):
    """What lies there is what lay there."""
    outcome = run_job(wanted, children, Learner(), Watch())

    assert outcome.status == "SUCCEEDED"


def test_another_upload_is_not_read(wanted, children, object_store):
    """It ends the job for good: what was there will not come back. Only the error is published."""
    (item,) = wanted.inputs
    object_store.put(item.key, CONTENT.replace(b"2.5", b"9.5"))

    outcome = run_job(wanted, children, Learner(), Watch())

    assert (outcome.status, outcome.manifest_key) == ("FAILED", None)
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.retryable) == ("upload.changed", False)
    left = object_store.keys(artifacts.base(wanted.job_id))
    assert [each.key.rsplit("/", 1)[-1] for each in left] == ["sales.csv", "error.json"]
