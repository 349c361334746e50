"""Run state: what a checkpoint holds. Plain dicts and lists, so that nothing needs unpickling."""

from operator import or_
from typing import Annotated, Any, TypedDict


class RunState(TypedDict, total=False):
    """Keys and figures of one run, never rows.

    `ingest` is `IngestResult.to_state()`, `outcome` is `Outcome.to_state()`, and `artifacts` maps
    each key to its Artifact as a dict.
    """

    job_id: str
    ingest: dict[str, Any]
    artifacts: Annotated[dict[str, dict[str, Any]], or_]
    outcome: dict[str, Any]
