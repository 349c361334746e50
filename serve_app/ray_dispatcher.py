"""Ray dispatcher: the API's way to the supervisor, which outlives every replica."""

import threading
from typing import Any

import ray
import structlog
from ray.exceptions import RayError

from connectors.errors import ServiceUnavailable
from serve_app.settings import Settings

ANSWER_TIMEOUT_S = 4.0
log = structlog.get_logger()


class RayDispatcher:
    """Finds the supervisor, or starts it. Asking Ray for an actor blocks, so a thread does it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._supervisor: Any = None
        self._connecting = threading.Lock()
        self._connect_aside()

    def nudge(self) -> None:
        """Say that there is work; until the supervisor is found, its own poll sees the job."""
        if self._supervisor is None:
            self._connect_aside()
        else:
            self._supervisor.nudge.remote()

    def check(self) -> None:
        """Raises ServiceUnavailable unless the supervisor answers and has a runner."""
        supervisor = self._supervisor
        if supervisor is None:
            self._connect_aside()
            raise ServiceUnavailable("the supervisor is starting")
        try:
            has_runners = ray.get(supervisor.has_runners.remote(), timeout=ANSWER_TIMEOUT_S)
        except RayError as error:
            self._supervisor = None
            self._connect_aside()
            raise ServiceUnavailable("the supervisor does not answer") from error
        if not has_runners:
            raise ServiceUnavailable("no runner has started yet; jobs wait for one")

    def _connect_aside(self) -> None:
        threading.Thread(target=self._connect, name="find-supervisor", daemon=True).start()

    def _connect(self) -> None:
        if not self._connecting.acquire(blocking=False):
            return
        try:
            from serve_app.jobs.supervisor import ensure_supervisor  # seconds of imports

            self._supervisor = ensure_supervisor(self._settings)
        except Exception:  # whatever it is, the API stays up to say that it is not ready
            log.exception("supervisor.not_found")
        finally:
            self._connecting.release()
