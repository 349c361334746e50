"""Closing: the last files in their order, the manifest as the commit, and the broom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pipelines import artifacts
from pipelines.analytics import finalize
from pipelines.analytics.evidence import Evidence
from pipelines.analytics.finalize import Analysis
from pipelines.analytics.outcome import Outcome
from pipelines.analytics.workspace import File, RunCancelled, Workspace, artifact_of
from pipelines.artifacts import JSON_TYPE, Artifact, Phase
from pipelines.publish import json_bytes, zip_bytes


def close(workspace: Workspace, evidence: Evidence, earlier: Sequence[Artifact]) -> Outcome:
    """Publish the run whose phases have written the `earlier` artifacts.

    Raises RunCancelled if the job was cancelled before its manifest lay in place.
    """
    order = workspace.order
    analysis = Analysis(
        order,
        evidence.ingest,
        evidence.tables,
        {phase: evidence.payload(phase) for phase in Phase if phase is not Phase.FINALIZE},
    )
    paths = [artifact.key.removeprefix(artifacts.base(order.job_id)) for artifact in earlier]
    coming = finalize.coming(paths)
    known = [*earlier, *(artifact_of(order.job_id, file) for file in coming)]
    final = finalize.payload(analysis, finalize.manifest(analysis, map(finalize.listed, known)))
    results = finalize.results(analysis, final, _links(workspace, evidence))
    bodies = {
        finalize.RESULTS: json_bytes(results),
        f"phases/{Phase.FINALIZE}.json": json_bytes(final),
    }
    for file in coming:
        if file.path not in bodies:
            bodies[file.path] = _bundle(workspace, file.path, paths, bodies)
    written = workspace.put(replace(file, body=bodies[file.path]) for file in coming)
    published = [*earlier, *written]
    _commit(workspace, json_bytes(finalize.manifest(analysis, map(finalize.sealed, published))))
    workspace.sweep(frozenset(artifact.key for artifact in published))
    return Outcome.published(
        order.job_id, results["status"], results["tables"], results["warnings"]
    )


def _commit(workspace: Workspace, manifest: bytes) -> None:
    workspace.put([File("results/manifest.json", manifest, JSON_TYPE, "The manifest.")])
    if workspace.cancelled():
        raise RunCancelled
    workspace.commit(artifacts.manifest_key(workspace.order.job_id), manifest)


def _bundle(
    workspace: Workspace, bundle: str, paths: Iterable[str], fresh: Mapping[str, bytes]
) -> bytes:
    """The real files; `fresh` ones are about to be written."""
    base = artifacts.base(workspace.order.job_id)
    return zip_bytes(
        (
            path.partition("/")[2],
            fresh[path] if path in fresh else workspace.get(base + path),
        )
        for path in finalize.bundled(bundle, {*paths, *fresh})
    )


def _links(workspace: Workspace, evidence: Evidence) -> dict[str, str]:
    job_id = workspace.order.job_id
    inputs = evidence.ingest.inputs
    return {
        **({"input": inputs[0].uri} if inputs else {}),
        "resultsManifest": workspace.uri(artifacts.result_key(job_id, "manifest.json")),
        "resultsJson": workspace.uri(artifacts.result_key(job_id)),
    }
