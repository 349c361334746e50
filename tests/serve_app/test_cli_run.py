"""The end of a job as the command tells it: the worst first, and what is left out is said."""

import pytest

from serve_app.cli_output import Output
from serve_app.cli_run import Headline, show

JOB = {"jobId": "7", "status": "SUCCEEDED", "warnings": [], "errorDetail": None}


@pytest.mark.parametrize(("count", "left"), [(5, None), (12, "  and 7 more in the report")])
def test_issues_that_are_not_shown_are_counted(capsys, count, left):
    """Five are shown; nobody shall take them for all."""
    issues = [{"severity": "WARNING", "rule": "r", "message": f"no. {n}"} for n in range(count)]
    summary = {"rows": 1, "columns": 2, "datasetCompleteness": 1.0, "dqScore": 1.0}
    headline = Headline.of({"summary": summary, "phases": {"dq_validate": {"issues": issues}}})

    show(Output(as_json=False), JOB, headline, None)

    lines = capsys.readouterr().out.splitlines()
    assert sum("no. " in line for line in lines) == 5
    assert [line for line in lines if "more in" in line] == ([left] if left else [])
