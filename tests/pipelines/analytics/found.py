"""Findings of frames, through the real statistics, checks and descriptive phase."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from pipelines.analytics import data_quality, descriptive, inference, outliers
from pipelines.analytics.findings import Findings
from pipelines.formats.base import Origin, RowAccount
from pipelines.options import MlOptions
from pipelines.profile import TableProfile, profile_table
from pipelines.statistics.table_states import TableStates


class Whole(NamedTuple):
    """A frame as the only part of its table."""

    frame: pl.DataFrame
    part: int = 0
    first_row: int = 1


def profile(name: str, frame: pl.DataFrame) -> TableProfile:
    states = TableStates.of(frame, fragment=0, first_row=0)
    origin = (Origin(f"{name}.csv"),)
    preview = [
        {key: value if value is None or isinstance(value, int | float) else str(value)
         for key, value in row.items()}
        for row in frame.head(5).rows(named=True)
    ]  # fmt: skip
    return profile_table(name, origin, states, size_bytes=1000, preview=preview)


def findings(frames: Mapping[str, pl.DataFrame], **changes: Any) -> Findings:
    """What the phases before the report find in these tables."""
    tables = tuple(profile(name, frame) for name, frame in frames.items())
    far = [
        outliers.far(table, lambda *_, frame=frame: [Whole(frame)])
        for table, frame in zip(tables, frames.values(), strict=True)
    ]
    rows = sum(frame.height for frame in frames.values())
    found: dict[str, Any] = {
        "job_id": "01J0000000",
        "created_at": 1_795_431_600.0,
        "source_name": "sales.csv",
        "tables": tables,
        "quality": tuple(
            data_quality.assess(table, found["zscore"])
            for table, found in zip(tables, far, strict=True)
        ),
        "descriptive": descriptive.payload(tables, far),
        "inference": inference.infer(tables, MlOptions(enabled=False), "01J0000000")[0],
        "rows": RowAccount(parsed=rows, skipped=len(frames)),
        "bytes_read": 84_213,
    }
    return Findings(**found | changes)


def learned(frames: Mapping[str, pl.DataFrame], **options: Any) -> dict[str, Any]:
    """The payload of ml_inference over these tables."""
    tables = [profile(name, frame) for name, frame in frames.items()]
    return inference.infer(tables, MlOptions(**options), "01J0000000")[0]


def inference_of(text: str) -> dict[str, Any]:
    """A payload of ml_inference in which every text is this one."""
    score = {"mean": 0.5, "spread": 0.1, "folds": [0.5]}
    model = {"name": "linear", "description": text, "metrics": {"accuracy": score}}
    statistic = {"column": text, "kind": "number", "importance": score, "missing": 0}
    because = [
        {"column": text, "value": text, "share": 0.01},
        {"column": text, "value": 9, "deviation": 9.0, "median": 1.0},
    ]
    return inference.payload(
        mode="supervised", message=text, notes=[text], target=text, beatsBaseline=True,
        decidingScore="accuracy", bestModel="linear",
        candidateModels=[model | {"name": "baseline"}, model], featureStats=[statistic],
        clusterSummary=[{"cluster": 1, "size": 3, "share": 1.0, "features": [
            {"column": text, "mean": 1.0, "deviation": 2.0}]}],
        anomalies=[{"row": 1, "score": 0.7, "because": because}],
        excludedColumns=[{"column": text, "reason": text}],
        artifacts={"model": text},
    )  # fmt: skip


def sales(rows: int = 400) -> pl.DataFrame:
    """Numbers that correlate, one far off, nulls, a constant, a category and a key."""
    wave = pl.Series("wave", [(index * 37 % 101) / 10 for index in range(rows)])
    return pl.DataFrame(
        {
            "id": range(rows),
            "amount": [*wave[:-1] + 5, 950.0],
            "tax": wave / 5 + 1,
            "returned": -wave,
            "region": [("north", "south", "east", None)[index % 4] for index in range(rows)],
            "channel": ["web"] * rows,
        }
    )
