"""Lengths: exact while they fit, then to three digits; and what lists and structs hold."""

import numpy as np
import polars as pl
import pytest

from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.lengths import Lengths
from pipelines.statistics.structure import Fields, Items

RNG = np.random.default_rng(4)


def state(kind, values, budget=None):
    return kind.of(ColumnView(values, budget or Budget()))


def test_lengths_have_a_median_and_a_histogram():
    """In characters, as numpy has them."""
    lengths = RNG.integers(0, 400, 501)
    texts = pl.Series(["\u00e4" * n for n in lengths])

    found = state(Lengths, texts[:200]).merge(state(Lengths, texts[200:])).result()

    assert found["medianLength"] == np.median(lengths)
    histogram = found["lengthHistogram"]
    assert histogram["counts"] == np.histogram(lengths, histogram["edges"])[0].tolist()
    assert "estimates" not in found


@pytest.mark.parametrize("cut", [1, 300, 599])
def test_too_many_lengths_are_rounded_wherever_the_column_is_cut(cut):
    """To three digits, with the error stated; the ends and the mean stay exact."""
    lengths = RNG.permutation(np.arange(600) * 37 + 5)
    texts, budget = pl.Series(["x" * n for n in lengths]), Budget(exact=50)

    whole = state(Lengths, texts, budget).result()
    merged = state(Lengths, texts[:cut], budget).merge(state(Lengths, texts[cut:], budget)).result()

    assert whole == merged
    bound = whole["estimates"]["medianLength"]["relativeError"]
    assert whole["medianLength"] == pytest.approx(np.median(lengths), rel=bound)
    assert (whole["minLength"], whole["maxLength"]) == (5, lengths.max())
    assert whole["meanLength"] == lengths.mean()


def test_lists_count_their_items():
    """And those that are null."""
    lists = pl.Series([[1, None], [], None, [2, 3, None]])

    assert state(Items, lists).result() == {"itemType": "integer", "items": 5, "nullItems": 2}


def test_structs_count_their_fields():
    """A field is there where it is not null."""
    structs = pl.Series([{"x": 1, "y": "a"}, None, {"x": None, "y": "b"}])

    assert state(Fields, structs).result()["fields"] == [
        {"name": "x", "type": "integer", "present": 1},
        {"name": "y", "type": "text", "present": 2},
    ]
