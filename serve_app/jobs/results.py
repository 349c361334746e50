"""Results: what readers may see of a job's objects, and when."""

import json
from dataclasses import dataclass, replace
from typing import Any

from connectors.errors import ArtifactNotFound, JobError, ResultNotReady
from connectors.object_store import Listing, ObjectInfo, ObjectStore
from pipelines import artifacts
from serve_app.jobs.keys import key_inside, prefix_inside, results_folder
from serve_app.jobs.listing_token import opened, sealed
from serve_app.jobs.model import Job, JobStatus
from serve_app.jobs.store import JobStore


@dataclass(frozen=True, slots=True)
class Manifest:
    """A published manifest and what the object store says of it."""

    content: dict[str, Any]
    info: ObjectInfo


@dataclass(frozen=True, slots=True)
class Results:
    """Lists and links the objects of a job. Results count once the job has ended."""

    store: ObjectStore
    jobs: JobStore
    download_ttl_s: int

    def manifest(self, job_id: str) -> Manifest:
        job = self.jobs.get(job_id)
        info = self.store.head(job.manifest_key) if job.manifest_key else None
        if info is None:
            raise _absent(job, "a manifest")
        return Manifest(json.loads(self.store.get(info.key)), info)

    def artifacts(
        self, job_id: str, prefix: str, delimiter: str, token: str | None, size: int
    ) -> tuple[str, Listing]:
        """The prefix that was listed, and a page of what lies under it."""
        folder = prefix_inside(artifacts.base(self.jobs.get(job_id).job_id), prefix)
        return folder, self._page(folder, delimiter, token, size)

    def files(
        self, job_id: str, prefix: str, delimiter: str, token: str | None, size: int
    ) -> tuple[str, Listing]:
        """The same under `results/`. Raises ResultNotReady or ArtifactNotFound when empty."""
        job = self.jobs.get(job_id)
        folder = prefix_inside(results_folder(job_id), prefix)
        _published(job)
        listing = self._page(folder, delimiter, token, size)
        if not (listing.objects or listing.prefixes or token):
            raise _absent(job, f"anything under {folder}")
        return folder, listing

    def link(self, job_id: str, path: str) -> tuple[str, str]:
        """Key and signed URL of a result file."""
        job = self.jobs.get(job_id)
        key = key_inside(results_folder(job_id), path)
        _published(job)
        return self._sign(job, key)

    def download(self, job_id: str, key: str) -> tuple[str, str]:
        """Key and signed URL of any object of the job."""
        job = self.jobs.get(job_id)
        inside = key_inside(artifacts.base(job_id), key)
        if inside.startswith(results_folder(job_id)):
            _published(job)
        return self._sign(job, inside)

    def tables(self, job_id: str) -> list[dict[str, Any]]:
        """The `tables` of results.json."""
        job = self.jobs.get(job_id)
        if job.result_key is None:
            raise _absent(job, "tables")
        tables: list[dict[str, Any]] = json.loads(self.store.get(job.result_key))["tables"]
        return tables

    def _page(self, folder: str, delimiter: str, token: str | None, size: int) -> Listing:
        inner = opened(token, folder) if token else None
        page = self.store.page(folder, delimiter=delimiter, token=inner, size=size)
        return replace(page, next_token=page.next_token and sealed(folder, page.next_token))

    def _sign(self, job: Job, key: str) -> tuple[str, str]:
        if key.endswith("/") or self.store.head(key) is None:
            raise ArtifactNotFound(f"job {job.job_id} has no {key}")
        name = key.rsplit("/", 1)[-1]
        return key, self.store.presign_get(key, self.download_ttl_s, filename=name)


def _published(job: Job) -> None:
    """Raise unless what lies under `results/` is the outcome of the job."""
    if not job.status.is_end or job.status is JobStatus.CANCELLED:
        raise _absent(job, "results")


def _absent(job: Job, what: str) -> JobError:
    if not job.status.is_end:
        return ResultNotReady(f"the job is {job.status}; it does not have {what} yet")
    return ArtifactNotFound(f"the job ended {job.status} without {what}")
