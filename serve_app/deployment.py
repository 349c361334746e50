"""Deployment: the FastAPI app as a Ray Serve application, embedded or on a cluster."""

import logging
from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve import Application

from connectors.errors import Misconfigured, ServiceUnavailable
from serve_app.settings import Settings, load

NAME = "metricfoundry"
LOGS = "ray/sessions/session_latest/logs/serve"
REPLICAS = 2
REQUESTS_PER_REPLICA = 200


def application(
    settings: Settings, replicas: int = REPLICAS, *, prepares: bool = False
) -> Application:
    """The application to run: the settings travel as a value, replicas read no environment.

    With `prepares`, a replica sees to bucket and tables first; any number may do so at once.
    Replicas hold no CPU: on a small machine all of them belong to the tasks that read data.
    """

    def build_app() -> FastAPI:
        from serve_app.app import create_app
        from serve_app.ray_dispatcher import RayDispatcher
        from serve_app.ray_metrics import RayMetrics

        _close_internal_port()
        if prepares:
            _prepare(settings)
        return create_app(
            settings,
            dispatcher=RayDispatcher(settings),
            metrics=RayMetrics(),
            is_behind_serve=True,
        )

    deployment: Any = serve.deployment(
        serve.ingress(build_app)(),
        name="Api",
        num_replicas=replicas,
        max_ongoing_requests=REQUESTS_PER_REPLICA,
        ray_actor_options={"num_cpus": 0},
        graceful_shutdown_timeout_s=5,
        logging_config=_logs(settings),
    )
    bound: Application = deployment.bind()
    return bound


def run(settings: Settings, *, replicas: int) -> None:
    """Serve the API from the Ray that this process started; returns once it answers.

    Raises ServiceUnavailable.
    """
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    serve.start(
        proxy_location="HeadOnly",
        http_options={"host": settings.host, "port": settings.port},
        logging_config=_logs(settings),
    )
    try:
        serve.run(application(settings, replicas), name=NAME, route_prefix="/")
    except RuntimeError as error:
        raise ServiceUnavailable(
            "the API did not start", hint=f"The logs are in {settings.home / LOGS}."
        ) from error


def _logs(settings: Settings) -> dict[str, Any]:
    """Serve's own lines; those of requests are ours, which say more (middleware.py)."""
    return {"encoding": "JSON", "log_level": settings.log_level, "enable_access_log": False}


def build(args: dict[str, Any]) -> Application:
    """For `serve run serve_app.deployment:build` and `serve deploy`; `args` are settings.

    Raises Misconfigured for what does not fit, and without an S3 server and a database: only
    `metricfoundry up` starts these.
    """
    settings = load(**args)
    has_store = settings.s3_endpoint or "s3_bucket" in settings.model_fields_set  # else AWS's own
    missing = ["s3_endpoint or s3_bucket"] if not has_store else []
    missing += ["database_url"] if not settings.database_url else []
    if missing:
        raise Misconfigured(
            f"a cluster needs its own S3 server and database: set {' and '.join(missing)} "
            "(`args` in serve.yaml, or MF_ in the environment); "
            "`metricfoundry up` is what starts embedded ones"
        )
    return application(settings, prepares=True)


def _prepare(settings: Settings) -> None:
    from connectors.object_store import ObjectStore
    from serve_app.migrations import migrate

    ObjectStore(settings.store_config()).ensure_bucket(list(settings.cors_origins))
    migrate(settings.database_url)


def _close_internal_port() -> None:
    """Keep this replica from opening Serve's gRPC port between deployments.

    Ray 2.60 binds it on all interfaces, and it unpickles what anyone sends. We have one deployment,
    which the proxy reaches through Ray itself. A test looks for the port.
    """
    from ray.serve._private import replica

    vars(replica)["add_port_to_grpc_server"] = lambda _server, _address: 0
