"""Middleware, pure ASGI: a request id and a log line, a limit on bodies, and a net for bugs."""

import re
import time
from collections.abc import Collection
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve_app.errors import CODES, problem

MAX_BODY_BYTES = 1 << 20
REQUEST_ID = re.compile(r"[A-Za-z0-9._:@/+=-]{1,128}")
PORT = re.compile(r":[0-9]*$")
OWN_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
QUIET = {"/health", "/ready"}

log = structlog.get_logger()


class RequestLog:
    """Gives each request an id (the caller's, if it has one), echoes it, and logs the answer."""

    def __init__(self, app: ASGIApp, *, is_behind_serve: bool = False) -> None:
        self.app = app
        self.is_behind_serve = is_behind_serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        is_echoed = self.is_behind_serve and request_id == given  # by Serve's proxy
        scope["request_id"] = request_id
        status, began = 499, time.perf_counter()  # 499: the client left before the answer

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                if not is_echoed:
                    headers["x-request-id"] = request_id
                headers["x-content-type-options"] = "nosniff"
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                await (log.adebug if scope["path"] in QUIET else log.ainfo)(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    milliseconds=round((time.perf_counter() - began) * 1000, 1),
                    **_job_of(scope),
                    **scope.get("problem", {}),
                )


def _job_of(scope: Scope) -> dict[str, str]:
    job_id = scope.get("path_params", {}).get("job_id")
    return {"job_id": job_id} if job_id else {}


class HeadRequests:
    """Answers HEAD as GET is answered, without the body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_bare(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_bare)


class KnownHosts:
    """Refuses requests for a host that is not ours.

    The API has no keys, so loopback is its fence. A page whose own name is made to point to
    127.0.0.1 ("DNS rebinding") would reach over it, as the same origin; but its name shows.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self.app = app
        self.names = {*OWN_NAMES, *names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self.names & {"*", host_name(Headers(scope=scope))}:
            await self.app(scope, receive, send)
            return
        detail = "This service does not answer to that host name (MF_ALLOWED_HOSTS)"
        answer = problem(scope["request_id"], 421, CODES[421], detail)
        await answer(scope, receive, send)


def host_name(headers: Headers) -> str:
    """The name that is asked for, without the port.

    >>> [host_name(Headers({"host": host})) for host in ("LocalHost:8000", "[::1]:80", "a.b")]
    ['localhost', '[::1]', 'a.b']
    """
    return PORT.sub("", headers.get("host", "")).lower()


class BodyLimit:
    """Reads the body before the app does, and refuses one that is too long.

    No body is large: data goes to the object store, not through the API.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced[:20]) > self.limit:
            await self._refuse(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self.limit:
                await self._refuse(scope, receive, send)
                return
        held: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return held.pop() if held else await receive()

        await self.app(scope, replay, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"The body is longer than {self.limit:,} bytes"
        answer = problem(scope["request_id"], 413, CODES[413], detail)
        await answer(scope, receive, send)


class ErrorBoundary:
    """An unexpected exception is logged in full and answered without details."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            if scope["type"] != "http" or begun:
                raise
            await log.aexception("request.failed", path=scope["path"])
            detail = "Something went wrong on our side; the log has it under the request id"
            answer = problem(scope["request_id"], 500, CODES[500], detail)
            await answer(scope, receive, send)
