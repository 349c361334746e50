"""Related: what is said of columns that go together."""

import numpy as np
import polars as pl
import pytest

from pipelines.analytics import narrative, report, report_view
from pipelines.analytics.related import related
from tests.pipelines.analytics.found import findings

RNG = np.random.default_rng(12)
ROWS = 500
BASE = RNG.normal(size=ROWS)
PLACE = RNG.integers(0, 4, ROWS)
CITY = np.array(["Ulm", "Bonn", "Kiel", "Jena"])[PLACE]


def told(frame: pl.DataFrame, **tables: pl.DataFrame) -> list[str]:
    found = findings({"t": frame, **tables})
    return [str(sentence) for sentence in related(found)]


def test_copies_are_called_copies_and_told_of_once():
    """Two equal columns correlate with a third in one sentence, not in two."""
    near = BASE + RNG.normal(size=ROWS) / 3
    frame = pl.DataFrame({"a": BASE, "b": BASE, "c": near})

    lines = told(frame)

    assert lines[0] == "`a` and `b` are copies: they hold the same value in every one of 500 rows."
    assert len(lines) == 2
    assert lines[1].startswith("`a` and `c` rise together (r = 0.9")


def test_what_chance_shows_in_few_rows_is_not_told():
    """Of noise the strongest of many pairs is strong; of a line through as many rows all is told.

    The seeds are the first ones, of which one in ten may have a pair that is beyond chance.
    """
    lines = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        numbers = {f"x{n}": random.normal(size=15) for n in range(6)}
        kinds = {f"c{n}": random.choice(list("abcd"), 15) for n in range(4)}
        lines += [told(pl.DataFrame({**numbers, **kinds}))]
    x = np.random.default_rng(0).normal(size=15)
    kind = np.array(["low", "high"])[(x > 0).astype(int)]

    said = told(pl.DataFrame({"x": x, "y": x + BASE[:15] / 9, "kind": kind}))

    assert sum(bool(each) for each in lines) <= 4
    assert said[0].split(" (")[0] == "`x` and `y` rise together"
    assert "differs by `kind`" in said[1]


def test_the_more_pairs_the_stronger_one_has_to_be():
    """That 12 rows of two columns correlate by 0.7 is worth a word, but not of the best of 300."""
    x = np.random.default_rng(4).normal(size=12)
    z = np.random.default_rng(8).normal(size=12)
    off = z - x * (x @ z) / (x @ x)
    y = 0.75 * x / np.linalg.norm(x) + np.sqrt(1 - 0.75**2) * off / np.linalg.norm(off)
    noise = {f"n{n}": np.random.default_rng(n).permutation(12) * 1.5 for n in range(40)}

    alone = told(pl.DataFrame({"x": x, "y": y}))
    among = told(pl.DataFrame({"x": x, "y": y, **noise}))

    assert len(alone) == 1
    assert not [line for line in among if line.startswith("`x` and `y`")]


def test_many_copies_are_counted():
    """Three are named, the others are a number."""
    frame = pl.DataFrame(dict.fromkeys("abcde", BASE))

    (line,) = told(frame)

    assert line.startswith("`a`, `b`, `c` and 2 more are copies")


def test_columns_in_other_units_are_spoken_of_once():
    """What is said of metres is not said again of feet."""
    near = BASE + RNG.normal(size=ROWS) / 3
    frame = pl.DataFrame({"metres": BASE, "feet": BASE * 3.28, "c": near})

    lines = told(frame)

    assert lines[0] == "`metres` and `feet` say the same (r = 1.0000 over 500 rows)."
    assert len(lines) == 2


def test_one_number_far_out_does_not_make_two_columns_the_same():
    """The total below a budget and a forecast correlates them; the other rows merely go along."""
    budget = BASE * 10
    forecast = budget + RNG.normal(size=ROWS)
    total = {"budget": [*budget, 1e6], "forecast": [*forecast, 1e6 + 3]}

    lines = told(pl.DataFrame(total))

    assert lines[0] == "`budget` and `forecast` rise together (r = 1.0000 over 501 rows)."


def test_what_follows_from_what_is_told_is_not_told():
    """Of net, gross and cost two pairs say it all, and the town explains them alike."""
    cost = PLACE * 2 + RNG.normal(size=ROWS) / 2
    net = cost * 2 + RNG.normal(size=ROWS) / 2
    gross = net * 1.19 + RNG.normal(size=ROWS) / 5
    land = np.where(PLACE > 1, "east", "west")

    lines = told(
        pl.DataFrame({"cost": cost, "net": net, "gross": gross, "city": CITY, "land": land})
    )

    assert [line.split(" (")[0] for line in lines[:2]] == [
        "`net` and `gross` rise together",
        "`cost` and `net` rise together",
    ]
    assert lines[2].startswith("`city` and `land` go together")
    assert len(lines) == 4
    assert "differs by `city`" in lines[3]


def test_pairs_beyond_those_listed_are_told_of_too():
    """A hundred pairs are listed; that there are more as strong is not hidden."""
    frame = pl.DataFrame({f"c{k}": BASE + RNG.normal(size=ROWS) * 0.7 for k in range(40)})

    lines = narrative.narrate(findings({"t": frame}))["highlights"]

    (line,) = [line for line in lines if "rise together" in line]
    assert " At least 99 more like it, among them of `" in line


def test_a_bent_relation_is_told_by_ranks():
    """Where values rise together but not along a line, both coefficients are named."""
    (line,) = told(pl.DataFrame({"a": BASE, "b": np.exp(BASE * 3)}))

    assert line.startswith("`a` and `b` rise together, but not along a line (rank correlation 1.00")
    assert "in 500 rows; r = 0." in line


def test_categories_that_go_together_are_named_with_their_rows():
    """Text columns have relations too."""
    empty = [None if n % 10 == 0 else str(p) for n, p in enumerate(PLACE)]
    (line,) = told(pl.DataFrame({"city": CITY, "code": empty}))

    assert line == "`city` and `code` go together (Cramér's V = 1.00 in 450 rows)."


def test_a_number_that_differs_by_category_is_told_with_its_share():
    """Eta is told as the part of the variation that the category explains."""
    (line,) = told(pl.DataFrame({"city": CITY, "price": PLACE * 2 + RNG.normal(size=ROWS)}))

    assert line.startswith("`price` differs by `city`, which explains 8")
    assert line.endswith("in 500 rows).")


def test_noise_is_not_spoken_of():
    """Nothing is said where nothing is."""
    noise = {f"n{k}": RNG.normal(size=ROWS) for k in range(5)}
    luck = {f"t{k}": RNG.choice(list("abc"), ROWS) for k in range(5)}

    assert told(pl.DataFrame({**noise, **luck})) == []


def test_a_sentence_on_a_sample_says_so():
    """More rows than the sample holds: the sentence names sampled rows."""
    many = pl.DataFrame({"city": np.tile(CITY, 12), "code": np.tile(PLACE.astype(str), 12)})

    lines = told(many)

    assert lines == ["`city` and `code` go together (Cramér's V = 1.00 in 5,000 sampled rows)."]


def test_with_several_tables_each_sentence_names_its_table():
    """The same names in two tables are not one relation."""
    frame = pl.DataFrame({"a": BASE, "b": BASE})

    lines = told(frame, u=frame)

    assert lines == [
        f"`a` and `b` in `{table}` are copies: they hold the same value in every one of 500 rows."
        for table in "tu"
    ]


@pytest.mark.parametrize(
    ("times", "words"),
    [(1, "Over all 500 rows"), (12, "From a random sample of 5,000 of 6,000 rows")],
)
def test_the_report_says_from_how_many_rows_associations_come(times, words):
    """HTML and text both show them, with what the figure means."""
    frame = pl.DataFrame(
        {
            "city": np.tile(CITY, times),
            "land": np.tile(np.where(PLACE > 1, "east", "west"), times),
            "price": RNG.normal(size=ROWS * times),
            "twin": np.tile(CITY, times),
        }
    )
    found = findings({"t": frame})

    page, text = report.html(found).decode(), report.text(found).decode()

    assert 'id="t1-associations"' in page
    assert words in page
    assert words in " ".join(text.split())
    assert "Cramér" in page
    assert "Cramér" in text
    assert "<code>city</code>, <code>twin</code> hold the same value in each of" in page


def test_outliers_are_shown_a_line_a_column_with_each_method():
    """The page counts by z-score, Tukey and MAD side by side."""
    frame = pl.DataFrame({"a": [*np.arange(100.0), 5000.0]})
    page = report.html(findings({"t": frame})).decode()

    section = page[page.index('id="t1-outliers"') :]
    line = section[section.index('<td class="name mono">a</td>') :].split("</tr>")[0]

    assert line.count('<td class="n">1</td>') == 3
    assert "5000" in line
    assert '<td class="n">101</td>' in line


def test_a_short_column_has_an_outlier_by_its_median():
    """Ten values cannot lie three deviations apart; the median tells."""
    frame = pl.DataFrame({"a": [1.0, 2, 3, 2, 1, 2, 3, 2, 900]})
    highlights = report.write_report(findings({"t": frame}))[0]["highlights"]

    assert any("`a` has 1 value far from its median" in line for line in highlights)
    assert any("the farthest 900 in row 9." in line for line in highlights)


def test_the_rarer_of_two_values_is_no_outlier_to_the_report():
    """Nor is a status: what stands 3 deviations out there is still in results.json."""
    rows = range(300)
    frame = pl.DataFrame(
        {
            "rate": [7 if n % 20 == 0 else 19 for n in rows],
            "status": [500 if n % 50 == 0 else 200 + n % 2 * 4 for n in rows],
            "paid": [9_000 if n % 50 == 0 else n % 9 for n in rows],
        }
    )
    found = findings({"t": frame})

    assert {e["column"] for e in found.descriptive["outliers"]} == {"rate", "status", "paid"}
    assert [each.column for each in report_view.table_views(found)[0].outliers] == ["paid"]


def test_far_values_of_columns_nearly_the_same_are_told_once():
    """What is far in net prices is far in gross ones; the rarer of two rates is not far at all."""
    net = [n * 37 % 101 + 20.0 for n in range(600)] + [5_000.0, 6_000.0]
    frame = pl.DataFrame(
        {
            "net": net,
            "gross": [price * (1.19 if n % 20 else 1.07) for n, price in enumerate(net)],
            "rate": [19 if n % 20 else 7 for n in range(602)],
            "weight": [n * 53 % 97 for n in range(601)] + [9_000],
        }
    )

    lines = narrative.narrate(findings({"t": frame}))["highlights"]

    far = [line.split("`")[1] for line in lines if "from the mean" in line]
    assert sorted(far) == ["gross", "weight"] or sorted(far) == ["net", "weight"]
    assert not any("long tail" in line for line in lines)
