"""App: the API put together from its parts. Pure assembly, and no Ray."""

import time
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_camel

from connectors.object_store import ObjectStore
from serve_app import errors, logs, openapi
from serve_app.jobs.results import Results
from serve_app.jobs.runner import Dispatcher, NoDispatcher
from serve_app.jobs.service import JobService
from serve_app.jobs.sql_store import SqlJobStore
from serve_app.jobs.store import JobStore
from serve_app.metrics import Metrics, NoMetrics
from serve_app.middleware import BodyLimit, ErrorBoundary, HeadRequests, KnownHosts, RequestLog
from serve_app.routes import catalog, docs, health
from serve_app.routes import jobs as job_routes
from serve_app.routes import results as result_routes
from serve_app.settings import Settings

ROUTERS = (
    health.router,
    job_routes.router,
    result_routes.router,
    catalog.router,
    docs.router,
)


def create_app(
    settings: Settings,
    *,
    store: ObjectStore | None = None,
    jobs: JobStore | None = None,
    dispatcher: Dispatcher | None = None,
    metrics: Metrics | None = None,
    is_behind_serve: bool = False,
) -> FastAPI:
    """The API over these parts; those not given are made from the settings."""
    logs.configure(settings.log_level)
    store = store or ObjectStore(settings.store_config())
    jobs = jobs or SqlJobStore(settings.database_url)
    dispatcher = dispatcher or NoDispatcher()

    app = FastAPI(
        title="MetricFoundry",
        version=_version(),
        summary="Any structured dataset in; typed tables and a trustworthy profile out.",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.jobs = JobService(
        store=store,
        jobs=jobs,
        dispatcher=dispatcher,
        metrics=metrics or NoMetrics(),
        clock=time.time,
        upload_ttl_s=settings.upload_ttl_s,
        single_put_bytes=settings.single_put_bytes,
    )
    app.state.results = Results(store, jobs, settings.download_ttl_s)
    app.state.checks = {
        "job store": jobs.check,
        "object store": store.check,
        "Ray": dispatcher.check,
    }
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
    openapi.install(app)

    # The last one added sees a request first.
    app.add_middleware(HeadRequests)
    app.add_middleware(ErrorBoundary)
    app.add_middleware(BodyLimit)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "HEAD", "POST", "DELETE"],
        allow_headers=["content-type", "x-request-id", "idempotency-key", "authorization"],
        expose_headers=["x-request-id", "retry-after"],
        max_age=600,
    )
    if is_behind_serve:
        app.add_middleware(KnownHosts, names={settings.host, *settings.allowed_hosts})
    app.add_middleware(RequestLog, is_behind_serve=is_behind_serve)
    return app


def _operation_id(route: APIRoute) -> str:
    return to_camel(route.name)


def _version() -> str:
    try:
        return version("metricfoundry")
    except PackageNotFoundError:
        return "0+unknown"
