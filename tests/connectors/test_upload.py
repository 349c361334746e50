"""Uploads are stored under safe names and sign only what could be a header."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.errors import InvalidSource
from connectors.upload import UploadSource, safe_name

SAFE = set(string.ascii_letters + string.digits + "._-")


@pytest.mark.parametrize(
    ("given_name", "stored"),
    [
        ("../My Data.PARQUET", "My_Data.PARQUET"),
        ("sales.csv", "sales.csv"),
        ("/etc/passwd", "passwd"),
        (r"C:\data\a b.csv", "a_b.csv"),
        (".hidden", "hidden"),
        ("__init__.py", "init__.py"),
        ("", "upload.csv"),
        ("..", "upload.csv"),
        ("folder/", "upload.csv"),
        ("???", "upload.csv"),
        ("a" * 300, "a" * 128),
        ("data\x00\n.csv", "data__.csv"),
        ("naïve.csv.gz", "na_ve.csv.gz"),
    ],
)
def test_stored_names(given_name, stored):
    """The name rule of the API, example by example."""
    assert safe_name(given_name) == stored
    assert UploadSource(filename=given_name).stored_name == stored


@given(st.text(max_size=300))
def test_every_name_becomes_a_safe_one(name):
    """Whatever a client calls its file, the name fits a key, a URL and a header."""
    stored = safe_name(name)

    assert set(stored) <= SAFE
    assert 1 <= len(stored) <= 128
    assert stored[0] not in "._"
    assert safe_name(stored) == stored


def test_an_upload_without_a_name_has_the_default_one():
    """The file name is optional."""
    assert UploadSource().stored_name == "upload.csv"


@pytest.mark.parametrize(
    "fields",
    [
        {"filename": "a.csv", "contentType": "text/csv", "sizeBytes": 3},
        {"fileName": "a.csv", "content_type": "text/csv", "size_bytes": 3},
    ],
)
def test_both_spellings_of_the_fields(fields):
    """camelCase and snake_case mean the same."""
    assert UploadSource.model_validate(fields) == UploadSource(
        filename="a.csv", content_type="text/csv", size_bytes=3
    )


@pytest.mark.parametrize("media_type", ["text/csv", "text/csv; charset=utf-8", "a/b+json"])
def test_media_types_are_kept(media_type):
    """A media type is signed as it was given."""
    assert UploadSource(content_type=media_type).media_type == media_type


@pytest.mark.parametrize("media_type", ["csv", "text/csv\r\nx: y", "a/" + "b" * 300, "text/çsv"])
def test_what_could_not_be_a_header_is_refused(media_type):
    """A content type that a client could never send makes no sense."""
    with pytest.raises(InvalidSource, match="contentType"):
        _ = UploadSource(content_type=media_type).media_type


def test_an_empty_content_type_is_none():
    """Nothing given, nothing signed."""
    assert UploadSource(content_type="").media_type is None


@pytest.mark.parametrize("size", [-1, "many", 1.5, float("nan")])
def test_a_size_counts_bytes(size):
    """A size is a whole number, at least 0."""
    with pytest.raises(ValidationError):
        UploadSource(size_bytes=size)
