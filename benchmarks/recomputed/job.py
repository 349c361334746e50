"""Job: one file through reading and analytics in this process, as a runner would, without Ray."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.object_store import ObjectStore
from pipelines import artifacts
from pipelines.order import InputObject, JobOrder
from pipelines.runtime.advance import Watch
from pipelines.runtime.learner import Learner
from pipelines.runtime.run import run_job
from pipelines.sandbox import Sandbox
from serve_app.embedded import seaweedfs

CREATED_AT = 1_795_433_400.5
INLINE_BYTES = 1 << 40
BUCKET = "recompute"


@dataclass(frozen=True)
class Published:
    """What a job left in the store, by its path below the job's folder."""

    job_id: str
    status: str
    files: dict[str, bytes]


@dataclass(frozen=True)
class Bench:
    """A store, and children in which files are read and models trained."""

    store: ObjectStore
    children: Sandbox
    learner: Learner
    folder: Path

    def publish(self, name: str, content: bytes) -> Published:
        """The published files of a job over this content; the id follows from name and content."""
        job_id = hashlib.sha256(name.encode() + content).hexdigest()[:32]
        key = artifacts.input_key(job_id, name)
        self.store.put(key, content)
        order = JobOrder(
            job_id=job_id,
            attempt=1,
            created_at=CREATED_AT,
            source={"type": "upload", "bucket": BUCKET, "key": key, "filename": name},
            inputs=(InputObject(BUCKET, key, name),),
            store=self.store.config,
            checkpoints=f"sqlite:///{self.folder / 'jobs.sqlite3'}",
            inline_bytes=INLINE_BYTES,
        )
        outcome = run_job(order, self.children, self.learner, Watch())
        base = artifacts.base(job_id)
        keys = [found.key for found in self.store.keys(base)]
        files = {each.removeprefix(base): self.store.get(each) for each in keys}
        self.store.delete(keys)
        return Published(job_id, outcome.status, files)


@contextmanager
def bench() -> Iterator[Bench]:
    """A store and children, gone at the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = seaweedfs.start(folder / "store", BUCKET)
        children, learner = Sandbox(), Learner()
        try:
            server.wait_ready(["http://localhost:3000"])
            yield Bench(ObjectStore(server.store), children, learner, folder)
        finally:
            learner.close()
            children.close()
            server.stop()
