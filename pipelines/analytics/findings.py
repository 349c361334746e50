"""Findings: all that the report may speak of, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.formats.base import Failure, Notice, RowAccount, SkippedMember
from pipelines.profile import TableProfile

if TYPE_CHECKING:
    from pipelines.analytics.retelling import Retelling

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Findings:
    """What the phases before the report found. Pure values; payloads are those of `phases/*.json`.

    `created_at` (epoch seconds) is the only time a report may show. `quality` holds one dq_validate
    payload a table, in the order of `tables`. `descriptive` and `inference` are the payloads of
    descriptive_stats and ml_inference; with several tables their entries carry `table`.
    `receipt` is the ingestion receipt, as `results/ingest_receipt.json` has it. `retelling` is what
    a chat model made of the narrative, if one was asked.
    """

    job_id: str
    created_at: float
    source_name: str
    tables: tuple[TableProfile, ...]
    quality: tuple[Payload, ...]
    descriptive: Payload
    inference: Payload
    rows: RowAccount
    bytes_read: int = 0
    notices: tuple[Notice, ...] = ()
    failures: tuple[Failure, ...] = ()
    skipped: tuple[SkippedMember, ...] = ()
    receipt: Payload = field(default_factory=dict)
    retelling: "Retelling | None" = None
