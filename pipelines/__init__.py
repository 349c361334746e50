"""Pipelines: what is done with the data, from stored bytes to published artifacts."""
