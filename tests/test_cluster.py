"""Cluster: `ray up` and `serve deploy` accept our files, and they offer what our actors ask for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipelines.runtime import resources

ROOT = Path(__file__).resolve().parents[1]
MADE_BY_RAY = "~/ray_bootstrap_config.yaml"
ODD = {
    "MF_DATABASE_URL": "postgresql://u:p@host/db?sslmode=require&application_name=m",
    "MF_CORS_ORIGINS": '["http://localhost:3000", "http://127.0.0.1:3000"]',
    "MF_S3_SECRET_KEY": "a b'c;d|e>f`g`(h)",
}


@pytest.fixture
def cluster():
    return yaml.safe_load((ROOT / "cluster.yaml").read_text())


def test_the_cluster_file_fits_the_schema_of_ray(cluster):
    """Ray's own validation, which `ray up` runs first."""
    from ray.autoscaler._private.util import prepare_config, validate_config

    validate_config(prepare_config(cluster))


def test_ray_refuses_a_key_that_it_does_not_know(cluster):
    """The validation above is able to fail."""
    from jsonschema.exceptions import ValidationError
    from ray.autoscaler._private.util import prepare_config, validate_config

    with pytest.raises(ValidationError):
        validate_config(prepare_config({**cluster, "head_nod_type": "head"}))


@pytest.mark.parametrize("asked", [resources.RUNNER, resources.READ_TASK, resources.SUPERVISOR])
def test_some_node_type_offers_what_is_asked(cluster, asked):
    """An actor or task whose resources no node has would wait for ever, and no node would start."""
    wanted = dict(asked.get("resources", {}), CPU=asked["num_cpus"])
    offers = [node["resources"] for node in cluster["available_node_types"].values()]

    assert any(all(offer.get(name, 0) >= n for name, n in wanted.items()) for offer in offers)


def test_the_head_runs_no_task(cluster):
    """A head that reads data would take the API and Ray's own services with it when memory ends."""
    assert cluster["available_node_types"]["head"]["resources"]["CPU"] == 0


def test_nothing_listens_beyond_loopback(cluster):
    """The dashboard runs code for whoever reaches it."""
    commands = " ".join(cluster["head_start_ray_commands"])
    serve = yaml.safe_load((ROOT / "serve.yaml").read_text())

    assert "--dashboard-host=127.0.0.1" in commands
    assert serve["http_options"]["host"] == "127.0.0.1"
    assert "--env RAY_AUTH_MODE=token" in cluster["docker"]["run_options"]


@pytest.mark.filterwarnings("ignore:Using extra keyword:DeprecationWarning")  # Ray's own schema
def test_the_serve_file_fits_the_schema_of_serve():
    """`serve deploy` would take it, and finds the builder."""
    from importlib import import_module

    from ray.serve.schema import ServeDeploySchema

    schema = ServeDeploySchema.model_validate(yaml.safe_load((ROOT / "serve.yaml").read_text()))
    module, name = schema.applications[0].import_path.split(":")

    assert callable(getattr(import_module(module), name))


def test_only_the_head_may_launch_nodes(cluster):
    """Nodes that parse what strangers send get a profile of their own, which the head hands on."""
    profiles = {
        name: node["node_config"]["IamInstanceProfile"]["Name"]
        for name, node in cluster["available_node_types"].items()
    }

    assert profiles.pop("head") not in profiles.values()
    for name in ("metricfoundry-head", "metricfoundry", "iam:PassRole"):
        assert f"`{name}`" in (ROOT / "docs" / "deploy.md").read_text()


def test_files_lie_where_the_commands_look(cluster):
    """Ray turns `~` of both into the container's home, which no absolute path can know."""
    used = set(re.findall(r"~/[\w./-]+", " ".join(cluster["head_start_ray_commands"])))

    assert used - {MADE_BY_RAY} == {"~/metricfoundry.env", "~/serve.yaml"}
    assert set(cluster["file_mounts"]) == (used - {MADE_BY_RAY}) | {"~/.ray/auth_token"}


@pytest.fixture
def head(cluster, tmp_path):
    """Run the head's commands, with these programs in place of those of the image."""

    def run(**programs):
        for name, script in {"ray": "", "serve": "", "sleep": "", **programs}.items():
            program = tmp_path / name
            program.write_text(f"#!/bin/sh\necho {name} >> ~/calls\n{script}\n")
            program.chmod(0o700)
        path = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        codes = [
            subprocess.run(["sh", "-c", each], env={"HOME": str(tmp_path), "PATH": path}).returncode
            for each in cluster["head_start_ray_commands"]
        ]
        return codes, (tmp_path / "calls").read_text().split()

    return run


def test_ray_starts_with_the_settings_of_the_file(head, tmp_path):
    """Whatever marks a value has that mean something to a shell."""
    lines = [f"{name}={value}" for name, value in ODD.items()]
    (tmp_path / "metricfoundry.env").write_text("# settings\n" + "\n".join(lines) + "\n")

    codes, _ = head(ray="env -0 > ~/environment")

    passed = dict(
        each.split("=", 1) for each in (tmp_path / "environment").read_text().split("\0")[:-1]
    )
    assert codes == [0, 0, 0]
    assert {name: passed.get(name) for name in ODD} == ODD
    assert passed["RAY_enable_autoscaler_v2"] == "1"


@pytest.mark.parametrize(("failures", "ends"), [(0, 0), (4, 0), (9, 1)])
def test_a_deployment_that_fails_for_good_fails_ray_up(head, tmp_path, failures, ends):
    """Five attempts, since Ray's dashboard takes a while; none more once one has done it."""
    (tmp_path / "metricfoundry.env").touch()

    codes, calls = head(serve=f"test $(grep -c serve ~/calls) -gt {failures}")

    assert codes[-1] == ends
    assert calls.count("serve") == min(failures + 1, 5)
