"""Inference: what a model would say of the data, or why none was asked or could say anything."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.errors import AnalysisError
from pipelines import artifacts
from pipelines.analytics.observations import Name
from pipelines.analytics.workspace import Answer
from pipelines.options import MlOptions
from pipelines.profile import TableProfile

NOT_WANTED = "No model was trained, since options.ml.enabled is false."
FAILED = "No model was trained, since training failed unexpectedly; all else stands."
NO_TABLE = "There is no table to learn from."


def inquire_here(table: TableProfile, options: MlOptions) -> Answer:
    """What models say of one table, asked in this process."""
    from pipelines.analytics.learning.inquiry import inquire  # scikit-learn takes a second to load

    return inquire(table, options)


def infer(
    tables: Sequence[TableProfile],
    options: MlOptions,
    job_id: str,
    inquire: Callable[[TableProfile, MlOptions], Answer] = inquire_here,
) -> Answer:
    """The payload of ml_inference, and the files that it speaks of.

    Of several tables the largest is looked at; if a target is asked for, the largest that has it.
    """
    if not options.enabled:
        return payload(reason=NOT_WANTED, message=NOT_WANTED), []
    if not tables:
        return payload(reason=NO_TABLE, message=NO_TABLE), []
    table = chosen(tables, options.target)
    try:
        found, files = inquire(table, options)
    except AnalysisError:  # the log has it; the profile of the data is worth having without it
        return payload(reason=FAILED, message=FAILED), []
    if len(tables) > 1:
        told = f"Of {len(tables)} tables only {Name(table.name)}, the largest, was looked at."
        if options.target is not None:
            told = f"Of {len(tables)} tables only {Name(table.name)} was looked at."
        found = {"table": table.name, **found, "notes": [told, *found.get("notes", ())]}
    keys = {
        name: artifacts.base(job_id) + path for name, path in found.get("artifacts", {}).items()
    }
    return payload(**{**found, "artifacts": keys}), files


def chosen(tables: Sequence[TableProfile], target: str | None) -> TableProfile:
    """The table with the most cells among those that have the target, if any of them has."""
    wanted = (target or "").casefold()
    having = [table for table in tables if any(c.name.casefold() == wanted for c in table.columns)]
    return max(having or tables, key=lambda table: table.rows * len(table.columns))


def payload(**found: Any) -> dict[str, Any]:
    """The payload of ml_inference: every name in its place, whatever was found."""
    reason = found.get("reason")
    whole: Mapping[str, Any] = {
        "status": "succeeded" if reason is None else "skipped",
        "reason": None,
        "message": None,
        "notes": [],
        "mode": None,
        "target": None,
        "targetChosen": None,
        "problemType": None,
        "rowsUsed": 0,
        "featureColumns": [],
        "excludedColumns": [],
        "bestModel": None,
        "beatsBaseline": None,
        "decidingScore": None,
        "candidateModels": [],
        "trainTestSplit": None,
        "featureStats": [],
        "targetDistribution": None,
        "predictionPreview": [],
        "clusterSummary": [],
        "silhouetteScores": {},
        "anomalies": [],
        "artifacts": {},
    }
    return {**whole, **found}
