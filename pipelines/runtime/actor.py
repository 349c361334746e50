"""Runner: the actor that runs one job at a time; it is kept warm, so that a small job is quick."""

import ctypes
import gc
from contextlib import suppress
from threading import Event, Timer
from typing import Any

import pyarrow as pa
import ray
from ray.exceptions import RayError

from connectors.object_store import StoreConfig
from pipelines.analytics.outcome import Outcome
from pipelines.containers.limits import Limits
from pipelines.order import JobOrder
from pipelines.runtime import data_engine, log_lines, resources
from pipelines.runtime.advance import Advance, Watch
from pipelines.runtime.learner import Learner
from pipelines.runtime.run import run_job
from pipelines.sandbox import Sandbox
from pipelines.scan import preload

LARGE_BYTES = 64 << 20
RELEASE_PAUSE_S = 0.5  # the answer goes first


class Runner:
    """Runs jobs. Threaded, so that it can be asked how far it is, and told to stop, meanwhile."""

    def __init__(self, store: StoreConfig) -> None:
        self._store = store
        log_lines.install()
        self._watch = Watch()
        self._children = Sandbox(warm=(preload, (store,)))
        self._children.start()
        self._learner = Learner()
        self._learner.start()
        data_engine.configure()
        import pipelines.analytics.report  # noqa: F401 - before the first job, not in it

    def ready(self) -> bool:
        return True

    def live(self) -> None:
        """Never returns: who waits for it learns of this process's end."""
        Event().wait()

    def run(self, order: JobOrder) -> Outcome:
        """One attempt. Raises RunCancelled, or a retryable MetricFoundryError."""
        self._watch = Watch()
        try:
            with log_lines.about(order):
                return run_job(order, self._children, self._learner, self._watch)
        finally:
            if (self._watch.advance().bytes_total or 0) > LARGE_BYTES:
                _release_memory_soon()

    def expect_large(self, limits: Limits) -> None:
        """Be ready for a large input. Only slower without it."""
        with suppress(RayError):
            data_engine.warm(self._store, limits)

    def advance(self) -> Advance:
        return self._watch.advance()

    def cancel(self) -> None:
        self._watch.cancel()


def start_runner(name: str, store: StoreConfig) -> Any:
    """A runner of the calling process; it dies with it."""
    actor = ray.remote(Runner).options(name=name, max_concurrency=5, **resources.RUNNER)
    return actor.remote(store)


def _release_memory_soon() -> None:
    timer = Timer(RELEASE_PAUSE_S, _release_memory)
    timer.daemon = True
    timer.start()


def _release_memory() -> None:
    """A runner lives long: what one large job needed goes back before the next one comes."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)
