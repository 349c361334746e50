"""Stack: the S3 server, Ray and the API on one machine, started and stopped as one."""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import SecretStr

from connectors.errors import Misconfigured, ServiceUnavailable
from connectors.object_store import ObjectStore
from serve_app.api_client import ApiClient
from serve_app.embedded import folder as folders
from serve_app.embedded import ports, reserve, seaweedfs, service_record
from serve_app.embedded.child import ChildProcess
from serve_app.embedded.ray_head import RayHead
from serve_app.embedded.seaweedfs import SeaweedFS
from serve_app.embedded.service_record import ServiceRecord
from serve_app.settings import Settings

DATABASE = "jobs.sqlite3"
LOGS = "ray/sessions/session_latest/logs"
READY_TIMEOUT_S = 150.0  # a busy machine starts a runner in a minute


@dataclass(slots=True)
class Stack:
    """What runs. `settings` are complete: they name the servers that were started."""

    settings: Settings
    ownership: IO[str]
    s3_server: SeaweedFS | None = None
    ray_head: RayHead | None = None

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{self.settings.port}"

    @property
    def dashboard_url(self) -> str:
        return self.ray_head.dashboard_url if self.ray_head else ""

    @property
    def token_path(self) -> Path | None:
        return self.ray_head.token_path if self.ray_head else None

    def watch(self) -> None:
        """Start the S3 server again if it has died; its address and keys stay the same."""
        if self.s3_server:
            self.s3_server.revive()

    def stop(self) -> None:
        """Stop what was started, in reverse order. Running jobs go on at the next start."""
        service_record.remove(self.settings.home)
        if self.s3_server:
            self.s3_server.process.ask_to_stop()
        if self.ray_head:
            self.ray_head.stop()
        if self.s3_server:
            self.s3_server.stop()
        self.ownership.close()


def start(settings: Settings, *, transient: bool, say: Callable[[str], None]) -> Stack:
    """Start everything that the settings leave to us; `say` hears of each step.

    A `transient` stack, for one job, does without the dashboard and the second replica, which
    cost seconds. Call it from the main thread. Raises Misconfigured or ServiceUnavailable.
    """
    require_loopback(settings.host)
    home = settings.home.resolve()
    ownership = folders.lock(home)
    stack = Stack(settings.model_copy(update={"home": home}), ownership)
    if not ports.is_free(settings.port, settings.host):
        ownership.close()
        raise ServiceUnavailable(
            f"port {settings.port} on {settings.host} is taken by another program",
            hint="Set MF_PORT to a free port, or stop the other program.",
        )
    try:
        reserve.keep(home)
        _fill(stack, transient=transient, say=say)
    except BaseException:
        stack.stop()
        raise
    return stack


def require_loopback(host: str) -> None:
    """Raises Misconfigured for an address that other machines could reach."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise Misconfigured(
            f"the API does not listen on {host}: it has no API keys yet, so loopback only",
            hint="Set MF_HOST to 127.0.0.1, and put a reverse proxy that asks for a password "
            "in front of it where others need it.",
        )


def _fill(stack: Stack, *, transient: bool, say: Callable[[str], None]) -> None:
    home = stack.settings.home
    if not stack.settings.s3_endpoint:
        say("starting the S3 server")
        stack.s3_server = seaweedfs.start(home / "s3", stack.settings.s3_bucket)
    stack.settings = complete(stack.settings, stack.s3_server)

    say("starting Ray")
    from serve_app.embedded import ray_head

    if transient:
        stack.settings = stack.settings.model_copy(update={"runners": 1})
    stack.ray_head = ray_head.start(
        home / "ray",
        runners=stack.settings.runners,
        cpus=stack.settings.ray_cpus,
        dashboard=not transient,
    )
    prepare(stack.settings, stack.s3_server)

    say("starting the API")
    from serve_app import deployment

    deployment.run(stack.settings, replicas=1 if transient else 2)
    _wait_ready(stack)
    _record(stack, transient=transient).write(home)


def _wait_ready(stack: Stack) -> None:
    """Until jobs would run, not merely be taken. Raises ServiceUnavailable with what is missing."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    with ApiClient(stack.url) as client:
        while missing := client.missing():
            if time.monotonic() > deadline:
                raise ServiceUnavailable(
                    f"the service is not ready: {missing}",
                    hint=f"The logs are in {stack.settings.home / LOGS}.",
                )
            time.sleep(0.1)


def complete(settings: Settings, s3_server: SeaweedFS | None) -> Settings:
    """The settings with the addresses and keys of the embedded servers filled in."""
    found: dict[str, object] = {}
    if s3_server:
        found |= {
            "s3_endpoint": s3_server.store.endpoint,
            "s3_access_key": s3_server.store.access_key,
            "s3_secret_key": SecretStr(s3_server.store.secret_key),
            "s3_data_folder": s3_server.store.data_folder,
        }
    if not settings.database_url:
        found["database_url"] = f"sqlite:///{settings.home / DATABASE}"
    return settings.model_copy(update=found)


def prepare(settings: Settings, s3_server: SeaweedFS | None) -> None:
    """Bucket and tables, before anyone asks for them."""
    from serve_app import migrations

    if s3_server:
        s3_server.wait_ready(list(settings.cors_origins))
    else:
        ObjectStore(settings.store_config()).ensure_bucket(list(settings.cors_origins))
    migrations.migrate(settings.database_url)


def _record(stack: Stack, *, transient: bool) -> ServiceRecord:
    return ServiceRecord(
        process=ChildProcess.current(),
        url=stack.url,
        ports={
            "api": stack.settings.port,
            **({"s3": stack.s3_server.ports["s3"]} if stack.s3_server else {}),
        },
        s3_endpoint=stack.settings.s3_endpoint,
        dashboard_url=stack.dashboard_url,
        transient=transient,
    )
