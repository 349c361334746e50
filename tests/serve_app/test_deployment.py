"""Deployment: what `serve run` and `serve deploy` are given."""

import warnings

import pytest

from connectors.errors import Misconfigured

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Ray's own, while it is imported
    from ray.serve import Application

    from serve_app.deployment import build

CLUSTER = {"s3_bucket": "data", "database_url": "postgresql://host/jobs"}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch, tmp_path):
    """Neither the shell's settings nor a .env file of the checkout."""
    monkeypatch.chdir(tmp_path)
    for name in ("S3_ENDPOINT", "S3_BUCKET", "DATABASE_URL"):
        monkeypatch.delenv(f"MF_{name}", raising=False)


@pytest.mark.parametrize("missing", CLUSTER)
def test_a_cluster_without_its_own_servers_is_refused(missing):
    """Embedded servers belong to `metricfoundry up` alone; the sentence names the setting."""
    given = {name: value for name, value in CLUSTER.items() if name != missing}

    with pytest.raises(Misconfigured, match=missing):
        build(given)


def test_settings_come_as_arguments_or_from_the_environment(monkeypatch):
    assert isinstance(build(CLUSTER), Application)

    monkeypatch.setenv("MF_S3_BUCKET", "data")
    monkeypatch.setenv("MF_DATABASE_URL", "postgresql://host/jobs")

    assert isinstance(build({}), Application)


def test_arguments_that_do_not_fit_are_named():
    with pytest.raises(Misconfigured, match="MF_RUNNERS"):
        build({**CLUSTER, "runners": 0})
