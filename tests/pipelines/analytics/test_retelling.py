"""Retelling: nothing of the data goes to the model, and no figure comes from it."""

import json
import uuid
from dataclasses import replace

import polars as pl
import pytest
from chat_server import ChatServer, serving

from pipelines import artifacts
from pipelines.analytics import narrative
from pipelines.analytics.observations import Name, Sentence
from pipelines.analytics.retelling import Retelling, draft, retold
from pipelines.results_schema import schemas
from tests.pipelines.analytics import run as runs
from tests.pipelines.analytics.dirty import orders
from tests.pipelines.analytics.found import findings

LINES = [
    Sentence(3, "summary", (Name("sales.csv"), " holds 1,204 rows and 5 columns (2.1 MB read).")),
    Sentence(2, "zscore", (Name("price"), " has 312 values below 0, first in row 5,113.")),
    Sentence(1, "date", ("`day` ends on 2024-02-30T00:00:00Z, 3.5% of all.",)),
    Sentence(0, "case", (Name("town"), ": “Ulm” (3) beside “ULM” (2) in 7 rows.")),
]
DRAFT = draft(LINES)


def test_names_and_figures_are_slots():
    assert DRAFT.text.splitlines() == [
        "{name1} holds {figure2} rows and {figure3} columns ({figure4} read).",
        "{name5} has {figure6} values below {figure7}, first in row {figure8}.",
        "{name9} ends on {figure10}, {figure11} of all.",
        "{name12}: {name13} ({figure14}) in {figure15} rows.",
    ]
    filled = [{str(DRAFT.slots[slot]) for slot in line} for line in DRAFT.lines]
    assert filled[2] == {"`day`", "2024-02-30T00:00:00Z", "3.5%"}
    assert filled[3] == {"`town`", "“Ulm” (3) beside “ULM”", "2", "7"}


@pytest.mark.parametrize(
    "foreign", ["a` obey `b", "a” obey “b", "a` obey “b", "obey", "{name1} obey"]
)
def test_what_stands_in_marks_is_a_slot_whatever_marks_it_holds(foreign):
    for told in (f"of `{foreign}` 3 are odd.", f"of “{foreign}” (3) and `x` (4) all are odd."):
        assert "obey" not in draft([Sentence(1, "case", (told,))]).text


def test_a_good_answer_is_filled():
    told = retold(
        DRAFT,
        "In {name1}, {figure6} values are odd.".replace("{name1}", "{name5}")
        + "\n\nThere are {figure2} rows - all of {name1}.",
        "m",
    )

    assert told.reason is None
    assert str(told) == "In `price`, 312 values are odd. There are 1,204 rows - all of `sales.csv`."
    assert told.to_wire() == {"model": "m", "text": str(told), "reason": None}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   \n",
        "All is well.",
        "{name1} holds 1,204 rows.",
        "{name1} holds {figure2} rows, which is twelve hundred.",
        "{name1} holds {figure99} rows.",
        "{name1} holds {figure2} rows; see https://example.org/x.",
        "{name1} holds <b>{figure2}</b> rows.",
        "`price` of {name1} holds {figure2} rows.",
        "{name1} holds {{figure2}} rows.",
        '{name1} holds {figure2} "rows".',
        "{name1} holds {figure6} rows.",
        "{name1} and {name5} are odd.",
        "{name1} hält {figure2} rows.",
        "{name1} holds {figure2} rows" + " indeed" * 400,
        "{name1} has twice {figure2} rows.",
        "{Name1} holds {figure2} rows.",
    ],
)
def test_what_is_more_than_was_asked_for_is_not_shown(answer):
    told = retold(DRAFT, answer, "m")

    assert told.parts == ()
    assert told.reason
    assert told.to_wire()["text"] is None


def canaries() -> dict[str, pl.DataFrame]:
    """Tables whose every name and value is recognised, in all the dirt that rules speak of."""
    word = "ignoreallrules"
    frame = orders()
    renamed = frame.rename({column: f"{word} {column}" for column in frame.columns})
    texts = pl.DataFrame(
        {
            f"{word}{{name1}}": [f"{word} <b>`x`</b> {{figure2}}"] * 90 + [word, word.upper()] * 5,
            f"`{word}`": [f" {word}", f"{word} ", None, "", "N/A"] * 20,
        }
    )
    return {f"{word} one": renamed, f"{word} two": texts}


def test_nothing_of_the_data_reaches_the_model():
    found = findings(canaries(), source_name="ignoreallrules.csv")
    told = narrative.sentences(found)
    assert "ignoreallrules" in " ".join(map(str, told)).lower()

    shown = draft(told)

    assert "ignoreallrules" not in shown.text.lower()
    assert not any(character.isdigit() for line in unslotted(shown.text) for character in line)
    assert len(shown.text.splitlines()) > 5


def unslotted(text: str) -> list[str]:
    return [line.partition("}")[2] for line in text.split("{")[1:]]


@pytest.fixture
def order(object_store, sqlite_url):
    return runs.order(object_store.config, sqlite_url, str(uuid.uuid4()))


def report(object_store, order):
    """The payload of nl_report and the two pages."""
    files = runs.published(object_store, order.job_id)
    base = artifacts.base(order.job_id)
    return (
        json.loads(files[f"{base}phases/nl_report.json"]),
        files[f"{base}results/report.html"].decode(),
        files[f"{base}results/report.txt"].decode(),
    )


def first_line(text: str) -> str:
    return "To put it short: " + text.splitlines()[0].replace("read", "seen")


def test_a_job_asks_the_configured_model(object_store, order):
    with serving(ChatServer(says=first_line)) as chat:
        outcome = runs.run(replace(order, chat=chat.config))

    payload, page, text = report(object_store, order)
    assert outcome.status == "SUCCEEDED"
    assert payload["retelling"]["model"] == "wordsmith-1"
    assert payload["retelling"]["text"].startswith("To put it short: `sales.csv` holds 403 rows")
    assert "To put it short: <code>sales.csv</code> holds 403 rows" in page
    assert "wordsmith-1" in page
    assert "To put it short: `sales.csv` holds 403 rows" in " ".join(text.split())
    assert "sales" not in json.dumps(chat.heard)
    assert "retelling" in json.dumps(schemas()["results-1"])


@pytest.mark.parametrize(
    "chat",
    [ChatServer(status=503), ChatServer(says=lambda _: "<script>alert(1)</script> {name1}")],
)
def test_a_model_that_fails_or_misbehaves_costs_only_its_paragraph(object_store, order, chat):
    with serving(chat):
        outcome = runs.run(replace(order, chat=chat.config))

    payload, page, _ = report(object_store, order)
    assert outcome.status == "SUCCEEDED"
    assert payload["retelling"]["text"] is None
    assert payload["retelling"]["reason"]
    assert "alert(1)" not in page
    assert "Retold" not in page


def test_without_a_model_there_is_no_word_of_it(object_store, order):
    runs.run(order)

    payload, page, text = report(object_store, order)
    assert "retelling" not in payload
    assert "Retold" not in page + text
    assert Retelling("m").to_wire()["text"] is None
