"""Descriptive statistics: one line a numeric column, the strongest pairs, the outliers."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.analytics import correlations, outliers
from pipelines.analytics.labels import labelled
from pipelines.analytics.outliers import Far
from pipelines.analytics.relations.associations import ALL, METHODS, SAMPLE, associations, strength
from pipelines.analytics.workspace import File
from pipelines.artifacts import JSON_TYPE
from pipelines.profile import ColumnProfile, TableProfile
from pipelines.publish import csv_bytes, json_bytes

QUANTILES = ("p5", "p25", "p50", "p75", "p95")
LINE_COLUMNS = (
    *("column", "count", "mean", "stddev", "min", "max"),
    *("q5", "q25", "q50", "q75", "q95"),
)
PAIR_COLUMNS = ("left", "right", "correlation", "sampleSize")
CSV_TYPE = "text/csv"
OURS = ("variance", "skewness", "kurtosis", "sum", "zeros", "negatives")


def payload(tables: Sequence[TableProfile], far: Sequence[Far]) -> dict[str, Any]:
    """The payload of descriptive_stats over all tables."""
    several = len(tables) > 1
    lines: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    outlying: list[dict[str, Any]] = []
    counted = 0
    related: dict[str, list[dict[str, Any]]] = {"listed": [], "copies": [], "screened": []}
    compared = dict.fromkeys(METHODS, 0)
    for table, beyond in zip(tables, far, strict=True):
        lines += labelled(map(_line, filter(_has_moments, table.columns)), table.name, several)
        listed, defined = correlations.strongest(table)
        pairs += labelled(listed, table.name, several)
        counted += defined
        outlying += labelled(outliers.reports(beyond), table.name, several)
        found = associations(table)
        for name in related:
            related[name] += labelled(getattr(found, name), table.name, several)
        compared = {method: number + found.pairs[method] for method, number in compared.items()}
    pairs.sort(key=strength)
    related["listed"].sort(key=strength)
    listed = pairs[: correlations.LISTED]
    return {
        "numericColumns": len(lines),
        "descriptiveTable": lines,
        "correlations": listed,
        "correlationPairs": counted,
        "correlationsOmitted": counted - len(listed),
        "associations": related["listed"],
        "associationPairs": compared,
        "copies": related["copies"],
        "screening": related["screened"],
        "outliers": outlying,
    }


def files(payload: Mapping[str, Any]) -> list[File]:
    """The payload as files for spreadsheets and scripts; only those that hold something."""
    lines, pairs, far = (payload[name] for name in ("descriptiveTable", "correlations", "outliers"))
    pairs = [*map(_with_basis, pairs), *payload["associations"]]
    table = ("table",) if any("table" in entry for entry in (*lines, *pairs)) else ()
    made = [
        File(
            "results/descriptive_stats.csv",
            csv_bytes((*LINE_COLUMNS, *table, *OURS), lines),
            CSV_TYPE,
            "Descriptive statistics of the numeric columns, over all rows.",
        ),
        File(
            "results/correlations.csv",
            csv_bytes((*PAIR_COLUMNS, *table, "method", "basis"), pairs),
            CSV_TYPE,
            "Pearson correlations, then associations in the row sample, strongest first.",
        ),
        File(
            "results/outliers.json",
            json_bytes(far),
            JSON_TYPE,
            "Values far from the others of their column, by z-score, Tukey's fences and MAD.",
        ),
    ]
    return [file for file, held in zip(made, (lines, pairs, far), strict=True) if held]


def _with_basis(pair: Mapping[str, Any]) -> dict[str, Any]:
    return {**pair, "basis": ALL if pair["method"] == "pearson" else SAMPLE}


def _has_moments(column: ColumnProfile) -> bool:
    return column.is_numeric and column.figures.get("mean") is not None


def _line(column: ColumnProfile) -> dict[str, Any]:
    figures = column.figures
    quantiles = figures.get("quantiles") or {}
    odd = sum(int(figures.get(name) or 0) for name in ("infinities", "nans"))
    return {
        "column": column.name,
        "count": column.non_null_count - odd,
        **{name: figures.get(name) for name in ("mean", "stddev", "min", "max")},
        **{f"q{name[1:]}": quantiles.get(name) for name in QUANTILES},
        **{name: figures.get(name) for name in OURS},
    }
