import csv
import io
import json
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.errors import StorageError
from pipelines import artifacts, publish


@pytest.mark.parametrize(
    "payload",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "-", "-2-3"],
)
def test_no_text_cell_is_a_formula(payload):
    """What a spreadsheet would evaluate starts with an apostrophe, in the header too."""
    body = publish.csv_bytes([payload, "b"], [{payload: payload, "b": 1}])

    header, row = csv.reader(io.StringIO(body.decode(), newline=""))
    assert header[0] == row[0] == f"'{payload}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [(-2.5, "-2.5"), (1e-300, "1e-300"), (None, ""), ("-9007199254740993", "-9007199254740993")],
)
def test_numbers_stay_numbers(value, cell):
    """The guard touches text only; a number too big for JSON is still a number."""
    body = publish.csv_bytes(["a", "b"], [{"a": value, "b": 0}])

    assert body.decode().splitlines()[1] == f"{cell},0"


def test_json_is_strict():
    """NaN and infinity have no place in JSON: they are null."""
    body = publish.json_bytes({"a": float("nan"), "b": [float("inf")], "ü": "<"})

    assert json.loads(body) == {"a": None, "b": [None], "ü": "<"}


def test_the_same_files_make_the_same_archive():
    """An archive depends on its files alone."""
    files = [("a.txt", b"text" * 100), ("graphs/b.png", b"\x89PNG")]

    archive = publish.zip_bytes(files)

    assert archive == publish.zip_bytes(files)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert [(name, opened.read(name)) for name in opened.namelist()] == files


def test_a_manifest_is_committed_once(object_store):
    """Of many attempts with the same bytes all succeed; one with other bytes is refused."""
    key = f"artifacts/{uuid.uuid4()}/manifest.json"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: publish.commit(object_store, key, b"ours"), range(8)))

    assert object_store.get(key) == b"ours"
    with pytest.raises(StorageError) as refusal:
        publish.commit(object_store, key, b"theirs")
    assert refusal.value.retryable
    assert object_store.get(key) == b"ours"


def test_the_sweep_leaves_what_is_named_and_the_inputs(object_store):
    """Everything else of this job goes, and nothing of another job."""
    job, other = str(uuid.uuid4()), str(uuid.uuid4())
    base = artifacts.base(job)
    kept = [base + path for path in ("input/a.csv", "manifest.json", "results/manifest.json", "b")]
    strays = [f"{base}stray", f"{base}tables/t/part-00007.parquet"]
    for key in [*kept, *strays, f"artifacts/{other}/x"]:
        object_store.put(key, b"x")

    publish.sweep(object_store, job, frozenset({f"{base}b"}))

    assert {found.key for found in object_store.keys(base)} == set(kept)
    assert object_store.get(f"artifacts/{other}/x") == b"x"


def test_a_failed_job_leaves_its_reason(object_store):
    """error.json has the sentence under the name that old clients know, and all details."""
    job = str(uuid.uuid4())
    failure = {"code": "format.unknown", "message": "No.", "hint": "Look.", "retryable": False}

    key = publish.write_error(object_store, job, failure)

    assert key == f"artifacts/{job}/results/error.json"
    assert json.loads(object_store.get(key)) == {
        "jobId": job,
        "error": "No.",
        "errorDetail": failure,
    }
