"""Privacy: what is masked of tables, states, rejects, guesses, notices and failures."""

import io
import json

import polars as pl
import pytest

from connectors.errors import ParserCrashed
from pipelines import artifacts
from pipelines.containers.limits import Limits
from pipelines.formats.base import Failure
from pipelines.options import JobOptions
from pipelines.order import JobOrder
from pipelines.privacy import masked_error, masked_failure, masked_states, personal_columns
from pipelines.profile import profile_table
from pipelines.receipt import receipt
from pipelines.runtime.engine import InlineEngine
from pipelines.runtime.ingest_run import ingest
from pipelines.sandbox import Sandbox
from pipelines.source_plan import plan
from pipelines.statistics import published
from pipelines.statistics.table_states import TableStates

LIMITS = Limits()
FRAME = pl.DataFrame(
    {
        "mail": [f"person{n}@example.org" for n in range(40)] * 2,
        "amount": [float(n * 7 % 31) for n in range(80)],
        "card": [4000100000000004, 4000100000000012] * 40,
        "tax": [float(n * 7 % 31) / 5 for n in range(80)],
    }
)


def states(frame=FRAME, fragment=0):
    return TableStates.of(frame, fragment=fragment, first_row=0)


def profile(found):
    return profile_table("t", (), found, size_bytes=0)


def test_personal_columns_are_those_of_the_statistic():
    """By value and by name, each with its kind."""
    assert personal_columns(states()) == {"mail": "email", "card": "payment_card"}


def test_masked_states_travel_and_merge():
    """They survive their file; merged, they bound what only values could tell."""
    masked = masked_states(states(), ["mail", "card"])

    back = TableStates.from_arrow(masked.to_arrow())
    merged = profile(back.merge(TableStates.from_arrow(masked.to_arrow())))

    assert profile(back).columns == profile(masked).columns
    mail = merged.columns[0]
    assert (mail.count, mail.figures["minLength"]) == (160, 19)
    bound = mail.figures["estimates"]["distinctCount"]
    assert (bound["lower"], bound["upper"]) == (40, 80)
    assert mail.figures["personal"]["kind"] == "email"
    assert sum(each["count"] for each in mail.figures["patterns"]) == 160
    assert merged.duplicate_rows["count"] == 2 * profile(states()).duplicate_rows["count"]


def test_keys_of_objects_are_not_told_by_their_types():
    """An object whose keys are addresses is a struct whose fields are called so."""
    keyed = pl.DataFrame({"by": [{"secret@b.de": 1}] * 9, "all": [[{"secret@c.de": {"n": 2}}]] * 9})

    masked = masked_states(states(keyed), personal_columns(states(keyed)))
    content = published.written(masked)

    assert b"secret" in published.written(states(keyed))
    assert b"secret" not in content
    merged = published.merged([published.read(content)] * 2)
    assert [(each.type, each.count) for each in profile(merged).columns] == [
        ("struct", 18),
        ("list", 18),
    ]


def test_correlations_of_other_columns_stay():
    """Masking a number takes its pairs away and no other."""
    masked = profile(masked_states(states(), ["card"]))

    whole = profile(states())
    assert masked.correlated == ("amount", "tax")
    assert masked.correlation[0, 1] == whole.correlation[0, 2]


def test_correlations_stay_where_rows_lack_a_value():
    """The same where each pair has rows of its own."""
    holed = FRAME.with_columns(pl.when(pl.col("amount") > 3).then("amount"))

    masked = profile(masked_states(states(holed), ["card"]))

    assert masked.correlation[0, 1] == profile(states(holed)).correlation[0, 2]
    assert masked.pair_counts[0, 1] == profile(states(holed)).pair_counts[0, 2]


def test_without_personal_columns_states_stay():
    """Nothing to mask, nothing changed."""
    whole = states()

    assert masked_states(whole, []) is whole


@pytest.mark.parametrize(
    "message, kept",
    [
        ("the parser failed on this content: ComputeError: no a@b.de", "the parser failed"),
        ("the file is cut short", "the file is cut short"),
    ],
)
def test_failures_cite_nothing(message, kept):
    """What a parser said of the content is left out; what we say stays, with code and hint."""
    failure = masked_failure(Failure("a.csv", None, "parse.crashed", message, "Do this."))
    error = masked_error(ParserCrashed(message, hint="Do that."))

    for said in (failure.message, str(error)):
        assert said.startswith(kept)
        assert "a@b.de" not in said
    assert (failure.code, failure.hint, error.advice) == ("parse.crashed", "Do this.", "Do that.")


def test_the_option_takes_two_words():
    """Nothing is masked unless asked for."""
    assert JobOptions().privacy == "none"
    assert JobOptions(privacy="mask").privacy == "mask"
    with pytest.raises(ValueError, match="privacy"):
        JobOptions(privacy="hide")


CSV = b"""mail,dob,price
secret1@example.org,03/04/1985,"1,500"
secret2@example.org,05/06/1986,"2,500"
secret3@example.org,07/08/1987,"1,250"
secret4@example.org,09/10/1988,"7,125"
total,,4
made by secret5@example.org
"""
TOTALS = (
    b"mail,amount\n"
    + b"".join(b"secret%d@example.org,%d\n" % (n, n) for n in range(30))
    + b"\nSource: the list of secret99@example.org\n"
)
TWO = (
    b"a,b,c\n"
    + b"".join(b"x,secret%d@mail.example,3\n" % n for n in range(40))
    + b"\nAnn,secret@mail.example,Rome\n7,secret41@mail.example,9\n"  # seems to be names
)
ABOVE = b"Jane Roe; secret@mail.example; b. 1980-03-02\n\nemail,visits\n" + b"".join(
    b"secret%d@mail.example,%d\n" % (n, n) for n in range(40)
)
LINES = b"""{"mail": "secret1@example.org"}
{"mail": "secret2@example.org"}
{"mail": "secret3@example.org", broken
"""


@pytest.fixture(scope="module")
def children():
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.mark.parametrize(
    "name, content",
    [
        ("p.csv", CSV),
        ("totals.csv", TOTALS),
        ("two.csv", TWO),
        ("above.csv", ABOVE),
        ("p.jsonl", LINES),
    ],
    ids=["rows", "totals", "two tables", "above", "lines"],
)
def test_reading_leaves_no_personal_value_behind(name, content, object_store, children, request):
    """Rejects lose their bytes, guesses their examples, notices what they cite."""
    found = {}
    for mode in ("none", "mask"):
        job_id = f"{request.node.name}-{mode}".replace("[", "-").replace("]", "")
        key = artifacts.input_key(job_id, name)
        object_store.put(key, content)
        options = {"privacy": mode}
        order = JobOrder(job_id, 1, 0.0, {}, (), object_store.config, "", options=options)
        engine = InlineEngine("test", children, LIMITS, lambda *_: None, lambda: False)
        planned = plan([object_store.object(key)], LIMITS)
        ingested = ingest(order, planned, len(content), lambda _, e=engine: e, lambda *_: None)
        result = ingested.result
        said = json.dumps([result.to_state(), receipt(result)])
        rest = b"".join(_content(object_store, key) for key in _others(object_store, job_id))
        states = b"".join(map(published.written, ingested.states))
        found[mode] = (said.encode() + states + rest, result)

    assert b"secret" in found["none"][0]
    for secret in (b"secret", b"03/04/1985", b"1985-"):
        assert secret not in found["mask"][0]
    assert found["mask"][1].tables[0].account == found["none"][1].tables[0].account
    assert found["mask"][1].tables[0].rows == found["none"][1].tables[0].rows


def _others(store, job_id):
    base = artifacts.base(job_id)
    return [
        each.key
        for each in store.keys(base)
        if not each.key.removeprefix(base).startswith(("input/", "tables/"))
    ]


def _content(store, key):
    body = store.get(key)
    if key.endswith(".parquet"):
        return str(pl.read_parquet(io.BytesIO(body)).to_dicts()).encode()
    return body
