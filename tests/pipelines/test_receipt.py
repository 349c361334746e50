import pytest

from pipelines.formats.base import Failure, Guess, Origin, RowAccount, SkippedMember, SkippedRow
from pipelines.ingest import IngestResult, InputFile, SourceIngest, TableIngest
from pipelines.receipt import receipt
from pipelines.skipped_rows import SkippedRows


def table(name, member, rows, **facts):
    return TableIngest(
        name=name,
        folder=name,
        sources=(SourceIngest(Origin("data.zip", member), "csv", rows, **facts),),
        schema=(("a", "integer"),),
        rows=rows.parsed + rows.repaired,
        size_bytes=10,
        parts=(),
        states_key=f"states/{name}.arrow",
    )


RESULT = IngestResult(
    inputs=(InputFile("data.zip", "s3://b/data.zip", 99, "ab"),),
    tables=(
        table(
            "one",
            "one.csv",
            RowAccount(parsed=10, repaired=2, rejected=1, skipped=3),
            details={"encoding": "utf-8", "dialect": {"delimiter": ";"}, "header": True, "bom": 1},
            guesses=(Guess("delimiter", ";", 0.9, (",",), ("1;2",)),),
            repaired={"short_row": 2},
            skipped={"preamble": 2, "header": 1},
            skipped_rows=SkippedRows((SkippedRow("preamble", ("Sales", "May"), 3),), 1),
            null_tokens={"a": {"NULL": 3, "": 1}, "b": {}},
            utc_offsets={"at": {"+02:00": 5, "+01:00": 2}},
        ),
        table("two", "two.csv", RowAccount(parsed=5)),
    ),
    bytes_read=99,
    failures=(Failure("data.zip", "bad.csv", "parse.corrupt", "Cut short.", "Again."),),
    skipped=(SkippedMember("data.zip", "README", "no data"),),
)


def balances(rows):
    parts = ("parsed", "repaired", "rejected", "skipped")
    return rows["read"] == sum(rows[part] for part in parts)


def test_rows_balance_for_every_member_input_and_in_total():
    """read = parsed + repaired + rejected + skipped, and the total is the sum of the members."""
    found = receipt(RESULT)

    (entry,) = found["inputs"]
    accounts = [found["rows"], entry["rows"], *(member["rows"] for member in entry["members"])]
    assert all(balances(rows) for rows in accounts)
    assert found["rows"] == {"read": 21, "parsed": 15, "repaired": 2, "rejected": 1, "skipped": 3}


def test_a_member_says_how_it_was_understood():
    """What the format knows, its guesses and its reasons are all there."""
    member = receipt(RESULT)["inputs"][0]["members"][0]

    assert member["path"] == "one.csv"
    assert (member["encoding"], member["dialect"], member["header"], member["bom"]) == (
        "utf-8",
        {"delimiter": ";"},
        True,
        1,
    )
    assert member["guesses"] == [
        {
            "what": "delimiter",
            "chosen": ";",
            "confidence": 0.9,
            "rejected": [","],
            "examples": ["1;2"],
        }
    ]
    assert member["skipped"] == {"header": 1, "preamble": 2}
    assert member["skippedRows"] == [{"reason": "preamble", "row": 3, "cells": ["Sales", "May"]}]
    assert member["skippedRowsOmitted"] == 1
    assert member["nullTokens"] == {"a": {"": 1, "NULL": 3}}
    assert list(member["utcOffsets"]["at"].items()) == [("+01:00", 2), ("+02:00", 5)]


@pytest.mark.parametrize(
    ("what", "entries"),
    [
        (
            "failures",
            [
                {
                    "path": "bad.csv",
                    "code": "parse.corrupt",
                    "message": "Cut short.",
                    "hint": "Again.",
                }
            ],
        ),
        ("skipped", [{"path": "README", "reason": "no data"}]),
    ],
)
def test_what_was_not_read_is_listed_with_its_reason(what, entries):
    """Nothing of an input is passed over in silence."""
    assert receipt(RESULT)["inputs"][0][what] == entries


def test_the_result_survives_a_checkpoint():
    """A receipt made after a resume is the one made before it."""
    assert receipt(IngestResult.from_state(RESULT.to_state())) == receipt(RESULT)
