"""Retention: jobs that ended long ago go, with everything that they published."""

import time

from connectors.object_store import ObjectStore
from pipelines import artifacts
from serve_app.jobs.model import Job
from serve_app.jobs.store import JobStore

DAY_S = 86_400.0


def remove(jobs: JobStore, store: ObjectStore, job: Job) -> int:
    """Remove one job, objects first, so that no orphan is left; gives the bytes freed."""
    objects = list(store.keys(artifacts.base(job.job_id)))
    store.delete([item.key for item in objects])
    jobs.forget(job.job_id)
    return sum(item.size for item in objects)


def remove_old(
    jobs: JobStore, store: ObjectStore, days: float, most: int | None = None
) -> list[Job]:
    """Remove what ended more than so many days ago, of many only the oldest; gives the jobs."""
    old = jobs.ended_before(time.time() - days * DAY_S, most)
    for job in old:
        remove(jobs, store, job)
    return old
