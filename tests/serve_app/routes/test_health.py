"""Health routes: alive is not the same as ready."""

import pytest
from starlette.testclient import TestClient

from connectors.object_store import ObjectStore, StoreConfig
from serve_app.app import create_app
from serve_app.jobs.sql_store import SqlJobStore


def test_a_living_process_says_so(client):
    """Exactly the original answer."""
    answer = client.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"ok": True})


def test_ready_has_a_line_for_each_need(client):
    """Job store, object store and Ray are each asked."""
    answer = client.get("/ready")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": [
            {"name": name, "ok": True, "detail": "ok"}
            for name in ("Ray", "job store", "object store")
        ],
    }


def test_a_lost_supervisor_is_not_ready(client, supervisor):
    """503 names what is missing; the process lives on."""
    supervisor.is_lost = True

    answer = client.get("/ready")

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    assert answer.json()["code"] == "service.unavailable"
    assert answer.json()["detail"] == "Ray: nobody runs jobs"
    assert [check["ok"] for check in answer.json()["checks"]] == [False, True, True]
    assert client.get("/health").status_code == 200


@pytest.mark.slow
def test_lost_stores_are_both_told(settings, tmp_path):
    """Whatever is away is listed, without addresses."""
    app = create_app(
        settings,
        store=ObjectStore(StoreConfig("b", "http://127.0.0.1:1", access_key="a", secret_key="s")),
        jobs=SqlJobStore(f"sqlite:///{tmp_path / 'unmigrated.db'}"),
    )

    answer = TestClient(app).get("/ready")

    assert answer.status_code == 503
    assert [check["ok"] for check in answer.json()["checks"]] == [True, False, False]
    assert "127.0.0.1" not in answer.text
