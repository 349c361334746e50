"""Outcome: how a run ended, as the job row will tell it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from connectors.errors import AnalysisError, EmptyInput, MetricFoundryError
from pipelines import artifacts
from pipelines.formats.base import Failure, Notice
from pipelines.ingest import IngestResult

Status = Literal["SUCCEEDED", "PARTIAL", "FAILED"]
LISTED = 200
WARNING_FIELDS = ("input", "member", "table", "column", "row", "count")


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why a run ended FAILED; `errorDetail` on the wire."""

    code: str
    message: str
    hint: str
    retryable: bool = False

    @classmethod
    def of(cls, error: Exception, phase: str = "run") -> Self:
        """The failure that an exception stands for; a foreign one is a fault of ours."""
        if isinstance(error, MetricFoundryError):
            return cls(error.stable_code, str(error), error.advice, error.retryable)
        message = f"The {phase} phase failed unexpectedly ({type(error).__name__})"
        return cls(AnalysisError.code, message, AnalysisError.hint, AnalysisError.retryable)

    def to_wire(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "retryable": self.retryable,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `tables` hold name, rows and columns; `warnings` are wire entries."""

    status: Status
    result_key: str | None = None
    manifest_key: str | None = None
    tables: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[Mapping[str, Any], ...] = ()
    failure: RunFailure | None = None

    @classmethod
    def published(
        cls,
        job_id: str,
        status: Status,
        tables: Iterable[Mapping[str, Any]],
        warnings: Iterable[Mapping[str, Any]],
    ) -> Self:
        """A run whose manifest lies in place."""
        return cls(
            status,
            artifacts.result_key(job_id),
            artifacts.manifest_key(job_id),
            tuple({name: table[name] for name in ("name", "rows", "columns")} for table in tables),
            _page(list(warnings)),
        )

    def to_state(self) -> dict[str, Any]:
        """A JSON value, for checkpoints; only what was published is ever remembered."""
        return {"status": self.status, "tables": list(self.tables), "warnings": list(self.warnings)}

    @classmethod
    def failed(cls, failure: RunFailure, warnings: Iterable[Mapping[str, Any]] = ()) -> Self:
        return cls("FAILED", warnings=_page(list(warnings)), failure=failure)


def status_of(result: IngestResult) -> Status:
    """FAILED when no table could be read, PARTIAL when something else could not.

    What is sound and holds nothing is read, if only with nothing to show for it.
    """
    if not result.tables and (result.failures or not any(s.is_sound for s in result.skipped)):
        return "FAILED"
    return "PARTIAL" if result.failures else "SUCCEEDED"


def failure_of(result: IngestResult) -> RunFailure:
    """Why nothing could be read: the first failure, or that there was nothing."""
    if not result.failures:
        return RunFailure.of(EmptyInput("There is no table in the input"))
    first = result.failures[0]
    return RunFailure(first.code, first.message, first.hint, first.retryable)


def warnings_of(failures: Iterable[Failure], notices: Iterable[Notice]) -> list[dict[str, Any]]:
    """`warnings[]`: what could not be read first, then what a careful person would mention."""
    return [*map(_failure_to_wire, failures), *map(notice_to_wire, notices)]


def notice_to_wire(notice: Notice) -> dict[str, Any]:
    details = {name: getattr(notice, name) for name in WARNING_FIELDS}
    return {
        "code": notice.code,
        "message": notice.message,
        "severity": notice.severity,
        **{name: value for name, value in details.items() if value is not None},
    }


def _failure_to_wire(failure: Failure) -> dict[str, Any]:
    wire = {"code": failure.code, "message": failure.message, "severity": "ERROR"}
    place = {"input": failure.input, "member": failure.member}
    return {**wire, **{name: value for name, value in place.items() if value is not None}}


def _page(warnings: list[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """A job row holds only the first of very many; results.json has them all."""
    if len(warnings) <= LISTED + 1:
        return tuple(warnings)
    left_out = len(warnings) - LISTED
    rest = {
        "code": "warnings.more",
        "message": f"{left_out:,} more warnings are listed in results.json",
        "severity": "INFO",
        "count": left_out,
    }
    return (*warnings[:LISTED], rest)
