"""Distribution: quantiles and histogram from ordered values with their counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.statistics.encoding import Codes, Encoding, finite, offsets
from pipelines.statistics.runs import NumberRuns

PERCENTS = (1, 5, 25, 50, 75, 95, 99)
BINS = 50
CROWDED = 0.9  # of all values in one bin: such a histogram shows its outliers alone


@dataclass(frozen=True, slots=True)
class Distribution:
    """Finite numbers in ascending order. `error` bounds how wrong any rank is; 0 when exact.

    Quantiles interpolate linearly between the two ranks around them (numpy's default; number 7 of
    Hyndman and Fan, 1996). The MAD is the median distance from the median, without a factor.
    Distances are taken between `codes`, of which 10**`scale` are one: near 1e9 the difference of
    two quantiles would have lost half its digits.
    """

    values: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    codes: Codes
    scale: int = 0
    is_whole: bool = False
    error: int = 0

    @classmethod
    def of(cls, runs: NumberRuns, encoding: Encoding, error: int = 0) -> "Distribution":
        values, is_whole = encoding.reals(runs.values), encoding.word == "integer"
        return cls(values, runs.counts, runs.values, encoding.scale, is_whole, error)

    @classmethod
    def of_reals(cls, values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], *,
                 is_whole: bool = False) -> "Distribution":  # fmt: skip
        return cls(values, counts, values, is_whole=is_whole)

    def figures(self, low: float, high: float) -> dict[str, Any]:
        """Wire fields; `low` and `high` are the exact minimum and maximum."""
        if not len(self.values):
            return empty()
        shares = np.array(PERCENTS) / 100
        quantiles = self.at(shares)
        deviations = self._deviations()
        histogram = self.histogram(low, high)
        figures: dict[str, Any] = {
            "quantiles": _named(quantiles),
            "iqr": finite(self._apart(shares[2:5:2])),
            "mad": finite(deviations.at(np.array([0.5]))[0]),
            "histogram": histogram,
        }
        middle = self._middle(histogram, quantiles.tolist())
        if middle is not None:
            figures["middleHistogram"] = middle
        if self.error:
            heights = np.array(histogram["counts"])
            figures["estimates"] = self._estimates(shares, quantiles[3], heights, (low, high))
            if middle is not None:
                n, heights = int(self.counts.sum()), np.array(middle["counts"])
                figures["estimates"]["middleHistogram"] = self._bounded(heights, n)
        return figures

    def _middle(
        self, whole: dict[str, list[float]], quantiles: Sequence[float]
    ) -> dict[str, list[float]] | None:
        """The histogram of the middle, where the whole one has nearly all values in one bin.

        From p1 to p99, else from p5 to p95; None where neither shows more.
        """
        most = CROWDED * int(self.counts.sum())
        if max(whole["counts"]) < most:
            return None
        for low, high in zip(quantiles[:2], quantiles[:-3:-1], strict=True):
            first = int(np.searchsorted(self.values, low, side="left"))
            last = int(np.searchsorted(self.values, high, side="right"))
            if last - first > 1:
                values, counts = self.values[first:last], self.counts[first:last]
                inner = Distribution.of_reals(values, counts, is_whole=self.is_whole)
                found = inner.histogram(float(values[0]), float(values[-1]))
                if max(found["counts"]) < most:
                    return found
        return None

    def histogram(self, low: float, high: float) -> dict[str, list[float]]:
        edges = _edges(low, high, int(self.counts.sum()), is_whole=self.is_whole)
        return {"edges": edges.tolist(), "counts": self._heights(edges).tolist()}

    def _estimates(
        self,
        shares: npt.NDArray[np.float64],
        median: float,
        heights: npt.NDArray[np.int64],
        ends: tuple[float, float],
    ) -> dict[str, Any]:
        n = int(self.counts.sum())
        common = {"method": "compactor", "confidence": 1.0, "rows": n, "rankError": self.error / n}
        lower, upper = (np.clip(self.at(shares, slip), *ends) for slip in (-self.error, self.error))
        shift = max(upper[3] - median, median - lower[3])
        deviations = self._deviations()
        mad = [
            deviations.at(np.array([0.5]), slip)[0] for slip in (-2 * self.error, 2 * self.error)
        ]
        return {
            "quantiles": {**common, "lower": _named(lower), "upper": _named(upper)},
            "iqr": {
                **common,
                "lower": finite(max(0.0, lower[4] - upper[2])),
                "upper": finite(upper[4] - lower[2]),
            },
            "mad": {
                **common,
                "lower": finite(max(0.0, mad[0] - shift)),
                "upper": finite(mad[1] + shift),
            },
            "histogram": self._bounded(heights, n),
        }

    def _bounded(self, heights: npt.NDArray[np.int64], n: int) -> dict[str, Any]:
        return {
            "method": "compactor",
            "confidence": 1.0,
            "rows": n,
            "rankError": self.error / n,
            "lower": np.maximum(0, heights - 2 * self.error).tolist(),
            "upper": np.minimum(n, heights + 2 * self.error).tolist(),
        }

    def at(self, shares: npt.NDArray[np.float64], slip: int = 0) -> npt.NDArray[np.float64]:
        below, above, fraction = self._around(shares, slip)
        low, high = self.values[below], self.values[above]
        with np.errstate(over="ignore", invalid="ignore"):
            gap = high - low
            inner = np.where(fraction < 0.5, low + gap * fraction, high - gap * (1 - fraction))
            inner = np.where(np.isinf(gap), low * (1 - fraction) + high * fraction, inner)
        found: npt.NDArray[np.float64] = np.where(gap == 0, low, inner)
        return found

    def _around(self, shares: npt.NDArray[np.float64], slip: int = 0) -> tuple[Any, Any, Any]:
        """The places of the values around these ranks, and how far each rank lies between them."""
        ends = np.cumsum(self.counts)
        last = int(ends[-1]) - 1
        ranks = np.clip(shares * last + slip, 0, last)
        first = np.floor(ranks)
        below = np.searchsorted(ends, first, side="right")
        above = np.searchsorted(ends, np.minimum(first + 1, last), side="right")
        return below, above, ranks - first

    def _apart(self, shares: npt.NDArray[np.float64]) -> float:
        """How far two quantiles are apart."""
        below, above, fraction = self._around(shares)
        with np.errstate(over="ignore", invalid="ignore"):
            low, high = (offsets(self.codes[at], self.codes[below[0]]) for at in (below, above))
            first, second = low + (high - low) * fraction
            apart = float((second - first) / 10.0**self.scale)
            if math.isfinite(apart):
                return apart
            first, second = self.at(shares) / 2  # both are finite, though not all between them is
            return float(2 * (second - first))

    def _deviations(self) -> "Distribution":
        below, above, fraction = self._around(np.array([0.5]))
        centre = self.codes[below[0]]
        with np.errstate(over="ignore", invalid="ignore"):
            inside = offsets(self.codes[above], centre) * fraction
            distances = np.abs(offsets(self.codes, centre) - inside) / 10.0**self.scale
        order = np.argsort(distances, kind="stable")
        return Distribution.of_reals(distances[order], self.counts[order])

    def _heights(self, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        ends = np.concatenate([[0], np.cumsum(self.counts)])
        upto = ends[np.searchsorted(self.values, edges, side="left")]
        upto[0], upto[-1] = 0, ends[-1]
        return np.diff(upto)


def empty() -> dict[str, Any]:
    return {
        "quantiles": {f"p{percent}": None for percent in PERCENTS},
        "iqr": None,
        "mad": None,
        "histogram": {"edges": [], "counts": []},
    }


def _named(quantiles: npt.NDArray[np.float64]) -> dict[str, float | None]:
    return {f"p{p}": finite(v) for p, v in zip(PERCENTS, quantiles.tolist(), strict=True)}


def _edges(low: float, high: float, n: int, *, is_whole: bool) -> npt.NDArray[np.float64]:
    """Bins of equal width, as many as Sturges (1926) says; those of integers hold as many each."""
    bins = min(BINS, math.ceil(math.log2(n)) + 1)
    if low == high:
        return np.array([low, high])
    if is_whole and max(abs(low), abs(high)) < 2**52:
        width = math.ceil((high - low + 1) / bins)
        return low + width * np.arange(math.ceil((high - low + 1) / width) + 1.0)
    shares = np.linspace(0.0, 1.0, bins + 1)
    edges = low * (1 - shares) + high * shares
    edges[0], edges[-1] = low, high
    return np.maximum.accumulate(edges)
