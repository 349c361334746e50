"""Clean: retention by hand, with the service running or not."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.object_store import ObjectStore
from serve_app import migrations
from serve_app.embedded import folder as folders
from serve_app.embedded import reserve, seaweedfs, service_record
from serve_app.embedded.seaweedfs import SeaweedFS
from serve_app.embedded.stack import complete
from serve_app.jobs.retention import DAY_S, remove_old
from serve_app.jobs.sql_store import SqlJobStore
from serve_app.settings import Settings


def clean(settings: Settings, days: float, say: Callable[[str], None]) -> int:
    """Remove the jobs that ended more than so many days ago; gives how many."""
    with _room(settings.home), _object_server(settings, say) as server:
        full = complete(settings, server)
        migrations.migrate(full.database_url)
        jobs = SqlJobStore(full.database_url)
        removed = len(remove_old(jobs, ObjectStore(full.store_config()), days))
        _remove_copies(settings.home / "results", time.time() - days * DAY_S)
        if server and (removed or server.store.disk_is_full()):
            say("giving the space back")
            server.vacuum()
    return removed


@contextmanager
def _room(home: Path) -> Iterator[None]:
    """Some room to work in, however full the disk is."""
    reserve.release(home)
    try:
        yield
    finally:
        reserve.keep(home)


def _remove_copies(folder: Path, moment: float) -> None:
    """The copies of results that `run` and `open` made before that moment."""
    for copy in folder.glob("*/"):
        if copy.stat().st_mtime < moment:
            shutil.rmtree(copy)


@contextmanager
def _object_server(settings: Settings, say: Callable[[str], None]) -> Iterator[SeaweedFS | None]:
    """The embedded S3 server: the running service's, or started for the moment."""
    if settings.s3_endpoint:
        yield None
        return
    folder = settings.home / "s3"
    if service_record.find(settings.home):
        yield seaweedfs.attach(folder, settings.s3_bucket)
        return
    with folders.lock(settings.home):
        say("starting the S3 server")
        server = seaweedfs.start(folder, settings.s3_bucket)
        try:
            server.wait_ready(list(settings.cors_origins))
            yield server
        finally:
            server.stop()
