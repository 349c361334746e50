"""The end of a job as the command tells it: the worst first, and what is left out is said."""

import json

import pytest

from serve_app.cli_output import Interrupted, Output
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


@pytest.mark.parametrize("name", ["[/red]x.csv", "[a]*.csv", ":smile:.csv", "ü\u3000ö.csv"])
def test_names_are_shown_as_they_are(capsys, name):
    """Whatever rich or a terminal could read into them."""
    failed = {"code": "source.not_found", "message": f"no {name}", "hint": f"look for {name}"}
    warning = {"severity": "WARNING", "message": f"odd {name}"}

    show(
        Output(as_json=False),
        {**JOB, "status": "FAILED", "warnings": [warning], "errorDetail": failed},
        None,
        None,
    )

    said = capsys.readouterr().out
    for text in (f"no {name}", f"look for {name}", f"odd {name}"):
        assert text in said


def test_names_do_not_steer_the_terminal(capsys):
    """A file's name could clear the screen or write what we never said."""
    Output(as_json=False).print("a\x1b[2J\x9b\rb\udcff")

    assert capsys.readouterr().out == "a\\x1b[2J\\x9b\\rb\\udcff\n"


def test_an_interruption_is_an_object_too(capsys):
    """With --json nothing is said beside it, so the id has to be in there."""
    Output(as_json=True).interrupted(Interrupted("7", "interrupted, but job 7 runs on"))

    said = capsys.readouterr()
    assert json.loads(said.out)["jobId"] == "7"
    assert "job 7 runs on" in json.loads(said.out)["error"]["message"]
    assert said.err == ""
