"""Cluster: `ray up` and `serve deploy` accept our files, and they offer what our actors ask for."""

from pathlib import Path

import pytest
import yaml

from pipelines.runtime import resources

ROOT = Path(__file__).resolve().parents[1]


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
