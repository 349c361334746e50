import pytest

from connectors.errors import CorruptFile, LimitExceeded
from pipelines.analytics.outcome import (
    LISTED,
    Outcome,
    RunFailure,
    failure_of,
    notice_to_wire,
    status_of,
)
from pipelines.formats.base import Failure, Notice, Origin, RowAccount
from pipelines.ingest import IngestResult, SourceIngest, TableIngest

TABLE = TableIngest(
    "t", "t", (SourceIngest(Origin("a"), "csv", RowAccount()),), (), 0, 0, (), "states/t.arrow"
)
FAILURE = Failure("a", "b", "parse.corrupt", "Cut.", "Again.")


@pytest.mark.parametrize(
    ("tables", "failures", "status"),
    [
        ((TABLE,), (), "SUCCEEDED"),
        ((TABLE,), (FAILURE,), "PARTIAL"),
        ((), (FAILURE,), "FAILED"),
        ((), (), "FAILED"),
    ],
)
def test_the_status_follows_from_what_was_read(tables, failures, status):
    """Some of it is PARTIAL, none of it FAILED."""
    assert status_of(IngestResult((), tables, 0, failures)) == status


def test_nothing_at_all_is_an_empty_input():
    """A job without a table and without a failure has a code of its own."""
    assert failure_of(IngestResult((), (), 0)).code == "input.empty"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (CorruptFile("cut short"), "parse.corrupt", "cut short"),
        (LimitExceeded("too wide", limit="columns"), "limit.columns", "too wide"),
        (KeyError("secret"), "analysis.failed", "KeyError"),
    ],
)
def test_every_error_is_a_failure_with_a_code(error, code, words):
    """Ours keep their code; of a foreign one only the kind is told."""
    failure = RunFailure.of(error, "profile")

    assert failure.code == code
    assert words in failure.message
    assert "secret" not in failure.message


def test_a_notice_on_the_wire_has_only_what_it_knows():
    """Fields without a value are absent."""
    assert notice_to_wire(Notice("a.b", "Look.", row=0)) == {
        "code": "a.b",
        "message": "Look.",
        "severity": "WARNING",
        "row": 0,
    }


@pytest.mark.parametrize(("given", "kept"), [(0, 0), (LISTED, LISTED), (LISTED * 3, LISTED + 1)])
def test_a_job_row_holds_a_page_of_warnings(given, kept):
    """The last entry says how many more there are, and a checkpoint changes nothing of it."""
    outcome = Outcome.published("1", "SUCCEEDED", (), [{"code": "a"}] * given)

    assert len(outcome.warnings) == kept
    assert Outcome.published("1", **outcome.to_state()) == outcome
    if kept > LISTED:
        assert outcome.warnings[-1]["count"] == given - LISTED
