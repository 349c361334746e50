"""Statistics: mergeable states of columns and tables. Pure: polars in, frozen states out."""
