"""Associations, against scipy and numpy on the same rows."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from pipelines.analytics import descriptive
from pipelines.analytics.relations.associations import LISTED, associations
from tests.pipelines.analytics import found
from tests.pipelines.analytics.profiles import numbers as column
from tests.pipelines.analytics.profiles import table

RNG = np.random.default_rng(11)
ROWS = 600


def mixed() -> pl.DataFrame:
    """Numbers, categories and a flag that go together, some cells empty, and noise of each."""
    base = RNG.normal(size=ROWS)
    place = RNG.integers(0, 4, ROWS)
    empty = RNG.random(ROWS) < 0.2
    city = np.array(["Ulm", "Bonn", "Kiel", "Jena"])[place]
    land = np.array(["south", "west", "north", "east"])[np.where(empty, (place + 1) % 4, place)]
    return pl.DataFrame(
        {
            "base": base,
            "cubed": np.where(RNG.random(ROWS) < 0.1, None, base**3).tolist(),
            "steps": np.round(base * 2 + RNG.normal(size=ROWS)).astype(int),
            "noise": RNG.normal(size=ROWS),
            "price": place * 1.5 + RNG.normal(size=ROWS),
            "city": np.where(RNG.random(ROWS) < 0.15, None, city).tolist(),
            "land": land,
            "luck": RNG.choice(["a", "b", "c"], ROWS),
            "dear": place > 1,
            "key": [f"k{number}" for number in range(ROWS)],
        }
    )


FRAME = mixed()


def listed(frame: pl.DataFrame, method: str) -> dict[tuple[str, str], dict]:
    entries = associations(found.profile("t", frame)).listed
    return {(e["left"], e["right"]): e for e in entries if e["method"] == method}


def both(left: str, right: str) -> pl.DataFrame:
    return FRAME.select(pl.col(left).alias("left"), pl.col(right).alias("right")).drop_nulls()


def test_spearman_is_that_of_scipy():
    """Ties share a rank, and ranks are those among the rows that have both values."""
    entries = listed(FRAME, "spearman")

    assert len(entries) == 10
    for (left, right), entry in entries.items():
        rows = both(left, right)
        expected = stats.spearmanr(rows["left"], rows["right"]).statistic
        assert entry["correlation"] == pytest.approx(expected, abs=1e-12)
        assert entry["sampleSize"] == rows.height
    assert entries["base", "cubed"]["correlation"] == pytest.approx(1.0)


def corrected(rows: pl.DataFrame) -> float:
    """Bergsma's V of two columns, from scipy's chi squared."""
    counts = rows.to_dummies(["left"]).group_by("right", maintain_order=True).sum()
    table = counts.drop("right").to_numpy()
    n, (r, k) = table.sum(), table.shape
    phi2 = stats.chi2_contingency(table, correction=False).statistic / n
    phi2 = max(0.0, phi2 - (r - 1) * (k - 1) / (n - 1))
    r, k = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    return (phi2 / (min(r, k) - 1)) ** 0.5


def test_cramers_v_is_bergsmas():
    """Of every two text or boolean columns with few values, the bias taken out."""
    entries = listed(FRAME, "cramers_v")

    assert len(entries) == 6
    for (left, right), entry in entries.items():
        rows = both(left, right)
        assert entry["correlation"] == pytest.approx(corrected(rows), abs=1e-9)
        assert entry["sampleSize"] == rows.height
    assert next(iter(entries)) == ("city", "dear")


def test_a_correlation_ratio_is_the_share_between_the_means():
    """Eta is the square root of what the categories explain of the variance."""
    entries = listed(FRAME, "correlation_ratio")

    assert len(entries) == 20
    for (left, right), entry in entries.items():
        rows = both(left, right).with_columns(pl.col("right").cast(pl.Float64))
        mean = rows["right"].mean()
        groups = rows.group_by("left").agg(pl.len(), pl.col("right").mean())
        between = (groups["len"] * (groups["right"] - mean) ** 2).sum()
        whole = ((rows["right"] - mean) ** 2).sum()
        assert entry["correlation"] == pytest.approx((between / whole) ** 0.5, abs=1e-9)
        assert entry["sampleSize"] == rows.height


def test_independent_categories_of_many_values_do_not_look_related():
    """The correction takes V back to about 0, where it would be a third."""
    frame = pl.DataFrame({n: [f"{v}" for v in RNG.integers(0, 30, 400)] for n in ("a", "b")})

    ((_, entry),) = listed(frame, "cramers_v").items()

    counts = frame.pivot(on="a", index="b", values="a", aggregate_function="len").fill_null(0)
    plain = stats.contingency.association(counts.drop("b").to_numpy(), method="cramer")
    assert plain > 0.25
    assert entry["correlation"] < 0.1


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_the_size_of_numbers_changes_nothing(scale):
    """Neither ranks nor shares of variance overflow."""
    frame = FRAME.select(pl.col("base", "price") * scale, "land")

    entries = associations(found.profile("t", frame)).listed

    assert len(entries) == 3
    assert all(0 < abs(entry["correlation"]) <= 1 for entry in entries)


@pytest.mark.parametrize("start", [2**40, 2**60])
def test_the_place_of_numbers_changes_nothing(start):
    """Ranks and shares of integers are those of their differences, and so are those of decimals."""
    steps = pl.Series([(n * 37) % 101 for n in range(400)])
    frame = pl.DataFrame(
        {
            "steps": steps,
            "far": steps + start,
            "exact": (steps * 3 + start).cast(pl.Decimal(38, 2)),
            "float": steps.cast(pl.Float64) / 1024 + 2.0**40,
            "other": [(n * n) % 89 for n in range(400)],
            "kind": ["abc"[n % 3] for n in range(400)],
        }
    )
    names = ("far", "exact", "float")

    entries = listed(frame, "spearman")
    ratios = listed(frame, "correlation_ratio")

    for name in names:
        assert entries["steps", name]["correlation"] == 1
        rank = entries[name, "other"]["correlation"]
        assert rank == pytest.approx(entries["steps", "other"]["correlation"], abs=1e-12)
        ratio = ratios["kind", name]["correlation"]
        assert ratio == pytest.approx(ratios["kind", "steps"]["correlation"], abs=1e-12)


def test_a_sample_of_all_rows_says_so_and_a_part_says_that():
    """Beyond 5,000 rows an association is that of the sample."""
    whole = associations(found.profile("t", FRAME)).listed
    many = pl.concat([FRAME.select("base", "cubed", "city", "land")] * 10)
    part = associations(found.profile("t", many)).listed

    assert {entry["basis"] for entry in whole} == {"all_rows"}
    assert {entry["basis"] for entry in part} == {"row_sample"}
    assert max(entry["sampleSize"] for entry in part) == 5000


def test_copies_are_named_once_and_associated_once():
    """Equal columns of any type form a group, and only the first of them has relations."""
    frame = FRAME.select(
        "base", "city", "land", twin=pl.col("base"), town=pl.col("city"), near=pl.col("base") + 1e-9
    )

    result = associations(found.profile("t", frame))

    assert [group["columns"] for group in result.copies] == [["base", "twin"], ["city", "town"]]
    assert not {"twin", "town"} & {e[s] for e in result.listed for s in ("left", "right")}


def test_what_differs_beyond_the_sample_is_no_copy():
    """Extremes and counts of all rows speak too."""
    values = np.arange(20_000.0) % 97
    odd = values.copy()
    profile = found.profile("t", pl.DataFrame({"a": values, "b": odd}))
    out = next(row for row in range(20_000) if row + 1 not in profile.sample_rows)
    odd[out] = -5.0

    assert [g["columns"] for g in associations(profile).copies] == [["a", "b"]]
    assert associations(found.profile("t", pl.DataFrame({"a": values, "b": odd}))).copies == []


def test_many_categories_are_screened_and_the_planted_pair_is_found(monkeypatch):
    """What is left out is said; what goes together is not left out."""
    monkeypatch.setattr("pipelines.analytics.relations.contingency.WORK", 1e8)
    columns = {f"c{k}": RNG.integers(0, 8, ROWS).astype(str) for k in range(300)}
    columns["c250"] = np.char.add("x", columns["c7"])
    columns["c250"][::4] = "other"

    result = associations(found.profile("t", pl.DataFrame(columns)))

    assert (result.listed[0]["left"], result.listed[0]["right"]) == ("c7", "c250")
    (note,) = result.screened
    assert note == {"method": "cramers_v", "columns": 300, "kept": note["kept"], "sampleSize": ROWS}
    assert note["kept"] < 100


def test_categories_that_tell_of_a_number_survive_the_screening(monkeypatch):
    """The one column of three hundred that explains the number is compared with it."""
    monkeypatch.setattr("pipelines.analytics.relations.correlation_ratio.WORK", 1e5)
    columns = {f"c{k}": RNG.integers(0, 8, ROWS).astype(str) for k in range(300)}
    number = columns["c123"].astype(float) + RNG.normal(size=ROWS)

    result = associations(found.profile("t", pl.DataFrame({"number": number, **columns})))

    ratios = [e for e in result.listed if e["method"] == "correlation_ratio"]
    assert (ratios[0]["left"], ratios[0]["right"]) == ("c123", "number")
    (note,) = [note for note in result.screened if note["method"] == "correlation_ratio"]
    assert note["columns"] == 301
    assert note["kept"] < 60


def test_lists_end_and_count_what_they_leave_out():
    """The strongest of each method are listed, and all pairs counted."""
    frame = pl.DataFrame(RNG.normal(size=(100, 30)), schema=[f"c{k}" for k in range(30)])

    result = associations(found.profile("t", frame))

    assert len(result.listed) == LISTED
    assert result.pairs == {"spearman": 435, "cramers_v": 0, "correlation_ratio": 0}
    strengths = [abs(entry["correlation"]) for entry in result.listed]
    assert strengths == sorted(strengths, reverse=True)


@pytest.mark.parametrize("name", ["^a.*$", "*", "a.b", " "])
def test_names_are_only_names(name):
    """A name that polars takes for a pattern elsewhere is its own column."""
    frame = pl.DataFrame({name: FRAME["base"], "ab": FRAME["noise"], "abc": FRAME["land"]})

    entries = associations(found.profile("t", frame)).listed

    assert {frozenset((e["left"], e["right"])) for e in entries} == {
        frozenset(pair) for pair in ((name, "ab"), ("abc", name), ("abc", "ab"))
    }


def test_correlations_csv_says_of_each_line_what_it_is_of():
    """Pearson's lines come first, then the associations, each with method and basis."""
    payload = descriptive.payload([found.profile("t", FRAME)], [{}])

    files = {file.path: file for file in descriptive.files(payload)}

    lines = files["results/correlations.csv"].body.decode().splitlines()
    assert lines[0] == "left,right,correlation,sampleSize,method,basis"
    methods = [line.split(",")[4] for line in lines[1:]]
    assert methods[:10] == ["pearson"] * 10
    assert set(methods[10:]) == {"spearman", "cramers_v", "correlation_ratio"}
    assert all(line.endswith(",all_rows") for line in lines[1:])


def test_a_table_without_rows_or_of_one_column_has_none():
    """Nothing to compare, nothing told."""
    for frame in (FRAME.clear(), FRAME.select("base"), FRAME.head(1)):
        assert associations(found.profile("t", frame)).listed == []
    assert associations(table(column("a", [1, 2]))).listed == []
