import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipelines.analytics import charts, plots
from pipelines.analytics.drawing import Text
from tests.pipelines.analytics.found import findings, profile, sales


def wide(columns=12, rows=60):
    return pl.DataFrame(
        {f"c{n}": [float((row * (n + 3)) % 17) for row in range(rows)] for n in range(columns)}
    )


def names(graphs):
    return [graph.name for graph in graphs]


def test_every_kind_of_graph_is_drawn_under_its_documented_name():
    """Histograms, scatters, box plots and a heatmap come out, all of them PNG."""
    made = charts.graphs(findings({"sales": sales()}))

    assert {"amount_histogram.png", "box_plots.png", "correlation_heatmap.png"} <= set(names(made))
    assert any(name.endswith("_scatter.png") and "_vs_" in name for name in names(made))
    for graph in made:
        picture = Image.open(io.BytesIO(graph.png))
        assert (picture.format, picture.info) == ("PNG", {})


def test_a_wide_table_gets_no_more_graphs_than_documented():
    """At most 8 histograms and 3 scatters, 8 columns in the box plots, 10 in the heatmap."""
    found = findings({"wide": wide()})

    made = names(charts.graphs(found))

    assert sum(name.endswith("_histogram.png") for name in made) == 8
    assert sum(name.endswith("_scatter.png") for name in made) == 3
    assert len(made) == 13


def test_the_same_findings_give_the_same_bytes_in_any_thread():
    """Drawing shares fonts and palettes between threads, and bytes depend on the input alone."""
    found = findings({"sales": sales()})

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: charts.graphs(found), range(8)))

    assert all(result == results[0] for result in results)


def test_columns_that_were_flagged_come_before_those_that_were_not():
    """The histogram of a column with an outlier tells more than that of one without."""
    told = [column.name for _, column in charts.telling(findings({"sales": sales()}))]

    assert told[0] == "amount"
    assert told[-1] == "id"


def test_copies_of_a_column_come_after_real_correlations():
    """A scatter of a column against its copy tells nothing."""
    base = [float(n % 13) for n in range(80)]
    frame = pl.DataFrame({"a": base, "copy": base, "b": [v + (n % 3) for n, v in enumerate(base)]})

    first = charts.pairs(findings({"t": frame}))[0][1]

    assert {first["left"], first["right"]} != {"a", "copy"}


def test_a_pair_that_hardly_correlates_has_no_scatter():
    """A cloud of points tells nothing."""
    frame = pl.DataFrame({"a": [n % 7 for n in range(70)], "b": [n // 7 for n in range(70)]})

    assert charts.pairs(findings({"t": frame})) == []


@pytest.mark.parametrize(
    "names_given",
    [
        ["../../etc/passwd", "..", "a/b\\c"],
        ["<script>", "日本", "x" * 400],
        ["a b", "a_b", "A_B"],
    ],
)
def test_file_names_are_safe_and_never_collide(names_given):
    """Whatever a column is called, its graph lies in the folder, under a name of its own."""
    frame = pl.DataFrame({name: [1.0, 2.0, 4.0 + n] for n, name in enumerate(names_given)})

    made = names(charts.graphs(findings({"t": frame})))

    assert len({name.lower() for name in made}) == len(made)
    for name in made:
        assert name.isascii()
        assert "/" not in name
        assert "\\" not in name
        assert not name.startswith(".")
        assert len(name) < 200


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame(),
        pl.DataFrame({"a": pl.Series([], dtype=pl.Float64)}),
        pl.DataFrame({"a": pl.Series([None, None], dtype=pl.Float64)}),
        pl.DataFrame({"a": ["x", "y"]}),
    ],
    ids=["no columns", "no rows", "all null", "text only"],
)
def test_nothing_to_draw_is_no_graph(frame):
    """A table without numbers has no pictures, and that is no error."""
    assert charts.graphs(findings({"t": frame})) == []


@pytest.mark.parametrize(
    "values",
    [[7.0, 7.0, 7.0], [-1.7e308, 0.0, 1.7e308], [5e-324, 0.0, 1e-320], [1e16, 1e16 + 2, 1e16 + 4],
     [float("nan"), float("inf"), 1.0]],
    ids=["constant", "largest", "smallest", "next to each other", "not finite"],
)  # fmt: skip
def test_extreme_numbers_can_be_drawn(values):
    """Scales neither overflow nor divide by zero at the ends of a double."""
    frame = pl.DataFrame({"a": values, "b": [float(n) for n in range(len(values))]})

    made = charts.graphs(findings({"t": frame}))

    assert "b_histogram.png" in names(made)


def test_with_several_tables_names_begin_with_the_table():
    """Two tables with the same column names get graphs of both."""
    made = names(charts.graphs(findings({"north": sales(50), "south": sales(60)})))

    assert {"north_amount_histogram.png", "south_amount_histogram.png"} <= set(made)


def test_a_coefficient_that_rounds_to_nothing_has_no_sign():
    """The heatmap says 0.00, not -0.00."""
    drawing = plots.heatmap(["a", "b"], [[1.0, -0.001], [-0.001, 1.0]])

    words = [mark.words for mark in drawing.marks if isinstance(mark, Text)]
    assert "0.00" in words
    assert "-0.00" not in words


def test_years_in_box_plots_are_no_thousands():
    """A year is 2021, where another number is 2,021."""
    frame = pl.DataFrame({"year": [2015 + n % 9 for n in range(60)], "paid": [*range(9000, 9060)]})
    (table,) = findings({"t": frame}).tables

    drawing = plots.box_plots(table.columns)

    told = [mark.words for mark in drawing.marks if isinstance(mark, Text)]
    assert {"2015", "2019", "2023"} <= set(told)
    assert any(text.startswith("9,0") for text in told)


def texts(drawing):
    return [mark.words for mark in drawing.marks if isinstance(mark, Text)]


def test_ticks_that_lie_close_together_can_be_told_apart():
    """On an axis from 13.405 to 13.411 no two marks read the same."""
    points = [(13.405 + n / 1000, 52.52 + n / 1000) for n in range(7)]

    marks = texts(plots.scatter(("lon", "lat"), points, ""))

    assert len(set(marks)) == len(marks)
    assert "13.405" in marks


def test_years_on_an_axis_have_no_thousands():
    frame = pl.DataFrame({"year": [2000 + n for n in range(20)] * 2, "t": list(range(40))})
    found = findings({"t": frame})
    ((table, pair, points),) = charts.pairs(found)

    marks = texts(charts.scatter(table, pair, points))

    assert "2005" in marks
    assert not any("," in mark for mark in marks if mark.startswith("2"))


def test_a_scatter_leaves_aside_what_would_crush_it():
    """A stand-in of -999 among temperatures is counted, and the others can be seen."""
    warm = [10 + n % 20 + n / 1000 for n in range(400)]
    frame = pl.DataFrame({"warm": [*warm, -999.0], "wet": [*(90 - 2 * w for w in warm), 50.0]})
    found = findings({"t": frame})
    table = found.tables[0]
    pair = {"left": "warm", "right": "wet", "correlation": -0.5, "sampleSize": 401}
    points = list(frame.rows())

    drawn = charts.scatter(table, pair, points)

    assert drawn.description.endswith("400 of them shown, 1 far out left aside")
    assert not any("-" in mark for mark in texts(drawn) if mark[1:].isdigit())


def test_keys_and_codes_are_in_no_picture_of_measures():
    """A number that stands for a thing is neither spread nor correlated."""
    rows = range(60)
    frame = pl.DataFrame(
        {
            "customer_id": [n * 1000 for n in rows],
            "a": [float(n) for n in rows],
            "b": [n * 2.0 + n % 3 for n in rows],
        }
    )
    found = findings({"t": frame})
    table = found.tables[0]

    assert "customer_id" not in texts(charts.boxes(table))
    assert "customer_id" not in texts(charts.correlation_heatmap(table))
    assert [(pair["left"], pair["right"]) for _, pair, _ in charts.pairs(found)] == [("a", "b")]


def test_one_value_has_no_histogram():
    """A frame without a bar would look like a fault."""
    (same, other) = profile("t", pl.DataFrame({"same": [0] * 30, "other": range(30)})).columns

    assert plots.bins(same) == ()
    assert len(plots.bins(other)) > 1


def test_of_three_columns_nearly_the_same_two_scatters_are_drawn():
    """The third pair looks like them; a weaker pair has its own."""
    draw = np.random.default_rng(3)
    cost = draw.normal(size=300)
    net = cost + draw.normal(size=300) / 9
    frame = pl.DataFrame({"cost": cost, "net": net, "gross": net + draw.normal(size=300) / 9})
    frame = frame.with_columns(other=pl.col("cost") + draw.normal(size=300))

    drawn = [{pair["left"], pair["right"]} for _, pair, _ in charts.pairs(findings({"t": frame}))]

    assert sum(pair <= {"cost", "net", "gross"} for pair in drawn) == 2
    assert sum("other" in pair for pair in drawn) == 1
