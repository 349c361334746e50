"""Log lines: a runner's words are JSON, and name the job."""

import json
import logging

import pytest

from connectors.object_store import StoreConfig
from pipelines.order import JobOrder
from pipelines.runtime import log_lines

ORDER = JobOrder("j", 3, 0.0, {}, (), StoreConfig("b"), "sqlite://", request_id="r")


@pytest.fixture
def log():
    """A logger of ours, which is as it was afterwards."""
    kept = {name: (logging.getLogger(name).handlers, True) for name in log_lines.OWN}
    yield logging.getLogger("pipelines.somewhere")
    for name, (handlers, propagates) in kept.items():
        logging.getLogger(name).handlers = handlers
        logging.getLogger(name).propagate = propagates


def test_what_fails_in_a_job_names_it_and_its_request(log, capsys):
    """With the traceback, on one line; the next job has its own."""
    log_lines.install()
    with log_lines.about(ORDER):
        try:
            int("two\nlines")
        except ValueError:
            log.exception("phase failed", extra={"phase": "profile"})
    log.warning("%d left", 2)

    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    said = {"event": "phase failed", "level": "error", "phase": "profile", "job_id": "j"}
    assert first.items() >= {**said, "request_id": "r", "attempt": 3}.items()
    assert first["exception"].startswith("Traceback")
    assert second.keys() == {"event", "level", "timestamp"}
    assert second["event"] == "2 left"
