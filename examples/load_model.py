"""Use a model that a job has published: `load_model.py model.skops table.parquet [...]`.

Prints a prediction for each row of the tables, which may be the job's own or new ones with the same
columns. Needs polars, scikit-learn and skops; nothing of MetricFoundry.
"""

import sys
from pathlib import Path
from typing import Any

import polars as pl
import skops.io

# A model file holds numbers and the names of types. Of types that skops does not know to be
# harmless, these and no others are needed; it refuses a file that names any other one.
TRUSTED = [
    "functools.partial",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
]
LARGEST = 1e30
NOTHING = float("nan")


def load(path: Path) -> dict[str, Any]:
    """The model: `estimator`, `features`, `target`, `problemType` and `classes`."""
    found: dict[str, Any] = skops.io.load(path, trusted=TRUSTED)
    return found


def predict(model: dict[str, Any], table: pl.DataFrame) -> list[Any]:
    """A class or a number for each row."""
    columns = [encoded(table[feature["column"]], feature) for feature in model["features"]]
    said = model["estimator"].predict(pl.DataFrame(columns).to_numpy())
    if model["problemType"] == "regression":
        return said.tolist()
    return [model["classes"][int(place)] for place in said]


def encoded(series: pl.Series, feature: dict[str, Any]) -> pl.Series:
    """The column as the model takes it: floats, and NaN where a cell is empty."""
    if feature["kind"] == "category":
        places = {value: float(place) for place, value in enumerate(feature["values"])}
        text = series.cast(pl.String)
        codes = text.replace_strict(places, default=float(len(places)), return_dtype=pl.Float64)
        return codes.set(text.is_null(), NOTHING)
    if series.dtype == pl.Date:
        series = series.cast(pl.Datetime("us"))
    if series.dtype in (pl.Datetime, pl.Duration):
        series = series.dt.cast_time_unit("us")
    values = series.to_physical() if series.dtype.is_temporal() else series
    floats = values.cast(pl.Float64).fill_null(NOTHING)
    return floats.set(~floats.is_finite(), NOTHING).clip(-LARGEST, LARGEST)


if __name__ == "__main__":
    chosen = load(Path(sys.argv[1]))
    for answer in predict(chosen, pl.read_parquet(sys.argv[2:])):
        print(answer)
