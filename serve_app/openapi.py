"""OpenAPI: FastAPI's document, with our problem details in place of its own error shapes."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pipelines.options import JobOptions
from serve_app.errors import MEDIA_TYPE
from serve_app.schemas import Problem

REFERENCE = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def build(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1; every operation names Problem as what any failure answers with."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for fastapis_own in ("HTTPValidationError", "ValidationError"):
        schemas.pop(fastapis_own, None)
    _describe_options(schemas)
    schemas["Problem"] = Problem.model_json_schema(ref_template=REFERENCE)
    failure = {"schema": {"$ref": REFERENCE.format(model="Problem")}}
    for methods in document["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            if MEDIA_TYPE not in answers.get("422", {}).get("content", {}):
                answers.pop("422", None)
            answers["default"] = {
                "description": "What went wrong",
                "content": {MEDIA_TYPE: failure},
            }
    return document


def _describe_options(schemas: dict[str, Any]) -> None:
    """Options are stored as they came, so the request holds an object; here is what is known."""
    known = JobOptions.model_json_schema(ref_template=REFERENCE)
    schemas |= known.pop("$defs", {})
    schemas["JobOptions"] = known
    options = schemas["CreateJob"]["properties"]["options"]
    options["allOf"] = [{"$ref": REFERENCE.format(model="JobOptions")}]
