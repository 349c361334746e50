"""Masking: the values of personal columns are in no published byte but input/ and tables/."""

import io
import json
import sqlite3
import struct
import uuid
import zipfile
from datetime import date, timedelta

import polars as pl
import pyarrow as pa
import pytest

from pipelines import artifacts
from tests.pipelines.analytics import run as runs

ROWS = 60
MAILS = [f"canary{n:03d}@mail.example.org" for n in range(ROWS)]
CARDS = [
    "4000100000000004", "4000100000000012", "4000100000000020", "4000100000000038",
    "4000100000000046", "4000100000000053", "4000100000000061", "4000100000000079",
]  # fmt: skip
DE = 131400  # the letters D and E, and 00 for the check digits, as an IBAN is divided
ACCOUNTS = [310_000_000_000_000_077 + n * 7_919_000_001 for n in range(ROWS)]
IBANS = [f"DE{98 - (each * 10**6 + DE) % 97:02d}{each}" for each in ACCOUNTS]
BROKEN = "DE00310000000000000077"
PAID = [
    "4000200000000008", "4000200000000016", "4000200000000024", "4000200000000032",
    "4000200000000040", "4000200000000057", "4000200000000065", "4000200000000073",
]  # fmt: skip
NIRS = [f"{n}{97 - n % 97:02d}" for n in (1_850_375_116_001 + 1_000_003 * k for k in range(ROWS))]
BIRTHS = [date(1901, 3, 7) + timedelta(days=197 * n) for n in range(ROWS)]
PEOPLE = [f"Xaviera{letter} Quillfeather" for letter in "abcdefghijklmnopqrst" * 3]
SECRETS = [*MAILS, *CARDS, *PAID, *NIRS, *IBANS, BROKEN, *map(str, BIRTHS), "Quillfeather"]


def people() -> pl.DataFrame:
    """Personal columns of every type, each with values that stand nowhere else; and others."""
    return pl.DataFrame(
        {
            "mail": MAILS,
            "card": [int(CARDS[n % len(CARDS)]) for n in range(ROWS)],
            "paid_by": [float(PAID[n % len(PAID)]) if n % 9 else None for n in range(ROWS)],
            "insee": [int(number) for number in NIRS],
            "account": [*IBANS[1:], BROKEN],
            "born": BIRTHS,
            "full_name": PEOPLE,
            "note": [f"please ask {mail} again" for mail in MAILS],
            "contacts": [[mail] for mail in MAILS],
            "amount": [float(n * 37 % 101) for n in range(ROWS - 1)] + [9999.5],
            "tax": [float(n * 37 % 101) / 5 for n in range(ROWS)],
            "region": [("north", "south")[n % 2] for n in range(ROWS)],
        }
    )


def published(object_store, sqlite_url, frame, **options):
    """Every file of a job, each as all the bytes that it unfolds to."""
    job_id = str(uuid.uuid4())
    order = runs.order(object_store.config, sqlite_url, job_id, **options)
    outcome = runs.run(order, tables={"people": frame})
    assert outcome.status == "SUCCEEDED"
    base = artifacts.base(job_id)
    found = runs.published(object_store, job_id)
    return {key.removeprefix(base): body for key, body in found.items()}


def unfolded(name, body):
    """The bytes as they lie, and what archives, Parquet and states hold inside."""
    yield name, body
    if name.endswith((".zip", ".xlsx")):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for member in archive.namelist():
                yield from unfolded(f"{name}/{member}", archive.read(member))
    elif name.endswith(".parquet"):
        yield name, pl.read_parquet(io.BytesIO(body)).write_ndjson().encode()
    elif name.endswith(".arrow"):
        for row in pa.ipc.open_file(body).read_all().to_pylist():
            yield name, row["state"].encode()
            for buffer in row["buffers"]:
                yield name, buffer
                if buffer.startswith(b"ARROW1"):
                    yield name, pl.read_ipc(io.BytesIO(buffer)).write_ndjson().encode()


def leaks(files, secrets=SECRETS):
    """Which secret stands in which file."""
    return {
        (inner, secret)
        for name, body in files.items()
        if not name.startswith(("input/", "tables/"))
        for inner, content in unfolded(name, body)
        if not inner.endswith(".png")
        for secret in secrets
        if any(form in content for form in _forms(secret))
    }


def _forms(secret):
    """A secret as text, and where it is a number or a date, as a state holds it."""
    forms = [secret.encode()]
    if secret.isdigit():
        forms += [int(secret).to_bytes(8, "little"), struct.pack("<d", float(secret))]
    if secret[4:5] == "-":
        days = (date.fromisoformat(secret) - date(1970, 1, 1)).days
        forms.append(days.to_bytes(8, "little", signed=True))
    return forms


def test_no_personal_value_is_published(object_store, sqlite_url):
    """Not in profiles, states, reports, bundles or anything else but input/ and tables/."""
    files = published(object_store, sqlite_url, people(), privacy="mask")

    assert leaks(files) == set()


def test_without_masking_the_same_search_finds_them(object_store, sqlite_url):
    """So the search can fail: results, states, reports and bundles all hold some."""
    files = published(object_store, sqlite_url, people())

    found = leaks(files)

    places = {inner.split("/")[0] for inner, _ in found}
    assert places >= {"phases", "results", "states"}
    assert any("report.xlsx/" in inner for inner, _ in found)
    kinds = {secret for _, secret in found}
    assert {MAILS[0], CARDS[0], PAID[0], NIRS[0], BROKEN, str(BIRTHS[0]), "Quillfeather"} <= kinds


def test_nothing_is_left_in_the_checkpoints(object_store, sqlite_url):
    """Neither while the job runs: what the graph remembers holds no personal value."""
    order = runs.order(object_store.config, sqlite_url, str(uuid.uuid4()), privacy="mask")
    workspace = runs.workspace(order, tables={"people": people()})
    remembered = []
    workspace.tell = lambda *_: remembered.append(_database(sqlite_url))

    runs.run(order, lambda *_, **__: workspace)

    assert any(b"people" in content for content in remembered)
    assert not any(secret.encode() in content for secret in SECRETS for content in remembered)


def _database(url):
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        lines = "\n".join(_dumped(connection))
    finally:
        connection.close()
    return lines.encode()


def _dumped(connection):
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in connection.execute(f'SELECT * FROM "{name}"'):
            yield " ".join(
                each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in row
            )


def test_issues_of_masked_columns_tell_places_alone(object_store, sqlite_url):
    """Whatever is wrong with personal values, no issue, SQL or report cites one."""
    mails = [*MAILS[:30], *(mail.upper() for mail in MAILS[:10]), *(f" {m}" for m in MAILS[40:])]
    frame = people().with_columns(
        mail=pl.Series(mails),
        mail_id=pl.Series([*MAILS[:-1], MAILS[0]]),
        born=pl.Series([date(1900, 1, 1), date(2999, 1, 1), *BIRTHS[2:]]),
        full_name=pl.Series([*(PEOPLE * 2)[:58], "Xaviera Quillfeather Ã©", None]),
    )

    files = published(object_store, sqlite_url, frame, privacy="mask")

    assert leaks(files) == set()
    payload = json.loads(files["phases/dq_validate.json"])
    issues = {(issue["rule"], issue.get("column")): issue for issue in payload["issues"]}
    for key in (
        ("padded_values", "mail"),
        ("mojibake", "full_name"),
        ("broken_checksum", "account"),
    ):
        assert all("row" in each and "value" not in each for each in issues[key]["examples"])
    reasons = {
        entry["reason"]
        for verdict in payload["verdicts"]
        for entry in verdict["inconclusive"]
        if entry["column"] in {"born", "card"}
    }
    assert "its values are masked" in reasons
    told = json.loads(files["phases/profile.json"])["columnProfiles"]
    born = next(column for column in told if column["name"] == "born")
    assert [odd["what"] for odd in born["oddities"]] == []  # a day of five would be the value


def test_counts_shapes_and_meanings_stay(object_store, sqlite_url):
    """How many, how long, of which form and of which type: all that is no value is still told."""
    plain = json.loads(published(object_store, sqlite_url, people())["results/results.json"])

    files = published(object_store, sqlite_url, people(), privacy="mask")

    results = json.loads(files["results/results.json"])
    before, after = (
        {column["name"]: column for column in found["tables"][0]["columnProfiles"]}
        for found in (plain, results)
    )
    mail = after["mail"]
    assert mail["masked"] is True
    assert mail["topValues"] == mail["sampleValues"] == mail["distinctSample"] == []
    assert mail["min"] is mail["max"] is None
    for name in ("count", "nullCount", "distinctCount", "minLength", "patterns", "semanticType"):
        assert mail[name] == before["mail"][name]
    assert "broken" in after["account"]["semanticType"]
    assert after["account"]["semanticType"]["broken"] == {"count": 1, "examples": []}
    assert "mean" not in after["card"]
    assert after["amount"] == before["amount"]
    assert results["correlations"]
    assert results["outliers"]
    for name in ("summary", "metrics"):
        assert results[name]["rows"] == plain[name]["rows"]
    assert results["tables"][0]["duplicateRows"] == plain["tables"][0]["duplicateRows"]
    assert results["tables"][0]["rowsWithNulls"] == plain["tables"][0]["rowsWithNulls"]


def test_the_receipt_says_what_is_masked_and_where_it_is_not(object_store, sqlite_url):
    """Every masked column with its kind, and that input/ and tables/ still hold the data."""
    files = published(object_store, sqlite_url, people(), privacy="mask")

    privacy = json.loads(files["results/ingest_receipt.json"])["privacy"]
    assert privacy["mode"] == "mask"
    assert {entry["column"]: entry["kind"] for entry in privacy["maskedColumns"]} == {
        "mail": "email",
        "card": "payment_card",
        "paid_by": "payment_card",
        "insee": "national_id",
        "account": "iban",
        "born": "date_of_birth",
        "full_name": "person_name",
        "note": "email",
        "contacts": "email",
    }
    assert "input/ and tables/" in privacy["note"]
    text = " ".join(files["results/report.txt"].decode().split())
    assert "input/ and tables/ still hold them" in text


def test_data_and_input_are_left_as_they_are(object_store, sqlite_url):
    """Masking changes neither a part nor the input."""
    plain = published(object_store, sqlite_url, people())

    files = published(object_store, sqlite_url, people(), privacy="mask")

    kept = [name for name in plain if name.startswith(("input/", "tables/"))]
    assert kept
    assert all(files[name] == plain[name] for name in kept)


def test_no_model_learns_from_what_is_masked(object_store, sqlite_url):
    """A personal column is neither feature nor target, and its reason is told."""
    frame = pl.concat([people()] * 4).with_columns(target=pl.col("born") < date(1917, 1, 1))

    plain = published(object_store, sqlite_url, frame)
    files = published(object_store, sqlite_url, frame, privacy="mask")

    before, after = (json.loads(found["phases/ml_inference.json"]) for found in (plain, files))
    reasons = {entry["column"]: entry["reason"] for entry in after["excludedColumns"]}
    assert "born" in before["featureColumns"]
    assert reasons["born"] == reasons["mail"] == "its values are personal, and masked in this job"
    assert not {"born", "mail", "card", "paid_by", "insee", "account", "full_name"} & set(
        after["featureColumns"]
    )
    assert "results/predictions.csv" in files
    assert leaks(files) == set()


@pytest.mark.parametrize(
    "frame",
    [
        people().select("mail"),
        people().select("card", "amount"),
        people().clear(),
        people().head(1),
        people().with_columns(mail=pl.lit(None, pl.String)),
        people().select("amount", "region"),
        people().select("mail").with_columns(mail=pl.lit(MAILS[0])),
    ],
    ids=[
        "one column",
        "one number left",
        "empty",
        "one row",
        "null",
        "nothing personal",
        "constant",
    ],
)
def test_odd_tables_are_masked_too(frame, object_store, sqlite_url):
    """Whatever is left of a table without its personal columns, the job ends well."""
    files = published(object_store, sqlite_url, frame, privacy="mask")

    assert leaks(files) == set()
