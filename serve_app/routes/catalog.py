"""Catalog routes: what this server can read."""

from fastapi import APIRouter

from connectors.registry import SOURCES
from pipelines.choices import Overrides
from pipelines.formats.registry import FORMATS
from serve_app.schemas import ConnectorList, ConnectorView, FormatList, FormatView

router = APIRouter(tags=["catalog"])


@router.get("/connectors")
async def list_connectors() -> ConnectorList:
    """The sources, each with the JSON schema of its `source_config`, and that of `overrides`."""
    return ConnectorList(
        connectors=[
            ConnectorView(
                source_type=source.model_fields["kind"].default,
                description=(source.__doc__ or "").strip(),
                schema_=source.model_json_schema(),
            )
            for source in SOURCES
        ],
        overrides=Overrides.model_json_schema(),
    )


@router.get("/formats")
async def list_formats() -> FormatList:
    """The file formats, in the order in which they are tried."""
    return FormatList(
        formats=[FormatView(name=each.name, extensions=each.extensions) for each in FORMATS]
    )
