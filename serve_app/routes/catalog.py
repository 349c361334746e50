"""Catalog routes: what this server can read, and what its results look like."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path

from connectors.registry import SOURCES
from pipelines.choices import Overrides
from pipelines.formats.registry import FORMATS
from pipelines.results_schema import schemas
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


@router.get("/schemas/{name}")
async def get_schema(
    name: Annotated[str, Path(description="`results-` and the `analysisVersion` of results.json.")],
) -> dict[str, Any]:
    """The JSON Schema that a results.json of this version follows."""
    if name not in schemas():
        raise HTTPException(404)
    return dict(schemas()[name])
