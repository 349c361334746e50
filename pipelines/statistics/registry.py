"""Registry: every statistic, by the type of the columns that it is computed for."""

from collections.abc import Mapping

from pipelines.statistics.base import Statistic, TableStatistic
from pipelines.statistics.characters import Characters
from pipelines.statistics.co_missing import CoMissing
from pipelines.statistics.comoments import CoMoments
from pipelines.statistics.counts import Counts
from pipelines.statistics.date_pairs import DatePairs
from pipelines.statistics.dates import Calendar
from pipelines.statistics.duplicates import Duplicates
from pipelines.statistics.examples import Examples
from pipelines.statistics.extremes import Extremes, TextExtremes
from pipelines.statistics.lengths import Lengths
from pipelines.statistics.map_keys import MapKeys
from pipelines.statistics.moments import Moments
from pipelines.statistics.null_rows import NullRows
from pipelines.statistics.oddities import Oddities
from pipelines.statistics.order import Order
from pipelines.statistics.padding import Padding
from pipelines.statistics.row_sample import RowSample
from pipelines.statistics.semantics import Semantics
from pipelines.statistics.signs import Signs
from pipelines.statistics.structure import Fields, Items
from pipelines.statistics.text_values import TextValues
from pipelines.statistics.truth import Truth
from pipelines.statistics.values import Values
from pipelines.statistics.wholeness import Wholeness
from pipelines.statistics.writing import Writing

Statistics = tuple[type[Statistic], ...]

ANY: Statistics = (Counts, Oddities, Examples, Semantics)
NUMERIC: Statistics = (Extremes, Moments, Signs, Wholeness, Order, Values)
TEXT: Statistics = (TextExtremes, Lengths, Padding, Characters, TextValues, Writing)
DURATION: Statistics = (Extremes, Order, Values)
TEMPORAL: Statistics = (Extremes, Order, Calendar, Values)
BOOLEAN: Statistics = (Truth, Values)
BINARY: Statistics = (TextValues,)
LIST: Statistics = (Lengths, Items, MapKeys, TextValues)
STRUCT: Statistics = (Fields, TextValues)

TABLE: tuple[type[TableStatistic], ...] = (
    NullRows,
    CoMissing,
    DatePairs,
    Duplicates,
    CoMoments,
    RowSample,
)

BY_TYPE: Mapping[str, Statistics] = {
    "integer": ANY + NUMERIC,
    "number": ANY + NUMERIC,
    "decimal": ANY + NUMERIC,
    "text": ANY + TEXT,
    "date": ANY + TEMPORAL,
    "time": ANY + TEMPORAL,
    "datetime": ANY + TEMPORAL,
    "duration": ANY + DURATION,
    "boolean": ANY + BOOLEAN,
    "binary": ANY + BINARY,
    "list": ANY + LIST,
    "struct": ANY + STRUCT,
    "null": ANY,
}
