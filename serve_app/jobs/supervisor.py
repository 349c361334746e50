"""Supervisor: the one detached actor in which the jobs are supervised.

It owns the runners, which die with it. When it is restarted, the leases of what they ran expire,
and those jobs go on in another attempt: so each job has at most one runner whose end counts.
"""

import hashlib
import threading
from functools import cache
from pathlib import Path
from typing import Any

import ray
import structlog

from connectors.object_store import ObjectStore
from pipelines.runtime import resources
from serve_app import logs
from serve_app.jobs.sql_store import SqlJobStore
from serve_app.ray_metrics import RayMetrics
from serve_app.settings import Settings

NAMESPACE = "metricfoundry"
TICK_S = 0.1
log = structlog.get_logger()


class SupervisorActor:
    """The supervisor's loop, started in `__init__` so that a restart starts it too."""

    def __init__(self, settings: Settings) -> None:
        # Imported where they run: the API's replicas load this module too, only to find the actor.
        from serve_app.jobs.ray_crew import RayCrew
        from serve_app.jobs.supervision import Supervision

        logs.configure(settings.log_level)
        self._crew = RayCrew(settings)
        self._supervision = Supervision(
            jobs=SqlJobStore(settings.database_url),
            store=ObjectStore(settings.store_config()),
            crew=self._crew,
            metrics=RayMetrics(),
            settings=settings,
            owner=f"supervisor-{ray.get_runtime_context().get_actor_id()}",
        )
        if settings.database_url.startswith("sqlite"):
            self._supervision.take_over()
        self._poll_s = settings.poll_s
        self._nudged = threading.Event()
        threading.Thread(target=self._loop, name="supervisor", daemon=True).start()

    def nudge(self) -> None:
        self._nudged.set()

    def has_runners(self) -> bool:
        """Whether jobs would run, and not merely be taken."""
        return self._crew.is_staffed()

    def _loop(self) -> None:
        while True:
            if self._supervision.running:
                self._crew.wait(TICK_S)
            else:
                self._nudged.wait(self._poll_s)
            nudged = self._nudged.is_set()
            self._nudged.clear()
            try:
                self._supervision.step(nudged=nudged)
            except Exception:  # the stores may be away for a while; the jobs wait
                log.exception("supervisor.step_failed")
                self._nudged.wait(1.0)


@cache
def code_version() -> str:
    """A word for the code that runs: a supervisor of other code must not serve this one's jobs."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[2]
    for package in ("connectors", "pipelines", "serve_app"):
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def ensure_supervisor(settings: Settings) -> Any:
    """The one supervisor of this code version, started if it is not there."""
    return (
        ray.remote(SupervisorActor)
        .options(
            name=f"supervisor-{code_version()}",
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            max_restarts=-1,
            max_task_retries=-1,
            max_concurrency=4,
            **resources.SUPERVISOR,
        )
        .remote(settings)
    )
