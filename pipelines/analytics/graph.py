"""Graph: the phases as LangGraph nodes, checkpointed, so that a killed run goes on where it was."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import orjson
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from connectors.errors import AnalysisError, MetricFoundryError
from pipelines import artifacts
from pipelines.analytics.checkpoints import open_checkpointer
from pipelines.analytics.outcome import Outcome, RunFailure, failure_of, status_of, warnings_of
from pipelines.analytics.state import RunState
from pipelines.analytics.steps import Steps
from pipelines.analytics.workspace import File, RunCancelled, Workspace
from pipelines.artifacts import JSON_TYPE, Phase
from pipelines.ingest import IngestResult
from pipelines.publish import error_bytes

Step = Callable[[Steps, RunState], RunState]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Node:
    """A phase in the graph: what must have finished, and the share of the job done after it."""

    phase: Phase
    step: Step
    after: tuple[Phase, ...]
    done: float


NODES: tuple[Node, ...] = (
    Node(Phase.INGEST, Steps.ingest, (), 0.70),
    Node(Phase.PROFILE, Steps.profile, (Phase.INGEST,), 0.75),
    Node(Phase.DQ_VALIDATE, Steps.dq_validate, (Phase.PROFILE,), 0.85),
    Node(Phase.DESCRIPTIVE_STATS, Steps.descriptive_stats, (Phase.PROFILE,), 0.85),
    Node(Phase.ML_INFERENCE, Steps.ml_inference, (Phase.PROFILE,), 0.85),
    Node(
        Phase.NL_REPORT,
        Steps.nl_report,
        (Phase.DQ_VALIDATE, Phase.DESCRIPTIVE_STATS, Phase.ML_INFERENCE),
        0.95,
    ),
    Node(Phase.FINALIZE, Steps.finalize, (Phase.NL_REPORT,), 1.0),
)

Graph = CompiledStateGraph[RunState, None, RunState, RunState]


def build_graph(steps: Steps, checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    """The phases of one run."""
    builder = StateGraph(RunState)
    progress = _Progress(steps.workspace)
    for node in NODES:
        builder.add_node(str(node.phase), _Guarded(node, steps, progress))
    for node in NODES[2:]:
        builder.add_edge([str(phase) for phase in node.after], node.phase)
    builder.add_edge(START, Phase.INGEST)
    builder.add_conditional_edges(Phase.INGEST, _after_ingest, [Phase.PROFILE, END])
    builder.add_edge(Phase.FINALIZE, END)
    return builder.compile(checkpointer=checkpointer, name="analytics")


def _after_ingest(state: RunState | Mapping[str, Any]) -> str:
    """Where nothing could be read there is nothing to analyse."""
    result = IngestResult.from_state(state["ingest"])
    return END if status_of(result) == "FAILED" else Phase.PROFILE


class _Progress:
    """Tells the workspace how far the run is; phases side by side never turn it back."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._done = 0.0
        self._lock = Lock()

    def __call__(self, phase: Phase, done: float) -> None:
        with self._lock:
            self._done = max(self._done, done)
            self._workspace.on_phase(phase, self._done)


@dataclass(frozen=True)
class _Guarded:
    """A phase as LangGraph calls it: not once cancelled, told before and after, errors typed."""

    node: Node
    steps: Steps
    progress: _Progress

    def __call__(self, state: RunState) -> RunState:
        node = self.node
        if self.steps.workspace.cancelled():
            raise RunCancelled
        before = max((other.done for other in NODES if other.phase in node.after), default=0.0)
        try:
            self.progress(node.phase, before)
            update = node.step(self.steps, state)
            self.progress(node.phase, node.done)
        except (MetricFoundryError, RunCancelled):
            raise
        except Exception as error:
            log.exception("phase failed", extra={"phase": str(node.phase)})
            raise AnalysisError(RunFailure.of(error, node.phase).message) from error
        return update


def run_graph(workspace: Workspace, checkpoints: str) -> Outcome:
    """Run the job to its end, or from where an earlier attempt of it was left.

    `checkpoints` is the SQLAlchemy URL of the job store. Raises RunCancelled, and those errors of
    which a retry may get rid; every other error is a FAILED outcome with `results/error.json`.
    """
    job_id = workspace.order.job_id
    with open_checkpointer(checkpoints) as checkpointer:
        outcome = _published(workspace)
        try:
            if outcome is None:
                with Steps(workspace) as steps:
                    outcome = _run(steps, checkpointer)
        except RunCancelled:
            checkpointer.delete_thread(job_id)
            raise
        except MetricFoundryError as error:
            if error.retryable:
                raise
            outcome = Outcome.failed(RunFailure.of(error))
        if outcome.failure:
            body = error_bytes(job_id, outcome.failure.to_wire())
            workspace.put([File("results/error.json", body, JSON_TYPE, "Why the job failed.")])
        checkpointer.delete_thread(job_id)
    return outcome


def _run(steps: Steps, checkpointer: BaseCheckpointSaver[Any]) -> Outcome:
    """A thread is never given its input twice: that would start it again upon its old state.

    Nor is it taken for ended by what is left to do: a killed run may have saved what its last phase
    wrote, and no checkpoint after it; nothing seems to be left then (LangGraph 1.2).
    """
    job_id = steps.workspace.order.job_id
    graph = build_graph(steps, checkpointer)
    config: Any = {"configurable": {"thread_id": job_id}}
    snapshot = graph.get_state(config)
    state = snapshot.values
    if snapshot.created_at is None:
        state = graph.invoke({"job_id": job_id}, config, durability="sync")
    elif not _has_ended(state):
        state = graph.invoke(None, config, durability="sync")
    if "outcome" in state:
        return Outcome.published(job_id, **state["outcome"])
    result = IngestResult.from_state(state["ingest"])
    return Outcome.failed(failure_of(result), warnings_of(result.failures, ()))


def _has_ended(state: Mapping[str, Any]) -> bool:
    return "outcome" in state or ("ingest" in state and _after_ingest(state) == END)


def _published(workspace: Workspace) -> Outcome | None:
    """How an earlier attempt ended that committed its manifest and died before it could tell."""
    job_id = workspace.order.job_id
    body = workspace.find(artifacts.manifest_key(job_id))
    if body is None:
        return None
    workspace.sweep(frozenset(entry["key"] for entry in orjson.loads(body)["artifacts"]))
    results = orjson.loads(workspace.get(artifacts.result_key(job_id)))
    return Outcome.published(job_id, results["status"], results["tables"], results["warnings"])


def discard_checkpoints(checkpoints: str, job_id: str) -> None:
    """Forget a job that ended outside of its graph."""
    with open_checkpointer(checkpoints) as checkpointer:
        checkpointer.delete_thread(job_id)
