"""Features: which columns a model may look at, why not at the others, and each as numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analytics.measures import is_called_key, is_label
from pipelines.analytics.wording import amount, percent
from pipelines.profile import ColumnProfile

Matrix = npt.NDArray[np.float64]
Kind = Literal["number", "boolean", "time", "category"]

MASKED = "its values are personal, and masked in this job"
PERSONS = "it tells persons apart, whom a model would know again and learn nothing from"
FEW_FILLED = 0.9  # the share of empty cells from which a column says too little
CATEGORIES = 40  # values of a category that a model sees; the rarer ones are one to it
ROWS_A_CATEGORY = 10
PROSE = 3  # words a value, and more
LARGEST = 1e30  # beyond it, squares of squares overflow
KINDS: Mapping[str, Kind] = {
    "integer": "number",
    "number": "number",
    "decimal": "number",
    "boolean": "boolean",
    "date": "time",
    "datetime": "time",
    "time": "time",
    "duration": "time",
    "text": "category",
}


@dataclass(frozen=True, slots=True)
class Feature:
    """A column as a model sees it. `values` are the categories; a value's number is its place."""

    column: str
    kind: Kind
    values: tuple[str, ...] = ()

    @property
    def is_category(self) -> bool:
        return self.kind == "category"

    def encoded(self, series: pl.Series) -> Matrix:
        """One number a row; NaN where the cell is empty. A value not in `values` comes last."""
        if self.is_category:
            places = {value: place for place, value in enumerate(self.values)}
            text = series.cast(pl.String)
            codes = text.replace_strict(places, default=len(places), return_dtype=pl.Float64)
            return pl.select(pl.when(text.is_not_null()).then(codes)).to_series().to_numpy()
        return numbers(series)

    def to_plain(self) -> dict[str, Any]:
        return {"column": self.column, "kind": self.kind, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class Usable:
    """The columns of a table that can serve, as numbers, and the reason for each that cannot.

    `matrix` holds a row of the table in each row and a feature in each column.
    """

    features: tuple[Feature, ...]
    matrix: Matrix = field(repr=False)
    excluded: Mapping[str, str] = field(default_factory=dict)

    def without(self, reasons: Mapping[str, str]) -> "Usable":
        """Without the columns that these reasons speak against."""
        kept = [place for place, each in enumerate(self.features) if each.column not in reasons]
        return replace(self.columns(kept), excluded={**self.excluded, **reasons})

    def columns(self, places: Iterable[int]) -> "Usable":
        """The features at these places."""
        kept = list(places)
        return replace(
            self,
            features=tuple(self.features[place] for place in kept),
            matrix=self.matrix[:, kept],
        )

    def of(self, rows: npt.NDArray[Any]) -> "Usable":
        """The same columns in these rows only."""
        return replace(self, matrix=self.matrix[rows])


def usable(columns: Sequence[ColumnProfile], frame: pl.DataFrame) -> Usable:
    """What the sampled rows offer; the profiles speak of all rows."""
    features: list[Feature] = []
    excluded: dict[str, str] = {}
    for column in columns:
        found = _feature(column, frame.get_column(column.name))
        if isinstance(found, str):
            excluded[column.name] = found
        else:
            features.append(found)
    matrix = np.empty((frame.height, len(features)), order="F")
    for place, feature in enumerate(features):
        matrix[:, place] = feature.encoded(frame.get_column(feature.column))
    return Usable(tuple(features), matrix, excluded)


def numbers(series: pl.Series) -> Matrix:
    """The values as floats: times by their distance from an epoch, what is not finite as NaN."""
    if series.dtype == pl.Date:
        series = series.cast(pl.Datetime("us"))
    if series.dtype in (pl.Datetime, pl.Duration):
        series = series.dt.cast_time_unit("us")
    values = series.to_physical() if series.dtype.is_temporal() else series
    floats = values.cast(pl.Float64).to_numpy().copy()
    floats[~np.isfinite(floats)] = np.nan
    return np.asarray(np.clip(floats, -LARGEST, LARGEST), np.float64)


def _feature(column: ColumnProfile, series: pl.Series) -> Feature | str:
    """The column as a feature, or what speaks against it."""
    if not column.non_null_count:
        return "it is empty in every row"
    if column.figures.get("masked"):
        return MASKED
    personal = (column.figures.get("personal") or {}).get("kind")
    if personal is not None and personal != "date_of_birth":
        return PERSONS
    if column.null_ratio >= FEW_FILLED:
        return f"it is {percent(column.null_ratio)} empty"
    kind = KINDS.get(column.type)
    if kind is None:
        return f"its type is {column.type}, which the models here cannot take"
    if kind == "number" and is_label(column):
        kind = "category"  # of keys and codes none is larger than another
    present = series.drop_nulls()
    if kind in {"number", "time"}:
        encoded = numbers(present)
        if np.nanmax(np.abs(encoded), initial=0.0) >= LARGEST:
            return "its numbers are too large to reckon with"
        different = len(np.unique(encoded[~np.isnan(encoded)]))
    else:
        different = present.n_unique()
    if different < 2:
        return "it holds one value only"
    if is_identifier(column):
        return "it differs in every row, as an identifier does"
    if kind != "category":
        return Feature(column.name, kind)
    if different > max(2, len(present) // ROWS_A_CATEGORY):
        told = f"{amount(different)} different values in {amount(len(present))} rows"
        return f"it {_instead(column)}: {told}"
    counted = present.cast(pl.String).alias("value").value_counts(name="rows")
    most = counted.sort(["rows", "value"], descending=[True, False]).head(CATEGORIES)
    return Feature(column.name, kind, tuple(most["value"].to_list()))


def _instead(column: ColumnProfile) -> str:
    """What a column of too many different values is instead of a category."""
    if column.type != "text" or is_called_key(column.name):
        return "is a key or code"
    is_prose = (column.figures.get("meanWords") or 0) >= PROSE
    return "is free text, not a category" if is_prose else "has too many values for a category"


def is_identifier(column: ColumnProfile) -> bool:
    """Whether integers or texts tell the rows apart; an estimate of distinct values says so too."""
    distinct = column.figures.get("distinctCount") or 0
    estimate = (column.figures.get("estimates") or {}).get("distinctCount")
    most = max(distinct, (estimate or {}).get("upper") or 0)
    return column.type in {"integer", "text"} and most >= column.non_null_count > 2
