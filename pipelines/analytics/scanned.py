"""Scanned: what the scan has left in the store, as artifacts."""

from collections.abc import Iterator

from pipelines import artifacts
from pipelines.analytics.workspace import Workspace
from pipelines.artifacts import PARQUET_TYPE, Artifact
from pipelines.ingest import IngestResult

BINARY_TYPE = "application/octet-stream"


def scanned(workspace: Workspace, result: IngestResult) -> Iterator[Artifact]:
    """The inputs of an upload, and the parts and rejects of every table."""
    job_id = workspace.order.job_id
    inputs = artifacts.input_key(job_id, "")
    own = workspace.uri(inputs)
    for file in result.inputs:
        if file.uri.startswith(own):
            bytes_of = (file.size, file.sha256)
            key = inputs + file.uri.removeprefix(own)
            yield _artifact(key, BINARY_TYPE, "The input as it was staged.", bytes_of)
    rejects = (table.rejects_key for table in result.tables)
    measured = workspace.measure([key for key in rejects if key])
    for table in result.tables:
        for part in table.parts:
            text = f"Rows of the table {table.name}."
            yield _artifact(part.key, PARQUET_TYPE, text, (part.size, part.sha256))
        if table.rejects_key:
            text = f"Rows of the table {table.name} that could not be read as they stand."
            yield _artifact(table.rejects_key, PARQUET_TYPE, text, measured[table.rejects_key])


def _artifact(key: str, content_type: str, text: str, measured: tuple[int, str]) -> Artifact:
    name = "_".join(key.split("/")[2:])
    return Artifact(name, key, content_type, text, *measured)
