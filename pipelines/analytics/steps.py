"""Steps: what each phase reads and writes. The thin seam between pure phases and the workspace."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from pipelines import receipt
from pipelines.analytics import (
    data_quality,
    descriptive,
    finalize,
    inference,
    ingest,
    narrative,
    profile,
)
from pipelines.analytics.closing import close
from pipelines.analytics.evidence import Evidence
from pipelines.analytics.findings import Findings
from pipelines.analytics.report import write_report
from pipelines.analytics.retelling import draft
from pipelines.analytics.scanned import scanned
from pipelines.analytics.state import RunState
from pipelines.analytics.workspace import File, Workspace
from pipelines.artifacts import JSON_TYPE, Artifact, Phase
from pipelines.ingest import IngestResult
from pipelines.options import JobOptions
from pipelines.publish import json_bytes


class Steps:
    """One run's phases, as nodes of the graph: state in, update out."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._evidence: Evidence | None = None
        self._lock = Lock()

    def ingest(self, _: RunState) -> RunState:
        result = self.workspace.ingest()
        self._evidence = Evidence(self.workspace, result)
        body = json_bytes(receipt.receipt(result))
        text = "What was read, how it was understood, and what was guessed."
        found = File("results/ingest_receipt.json", body, JSON_TYPE, text)
        update = self._publish(Phase.INGEST, ingest.payload(result), [found])
        read = _by_key(scanned(self.workspace, result))
        return {"ingest": result.to_state(), "artifacts": {**read, **update["artifacts"]}}

    def profile(self, state: RunState) -> RunState:
        return self._publish(Phase.PROFILE, profile.payload(self._of(state).tables))

    def dq_validate(self, state: RunState) -> RunState:
        evidence = self._of(state)
        order = self.workspace.order
        options = JobOptions.model_validate(order.options).quality
        today = datetime.fromtimestamp(order.created_at, UTC).date()
        judged = [
            data_quality.assess(
                table,
                tails,
                evidence.look(at),
                options=options,
                today=today,
                ground=evidence.ground(at),
            )
            for at, (table, tails) in enumerate(zip(evidence.tables, evidence.tails, strict=True))
        ]
        return self._publish(Phase.DQ_VALIDATE, data_quality.payload(evidence.tables, judged))

    def descriptive_stats(self, state: RunState) -> RunState:
        evidence = self._of(state)
        payload = descriptive.payload(evidence.tables, evidence.far)
        return self._publish(Phase.DESCRIPTIVE_STATS, payload, descriptive.files(payload))

    def ml_inference(self, state: RunState) -> RunState:
        order = self.workspace.order
        options = JobOptions.model_validate(order.options).ml
        payload, files = inference.infer(
            self._of(state).tables, options, order.job_id, self.workspace.inquire
        )
        return self._publish(Phase.ML_INFERENCE, payload, files)

    def nl_report(self, state: RunState) -> RunState:
        findings = self._findings(self._of(state))
        retelling = self.workspace.retell(draft(narrative.sentences(findings)))
        payload, files = write_report(replace(findings, retelling=retelling))
        return self._publish(Phase.NL_REPORT, payload, files)

    def finalize(self, state: RunState) -> RunState:
        earlier = [Artifact(**entry) for entry in state["artifacts"].values()]
        outcome = close(self.workspace, self._of(state), earlier)
        return {"outcome": outcome.to_state()}

    def _of(self, state: RunState) -> Evidence:
        """The evidence of this run, from the checkpoint where another process gathered it."""
        with self._lock:
            if self._evidence is None:
                result = IngestResult.from_state(state["ingest"])
                self._evidence = Evidence(self.workspace, result)
            return self._evidence

    def _findings(self, evidence: Evidence) -> Findings:
        order = self.workspace.order
        inputs = evidence.ingest.inputs
        return Findings(
            job_id=order.job_id,
            created_at=order.created_at,
            source_name=inputs[0].name if len(inputs) == 1 else f"{len(inputs)} inputs",
            tables=evidence.tables,
            quality=tuple(data_quality.by_table(evidence.payload(Phase.DQ_VALIDATE))),
            descriptive=evidence.payload(Phase.DESCRIPTIVE_STATS),
            inference=evidence.payload(Phase.ML_INFERENCE),
            rows=receipt.total(evidence.ingest),
            bytes_read=evidence.ingest.bytes_read,
            notices=evidence.notices,
            failures=evidence.ingest.failures,
            skipped=evidence.ingest.skipped,
            receipt=receipt.receipt(evidence.ingest),
        )

    def _publish(
        self, phase: Phase, payload: Mapping[str, Any], files: Sequence[File] = ()
    ) -> RunState:
        main = finalize.phase_file(phase, json_bytes(payload))
        return {"artifacts": _by_key(self.workspace.put([main, *files]))}


def _by_key(written: Iterable[Artifact]) -> dict[str, dict[str, Any]]:
    return {artifact.key: asdict(artifact) for artifact in written}
