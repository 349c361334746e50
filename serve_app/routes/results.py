"""Result routes: the manifest, listings, signed links and tables of a job."""

from typing import Annotated

from fastapi import APIRouter, Query

from serve_app.deps import JobId, ListingOptions, Results
from serve_app.routes.problems import problems
from serve_app.schemas import Link, ManifestView, ObjectPage, TableList, TableView

router = APIRouter(prefix="/jobs/{job_id}", tags=["results"])


@router.get("/manifest", responses=problems(404, 503))
def get_manifest(job_id: JobId, results: Results) -> ManifestView:
    """The manifest: every file that the job published."""
    found = results.manifest(job_id)
    return ManifestView(
        job_id=job_id,
        manifest=found.content,
        etag=found.info.etag,
        content_length=found.info.size,
    )


@router.get("/artifacts", responses=problems(400, 404, 503))
def list_artifacts(job_id: JobId, options: ListingOptions, results: Results) -> ObjectPage:
    """Everything that lies under `artifacts/{jobId}/`."""
    return ObjectPage.of(job_id, *results.artifacts(job_id, **options))


@router.get("/results/files", responses=problems(400, 404, 503))
def list_result_files(job_id: JobId, options: ListingOptions, results: Results) -> ObjectPage:
    """The files under `artifacts/{jobId}/results/`."""
    return ObjectPage.of(job_id, *results.files(job_id, **options))


@router.get("/results", responses=problems(400, 404, 503))
def get_result(
    job_id: JobId,
    results: Results,
    path: Annotated[
        str, Query(description="Path below `results/`.", examples=["report.html"])
    ] = "results.json",
) -> Link:
    """A signed link to a result file."""
    key, url = results.link(job_id, path)
    return Link(job_id=job_id, download_url=url, key=key)


@router.get("/download", responses=problems(400, 404, 503))
def download_artifact(
    job_id: JobId,
    results: Results,
    key: Annotated[str, Query(description="Any key below `artifacts/{jobId}/`.")],
) -> Link:
    """A signed link to any object of the job."""
    found, url = results.download(job_id, key)
    return Link(job_id=job_id, download_url=url, key=found)


@router.get("/tables", responses=problems(404, 503))
def list_tables(job_id: JobId, results: Results) -> TableList:
    """The normalised tables."""
    tables = [TableView.model_validate(table) for table in results.tables(job_id)]
    return TableList(job_id=job_id, tables=tables)
