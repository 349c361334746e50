import csv
import io

from pipelines.analytics import descriptive
from pipelines.analytics.outliers import Tail
from tests.pipelines.analytics.profiles import numbers, table, text

QUANTILES = {"p1": 1, "p5": 5, "p25": 25, "p50": 50, "p75": 75, "p95": 95, "p99": 99}
FAR = Tail(1, 1, ({"value": 9, "zscore": 4.0, "row": 3},))


def rows_of(file):
    return list(csv.DictReader(io.StringIO(file.body.decode(), newline="")))


def test_the_table_has_the_columns_that_clients_know_in_their_order():
    """descriptive_stats.csv starts with the original's columns, correlations.csv too."""
    tables = [table(numbers("=a", [1, 2, 3], quantiles=QUANTILES), numbers("b", [1, 2, 4]))]
    payload = descriptive.payload(tables, [{"zscore": {"b": FAR}}])

    files = {file.path: file for file in descriptive.files(payload)}

    lines = rows_of(files["results/descriptive_stats.csv"])
    header = "column,count,mean,stddev,min,max,q5,q25,q50,q75,q95,"
    assert files["results/descriptive_stats.csv"].body.decode().startswith(header)
    assert list(lines[0].values())[:11] == (
        ["'=a", "3", "2.0", "1.0", "1.0", "3.0", "5", "25", "50", "75", "95"]
    )
    (pair,) = rows_of(files["results/correlations.csv"])
    assert list(pair) == ["left", "right", "correlation", "sampleSize", "method", "basis"]
    assert files["results/outliers.json"].body.startswith(b'[{"column":"b","method":"zscore"')


def test_files_that_would_hold_nothing_are_not_made():
    """A table of text has no numbers to describe."""
    payload = descriptive.payload([table(text("a", 3))], [{}])

    assert payload["numericColumns"] == 0
    assert descriptive.files(payload) == []


def test_a_column_without_a_number_in_it_is_not_described():
    """All nulls, all NaN: there is no mean to show."""
    empty = numbers("a", [1.0], mean=None)

    assert descriptive.payload([table(empty)], [{}])["descriptiveTable"] == []


def test_values_that_are_not_finite_do_not_count():
    """The count is of what mean and deviation are taken over."""
    column = numbers("a", [1, 2, 3, 4], infinities=1, nans=1)

    (line,) = descriptive.payload([table(column)], [{}])["descriptiveTable"]

    assert line["count"] == 2


def test_of_several_tables_the_strongest_pairs_come_first():
    """Entries carry their table, and what is left out is counted."""
    weak = table(
        numbers("a", [1, 2, 3]),
        numbers("b", [1, 2, 4]),
        name="weak",
        correlation=[[1, 0.1], [0.1, 1]],
    )
    strong = table(
        numbers("c", [1, 2, 3]),
        numbers("d", [1, 2, 4]),
        name="strong",
        correlation=[[1, -0.9], [-0.9, 1]],
    )

    payload = descriptive.payload([weak, strong], [{"zscore": {"a": FAR}}, {}])

    assert [(pair["table"], pair["correlation"]) for pair in payload["correlations"]] == [
        ("strong", -0.9),
        ("weak", 0.1),
    ]
    assert (payload["correlationPairs"], payload["correlationsOmitted"]) == (2, 0)
    assert payload["outliers"][0]["table"] == "weak"
