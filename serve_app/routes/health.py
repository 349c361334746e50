"""Health routes: whether the process lives, and whether it could take and run a job."""

from collections.abc import Callable
from functools import partial

import anyio
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response

from connectors.errors import MetricFoundryError
from serve_app.errors import problem, request_id_of
from serve_app.routes.problems import problems
from serve_app.schemas import Check, Health, Readiness

PATIENCE_S = 5.0

router = APIRouter(tags=["health"])
log = structlog.get_logger()


@router.get("/health")
async def get_health() -> Health:
    """The process lives."""
    return Health()


@router.get("/ready", response_model=Readiness, responses=problems(503))
async def get_readiness(request: Request) -> Readiness | Response:
    """One line for each thing that the service needs."""
    checks: list[Check] = []
    async with anyio.create_task_group() as group:
        for name, check in request.app.state.checks.items():
            group.start_soon(_run, name, check, checks)
    checks.sort(key=lambda check: check.name)
    if all(check.ok for check in checks):
        return Readiness(ready=True, checks=checks)
    return problem(
        request_id_of(request),
        503,
        "service.unavailable",
        "; ".join(f"{check.name}: {check.detail}" for check in checks if not check.ok),
        retryable=True,
        ready=False,
        checks=[check.model_dump() for check in checks],
    )


async def _run(name: str, check: Callable[[], None], into: list[Check]) -> None:
    detail = "ok"
    try:
        with anyio.fail_after(PATIENCE_S):
            await anyio.to_thread.run_sync(partial(check), abandon_on_cancel=True)
    except MetricFoundryError as error:
        detail = str(error)
    except TimeoutError:
        detail = f"no answer within {PATIENCE_S:g} s"
    except Exception:  # noqa: BLE001 (a broken check is an answer too)
        await log.aexception("ready.check_failed", check=name)
        detail = "the check itself failed; the log says why"
    into.append(Check(name=name, ok=detail == "ok", detail=detail))
