"""Publishing: the same figures give the same bytes, and the manifest commits them."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.errors import StorageError
from connectors.object_store import ObjectStore
from pipelines import artifacts
from pipelines.artifacts import JSON_TYPE

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
DEFLATE_LEVEL = 3  # a third of the time of zlib's default, and a tenth more bytes
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def json_bytes(value: Any) -> bytes:
    r"""Strict JSON in the order given; what is not a number (NaN, infinity) is null.

    >>> json_bytes({"b": float("nan"), "a": "é"}).decode()
    '{"b":null,"a":"é"}\n'
    """
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS)


def csv_bytes(header: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    r"""A CSV file whose text cells no spreadsheet takes for a formula (OWASP, CSV injection).

    >>> csv_bytes(["name", "mean"], [{"name": "=1+1", "mean": -2.5}]).decode()
    "name,mean\r\n'=1+1,-2.5\r\n"
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(row.get(name)) for name in header] for row in rows)
    return stream.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    """Numbers beyond 2^53 travel as text; `-9007199254740993` is no formula."""
    return text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii()


def zip_bytes(files: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive whose bytes depend on its files alone: no clock, no user, fixed order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, body in files:
            entry = zipfile.ZipInfo(path, ZIP_EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            packed = path.endswith((".png", ".parquet", ".zip", ".skops", ".xlsx"))
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, body, compresslevel=None if packed else DEFLATE_LEVEL)
    return stream.getvalue()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def iso(epoch_s: float) -> str:
    """A time on the wire: ISO 8601, UTC, whole seconds.

    >>> iso(0.9)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(int(epoch_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def commit(store: ObjectStore, key: str, manifest: bytes) -> None:
    """Write the manifest, once. An equal one that lies there already is just as good.

    Raises StorageError when another attempt has published other bytes: a retry then finds them.
    """
    if store.put_if_absent(key, manifest, JSON_TYPE):
        return
    if store.get(key) != manifest:
        raise StorageError(f"another attempt has already published {key}")


def sweep(store: ObjectStore, job_id: str, keep: frozenset[str]) -> None:
    """Remove what lies under the job and is neither kept, nor a manifest, nor an input."""
    inputs = artifacts.input_key(job_id, "")
    manifests = {artifacts.manifest_key(job_id), artifacts.result_key(job_id, "manifest.json")}
    strays = [
        found.key
        for found in store.keys(artifacts.base(job_id))
        if found.key not in keep | manifests and not found.key.startswith(inputs)
    ]
    if strays:
        store.delete(strays)


def error_bytes(job_id: str, failure: Mapping[str, Any]) -> bytes:
    """The body of `results/error.json`; `failure` holds code, message, hint and retryable."""
    return json_bytes({"jobId": job_id, "error": failure["message"], "errorDetail": dict(failure)})


def write_error(store: ObjectStore, job_id: str, failure: Mapping[str, Any]) -> str:
    """Leave `results/error.json` for a job that failed outside of its graph; answers its key."""
    key = artifacts.result_key(job_id, "error.json")
    store.put(key, error_bytes(job_id, failure), JSON_TYPE)
    return key
