"""Results schema: the JSON Schema of results.json, in every version that was ever published."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent / "schema"


@cache
def schemas() -> Mapping[str, Mapping[str, Any]]:
    """Each schema by its name, such as `results-1`; the number is `analysisVersion`."""
    return {path.stem: orjson.loads(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))}
