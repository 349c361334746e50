"""Any order: a whole job publishes the same bytes, whichever fragment is finished first."""

import datetime as dt
import io
import json
import random
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.object_store import ObjectStore
from pipelines import artifacts
from pipelines.analytics.graph import run_graph
from pipelines.analytics.store_workspace import StoreWorkspace
from pipelines.containers.limits import Limits
from pipelines.formats import delimited, json_lines, parquet
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


def events() -> bytes:
    """Structs, lists, lists of structs and maps of what comes up; a field that is new far down."""
    r = random.Random(4)
    lines = []
    for n in range(9_000):
        user = {
            "mail": f"user{n % 400}@example.org",
            "at": {"x": r.gauss(0, 1), "y": n % 7 or None},
        }
        event = {"n": n, "user": user if n % 5 else None, "tags": r.choices("abc", k=n % 4)}
        event["items"] = [{"price": r.randrange(999) / 100, "left": None} for _ in range(n % 3)]
        event["note"] = f"call 0171 {r.randrange(10**7)}" if n % 3 else None
        if n > 8_000:
            event["new"] = [n, None]
        lines.append(json.dumps(event))
    return "\n".join(lines).encode()


def groups() -> bytes:
    """Parquet of 30 row groups, nested and flat, in no order."""
    r = random.Random(5)
    rows = [
        {
            "key": r.randrange(10**6),
            "pair": {"a": r.random(), "b": [r.randrange(9)] * (n % 3)},
            "born": dt.date(1950, 1, 1) + dt.timedelta(days=r.randrange(20_000)),
            "class": r.choice(["x", "y"]),
        }
        for n in range(12_000)
    ]
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream, row_group_size=400)
    return stream.getvalue()


FILES = {"big.csv": measurements(), "days.zip": days()}
NESTED = {"events.jsonl": events(), "groups.parquet": groups()}
MASKED = {"privacy": "mask"}


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
    for module, size in ((delimited, 100_000), (json_lines, 100_000), (parquet, 20_000)):
        monkeypatch.setattr(module, "FRAGMENT_BYTES", size)

    def run_in_order(
        seed: int | None, files: Mapping[str, bytes] = FILES, **options: Any
    ) -> dict[str, bytes]:
        keys = {name: artifacts.input_key(job_id, name) for name in files}
        for name, key in keys.items():
            object_store.put(key, files[name])
        url = f"sqlite:///{tmp_path / f'jobs-{seed}.sqlite3'}"
        bucket = object_store.config.bucket
        inputs = tuple(InputObject(bucket, key, name) for name, key in keys.items())
        order = JobOrder(job_id, 1, CREATED_AT, {"type": "upload"}, inputs,
                         object_store.config, url, options=options)  # fmt: skip

        def scan() -> Ingested:
            return read(order, files, object_store, children, seed)

        run_graph(StoreWorkspace(order, scan=scan), url)
        found = [each.key for each in object_store.keys(artifacts.base(job_id))]
        published = {key: object_store.get(key) for key in found}
        object_store.delete(found)
        return published

    return run_in_order


def read(
    order: JobOrder,
    files: Mapping[str, bytes],
    store: ObjectStore,
    children: Sandbox,
    seed: int | None,
) -> Ingested:
    objects = [store.object(item.key) for item in order.inputs]
    engine = InlineEngine("order", children, LIMITS, lambda *_: None, lambda: False)
    chosen = engine if seed is None else Shuffled(engine, random.Random(seed))
    size = sum(map(len, files.values()))
    ingested = ingest(order, plan(objects, LIMITS), size, lambda _: chosen, lambda *_: None)
    inputs = (
        InputFile(item.name, store.uri(item.key), len(content), sha256(content))
        for item, content in zip(order.inputs, files.values(), strict=True)
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


@pytest.mark.parametrize("options", [{}, MASKED], ids=["plain", "masked"])
def test_nested_and_masked_data_give_the_same_bytes_in_any_order(options, run):
    """Of lists, structs and maps too, of more rows than the sample holds, and without values."""
    calm = run(None, NESTED, **options)

    shuffled = run(8, NESTED, **options)

    assert shuffled.keys() == calm.keys()
    assert [key for key, body in shuffled.items() if body != calm[key]] == []
    tables = {key.split("/tables/")[1].split("/")[0] for key in calm if "/tables/" in key}
    assert tables == {"events", "groups"}
    assert all(sum(f"/tables/{name}/" in key for key in calm) > 5 for name in tables)
    receipt = next(body for key, body in calm.items() if key.endswith("ingest_receipt.json"))
    masked = {each["column"] for each in json.loads(receipt)["privacy"]["maskedColumns"]}
    assert masked == ({"user", "born"} if options else set())
