"""A request names its source in one of the ways of the API, or hears what is wrong."""

import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.errors import InvalidSource, UnsupportedSource
from connectors.registry import SOURCES, SourceSpec, source_of
from connectors.s3_uri import S3Source, split_uri
from connectors.upload import UploadSource

URI = "s3://bucket/folder/file.csv"
QUERY = {"query": "SELECT 1"}


@pytest.mark.parametrize(
    ("source_type", "config", "path", "source"),
    [
        ("upload", {}, None, UploadSource()),
        ("upload", {"fileName": "a.csv"}, None, UploadSource(filename="a.csv")),
        (" UPLOAD ", {"unknown": 1}, None, UploadSource()),
        ("s3", {}, URI, S3Source(uri=URI)),
        ("s3", {"uri": URI}, None, S3Source(uri=URI)),
        ("s3", {"path": URI}, "", S3Source(uri=URI)),
        ("s3", {"uri": "s3://other/key"}, URI, S3Source(uri=URI)),
    ],
)
def test_sources(source_type, config, path, source):
    """Each way of naming a source gives the same value."""
    assert source_of(source_type, config, path) == source


@pytest.mark.parametrize("source_type", ["ftp", "", None, "kafka", "s 3"])
def test_an_unknown_type_is_refused(source_type):
    """The words that clients match on."""
    with pytest.raises(InvalidSource, match=r"^Unsupported source_type$"):
        source_of(source_type, {})


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "bucket/key",
        "s3://",
        "s3://bucket",
        "s3://bucket/",
        "s3:///key",
        "https://bucket/key",
        "s3://buc ket/key",
        "s3://bucket/a\x00b",
        "s3://bucket/a\nb",
        "s3://bucket/" + "k" * 1025,
    ],
)
def test_what_is_no_s3_path_is_refused(path):
    """The words that clients match on."""
    with pytest.raises(InvalidSource, match=r"^s3_path must be like s3://bucket/key$"):
        source_of("s3", {}, path)


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://b/k", ("b", "k")),
        (URI, ("bucket", "folder/file.csv")),
        ("s3://my.bucket-1/a b/ü?#%20.csv", ("my.bucket-1", "a b/ü?#%20.csv")),
    ],
)
def test_bucket_and_key(uri, parts):
    """A key is taken as it stands: it is no URL."""
    assert split_uri(uri) == parts


@pytest.mark.parametrize(
    ("source_type", "config", "words"),
    [
        ("http", {}, "source_config.url is required for http jobs"),
        ("https", {}, "source_config.url is required for http jobs"),
        ("database", {}, "database jobs require query in source_config"),
        ("database", QUERY, "connection reference"),
        ("database", {**QUERY, "url": "a", "secretArn": "b"}, "only one connection"),
        (
            "database",
            {**QUERY, "connection": {"url": "a"}, "secret_arn": "b"},
            "only one connection",
        ),
        (
            "warehouse",
            {**QUERY, "warehouseType": "oracle"},
            "warehouseType must be redshift, snowflake, bigquery, or databricks",
        ),
        ("warehouse", {"type": "snowflake"}, "require query"),
    ],
)
def test_what_can_never_work_is_said_already(source_type, config, words):
    """The checks of sources to come speak their final words."""
    with pytest.raises(InvalidSource, match=words):
        source_of(source_type, config)


@pytest.mark.parametrize(
    ("source_type", "config"),
    [
        ("http", {"url": "https://example.org/a.csv"}),
        ("database", {**QUERY, "url": "postgresql://u:secret@h/d"}),
        ("database", {**QUERY, "connection": {"type": "secretsManager", "arn": "secret"}}),
        ("warehouse", {**QUERY, "warehouse_type": "redshift", "parameterName": "secret"}),
    ],
)
def test_sources_to_come_are_unsupported(source_type, config):
    """A sentence says that this version cannot, and repeats no secret."""
    with pytest.raises(UnsupportedSource, match="not supported yet by this version") as caught:
        source_of(source_type, config)

    assert caught.value.code == "source.unsupported"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("source_type", "config"),
    [("upload", {"filename": 5}), ("upload", {"sizeBytes": -1}), ("s3", {"uri": ["s3://b/k"]})],
)
def test_a_wrong_shape_is_told_by_field(source_type, config):
    """A value of the wrong type is no source that makes no sense: it is no source."""
    with pytest.raises(ValidationError):
        source_of(source_type, config)


@pytest.mark.parametrize("source", [UploadSource(filename="a.csv"), S3Source(uri=URI)])
def test_a_source_survives_its_json_form(source):
    """The union finds the right kind again."""
    assert TypeAdapter(SourceSpec).validate_json(source.model_dump_json()) == source


def test_sources_lists_the_union():
    """The tuple and the union name the same classes."""
    assert {source.model_fields["kind"].default for source in SOURCES} == {"upload", "s3"}
