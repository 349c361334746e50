"""How rows are looked at: no further than they tell, and no more of them than can matter."""

import polars as pl
import pytest

from pipelines.analytics.checks import where
from pipelines.analytics.checks.base import Found, Passed, Suspicion
from pipelines.analytics.checks.where import Again
from pipelines.analytics.location import PAGE, locate
from tests.pipelines.analytics.found import Whole

FRAME = pl.DataFrame({"n": range(300), "s": [None if n % 3 else f"v{n % 5}" for n in range(300)]})


class Reader:
    """Slices of 100 rows, which remembers those that were read."""

    def __init__(self, bounds=None):
        self.bounds, self.read = bounds or {}, []

    def __call__(self, columns, matters):
        for at in range(3):
            if matters(self.bounds.get(at, {})):
                self.read.append(at)
                yield Whole(FRAME[at * 100 : at * 100 + 100].select(columns), at, at * 100 + 1)


def suspicion(look, **facts):
    return Suspicion(look, lambda _: Passed(None), **facts)


def test_a_full_page_ends_the_reading():
    """Where the number is known, a page of examples is all that is looked for."""
    reader = Reader()

    (found,) = locate([suspicion(where.empty("s"), known=200)], reader)

    assert reader.read == [0]
    assert found.count == 200
    assert [example["row"] for example in found.examples] == [n + 1 for n in range(100) if n % 3][
        :PAGE
    ]


def test_what_is_not_known_is_counted_over_all_rows():
    """And the examples are still the first ones."""
    reader = Reader()

    (found,) = locate([suspicion(where.beyond("n", 49.5, above=True))], reader)

    assert reader.read == [0, 1, 2]
    assert (found.count, found.examples[0]) == (250, {"row": 51, "part": 0, "value": 50})


def test_row_groups_that_cannot_matter_are_not_read():
    """The bounds of a row group rule it out."""
    reader = Reader({at: {"n": (at * 100, at * 100 + 99)} for at in range(3)})

    (found,) = locate([suspicion(where.numbers("n", [150.0]))], reader)

    assert reader.read == [1]
    assert found == Found(1, ({"row": 151, "part": 1, "value": 150},))


def test_nothing_suspected_nothing_read():
    reader = Reader()

    assert locate([], reader) == []
    assert reader.read == []


def test_the_ends_of_the_ordinary_values_are_told():
    """Of those that the suspicion asks for, whatever the rest is."""
    ordinary = pl.col("n").is_between(20, 260)

    (found,) = locate([suspicion(where.numbers("n", [299.0]), others=ordinary)], Reader())

    assert (found.count, found.low, found.high) == (1, 20, 260)


@pytest.mark.parametrize(
    ("look", "first"),
    [(Again(("s",), filled=True), 16), (Again(("s",)), 3), (Again(("n", "s")), None)],
)
def test_repeats_are_found_across_slices(look, first):
    """A null repeats a null in a row, and in a key does not."""
    (found,) = locate([suspicion(look, known=5)], Reader())

    assert [example["row"] for example in found.examples][:1] == ([first] if first else [])


def test_masked_columns_are_told_by_row_alone():
    """No value, and no list of values for SQL."""
    look = where.one_of("s", ["v0"])

    (found,) = locate([suspicion(look, known=3)], Reader(), masked={"s"})

    assert all(set(example) == {"row", "part"} for example in found.examples)
    assert found.values == ()
