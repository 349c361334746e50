"""Model file: what was learned, as skops writes it: numbers and names, never a pickle."""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import skops.io

from pipelines.analytics.learning.features import Feature
from pipelines.analytics.learning.task import Task
from pipelines.publish import zip_bytes

ABOUT = (
    "estimator takes a float matrix with a column for each of `features`, in their order;"
    " examples/load_model.py of MetricFoundry makes it from a table."
)


def model_bytes(estimator: Any, task: Task, features: Sequence[Feature]) -> bytes:
    """The estimator, and how to make its inputs and to read its answers."""
    return stable(
        skops.io.dumps(
            {
                "about": ABOUT,
                "target": task.column,
                "problemType": task.problem,
                "classes": list(task.classes),
                "features": [feature.to_plain() for feature in features],
                "estimator": estimator,
            }
        )
    )


def stable(file: bytes) -> bytes:
    """The same model in bytes that depend on it alone.

    skops names objects by their addresses in memory, and files with them. Here both are numbered
    in the order in which they come, and the archive has no clock.
    """
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members.pop("schema.json"))
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}
    for node in _nodes(schema):
        if "__id__" in node:
            node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
        if node.get("file") in members:
            node["file"] = files.setdefault(node["file"], f"{len(files) + 1:04d}.npy")
    body = json.dumps(schema, separators=(",", ":"), ensure_ascii=True).encode()
    return zip_bytes([("schema.json", body), *((new, members[old]) for old, new in files.items())])


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += reversed(list(node.values()))
        elif isinstance(node, list):
            waiting += reversed(node)
