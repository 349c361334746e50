"""List elements: the elements of all lists of a column as one column, and back again."""

from collections.abc import Callable

import polars as pl


def in_lists(series: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The lists with their elements changed, all at once; the same series if they are not.

    >>> in_lists(pl.Series([[1, 2], [], None]), lambda found: found + 1).to_list()
    [[2, 3], [], None]
    """
    rows = pl.DataFrame({"row": pl.int_range(len(series), eager=True), "list": series})
    elements = rows.filter(pl.col("list").list.len() > 0).explode("list")
    before = elements["list"]
    changed = change(before)
    if changed is before:
        return series
    typed = elements.with_columns(changed.alias("list"))
    lists = typed.group_by("row", maintain_order=True).agg("list")
    found = rows.select("row").join(lists, on="row", how="left", maintain_order="left")["list"]
    is_empty = series.list.len() == 0
    empty = pl.Series([[]], dtype=found.dtype).new_from_index(0, len(series))
    return found.zip_with(~is_empty.fill_null(value=False), empty).alias(series.name)
