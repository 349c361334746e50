"""Inference: what a model would say. None is trained yet, and the payload says so."""

from typing import Any

REASON = (
    "No model was trained: this version profiles, checks and describes the data but does not"
    " predict from it."
)


def payload() -> dict[str, Any]:
    """The payload of ml_inference, every name in its place."""
    return {
        "status": "skipped",
        "reason": REASON,
        "message": REASON,
        "mode": None,
        "target": None,
        "problemType": None,
        "rowsUsed": 0,
        "featureColumns": [],
        "bestModel": None,
        "candidateModels": [],
        "trainTestSplit": None,
        "featureStats": [],
        "targetDistribution": None,
        "predictionPreview": [],
        "clusterSummary": [],
        "silhouetteScores": {},
        "artifacts": {},
    }
