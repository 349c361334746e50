"""Catalog routes: what this server can read."""

from typing import Any

from fastapi import APIRouter

from connectors.registry import SOURCES

router = APIRouter(tags=["catalog"])


@router.get("/connectors")
async def list_connectors() -> dict[str, list[dict[str, Any]]]:
    """The sources, each with the JSON schema of its `source_config`."""
    return {
        "connectors": [
            {
                "sourceType": source.model_fields["kind"].default,
                "description": (source.__doc__ or "").strip(),
                "schema": source.model_json_schema(),
            }
            for source in SOURCES
        ]
    }
