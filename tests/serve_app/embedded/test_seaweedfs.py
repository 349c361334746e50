"""SeaweedFS: a real server, and every door of it tried."""

import io
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace

import boto3
import grpc
import httpx2 as httpx
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from connectors.errors import ServiceUnavailable, StorageFull
from connectors.object_store import ObjectStore
from serve_app.embedded import seaweedfs
from serve_app.embedded.child import ChildProcess
from serve_app.embedded.folder import FolderInUse, lock
from serve_app.embedded.ports import GRPC_OFFSET

ORIGIN = "http://localhost:3000"
HTTP_DOORS = ("master", "volume", "filer")
REQUESTS = (
    ("GET", "/dir/assign"),
    ("GET", "/dir/lookup?volumeId=1&read=yes"),
    ("GET", "/dir/lookup?fileId=1,0102030405&read=yes"),
    ("GET", "/col/delete?collection=metricfoundry"),
    ("GET", "/vol/vacuum"),
    ("POST", "/submit"),
    ("GET", "/"),
    ("GET", "/buckets/metricfoundry/doors/secret"),
    ("PUT", "/buckets/metricfoundry/doors/intruder"),
    ("DELETE", "/buckets/metricfoundry/doors/secret"),
    ("GET", "/1,0102030405"),
    ("POST", "/1,0102030405"),
    ("DELETE", "/1,0102030405"),
    ("GET", "/ui/index.html"),
    ("GET", "/debug/pprof/"),
)
CLOSED = {400, 401, 403, 404, 405}


@contextmanager
def running(folder):
    server = seaweedfs.start(folder, "metricfoundry")
    try:
        server.wait_ready([ORIGIN])
        yield server
    finally:
        server.stop(grace_s=0)


def boto(config):
    return boto3.client(
        "s3",
        endpoint_url=config.endpoint,
        region_name=config.region,
        aws_access_key_id=config.access_key,
        aws_secret_access_key=config.secret_key,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize("door", HTTP_DOORS)
@pytest.mark.parametrize("method, path", REQUESTS)
def test_side_doors_are_shut_to_http(s3_server, object_store, door, method, path):
    """Whatever is not S3 gives, takes and deletes nothing without a token or certificate."""
    object_store.put("doors/secret", b"secret")

    address = f"http://127.0.0.1:{s3_server.ports[door]}{path}"
    try:
        answer = httpx.request(method, address, content=b"x" if method in {"PUT", "POST"} else None)
    except httpx.TransportError:
        pass  # the master speaks TLS, and hangs up
    else:
        assert answer.status_code in CLOSED
        assert b"secret" not in answer.content
        assert "authorization" not in answer.headers
    assert object_store.get("doors/secret") == b"secret"


@pytest.mark.parametrize("door", ["master", "volume", "filer", "s3"])
def test_side_doors_are_shut_to_grpc(s3_server, door):
    """Every gRPC port asks for a certificate that only the server itself has."""
    address = f"127.0.0.1:{s3_server.ports[door] + GRPC_OFFSET}"
    authority = (s3_server.folder / "ca.crt").read_bytes()

    for channel in (
        grpc.insecure_channel(address),
        grpc.secure_channel(address, grpc.ssl_channel_credentials(authority)),
    ):
        with channel, pytest.raises(grpc.RpcError):
            channel.unary_unary("/filer_pb.SeaweedFiler/GetFilerConfiguration")(b"", timeout=5)


@pytest.mark.parametrize("path", ["/", "/metricfoundry", "/metricfoundry/doors/secret"])
def test_s3_is_shut_to_strangers(s3_server, object_store, path):
    """Without a signature there is nothing to see, to write or to delete."""
    object_store.put("doors/secret", b"secret")

    for method in ("GET", "PUT", "DELETE"):
        answer = httpx.request(method, s3_server.store.endpoint + path)
        assert answer.status_code in {403, 405}, method


def test_nothing_listens_beyond_loopback(s3_server):
    """All its ports are on 127.0.0.1, and all of them are the recorded ones."""
    process = psutil.Process(s3_server.process.pid)
    listening = [each for each in process.net_connections() if each.status == psutil.CONN_LISTEN]

    assert {each.laddr.ip for each in listening} == {"127.0.0.1"}
    recorded = set(s3_server.ports.values())
    assert {each.laddr.port for each in listening} == recorded | {
        port + GRPC_OFFSET for port in recorded
    }


def test_keys_are_private_files(s3_server):
    """Nobody else on the machine reads keys, tokens or certificates."""
    for name in ("keys.json", "s3.json", "security.toml", "node.key", "server.json"):
        assert stat.S_IMODE((s3_server.folder / name).stat().st_mode) == 0o600, name


def test_a_guest_key_is_good_for_its_bucket_only(s3_server, object_store):
    """The key that `doctor --s3` prints reads the bucket, writes below `raw/`, and no more."""
    guest = boto(s3_server.guest)
    boto(s3_server.store).create_bucket(Bucket="somebody-elses")
    object_store.put("artifacts/1/manifest.json", b"{}")
    theirs = {"Bucket": "metricfoundry", "Key": "raw/hello"}
    ours = {"Bucket": "metricfoundry", "Key": "artifacts/1/manifest.json"}

    guest.put_object(**theirs, Body=b"hello")
    guest.upload_fileobj(io.BytesIO(bytes(9 << 20)), "metricfoundry", "raw/in/parts")
    guest.delete_object(Bucket="metricfoundry", Key="raw/in/parts")

    assert object_store.get("raw/hello") == b"hello"
    assert guest.get_object(**ours)["Body"].read() == b"{}"
    assert guest.list_objects_v2(Bucket="metricfoundry", Prefix="raw/")["KeyCount"] == 1
    for forbidden in (
        lambda: guest.put_object(**ours, Body=b"x"),
        lambda: guest.put_object(Bucket="metricfoundry", Key="raw/../artifacts/1/x", Body=b"x"),
        lambda: guest.put_object(Bucket="metricfoundry", Key="rawer", Body=b"x"),
        lambda: guest.copy_object(**ours, CopySource=theirs),
        lambda: guest.create_multipart_upload(**ours),
        lambda: guest.delete_object(**ours),
        lambda: refused(guest.delete_objects(Bucket="metricfoundry", Delete=listed(ours))),
        lambda: guest.put_object_tagging(**ours, Tagging={"TagSet": []}),
        lambda: guest.delete_bucket_cors(Bucket="metricfoundry"),
        lambda: guest.put_object(Bucket="somebody-elses", Key="x", Body=b"x"),
        lambda: guest.list_objects_v2(Bucket="somebody-elses"),
        lambda: guest.create_bucket(Bucket="one-more"),
        lambda: guest.delete_bucket(Bucket="metricfoundry"),
    ):
        with pytest.raises(ClientError, match=r"AccessDenied|InvalidRequest"):
            forbidden()
    assert object_store.get("artifacts/1/manifest.json") == b"{}"


def listed(one):
    return {"Objects": [{"Key": one["Key"]}]}


def refused(answer):
    """What is refused key by key is told in an answer of its own."""
    for error in answer.get("Errors", ()):
        raise ClientError({"Error": error}, "DeleteObjects")


def test_presigned_urls_work_by_plain_http(object_store):
    """A bare PUT and a GET, as curl sends them."""
    put = object_store.presign_put("signed/hello.csv", 60)
    assert httpx.put(put, content=b"a,b\n1,2\n").status_code == 200

    answer = httpx.get(object_store.presign_get("signed/hello.csv", 60))

    assert (answer.status_code, answer.content) == (200, b"a,b\n1,2\n")


def test_a_presigned_url_is_for_one_key_and_method(object_store):
    """Another key, another method, or one letter more is refused."""
    object_store.put("signed/one", b"one")
    object_store.put("signed/two", b"two")
    link = object_store.presign_get("signed/one", 60)

    assert httpx.get(link.replace("signed/one", "signed/two")).status_code == 403
    assert httpx.put(link, content=b"x").status_code == 403
    assert httpx.delete(link).status_code == 403
    assert httpx.get(link.replace("X-Amz-Expires=60", "X-Amz-Expires=600")).status_code == 403


def test_a_page_of_a_listed_origin_may_use_presigned_urls(object_store):
    """The preflight of a browser is answered for our origins, and for no others."""
    link = object_store.presign_put("signed/page.csv", 60)

    def preflight(origin):
        asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        asked["Access-Control-Request-Headers"] = "content-type"
        return httpx.options(link, headers=asked)

    assert preflight(ORIGIN).status_code == 200
    assert preflight(ORIGIN).headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in preflight("http://evil.example").headers
    answer = httpx.put(link, content=b"x", headers={"Origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "ETag" in answer.headers["access-control-expose-headers"]


@pytest.mark.slow
def test_objects_and_addresses_outlive_a_restart(tmp_path):
    """Started again: the same objects, keys and ports, so that old links work.

    Only a port that another program has taken in between is replaced.
    """
    with running(tmp_path / "s3") as first:
        ObjectStore(first.store).put("kept/file", b"kept")
        link = ObjectStore(first.store).presign_get("kept/file", 600)
    assert not first.process.is_alive

    with running(tmp_path / "s3") as second:
        assert second.store == first.store
        assert httpx.get(link).content == b"kept"

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first.ports["s3"]))
        other.listen()
        with running(tmp_path / "s3") as third:
            assert third.ports["s3"] != first.ports["s3"]
            assert ObjectStore(third.store).get("kept/file") == b"kept"


@pytest.mark.slow
def test_a_killed_server_is_revived_with_its_objects(tmp_path):
    """SIGKILL in the middle of its work loses nothing that was stored."""
    with running(tmp_path / "s3") as server:
        store = ObjectStore(server.store)
        for number in range(20):
            store.put(f"kept/{number}", bytes([number]) * 10_000)
        os.kill(server.process.pid, signal.SIGKILL)
        while server.process.is_alive:
            time.sleep(0.01)

        server.revive()
        server.wait_ready([ORIGIN])

        assert [store.get(f"kept/{number}")[0] for number in range(20)] == list(range(20))


@pytest.mark.slow
def test_two_checkouts_run_side_by_side(s3_server, tmp_path):
    """Another folder, however deep, is another server with its own ports and keys."""
    deep = tmp_path.joinpath(*["a-rather-long-name"] * 8)  # a unix socket's path ends at 107
    with running(deep / "s3") as other:
        assert not set(other.ports.values()) & set(s3_server.ports.values())
        stranger = boto(replace(other.store, endpoint=s3_server.store.endpoint))
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            stranger.list_buckets()


def test_a_folder_has_one_server(s3_server):
    """A second start on the same folder is refused."""
    with pytest.raises(FolderInUse):
        seaweedfs.start(s3_server.folder, "metricfoundry")


def test_a_server_dies_with_its_parent(tmp_path):
    """SIGKILL of the parent leaves no server behind, and the folder can be owned again."""
    code = (
        "import pathlib, sys, time\n"
        "from serve_app.embedded import seaweedfs\n"
        "server = seaweedfs.start(pathlib.Path(sys.argv[1]), 'metricfoundry')\n"
        "print(server.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "s3")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        child = ChildProcess.of(int(parent.stdout.readline()))
        parent.kill()

    deadline = time.monotonic() + 20
    while child.is_alive and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.is_alive
    lock(tmp_path / "s3").close()


def test_a_stale_record_harms_nobody(tmp_path):
    """A pid that now belongs to another process is left alone."""
    folder = tmp_path / "s3"
    folder.mkdir()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        record = f'{{"process": {{"pid": {bystander.pid}, "started_at": 1.0}}, "ports": {{}}}}'
        (folder / "server.json").write_text(record)

        seaweedfs.start(folder, "metricfoundry").stop(grace_s=0)

        assert bystander.poll() is None
        bystander.kill()


def test_a_server_that_cannot_start_says_where_to_look(tmp_path, monkeypatch):
    """The log is named, and nothing keeps running."""
    monkeypatch.setattr(seaweedfs, "binary", lambda: shutil.which("false"))
    server = seaweedfs.start(tmp_path / "s3", "metricfoundry")

    with pytest.raises(ServiceUnavailable, match=r"server\.log"):
        server.wait_ready([ORIGIN])

    assert not server.process.is_alive


@pytest.mark.slow
def test_deleted_objects_give_their_space_back(tmp_path):
    """After a vacuum the disk holds what the bucket holds."""
    with running(tmp_path / "s3") as server:
        store = ObjectStore(server.store)
        for number in range(8):
            store.put(f"large/{number}", os.urandom(4 << 20))
        before = size(server.folder)
        store.delete([f"large/{number}" for number in range(8)])

        server.vacuum()

        assert before > 32 << 20
        assert size(server.folder) < before / 4


def size(folder):
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def small_disk(tmp_path):
    """A disk that is fuller than the server allows; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=320m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here: that takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_said_to_be_full(small_disk):
    """The error is StorageFull, not a failure that a retry might mend; the rest stays readable."""
    with running(small_disk / "s3") as server:
        store = ObjectStore(server.store)

        with pytest.raises(StorageFull):
            fill(store)

        assert list(store.keys("full/0"))


@pytest.mark.slow
def test_a_full_disk_gets_its_space_back(small_disk):
    """What was deleted goes from the disk, though the server's own vacuum has no room to work."""
    with running(small_disk / "s3") as server:
        store = ObjectStore(server.store)
        with pytest.raises(StorageFull):
            fill(store)
        before = shutil.disk_usage(small_disk).free

        kept, *others = [each.key for each in store.keys("full/")]
        held = store.get(kept)
        store.delete(others)
        server.vacuum()

        assert store.get(kept) == held  # and what else is in its volume, which stays
        assert shutil.disk_usage(small_disk).free > before + (64 << 20)
        store.delete([kept])
        server.vacuum()
        assert shutil.disk_usage(small_disk).free > before + (192 << 20)


def fill(store):
    for number in range(100):
        store.put(f"full/{number}", os.urandom(4 << 20))
