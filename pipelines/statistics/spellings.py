"""Spellings: values of a category that differ by case or white space alone."""

from typing import Any

import polars as pl

from pipelines.statistics.runs import TextRuns

MOST = 5000  # distinct values; more are no category
SHARE = 16  # of wide tables: so many times fewer than are counted exactly
LONGEST = 100  # characters; longer values are prose, and may be kept in part


def of(texts: TextRuns) -> list[dict[str, Any]]:
    """Each spelling that is not the usual one of its value, with its count: the most first.

    Values are the same if they are once in lower case, without white space around them and with
    single spaces inside. The usual spelling is the most frequent, of equals the first.

    >>> of(TextRuns.of(pl.Series(["Berlin", "Berlin", "BERLIN ", "Bonn"])))
    [{'value': 'BERLIN ', 'count': 1, 'usual': 'Berlin', 'usualCount': 2}]
    """
    value = pl.col("v").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    plain = texts.values.alias("v").to_frame().select(value).to_series()
    if plain.n_unique() == len(plain):
        return []
    ranked = (
        pl.DataFrame({"value": texts.values, "count": texts.counts, "plain": plain})
        .sort("count", "value", descending=[True, False])
        .with_columns(
            usual=pl.col("value").first().over("plain"),
            usualCount=pl.col("count").first().over("plain"),
        )
    )
    other = (pl.col("value") != pl.col("usual")) & (pl.col("value").str.len_chars() < LONGEST)
    found = ranked.filter(other, pl.col("plain") != "")
    return found.select("value", "count", "usual", "usualCount").rows(named=True)
