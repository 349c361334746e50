"""Artifacts: names and layout of everything under `artifacts/{jobId}/`. Pure.

The phases, keys and file names are the public contract of docs/artifacts.md.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

JSON_TYPE = "application/json"
PARQUET_TYPE = "application/vnd.apache.parquet"
ARROW_TYPE = "application/vnd.apache.arrow.file"


class Phase(StrEnum):
    """The phases of a job, in order."""

    INGEST = "ingest"
    PROFILE = "profile"
    DQ_VALIDATE = "dq_validate"
    DESCRIPTIVE_STATS = "descriptive_stats"
    ML_INFERENCE = "ml_inference"
    NL_REPORT = "nl_report"
    FINALIZE = "finalize"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A published file: its key, what it holds, and its bytes' size and SHA-256."""

    name: str
    key: str
    content_type: str
    description: str
    size: int
    sha256: str


def base(job_id: str) -> str:
    """The prefix of everything that a job owns."""
    return f"artifacts/{job_id}/"


def input_key(job_id: str, filename: str) -> str:
    return f"{base(job_id)}input/{filename}"


def phase_key(job_id: str, phase: Phase) -> str:
    return f"{base(job_id)}phases/{phase}.json"


def part_key(job_id: str, folder: str, fragment: int) -> str:
    """A part is called after its first fragment; a repeated read replaces it."""
    return f"{base(job_id)}tables/{folder}/part-{fragment:05d}.parquet"


def table_prefix(job_id: str, folder: str) -> str:
    """The prefix of the parts of a table."""
    return f"{base(job_id)}tables/{folder}/"


def part_number(key: str) -> int:
    """The number in a part's name.

    >>> part_number(part_key("1", "orders", 12))
    12
    """
    return int(key.rpartition("part-")[2].removesuffix(".parquet"))


def scratch(job_id: str) -> str:
    """The prefix of what is gone when the job has been read."""
    return f"{base(job_id)}scratch/"


def fragment_rejects_key(job_id: str, folder: str, fragment: int) -> str:
    """Where a fragment leaves its rejects until they are joined."""
    return f"{scratch(job_id)}rejects/{folder}/{fragment:05d}.parquet"


def states_path(folder: str) -> str:
    """Relative to the job."""
    return f"states/{folder}.arrow"


def states_key(job_id: str, folder: str) -> str:
    return base(job_id) + states_path(folder)


def result_key(job_id: str, path: str = "results.json") -> str:
    return f"{base(job_id)}results/{path}"


def manifest_key(job_id: str) -> str:
    """The commit point."""
    return f"{base(job_id)}manifest.json"


def slug(name: str, taken: set[str]) -> str:
    """A folder name that is safe in a key and not in `taken`, which it joins.

    >>> taken = set()
    >>> slug("Sales 2024/Q1", taken), slug("Sales_2024_Q1", taken), slug("日本", taken)
    ('Sales_2024_Q1', 'Sales_2024_Q1_2', 'table')
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._-")[:100] or "table"
    candidate, number = stem, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{stem}_{number}"
    taken.add(candidate.lower())
    return candidate
