"""Steps: what each phase reads and writes. The thin seam between pure phases and the workspace."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import islice
from threading import Lock
from types import TracebackType
from typing import Any, Self

from pipelines import artifacts, receipt
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
from pipelines.analytics.workspace import Answer, File, Workspace
from pipelines.artifacts import ARROW_TYPE, JSON_TYPE, Artifact, Phase
from pipelines.ingest import Ingested, IngestResult
from pipelines.options import JobOptions
from pipelines.publish import json_bytes
from pipelines.statistics import published

TOGETHER = 8  # states that are held as bytes at one time


class Steps:
    """One run's phases, as nodes of the graph: state in, update out.

    Models take longest and work elsewhere, so they are asked as soon as the tables are known.
    Leaving the context waits for their answer.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._evidence: Evidence | None = None
        self._lock = Lock()
        self._ahead = ThreadPoolExecutor(1)
        self._answer: Future[Answer] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ahead.shutdown()

    def ingest(self, _: RunState) -> RunState:
        ingested = self.workspace.ingest()
        result = ingested.result
        evidence = self._evidence = Evidence(self.workspace, result, ingested.states)
        self._answer = self._ahead.submit(self._infer, evidence)
        states = self._publish_states(ingested)
        body = json_bytes(receipt.receipt(result))
        text = "What was read, how it was understood, and what was guessed."
        found = File("results/ingest_receipt.json", body, JSON_TYPE, text)
        update = self._publish(Phase.INGEST, ingest.payload(result), [found])
        read = _by_key(scanned(self.workspace, result))
        return {
            "ingest": result.to_state(),
            "artifacts": {**read, **states, **update["artifacts"]},
        }

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
        asked = self._answer
        payload, files = asked.result() if asked else self._infer(self._of(state))
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

    def _infer(self, evidence: Evidence) -> Answer:
        order = self.workspace.order
        options = JobOptions.model_validate(order.options).ml
        return inference.infer(evidence.tables, options, order.job_id, self.workspace.inquire)

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

    def _publish_states(self, ingested: Ingested) -> dict[str, dict[str, Any]]:
        """For later attempts and other jobs; a few tables at a time, since they can be large."""
        files = _states_files(ingested)
        written: dict[str, dict[str, Any]] = {}
        while some := list(islice(files, TOGETHER)):
            written |= _by_key(self.workspace.put(some))
        return written

    def _publish(
        self, phase: Phase, payload: Mapping[str, Any], files: Sequence[File] = ()
    ) -> RunState:
        main = finalize.phase_file(phase, json_bytes(payload))
        return {"artifacts": _by_key(self.workspace.put([main, *files]))}


def _states_files(ingested: Ingested) -> Iterator[File]:
    for table, states in zip(ingested.result.tables, ingested.states, strict=True):
        text = f"Mergeable profile states of the table {table.name}."
        path = artifacts.states_path(table.folder)
        yield File(path, published.written(states), ARROW_TYPE, text)


def _by_key(written: Iterable[Artifact]) -> dict[str, dict[str, Any]]:
    return {artifact.key: asdict(artifact) for artifact in written}
