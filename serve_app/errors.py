"""Errors: which status an error answers with, and problem details (RFC 9457) for all of them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from connectors import errors
from connectors.errors import MetricFoundryError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
METHODS, FULL = ("GET", "POST", "PUT", "PATCH", "DELETE"), Match.FULL

STATUS: Mapping[type[MetricFoundryError], int] = {
    errors.JobNotFound: 404,
    errors.ArtifactNotFound: 404,
    errors.ResultNotReady: 404,
    errors.SourceNotFound: 404,
    errors.UploadChanged: 409,
    errors.JobConflict: 409,
    errors.JobError: 400,
    errors.InvalidRequest: 400,
    errors.LimitExceeded: 413,
    errors.SourceError: 400,
    errors.ReadError: 400,
    errors.StorageFull: 507,
    errors.StorageError: 503,
    errors.ServiceUnavailable: 503,
    MetricFoundryError: 500,
}

# What goes wrong before any of our code is asked.
CODES = {
    400: "request.malformed",
    404: "route.not_found",
    405: "request.method",
    413: "request.too_large",
    415: "request.content_type",
    421: "request.host",
    422: "request.shape",
    500: "internal_error",
}


def status_of(error: MetricFoundryError) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    *,
    retryable: bool = False,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    body = {
        "type": f"urn:metricfoundry:error:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "retryable": retryable,
        "requestId": request_id,
        **more,
    }
    waits = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return JSONResponse(body, status, {**waits, **(headers or {})}, MEDIA_TYPE)


def request_id_of(request: Request) -> str:
    return str(request.scope.get("request_id", ""))


def _told(request: Request, status: int, code: str, detail: str, **more: Any) -> JSONResponse:
    """The problem; and for the log line of the request, what it was."""
    request.scope["problem"] = {"code": code, "error": detail}
    return problem(request_id_of(request), status, code, detail, **more)


def our_error(request: Request, error: MetricFoundryError) -> JSONResponse:
    return _told(
        request,
        status_of(error),
        error.stable_code,
        str(error),
        retryable=error.retryable,
        hint=error.advice,
    )


def http_error(request: Request, error: HTTPException) -> JSONResponse:
    detail = error.detail
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = "There is no such route; GET /docs lists them"
    code = CODES.get(error.status_code, "request.refused")
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"allow": ", ".join(_allowed(request))}
    return _told(request, error.status_code, code, detail, headers=headers)


def _allowed(request: Request) -> list[str]:
    """The methods of all routes of this path; the framework names those of the first."""
    routes: list[BaseRoute] = request.app.routes
    found = [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is FULL for route in routes)
    ]
    return sorted([*found, "HEAD"] if "GET" in found else found)


def invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    """422 for a body of the wrong shape; 400 for broken JSON and for a wrong parameter."""
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return _told(request, 400, CODES[400], "The body is not JSON that can be read")
    no_object = any(each["loc"] == ("body",) and each["type"] != "missing" for each in found)
    if no_object and not _says_json(request):
        sentence = "Send the body as JSON, with the header Content-Type: application/json"
        return _told(request, 415, CODES[415], sentence)
    if all(each["loc"][0] == "body" for each in found):
        listed = [{"pointer": pointer(each["loc"][1:]), "detail": _said(each)} for each in found]
        sentence = "; ".join(
            f"{each['pointer'] or 'the body'}: {each['detail']}" for each in listed
        )
        return _told(request, 422, CODES[422], sentence, errors=listed)
    listed = [
        {"parameter": str(each["loc"][-1]), "detail": _said(each)}
        for each in found
        if each["loc"][0] != "body"
    ]
    sentence = "; ".join(f"{each['parameter']}: {each['detail']}" for each in listed)
    return _told(request, 400, errors.InvalidRequest.code, sentence, errors=listed)


def _said(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def _says_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def pointer(location: tuple[int | str, ...]) -> str:
    """A JSON pointer (RFC 6901).

    >>> pointer(("source_config", "a/b", 0))
    '/source_config/a~1b/0'
    """
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in location)


def install(app: FastAPI) -> None:
    app.add_exception_handler(MetricFoundryError, our_error)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, http_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, invalid_request)  # type: ignore[arg-type]
