"""Announced: sources of the API that this version checks but does not read yet."""

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from connectors.errors import InvalidSource, UnsupportedSource

ANNOUNCED = ("http", "https", "database", "warehouse")
WAREHOUSES = ("redshift", "snowflake", "bigquery", "databricks")
REFERENCES = ("url", "secretArn", "parameterName")


def refuse(kind: str, config: Mapping[str, Any], path: str | None) -> UnsupportedSource:
    """Why this source cannot be read. Raises InvalidSource if it could never be."""
    config = {to_camel(name): value for name, value in config.items()}
    if kind in {"http", "https"} and not (config.get("url") or path):
        raise InvalidSource("source_config.url is required for http jobs")
    if kind == "warehouse":
        warehouse = config.get("warehouseType", config.get("type"))
        if warehouse not in WAREHOUSES:
            raise InvalidSource(
                "warehouseType must be redshift, snowflake, bigquery, or databricks"
            )
    if kind in {"database", "warehouse"}:
        _check_query(kind, config)
    return UnsupportedSource(
        f"source_type {kind} is not supported yet by this version; it reads upload and s3"
    )


def _check_query(kind: str, config: Mapping[str, Any]) -> None:
    if not config.get("query"):
        raise InvalidSource(f"{kind} jobs require query in source_config")
    connection = config.get("connection")
    inner = (
        {to_camel(name): value for name, value in connection.items()}
        if isinstance(connection, Mapping)
        else {}
    )
    given = [name for name in REFERENCES if config.get(name) or inner.get(name)]
    given += [name for name in ("arn", "name") if inner.get(name)]
    if not given:
        raise InvalidSource(
            f"{kind} jobs require a connection reference: url, secretArn or parameterName"
        )
    if len(given) > 1:
        raise InvalidSource(f"only one connection may be given, not {' and '.join(given)}")
