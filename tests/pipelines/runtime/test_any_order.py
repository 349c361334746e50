"""Any order: a whole job publishes the same bytes, whichever fragment is finished first."""

import io
import json
import random
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from connectors.object_store import ObjectStore
from pipelines import artifacts
from pipelines.analytics.graph import run_graph
from pipelines.analytics.store_workspace import StoreWorkspace
from pipelines.containers.limits import Limits
from pipelines.formats import delimited
from pipelines.ingest import Ingested, InputFile
from pipelines.order import InputObject, JobOrder
from pipelines.publish import sha256
from pipelines.runtime.engine import InlineEngine
from pipelines.runtime.ingest_run import ingest
from pipelines.sandbox import Sandbox
from pipelines.scan import PartOrder, PartResult
from pipelines.source_plan import plan

LIMITS = Limits()
CREATED_AT = 1_795_433_400.5


@dataclass(frozen=True)
class Shuffled:
    """Scans as the engine it holds does, and answers in an order of its own."""

    engine: InlineEngine
    chance: random.Random

    def scan(self, orders: Sequence[PartOrder]) -> Iterator[PartResult]:
        asked = list(orders)
        self.chance.shuffle(asked)
        results = list(self.engine.scan(asked))
        self.chance.shuffle(results)
        yield from results


def measurements() -> bytes:
    """A megabyte: cells with line breaks, sums that round, codes far down a column of numbers.

    Every range begins by guessing, and some within a quoted cell.
    """
    r = random.Random(3)
    rows = ["n,x,day,place,code,note\n"]
    for n in range(20_000):
        x = r.choice(["", "NA", f"{r.gauss(0, 1) * 10 ** r.randrange(-8, 9)!r}"])
        day = f"20{r.randrange(10, 40)}-{1 + n % 12:02d}-{1 + n % 28:02d}T12:00:00+0{n % 3}:00"
        code = f"0{n}" if 6_500 < n < 6_600 else str(n % 90)
        note = '"two\nlines, ""quoted""\n"' if r.random() < 0.5 else f"user{n % 40}@example.org"
        rows.append(f"{n},{x},{day},{r.choice(['Ulm', 'ulm', 'Bonn '])},{code},{note}\n")
    return "".join(rows + rows[50:90]).encode()


def days() -> bytes:
    """Twenty members that make one table, but for one that is no gzip file, and another table."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for day in range(20):
            lines = (f"{day * 100 + n},{(day * n) % 7 / 10},{'ab'[n % 2]}\n" for n in range(150))
            archive.writestr(f"days/{day:02d}.csv", "id,share,kind\n" + "".join(lines))
        archive.writestr("days/20.csv.gz", b"\x1f\x8b\x08\x00 is no more than a head")
        archive.writestr("rates.csv", "x,y\n1.5,2\n2.5,\n")
    return stream.getvalue()


FILES = {"big.csv": measurements(), "days.zip": days()}


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def job_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def run(object_store, children, job_id, tmp_path, monkeypatch):
    """Runs the job, whose fragments are answered in the order of a seed, if there is one."""
    monkeypatch.setattr(delimited, "FRAGMENT_BYTES", 100_000)

    def run_in_order(seed: int | None) -> dict[str, bytes]:
        keys = {name: artifacts.input_key(job_id, name) for name in FILES}
        for name, key in keys.items():
            object_store.put(key, FILES[name])
        url = f"sqlite:///{tmp_path / f'jobs-{seed}.sqlite3'}"
        bucket = object_store.config.bucket
        inputs = tuple(InputObject(bucket, key, name) for name, key in keys.items())
        order = JobOrder(job_id, 1, CREATED_AT, {"type": "upload"}, inputs,
                         object_store.config, url)  # fmt: skip
        run_graph(
            StoreWorkspace(order, scan=lambda: read(order, object_store, children, seed)), url
        )
        found = [each.key for each in object_store.keys(artifacts.base(job_id))]
        files = {key: object_store.get(key) for key in found}
        object_store.delete(found)
        return files

    return run_in_order


def read(order: JobOrder, store: ObjectStore, children: Sandbox, seed: int | None) -> Ingested:
    objects = [store.object(item.key) for item in order.inputs]
    engine = InlineEngine("order", children, LIMITS, lambda *_: None, lambda: False)
    chosen = engine if seed is None else Shuffled(engine, random.Random(seed))
    size = sum(map(len, FILES.values()))
    ingested = ingest(order, plan(objects, LIMITS), size, lambda _: chosen, lambda *_: None)
    inputs = (
        InputFile(item.name, store.uri(item.key), len(content), sha256(content))
        for item, content in zip(order.inputs, FILES.values(), strict=True)
    )
    return replace(ingested, result=replace(ingested.result, inputs=tuple(inputs)))


@pytest.fixture(scope="module")
def calm() -> dict[str, bytes]:
    """What the job publishes when nothing is shuffled; filled by whichever test comes first."""
    return {}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_finished_first_the_bytes_are_the_same(seed, run, calm, job_id):
    """Parts, states, receipt, results, report, charts, bundles and manifest."""
    if not calm:
        calm.update(run(None))

    shuffled = run(seed)

    assert shuffled.keys() == calm.keys()
    assert [key for key, body in shuffled.items() if body != calm[key]] == []


def test_there_was_something_to_mix_up(run, calm):
    """Several ranges were read, some twice, a column was widened, and a member was lost."""
    files = calm or run(None)

    found = {key.partition("/results/")[2]: body for key, body in files.items()}
    results = json.loads(found["results.json"])
    rows = {table["name"]: table["rows"] for table in results["tables"]}
    assert rows["big"] == 20_040
    assert rows["days"] == 3000
    assert results["status"] == "PARTIAL"
    assert {"type.widened", "members.grouped"} <= {each["code"] for each in results["warnings"]}
    parts = [key for key in files if "/tables/big/" in key]
    assert len(parts) > 8
