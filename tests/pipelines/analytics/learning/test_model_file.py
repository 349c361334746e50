import csv
import importlib.util
import io
import json
import pickletools
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import skops.io

from pipelines.analytics import inference
from pipelines.analytics.learning.model_file import stable
from pipelines.options import MlOptions
from tests.pipelines.analytics import learnable
from tests.pipelines.analytics.found import profile

EXAMPLE = Path(__file__).parents[4] / "examples" / "load_model.py"


@pytest.fixture(scope="module")
def example():
    """The loader that users are given."""
    spec = importlib.util.spec_from_file_location("load_model", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def published(frame, **options):
    found = inference.infer([profile("t", frame)], MlOptions(**options), "job")[1]
    return {file.path.removeprefix("results/"): file.body for file in found}


BOOSTED = learnable.prices().with_columns(outcome=pl.col("size") * pl.col("age"))
CASES = {
    "linear classes": (learnable.customers(), {}),
    "boosted classes": (learnable.customers().with_columns(
        churn=(pl.col("months") % 20 > 9) & (pl.col("monthly") > 30)), {}),
    "three classes": (learnable.flowers(), {}),
    "linear numbers": (learnable.prices(), {}),
    "boosted numbers": (BOOSTED, {}),
    "asked": (learnable.rare(), {"target": "a"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_example_loads_a_model_and_predicts_what_the_csv_says(name, example, tmp_path):
    frame, options = CASES[name]
    files = published(frame, **options)
    path = tmp_path / "model.skops"
    path.write_bytes(files["model.skops"])

    model = example.load(path)

    lines = list(csv.DictReader(io.StringIO(files["predictions.csv"].decode())))
    rows = [int(line["row"]) - 1 for line in lines]
    predicted = example.predict(model, frame[rows])
    told = [line["modelPrediction"] for line in lines]
    if model["problemType"] == "regression":
        assert np.allclose(predicted, list(map(float, told)), rtol=1e-6, atol=1e-6)
    else:
        spelled = [str(v).lower() if isinstance(v, bool) else str(v) for v in predicted]
        assert spelled == told


def test_the_models_are_of_both_kinds():
    """The cases above are what their names say."""
    kinds = {
        name: inference.infer([profile("t", frame)], MlOptions(**options), "job")[0]["bestModel"]
        for name, (frame, options) in CASES.items()
    }

    assert kinds["linear classes"] == kinds["linear numbers"] == "linear"
    assert kinds["boosted classes"] == kinds["boosted numbers"] == "gradient_boosting"


@pytest.mark.parametrize("name", CASES)
def test_a_model_file_needs_no_type_that_the_example_does_not_name(name, example):
    frame, options = CASES[name]
    body = published(frame, **options)["model.skops"]

    assert set(skops.io.get_untrusted_types(data=body)) <= set(example.TRUSTED)


@pytest.mark.parametrize("name", CASES)
def test_a_model_file_holds_no_pickle(name):
    """It is JSON and arrays of numbers; no member can be read as a pickle."""
    frame, options = CASES[name]
    with zipfile.ZipFile(io.BytesIO(published(frame, **options)["model.skops"])) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}

    assert members
    for path, body in members.items():
        if path == "schema.json":
            json.loads(body)
        else:
            assert path.endswith(".npy")
            array = np.load(io.BytesIO(body), allow_pickle=False)
            assert array.dtype.kind in "fiubV"
            assert not array.dtype.hasobject
        assert not is_pickle(body)


def is_pickle(body):
    try:
        return bool(list(pickletools.genops(body)))
    except Exception:  # noqa: BLE001 - whatever it says, it is none
        return False


def test_addresses_in_memory_leave_no_trace():
    """Two copies of a value are two files of the same bytes, and still load."""
    one, two = ({"estimator": np.arange(5.0), "names": ["a", "b"]} for _ in range(2))

    first, second = stable(skops.io.dumps(one)), stable(skops.io.dumps(two))

    assert first == second
    assert skops.io.loads(first)["estimator"].tolist() == [0, 1, 2, 3, 4]
