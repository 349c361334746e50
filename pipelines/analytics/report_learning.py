"""What the data can predict, as both reports show it: sentences, then figures in small tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.analytics.findings import Payload
from pipelines.analytics.wording import amount, cell, percent, shorten

MEASURES: Mapping[str, str] = {
    "accuracy": "Right answers",
    "macroF1": "Macro-F1",
    "r2": "R²",
    "rmse": "RMSE",
    "mae": "Mean error",
}
MODELS: Mapping[str, str] = {"baseline": "always the same answer"}
IMPORTANT = 12


@dataclass(frozen=True)
class Learned:
    """The payload of ml_inference, arranged. Tables hold their words cell by cell.

    `important` has the column, its importance in words, and 0..1 beside that of the first.
    """

    message: str
    notes: Sequence[str] = ()
    measures: Sequence[str] = ()
    models: Sequence[Sequence[str]] = ()
    important: Sequence[tuple[str, str, float]] = ()
    loses: str = ""
    groups: Sequence[tuple[str, str, str]] = ()
    unusual: Sequence[tuple[str, str, str]] = ()
    excluded: Sequence[tuple[str, str]] = ()
    files: Sequence[str] = field(default=())


def learned(inference: Payload) -> Learned | None:
    """None where the phase says nothing at all."""
    message = inference.get("message") or inference.get("reason")
    if not message:
        return None
    candidates = inference.get("candidateModels") or ()
    names = list(candidates[0]["metrics"]) if candidates else []
    deciding = str(inference.get("decidingScore") or "")
    return Learned(
        message=str(message),
        notes=list(inference.get("notes") or ()),
        measures=[MEASURES.get(name, name) for name in names],
        models=[list(_model(candidate)) for candidate in candidates],
        important=list(_important(inference.get("featureStats") or (), deciding)),
        loses="the share of right answers"
        if deciding == "accuracy"
        else MEASURES.get(deciding, ""),
        groups=[_group(entry) for entry in inference.get("clusterSummary") or ()],
        unusual=[_unusual(entry) for entry in inference.get("anomalies") or ()],
        excluded=[
            (shorten(entry["column"], 60), entry["reason"])
            for entry in inference.get("excludedColumns") or ()
        ],
        files=[
            shorten(key.rpartition("/")[2], 40)
            for key in (inference.get("artifacts") or {}).values()
        ],
    )


def _model(candidate: Payload) -> Iterator[str]:
    yield MODELS.get(candidate["name"]) or shorten(candidate["description"], 40)
    for name, found in candidate["metrics"].items():
        yield _figure(name, found["mean"], found["spread"])


def _figure(measure: str, mean: float, spread: float) -> str:
    """A score and its spread over the folds, to the same place.

    >>> _figure("accuracy", 0.8731, 0.0119), _figure("r2", 0.98063, 0.0021)
    ('87.3 % ± 1.2', '0.981 ± 0.002')
    """
    if measure == "accuracy":
        return f"{mean * 100:.1f} % ± {spread * 100:.1f}"
    if measure in {"r2", "macroF1"}:
        digits = 2 if spread >= 0.005 else 3
        return f"{mean:.{digits}f} ± {spread:.{digits}f}"
    return f"{amount(mean, 4)} ± {amount(spread, 2)}"


def _important(statistics: Sequence[Payload], deciding: str) -> Iterator[tuple[str, str, float]]:
    """The columns that the model needs, judged by their mean against its spread."""
    needed = [
        entry
        for entry in statistics
        if (found := entry.get("importance")) and found["mean"] > max(found["spread"], 0.001)
    ]
    for entry in needed[:IMPORTANT]:
        mean, spread = entry["importance"]["mean"], entry["importance"]["spread"]
        share = mean / needed[0]["importance"]["mean"]
        yield entry["column"], _figure(deciding, mean, spread), share


def _group(entry: Payload) -> tuple[str, str, str]:
    told = [
        f"{shorten(found['column'], 40)} {amount(found['mean'], 5)} ({found['deviation']:+z.1f})"
        for found in entry["features"][:3]
    ]
    share = f"{amount(entry['size'])} ({percent(entry['share'])})"
    return str(entry["cluster"]), share, ", ".join(told)


def _unusual(entry: Payload) -> tuple[str, str, str]:
    why = "; ".join(map(_why, entry["because"]))
    return amount(entry["row"]), f"{entry['score']:.2f}", why


def _why(found: Mapping[str, Any]) -> str:
    column = shorten(found["column"], 40)
    value = cell(found["value"], 40) or "empty"
    if "share" in found:
        return f"{column} is {value}, as in {percent(found['share'])} of rows"
    return f"{column} is {value}, where {cell(found['median'], 40, 5)} is the middle"
