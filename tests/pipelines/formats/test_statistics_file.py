"""Statistics files: values as others read them, times that lose nothing, labels that are told."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadstat
import pytest
from samples import MemoryObject

from connectors.errors import (
    CorruptFile,
    LimitExceeded,
    PasswordProtected,
    StorageUnavailable,
)
from pipelines.containers.limits import Limits
from pipelines.formats import statistics_file, transport_file
from pipelines.formats.base import Format, Origin, TablePlan
from pipelines.formats.detect import detect
from pipelines.formats.statistics_file import SAS, SPSS, STATA, Rows
from pipelines.formats.statistics_layout import SAS_MAGIC
from pipelines.source_plan import plan
from tests.contracts.format_contract import FormatContract, FormatSample, read, table_of

WRITERS: dict[str, Callable[..., None]] = {
    "sav": pyreadstat.write_sav,
    "zsav": lambda *args, **more: pyreadstat.write_sav(*args, compress=True, **more),
    "por": pyreadstat.write_por,
    "dta": pyreadstat.write_dta,
    "xpt": pyreadstat.write_xport,
}
FORMATS: dict[str, Format] = {"sav": SPSS, "zsav": SPSS, "por": SPSS, "dta": STATA, "xpt": SAS}
KINDS = list(FORMATS)
TABLE = pl.DataFrame(
    {
        "N": [1.0, 2.5, None, 1e15],
        "S": ["Ada", "say \"hi\", 'twice'", None, "x"],
        "D": [dt.date(2024, 2, 29), None, dt.date(1999, 1, 1), dt.date(2200, 12, 31)],
        "T": [dt.datetime(2024, 1, 2, 3, 4, 5), dt.datetime(1950, 1, 1), None, None],
    },
    schema_overrides={"T": pl.Datetime("us")},
)


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Callable[..., bytes]:
    """The bytes of a table as a file of a kind."""

    def write(kind: str, table: pd.DataFrame | pl.DataFrame, **options: object) -> bytes:
        path: Path = tmp_path_factory.mktemp("written") / f"rows.{kind}"
        columns = table.to_pandas() if isinstance(table, pl.DataFrame) else table
        for name in columns.columns:
            if isinstance(table, pl.DataFrame) and table[name].dtype == pl.Date:
                columns[name] = columns[name].dt.date.where(columns[name].notna(), None)
        WRITERS[kind](columns, path, **options)
        return path.read_bytes()

    return write


def planned(kind: str, content: bytes, limits: Limits | None = None) -> TablePlan:
    file = MemoryObject(f"rows.{kind}", content)
    (table,) = FORMATS[kind].tables(file, Origin(file.name), limits or Limits())
    return table


def frame(kind: str, content: bytes, limits: Limits | None = None) -> pl.DataFrame:
    table = planned(kind, content, limits)
    return table_of(read(table.fragments, table.schema))


@pytest.mark.parametrize("kind", KINDS)
class TestStatisticsFiles(FormatContract):
    @pytest.fixture
    def sample(self, kind, written):
        file = MemoryObject(f"rows.{kind}", written(kind, TABLE))
        return FormatSample(FORMATS[kind], file, TABLE)

    def cuts(self, sample):
        (whole,) = sample.plan().fragments
        for cut in range(1, TABLE.height):
            for rows in (1, 2, 100):
                common = (rows, 0, Limits())
                yield (
                    Rows(whole.file, whole.family, whole.layout, 0, cut, *common),
                    Rows(whole.file, whole.family, whole.layout, cut, None, *common),
                )


def test_pandas_and_we_read_the_same_of_stata():
    """What pandas wrote in every version comes back as pandas itself reads it."""
    table = pd.DataFrame(
        {
            "small": pd.Series([1, -5, 100], dtype="int8"),
            "whole": pd.Series([1, -5, 100_000], dtype="int32"),
            "single": pd.Series([1.1, 2.5, 3.0], dtype="float32"),
            "real": [1.1, 2.5, 1e300],
            "text": ["Ada", "b", "c" * 200],
        }
    )
    for version in (114, 117, 118, 119):
        content = io.BytesIO()
        table.to_stata(content, write_index=False, version=version)

        independent = pd.read_stata(io.BytesIO(content.getvalue()))

        ours = frame("dta", content.getvalue())
        assert ours.dtypes == [pl.Int8, pl.Int32, pl.Float32, pl.Float64, pl.String]
        assert ours.to_dict(as_series=False) == independent.to_dict(orient="list")


@pytest.mark.parametrize("written_as", ["tw", "tm", "tq", "th"])
def test_pandas_and_we_place_parts_of_a_year_alike(written, written_as):
    """Weeks, months, quarters and halves are counted from 1960; the days they begin on are read."""
    numbers = [float(number) for number in range(-120, 400, 7)]
    table = pd.DataFrame({"A": [*numbers, None]})
    content = written("dta", table, variable_format={"A": f"%{written_as}"})

    independent = pd.read_stata(io.BytesIO(content))["A"]

    assert frame("dta", content)["A"].to_list() == [
        None if pd.isna(day) else day.date() for day in independent
    ]


def test_pandas_and_we_read_the_same_of_a_transport_file(written):
    """IBM's floating-point numbers of either reader are the same."""
    table = pd.DataFrame({"A": [1.0, -2.5, 0.1, 123456789.0], "S": ["a", "b", "c", "d"]})
    content = written("xpt", table, file_format_version=5)

    independent = pd.read_sas(io.BytesIO(content), format="xport", encoding="utf-8")

    assert frame("xpt", content).to_dict(as_series=False) == independent.to_dict(orient="list")


NUMBERS = pd.DataFrame({"A": [5.0, 360_000.25, -5.0, None]})


@pytest.mark.parametrize(("kind", "written_as"), [("sav", "TIME8"), ("xpt", "TIME8")])
def test_a_hundred_hours_stay_a_hundred_hours(written, kind, written_as):
    """A time may be longer than a day, or negative: it is a duration."""
    content = written(kind, NUMBERS, variable_format={"A": written_as})

    seconds = frame(kind, content)["A"].dt.total_seconds(fractional=True).to_list()
    assert seconds == [5.0, 360_000.25, -5.0, None]


@pytest.mark.parametrize(
    ("kind", "written_as", "value", "expected"),
    [
        ("sav", "DATE11", 13_928_544_000.0, dt.date(2024, 2, 29)),
        ("sav", "DATETIME20", 13_928_544_000.5, dt.datetime(2024, 2, 29, 0, 0, 0, 500_000)),
        ("sav", "DATE11", 13_928_544_060.0, dt.datetime(2024, 2, 29, 0, 1)),
        ("xpt", "DATE9", 23_435.0, dt.date(2024, 2, 29)),
        ("xpt", "DATE9", 23_435.5, dt.datetime(2024, 2, 29, 12)),
        ("xpt", "DATETIME20", 0.25, dt.datetime(1960, 1, 1, 0, 0, 0, 250_000)),
        ("xpt", "DTDATE9", 86_400.0, dt.datetime(1960, 1, 2)),
        ("xpt", "DATE9", 1e9, 1e9),
        ("xpt", "MONNAME3", 12_054.0, dt.date(1993, 1, 1)),
        ("xpt", "YYQ6", 12_054.0, dt.date(1993, 1, 1)),
        ("xpt", "MMYYS7", 12_054.0, dt.date(1993, 1, 1)),
        ("xpt", "YEAR4", 12_054.0, dt.date(1993, 1, 1)),
        ("xpt", "DTMONYY7", 86_400.0, dt.datetime(1960, 1, 2)),
        ("xpt", "BEST12", 5.0, 5.0),
        ("dta", "%td", 23_435.0, dt.date(2024, 2, 29)),
        ("dta", "%tdD_m_Y", -1.0, dt.date(1959, 12, 31)),
        ("dta", "%tc", 1500.0, dt.datetime(1960, 1, 1, 0, 0, 1, 500_000)),
        ("dta", "%tcHH:MM", 60_000.0, dt.datetime(1960, 1, 1, 0, 1)),
        ("dta", "%tq", 256.0, dt.date(2024, 1, 1)),
        ("dta", "%tmMonth_CCYY", 770.0, dt.date(2024, 3, 1)),
        ("dta", "%th", -1.0, dt.date(1959, 7, 1)),
        ("dta", "%tw", -1.0, dt.date(1959, 12, 24)),
        ("dta", "%tw", 51.0, dt.date(1960, 12, 23)),
        ("dta", "%tm", 1.5, 1.5),
        ("dta", "%tm", 1e6, 1e6),
        ("dta", "%ty", 2024.0, 2024.0),
        ("dta", "%tc", 1e300, 1e300),
    ],
)
def test_formats_tell_which_numbers_are_dates(written, kind, written_as, value, expected):
    """Each package counts from a day of its own; what is no date stays the number it is."""
    content = written(kind, pd.DataFrame({"A": [value]}), variable_format={"A": written_as})

    assert frame(kind, content)["A"].to_list() == [expected]
    told = planned(kind, content).details["formats"]["A"]
    assert told.startswith(written_as.rstrip("0123456789"))


def test_labels_are_told_and_values_stay(written):
    """A code keeps its number; what it means stands in the receipt."""
    content = written(
        "sav",
        pd.DataFrame({"A": [1.0, 2.0, 9.0]}),
        column_labels=["Answer"],
        variable_value_labels={"A": {1: "yes", 2: "no"}},
        missing_ranges={"A": [9]},
    )

    table = planned("sav", content)

    assert table.details["variableLabels"] == {"A": "Answer"}
    assert table.details["valueLabels"] == {"A": {"1": "yes", "2": "no"}}
    assert frame("sav", content)["A"].to_list() == [1.0, 2.0, None]


def test_blank_texts_are_null_and_counted(written):
    """The receipt says how many there were."""
    content = written("sav", pd.DataFrame({"A": ["x", "", ""]}))

    (chunk,) = read(planned("sav", content).fragments, pl.Schema({"A": pl.String()}))

    assert chunk.frame["A"].to_list() == ["x", None, None]
    assert chunk.null_tokens == {"A": {"": 2}}


def test_a_large_file_is_cut_into_ranges_of_rows(written, monkeypatch):
    """Each row comes once and in order, in chunks of bounded size."""
    table = pd.DataFrame({"A": [float(number) for number in range(5000)]})
    content = written("sav", table)
    monkeypatch.setattr(statistics_file, "FRAGMENT_BYTES", len(content) // 4)
    monkeypatch.setattr(statistics_file, "CHUNK_CELLS", 300)

    assert len(planned("sav", content).fragments) == 4
    assert frame("sav", content)["A"].to_list() == table["A"].to_list()


def test_a_file_without_rows_keeps_its_columns(written):
    """No row at all is a table of no rows."""
    assert frame("sav", written("sav", pd.DataFrame({"A": pd.Series([], dtype=float)}))).schema == {
        "A": pl.Float64
    }


@pytest.mark.parametrize("version", [5, 8])
def test_each_dataset_of_a_transport_file_is_a_table(written, version):
    """The library would read the first and be silent about the others."""
    tables = {
        "ONE": pd.DataFrame({"A": [1.0, 2.5], "S": ["x", "y"]}),
        "TWO": pd.DataFrame({"S": ["HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!", "z"]}),
        "THREE": pd.DataFrame({"B": [float(i) for i in range(5000)]}),
    }
    files = [
        written("xpt", table, table_name=name, file_format_version=version)
        for name, table in tables.items()
    ]
    content = files[0] + b"".join(each[240:] for each in files[1:])

    found = plan([MemoryObject("a.xpt", content)], Limits())

    assert not found.failures
    assert [(t.name, t.origin.table) for t in found.tables] == [(name, name) for name in tables]
    for table, expected in zip(found.tables, tables.values(), strict=True):
        read_back = table_of(read(table.fragments, table.schema))
        assert read_back.to_dict(as_series=False) == expected.to_dict(orient="list")


def test_countless_datasets_are_refused(written, monkeypatch):
    content = written("xpt", NUMBERS, file_format_version=5)
    monkeypatch.setattr(transport_file, "MOST_DATASETS", 2)

    with pytest.raises(LimitExceeded, match="datasets"):
        planned("xpt", content + 2 * content[240:])


def test_an_encrypted_file_is_named():
    """SPSS encrypts with a header of its own."""
    content = b"\x1c" + bytes(7) + b"ENCRYPTEDSAV" + bytes(100)

    (failure,) = plan([MemoryObject("a.sav", content)], Limits()).failures

    assert failure.code == PasswordProtected.code


def test_sas_is_recognised_and_its_damage_named():
    """A header without a file behind it is corrupt."""
    content = SAS_MAGIC + bytes(2000)

    assert detect(content, "x") is SAS
    with pytest.raises(CorruptFile):
        planned("xpt", content)


def test_too_many_columns_are_refused(written):
    """Before a row is read."""
    content = written("sav", pd.DataFrame({f"C{i}": [1.0] for i in range(20)}))

    with pytest.raises(LimitExceeded, match="max_columns"):
        planned("sav", content, Limits(max_columns=19))


def test_a_cell_beyond_the_limit_is_refused(written):
    """One value cannot be larger than a cell may be."""
    content = written("dta", pd.DataFrame({"A": ["x" * 500]}))

    with pytest.raises(LimitExceeded, match="max_cell_bytes"):
        frame("dta", content, Limits(max_cell_bytes=499))


def fail(_size: int = -1) -> bytes:
    raise StorageUnavailable("the object store does not answer")


def test_a_storage_error_is_not_taken_for_damage(written):
    """The library swallows it; the job may still be tried again."""

    class Failing(io.BytesIO):
        read = staticmethod(fail)

    class Unreachable(MemoryObject):
        def open(self):
            return Failing()

    with pytest.raises(StorageUnavailable):
        list(SPSS.tables(Unreachable("a.sav", written("sav", NUMBERS)), Origin("a"), Limits()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_corrupt(written, kind, share):
    """Rows that are not there are not passed over."""
    table = pd.DataFrame({"A": [float(number) for number in range(2000)], "S": ["text"] * 2000})
    content = written(kind, table)

    with pytest.raises(CorruptFile):
        frame(kind, content[: int(len(content) * share) | 1])
