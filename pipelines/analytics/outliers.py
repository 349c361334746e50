"""Outliers: values beyond the fences of three methods, counted over all rows.

Fences are known only after the first pass, so this is a second one, over our own Parquet, and
pruned: only columns whose minimum or maximum crosses, only row groups that do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import polars as pl

from pipelines.analytics.fences import THRESHOLDS, Fence, Method, Reals, Spread, fences, spread
from pipelines.json_value import json_value
from pipelines.profile import TableProfile

EXAMPLES = 20
FEWEST_EXAMPLES = 3
ALL_EXAMPLES = 12_000  # of a table, so that thousands of columns do not fill the results

Bounds = Mapping[str, tuple[Any, Any]]
Crossed = Mapping[str, tuple[Fence, ...]]
Slices = Callable[[Sequence[str], Callable[[Bounds], bool]], Iterable["Rows"]]


@dataclass(frozen=True, slots=True)
class Tail:
    """The values of a column at (`count`) and strictly beyond (`beyond`) a fence.

    `examples` are the farthest of them: value, zscore, part (of the Parquet files) and row (from 1
    in the table); of other methods than zscore, the score by which they are ordered too.
    """

    count: int = 0
    beyond: int = 0
    examples: tuple[Mapping[str, Any], ...] = ()
    fence: Fence | None = None

    def merge(self, other: "Tail", most: int = EXAMPLES) -> "Tail":
        examples = sorted((*self.examples, *other.examples), key=_farthest_first)
        return replace(
            self,
            count=self.count + other.count,
            beyond=self.beyond + other.beyond,
            examples=tuple(examples[:most]),
        )


Tails = Mapping[str, Tail]
Far = Mapping[Method, Tails]


class Rows(Protocol):
    """Consecutive rows of a table, all of one part; the first of them is row `first_row`."""

    @property
    def part(self) -> int: ...
    @property
    def first_row(self) -> int: ...
    @property
    def frame(self) -> pl.DataFrame: ...


def far(profile: TableProfile, slices: Slices) -> Far:
    """By method, the tail of each column that has one: one pruned pass over the `slices`."""
    crossed = {column.name: made for column in profile.columns if (made := fences(column))}
    merged: dict[Method, dict[str, Tail]] = {method: {} for method in THRESHOLDS}
    if not crossed:
        return merged
    most = ALL_EXAMPLES // sum(map(len, crossed.values()))
    most = max(FEWEST_EXAMPLES, min(EXAMPLES, most))

    def matters(bounds: Bounds) -> bool:
        return any(
            name not in bounds or any(fence.reaches(*map(float, bounds[name])) for fence in made)
            for name, made in crossed.items()
        )

    spreads = {column.name: spread(column) for column in profile.columns if column.name in crossed}
    for rows in slices(tuple(crossed), matters):
        for name, made in crossed.items():
            around = spreads[name]
            assert around is not None
            for tail in _tails(rows, made, around, most):
                assert tail.fence is not None
                found = merged[tail.fence.method]
                found[name] = found[name].merge(tail, most) if name in found else tail
    return merged


def _tails(rows: Rows, made: Sequence[Fence], around: Spread, most: int) -> Iterator[Tail]:
    values = rows.frame.get_column(around.column)
    x = around.distances(values)
    shifted = [fence.about(around.pivot) for fence in made]
    near = _near(x, shifted)
    if not near.size:
        return
    zscores = np.abs(x[near] - around.centre - around.rest) / around.stddev
    for fence, its in zip(made, shifted, strict=True):
        scores = its.scores(x[near])
        held = np.flatnonzero(its.holds(x[near]))
        if not held.size:
            continue
        farthest = held[np.lexsort((held, -scores[held]))[:most]].tolist()
        examples = tuple(
            {
                "value": json_value(values[int(near[at])]),
                "zscore": float(zscores[at]),
                **({} if fence.method == "zscore" else {"score": float(scores[at])}),
                "part": rows.part,
                "row": rows.first_row + int(near[at]),
            }
            for at in farthest
        )
        beyond = int((scores[held] > fence.threshold).sum())
        yield Tail(held.size, beyond, examples, fence)


def _near(x: Reals, made: Sequence[Fence]) -> Any:
    """Where finite values lie that may be beyond one of the fences."""
    lower = max(fence.lower + 1e-9 * fence.unit for fence in made)
    upper = min(fence.upper - 1e-9 * fence.unit for fence in made)
    near = np.flatnonzero((x <= lower) | (x >= upper))
    return near[np.isfinite(x[near])]


def _farthest_first(found: Mapping[str, Any]) -> tuple[float, int]:
    return -found.get("score", found["zscore"]), found["row"]


def reports(found: Far) -> list[dict[str, Any]]:
    """The `outliers` list of descriptive_stats: by method, the most extreme column first."""
    return [
        {
            "column": name,
            "method": method,
            "threshold": THRESHOLDS[method],
            "count": tail.count,
            **_fence(tail.fence),
            "values": [dict(example) for example in tail.examples],
        }
        for method, tails in found.items()
        for name, tail in sorted(tails.items(), key=_extreme_first)
    ]


def _extreme_first(entry: tuple[str, Tail]) -> float:
    return _farthest_first(entry[1].examples[0])[0]


def _fence(fence: Fence | None) -> dict[str, Any]:
    if fence is None:
        return {}
    bounds = {"lower": fence.lower, "upper": fence.upper}
    return {"bounds": bounds, **({"estimatedBounds": True} if fence.estimated else {})}
