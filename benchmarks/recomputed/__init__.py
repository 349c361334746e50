"""Recomputation of results.json from the published Parquet, by the definitions in docs/."""
