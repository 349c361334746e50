"""Finalize: results.json, the manifest and what goes into the bundles. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines import artifacts, receipt
from pipelines.analytics.data_quality import by_table
from pipelines.analytics.outcome import notice_to_wire, status_of, warnings_of
from pipelines.analytics.profile import completeness
from pipelines.analytics.workspace import File
from pipelines.artifacts import JSON_TYPE, Artifact, Phase
from pipelines.ingest import IngestResult, TableIngest
from pipelines.order import JobOrder
from pipelines.profile import TableProfile
from pipelines.publish import iso

ANALYSIS_VERSION = "1"
GENERATOR = {"name": "MetricFoundry", "version": "0.1.0"}

# The order of the manifest, whatever phase finished first.
ORDER = (
    "input/",
    "tables/",
    "states/",
    "phases/",
    "results/ingest_receipt.json",
    "results/rejects/",
    "results/descriptive_stats.csv",
    "results/correlations.csv",
    "results/outliers.json",
    "results/predictions.csv",
    "results/model.skops",
    "results/clusters.csv",
    "results/clustering_metrics.json",
    "results/report.html",
    "results/report.txt",
    "results/report.xlsx",
    "results/graphs/",
    "results/results.json",
    "results/bundles/",
    "",
)
REPEATED = 1000  # entries of a list that stand again beside those of its phase
RESULTS = "results/results.json"
GRAPHS = "results/graphs/"
PHASES_ZIP = "phases/phase_payloads.zip"
BUNDLE = "results/bundles/analytics_bundle.zip"
PICTURES = "results/bundles/visualizations.zip"
ZIP_TYPE = "application/zip"
PHASE_FILES = [f"phases/{phase}.json" for phase in Phase]

Payload = Mapping[str, Any]


def place(path: str) -> tuple[int, int, str]:
    """Where an artifact stands in the manifest; `path` is relative to the job."""
    rank = next(rank for rank, start in enumerate(ORDER) if path.startswith(start))
    phase = PHASE_FILES.index(path) if path in PHASE_FILES else len(PHASE_FILES)
    return rank, phase, path


@dataclass(frozen=True)
class Analysis:
    """A run whose phases before finalize are done; `phases` holds their payloads."""

    order: JobOrder
    ingest: IngestResult
    tables: tuple[TableProfile, ...]
    phases: Mapping[Phase, Payload]

    @property
    def quality(self) -> Payload:
        return self.phases[Phase.DQ_VALIDATE]


def metrics(analysis: Analysis) -> dict[str, Any]:
    """The headline figures."""
    return {
        "rows": sum(table.rows for table in analysis.tables),
        "columns": sum(len(table.columns) for table in analysis.tables),
        "bytesRead": analysis.ingest.bytes_read,
        "datasetCompleteness": completeness(analysis.tables),
        "dqScore": analysis.quality["score"],
        "dqSeveritySummary": analysis.quality["severitySummary"],
        "dqMetrics": repeated(analysis.quality["metrics"]),
    }


def repeated(found: Payload) -> dict[str, Any]:
    """The metrics of quality as they stand again beside those of dq_validate, which are whole.

    Of each list the first thousand entries; `omitted` says of how many more, where there are any.
    """
    cut = {
        name: len(entries) - REPEATED
        for name, entries in found.items()
        if isinstance(entries, list) and len(entries) > REPEATED
    }
    short = {name: found[name][:REPEATED] for name in cut}
    return {**found, **short, **({"omitted": cut} if cut else {})}


def manifest(analysis: Analysis, entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The manifest around these entries, put in order."""
    order, base = analysis.order, artifacts.base(analysis.order.job_id)
    warehouse = order.source.get("warehouseType")
    return {
        "jobId": order.job_id,
        "basePath": base,
        "artifacts": sorted(entries, key=lambda entry: place(entry["key"].removeprefix(base))),
        "dataQuality": {
            "severitySummary": analysis.quality["severitySummary"],
            "metrics": repeated(analysis.quality["metrics"]),
        },
        "source": dict(order.source),
        "sourceType": f"warehouse:{warehouse}" if warehouse else order.source_type,
        "tables": [
            {
                "name": table.name,
                "rows": table.rows,
                "columns": len(table.schema),
                "prefix": prefix(order.job_id, table),
            }
            for table in analysis.ingest.tables
        ],
        "generator": GENERATOR,
    }


def prefix(job_id: str, table: TableIngest) -> str:
    """The folder of a table's Parquet parts."""
    return artifacts.table_prefix(job_id, table.folder)


def coming(published: Iterable[str]) -> list[File]:
    """The files that finalize adds to those paths, still empty, in the order they are made."""
    pictures = any(path.startswith(GRAPHS) for path in published)
    return [
        File(RESULTS, b"", JSON_TYPE, "The consolidated result of all phases."),
        phase_file(Phase.FINALIZE, b""),
        File(PHASES_ZIP, b"", ZIP_TYPE, "The payloads of all phases in one archive."),
        File(BUNDLE, b"", ZIP_TYPE, "Reports, statistics and results in one archive."),
        *([File(PICTURES, b"", ZIP_TYPE, "All charts in one archive.")] if pictures else []),
    ]


def phase_file(phase: Phase, body: bytes) -> File:
    description = f"The full payload of the {phase} phase."
    return File(f"phases/{phase}.json", body, JSON_TYPE, description, f"{phase}_json")


def bundled(bundle: str, paths: Iterable[str]) -> list[str]:
    """Which of the job's files go into the bundle, in the manifest's order."""
    return [path for path in sorted(paths, key=place) if _belongs(bundle, path)]


def _belongs(bundle: str, path: str) -> bool:
    if bundle == PHASES_ZIP:
        return path in PHASE_FILES
    if bundle == PICTURES:
        return path.startswith(GRAPHS)
    return path.startswith("results/") and not path.startswith(
        (GRAPHS, "results/bundles/", "results/rejects/")
    )


def listed(artifact: Artifact) -> dict[str, Any]:
    """A manifest entry before anything about its bytes is known."""
    return {
        "name": artifact.name,
        "key": artifact.key,
        "contentType": artifact.content_type,
        "description": artifact.description,
    }


def sealed(artifact: Artifact) -> dict[str, Any]:
    """A manifest entry that vouches for the bytes."""
    return {**listed(artifact), "size": artifact.size, "sha256": artifact.sha256}


def payload(analysis: Analysis, plan: Payload) -> dict[str, Any]:
    """The payload of finalize itself; `plan` is the manifest without sizes and hashes."""
    descriptive = analysis.phases[Phase.DESCRIPTIVE_STATS]
    return {
        "metrics": metrics(analysis),
        "manifest": plan,
        "mlInference": analysis.phases[Phase.ML_INFERENCE],
        "correlations": descriptive["correlations"],
        "outliers": descriptive["outliers"][:REPEATED],
        "outliersOmitted": max(0, len(descriptive["outliers"]) - REPEATED),
    }


def results(analysis: Analysis, final: Payload, links: Mapping[str, str]) -> dict[str, Any]:
    """The consolidated result; `final` is the payload of finalize."""
    order, ingest = analysis.order, analysis.ingest
    figures = final["metrics"]
    scores = [entry["score"] for entry in by_table(analysis.quality)]
    entries = [
        _table(order.job_id, read, profile, score)
        for read, profile, score in zip(ingest.tables, analysis.tables, scores, strict=True)
    ]
    return {
        "jobId": order.job_id,
        "analysisVersion": ANALYSIS_VERSION,
        "generatedAt": iso(order.created_at),
        "status": status_of(ingest),
        "summary": {
            name: figures[name]
            for name in ("rows", "columns", "bytesRead", "datasetCompleteness", "dqScore")
        },
        "schema": entries[0]["schema"] if len(entries) == 1 else [],
        "links": dict(links),
        "phases": {**analysis.phases, Phase.FINALIZE: final},
        "metrics": figures,
        "correlations": final["correlations"],
        "outliers": final["outliers"],
        "outliersOmitted": final["outliersOmitted"],
        "mlInference": final["mlInference"],
        "artifactManifest": final["manifest"],
        "phaseArtifactKeys": {
            str(phase): artifacts.phase_key(order.job_id, phase) for phase in Phase
        },
        "tables": entries,
        "receipt": {
            "key": artifacts.result_key(order.job_id, "ingest_receipt.json"),
            "rows": receipt.account(receipt.total(ingest)),
        },
        "warnings": warnings_of(
            ingest.failures, (notice for table in analysis.tables for notice in table.notices)
        ),
    }


def _table(job_id: str, read: TableIngest, profile: TableProfile, score: float) -> dict[str, Any]:
    return {
        "name": read.name,
        "origin": [
            {
                name: value
                for name in ("input", "member", "sheet", "table", "range")
                if (value := getattr(origin, name)) is not None
            }
            for origin in profile.origin
        ],
        "rows": profile.rows,
        "columns": len(profile.columns),
        "bytes": profile.size_bytes,
        "prefix": prefix(job_id, read),
        "schema": [{"name": name, "type": word} for name, word in read.schema],
        "duplicateRows": dict(profile.duplicate_rows),
        **profile.gaps_to_wire(),
        "dqScore": score,
        "warnings": [notice_to_wire(notice) for notice in profile.notices],
        "columnProfiles": [column.to_wire() for column in profile.columns],
    }
