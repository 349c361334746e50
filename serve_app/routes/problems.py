"""Problems: the error answers of a route, for its documentation."""

from http import HTTPStatus
from typing import Any

from serve_app.errors import MEDIA_TYPE

SCHEMA = {"schema": {"$ref": "#/components/schemas/Problem"}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these statuses."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: SCHEMA}}
        for status in statuses
    }
