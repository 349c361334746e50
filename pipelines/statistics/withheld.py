"""Withheld: what may be told of values that are not told themselves: how many, and their shapes."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pipelines.statistics.characters import Characters
from pipelines.statistics.counts import Counts
from pipelines.statistics.duplicates import Duplicates
from pipelines.statistics.lengths import Lengths
from pipelines.statistics.oddities import Oddities
from pipelines.statistics.padding import Padding
from pipelines.statistics.patterns import TOP
from pipelines.statistics.runs import NumberRuns
from pipelines.statistics.signs import Signs
from pipelines.statistics.truth import Truth
from pipelines.statistics.writing import Writing

TOLD = (
    "distinctCount",
    "uniqueCount",
    "constant",
    "allUnique",
    "patterns",
    "semanticType",
    "personal",
)
# What holds counts and lengths only, and so nothing that tells a value.
HARMLESS = (Characters, Counts, Lengths, Oddities, Padding, Signs, Truth, Writing)


@dataclass(frozen=True, slots=True)
class Withheld:
    """In the place of all states of a column that hold its values, or hashes of them.

    `told` is the JSON of the wire fields that tell no value: the number of distinct ones, shapes,
    `semanticType` and `personal`, and the estimates of these. Without values, distinct ones of two
    parts cannot be told apart: a merge only bounds them.
    """

    name: ClassVar[str] = "withheld"

    told: str = "{}"

    @classmethod
    def of_figures(cls, figures: Mapping[str, Any]) -> Self:
        """Of the united results of a column's states."""
        told = {name: figures[name] for name in TOLD if name in figures}
        broken = told.get("semanticType", {}).get("broken")
        if broken:
            told["semanticType"] = {**told["semanticType"], "broken": {**broken, "examples": []}}
        estimates = {name: bound for name, bound in figures["estimates"].items() if name in told}
        return cls(json.dumps({**told, "estimates": estimates}))

    def merge(self, other: Self) -> Self:
        mine, theirs = json.loads(self.told), json.loads(other.told)
        if not mine.get("distinctCount") or not theirs.get("distinctCount"):
            return self if mine.get("distinctCount") else other
        (low, high), (least, most) = _bounds(mine), _bounds(theirs)
        least, most = max(low, least), high + most
        bound = {"method": "withheld", "lower": least, "upper": most, "confidence": 0.99}
        estimates: dict[str, Any] = {"distinctCount": bound}
        united = {**theirs, **mine, "distinctCount": least, "estimates": estimates}
        for lost in ("uniqueCount", "constant", "allUnique"):
            united.pop(lost, None)
        if "patterns" in united:
            united["patterns"] = _patterns(mine, theirs)
            least_counts = [each["count"] for each in united["patterns"]]
            estimates["patterns"] = {
                "method": "withheld",
                "lower": least_counts,
                "confidence": 0.99,
            }
        return type(self)(json.dumps(united))

    def result(self) -> dict[str, Any]:
        nothing: dict[str, Any] = {"topValues": [], "sampleValues": [], "distinctSample": []}
        return {**nothing, "min": None, "max": None, "masked": True, **json.loads(self.told)}


def _bounds(told: Mapping[str, Any]) -> tuple[int, int]:
    bound = told["estimates"].get("distinctCount", {})
    return bound.get("lower", told["distinctCount"]), bound.get("upper", told["distinctCount"])


def _patterns(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[dict[str, Any]]:
    shapes: Counter[str] = Counter()
    for each in (*left.get("patterns", ()), *right.get("patterns", ())):
        shapes[each["pattern"]] += each["count"]
    best = sorted(shapes.items(), key=lambda found: (-found[1], found[0]))[:TOP]
    return [{"pattern": shape, "count": count} for shape, count in best]


@dataclass(frozen=True, slots=True)
class CountedDuplicates(Duplicates):
    """Duplicates without the hashes of rows, from which a row can be guessed.

    `found` is the JSON of what was found. Which rows of two parts are the same is not known then:
    a merge gives those that repeat within a part, as the least there are.
    """

    found: str = "{}"

    @classmethod
    def without_hashes(cls, whole: Duplicates) -> Self:
        found = whole.result()
        nothing = whole.loose[:0]
        return cls(whole.rows, nothing, NumberRuns.of(nothing), found=json.dumps(found))

    def merge(self, other: Duplicates) -> Self:
        rows = self.rows + other.rows
        count = self.result()["count"] + other.result()["count"]
        found = {
            "count": count,
            "ratio": count / rows if rows else 0.0,
            "method": "withheld",
            "lower": count,
            "upper": rows,
            "confidence": 0.99,
            "rows": rows,
        }
        return type(self)(rows, self.loose, self.runs, found=json.dumps(found))

    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.found)
        return found
